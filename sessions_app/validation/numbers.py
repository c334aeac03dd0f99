"""Numbers in addresses and forms."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Every number of so many digits fits into a column of every database.
_ROW_NUMBER = re.compile("[0-9]{1,18}")


def row_number(text: str) -> int | None:
    """Parse the number of a row (or of a change) in an address or form; `None` for a number that no row can have."""
    return int(text) if _ROW_NUMBER.fullmatch(text) else None


def row_numbers(texts: Iterable[str]) -> list[int]:
    """Return the valid numbers of rows among the texts."""
    return [number for number in map(row_number, texts) if number is not None]
