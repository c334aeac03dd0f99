"""Whatever a program sends, by the description or against it: an answer of ours, never a server error."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from kern.testing import call
from sessions_app.actions import merging, messages, sessions
from sessions_app.api import api
from sessions_app.models import ApiToken, Job, Label, NameSuggestion, Person, SavedView, Session
from tests.desk import actor
from tests.programs import code

METHODS = ("get", "post", "put", "delete")
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.text(alphabet="\x00\ud800\n /%'\"", max_size=4),
    st.sampled_from(["", "0", "-1", str(2**63), "null", "orders", "HD-1", "approve"]),
)
ODD_JSON = st.recursive(
    ODD, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3)
)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the description: method, path, details."""
    description = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))
    return [
        (method, path, {**details, "schemas": description["components"]["schemas"]})
        for path, methods in description["paths"].items()
        for method, details in methods.items()
        if method in METHODS
    ]


def values(schema: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema, and sometimes do not."""
    if "$ref" in schema:
        return values(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "anyOf" in schema:
        return st.one_of([values(part, schemas) for part in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]]) | ODD
    fitting: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=30) | st.sampled_from(schema.get("examples", ["orders", "kim", "HD-7"])),
        "integer": st.integers(-1, 2**64),
        "boolean": st.booleans(),
        "array": st.lists(ODD, max_size=3),
        "null": st.none(),
    }
    if schema.get("type") == "object" and "properties" in schema:
        parts = {name: values(part, schemas) for name, part in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=parts) | st.fixed_dictionaries(parts)
    return fitting.get(schema.get("type", ""), ODD_JSON) | ODD_JSON


def body_of(details: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """A request's body: JSON that mostly fits, or any bytes."""
    content = details.get("requestBody", {}).get("content", {}).get("application/json", {})
    fitting = values(content.get("schema", {}), details["schemas"]).map(lambda value: json.dumps(value).encode())
    return st.one_of(fitting, fitting, fitting, st.binary(max_size=40))


@pytest.fixture
def known(session: Session, ana: Person, work: Any, settings: Settings) -> dict[str, str]:
    """Ids that exist, and a token that may use them."""
    settings.KERN_API_REQUESTS = 10**9
    actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "Pay back order 7")
    work()
    question = session.requirements.get()
    assert session.queue is not None
    other = sessions.start_session(session.queue)
    _token, secret = ApiToken.make("fuzz", ana)
    return {
        "session_id": session.session_id,
        "run_id": question.run.run_id,
        "requirement_id": question.requirement_id,
        "link_id": "1",
        "label_id": str(Label.objects.create(name="VIP").pk),
        "view_id": str(SavedView.objects.create(name="Late ones", where="open", person=ana).pk),
        "job_id": str(Job.objects.create(kind="resolve", person=ana).pk),
        "suggestion_id": str(NameSuggestion.objects.create(session=session, name="Late parcel").pk),
        "queue": session.queue.slug,
        "merge_id": str(merging.merge(session, other, ana).pk),
        "verb": "pause",
        "secret": secret,
    }


@pytest.mark.parametrize(("method", "path", "details"), operations(), ids=lambda part: part if isinstance(part, str) else "")
def test_no_input_breaks_the_server(method: str, path: str, details: dict[str, Any], known: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)

    @bounded(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        address = path
        query = {}
        for parameter in details.get("parameters", []):
            name, schema = parameter["name"], parameter["schema"]
            if parameter["in"] == "path":
                odd = st.text(min_size=1, max_size=10, alphabet=st.characters(exclude_categories=["Cs"]))
                chosen = data.draw(st.just(known[name]) | odd, label=name)
                address = address.replace(f"{{{name}}}", quote(chosen, safe=""))
            elif parameter["in"] == "query" and data.draw(st.booleans()):
                query[name] = data.draw(values(schema, details["schemas"]), label=name)
        headers = {"Authorization": f"Bearer {known['secret']}"}
        if method == "post" and data.draw(st.booleans()):
            headers["Idempotency-Key"] = data.draw(st.text(alphabet=st.characters(max_codepoint=255), max_size=210))
        text = urlencode({name: str(value) for name, value in query.items()}, errors="replace")
        answer = client.generic(
            method.upper(), f"{address}?{text}", data.draw(body_of(details)), content_type="application/json", headers=headers
        )
        assert answer.status_code < 500, (method, address, query, answer.content[:300])
        if answer.status_code >= 400:
            code(answer)

    send()
