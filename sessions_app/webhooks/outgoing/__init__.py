"""Webhooks out: events of the change log are delivered to other systems, at least once, as Standard Webhooks."""
