"""Runs as people see them: texts and calls, in order, members' runs inside the call that delegated to them."""

from __future__ import annotations

import json
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from kern.validation.sizes import size_of
from sessions_app import desk
from sessions_app.infrastructure.broken_rows import BrokenRow
from sessions_app.infrastructure.one_statement import Steps
from sessions_app.models import Message, Run, ToolCall
from sessions_app.queries.presenters.badge import Words
from sessions_app.queries.presenters.run import RunStatus
from sessions_app.text.formatting import SHOWN


@dataclass
class Step:
    """One tool call: asked for by the model, perhaps begun or made, with a result; or a member's whole run; or a thought."""

    call_id: str
    tool_name: str
    arguments: Any
    result: str = ""
    failed: bool = False
    begun: bool = False
    made: bool = False
    seconds: float | None = None
    member: ShownRun | None = None
    thought: str = ""
    is_cut: bool = False
    #: Address of the whole text.
    whole: str = ""

    #: Its state where it has no result; of a member's run, the run's state.
    words: Words = ""

    @property
    def template(self) -> str:
        """The template of the step."""
        if self.thought:
            return "conversation/_thought.html"
        return "conversation/_member.html" if self.member else "conversation/_step.html"

    @property
    def task(self) -> str:
        """The member's task."""
        return str(self.arguments.get("task", "")) if isinstance(self.arguments, dict) else ""


@dataclass
class Block:
    """A stretch of a run: either calls or words, and when it began."""

    at: datetime
    steps: list[Step] = field(default_factory=list)
    words: Message | None = None
    broken: Message | ToolCall | None = None


@dataclass
class ShownRun:
    """A run with its blocks; `calls` counts its tool calls.

    A turn that people decided about in the middle is shown in parts, before and after; only the last says how it stands.
    """

    run: Run
    name: str
    blocks: list[Block] = field(default_factory=list)
    calls: int = 0
    part: int = 0
    is_last: bool = True

    @property
    def broken(self) -> str:
        """The reason why the turn cannot be shown; empty where it can."""
        return self.run.broken

    @property
    def row(self) -> Run:
        """The turn's row."""
        return self.run

    @property
    def status(self) -> RunStatus:
        """The state of the run, in words."""
        return RunStatus(self.run, self.is_last)

    @property
    def classes(self) -> str:
        """The classes of its element: for the team alone, not sent, still being written."""
        status = self.status
        is_unsent = bool(self.draft or self.unsent or status.is_drafting)
        marks = {" note": status.is_private, " unsent": is_unsent, " streaming": status.is_working}
        return "".join(mark for mark, holds in marks.items() if holds)

    @property
    def composer(self) -> str:
        """The selector of the composer that takes its draft."""
        return f"#composer_{self.run.session_id}"

    @property
    def draft(self) -> Message | None:
        """Words of an agent that only drafts: a person may send them."""
        is_draft = self.run.status == Run.Status.COMPLETED and self.run.purpose != Run.Purpose.INTERNAL
        return self._unsent_words if is_draft else None

    @property
    def unsent(self) -> Message | None:
        """The partial answer of a cancelled turn, which was not sent."""
        return self._unsent_words if self.run.status == Run.Status.CANCELLED else None

    @property
    def _unsent_words(self) -> Message | None:
        last = self.blocks[-1].words if self.blocks and self.is_last else None
        return last if last is not None and not last.sent else None

    def in_parts(self, decided: list[datetime]) -> list[tuple[datetime, ShownRun]]:
        """The turn before and after each of the moments at which people decided, with when each part began."""
        cuts = self._cuts(decided)
        stretches = [(cut, list(blocks)) for cut, blocks in groupby(self.blocks, lambda block: bisect(cuts, block.at))]
        if self._goes_on_without_blocks(stretches[-1][0] if stretches else None, len(cuts)):
            stretches.append((len(cuts), []))
        last = len(stretches) - 1
        return [
            (self._begin(number, blocks, cuts), replace(self, blocks=_merged(blocks), part=number, is_last=number == last))
            for number, (_cut, blocks) in enumerate(stretches)
        ]

    def _cuts(self, decided: list[datetime]) -> list[datetime]:
        """The moments of `decided` within the turn, in order."""
        run = self.run
        until = max(decided, default=run.created_at) if run.is_active else run.updated_at
        return sorted(moment for moment in decided if run.created_at <= moment <= until)

    def _goes_on_without_blocks(self, last_cut: int | None, cuts: int) -> bool:
        """Return whether the turn's state belongs after the last decision, where no block of it follows yet.

        An imported turn with answered calls and without text has nothing to show.
        """
        if last_cut is None:
            return self.run.status != Run.Status.COMPLETED
        return self.run.status not in (Run.Status.PAUSED, Run.Status.COMPLETED) and last_cut < cuts

    def _begin(self, number: int, blocks: list[Block], cuts: list[datetime]) -> datetime:
        if not number:
            return self.run.created_at
        return blocks[0].at if blocks else cuts[-1]


