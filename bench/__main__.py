"""`python -m bench`: run the benches, print tables and verdicts, keep them in var/bench/latest.json.

A broken budget is a finding, not a failure: the exit code is 1 only where something could not be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.effort import FULL, QUICK, Effort
from bench.library import import_time, turn_overhead, two_processes
from bench.machine import describe
from bench.naming import job
from bench.pages import key_to_paint, server
from bench.paths import VAR
from bench.report import CannotMeasureError, Section, as_markdown, put_into

BENCHES: dict[str, Callable[[Effort], Section]] = {
    "turn-overhead": turn_overhead.measure,
    "two-processes": two_processes.measure,
    "import-time": import_time.measure,
    "pages": server.measure,
    "deciding-by-key": key_to_paint.measure,
    "naming": job.measure,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run what was asked for; returns the exit code."""
    parser = _parser()
    asked = parser.parse_args(words)
    if unknown := set(asked.benches) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    effort = QUICK if asked.quick else FULL
    machine = describe()
    sections = []
    for name in asked.benches or BENCHES:
        print(f"measuring {name} …", file=sys.stderr)
        sections.append(_measured(name, effort))
    command = " ".join(["python -m bench", *asked.benches, *(["--quick"] if asked.quick else [])])
    report = as_markdown(sections, machine, command)
    print(report)
    if asked.write:
        asked.write.write_text(report)
    if asked.into:
        asked.into.write_text(put_into(asked.into.read_text(), sections, machine, command))
    _keep(sections, machine)
    return 1 if any(section.failures for section in sections) else 0


def _measured(name: str, effort: Effort) -> Section:
    """The bench's section, or one that says why there is none: the other benches still run."""
    try:
        return BENCHES[name](effort)
    except CannotMeasureError as error:
        return Section(name, failures=[str(error)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the budgets of the design.")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"which to run: {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller: rough numbers within a minute or so")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report to FILE too (docs/benchmarks.md)")
    parser.add_argument("--into", type=Path, metavar="FILE", help="put these benches into FILE, beside the others that it has")
    return parser


def _keep(sections: list[Section], machine: dict[str, str]) -> None:
    budgets = [{**asdict(budget), "verdict": budget.verdict} for section in sections for budget in section.budgets]
    kept = {"machine": machine, "budgets": budgets, "sections": [asdict(section) for section in sections]}
    VAR.mkdir(parents=True, exist_ok=True)
    (VAR / "latest.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
