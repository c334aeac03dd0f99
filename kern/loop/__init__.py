"""One turn: ask the model, run its tool calls, pause for people, and store every step under a lease."""
