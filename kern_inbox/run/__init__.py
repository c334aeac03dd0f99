"""The whole program on one machine with one command: `python -m kern_inbox.run`, or `make run`."""


class LaunchError(Exception):
    """The program cannot start. The text is one line that says why and, where there is something, what to do."""
