"""Webhooks: what other systems are told, and what they tell."""
