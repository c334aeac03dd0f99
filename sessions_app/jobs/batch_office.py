"""The batches that one job has at the provider: sent, looked at, called off, found again after a crash.

`Job.memo` remembers them: `sent` is the batch of each row, `parts` the number of batches so far, `sending` the rows of the one
that is being sent. That is written before anything is sent, so that a worker that dies amid it leaves word for the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from kern.errors import ModelError, NamingError
from kern.models.base import ModelAnswer, ModelRequest
from kern.models.openai import OpenAIResponses
from kern.models.openai.batches import Batches, BatchState
from kern.naming import naming_request
from sessions_app import desk
from sessions_app.infrastructure import clock
from sessions_app.jobs.action import Ready
from sessions_app.jobs.naming import Asked
from sessions_app.models import Job, JobRow

#: A batch is looked at so often; providers take minutes to hours.
LOOK_AGAIN = timedelta(seconds=60)
#: A provider ends a batch within a day: one that is silent for longer after it was called off is given up.
GIVEN_UP = timedelta(hours=25)


class BatchOffice:
    """The batches of one job. Used by the worker that has the job's lease."""

    def __init__(self, job: Job) -> None:
        job.refresh_from_db(fields=["memo"])
        self.job = job
        self.sent: dict[str, str] = job.memo.get("sent", {})
        self.parts = int(job.memo.get("parts", 0))
        self._sending: list[str] = job.memo.get("sending", [])
        self._batches = Batches(_model())
        self._states: dict[str, BatchState] = {}

    def has(self, row: JobRow) -> bool:
        """Return whether the row's request is at the provider."""
        return str(row.pk) in self.sent

    def outcome(self, row: JobRow) -> ModelAnswer | ModelError | None:
        """Return the row's answer, or why there is none; `None` while its batch is not over."""
        state = self._state(self.sent[str(row.pk)])
        if not state.is_over:
            return None
        return state.outcomes.get(str(row.pk)) or ModelError(state.problem, permanent=True, refused=False)

    def recover(self) -> bool:
        """Find the batch that a worker was sending when it died. Returns false where the provider cannot say: it waits then."""
        if not self._sending:
            return True
        try:
            batch = self._batches.find(self._label)
        except ModelError as error:
            if not error.permanent:
                self.job.rows.waiting().update(due_at=clock.now() + LOOK_AGAIN)
                return False
            batch = None
        self._was_sent(self._sending if batch else (), batch or "")
        return True

    def send(self, several: Sequence[Asked]) -> Iterator[Ready]:
        """Send the rows in one batch; yield those that cannot be sent. Nothing is sent for a job that people stopped."""
        requests: dict[str, ModelRequest] = {}
        for asked in several:
            try:
                requests[str(asked.row.pk)] = naming_request(asked.messages, asked.constraints)
            except NamingError as error:
                yield Ready(asked.row, error=error)
        if self._sending:
            # What became of the batch before is not known yet.
            self._wait(map(int, requests))
            return
        if not requests or not self._is_noted(list(requests)):
            return
        try:
            batch = self._batches.submit(requests, self._label)
        except ModelError as error:
            if error.permanent:
                self._sending = []
                self._remember()
                yield from (Ready(asked.row, error=error) for asked in several if str(asked.row.pk) in requests)
            else:
                self._wait(map(int, requests))
            return
        self._was_sent(requests, batch)

    def call_off(self) -> None:
        """Ask the provider to cancel what is at work. Where it cannot, or is away, the answers are taken when they come."""
        for batch in set(self.sent.values()):
            if not self._state(batch).is_over:
                with suppress(ModelError):
                    self._batches.cancel(batch)
                del self._states[batch]

    def rest(self, without: Collection[str] = ()) -> None:
        """Forget the rows that have their outcome (a failed one is sent anew when it is tried again), and those `without` one.

        The others wait.
        """
        left = set(map(str, self.job.rows.waiting().values_list("pk", flat=True))) - set(without)
        self.sent = {key: batch for key, batch in self.sent.items() if key in left}
        self._remember()
        self._wait(map(int, self.sent))

    @property
    def _label(self) -> str:
        return f"kern job {self.job.pk} part {self.parts}"

    def _state(self, batch: str) -> BatchState:
        if batch not in self._states:
            self._states[batch] = self._look(batch)
        return self._states[batch]

    def _look(self, batch: str) -> BatchState:
        is_given_up = self.job.ended_at is not None and clock.now() - self.job.ended_at > GIVEN_UP
        try:
            return self._batches.look(batch)
        except ModelError as error:
            return BatchState(is_over=error.permanent or is_given_up, problem=str(error))

    def _was_sent(self, keys: Iterable[str], batch: str) -> None:
        self.sent |= dict.fromkeys(keys, batch)
        self.parts += 1
        self._sending = []
        self._remember()

    def _wait(self, keys: Iterable[int]) -> None:
        """Look again later; in parts, as a statement has only so many parameters."""
        waiting = iter(keys)
        while part := list(islice(waiting, 500)):
            self.job.rows.waiting().filter(pk__in=part).update(due_at=clock.now() + LOOK_AGAIN)

    def _is_noted(self, sending: list[str]) -> bool:
        """Note what will be sent; false where people stopped the job meanwhile."""
        self._sending = sending
        if not Job.objects.filter(pk=self.job.pk, state=self.job.state).update(memo=self._memo()):
            self._sending = []
        return bool(self._sending)

    def _remember(self) -> None:
        self.job.memo = self._memo()
        self.job.save(update_fields=["memo"])

    def _memo(self) -> dict[str, object]:
        return {**self.job.memo, "sent": self.sent, "parts": self.parts, "sending": self._sending}


def has_sent(memo: Mapping[str, object]) -> bool:
    """Return whether something of a job with this memo is at the provider, or may be."""
    return bool(memo.get("sent") or memo.get("sending"))


def _model() -> OpenAIResponses:
    model = desk.naming_model()
    assert isinstance(model, OpenAIResponses)
    return model
