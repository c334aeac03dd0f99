"""What every response has, who may read measurements, and what still works while Redis is away."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client
from prometheus_client import generate_latest
from pytest_django import Settings

from kern_inbox.run.embedded_redis import free_port
from kern_inbox.web.cache import FailOpenRedisCache


def test_every_page_forbids_foreign_and_inline_scripts(client: Client) -> None:
    policy = client.get("/health/live/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_request_keeps_a_sane_id_and_gets_one_instead_of_another(client: Client) -> None:
    assert client.get("/health/live/", headers={"X-Request-ID": "proxy-4711"}).headers["X-Request-ID"] == "proxy-4711"
    assert client.get("/health/live/", headers={"X-Request-ID": "a b\tc <script>"}).headers["X-Request-ID"].isalnum()


@pytest.mark.django_db
def test_the_log_never_tells_a_customers_secret_link(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="kern_inbox.web.requests"):
        client.get("/c/a-very-secret-link/")
    assert "GET /c/[secret " in caplog.text
    assert "a-very-secret-link" not in caplog.text


@pytest.mark.django_db
def test_an_address_that_lets_somebody_in_is_kept_to_itself_whatever_comes_of_it(client: Client) -> None:
    for path in ("/c/a-secret-link", "/c/a-secret-link/", "/c/a-secret-link/nothing/", "/accounts/confirm-email/a-secret/"):
        answer = client.get(path)
        policy = "same-origin" if path.startswith("/accounts/") else "no-referrer"
        assert (answer.headers["Referrer-Policy"], answer.headers["X-Robots-Tag"]) == (policy, "noindex, nofollow")
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_a_made_up_method_is_no_label_of_a_measurement(client: Client) -> None:
    client.generic("SECRET-LINK", "/open/")
    assert 'method="other"' in generate_latest().decode()
    assert "SECRET-LINK" not in generate_latest().decode()


@pytest.mark.django_db
def test_who_opens_an_address_that_only_takes_what_is_sent_gets_a_way_back(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user(email="ana@example.com", password="a long secret"))
    for path in ("/requirements/together/",):
        opened = client.get(path, headers={"Accept": "text/html,*/*"})
        page = opened.content.decode()
        assert (opened.status_code, opened["Allow"]) == (405, "POST")
        assert "Nothing was changed" in page
        assert 'href="/"' in page
        assert client.get(path, headers={"Accept": "*/*"}).content == b""
    assert client.get("/api/sessions/x/name", headers={"Accept": "text/html"}).json()["error"]["code"] == "method_not_allowed"


@pytest.mark.django_db
def test_ready_tells_database_desk_and_redis(client: Client) -> None:
    response = client.get("/health/ready/")
    assert response.status_code == 200
    told = response.json()
    assert (told["database"], told["desk"], told["redis"]) == ("ok", "ok", "none needed")


@pytest.mark.django_db
def test_probes_ask_by_address(client: Client, settings: Settings) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.METRICS_TOKEN = False, ["inbox.example.com"], "right"
    settings.SECURE_SSL_REDIRECT = True
    by_address = {"Host": "10.0.0.7:8360"}
    assert client.get("/health/live/", headers=by_address).status_code == 200
    assert client.get("/health/ready/", headers=by_address).status_code == 200
    assert client.get("/metrics", headers={**by_address, "Authorization": "Bearer right"}).status_code == 200
    assert client.get("/health/nothing/", headers=by_address).status_code == 404
    assert client.get("/accounts/login/", headers=by_address).status_code == 400


@pytest.mark.django_db
def test_without_a_usable_desk_nothing_is_ready(client: Client, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.KERN_DESK = "json:desk"
    response = client.get("/health/ready/")
    assert (response.status_code, response.json()["desk"]) == (503, "unusable")
    assert "KERN_DESK=json:desk: json has no desk." in caplog.text


@pytest.mark.django_db
def test_ready_although_redis_is_away(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    response = client.get("/health/ready/")
    assert response.status_code == 200
    assert response.json()["redis"] == "unreachable"


@pytest.mark.django_db
def test_strangers_find_no_measurements(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer right"}).status_code == 200
    settings.METRICS_TOKEN = None
    assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404


@pytest.mark.django_db
def test_staff_read_measurements(client: Client) -> None:
    ben = get_user_model().objects.create_user(email="ben@example.com", password="a long secret")
    client.force_login(ben)
    assert client.get("/metrics").status_code == 404
    ben.is_staff = True
    ben.save()
    assert b"kern_http_request_seconds" in client.get("/metrics").content


@pytest.mark.filterwarnings("error")
def test_static_files_are_served_to_an_asynchronous_server() -> None:
    get = async_to_sync(AsyncClient().get)
    response = get("/static/mark.svg")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.content.lstrip().startswith(b"<")
    assert get("/static/../manage.py").status_code == 404
    assert get("/static/none.css").status_code == 404


@pytest.mark.django_db
def test_strangers_cannot_make_themselves_an_account(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "cy@example.com", "password1": "a long secret", "password2": "a long secret"})
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_people_sign_in_with_their_address(client: Client) -> None:
    get_user_model().objects.create_user(email="ana@example.com", password="a long secret")
    response = client.post("/accounts/login/", {"login": "Ana@example.com", "password": "a long secret"})
    assert response.status_code == 302
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
def test_people_sign_in_while_redis_is_away(client: Client, settings: Settings) -> None:
    away = f"redis://127.0.0.1:{free_port()}/0"
    away_cache = {"BACKEND": "kern_inbox.web.cache.FailOpenRedisCache", "LOCATION": away}
    settings.CACHES = {**settings.CACHES, "default": away_cache}
    get_user_model().objects.create_user(email="ana@example.com", password="a long secret")
    client.post("/accounts/login/", {"login": "ana@example.com", "password": "a long secret"})
    assert "_auth_user_id" in client.session


def test_the_cache_keeps_what_it_is_given(redis_url: str) -> None:
    cache = FailOpenRedisCache(redis_url, {})
    assert cache.add("attempts", 1)
    assert not cache.add("attempts", 1)
    assert cache.incr("attempts") == 2
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert cache.delete("a")
    assert cache.get("a", "gone") == "gone"


def test_a_cache_that_is_away_is_empty() -> None:
    cache = FailOpenRedisCache(f"redis://127.0.0.1:{free_port()}/0", {})
    cache.set("a", 1)
    assert cache.get("a", "gone") == "gone"
    assert cache.get_many(["a"]) == {}
    assert not cache.delete("a")
    assert cache.incr("a") == 1


@pytest.mark.django_db
def test_a_line_of_the_log_says_whose_request_it_was(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    ana = get_user_model().objects.create_user(email="ana@example.com", password="a long secret")
    with caplog.at_level("INFO", logger="kern_inbox.web.requests"):
        client.get("/profile/")
        client.force_login(ana)
        client.get("/admin/")
    nobodys, anas = [record.getMessage() for record in caplog.records]
    assert "person" not in nobodys
    assert anas.endswith(f" ms person {ana.pk}")
