"""What agents and teams have in common: settings, turns, sessions and their cache."""
