"""Memory of texts that are gone is the machine's again, in the web process and in workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: A text comes and goes; the next one has a mapping of its own, which ends with it, or a place in a heap, which stays.
PROGRAM = """
import ctypes
import django
django.setup()
{start}

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks mappings mapped u f d t k".split()]

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
libc.mallinfo2.restype = Info
TEXT = 10_000_000
libc.free(libc.malloc(TEXT))
before = libc.mallinfo2().mapped
libc.malloc(TEXT)
print((libc.mallinfo2().mapped - before) // 1_000_000)
"""
STARTS = {
    "web": "from kern_inbox.asgi import application",
    "worker": "from kern_inbox.celery import require_desk_of_worker; require_desk_of_worker()",
}


def megabytes_mapped(start: str) -> int:
    program = PROGRAM.format(start=start)
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def test_large_texts_that_are_gone_are_given_back() -> None:
    assert megabytes_mapped("") == 0
    for start in STARTS.values():
        assert megabytes_mapped(start) == 10
