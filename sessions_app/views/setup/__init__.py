"""Set-up: what admins arrange on pages of the product."""
