"""Django's database backends, extended to read rows with values that Python cannot represent."""
