"""What is stored and handed out: messages, runs, requirements, and what follows from them alone."""
