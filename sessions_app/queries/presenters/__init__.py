"""Presenters: what state a requirement, a run or a session is in, and what that is called; one for each noun.

Lists, cards, the conversation and its head ask here, so that one state has one name, one icon and one tone on every page.
"""
