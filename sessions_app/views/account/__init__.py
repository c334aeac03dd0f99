"""A person's account: profile, devices, tokens, security."""
