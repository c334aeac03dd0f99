"""The agents' tools: typed doors to `sessions_app.demo.airline`."""
