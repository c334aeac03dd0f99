"""docs/architecture.md draws the layers that are held, and names files that are there."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = {contract["containers"][0]: contract["layers"] for contract in CONTRACTS if contract.get("containers")}
#: Boxes of the drawings that stand for several layers.
BOXES = {
    "errors": {"errors", "ratelimit"},
    "doors": {"views", "api", "admin", "management"},
    "base": {"text", "infrastructure"},
    "low": {"thinking", "threads", "validation"},
    "agent": {"agent", "team"},
    "tools": {"naming", "tools"},
}
PLACES = (ROOT, ROOT / "sessions_app", ROOT / "kern_inbox")


def drawn(first: str) -> list[str]:
    """The boxes of the chain of arrows that begins with this one, from the highest to the lowest."""
    (chain,) = [line for line in TEXT.splitlines() if re.match(rf"\s*{first}(\[[^]]*\])? -->", line)]
    return [re.sub(r"\[.*", "", box).strip() for box in chain.split("-->")]


@pytest.mark.parametrize(("package", "first"), [("sessions_app", "doors"), ("kern", "agent")])
def test_the_drawn_order_is_the_order_that_is_held(package: str, first: str) -> None:
    height = {name: number for number, layer in enumerate(LAYERS[package]) for name in layer.split(" | ")}
    boxes = [BOXES.get(box, {box}) & set(height) for box in drawn(first)]
    for upper, lower in pairwise(boxes):
        assert max(height[name] for name in upper) < min(height[name] for name in lower), (upper, lower)
    assert set().union(*boxes) | {"apps", "urls", "demo", "testing"} >= set(height)


def test_the_files_it_names_are_there() -> None:
    named = {path for path in re.findall(r"`([\w./-]+)`", TEXT) if "/" in path}
    assert named
    assert {path for path in named if not any((place / path).exists() for place in PLACES)} == set()
