"""Numbers in addresses and forms."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Every number of so many digits fits into a column of every database.
_ROW_NUMBER = re.compile("[0-9]{1,18}")


def row_number(text: str) -> int | None:
    """The number of a row (or of a change) as an address or form names it; `None` for a text that no row can have."""
    return int(text) if _ROW_NUMBER.fullmatch(text) else None


def row_numbers(texts: Iterable[str]) -> list[int]:
    """Those of the texts that are numbers of rows."""
    return [number for number in map(row_number, texts) if number is not None]
