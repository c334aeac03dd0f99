"""The program's own settings, with less patience: a dead worker is noticed within seconds."""

from kern_inbox.settings import *  # noqa: F403
from kern_inbox.settings import CELERY_BEAT_SCHEDULE

KERN_LEASE_SECONDS = 3
CELERY_BEAT_SCHEDULE["sweep"]["schedule"] = 1
