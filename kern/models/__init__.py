"""Language models: `base` says what the loop asks of one, `openai` speaks the Responses API, `offline` needs no network.

Nothing is imported here, so that importing one model does not import the others.
"""
