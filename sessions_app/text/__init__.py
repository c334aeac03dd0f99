"""Text as it is shown and compared: markup, folding, invisible characters, forbidden words."""
