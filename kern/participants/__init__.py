"""The common part of agents and teams: settings, turns, sessions and their cache."""
