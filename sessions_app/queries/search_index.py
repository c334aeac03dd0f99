"""Ask the index of search: SQLite's full-text table, or PostgreSQL's index over the same words.

Both have the words of `SearchEntry`, so that they find the same. What is asked is made of words alone: nothing that a person
types is syntax to a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import BooleanField, IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL

from sessions_app.models.search_entry import MESSAGE_BITS, SearchEntry, key_of
from sessions_app.text.tokens import Term

_SQLITE = "SELECT rowid >> 32 FROM sessions_app_search WHERE sessions_app_search MATCH %s"  # the same as MESSAGE_BITS
#: The same asked of one session after the other, in the order of the list.
_SQLITE_EACH = (
    "EXISTS (SELECT 1 FROM sessions_app_search WHERE sessions_app_search MATCH %s"
    " AND rowid BETWEEN sessions_app_session.id << 32 AND (sessions_app_session.id << 32) + 4294967295)"
)
#: Hits from which on a word is common: asking each session of a page is cheaper than collecting the sessions of all hits.
COMMON = 40_000
_VECTOR = "array_to_tsvector(string_to_array(entry.words, ' '))"
_POSTGRESQL = "SELECT entry.session_id FROM sessions_app_searchentry entry WHERE "
BELOW = (1 << MESSAGE_BITS) - 1
# What a row number has below its session is its message's key.
_SQLITE_SAID = (
    "SELECT said.session_id FROM sessions_app_search JOIN sessions_app_message said"
    " ON said.id = sessions_app_search.rowid & 4294967295 WHERE sessions_app_search MATCH %s"
)
_POSTGRESQL_SAID = (
    "SELECT entry.session_id FROM sessions_app_searchentry entry JOIN sessions_app_message said ON said.id = entry.message_id"
)


def probes(terms: Sequence[Term]) -> list[QuerySet[SearchEntry, int]]:
    """Return querysets of the number of hits of each term, which stops at `COMMON`; empty where no number is wanted."""
    if connection.vendor == "postgresql":
        # Its planner knows which words are common.
        return []
    capped = "(SELECT COUNT(*) FROM (SELECT 1 FROM sessions_app_search WHERE sessions_app_search MATCH %s LIMIT %s))"
    counts = [RawSQL(capped, [_expression([term], "AND"), COMMON], IntegerField()) for term in terms]  # noqa: S611
    return [SearchEntry.objects.order_by().values_list(count, flat=True)[:1] for count in counts]


def having(term: Term, hits: int = 0) -> Q:
    """Return the condition of sessions in which the term stands: in what identifies them or in anything said.

    `hits` is what its probe found.
    """
    if connection.vendor == "postgresql":
        sql, params = _matches([term])
        return Q(pk__in=RawSQL(_POSTGRESQL + sql, params))  # noqa: S611 - the words are parameters
    expression = _expression([term], "AND")
    # A beginning of words has no list of its own in the index: each session asked would make it anew.
    if hits >= COMMON and not term.is_prefix:
        return Q(RawSQL(_SQLITE_EACH, [expression], output_field=BooleanField()))  # noqa: S611
    return Q(pk__in=RawSQL(_SQLITE, [expression]))  # noqa: S611


#: Conditions of the messages of each place that a search may be narrowed to; the same SQL on both databases.
PLACES = {
    "message": "said.role IN ('user', 'assistant') AND NOT said.internal",
    "note": "said.internal AND said.author_kind = 'person' AND said.run_id IS NULL",
    "tool": "said.role = 'tool'",
}


def having_in(place: str, term: Term) -> Q:
    """Return the condition of sessions in which the term stands in a message of this place."""
    if connection.vendor == "postgresql":
        sql, params = _matches([term])
        found = f"{_POSTGRESQL_SAID} WHERE {PLACES[place]} AND {sql}"
    else:
        found, params = f"{_SQLITE_SAID} AND {PLACES[place]}", [_expression([term], "AND")]
    return Q(pk__in=RawSQL(found, params))  # noqa: S611 - the words are parameters


def newest_hits(sessions: Iterable[int], terms: Sequence[Term]) -> RawSQL:
    """Return for each session the key of the message with the newest hit: one that has all terms, else one that has any."""
    keys = list(sessions)
    sql, params = (_newest_postgresql if connection.vendor == "postgresql" else _newest_sqlite)(keys, terms)
    return RawSQL(f"SELECT newest.id & {BELOW} FROM ({sql}) AS newest", params)  # noqa: S608, S611 - the words are parameters


def hits_in(session: int, terms: Sequence[Term], most: int) -> list[int]:
    """Return messages of a session with any of the terms, the newest first."""
    if not terms:
        return []
    span: list[Any] = [key_of(session, 1), key_of(session, BELOW)]
    if connection.vendor == "postgresql":
        sql, params = _matches(terms, " OR ")
        query = (
            f"SELECT entry.id FROM sessions_app_searchentry entry "  # noqa: S608 - the words are parameters
            f"WHERE entry.id BETWEEN %s AND %s AND ({sql}) ORDER BY entry.id DESC LIMIT %s"
        )
        values = [*span, *params, most]
    else:
        query = (
            "SELECT rowid FROM sessions_app_search WHERE sessions_app_search MATCH %s"
            " AND rowid BETWEEN %s AND %s ORDER BY rowid DESC LIMIT %s"
        )
        values = [_expression(terms, "OR"), *span, most]
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [key & BELOW for (key,) in cursor.fetchall()]


def _newest_sqlite(keys: list[int], terms: Sequence[Term]) -> tuple[str, list[Any]]:
    ways = [_expression(terms, "AND"), *([_expression(terms, "OR")] if len(terms) > 1 else [])]
    # A beginning of words has no list of its own in the index: it is made once for all sessions instead of for each.
    return (_newest_at_once if any(term.is_prefix for term in terms) else _newest_of_each)(keys, ways)


def _newest_of_each(keys: list[int], ways: list[str]) -> tuple[str, list[Any]]:
    newest = (
        "(SELECT rowid FROM sessions_app_search WHERE sessions_app_search MATCH %s"
        " AND rowid BETWEEN %s AND %s ORDER BY rowid DESC LIMIT 1)"
    )
    parts, params = [], list[Any]()
    for key in keys:
        parts.append(f"SELECT coalesce({', '.join([newest] * len(ways))}, NULL) AS id")
        for way in ways:
            params += [way, key_of(key, 1), key_of(key, BELOW)]
    return " UNION ALL ".join(parts), params


def _newest_at_once(keys: list[int], ways: list[str]) -> tuple[str, list[Any]]:
    places = ", ".join(["%s"] * len(keys))
    hits = " UNION ALL ".join(
        f"SELECT {number} AS way, rowid AS id FROM sessions_app_search WHERE sessions_app_search MATCH %s"  # noqa: S608
        f" AND rowid BETWEEN %s AND %s AND rowid & {BELOW} AND rowid >> {MESSAGE_BITS} IN ({places})"
        for number in range(len(ways))
    )
    params = [each for way in ways for each in (way, key_of(min(keys), 1), key_of(max(keys), BELOW), *keys)]
    # Hits of the first way, with all words, go before later ones of the second.
    newest = "coalesce(max(CASE way WHEN 0 THEN id END), max(id))"
    return f"SELECT {newest} AS id FROM ({hits}) GROUP BY id >> {MESSAGE_BITS}", params  # noqa: S608 - numbers


def _newest_postgresql(keys: list[int], terms: Sequence[Term]) -> tuple[str, list[Any]]:
    all_sql, all_params = _matches(terms)
    any_sql, any_params = _matches(terms, " OR ")
    sql = (
        "SELECT DISTINCT ON (entry.session_id) entry.id FROM sessions_app_searchentry entry"  # noqa: S608
        f" WHERE entry.session_id = ANY(%s) AND entry.message_id IS NOT NULL AND ({any_sql})"
        f" ORDER BY entry.session_id, ({all_sql}) DESC, entry.id DESC"
    )
    return sql, [keys, *any_params, *all_params]


def _matches(terms: Sequence[Term], joined: str = " AND ") -> tuple[str, list[str]]:
    """Return PostgreSQL's condition for terms, and its parameters. Words stand side by side in `words` itself."""
    conditions, params = [], []
    for term in terms:
        conditions.append(f"{_VECTOR} @@ %s::tsquery")
        params.append(" & ".join(f"'{token}'" for token in term.tokens) + (":*" if term.is_prefix else ""))
        if len(term.tokens) > 1:
            conditions[-1] += " AND (' ' || entry.words || ' ') LIKE %s"
            params.append(f"% {' '.join(term.tokens)}{'' if term.is_prefix else ' '}%")
    return joined.join(f"({condition})" for condition in conditions), params


def _expression(terms: Sequence[Term], operator: str) -> str:
    """Return FTS5's expression for terms."""
    phrases = (f'"{" ".join(term.tokens)}"{" *" if term.is_prefix else ""}' for term in terms)
    return f" {operator} ".join(phrases)


__all__ = ["PLACES", "having", "having_in", "hits_in", "newest_hits", "probes"]
