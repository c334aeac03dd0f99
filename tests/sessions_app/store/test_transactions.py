"""How failures of the database leave the store."""

from __future__ import annotations

import pytest
from django.db import DataError, InterfaceError, OperationalError

from kern.errors import StorageError
from sessions_app.errors import DATABASE_AWAY
from sessions_app.store.transactions import reading


@pytest.mark.parametrize(
    "error", [OperationalError("could not extend file: No space left on device"), InterfaceError("closed")]
)
@pytest.mark.django_db
def test_a_database_that_is_away_or_full_is_told_as_what_passes(error: Exception) -> None:
    with pytest.raises(StorageError, match="the database failed") as failure, reading():
        raise error
    assert isinstance(failure.value, DATABASE_AWAY), "pages and the API answer 503, not 500"


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_does_not_pass_by_waiting() -> None:
    with pytest.raises(StorageError) as failure, reading():
        raise DataError("value too long")
    assert not isinstance(failure.value, DATABASE_AWAY)
