"""The program's settings in a process whose clock is wrong by KERN_TEST_SHIFT seconds: everything else is as it always is.

Python's and Django's clocks are shifted before anything of ours is imported; the machine's and PostgreSQL's go on as they are.
"""

import os
import time

from django.utils import timezone

_shift = float(os.environ.get("KERN_TEST_SHIFT", "0"))
_time, _now = time.time, timezone.now


def _shifted_time() -> float:
    return _time() + _shift


def _shifted_now():  # type: ignore[no-untyped-def]
    from datetime import timedelta

    return _now() + timedelta(seconds=_shift)


time.time = _shifted_time
timezone.now = _shifted_now

from kern_inbox.settings import *  # noqa: E402, F403
