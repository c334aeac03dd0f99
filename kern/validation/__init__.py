"""Checks of what callers, models and tools hand in."""
