"""People's accounts: addresses, passwords, asking again who sits there, and mail about it."""
