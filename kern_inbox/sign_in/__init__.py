"""Sign-in: accounts, second factors, limits, and sessions of the web."""
