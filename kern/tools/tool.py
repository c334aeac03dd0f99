"""A tool: a typed function, its schema for the model, and a person's part before it runs."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast, overload

from kern.models.base import ToolSchema
from kern.records.input_fields import InputField
from kern.records.kinds import Kind
from kern.records.policy import Policy, Risk, Threshold, policy_of
from kern.tools.context import RunContext
from kern.tools.docstring import read_docstring
from kern.tools.signature import Signature
from kern.validation.inputs import checked_seconds

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Tool:
    """A typed function that a model may call. Callable like the function it was made from.

    `name` and `description` are what the model sees, `parameters` the JSON schema of the arguments. `idempotent` says that
    running the same call twice does no harm, so it is repeated after a crash instead of asking a person what happened.
    `timeout` is how many seconds a call may take; without one, as many as the turn has left. What it does after that changes
    nothing any more: a person is asked what happened, or, where it is idempotent, the model is told that it took too long.

    `ends_turn` says that nothing is left to say after it: where a call succeeds, its result is the turn's answer, and the model
    is not asked again.

    `policy` says how carefully people decide about a call: `risk`, `expires_after` and `remind_before` that (a `timedelta` or
    seconds), `roles` of which a decider needs one, how many `approvers` (1 or 2), and `thresholds` like `"amount > 500"`, from
    which on two are needed. All but the risk are for tools that ask a person; the last two for those that ask to be confirmed.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        requires_confirmation: bool = False,
        requires_user_input: bool = False,
        user_input_fields: Sequence[str] = (),
        requires_user_feedback: bool = False,
        external_execution: bool = False,
        idempotent: bool = False,
        timeout: float | timedelta | None = None,
        ends_turn: bool = False,
        risk: Risk = "medium",
        expires_after: float | timedelta | None = None,
        remind_before: float | timedelta | None = None,
        approvers: int = 1,
        roles: Sequence[str] = (),
        thresholds: Sequence[str | Threshold] = (),
    ) -> None:
        if not (inspect.isfunction(function) or inspect.ismethod(function)):
            raise TypeError(f"a tool is made from a function or a bound method, not from {function!r}")
        described, parameter_texts = read_docstring(function.__doc__)
        self.function, self.name = function, name or function.__name__
        self.description = described if description is None else description
        self.idempotent, self.ends_turn = idempotent, ends_turn
        self.timeout = checked_seconds(f"the timeout of tool {self.name!r}", timeout)
        self.requirement_kind: Kind | None = _only_kind(
            self.name,
            confirmation=requires_confirmation,
            user_input=requires_user_input,
            user_feedback=requires_user_feedback,
            external_execution=external_execution,
        )
        self.policy = policy_of(risk, expires_after, remind_before, approvers, roles, thresholds)
        self.signature = Signature(function, self.name, parameter_texts)
        self._named_fields = tuple(user_input_fields)
        self._must_be_consistent()
        functools.update_wrapper(cast("Callable[..., Any]", self), function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of all arguments, the person's fields included."""
        return self.signature.schema

    @property
    def user_input_fields(self) -> tuple[str, ...]:
        """The parameters that a person fills: those named, or all of them; empty for other kinds of tool."""
        if self.requirement_kind != "user_input":
            return ()
        return self._named_fields or tuple(self.parameters["properties"])

    def input_fields(self) -> list[InputField]:
        """Return the fields that a person fills before the tool runs; empty unless it was made with `requires_user_input`."""
        parts, required = self.parameters["properties"], self.parameters["required"]
        return [
            InputField(name, dict(parts[name]), parts[name].get("description", ""), required=name in required)
            for name in self.user_input_fields
        ]

    def model_schema(self) -> ToolSchema:
        """Return the schema for the model: without the person's fields."""
        hidden = self.user_input_fields
        parameters = dict(self.parameters)
        if hidden:
            parameters["properties"] = {key: part for key, part in parameters["properties"].items() if key not in hidden}
            parameters["required"] = [key for key in parameters["required"] if key not in hidden]
        return ToolSchema(self.name, self.description, parameters)

    def check(self, arguments: dict[str, Any], *, partial: Collection[str] = ()) -> dict[str, Any]:
        """Return a copy of the arguments, if they fit the parameters.

        A null for a parameter with a default means the default, unless null is one of its values. `partial` names what a person
        will fill later: it may be missing, and what the model guessed for it is dropped.
        Raises `InvalidAnswerError` that says everything that is wrong.
        """
        from kern.validation.json_schema import validate, without_needless_nulls

        schema, given = self.parameters, without_needless_nulls(arguments, self.parameters)
        if partial and isinstance(arguments, dict):
            schema = {**schema, "required": [key for key in schema["required"] if key not in partial]}
            given = {key: value for key, value in given.items() if key not in partial}
        validate(given, schema)
        self.signature.coerce(given)
        return dict(given)

    def call(self, arguments: dict[str, Any], context: RunContext) -> str:
        """Run the function with JSON arguments and return its result as text.

        Raises `InvalidAnswerError` for arguments that do not fit; the function's exceptions pass.
        """
        from kern.tools.event_loop import await_in_loop
        from kern.tools.result import to_text

        values = self.signature.coerce(self.check(arguments))
        values.update(dict.fromkeys(self.signature.context_names, context))
        value = self.function(**values)
        return to_text(await_in_loop(value) if inspect.isawaitable(value) else value)

    def _must_be_consistent(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a tool's name has 1 to 64 letters, digits, '_' or '-': {self.name!r}")
        self._check_policy()
        self._check_fields()

    def _check_policy(self) -> None:
        policy = self.policy
        if self.requirement_kind is None and policy != Policy(risk=policy.risk):
            raise ValueError(
                f"tool {self.name!r} runs without asking, so its policy can be no more than a risk; what should it wait for?"
            )
        if self.requirement_kind != "confirmation" and policy != replace(policy, approvers=1, thresholds=()):
            raise ValueError(f"tool {self.name!r} has approvers or thresholds but does not set requires_confirmation")
        if policy.remind_before is not None and not 0 < policy.remind_before < (policy.expires_after or 0):
            raise ValueError(f"remind_before of tool {self.name!r} is more than 0 and less than its expires_after")

    def _check_fields(self) -> None:
        if self._named_fields and self.requirement_kind != "user_input":
            raise ValueError(f"tool {self.name!r} names user_input_fields but does not set requires_user_input")
        unknown = [field for field in self._named_fields if field not in self.signature.names]
        if unknown:
            raise ValueError(f"user_input_fields of tool {self.name!r} are no parameters of it: {', '.join(unknown)}")
        if self.requirement_kind == "user_feedback" and not {"question", "options"} <= set(self.signature.names):
            raise ValueError(f"tool {self.name!r} requires user feedback, so it needs the parameters question and options")


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    requires_confirmation: bool = False,
    requires_user_input: bool = False,
    user_input_fields: Sequence[str] = (),
    requires_user_feedback: bool = False,
    external_execution: bool = False,
    idempotent: bool = False,
    timeout: float | timedelta | None = None,
    ends_turn: bool = False,
    risk: Risk = "medium",
    expires_after: float | timedelta | None = None,
    remind_before: float | timedelta | None = None,
    approvers: int = 1,
    roles: Sequence[str] = (),
    thresholds: Sequence[str | Threshold] = (),
) -> Callable[[Callable[..., Any]], Tool]: ...


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a typed function: `@tool`, or `@tool(requires_confirmation=True)` and the other options of `Tool`.

    Raises `TypeError` for a signature that no model could fill, `ValueError` for options that contradict each other.
    """

    def make(function: Callable[..., Any]) -> Tool:
        made = Tool(function, **options)
        made.signature.prepare()
        return made

    return make if function is None else make(function)


def as_tool(candidate: Tool | Callable[..., Any]) -> Tool:
    """Return a tool as it is, a plain typed function wrapped. Raises `TypeError` for anything else."""
    return candidate if isinstance(candidate, Tool) else tool(candidate)


def _only_kind(name: str, **asked: bool) -> Kind | None:
    kinds = [kind for kind, wanted in asked.items() if wanted]
    if len(kinds) > 1:
        raise ValueError(f"tool {name!r} asks for {' and '.join(kinds)}; a tool has at most one kind of requirement")
    return cast("Kind", kinds[0]) if kinds else None
