"""A full disk: nothing ends, nothing that was taken is lost, and it goes on when there is room again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.conftest import needed
from tests.disks import SmallDisk
from tests.kern_inbox.run.test_run import Program, program, refused

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    made = needed(lambda: SmallDisk(tmp_path / "disk"))
    yield made
    made.remove()


def measured(running: Program) -> str:
    request = Request(f"http://127.0.0.1:{running.port}/metrics", headers={"Authorization": "Bearer right"})
    with urlopen(request) as response:
        return str(response.read().decode())


def write(running: Program, text: str) -> str:
    """Write as a new customer; the address of the conversation. Raises `HTTPError`."""
    form = urlencode({"message": text, "name": "Kim"}).encode()
    with urlopen(f"http://127.0.0.1:{running.port}/help/questions/", form) as page:
        assert text in page.read().decode()
        return str(page.url)


def write_until_refused(running: Program) -> None:
    """What still fits into the room that the database has is taken; then somebody is told to come back."""
    for number in range(500):
        write(running, f"Written on a full disk {number} " + "word " * 300)


def test_the_program_goes_on_while_its_disk_is_full(disk: SmallDisk) -> None:
    with program(disk.folder, METRICS_TOKEN="right") as running:
        running.read_until("Kern Inbox is ready")
        before = write(running, "Written before")
        disk.fill()
        assert running.get("/health/live/") == 200
        for _ in range(50):
            assert "kern_disk_free_bytes" in measured(running)
        with pytest.raises(HTTPError) as refusal:
            write_until_refused(running)
        assert refusal.value.code == 503
        assert running.process.poll() is None
        disk.empty()
        write(running, "Written afterwards")
        with urlopen(before) as page:
            assert "Written before" in page.read().decode()
        running.process.send_signal(signal.SIGINT)
        assert running.wait() == 0, running.output
        assert "was killed by SIGBUS" not in running.output
        assert running.is_gone()


def test_a_disk_that_is_full_at_the_start_is_one_line(disk: SmallDisk) -> None:
    disk.fill()
    assert refused(disk.folder)
