"""Storage: `base` is the interface of a database, `sqlite` the one that comes with the library."""
