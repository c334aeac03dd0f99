"""Regular expressions of others: they mean what they mean in Python, and none can stop a process."""

from __future__ import annotations

import re

import pytest

from kern.errors import InvalidAnswerError
from kern.records.policy import Threshold
from kern.validation.json_schema import validate
from kern.validation.patterns import LONGEST_PATTERN, PatternError, compiled, fits, found_in


@pytest.mark.parametrize(
    "pattern", [r"HD-\d+", r"^HD-\d{2,}$", r"\w+", r"[\w-]+", r"(?i)hd-\d+", r"\W\D?", r"a{,3}", r"[^]a]+", r"\\w", r"x\Z"]
)
@pytest.mark.parametrize("text", ["HD-12", "hd-12", "Ä-7", "HD-１２", "aa", "--", "b", r"\w", "x", "x\n", ""])
def test_a_pattern_fits_what_it_fits_in_python(pattern: str, text: str) -> None:
    assert fits(pattern, text) == (re.fullmatch(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("HD-(?=1)", "looking ahead or behind, like (?=…) or (?<!…), is not possible here"),
        ("(?<!x)HD", "looking ahead or behind"),
        (r"(a)-\1", r"repeating what a group matched, like \1, is not possible here"),
        ("(?>a+)b", "atomic groups"),
        ("a++b", "atomic groups"),
        ("(?P<n>a)(?(n)b|c)", "conditions"),
        ("(", "missing )"),
        ("((a{100}){100}){100}", "repetition"),
        ("a{99999999999}", "invalid repetition size: {99999999999}"),
        ("a{2,99999999999}", "invalid repetition size"),
        ("a" * (LONGEST_PATTERN + 1), "it is longer than 1000 characters"),
        ("\ud800", "it has characters that are none"),
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_refused_by_name(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=re.escape(reason)):
        compiled(pattern)
    assert not fits(pattern, "a")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*b", "(.*a){20}", r"(\w+\s?)*x"])
def test_a_pattern_that_stops_other_engines_does_not_stop_this_one(pattern: str) -> None:
    assert not fits(pattern, "a" * 100_000 + "!")


def test_the_pattern_of_a_tools_argument_stops_nothing_either() -> None:
    schema = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^(a+)+$"}}}
    validate({"code": "aaa"}, schema)
    with pytest.raises(InvalidAnswerError, match=re.escape("must match ^(a+)+$")):
        validate({"code": "a" * 100_000 + "!"}, schema)
    ahead = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^(?=.*7)"}}}
    validate({"code": "HD-7"}, ahead)
    with pytest.raises(InvalidAnswerError):
        validate({"code": "HD-1"}, ahead)


def test_text_that_has_no_bytes_fits_no_pattern() -> None:
    assert not fits("a.*", "a\ud800")
    assert not found_in("a", "a\ud800")
    assert found_in("b", "abc")


def test_a_condition_is_short() -> None:
    with pytest.raises(ValueError, match="a threshold is written like"):
        Threshold("a >" + " " * 100_000 + "\n5")
