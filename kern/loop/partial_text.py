"""The text of an answer while it streams in."""

from __future__ import annotations

from kern.validation.text import storable


class PartialText:
    """The partial answer of the model, storable at any moment.

    Half a surrogate pair at the end waits for its other half, so that not the whole text is searched for each piece.
    """

    def __init__(self) -> None:
        self._words = ""
        self._half = ""

    def __str__(self) -> str:
        return f"{self._words}{storable(self._half)}"

    def __bool__(self) -> bool:
        return bool(self._words)

    def add(self, text: str) -> None:
        """Append a piece."""
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        self._words += whole(text.removesuffix(self._half))

    def clear(self) -> None:
        """Clear the text: the answer is stored, or begins anew."""
        self._words = self._half = ""


def whole(text: str) -> str:
    """Return storable text, with surrogate pairs joined where they came in two pieces."""
    return storable(text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
