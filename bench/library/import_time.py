"""How long a fresh process takes to import what an agent with a SQLite file and an OpenAI model needs."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections import defaultdict

from bench.effort import Effort
from bench.library.libraries import Library, installed
from bench.paths import ROOT, VAR
from bench.report import Section, Table

SDK = "; import openai; openai.OpenAI"
PROGRAM = "import time; started = time.perf_counter(); {imports}; print(time.perf_counter() - started)"

NOTES = [
    "Agent, SQLite storage and the OpenAI Responses model, in a fresh process each time; the start of Python is not in the"
    " number. Files are in the system's cache and compiled.",
    "kern imports the openai SDK at its first call to a model, the others at once; in the second column all have loaded it.",
]


def measure(effort: Effort) -> Section:
    """Import every library several times, the libraries taking turns."""
    section = Section("Import time", notes=list(NOTES))
    libraries = installed(section.failures)
    seconds: dict[tuple[Library, bool], list[float]] = defaultdict(list)
    for number in range(effort.imports + 1):
        for library in libraries:
            for with_sdk in (False, True):
                taken = _import(library, with_sdk, section.failures)
                if number and taken is not None:  # the first time compiles and fills caches
                    seconds[library, with_sdk].append(taken)
    rows = [[library.name, _median(seconds[library, False]), _median(seconds[library, True])] for library in libraries]
    head = ("library", "median ms", "with the openai SDK loaded, ms")
    section.tables = [Table(f"{effort.imports} fresh processes each", head, rows)]
    return section


def _import(library: Library, with_sdk: bool, failures: list[str]) -> float | None:
    program = PROGRAM.format(imports=library.imports + (SDK if with_sdk else ""))
    environment = {"PATH": os.environ["PATH"]}
    if library.requirements is None:
        environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [library.python, "-c", program], capture_output=True, text=True, cwd=VAR, env=environment, check=False
    )
    if done.returncode == 0:
        return float(done.stdout)
    failure = f"{library.name} cannot be imported: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    if failure not in failures:
        failures.append(failure)
    return None


def _median(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f}" if seconds else "–"
