"""Django's databases, with one thing more: a row that holds what Python has no value for is read, and says so."""
