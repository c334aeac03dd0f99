"""`python -m bench.faults`: play rounds of dying processes, print what was promised beside what came out.

The exit code is 1 when anything is not 0, or a round could not be played. Logs of every process and each finding are kept in
var/bench/faults/.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.faults.round import Outcome, Size, play, say
from bench.faults.verdict import COUNTED
from bench.machine import describe
from bench.paths import VAR
from bench.report import Budget, CannotMeasureError, Section, Table, as_markdown

FOLDER = VAR / "faults"
QUICK = Size(turns=40, sessions=10)


def main(words: Sequence[str] | None = None) -> int:
    """Play what was asked for; returns the exit code."""
    asked = _parser().parse_args(words)
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    size = QUICK if asked.quick else Size(asked.turns, asked.sessions)
    machine = describe()
    sections = [_played(database, asked.rounds, size, seed) for database in asked.database or ("sqlite", "postgresql")]
    command = f"python -m bench.faults --seed {seed} --turns {size.turns} --sessions {size.sessions} --rounds {asked.rounds}"
    report = as_markdown(sections, machine, command, title="Faults")
    print(report)
    if asked.write:
        asked.write.write_text(report)
    (FOLDER / "report.md").write_text(report)
    (FOLDER / "latest.json").write_text(json.dumps([asdict(section) for section in sections], indent=1, ensure_ascii=False))
    broken = any(budget.verdict != "holds" for section in sections for budget in section.budgets)
    return 1 if broken or any(section.failures for section in sections) else 0


def _played(database: str, rounds: int, size: Size, seed: int) -> Section:
    section = Section(f"{size.turns} turns over {size.sessions} sessions, {database}")
    outcomes: list[Outcome] = []
    for number in range(1, rounds + 1):
        say(f"{database}, round {number} of {rounds} …")
        try:
            outcome = play(FOLDER / f"{database}-{number}", database, size, seed + number)
        except CannotMeasureError as error:
            section.failures.append(f"round {number}: {error}")
            continue
        outcomes.append(outcome)
        say(_told(outcome))
    if outcomes:
        section.budgets += [_budget(what, database, outcomes) for what in COUNTED]
        section.tables.append(_table(outcomes))
        section.notes += [_told(outcome) for outcome in outcomes]
    return section


def _budget(what: str, database: str, outcomes: list[Outcome]) -> Budget:
    counts = [len(outcome.verdict.found[what]) for outcome in outcomes]
    kills = ", ".join(str(outcome.killed.total()) for outcome in outcomes)
    return Budget(what, 0, sum(counts), data=f"{database}: {len(outcomes)} round(s) with {kills} kills")


def _table(outcomes: list[Outcome]) -> Table:
    head = ["round", *(str(number) for number in range(1, len(outcomes) + 1))]
    rows = [[what, *(str(len(outcome.verdict.found[what])) for outcome in outcomes)] for what in COUNTED]
    rows += [
        ["messages of customers", *(str(outcome.messages) for outcome in outcomes)],
        ["turns", *(str(outcome.verdict.turns) for outcome in outcomes)],
        ["kills", *(str(outcome.killed.total()) for outcome in outcomes)],
        ["settled, seconds after the last kill", *(f"{outcome.settled_after:.0f}" for outcome in outcomes)],
    ]
    return Table("What was found", head, rows)


def _told(outcome: Outcome) -> str:
    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{what} {count}" for what, count in sorted(counts.items())) or "nothing"

    found = [line for lines in outcome.verdict.found.values() for line in lines]
    return (
        f"killed: {listed(outcome.killed)}; hung: {listed(outcome.hung)};"
        f" runs: {listed(outcome.verdict.runs)}; people: {listed(outcome.decided)};"
        f" tries that came to nothing: {listed(outcome.troubles)}; settled {outcome.settled_after:.0f} s after the last kill"
        f"; found: {'; '.join(found[:20]) or 'nothing'}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description="Kill everything and count what is lost.")
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"], help="only this one (default: both)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds for each database")
    parser.add_argument("--turns", type=int, default=Size().turns)
    parser.add_argument("--sessions", type=int, default=Size().sessions)
    parser.add_argument("--seed", type=int, help="what customers write and who is killed follows from it (timing does not)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report to FILE too (docs/faults.md)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.turns} turns over {QUICK.sessions} sessions")
    return parser


if __name__ == "__main__":
    sys.exit(main())
