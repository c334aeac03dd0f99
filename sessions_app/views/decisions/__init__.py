"""Decisions: cards, history, standing approvals."""
