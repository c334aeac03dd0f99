"""Conversations from files: reading the chat format, and making rows of them."""
