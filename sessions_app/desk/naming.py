"""The desk's own rule for names, as the naming rules ask it."""

from __future__ import annotations

from sessions_app.desk import loading
from sessions_app.models import Session
from sessions_app.policy import names


def judged(name: str, session: Session) -> str:
    """Return what the desk's `naming_policy` makes of the name, the name itself where it has none. Raises what it raises."""
    policy = loading.load().naming_policy
    return policy(name, session) if policy is not None else name


def listen() -> None:
    """Have every name judged by the desk of KERN_DESK."""
    names.set_desk_policy(judged)
