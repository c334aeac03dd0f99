"""The program's own settings, for programs in a great hurry."""

from kern_inbox.settings import *  # noqa: F403

KERN_API_REQUESTS = 10**9
