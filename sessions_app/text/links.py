"""Find web and e-mail addresses in text."""

from __future__ import annotations

import re
from typing import Any

from linkify_it import LinkifyIt

#: Hosts without a scheme are links under these only: `setup.py` and `Node.js` are no addresses.
BARE_TOP_LEVELS = ["com", "org", "net", "edu", "gov", "int", "mil"]
#: Browsers take no longer ones, and longer stretches without a space are no addresses.
LONGEST_ADDRESS = 2_000
_HINT = re.compile(rf"://|@|mailto:|[.](?:{'|'.join(BARE_TOP_LEVELS)})\b", re.IGNORECASE)
#: Between white space, angle brackets, quotes, and the punctuation of scripts that write without spaces.
_STRETCH = re.compile(r"""[^\s<>"“”«»。，、！？；：（）「」『』【】《》؟،؛]+""")


class Links(LinkifyIt):  # type: ignore[misc]
    """Finder of web and e-mail addresses, for the Markdown parser."""

    def __init__(self) -> None:
        super().__init__()
        self.add("ftp:", None).add("//", None)
        self.tlds(BARE_TOP_LEVELS)

    def normalize(self, match: Any) -> None:
        """Give an address without a scheme a secure one."""
        is_bare = not match.schema
        super().normalize(match)
        if is_bare:
            match.url = match.url.replace("http://", "https://", 1)

    def pretest(self, text: str) -> bool:
        """Return whether there may be an address: a cheap test without false negatives."""
        return _HINT.search(text) is not None

    test = pretest

    def match(self, text: str) -> list[Any] | None:
        """Return all addresses.

        They are looked for in stretches without white space, because the time grows with the square of the length.
        """
        found = []
        for stretch in _STRETCH.finditer(text):
            if len(stretch[0]) <= LONGEST_ADDRESS and self.pretest(stretch[0]):
                for link in super().match(stretch[0]) or []:
                    link.index, link.last_index = link.index + stretch.start(), link.last_index + stretch.start()
                    found.append(link)
        return found or None

    def match_at_start(self, text: str) -> Any:
        """Return the address that the text begins with, or `None`."""
        stretch = _STRETCH.match(text)
        return super().match_at_start(stretch[0]) if stretch and len(stretch[0]) <= LONGEST_ADDRESS else None
