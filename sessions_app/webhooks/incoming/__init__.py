"""Webhooks in: requests of ticket systems are verified over their raw bytes and read by paths that are data."""
