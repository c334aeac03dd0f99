"""The API as it is described, tried by schemathesis against the running program (`make fuzz`)."""
