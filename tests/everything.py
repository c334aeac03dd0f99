"""`make test`: every check, one after the other, all of them even when one fails, and a summary at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.flaky import VARIABLE
from tests.servers import MissingServerError, postgresql_programs

PYTEST = ("-m", "pytest", "-q")
# Tests with browsers or dying processes need the machine for themselves; the others share it.
SIDE_BY_SIDE = (*PYTEST, "-n", "2", "--dist", "loadfile", "-m", "not browser and not faults")
STEPS: dict[str, tuple[str, ...]] = {
    "style": ("-m", "ruff", "check", "."),
    "format": ("-m", "ruff", "format", "--check", "."),
    "layers": ("-c", "from importlinter.cli import lint_imports_command as check; check()", "--no-cache", "--no-logo"),
    "types": ("-m", "mypy"),
    "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
    "tests": SIDE_BY_SIDE,
    "API by its description": ("-m", "tests.fuzzing"),
    "tests: browser and faults": (*PYTEST, "-m", "browser or faults"),
    # The contract tests bring PostgreSQL along themselves, so this is the application alone; loading a desk asks no database.
    "tests on PostgreSQL": (*SIDE_BY_SIDE, "--ignore", "tests/sessions_app/desk/test_desk.py", "tests/sessions_app"),
}


def environment(step: str, flaky: Path) -> dict[str, str]:
    """The variables a step runs with; the tests see nothing of a developer's own (see `tests.settings`)."""
    extra = {"DJANGO_SETTINGS_MODULE": "tests.settings", VARIABLE: str(flaky)}
    if step.endswith("PostgreSQL"):
        extra["KERN_TEST_DATABASE"] = "postgresql"
    return {**os.environ, **extra}


def skipped(step: str) -> str | None:
    """Why a step cannot run on this machine. With KERN_CI there is no such reason: it runs and fails."""
    if not step.endswith("PostgreSQL") or os.environ.get("KERN_CI", "0") not in ("", "0"):
        return None
    try:
        postgresql_programs()
    except MissingServerError as reason:
        return str(reason)
    return None


def main() -> int:
    """0 when nothing failed. Browser tests that passed at their second try are named last (see `tests.flaky`)."""
    with TemporaryDirectory() as folder:
        flaky = Path(folder) / "flaky"
        flaky.touch()
        return check_everything(flaky)


def check_everything(flaky: Path) -> int:
    """Run the steps; `flaky` is the file that takes the names of unstable tests."""
    results: list[tuple[str, str, float]] = []
    for step, command in STEPS.items():
        print(f"\n── {step} ──", flush=True)
        began = time.monotonic()
        if reason := skipped(step):
            results.append((step, f"skipped: {reason}", 0))
            continue
        done = subprocess.run([sys.executable, *command], env=environment(step, flaky), check=False)
        results.append(
            (step, "ok" if done.returncode == 0 else f"FAILED (exit code {done.returncode})", time.monotonic() - began)
        )
    print("\n── summary ──")
    for step, result, seconds in results:
        print(f"{step:<28} {seconds:>5.0f} s  {result}")
    failed = [step for step, result, _ in results if result.startswith("FAILED")]
    print(f"\n{len(failed)} of {len(results)} failed: {', '.join(failed)}" if failed else "\nall is well")
    for name in flaky.read_text().splitlines():
        print(f"flaky: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
