"""The page of one conversation and its fragments."""
