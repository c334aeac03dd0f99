"""A small disk of one's own that can be filled to its last byte and emptied again.

A memory disk mounted at a folder, which needs the right to mount: root has it, also in most containers that check a change.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tests.servers import MissingServerError

SIZE = 300 * 2**20


class SmallDisk:
    """The disk at `folder`, from now until `remove`; a context manager too. Raises `MissingServerError` where it cannot be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_full = False
        folder.mkdir(parents=True, exist_ok=True)
        owner = folder.stat()
        options = f"size={SIZE},mode={owner.st_mode & 0o777:o},uid={owner.st_uid},gid={owner.st_gid}"
        try:
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "kern-tests", str(folder)], capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise MissingServerError(f"a memory disk cannot be mounted: {error}") from None
        if done.returncode:
            raise MissingServerError(f"a memory disk cannot be mounted: {done.stderr.strip()}")

    def __enter__(self) -> SmallDisk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()

    def fill(self) -> None:
        """From now on not a byte more can be written."""
        self.is_full = True
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (2**16, 2**9, 1):
                with suppress(OSError):
                    while filler.write(bytes(size)) == size:
                        pass

    def empty(self) -> None:
        """There is room again."""
        self.is_full = False
        (self.folder / "filler").unlink(missing_ok=True)

    def remove(self) -> None:
        """Unmount it, whoever still looks at it."""
        if self.folder.is_mount():
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)
