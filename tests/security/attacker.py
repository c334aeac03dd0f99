"""A browser without a page: cookies, forms and their tokens, and nothing that keeps an attacker from sending what they like."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx2

SECONDS = 60.0


class Attacker:
    """Somebody at the program's address, signed in or not. `headers` go with every request."""

    def __init__(self, address: str, **headers: str) -> None:
        self.address = address
        self.client = httpx2.Client(base_url=address, timeout=SECONDS, headers=headers)

    def get(self, path: str, **more: Any) -> httpx2.Response:
        return self.client.get(path, **more)

    def post(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> httpx2.Response:
        """Send a form as its page would, with the token that the cookie holds."""
        headers = {"X-CSRFToken": self._token(), "Referer": f"{self.address}{path}", **more.pop("headers", {})}
        return self.client.post(path, data=fields or {}, headers=headers, **more)

    def sign_in(self, email: str, password: str) -> httpx2.Response:
        self.get("/accounts/login/")
        return self.post("/accounts/login/", {"login": email, "password": password})

    @property
    def is_signed_in(self) -> bool:
        """Whether the inbox opens."""
        return self.get("/open/").status_code == 200

    def cookie(self, ending: str) -> str:
        """The value of the cookie whose name ends so; some have a prefix."""
        return next((str(cookie.value) for cookie in self.client.cookies.jar if cookie.name.endswith(ending)), "")

    def _token(self) -> str:
        if not self.cookie("csrftoken"):
            self.get("/accounts/login/")
        return self.cookie("csrftoken")


class Customer(Attacker):
    """A customer at home: writes first, and has the secret link from then on."""

    def writes_first(self, words: str, *, name: str = "Nora Lind", email: str = "", queue: str = "bookings") -> str:
        """The secret of the link."""
        page = self.get(f"/help/{queue}/")
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        sent = self.post(f"/help/{queue}/", {**hidden, "name": name, "email": email, "message": words})
        assert sent.status_code == 303, f"{sent.status_code} {sent.text[:500]}"
        return urlsplit(sent.headers["Location"]).path.split("/")[2]

    def writes(self, secret: str, words: str) -> httpx2.Response:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.get(f"/c/{secret}/").text))
        return self.post(f"/c/{secret}/messages/", {**hidden, "message": words})
