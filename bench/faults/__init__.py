"""Kill every part of a busy installation at random moments, and look what became of the customers' messages."""
