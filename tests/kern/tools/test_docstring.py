"""Docstrings of tools: what the model reads about a function and its parameters."""

from __future__ import annotations

import pytest

from kern.tools.docstring import read_docstring

GOOGLE = """Pay money back.

    To the customer's card: always.

    Args:
        order: the number,
            as on the bill
        cents (int): how much
        **more: other things

    Returns:
        the receipt
    """
SPHINX = """Pay money back.

    To the customer's card: always.

    :param order: the number,
        as on the bill
    :param int cents: how much
    :param more: other things
    :returns: the receipt
    :raises KeyError: without such an order
    """
NUMPY = """Pay money back.

    To the customer's card: always.

    Parameters
    ----------
    order
        the number,
        as on the bill
    cents : int, optional
        how much
    **more
        other things

    Returns
    -------
    str
        the receipt
    """


@pytest.mark.parametrize("text", [GOOGLE, SPHINX, NUMPY], ids=["Google", "Sphinx", "NumPy"])
def test_the_styles_in_use_say_the_same(text: str) -> None:
    assert read_docstring(text) == (
        "Pay money back.\n\nTo the customer's card: always.",
        {"order": "the number, as on the bill", "cents": "how much", "more": "other things"},
    )


@pytest.mark.parametrize(
    "text",
    [
        "Write to a team.\n\n@everyone: careful",
        "Look up a flight.\n\nTimes: local ones. Example: LH 123.",
        'Store JSON, such as {"a": 1, ":param x": 2}.',
        "Buy.\n\nArgs:\n    what to buy, and where",
    ],
)
def test_no_word_is_lost_of_what_is_in_no_style(text: str) -> None:
    assert read_docstring(text) == (text, {})


@pytest.mark.parametrize("text", [None, "", "\n   \n"])
def test_a_function_may_say_nothing(text: str | None) -> None:
    assert read_docstring(text) == ("", {})
