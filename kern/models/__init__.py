"""Language models: `base` says what the loop asks of one, `openai` speaks the Responses API, `offline` needs no network.

Nothing is imported here: whoever wants one model does not pay for the others.
"""
