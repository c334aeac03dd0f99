"""Strict requests: unknown input is refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Schema
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from pydantic import ConfigDict

from sessions_app.api import described
from sessions_app.api.auth import TokenAuth
from sessions_app.api.errors import answer
from sessions_app.models import ApiToken

View = Callable[..., Any]
#: Routes of ninja's own, whose views ask for no method.
DESCRIPTIONS = ("openapi-json", "openapi-view")
#: Bodies that say nothing.
NO_BODY = (b"", b"{}", b"null")


class Input(Schema):
    """A request's body. A field of another name is an error: it may be a misspelt one that matters."""

    model_config = ConfigDict(extra="forbid")


class StrictAPI(NinjaAPI):
    """Refuses query parameters that an operation does not have, and answers a wrong method in the one shape of errors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._descriptions: dict[str, OpenAPISchema] = {}
        self.add_decorator(only_known_parameters)
        self.add_decorator(no_body_unasked)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the function, which generated clients call their methods by: it is part of the interface."""
        return operation.view_func.__name__

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        """The description, with what ninja leaves out: the scope that an operation needs, and headers of answers.

        Made once, since it takes more than a second and everybody may ask for it.
        """
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._descriptions:
            self._descriptions[prefix] = self._described(prefix)
        return self._descriptions[prefix]

    def _described(self, path_prefix: str) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix)
        scopes = {self.get_openapi_operation_id(operation): scope_of(operation) for operation in self._operations()}
        for methods in schema["paths"].values():
            for details in methods.values():
                described.complete(details, scopes[details["operationId"]])
        return schema

    def _operations(self) -> Iterator[Operation]:
        for router in self._get_bound_routers():
            for path in router.path_operations.values():
                yield from (operation for operation in path.operations if operation.include_in_schema)

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                is_description = pattern.name in DESCRIPTIONS
                pattern.callback = method_checked(require_safe(pattern.callback) if is_description else pattern.callback)
        return patterns, app, namespace


def scope_of(operation: Operation) -> str:
    """Return the scope that a token needs for an operation."""
    return str(next(auth.scope for auth in operation.auth_callbacks if isinstance(auth, TokenAuth)))


def only_known_parameters(view: View) -> View:
    """The operation's view, which raises `ValidationError` for query parameters that are not the operation's."""
    operation = cast(Operation, view._ninja_operation)  # type: ignore[attr-defined]
    if not operation.include_in_schema:
        return view
    known = _parameters(operation)

    @wraps(view)
    def strict(request: HttpRequest, **values: Any) -> Any:
        unknown = sorted(set(request.GET) - set(known))
        if unknown:
            message = (
                _("There is no such query parameter. There are: %(known)s.") % {"known": ", ".join(known)}
                if known
                else _("There is no such query parameter. This address takes none.")
            )
            raise ValidationError([{"loc": ("query", name), "msg": message} for name in unknown])
        return view(request, **values)

    return strict


def no_body_unasked(view: View) -> View:
    """The operation's view, which raises `ValidationError` for a body where the operation takes none.

    Who sends `seen` to one that does not know it would think that it is minded. Clients send an empty object for nothing.
    """
    operation = cast(Operation, view._ninja_operation)  # type: ignore[attr-defined]
    takes_one = any(vars(model)["__ninja_param_source__"] == "body" for model in operation.models)
    if takes_one or not operation.include_in_schema:
        return view

    @wraps(view)
    def strict(request: HttpRequest, **values: Any) -> Any:
        if request.body.strip() not in NO_BODY:
            raise ValidationError([{"loc": ("body", "body"), "type": "no_body", "msg": _("This address takes no body.")}])
        return view(request, **values)

    return strict


def method_checked(view: View) -> View:
    """The view, which knows HEAD where it knows GET, and whose plain answer to a wrong method is an error like all others."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with _head_as_get(request):
            response: HttpResponseBase = view(request, *args, **kwargs)
        token = getattr(request, "auth", None)
        if isinstance(token, ApiToken):
            response["Token-Expires"] = http_date(token.expires_at.timestamp())
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        known = set(response["Allow"].split(", "))
        allowed = ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))
        message = _("This address does not know %(method)s; it knows %(allowed)s.")
        refusal = answer(405, "method_not_allowed", message % {"method": request.method, "allowed": allowed})
        refusal["Allow"] = allowed
        return refusal

    return checked


@contextmanager
def _head_as_get(request: HttpRequest) -> Iterator[None]:
    """HEAD is answered as GET is; the server leaves the body out."""
    method = request.method
    request.method = "GET" if method == "HEAD" else method
    try:
        yield
    finally:
        request.method = method


def _parameters(operation: Operation) -> list[str]:
    """The names of an operation's query parameters."""
    # ninja keeps a map from the names in the query to where they go in the view's arguments.
    queries = [vars(model) for model in operation.models if vars(model)["__ninja_param_source__"] == "query"]
    return sorted(name for query in queries for name in query["__ninja_flatten_map__"])
