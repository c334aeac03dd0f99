"""`manage.py scheduler`: the process that finds what is due."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Find what is due (turns, names, questions whose time runs out), every few seconds, until it is asked to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        from kern_inbox.processes.desks import require_desk
        from kern_inbox.processes.scheduler import Scheduler

        require_desk()
        Scheduler().run()
