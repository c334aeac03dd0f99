"""Verification of the audit log: every entry there, unchanged, in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sessions_app.models.audit_entry import BEGINNING, AuditEntry
from sessions_app.validation.numbers import row_number

#: Entries read at once.
BATCH = 1000
#: Limit of reported faults: one changed entry in the middle is enough to look.
MOST_FAULTS = 20


@dataclass
class Verdict:
    """Result of the check: `faults` as sentences, the number of entries, and the last entry's number and digest."""

    entries: int = 0
    blanked: int = 0
    head: str = f"0:{BEGINNING}"
    faults: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.faults


def verify(head: str = "") -> Verdict:
    """Read the whole log and check each entry against its digests and the entry before.

    `head` is what an earlier check gave ("NUMBER:DIGEST"): the log must still hold that entry, so a log that was shortened or
    written anew shows, too. Raises `ValueError` when `head` has another form.
    """
    number, digest = _noted(head)
    verdict, previous = Verdict(), BEGINNING
    blanks: dict[int, int] = {}
    for entry in _entries():
        verdict.faults += _faults_of(entry, verdict.entries + 1, previous)
        if entry.blanked_by is not None:
            blanks[entry.number] = entry.blanked_by
        if entry.number == number and entry.digest != digest:
            verdict.faults.append(f"Entry {number} is not the one that was noted: its digest was {digest}.")
        verdict.entries, previous = entry.number, entry.digest
        verdict.head = f"{entry.number}:{entry.digest}"
        if len(verdict.faults) >= MOST_FAULTS:
            break
    verdict.blanked = len(blanks)
    if len(verdict.faults) < MOST_FAULTS:
        verdict.faults += _unexplained(blanks, verdict.entries)
        if number > verdict.entries:
            verdict.faults.append(f"Entry {number} was noted and is gone: the log ends at {verdict.entries}.")
    return verdict


def _noted(head: str) -> tuple[int, str]:
    if not head:
        return 0, ""
    written, _, digest = head.partition(":")
    number = row_number(written)
    if number is None or len(digest) != len(BEGINNING):
        raise ValueError("write what an earlier check printed: NUMBER:DIGEST, with the digest's 64 characters")
    return number, digest


def _entries() -> Iterator[AuditEntry]:
    last = 0
    while batch := list(AuditEntry.objects.filter(number__gt=last).order_by("number")[:BATCH]):
        yield from batch
        last = batch[-1].number


def _faults_of(entry: AuditEntry, expected: int, previous: str) -> list[str]:
    faults = []
    if entry.number != expected:
        missing = f"entry {expected} is" if entry.number == expected + 1 else f"entries {expected} to {entry.number - 1} are"
        faults.append(f"{missing[0].upper()}{missing[1:]} missing.")
    elif entry.previous != previous:
        faults.append(f"Entry {entry.number} does not follow entry {expected - 1}: one of them was replaced.")
    if entry.digest != entry.expected_digest():
        faults.append(f"Entry {entry.number} was changed.")
    if not _details_hold(entry):
        faults.append(f"The details of entry {entry.number} were changed.")
    return faults


def _details_hold(entry: AuditEntry) -> bool:
    if entry.blanked_by is None:
        return entry.details_digest == entry.expected_details_digest()
    return not any(getattr(entry, name) for name in AuditEntry.DETAILS)


def _unexplained(blanks: dict[int, int], entries: int) -> list[str]:
    """Return the numbers of blanked entries that no later entry lists."""
    listed: dict[int, set[int]] = {}
    for number in set(blanks.values()):
        entry = AuditEntry.objects.filter(number=number).first()
        after = entry.after if entry and isinstance(entry.after, dict) else {}
        listed[number] = set(after.get("blanked", []))
    return [
        f"The details of entry {entry} are gone, and no entry says why."
        for entry, by in sorted(blanks.items())
        if by > entries or by <= entry or entry not in listed[by]
    ][:MOST_FAULTS]
