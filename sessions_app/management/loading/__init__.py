"""Made-up conversations in any number, for `manage.py make_load`: rows made within the database, from a pool of sentences."""
