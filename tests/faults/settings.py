"""The program's own settings, with less patience: a dead worker is noticed within seconds."""

from kern_inbox.settings import *  # noqa: F403

KERN_LEASE_SECONDS = 3
KERN_SWEEP_SECONDS = 0.5
