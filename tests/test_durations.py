"""The summary of `make test` names the slowest files."""

from __future__ import annotations

from tests.durations import Duration, slowest, table

LINES = (
    "2.000 0.500 'tests/test_a.py::test_one[a b]'",
    "1.000 1.000 'tests/test_b.py::test_two'",
    '4.500 0.250 "tests/test_b.py::test_it[don\'t]"',
)


def test_files_are_named_by_all_their_tests_the_slowest_first() -> None:
    assert slowest(LINES) == [("tests/test_b.py", Duration(5.5, 1.25)), ("tests/test_a.py", Duration(2.0, 0.5))]
    assert table(LINES).splitlines()[1] == "     6 s      1 s  tests/test_b.py"
