"""Return the work of a stopping worker: unfinished turns, and hints that it has not followed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kern.db.base import Claim
from kern.errors import StorageError
from sessions_app.models import Run
from sessions_app.store import DjangoDb
from sessions_app.workers.tasks import execute_turn

log = logging.getLogger(__name__)


def give_back(claims: Sequence[Claim], hinted: Sequence[str]) -> list[str]:
    """Make the claimed turns pending again, and have the next sweep hint at the others. Returns ids of the turns given back."""
    given = []
    for claim in claims:
        try:
            if DjangoDb().hand_over(claim):
                given.append(claim.run_id)
        except StorageError as error:
            log.warning("run %s could not be handed over, its lease runs out: %s", claim.run_id, error)
    Run.objects.due().filter(run_id__in=hinted).update(lease_until=None)
    return given


def hint(given: Sequence[str], hinted: Sequence[str]) -> None:
    """Publish hints to the other workers at once, where the broker is reachable."""
    execute_turn.hint_each([*given, *hinted])
