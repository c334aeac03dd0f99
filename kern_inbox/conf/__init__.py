"""Configuration: environment variables and the settings that follow from them."""
