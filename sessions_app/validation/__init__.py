"""Checks of what people and programs send."""