def shown_runs(runs: list[Run]) -> Steps[list[ShownRun | BrokenRow]]:
    """The turns with everything below them, in one step; one that cannot be shown does not take the others with it."""
    keys = [run.pk for run in runs]
    below = Run.objects.filter(root__in=keys)
    spoken = Message.objects.filter(role="assistant").excerpts()
    journalled = ToolCall.objects.filter(run=OuterRef("run"), call_id=OuterRef("tool_call_id"))
    # What tools gave back in runs that have no journal of it.
    returned = Message.objects.filter(~Exists(journalled), role="tool").excerpts()
    parts: tuple[QuerySet[Any], ...] = (spoken, ToolCall.objects.excerpts(), returned)
    members, *rows = yield [below, *(part.filter(run__in=which) for part in parts for which in (keys, below.values("pk")))]
    messages, journal = _grouped([*rows[0], *rows[1]]), _grouped([*rows[2], *rows[3]])
    results: dict[int, dict[str, Message]] = defaultdict(dict)
    for message in [*rows[4], *rows[5]]:
        results[message.run_id][message.tool_call_id] = message
    inside: dict[int | None, dict[str, Run]] = defaultdict(dict)
    for member in sorted(members, key=attrgetter("pk")):
        inside[member.parent_id][member.parent_call_id] = member

    def show(run: Run) -> ShownRun:
        nested = {call_id: show(member) for call_id, member in inside[run.pk].items()}
        for member in nested.values():
            member.blocks = _merged(member.blocks)
        lines = {line.call_id: line for line in journal[run.pk]}
        return _shown(run, messages[run.pk], lines, results[run.pk], nested)

    def show_if_possible(run: Run) -> ShownRun | BrokenRow:
        try:
            return show(run)
        except Exception as error:  # noqa: BLE001 - one unreadable turn must not hide the others
            return BrokenRow.of(run, error)

    return [show_if_possible(run) for run in runs]


def agent_name(run: Run) -> str:
    """Return the name of a run's agent, also before a worker has written it."""
    if run.agent_name:
        return run.agent_name
    return next((worker.name for worker in desk.current().workers if worker.id == run.agent_id), run.agent_id or "Agent")


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped = defaultdict(list)
    for row in sorted(rows, key=attrgetter("pk")):
        grouped[row.run_id].append(row)
    return grouped


def _shown(
    run: Run,
    messages: list[Message],
    journal: dict[str, ToolCall],
    results: dict[str, Message],
    members: dict[str, ShownRun],
) -> ShownRun:
    shown = ShownRun(run, agent_name(run))
    for line in journal.values():
        if line.broken:
            shown.blocks.append(Block(line.started_at or run.created_at, broken=line))
    for message in messages:
        if message.broken:
            shown.blocks.append(Block(message.created_at, broken=message))
        if thought := message.thought.strip():
            step = Step("", "", {}, thought=thought)
            step.whole = reverse("message-thought", args=[message.pk]) if len(message.thought) == SHOWN else ""
            shown.blocks.append(Block(message.created_at, [step]))
        if message.beginning.strip():
            shown.blocks.append(Block(message.created_at, words=message))
        steps = [_step(call, journal.get(call["id"]), results.get(call["id"]), members) for call in message.tool_calls]
        for step in steps:
            step.words = _known_of(step, shown.status)
        shown.calls += len(steps)
        if steps:
            shown.blocks.append(Block(message.created_at, steps))
    return shown


def _known_of(step: Step, status: RunStatus) -> Words:
    """Return the state of a step without a result: of a member's run, or of the call."""
    if step.member is None:
        return status.call_without_result(begun=step.begun)
    member = step.member
    if member.run.is_active:
        return member.run.get_status_display()
    return ngettext("%(count)d call", "%(count)d calls", member.calls) % {"count": member.calls}


def _merged(blocks: list[Block]) -> list[Block]:
    """Calls that follow each other without a word between them stand together."""
    merged: list[Block] = []
    for block in blocks:
        if merged and block.words is None and merged[-1].words is None and not (block.broken or merged[-1].broken):
            merged[-1] = Block(merged[-1].at, [*merged[-1].steps, *block.steps])
        else:
            merged.append(block)
    return merged


def _step(call: dict[str, Any], line: ToolCall | None, result: Message | None, members: dict[str, ShownRun]) -> Step:
    step = Step(call["id"], call["name"], line.arguments if line else _parsed(call.get("arguments", "")))
    step.member = members.get(step.call_id)
    if line is not None:
        step.begun = line.status == ToolCall.Status.STARTED
        step.made, step.failed = line.status == ToolCall.Status.FINISHED, line.failed
        step.result, step.whole = line.beginning, reverse("call-text", args=[line.pk])
        step.is_cut = line.is_cut or _is_long(step.arguments)
        if line.started_at and line.finished_at:
            step.seconds = (line.finished_at - line.started_at).total_seconds()
    elif result is not None:
        step.made, step.result = True, result.beginning
        step.is_cut, step.whole = result.is_cut, reverse("message-text", args=[result.pk])
    return step


def _is_long(arguments: Any) -> bool:
    return size_of(arguments) > SHOWN


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments
