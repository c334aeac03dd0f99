"""Records that are stored and returned: messages, runs, requirements, and functions of these alone."""
