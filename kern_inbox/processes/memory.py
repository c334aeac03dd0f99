"""Settings of the memory allocator: large free blocks go back to the machine at once."""

from __future__ import annotations

import ctypes

#: Of glibc's <malloc.h>.
M_MMAP_THRESHOLD = -3
#: From this size on a block has a mapping of its own.
LARGE = 256 * 1024


def return_large_blocks() -> None:
    """Keep glibc from holding freed large blocks; call it once, when the program begins. Elsewhere it does nothing.

    By itself glibc raises its threshold to the largest block that was ever freed. One answer of 10 MB is enough: from then on
    such blocks come from the heaps, one for each thread, which do not shrink. Fifty views of three such texts kept 190 MB.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
