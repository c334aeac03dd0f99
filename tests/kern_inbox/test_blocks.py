"""Memory of texts that are gone is the machine's again, in the web process and in workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: A large block is freed, then one of that size is taken and freed below a small one that stays, as pages and caches do.
PROGRAM = """
import ctypes, os
from pathlib import Path
import django
django.setup()
{start}

def size():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
TEXT = 10_000_000

def taken():
    block = libc.malloc(TEXT)
    ctypes.memset(block, 1, TEXT)
    return block

libc.free(taken())
before, held = size(), []
for _ in range(6):
    block = taken()
    held.append(libc.malloc(4_000))
    libc.free(block)
    held.append(taken())
for block in held[1::2]:
    libc.free(block)
print((size() - before) // 1_000_000)
"""
STARTS = {
    "web": "from kern_inbox.asgi import application",
    "worker": "from kern_inbox.celery import look_at_the_desk; look_at_the_desk()",
}


def megabytes_kept(start: str) -> int:
    program = PROGRAM.format(start=start)
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def test_large_texts_that_are_gone_are_given_back() -> None:
    assert megabytes_kept("") > 5
    for start in STARTS.values():
        assert megabytes_kept(start) < 3
