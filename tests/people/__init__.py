"""Sentences in which customers ask for a person, and others that only mention people: 150 of each, in many languages."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
ASKS = (_HERE / "asks.txt").read_text(encoding="utf-8").splitlines()
MENTIONS = (_HERE / "mentions.txt").read_text(encoding="utf-8").splitlines()
