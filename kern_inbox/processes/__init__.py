"""Worker and scheduler processes: how they start, are watched and stop."""
