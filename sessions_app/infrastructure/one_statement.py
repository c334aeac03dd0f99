"""Read rows of several kinds in one SQL statement, so that they are as of one moment and cost one round trip.

The querysets become the branches of a `UNION ALL`. Columns of one type are shared between the branches, and are empty where a
branch has fewer of them. What comes back are the same model instances, or values of `values_list`, as from the querysets.

What a page shows is read in steps, as some rows are only found through others. A generator yields the querysets of a step and
is sent their rows; `beside` runs several of these side by side, each of their steps in one statement.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import FlatValuesListIterable, get_related_populators

Found = TypeVar("Found")
Querysets = Sequence[QuerySet[Any, Any]]
#: Yields the querysets of each step, is sent the rows of each, and returns what it made of them.
Steps = Generator[Querysets, list[list[Any]], Found]


class Branch:
    """One queryset of the statement: its SQL, its columns, and how a row becomes what the queryset yields."""

    def __init__(self, queryset: QuerySet[Any, Any], connection: Any) -> None:
        self.queryset: Any = queryset
        self.compiler: Any = queryset.query.get_compiler(connection=connection)
        #: For each of its columns the type and a number: where in the statement's rows it stands.
        self.places: list[tuple[str, int]] = []
        self.sql: str = ""
        self.params: Sequence[Any] = ()
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            # The ORM knows without the database that there are none.
            return
        used: Counter[str] = Counter()
        for expression, _sql, _name in self.compiler.select:
            kind = str(expression.output_field.db_type(connection))
            self.places.append((kind, used[kind]))
            used[kind] += 1

    def definition(self, number: int) -> str:
        """The branch as a part of the statement, with names for its columns."""
        names = ", ".join(f"c{position}" for position in range(len(self.places)))
        return f"part{number} ({names}) AS ({self.sql})"

    def selection(self, number: int, places: Iterable[tuple[str, int]], empty: Callable[[str], str]) -> str:
        """The branch's rows, with its columns at their places."""
        own = {place: f"c{position}" for position, place in enumerate(self.places)}
        columns = ", ".join(own.get(place) or empty(place[0]) for place in places)
        return f"SELECT {number}, {columns} FROM part{number}"  # noqa: S608 - names and types of ours

    def found(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Return the results of the queryset for these rows of its columns."""
        converters = self.compiler.get_converters([expression for expression, _sql, _name in self.compiler.select])
        converted = self.compiler.apply_converters(rows, converters) if converters else rows
        if self.queryset._fields is None:
            return list(self._instances(converted))
        is_flat = self.queryset._iterable_class is FlatValuesListIterable
        return [row[0] if is_flat else tuple(row) for row in converted]

    def _instances(self, rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
        info, select, using = self.compiler.klass_info, self.compiler.select, self.queryset.db
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column[0].target.attname for column in select[first:last]]
        populators: Any = get_related_populators(info, select, using)  # type: ignore[call-arg]  # the stubs are of a later Django
        for row in rows:
            instance = info["model"].from_db(using, names, row[first:last])
            for populator in populators:
                populator.populate(row, instance)
            for name, position in self.compiler.annotation_col_map.items():
                setattr(instance, name, row[position])
            for field, others in self.queryset._known_related_objects.items():
                # As in `session.messages`: all of them are of that session.
                if not field.is_cached(instance) and (other := others.get(getattr(instance, field.attname))):
                    setattr(instance, field.name, other)
            yield instance


def read_together(*querysets: QuerySet[Any, Any]) -> list[list[Any]]:
    """The rows of each queryset, all read by one statement.

    A queryset may be ordered and sliced to choose its rows; in which order they come back is not promised. `select_related`,
    `defer`, annotations and `values_list` work as usual, `prefetch_related` does not.
    """
    if not querysets:
        return []
    connection: Any = connections[querysets[0].db]
    branches = [Branch(queryset, connection) for queryset in querysets]
    most: Counter[str] = Counter()
    for branch in branches:
        most |= Counter(kind for kind, _number in branch.places)
    places = [(kind, number) for kind, count in most.items() for number in range(count)]
    at = {place: position for position, place in enumerate(places, 1)}
    # PostgreSQL has to be told of what type an empty value is; SQLite does not ask.
    empty: Callable[[str], str] = (lambda kind: f"NULL::{kind}") if connection.vendor == "postgresql" else lambda _kind: "NULL"
    asked = [(number, branch) for number, branch in enumerate(branches) if branch.sql]
    definitions = ", ".join(branch.definition(number) for number, branch in asked)
    selections = " UNION ALL ".join(branch.selection(number, places, empty) for number, branch in asked)
    sql = f"WITH {definitions} {selections}" if asked else ""
    rows = defaultdict(list)
    for row in _rows(connection, sql, [param for _number, branch in asked for param in branch.params]):
        rows[row[0]].append(row)
    taken = [[at[place] for place in branch.places] for branch in branches]
    return [
        branch.found([[row[position] for position in taken[number]] for row in rows[number]]) if rows[number] else []
        for number, branch in enumerate(branches)
    ]


def _rows(connection: Any, sql: str, params: Sequence[Any]) -> list[Sequence[Any]]:
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def read_steps(steps: Steps[Found]) -> Found:
    """Run what is read in steps, one statement a step."""
    try:
        querysets = next(steps)
        while True:
            querysets = steps.send(read_together(*querysets))
    except StopIteration as end:
        found: Found = end.value
        return found


def beside(*several: Steps[Any]) -> Steps[list[Any]]:
    """Several readings as one: what they ask in their first steps is read together, then their second steps, and so on."""
    found: list[Any] = [None] * len(several)
    open_ones = dict(enumerate(several))
    answers: dict[int, list[list[Any]] | None] = dict.fromkeys(open_ones)
    while open_ones:
        asked: dict[int, Querysets] = {}
        for number, steps in list(open_ones.items()):
            try:
                asked[number] = steps.send(answers[number])  # type: ignore[arg-type]  # a new generator is sent None
            except StopIteration as end:
                found[number] = end.value
                del open_ones[number]
        if not asked:
            break
        rows = iter((yield [queryset for querysets in asked.values() for queryset in querysets]))
        answers = {number: [next(rows) for _queryset in querysets] for number, querysets in asked.items()}
    return found


__all__ = ["Branch", "Querysets", "Steps", "beside", "read_steps", "read_together"]
