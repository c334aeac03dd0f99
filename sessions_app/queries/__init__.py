"""What is shown, and in which order. Reads only; pages and the API share it."""
