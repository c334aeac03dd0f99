"""Templates, scripts and style sheets can be read: see docs/decisions/0028-linters-of-pages.md."""

from __future__ import annotations

from tests.page_style import long_lines


def test_no_line_of_a_page_is_longer_than_120_characters() -> None:
    assert not long_lines()
