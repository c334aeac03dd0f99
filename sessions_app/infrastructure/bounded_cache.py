"""A cache of rendered texts with a limit in bytes."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Text = TypeVar("Text", bound=str)


class Remembered(Generic[Text]):
    """A least-recently-used cache of the results of `render`. Safe to share between threads.

    A text and its result count with all their memory; an entry of more than a hundredth of the limit is made anew each time.
    """

    def __init__(self, render: Callable[[str], Text], most_bytes: int) -> None:
        self._render, self._most = render, most_bytes
        self._made: OrderedDict[str, Text] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0

    def __call__(self, text: str) -> Text:
        with self._lock:
            known = self._made.get(text)
            if known is not None:
                self._made.move_to_end(text)
                return known
        made = self._render(text)
        self._keep(text, made)
        return made

    def _keep(self, text: str, made: Text) -> None:
        size = _bytes_of(text, made)
        if size > self._most // 100:
            return
        with self._lock:
            if text in self._made:
                return
            self._made[text] = made
            self.size += size
            while self.size > self._most:
                self.size -= _bytes_of(*self._made.popitem(last=False))


def _bytes_of(*texts: str) -> int:
    # An entry of the table takes about as much as a short text.
    return sum(map(sys.getsizeof, texts)) + 200
