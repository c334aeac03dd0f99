"""Streamed file downloads: rows a batch a query, never the whole file in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

Row = TypeVar("Row", bound=Model)

#: Rows read, and pieces sent, at once.
BATCH = 500
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson", "json": "application/json"}


def download(request: HttpRequest, pieces: Iterator[str], name: str) -> HttpResponseBase:
    """Return the pieces as a file called `name`, whose ending gives the type (see `TYPES`)."""
    answer: Any = StreamingHttpResponse(
        _awaited(pieces) if isinstance(request, ASGIRequest) else pieces, content_type=TYPES[name.rpartition(".")[2]]
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer  # type: ignore[no-any-return]


def in_batches(rows: QuerySet[Row]) -> Iterator[Row]:
    """Yield the rows in order of their keys, a batch a query: no cursor stays open while a slow reader reads."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk


async def _awaited(pieces: Iterator[str]) -> AsyncIterator[str]:
    """Yield the pieces beside the event loop; a server would otherwise wait for all of them before it sends the first."""
    fetch = sync_to_async(lambda: "".join(islice(pieces, BATCH)))
    while text := await fetch():
        yield text
