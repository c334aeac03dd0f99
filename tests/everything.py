"""`make test` and `make check`: every step, also after one that fails, and a summary at the end.

Lanes run side by side (see `tests.steps`). What a step says is shown when it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Lock

from tests import durations, flaky, statements, tables
from tests.servers import MissingServerError, postgresql_programs
from tests.steps import CHECK, EVERYTHING, Lane, Step

PRINTING = Lock()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a step."""

    step: Step
    outcome: str
    seconds: float = 0

    @property
    def has_failed(self) -> bool:
        """Whether the change may not go in."""
        return self.outcome.startswith("FAILED")


def main(arguments: Sequence[str]) -> int:
    """0 when nothing failed. The slowest files are named, and last the browser tests that passed at their second try."""
    steps = CHECK if "--check" in arguments else EVERYTHING
    with TemporaryDirectory() as folder:
        notes = {variable: Path(folder) / variable for variable in (flaky.VARIABLE, durations.VARIABLE, statements.VARIABLE)}
        for note in notes.values():
            note.touch()
        shared = {variable: str(note) for variable, note in notes.items()} | {tables.VARIABLE: folder}
        shared[statements.KNOWN] = shared[statements.VARIABLE]
        results = run(steps, shared)
        print(durations.table(notes[durations.VARIABLE].read_text().splitlines()))
        summarize(results)
        for name in notes[flaky.VARIABLE].read_text().splitlines():
            print(f"flaky: {name}")
    return 1 if any(result.has_failed for result in results) else 0


def run(steps: Sequence[Step], notes: Mapping[str, str]) -> list[Result]:
    """Run every lane to its end; the results in the order of `steps`."""
    lanes = {lane: [step for step in steps if step.lane is lane] for lane in Lane}
    alone = lanes.pop(Lane.ALONE)
    with ThreadPoolExecutor(len(lanes)) as threads:
        done = list(threads.map(lambda lane: [result_of(step, notes) for step in lane], lanes.values()))
    done.append([result_of(step, notes) for step in alone])
    results = {result.step.name: result for lane in done for result in lane}
    return [results[step.name] for step in steps]


def result_of(step: Step, notes: Mapping[str, str]) -> Result:
    """Run one step; `notes` are the files and folders, by variable, that its tests share with those of others."""
    if reason := skipped(step):
        return Result(step, f"skipped: {reason}")
    say(f"{step.name} …")
    began = time.monotonic()
    with TemporaryFile() as output:
        command = [sys.executable, *step.command]
        done = subprocess.run(command, env=environment(step, notes), stdout=output, stderr=output, check=False)
        seconds = time.monotonic() - began
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    outcome = "ok" if done.returncode == 0 else f"FAILED (exit code {done.returncode})"
    say(f"\n── {step.name}: {outcome}, {seconds:.0f} s ──\n{said}\n")
    return Result(step, outcome, seconds)


def environment(step: Step, notes: Mapping[str, str]) -> dict[str, str]:
    """The variables a step runs with; the tests see nothing of a developer's own (see `tests.settings`)."""
    # Without compiled files each of some hundred processes would compile everything again.
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**known, "DJANGO_SETTINGS_MODULE": "tests.settings", **notes, **step.variables}


def skipped(step: Step) -> str | None:
    """Why a step cannot run on this machine. With KERN_CI there is no such reason: it runs and fails."""
    if not step.needs_postgresql or os.environ.get("KERN_CI", "0") not in ("", "0"):
        return None
    try:
        postgresql_programs()
    except MissingServerError as reason:
        return str(reason)
    return None


def summarize(results: Sequence[Result]) -> None:
    """Print a line a step, and which failed."""
    print("── summary ──")
    for result in results:
        print(f"{result.step.name:<28} {result.seconds:>5.0f} s  {result.outcome}")
    failed = [result.step.name for result in results if result.has_failed]
    print(f"\n{len(failed)} of {len(results)} failed: {', '.join(failed)}" if failed else "\nall is well")


def say(text: str) -> None:
    """Print a text whole, whatever other lanes print."""
    with PRINTING:
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
