"""The edit rate over time as a drawing: points and bars in the coordinates of an SVG, made here so that no script is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.queries.reports import Report, Step

#: The drawing's size and the room left for labels, in its own units.
WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 28
DAY_FORMATS = {"day": "%d %b", "week": "%d %b", "month": "%b %Y"}


@dataclass(frozen=True)
class Point:
    """One step: where its point stands, the bar below it, and its words."""

    x: float
    y: float
    bar_x: float
    bar_y: float
    bar_height: float
    words: str


@dataclass(frozen=True)
class Tick:
    x: float
    y: float
    words: str


@dataclass
class Chart:
    """`line` is what a polyline takes; `points` have words for each; ticks stand at the axes."""

    points: list[Point] = field(default_factory=list)
    line: str = ""
    rates: list[Tick] = field(default_factory=list)
    times: list[Tick] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM
    bar_width: float = 8.0


def chart_of(report: Report) -> Chart | None:
    """The drawing of a report's steps; `None` where nothing was approved."""
    if not report.steps:
        return None
    most = max(step.approved for step in report.steps)
    points = [_point(step, report, most) for step in report.steps]
    return Chart(
        points,
        " ".join(f"{point.x},{point.y}" for point in points),
        [Tick(LEFT - 8, _height(rate / 100) + 4, f"{rate}\N{NO-BREAK SPACE}%") for rate in (0, 50, 100)],
        _times(report),
        bar_width=_bar_width(report),
    )


def _point(step: Step, report: Report, most: int) -> Point:
    bar = round((HEIGHT - TOP - BOTTOM) * step.approved / most, 1)
    words = _("%(when)s: %(edited)d of %(approved)d approvals edited (%(rate)d %%)") % {
        "when": _when(step.begins, report.unit),
        "edited": step.edited,
        "approved": step.approved,
        "rate": round(step.rate * 100),
    }
    x = _across(step.begins, report)
    return Point(x, _height(step.rate), round(x - _bar_width(report) / 2, 1), round(HEIGHT - BOTTOM - bar, 1), bar, words)


def _times(report: Report) -> list[Tick]:
    ends = [report.since, report.since + (report.until - report.since) / 2, report.until]
    return [Tick(_across(when, report), HEIGHT - 8, _when(when, report.unit)) for when in ends]


def _across(when: datetime, report: Report) -> float:
    """The first step may begin before the report: a week does not begin with it."""
    part = max(0.0, (when - report.since) / (report.until - report.since))
    return round(LEFT + 12 + (WIDTH - LEFT - RIGHT - 24) * min(1.0, part), 1)


def _height(rate: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - rate), 1)


def _bar_width(report: Report) -> float:
    steps = (report.until - report.since).days / {"day": 1, "week": 7, "month": 30}[report.unit]
    return round(min(24.0, (WIDTH - LEFT - RIGHT) / (steps + 1) * 0.6), 1)


def _when(when: datetime, unit: str) -> str:
    return timezone.localtime(when).strftime(DAY_FORMATS[unit])
