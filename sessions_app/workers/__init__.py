"""Background work: turns, naming, expiry, duties of the scheduler."""
