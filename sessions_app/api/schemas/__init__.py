"""Schemas of requests and answers, one file a noun; `fields` has the types that nouns share."""
