"""State of the work: living processes, waiting work and its age. A handful of queries, for probes and metrics."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Min, Q

from sessions_app.models import Leader, Process, Run, Session
from sessions_app.workers.processes import SWEEP, age

#: A scheduler that swept last so long ago (seconds) is taken for dead.
SILENT_SWEEP = 30.0


@dataclass(frozen=True)
class Work:
    """The current state. Ages are in seconds, `None` where there is nothing; `processes` are those that live."""

    processes: list[Process]
    swept: float | None
    pending: int
    running: int
    paused: int
    oldest: float | None
    unnamed: int

    def works_on(self, queue: str) -> bool:
        """Return whether a living worker takes tasks of that queue."""
        return any(queue in process.queues.split(",") for process in self.processes)

    @property
    def sweeps(self) -> bool:
        """True if the sweep runs."""
        return self.swept is not None and self.swept < SILENT_SWEEP

    @property
    def stuck(self) -> int:
        """The number of stuck threads of all processes."""
        return sum(process.stuck for process in self.processes)

    @property
    def largest_skew(self) -> float:
        """The largest difference (seconds) of a living process's clock from the database's."""
        return max((abs(process.clock_skew) for process in self.processes), default=0.0)


def look() -> Work:
    """Query the whole state. Raises `DatabaseError`."""
    leader = Leader.objects.filter(name=SWEEP).first()
    pending = Q(status=Run.Status.PENDING)
    counts = (
        Run.objects.roots()
        .active()
        .aggregate(
            pending=Count("pk", filter=pending),
            running=Count("pk", filter=Q(status=Run.Status.RUNNING)),
            paused=Count("pk", filter=Q(status=Run.Status.PAUSED)),
            oldest=Min("updated_at", filter=pending),
        )
    )
    return Work(
        processes=list(Process.objects.alive().order_by("name")),
        swept=age(leader.done_at) if leader else None,
        pending=counts["pending"],
        running=counts["running"],
        paused=counts["paused"],
        oldest=age(counts["oldest"]),
        unnamed=Session.objects.due_for_naming().count(),
    )
