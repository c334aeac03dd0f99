"""A function's signature: the model's parameters, the run context's, and conversion of JSON to the annotated types."""

from __future__ import annotations

import functools
import inspect
import json
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kern.errors import InvalidAnswerError
from kern.tools.context import RunContext

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

_REFUSED: dict[object, str] = {
    inspect.Parameter.VAR_POSITIONAL: "takes *{name}; a model gives named arguments, so name each of them",
    inspect.Parameter.VAR_KEYWORD: "takes **{name}; a model must know the arguments, so name each of them",
    inspect.Parameter.POSITIONAL_ONLY: "takes {name} by position only; a model gives named arguments, so remove the '/'",
}


class Signature:
    """The parameters of one tool's function. `texts` describe them.

    Raises `TypeError` at once for parameters that no model could fill; types are resolved when the schema is first asked for.
    """

    def __init__(self, function: Callable[..., Any], tool_name: str, texts: dict[str, str]) -> None:
        self._function = function
        self._tool_name = tool_name
        self._texts = texts
        self._parameters = inspect.signature(function).parameters
        for parameter in self._parameters.values():
            self._refuse_bad(parameter)

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters of the function, in order."""
        return tuple(self._parameters)

    @functools.cached_property
    def context_names(self) -> tuple[str, ...]:
        """The parameters that are given the `RunContext`."""
        return tuple(name for name in self.names if _is_context(self._types[name]))

    @functools.cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments: an object that allows nothing else."""
        from kern.tools.annotations import schemas_of

        parts, shared = schemas_of(self._adapters)
        for name, part in parts.items():
            self._complete(name, part)
        required = [name for name in parts if self._parameters[name].default is inspect.Parameter.empty]
        root = {"type": "object", "properties": parts, "required": required, "additionalProperties": False}
        return {**root, "$defs": shared} if shared else root

    def prepare(self) -> None:
        """Build the schema now, so that a type which has none is reported where the tool is written.

        A name that is not defined yet is left for later: it may be further down the module.
        """
        try:
            _ = self.schema
        except NameError:
            return

    def coerce(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Convert JSON values to the annotated types (dates, enums, models). Raises `InvalidAnswerError`."""
        from pydantic import ValidationError

        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, value in arguments.items():
            try:
                # From JSON text and not from Python values: that is what strict models expect dates to come in.
                values[name] = self._adapters[name].validate_json(json.dumps(value, default=str))
            except ValidationError as error:
                errors.update(_by_path(name, error))
        if errors:
            raise InvalidAnswerError("; ".join(f"{path} {text}" for path, text in errors.items()), errors)
        return values

    @functools.cached_property
    def _types(self) -> dict[str, Any]:
        try:
            return typing.get_type_hints(self._function, include_extras=True)
        except NameError as error:
            text = f"tool {self._tool_name!r}: {error}; annotate it with types that its module defines or imports"
            raise NameError(text, name=error.name) from error

    @functools.cached_property
    def _adapters(self) -> dict[str, TypeAdapter[Any]]:
        from kern.tools.annotations import adapter_of

        filled = [name for name in self.names if name not in self.context_names]
        return {name: adapter_of(self._types[name], f"parameter {name!r} of tool {self._tool_name!r}") for name in filled}

    def _complete(self, name: str, part: dict[str, Any]) -> None:
        """Add a parameter's description and default to its schema."""
        from kern.tools.annotations import encode_default

        if text := self._texts.get(name) or _text_beside(self._types[name]):
            part["description"] = text
        default = self._parameters[name].default
        if default is not inspect.Parameter.empty:
            part.update(encode_default(self._adapters[name], default))

    def _refuse_bad(self, parameter: inspect.Parameter) -> None:
        if problem := _REFUSED.get(parameter.kind):
            raise TypeError(f"tool {self._tool_name!r} {problem.format(name=parameter.name)}")
        if parameter.annotation is inspect.Parameter.empty:
            raise TypeError(
                f"tool {self._tool_name!r} does not say what its parameter {parameter.name!r} is: annotate it, "
                f"for example {parameter.name}: str (methods become tools bound: tool(thing.method))"
            )


def _is_context(annotation: Any) -> bool:
    return annotation is RunContext or RunContext in typing.get_args(annotation)


def _text_beside(annotation: Any) -> str:
    """Return the description in `Annotated[str, "description"]`."""
    return next((item for item in getattr(annotation, "__metadata__", ()) if isinstance(item, str)), "")


def _by_path(name: str, error: ValidationError) -> dict[str, str]:
    return {
        ".".join(map(str, (name, *item["loc"]))): item["msg"].removeprefix("Value error, ")
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    }
