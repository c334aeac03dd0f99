"""Abandonable threads, waiting with a deadline, and cancellation."""
