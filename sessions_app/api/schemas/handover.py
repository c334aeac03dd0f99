"""Schemas of the handover between AI and people."""

from __future__ import annotations

from typing import Literal

from sessions_app.api.strict import Input


class ModeIn(Input):
    ai_mode: Literal["autopilot", "draft", "off", "queue"]
