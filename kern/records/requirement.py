"""Requirements of paused runs, and people's answers to them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kern.errors import AlreadyAnsweredError, InvalidAnswerError
from kern.records.input_fields import InputField, validate_fields
from kern.records.kinds import RESOLVED, Kind, Reason, Status
from kern.records.message import new_id
from kern.records.policy import Policy
from kern.records.requirements_json import checked, plain
from kern.validation.sizes import kept

__all__ = ["RESOLVED", "RESPONSE", "InputField", "Kind", "Reason", "Requirement", "Status"]

#: The key of what a person said in a tool's place.
RESPONSE = "response"
#: States in which `answer` may hold such a response.
_SETTLED_BY_ANSWER = frozenset({"answered", "executed", "failed"})


@dataclass(slots=True)
class Requirement:
    """One question to a person; belongs to one tool call of one run.

    `run_id` is the run that made the call (a member's, in a team); `root_run_id` the run that is paused and that is continued.
    `arguments` are the model's, `edited_arguments` a person's (both are kept, rule L8), `schema` the tool's JSON schema.
    An `uncertain` one asks what became of a call whose worker died; its kind is external_execution, and besides a result it
    takes `confirm()` (it did not happen, run it) and `reject()` (give up). A `draft` one asks whether an answer may be sent.
    `answer` holds the person's input values (a dict), the chosen options (a list of text), the external result (text), or what
    a person said in the tool's place (`{"response": text}`). `policy` is the one in force when this was asked, `approved_by`
    who confirmed by name. Times are seconds since 1970; past `expires_at` nothing but `expire()` is taken.
    """

    kind: Kind
    run_id: str
    root_run_id: str
    session_id: str
    call_id: str
    tool_name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    schema: dict[str, Any] = field(default_factory=dict)
    fields: list[InputField] = field(default_factory=list)
    question: str = ""
    options: list[str] = field(default_factory=list)
    multiple: bool = False
    agent_name: str = ""
    reason: Reason = "policy"
    status: Status = "pending"
    edited_arguments: dict[str, Any] | None = None
    note: str = ""
    answer: Any = None
    created_at: float = field(default_factory=time.time)
    decided_at: float | None = None
    policy: Policy = field(default_factory=Policy)
    expires_at: float | None = None
    approved_by: list[str] = field(default_factory=list)
    requirement_id: str = field(default_factory=new_id)

    def to_dict(self) -> dict[str, Any]:
        """Return it as data that `json.dumps` takes, with the answer as far as there is one."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("fields", "policy")}
        return {**plain(data), "fields": plain([asdict(item) for item in self.fields]), "policy": self.policy.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Requirement:
        """Build it from `to_dict`, in any process.

        Raises `WrongTypeError`, and `InvalidAnswerError` with one entry a wrong key.
        """
        return cls(**checked(data, cls.__dataclass_fields__))

    @property
    def is_resolved(self) -> bool:
        """True if the run may go on as far as this requirement is concerned."""
        return self.status in RESOLVED

    @property
    def needs_confirmation(self) -> bool:
        """True if a person must allow or refuse the tool: `confirm()` or `reject()`."""
        return self._waits_for("confirmation")

    @property
    def needs_user_input(self) -> bool:
        """True if a person must fill fields: `provide_user_input()`."""
        return self._waits_for("user_input")

    @property
    def needs_user_feedback(self) -> bool:
        """True if a person must choose from options: `provide_user_feedback()`."""
        return self._waits_for("user_feedback")

    @property
    def needs_external_execution(self) -> bool:
        """True if the result of a call outside must be given: `set_external_execution_result()`."""
        return self._waits_for("external_execution")

    @property
    def effective_arguments(self) -> dict[str, Any]:
        """The tool's arguments: the person's where there are any, else the model's, plus the person's input."""
        chosen = self.arguments if self.edited_arguments is None else self.edited_arguments
        filled = self.kind == "user_input" and isinstance(self.answer, dict) and self.response is None
        return {**chosen, **self.answer} if filled else dict(chosen)

    @property
    def approvers_needed(self) -> int:
        """The number of different people who must confirm, with the current arguments."""
        return self.policy.demand(self.effective_arguments, self.schema).approvers

    @property
    def lets_run(self) -> bool:
        """True if the answer runs the tool or, of a draft, sends text to the customer."""
        if self.status != "answered":
            return self.status == "approved"
        if self.response is not None:
            return self.reason == "draft"
        return self.kind not in ("user_feedback", "external_execution")

    @property
    def response(self) -> str | None:
        """The person's text in the tool's place, or `None`."""
        given = self.answer if self.status in _SETTLED_BY_ANSWER and isinstance(self.answer, dict) else {}
        return str(given[RESPONSE]) if list(given) == [RESPONSE] and not self._asks_for(RESPONSE) else None

    def confirm(self, by: str = "") -> None:
        """Let the tool run, with the stored arguments or the edited ones; of an uncertain call: it did not happen, run it.

        Where the policy wants two different people, `by` names who confirms; until the second has, the requirement stays
        pending. Raises `InvalidAnswerError` for another kind of requirement, an expired one, or a person who is missing or has
        confirmed before; `AlreadyAnsweredError` when it has an answer.
        """
        self._must_take("confirmation")
        needed = self.approvers_needed
        if needed > 1 and not by:
            raise InvalidAnswerError(f"{needed} different people must approve {self.tool_name}: confirm(by=…) for each")
        if needed > 1 and by in self.approved_by:
            raise InvalidAnswerError(f"{by} has approved {self.tool_name} already; another person must, too")
        if by and by not in self.approved_by:
            self.approved_by = [*self.approved_by, by]
        if needed == 1 or len(self.approved_by) >= needed:
            self._settle("confirmation", "approved")

    def reject(self, note: str = "") -> None:
        """Do not let the tool run; the model is told so, with `note` as the reason.

        Any kind of requirement can be rejected. Raises `InvalidAnswerError` when it expired, `AlreadyAnsweredError` when it has
        an answer.
        """
        self._settle(self.kind, "rejected")
        self.note = note

    def respond(self, text: str) -> None:
        """Answer in the tool's place: it does not run, and `text` is its result. Any kind of requirement takes this.

        Raises `InvalidAnswerError` without words, or when it expired; `AlreadyAnsweredError` when it has an answer.
        """
        self._must_take(self.kind)
        if not text.strip():
            raise InvalidAnswerError("write what the tool's result is", {RESPONSE: "is required"})
        if self._asks_for(RESPONSE):
            raise InvalidAnswerError(f"{self.tool_name} asks for an input named {RESPONSE}; fill it or reject")
        self._settle(self.kind, "answered")
        self.answer = {RESPONSE: text}

    def expire(self) -> None:
        """Expire it: the tool does not run, and the model is told that there was neither approval nor rejection.

        Raises `AlreadyAnsweredError` when it has an answer.
        """
        self._must_be_pending()
        self.status, self.decided_at = "expired", time.time()

    def must_be_in_time(self) -> None:
        """Raise `InvalidAnswerError` when it has expired."""
        if self.expires_at is not None and self.expires_at <= time.time():
            raise InvalidAnswerError(f"requirement {self.requirement_id} has expired without a decision; expire() it")

    def edit(self, arguments: dict[str, Any]) -> None:
        """Replace the arguments; the original ones are kept (rule L8). Does not confirm, and voids confirmations of others.

        Raises `InvalidAnswerError` with one entry a wrong field when they break the tool's schema, or leave a draft without
        words.
        """
        self._must_be_pending()
        if self.kind != "confirmation":
            raise InvalidAnswerError(f"the arguments of a {self.kind} requirement are not edited; answer it instead")
        from kern.validation.json_schema import validate, without_needless_nulls

        arguments = without_needless_nulls(arguments, self.schema)
        validate(arguments, self.schema)
        if self.reason == "draft" and not str(arguments.get("text", "")).strip():
            raise InvalidAnswerError("write what is sent", {"text": "is required"})
        self.edited_arguments, self.approved_by = arguments, []

    def provide_user_input(self, values: dict[str, Any]) -> None:
        """Fill the requested fields; `values` maps a field's name to its value.

        Raises `InvalidAnswerError` for missing, unknown or wrongly typed fields.
        """
        self._must_be_pending()
        validate_fields(values, self.fields, self.schema)
        self._settle("user_input", "answered")
        self.answer = dict(values)
        for item in self.fields:
            item.value = values.get(item.name, item.value)

    def provide_user_feedback(self, choice: str | list[str]) -> None:
        """Choose from the options: one, or several where `multiple` is set.

        Raises `InvalidAnswerError` when a choice is not among the options or there are too many or none.
        """
        self._must_be_pending()
        chosen = list(choice) if isinstance(choice, list | tuple | set) else [choice]
        unknown = [str(item) for item in chosen if item not in self.options]
        if unknown:
            raise InvalidAnswerError(f"not an option: {', '.join(unknown)}. Choose from: {', '.join(self.options)}")
        if not chosen or (len(chosen) > 1 and not self.multiple):
            raise InvalidAnswerError("choose one option" + (" or more" if self.multiple else ""))
        self._settle("user_feedback", "answered")
        self.answer = chosen

    def set_external_execution_result(self, result: str) -> None:
        """Give the result of a call that ran outside.

        Raises `InvalidAnswerError` for another kind of requirement, `AlreadyAnsweredError` when it has an answer.
        """
        self._settle("external_execution", "answered")
        self.answer = kept(str(result))

    def _waits_for(self, kind: Kind) -> bool:
        return self.kind == kind and self.status == "pending"

    def _must_be_pending(self) -> None:
        if self.status != "pending":
            raise AlreadyAnsweredError(f"requirement {self.requirement_id} is already {self.status}", self)

    def _must_take(self, kind: Kind) -> None:
        self._must_be_pending()
        self.must_be_in_time()
        if self.kind != kind and not (kind == "confirmation" and self.reason == "uncertain"):
            raise InvalidAnswerError(f"this requirement is a {self.kind}, not a {kind}")

    def _asks_for(self, name: str) -> bool:
        return any(item.name == name for item in self.fields)

    def _settle(self, kind: Kind, status: Status) -> None:
        self._must_take(kind)
        self.status = status
        self.decided_at = time.time()
