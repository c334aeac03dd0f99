"""Secrets are taken out of whatever is written, by their form, by the name before them or because they are known."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.test import RequestFactory

from kern_inbox.conf.environment import secret_texts
from kern_inbox.observability import redaction
from kern_inbox.observability.error_reports import Filter, Reporter
from kern_inbox.observability.redaction import redacted
from sessions_app.infrastructure.ids import secret_hash

LINK = "sVW9Q-sDSlHYbq2_W1yZkq7xGh0aBcDe"
TOKEN = "kern_Vx3qT0p9mZk2LwYc7bNf5RgHs1JdUa8QeXiOtPlMvBn"
KEY, PASSWORD = "a-signed-key", "correct-horse"
COOKIE = "q7w8e9r0t1z2u3i4o5p6a7s8d9f0g1hj"


@pytest.mark.parametrize(
    "written",
    [
        f"GET /c/{LINK}/ 404",
        f"Not Found: /c/{LINK}",
        f"Bad Request: //C/{LINK}/timeline/?before=1",
        f"/accounts/login/?next=%2Fc%2F{LINK}%2F",
        f"next=%252Fc%252F{LINK}",
        f'{{"Referer": "https:\\/\\/inbox.example\\/c\\/{LINK}\\/"}}',
        f"{{'secret': '{LINK}'}}",
        f"<WSGIRequest: GET '/c/{LINK}/'>",
        f"a value: {LINK}",
        f"GET /api/sessions?token={TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"[(b'authorization', b'Bearer {TOKEN}')]",
        f"Cookie: sessionid={COOKIE}; csrftoken={LINK}{LINK}",
        f"sessionid={COOKIE}",
        f"session {COOKIE} is gone",
        f"'csrfmiddlewaretoken': '{LINK}{LINK}'",
        "password=correct-horse&next=/",
        '{"password": "correct-horse battery"}',
        "&#x27;password1&#x27;: &#x27;correct-horse battery&#x27;",
        "redis://:correct-horse@redis:6379/0",
        "postgresql://kern:correct@horse:5@db/kern",
        "smtp+tls://kern:correct-horse@mail.example:587",
        "No such API key: sk-proj-correct-horse-0123",
        "Authorization: Basic Y29ycmVjdC1ob3JzZQ==",
        "/accounts/password/reset/key/1-cs1f2a-5d0e8f1a2b3c4d5e6f708192a3b4c5d6/",
        "/accounts/confirm-email/MQ:1sAbCd:Zx0-9YwVu8TsRq7PoNm6LkJi5HgFe4/",
        "id_token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "pbkdf2_sha256$600000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    ],
)
def test_a_secret_is_found_wherever_it_stands(written: str) -> None:
    shown = redacted(written)
    for secret in (LINK, TOKEN[5:], COOKIE, "correct", "battery", "Y29y", "5d0e8f1a", "Zx0-9YwVu", "c2lnbmF0dXJl", "aGFzaGhh"):
        assert secret not in shown


@pytest.mark.parametrize(
    "written",
    [
        "run 0123456789abcdef0123456789abcdef: the agent shop failed",
        "session page-0123456789abcdef0123456789abcdef got no name",
        "Task execute_turn[01234567-89ab-cdef-0123-456789abcdef] received",
        "tokens in: 100, output_tokens=12",
        "GET https://api.example.com/v1/responses?page=2 200",
        "Grüße\t客服 🙂 password",
        'File "/usr/lib/python3.11/c/x.py", line 3, in test_a_name_of_thirty_two_letters',
    ],
)
def test_what_is_no_secret_is_left_alone(written: str) -> None:
    assert redacted(written) == written


def test_lines_about_one_link_can_be_connected_with_each_other_and_with_its_session() -> None:
    shown = {
        redacted(line).split("[")[1][:15] for line in (f"GET /c/{LINK}/ 200", f"POST /c/{LINK}/messages/", f"secret {LINK}")
    }
    assert shown == {f"secret {secret_hash(LINK)[:8]}"}


def test_what_the_installation_was_configured_with_is_hidden_whatever_it_looks_like() -> None:
    texts = ["plain words", "redis://:p%40ss%2Fword@host/0", "postgresql://kern:broken/horse@host", "redis://host/0"]
    assert redaction.secrets_in(texts) == {"plain words", "p%40ss%2Fword", "p@ss/word", "broken/horse"}


def test_a_secret_that_stands_in_a_file_is_known_too(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a key of a model\n")
    assert secret_texts({"OPENAI_API_KEY_FILE": str(file), "PORT": "8000"}) == ["a key of a model"]


@pytest.mark.parametrize(
    "piece", ["a", "/c/", "password=", '"password', "http://", "x://a:", "eyJa.", "bearer ", "kern_", "sk-", "md5$", ":", "a-"]
)
def test_a_text_is_read_in_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.process_time()
        redacted(text)
        return time.process_time() - began

    # A square would take a hundred times as long.
    assert seconds(400_000) < 40 * max(seconds(40_000), 0.001)


def test_a_report_of_an_error_tells_no_secret() -> None:
    request = RequestFactory(headers={"cookie": f"sessionid={COOKIE}"}).post(
        f"/c/{LINK}/messages/", {"key": KEY, "password": PASSWORD, "message": "Hello"}
    )
    try:
        secret, said = LINK, {"link": f"/c/{LINK}/"}
        raise ValueError(f"{said} and {len(secret)}")
    except ValueError as error:
        reporter = Reporter(request, type(error), error, error.__traceback__)
        reporter.filter = Filter()
        reports = [reporter.get_traceback_html(), reporter.get_traceback_text()]
    for report in reports:
        assert "ValueError" in report
        for told in (LINK, COOKIE, KEY, PASSWORD):
            assert told not in report
