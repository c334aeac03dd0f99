"""What holds for every request: limits, headers, time zone, messages and errors."""
