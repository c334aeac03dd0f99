"""Text as it is shown and compared: markup, folding, unseen characters, forbidden words."""
