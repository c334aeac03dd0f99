"""Templates, scripts and style sheets can be read: see docs/decisions/0028-linters-of-pages.md."""

from __future__ import annotations

import re

from tests.page_style import ROOT, long_lines, sources

#: A person's colour and the width of a bone end in a number that the template is given.
NUMBERED = re.compile(r"[hw]\d")


def test_no_line_of_a_page_is_longer_than_120_characters() -> None:
    assert not long_lines()


def test_every_class_of_a_style_sheet_is_used() -> None:
    sheets = "".join(path.read_text() for path in sources() if path.suffix == ".css")
    rules = re.sub(r"/\*.*?\*/|\"[^\"]*\"|\([^()]*\.css[^()]*\)", "", sheets, flags=re.DOTALL)
    classes = {name for name in re.findall(r"\.([a-z][\w-]*)", rules) if not NUMBERED.fullmatch(name)}
    users = [path for path in sources() if path.suffix != ".css"]
    users += [path for folder in ("sessions_app", "kern_inbox") for path in (ROOT / folder).rglob("*.py")]
    words = set(re.findall(r"[\w-]+", "".join(path.read_text() for path in users)))
    assert classes - words == set()
