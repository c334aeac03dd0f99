"""Naming rules and suggested names over the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ninja import Field, Schema

from sessions_app.api.pages import BrokenOut
from sessions_app.api.schemas.fields import Text
from sessions_app.api.strict import Input
from sessions_app.models import NameSuggestion, NamingPolicy
from sessions_app.models.naming_policy import LetterCase, Masked, OnShift, OverBudget
from sessions_app.validation.limits import longest

#: No rule is a larger number; each has limits of its own, which the error tells.
LARGEST = 1_000_000


class NamingRulesIn(Input):
    """The rules that are to change; the others stay. Each has its limits, which the error tells."""

    enabled: bool | None = Field(None, description="Whether conversations are named automatically.")
    after_messages: int | None = Field(None, ge=0, le=LARGEST)
    delay: int | None = Field(None, ge=0, le=LARGEST, description="Seconds between the answer and the naming.")
    rests_after: int | None = Field(None, ge=0, le=LARGEST, description="Minutes after the last answer. 0: never.")
    recheck_after: int | None = Field(None, ge=0, le=LARGEST, description="Further messages. 0: never.")
    on_shift: OnShift | None = None
    min_words: int | None = Field(None, ge=0, le=LARGEST)
    max_words: int | None = Field(None, ge=0, le=LARGEST, description="0: no limit.")
    max_characters: int | None = Field(None, ge=0, le=LARGEST)
    template: Text | None = Field(
        None, max_length=longest(NamingPolicy, "template"), examples=["{ticket} – {name}"], description="Empty: none."
    )
    language: Text | None = Field(None, max_length=longest(NamingPolicy, "language"), examples=["any", "en"])
    letter_case: LetterCase | None = None
    forbidden_words: Text | None = Field(None, max_length=100_000, description="One a line.")
    masks: list[Masked] | None = Field(None, max_length=len(Masked))
    monthly_budget: Decimal | None = Field(None, ge=0, le=LARGEST, description="Dollars a month. 0: no limit.")
    over_budget: OverBudget | None = None

    def changes(self) -> dict[str, Any]:
        """Return the rules that were sent, as the form of the set-up page sends them."""
        sent = self.model_dump(mode="json", exclude_unset=True)
        if isinstance(sent.get("enabled"), bool):
            sent["enabled"] = "on" if sent["enabled"] else "off"
        return {name: "" if value is None else value for name, value in sent.items()}


class NamingRulesOut(Schema):
    """The rules in force, with the forbidden words of this place alone; `own` names those in which a queue differs."""

    queue: str | None
    enabled: bool
    after_messages: int
    delay: int
    rests_after: int
    recheck_after: int
    on_shift: str
    min_words: int
    max_words: int
    max_characters: int
    template: str
    language: str
    letter_case: str
    forbidden_words: str
    masks: list[str]
    monthly_budget: Decimal
    over_budget: str
    own: list[str]
    updated_at: datetime | None
    updated_by: str | None


class SuggestionOut(Schema):
    """A suggested name for a session whose topic moved, and the name that it would replace."""

    id: int
    session_id: str
    name: str
    replaces: str
    created_at: datetime

    @staticmethod
    def resolve_session_id(suggestion: NameSuggestion) -> str:
        return suggestion.session.session_id

    @staticmethod
    def resolve_replaces(suggestion: NameSuggestion) -> str:
        return suggestion.session.name


class DismissIn(Input):
    """An answer to a suggestion. With `never`, no other name is suggested for this session."""

    never: bool = False


class SuggestionPage(Schema):
    items: list[SuggestionOut]
    broken: list[BrokenOut] = []
    next: str | None
