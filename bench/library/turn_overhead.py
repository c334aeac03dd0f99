"""How long a turn takes beside the model, in sessions that have 0 to 2,000 runs already."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.effort import Effort
from bench.library.driver_process import DriverProcess
from bench.library.libraries import KERN, PEERS, installed
from bench.library.subject import MODES, Subject
from bench.paths import MEMORY, VAR
from bench.report import Budget, CannotMeasureError, Section, Table, p95

NOTES = [
    "A turn: the history window read, the model asked, everything stored in a SQLite file. The model is a class of each"
    " library's own model interface that answers at once, so what is left is the library. Telemetry and tracing are off.",
    "The model sees the 3 latest runs in every library (`num_history_runs=3`; openai-agents counts items: 6). The column *seen*"
    " is what it was shown: 3 questions, 3 answers, the new question.",
    "warm: the same objects turn after turn, no session cache in any library. cold: new database and agent objects for each"
    " turn, as in a web request; making them is in the time. memory: as warm, the file on a memory disk, where waiting for the"
    " disk costs nobody anything (kern commits with synchronous=NORMAL, so a power cut, unlike a crash of the program, may take"
    " the latest turns along; the peers wait for the disk at each commit).",
    "CPU is the median of the processor's time, of all threads of the process; other programs on the machine disturb it less.",
    "0 runs is the first turn of a new session. The sessions were made by real turns of the same library. The sizes take"
    " turns one by one, the libraries block by block, so that noise hits all of them. A session is left for"
    " the next of its size when it has grown by a fifth; the first turn in it is among the timed ones.",
]


def measure(effort: Effort) -> Section:
    """Time the turns of every library."""
    section = Section("Turn overhead", notes=list(NOTES))
    libraries = installed(section.failures)
    with ExitStack() as stack:
        memory = stack.enter_context(_memory_folder())
        drivers = [stack.enter_context(DriverProcess(library)) for library in libraries]
        subjects = _filled([Subject(driver, effort, memory) for driver in drivers], section.failures)
        modes = [mode for mode in MODES if memory or mode != "memory"]
        for _ in range(effort.rounds):
            for mode in modes:
                for subject in subjects:
                    subject.time_block(mode)
    section.tables = [_table(subjects, effort, mode) for mode in modes]
    section.budgets = [budget for mode in modes for budget in _budgets(subjects, effort, mode)]
    return section


@contextmanager
def _memory_folder() -> Iterator[Path | None]:
    if MEMORY is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _filled(subjects: list[Subject], failures: list[str]) -> list[Subject]:
    """The subjects whose sessions could be made. Nothing is timed yet, so they may work at once."""
    ready = []
    with ThreadPoolExecutor() as pool:
        fillings = [(subject, pool.submit(subject.fill, VAR / "databases")) for subject in subjects]
        for subject, filling in fillings:
            try:
                filling.result()
                ready.append(subject)
            except CannotMeasureError as error:
                failures.append(str(error))
    return ready


def _table(subjects: list[Subject], effort: Effort, mode: str) -> Table:
    rows = []
    for subject in subjects:
        empty = subject.median(mode, 0)
        for size in effort.sizes:
            median, slow = subject.median(mode, size), p95(subject.seconds[mode, size])
            cpu = statistics.median(subject.cpu[mode, size])
            times = [f"{median * 1000:.2f}", f"{slow * 1000:.2f}", f"{median / empty:.2f}×", f"{cpu * 1000:.2f}"]
            rows.append([subject.library.name, f"{size:,}", *times, str(subject.shown[size])])
    head = ("library", "runs in session", "median ms", "p95 ms", "to empty", "CPU ms", "seen")
    return Table(f"{mode}, {effort.rounds * effort.block} turns a line", head, rows)


def _budgets(subjects: list[Subject], effort: Effort, mode: str) -> list[Budget]:
    longest = effort.sizes[-1]
    ours = next((subject for subject in subjects if subject.library is KERN), None)
    peers = [subject for subject in subjects if subject.library in PEERS]
    best = min(peers, key=lambda peer: peer.median(mode, longest)) if len(peers) == len(PEERS) else None
    growth = ours.median(mode, longest) / ours.median(mode, 0) if ours else None
    share = ours.median(mode, longest) / best.median(mode, longest) if ours and best else None
    samples = f"{effort.rounds * effort.block} turns each, medians"
    data = f"{longest:,} runs; best peer: {best.library.name}" if best else "a peer is missing"
    return [
        Budget(f"turn overhead, {mode}: {longest:,}-run session to an empty one", 1.2, growth, "×", samples),
        Budget(f"turn overhead, {mode}: ours to the best peer's", 0.5, share, "×", data),
    ]
