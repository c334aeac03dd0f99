"""What the scheduler does every few seconds: each thing apart, so that one that hangs or fails holds up no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from prometheus_client import REGISTRY

from sessions_app.models import Leader
from sessions_app.workers.duties import DUTIES, Duty, Rota
from sessions_app.workers.processes import SWEEP, done, lead, leave

#: No test waits for it longer (seconds).
PATIENCE = 60


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def test_a_duty_that_hangs_holds_up_no_other_and_is_not_begun_again() -> None:
    goes_on, begun, others = threading.Event(), [], []

    def hang() -> None:
        begun.append("hangs")
        goes_on.wait()

    rota = Rota([Duty("hangs", hang), Duty("goes on", lambda: others.append("done"))], every=0.0)
    while len(others) < 5:
        rota.begin_due()
    assert begun == ["hangs"]
    assert not rota.is_idle
    goes_on.set()
    until(lambda: rota.is_idle)


def test_a_duty_that_fails_is_counted_and_tried_again_and_keeps_the_sweep_from_being_whole() -> None:
    tries: list[str] = []

    def fail_once() -> None:
        tries.append("tried")
        if len(tries) == 1:
            raise OSError("away")

    rota, failed = Rota([Duty("fails once", fail_once)], every=0.0), {"duty": "fails once"}
    before = REGISTRY.get_sample_value("kern_duty_failures_total", failed) or 0
    rota.begin_due()
    until(lambda: rota.is_idle)
    assert not rota.is_whole
    rota.begin_due()
    until(lambda: rota.is_idle)
    assert rota.is_whole
    assert REGISTRY.get_sample_value("kern_duty_failures_total", failed) == before + 1


def test_what_is_due_rarely_is_not_done_at_every_sweep() -> None:
    done_often, done_rarely = [], []
    rota = Rota(
        [Duty("often", lambda: done_often.append(1)), Duty("rarely", lambda: done_rarely.append(1), every=1e9)], every=1e-9
    )
    while len(done_often) < 5:
        rota.begin_due()
    until(lambda: rota.is_idle)
    assert done_rarely == [1]


def test_every_duty_has_a_name_of_its_own() -> None:
    assert len({duty.name for duty in DUTIES}) == len(DUTIES)


def test_who_leads_keeps_the_lead_until_it_goes(rows: None) -> None:
    assert lead()
    assert lead()
    Leader.objects.update(holder="another/1")
    assert not lead(), "its lease has not run out"
    Leader.objects.update(holder="")
    assert lead()
    done()
    assert Leader.objects.get(name=SWEEP).done_at is not None
    leave()
    assert Leader.objects.get().holder == ""
