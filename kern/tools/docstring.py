"""Read a docstring: the function's description, and one text a parameter."""

from __future__ import annotations

from docstring_parser import Docstring, DocstringStyle, ParseError, parse

#: Not Epydoc's: a line of plain text may begin with an `@`.
_STYLES = (DocstringStyle.GOOGLE, DocstringStyle.REST, DocstringStyle.NUMPYDOC)


def read_docstring(text: str | None) -> tuple[str, dict[str, str]]:
    """Return the description and the parameters' texts of a docstring in the style of Google, NumPy or Sphinx (`:param x:`).

    What it says about results and exceptions is for programmers and is left out. A text in none of these styles is all
    description.
    """
    readings = [reading for style in _STYLES if (reading := _read(text or "", style)) is not None]
    best = max(readings, key=lambda reading: len(reading.meta))
    texts = {found.arg_name.lstrip("*"): " ".join((found.description or "").split()) for found in best.params}
    return (best.description or "").strip(), texts


def _read(text: str, style: DocstringStyle) -> Docstring | None:
    try:
        return parse(text, style=style)
    except ParseError:
        return None
