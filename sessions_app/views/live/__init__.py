"""Server-sent events for open pages."""
