"""Names of sessions over the wire."""

from __future__ import annotations

from ninja import Field

from kern.naming import LONGEST_NAME
from sessions_app.api.schemas.fields import Text
from sessions_app.api.strict import Input


class NameIn(Input):
    """One line, 1 to 200 letters."""

    # Described and not checked here: the rule itself says best what is wrong with a name.
    name: Text = Field(..., json_schema_extra={"minLength": 1, "maxLength": LONGEST_NAME})
