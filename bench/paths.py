"""Where the bench reads and leaves files."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
DRIVERS = BENCH / "drivers"
#: Environments of the peers, databases of the last run, `latest.json`; never committed, safe to delete.
VAR = ROOT / "var" / "bench"
#: A folder in memory, where a commit costs nothing; `None` on systems that have none.
MEMORY = next((folder for folder in [Path("/dev/shm")] if os.access(folder, os.W_OK)), None)
