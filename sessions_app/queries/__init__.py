"""Queries of pages and the API: reads only."""
