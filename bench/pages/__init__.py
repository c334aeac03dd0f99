"""What pages cost the server and the person who waits for them, on databases of a stated size."""
