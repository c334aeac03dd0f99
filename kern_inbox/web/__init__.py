"""Middleware and helpers for every request: limits, headers, time zone, messages and errors."""
