"""Presenters of states: names, icons and tones of requirements, runs and sessions; one for each noun.

Lists, cards, the conversation and its head ask here, so that one state has one name, one icon and one tone on every page.
"""
