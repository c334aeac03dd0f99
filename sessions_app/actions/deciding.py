"""Decisions of one person within one transaction: their checks, and what they write.

What is written about many decisions is written together at the end, so that the number of statements hardly grows with their
number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from kern.records.policy import Policy
from kern.records.requirement import Requirement as RequirementRecord
from kern.validation.json_values import storable_json
from sessions_app.changes.kinds import OF_REQUIREMENT_STATUS, Kind
from sessions_app.changes.log import Entry, record_all
from sessions_app.changes.payloads import FirstApproval, OfRequirement, Payload
from sessions_app.errors import AlreadyDecided, InvalidAction
from sessions_app.infrastructure.one_statement import read_steps
from sessions_app.models import Decision, Person, Requirement, Run, Session
from sessions_app.policy.approvals import Grounds, grounds_for
from sessions_app.policy.in_force import same
from sessions_app.store.pausing import go_on_all
from sessions_app.store.records import put_answer, put_values, requirement_record
from sessions_app.workers.expiry import expire_one

Answer = Callable[[RequirementRecord], None]


@dataclass
class Deciding:
    """A person's decisions about requirements, whose sessions' rows are locked.

    `rows` has the requirements as they are now, `seen` the change that the person has seen, both by the requirement's key.
    """

    person: Person
    rows: dict[int, Requirement]
    seen: dict[int, int]
    grounds: Grounds
    _lines: list[Decision] = field(default_factory=list)
    _changes: list[Entry] = field(default_factory=list)

    @classmethod
    def begin(
        cls, sessions: dict[int, Session], requirements: Sequence[Requirement], person: Person, seen: dict[int, int]
    ) -> Deciding:
        """Read everything that the decisions depend on."""
        rows = _current_rows(sessions, requirements)
        # A number that is still to come would count as having seen what is still to be said.
        known = {key: min(seen.get(key, 0), row.session.last_change) for key, row in rows.items()}
        return cls(person, rows, known, read_steps(grounds_for(list(rows.values()), person, known)))

    def decide(self, row: Requirement, answer: Answer, verdict: Decision.Verdict) -> bool:
        """Check everything and store the answer. Returns False if the requirement's time was up; then it is expired now.

        Every check raises before anything is written.
        """
        if row.status != Requirement.Status.PENDING:
            raise AlreadyDecided(already_decided(row, self.person), row)
        if row.root.status != Run.Status.PAUSED:
            raise InvalidAction(_("The turn that asked this does not wait any more."))
        if row.broken:
            raise InvalidAction(
                _("What is stored of this question cannot be read (%(problem)s), so nobody can decide about it. Stop the turn.")
                % {"problem": row.broken}
            )
        self.grounds.in_force.may_decide(row, self.person)
        # No decision counts late, also when the scheduler is late itself.
        if row.is_overdue:
            # What was decided before it stands before it in the logs.
            self._write()
            if expire_one(row):
                return False
        self.grounds.must_know_the_news(row, self.seen[row.pk])
        self._take(row, answer, verdict)
        return True

    def end(self) -> None:
        """Write the lines of the logs, and let the turns go on of which nothing is open any more."""
        self._write()
        settled = [row for row in self.rows.values() if row.status != Requirement.Status.PENDING]
        go_on_all(list({row.root_id: (row.session, row.root) for row in settled}.values()))

    def _write(self) -> None:
        Decision.objects.append_all(self._lines)
        record_all(self._changes)
        self._lines, self._changes = [], []

    def _take(self, row: Requirement, answer: Answer, verdict: Decision.Verdict) -> None:
        """Store the answer, or keep it as the first of two approvals."""
        policy = self.grounds.in_force.policy_of(row)
        asked = requirement_record(row)
        # The number of approvers is checked below, where the people are known; the record alone knows names at best.
        asked.policy = Policy()
        answer(asked)
        runs, given = asked.lets_run, storable_json(asked.effective_arguments)
        if runs:
            self.grounds.in_force.may_decide(row, self.person, approving=True)
            demand = policy.demand(given, asked.schema)
            row.risk, row.approvers = demand.risk, demand.approvers
        if runs and row.approvers > 1 and not self.grounds.completes(row, self.person, given):
            self._keep_first(row, asked, given, policy)
            return
        self._settle(row, asked, verdict, policy, given if asked.kind == "user_input" and runs else None)

    def _settle(
        self,
        row: Requirement,
        asked: RequirementRecord,
        verdict: Decision.Verdict,
        policy: Policy,
        filled_in: dict[str, Any] | None,
    ) -> None:
        put_answer(row, asked)
        columns = ("edited_arguments", "note", "answer", "fields", "decided_at", "risk", "approvers")
        if not row.settle(row.status, decided_by=self.person, **{name: getattr(row, name) for name in columns}):
            row.refresh_from_db()
            raise AlreadyDecided(already_decided(row), row)
        self._lines.append(
            Decision.about(
                row,
                verdict,
                person=self.person,
                seen=self.seen[row.pk],
                note=_words(asked),
                policy=storable_json(policy.to_dict()),
                edited_arguments=filled_in,
            )
        )
        self._record(row, OF_REQUIREMENT_STATUS[row.status], OfRequirement(requirement=row.pk, tool=row.tool_name))

    def _keep_first(self, row: Requirement, asked: RequirementRecord, given: dict[str, Any], policy: Policy) -> None:
        """Keep the first of two approvals: the requirement stays open, with the arguments that the second person approves."""
        changed = not same(row.arguments if row.edited_arguments is None else row.edited_arguments, given)
        row.edited_arguments = storable_json(asked.edited_arguments)
        # The filled-in values stand in the second person's form.
        put_values(row, asked)
        row.save(update_fields=["edited_arguments", "fields", "risk", "approvers"])
        line = Decision.objects.append(
            row,
            Decision.Verdict.FIRST_APPROVAL,
            person=self.person,
            seen=self.seen[row.pk],
            edited_arguments=None if same(given, row.arguments) else given,
            policy=storable_json(policy.to_dict()),
        )
        payload = FirstApproval(requirement=row.pk, tool=row.tool_name, changed=changed, line=line.pk)
        self._record(row, Kind.REQUIREMENT_FIRST_APPROVAL, payload)

    def _record(self, row: Requirement, kind: Kind, payload: Payload) -> None:
        self._changes.append(Entry(row.session, kind, payload, self.person))


def already_decided(row: Requirement, person: Person | None = None) -> str:
    """Return the sentence that says who settled the requirement, and how; `person` is the reader."""
    if row.status == Requirement.Status.EXPIRED:
        return _("Nobody decided in time, so this expired. It can be reopened.")
    decided = Decision.objects.filter(requirement=row).exclude(verdict__in=["executed", "failed"]).order_by("-pk").first()
    if decided is None or decided.verdict == Decision.Verdict.ASKED:
        return _("This is settled already: %(status)s.") % {"status": row.get_status_display()}
    if person is not None and decided.person_id == person.pk:
        return _("You decided this already: %(status)s.") % {"status": decided.get_verdict_display()}
    return _("%(name)s was faster: %(status)s.") % {"name": decided.actor, "status": decided.get_verdict_display()}


def _current_rows(sessions: dict[int, Session], requirements: Sequence[Requirement]) -> dict[int, Requirement]:
    """Return the requirements as they are now, by key and in the same order; those of `sessions`, which are locked."""
    asked = Requirement.objects.filter(session__in=sessions).select_related("run", "root", "decided_by")
    found = asked.in_bulk([requirement.pk for requirement in requirements])
    rows = {requirement.pk: found[requirement.pk] for requirement in requirements if requirement.pk in found}
    # Those of one turn see together whether it goes on.
    turns = {row.root_id: row.root for row in rows.values()}
    for row in rows.values():
        row.root, row.session = turns[row.root_id], sessions[row.session_id]
    return rows


def _words(asked: RequirementRecord) -> str:
    """Return the person's text with the decision, for the log."""
    if asked.response is not None:
        return asked.response
    if asked.kind != "user_input" and asked.answer is not None:
        return asked.answer if isinstance(asked.answer, str) else json.dumps(asked.answer, ensure_ascii=False)
    return asked.note
