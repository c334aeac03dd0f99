"""Threads that may be left behind, waiting with a deadline, and cancellation."""
