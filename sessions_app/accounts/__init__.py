"""People's accounts: addresses, passwords, re-authentication, and mail about them."""
