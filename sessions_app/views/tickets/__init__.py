"""Pages about tickets of other systems."""
