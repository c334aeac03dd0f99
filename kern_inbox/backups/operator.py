"""The operator of a command, as the machine knows them."""

from __future__ import annotations

import getpass
import socket


def operator_name() -> str:
    """Return `user@machine`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return f"{name}@{socket.gethostname()}"
