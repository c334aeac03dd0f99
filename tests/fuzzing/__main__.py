"""`python -m tests.fuzzing [--seed random] [--examples N]`: three tokens try every operation; any finding fails.

A finding is a server error, or an answer (status, type of content, header, shape) that the description does not have, also to
methods it does not name and to requests without a token. The seed is fixed, so that the same commit gives the same result.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from kern_inbox.conf.environment import VARIABLES
from kern_inbox.run.embedded_redis import free_port
from tests import tables

ROOT = Path(__file__).parents[2]
SEED = 8
#: The number of examples bounds it, to a minute or two of a machine of its own; after so many seconds something hangs.
MOST_SECONDS = 900
#: Whose ids are made up; the others use those of the demo's conversations, and one that does not exist.
ANY_IDS = ("reader",)
#: Cases of each operation and phase, by token.
EXAMPLES = {"admin": 8, "member": 4, "reader": 2}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)


def main() -> int:
    """0 when nothing was found within the time."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", default=str(SEED), help="a number, or random")
    asked.add_argument("--examples", type=int, default=1, help="so many times as many cases, without a limit of time")
    given = asked.parse_args()
    seed = str(secrets.randbelow(2**31)) if given.seed == "random" else given.seed
    print(f"seed {seed}", flush=True)
    with TemporaryDirectory(prefix="kern-fuzzing-") as folder:
        environment = environment_in(Path(folder))
        os.environ.setdefault(tables.VARIABLE, folder)
        shutil.copy(tables.sqlite_tables("demo"), Path(folder) / "inbox.sqlite3")
        prepared = subprocess.run(
            [sys.executable, "-m", "tests.fuzzing.prepare"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
        )
        made = json.loads(prepared.stdout.splitlines()[-1])
        config = Path(folder) / "schemathesis.toml"
        lines = [f"{name} = {json.dumps([*ids, 'none'])}" for name, ids in made["known"].items()]
        config.write_text("\n".join(["[parameters]", *lines]))
        with served(environment) as address:
            until = time.monotonic() + (MOST_SECONDS if given.examples == 1 else 10**6)
            codes = []
            for name in EXAMPLES:
                seconds = until - time.monotonic()
                ids = None if name in ANY_IDS else config
                codes.append(tried(address, name, made["tokens"][name], ids, seed, EXAMPLES[name] * given.examples, seconds))
    return max(codes)


def tried(address: str, name: str, token: str, known: Path | None, seed: str, examples: int, seconds: float) -> int:
    """Try every operation with one token, with ids of any kind or with `known` ones.

    Returns the exit code of schemathesis, or 1 when it took too long.
    """
    print(f"\n── {name}, {'ids that exist' if known else 'any ids'} ──", flush=True)
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, *(["--config-file", str(known)] if known else []), "run", f"{address}/api/openapi.json"]
    options = ["--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", seed, "--generation-deterministic"]
    bounds = ["--request-timeout", "20", "--continue-on-failure", "--no-shrink"]
    quiet = ["--warnings", "off", "--no-color", "--suppress-health-check", "all"]
    secret = ["--header", f"Authorization: Bearer {token}"]
    try:
        return subprocess.run([*command, *options, *bounds, *quiet, *secret], check=False, timeout=seconds).returncode
    except subprocess.TimeoutExpired:
        print(f"{name}: not done within {MOST_SECONDS} seconds for all", flush=True)
        return 1


def environment_in(folder: Path) -> dict[str, str]:
    """The variables of a program of its own."""
    ours = {variable.name for variable in VARIABLES}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    own = {"DEBUG": "1", "KERN_VAR": str(folder), "LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "tests.fuzzing.settings"}
    return {**inherited, **own}


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """The address of the program's web server, which runs until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "kern_inbox.asgi:application", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen([*command, "--lifespan", "off"], cwd=ROOT, env=environment)
    try:
        await_answer(port, process)
        have_description_made(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; raises when it does not within a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            line = HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/health/live/")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not start")


def have_description_made(port: int) -> None:
    """Ask for the API's description once: schemathesis waits ten seconds for it, and a busy machine makes it in more."""
    line = HTTPConnection("127.0.0.1", port, timeout=120)
    line.request("GET", "/api/openapi.json")
    line.getresponse().read()
    line.close()


if __name__ == "__main__":
    sys.exit(main())
