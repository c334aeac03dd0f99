"""What the processes of the tests do; importable, so that they can be started afresh (spawn)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kern.db.sqlite import SqliteDb
from kern.records.message import Message
from tests.contract.turns import open_turn, whole_turn


def spawned(function: Callable[..., None], *args: Any) -> BaseProcess:
    """A started process of its own that calls the function."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=args)
    process.start()
    return process


def write_turns(file: Path, name: str, turns: int) -> None:
    """Whole turns in the one session."""
    db = SqliteDb(file)
    for number in range(turns):
        whole_turn(db, said=f"{name}: question {number}")


def write_forever(file: Path) -> None:
    """One turn that goes on until somebody kills the process."""
    db = SqliteDb(file)
    run, claim = open_turn(db, lease=1.0)
    number = 0
    while True:
        db.append_message(claim, Message("assistant", f"step {number}", run_id=run.run_id))
        db.renew(claim)
        number += 1
