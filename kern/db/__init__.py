"""Storage: `base` says what the library asks of a database, `sqlite` is the one that comes with it."""
