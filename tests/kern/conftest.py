"""What the library's tests share: a database file of their own and the fixed cast."""

from __future__ import annotations

from pathlib import Path

import pytest

from kern.db.sqlite import SqliteDb

ANA, BEN, CY = "ana", "ben", "cy"


@pytest.fixture
def db(tmp_path: Path) -> SqliteDb:
    return SqliteDb(db_file=str(tmp_path / "agent.db"))
