"""What an audit found, played against the program; and what must never be in what it writes."""
