"""The Names page: conversations that want a name, renamed down the list."""
