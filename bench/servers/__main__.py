"""`python -m bench.servers`: install the gateways, put each before the running program, write docs/servers.md.

The exit code is 1 when a step came out wrong that the gateway is not known to be at fault for, or one could not be tried.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.paths import ROOT
from bench.report import CannotMeasureError
from bench.servers import gateways
from bench.servers.chat import ChatServer
from bench.servers.gateways import Gateway
from bench.servers.visit import STEPS, Step, visit
from tests.responses_server import habits

REPORT = ROOT / "docs" / "servers.md"
REPORT_TEXT = """\
# Model servers

The program speaks the OpenAI Responses API. Servers that speak it differ, so this is what was tried.

## For real

`make servers` on {when}. Each server is installed from its registry into an environment of its own
(`var/bench/servers/`) and started on 127.0.0.1; the whole program runs with `OPENAI_BASE_URL` at it (web, worker,
scheduler, Redis). A customer writes, a person approves over the REST API, and what came of it is read from the API and
from the demo airline's books. Behind a gateway stands a small chat-completions server (`bench/servers/chat.py`).

{table}
{found}
## By their habits

No server of these runs in the tests, but what public reports say of them does: events that are missing, told twice or out
of order, ids that change, nulls, errors of other shapes, histories that are refused. `tests/responses_server/habits/` has
one small module for each, with the reports it comes from, and `tests/kern/models/test_servers.py` has the same
conversations with each: {names}, and one that sends garbage.
"""


@dataclass
class Tried:
    """One gateway: its version, and what came of each step; `problem` where it could not be tried."""

    gateway: Gateway
    version: str = "–"
    steps: list[Step] = field(default_factory=list)
    problem: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether everything came out right but what is known to be the gateway's own fault."""
        return not self.problem and all(step.is_right or step.what in self.gateway.faults for step in self.steps)

    def verdict(self, what: str) -> str:
        """One cell of the table."""
        step = next((step for step in self.steps if step.what == what), None)
        if step is None:
            return "not tried"
        if step.is_right:
            return "right"
        return "no: its own fault" if what in self.gateway.faults else "**wrong**"


def main(words: Sequence[str] | None = None) -> int:
    """Try what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.servers", description="Try gateways before the running program.")
    known = [kind.name for kind in gateways.ALL]
    parser.add_argument("--only", action="append", choices=known, help="only this one; the report is printed, not written")
    asked = parser.parse_args(words)
    kinds = [kind for kind in gateways.ALL if not asked.only or kind.name in asked.only]
    tried = [_tried(kind()) for kind in kinds]
    report = as_markdown(tried)
    print(report)
    if not asked.only:
        REPORT.write_text(report)
    return 0 if all(one.is_fine for one in tried) else 1


def _tried(gateway: Gateway) -> Tried:
    result = Tried(gateway)
    folder = Path(tempfile.mkdtemp(prefix="kern-servers-"))
    try:
        _say(f"{gateway.name}: installing …")
        result.version = gateway.install()
        _say(f"{gateway.name} {result.version}: trying …")
        with ChatServer() as chat, gateway.started(chat.base_url) as reached:
            result.steps = visit(reached, folder, remembers=gateway.remembers)
    except (CannotMeasureError, AssertionError) as problem:
        result.problem = str(problem)
        _say(f"{gateway.name}: {problem}")
    for step in result.steps:
        _say(f"  {'right' if step.is_right else 'WRONG'}: {step.what}: {step.told}")
    if result.is_fine:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        _say(f"  logs: {folder} and {gateway.folder}")
    return result


def as_markdown(tried: Sequence[Tried]) -> str:
    """The report, as docs/servers.md has it."""
    head = ["", *(f"{one.gateway.name} {one.version}" for one in tried)]
    rows = [["what it is", *(one.gateway.kind for one in tried)]]
    rows += [[what, *(one.verdict(what) for one in tried)] for what in STEPS]
    extra = [f"- **{one.gateway.name}** could not be tried: {one.problem}" for one in tried if one.problem]
    notes = [f"- **{one.gateway.name}**, “{what}”: {why}" for one in tried for what, why in one.gateway.faults.items()]
    found = [*_listed("Faults of their own, which no client can help:", notes), *_listed("Not tried:", extra)]
    names = ", ".join(kind.name for kind in habits.HONEST)
    return REPORT_TEXT.format(
        when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        table="\n".join(_table([head, *rows])),
        found="".join(found),
        names=names,
    )


def _listed(title: str, lines: list[str]) -> list[str]:
    return [f"\n{title}\n\n", *(f"{line}\n" for line in lines)] if lines else []


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    return [lines[0], f"| {' | '.join('-' * width for width in widths)} |", *lines[1:]]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
