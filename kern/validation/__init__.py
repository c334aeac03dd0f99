"""Validation of input from callers, models and tools."""
