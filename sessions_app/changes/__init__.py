"""The session's log of changes, and how open pages hear of them."""
