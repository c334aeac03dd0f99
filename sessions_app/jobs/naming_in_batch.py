"""The action that names conversations through the provider's Batch API: at half the price, within a day.

What was sent is remembered in `Job.memo`, and each batch has a label of its own at the provider: a worker that dies between
sending and remembering finds the batch again, and nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kern.errors import ModelError, NamingError
from kern.models.base import ModelAnswer, ModelRequest
from kern.models.openai import OpenAIResponses
from kern.models.openai.batches import Batches, BatchState
from kern.naming import naming_request
from kern.naming.counting import Answered
from kern.threads.side_by_side import each_aside
from sessions_app import desk
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.jobs.action import Estimate, Parameters, Ready
from sessions_app.jobs.naming import Asked, NameWithAI, ask, asked_of, counted
from sessions_app.models import Job, JobRow, Person

HALF = Decimal("0.5")
#: A batch is looked at so often; providers take minutes to hours.
LOOK_AGAIN = timedelta(seconds=60)
#: Requests of one batch.
MOST = 10_000


class NameInBatch(NameWithAI):
    """Name conversations as `NameWithAI` does, with answers that come within a day."""

    name, label, icon = "name-batch", gettext_lazy("Name with AI within a day, at half price"), "hourglass"

    def title(self, job: Job) -> str:
        return ngettext(
            "Name %(count)d conversation with AI within a day", "Name %(count)d conversations with AI within a day", job.total
        ) % {"count": job.total}

    def is_offered(self) -> bool:
        return isinstance(desk.naming_model(), OpenAIResponses)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        if not self.is_offered():
            raise InvalidAction(_("There is no language model whose server takes batches: use “Name with AI”."))
        return super().checked(parameters, person)

    def estimate(self, job: Job, rows: int) -> Estimate:
        usual = super().estimate(job, rows)
        return replace(usual, cost=None if usual.cost is None else usual.cost * HALF, seconds=None)

    def prepared(self, job: Job, rows: Iterator[JobRow]) -> Iterator[Ready]:
        """Send what was not sent yet; yield the rows of the batches that are over. The others rest until the next look."""
        office = _Office(job)
        new: list[Asked] = []
        over: list[Asked] = []
        for asked in asked_of(rows):
            if not office.has(asked.row):
                new.append(asked)
            elif outcome := office.outcome(asked.row):
                over.append(replace(asked, model=Answered(asked.model, outcome)))
        for first in range(0, len(new), MOST):
            yield from office.send(new[first : first + MOST])
        yield from counted(each_aside(over, partial(ask, share=HALF), settings.KERN_NAMING_AT_ONCE))
        office.rest()


class _Office:
    """The batches of one job, remembered in its memo: `sent` is the batch of each row, `parts` the number of batches so far."""

    def __init__(self, job: Job) -> None:
        job.refresh_from_db(fields=["memo"])
        self.job = job
        self.sent: dict[str, str] = job.memo.get("sent", {})
        self.parts = int(job.memo.get("parts", 0))
        self._batches = Batches(_model())
        self._states: dict[str, BatchState] = {}

    def has(self, row: JobRow) -> bool:
        return str(row.pk) in self.sent

    def outcome(self, row: JobRow) -> ModelAnswer | ModelError | None:
        """Return the row's answer, or why there is none; `None` while its batch is not over."""
        batch = self.sent[str(row.pk)]
        if batch not in self._states:
            self._states[batch] = self._look(batch)
        state = self._states[batch]
        if not state.is_over:
            return None
        return state.outcomes.get(str(row.pk)) or ModelError(state.problem, permanent=True, refused=False)

    def send(self, several: Sequence[Asked]) -> Iterator[Ready]:
        """Send the rows in one batch; yield those that cannot be sent."""
        requests: dict[str, ModelRequest] = {}
        for asked in several:
            try:
                requests[str(asked.row.pk)] = naming_request(asked.messages, asked.constraints)
            except NamingError as error:
                yield Ready(asked.row, error=error)
        if not requests:
            return
        try:
            batch = self._batches.submit(requests, f"kern job {self.job.pk} part {self.parts}")
        except ModelError as error:
            if error.permanent:
                yield from (Ready(asked.row, error=error) for asked in several if str(asked.row.pk) in requests)
            else:
                self._wait(map(int, requests))
            return
        self.sent |= dict.fromkeys(requests, batch)
        self.parts += 1
        self._remember()

    def rest(self) -> None:
        """Forget the rows that have their outcome (a failed one is sent anew when it is tried again); the others wait."""
        left = set(map(str, self.job.rows.waiting().values_list("pk", flat=True)))
        self.sent = {key: batch for key, batch in self.sent.items() if key in left}
        self._remember()
        self._wait(map(int, self.sent))

    def _look(self, batch: str) -> BatchState:
        try:
            return self._batches.look(batch)
        except ModelError as error:
            return BatchState(is_over=error.permanent, problem=str(error))

    def _wait(self, keys: Iterable[int]) -> None:
        """Look again later; in parts, as a statement has only so many parameters."""
        waiting = iter(keys)
        while part := list(islice(waiting, 500)):
            self.job.rows.waiting().filter(pk__in=part).update(due_at=clock.now() + LOOK_AGAIN)

    def _remember(self) -> None:
        self.job.memo = {**self.job.memo, "sent": self.sent, "parts": self.parts}
        self.job.save(update_fields=["memo"])


def _model() -> OpenAIResponses:
    model = desk.naming_model()
    if not isinstance(model, OpenAIResponses):
        raise InvalidAction(_("There is no language model whose server takes batches: use “Name with AI”."))
    return model
