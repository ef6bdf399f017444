"""Queues that keep the timing of Asterisk or FreeSWITCH: what differs, on the same callers and members."""

from __future__ import annotations

import pytest

from engine.control.present import Present
from tests.engine.control.test_strategies import answered, over, queue
from tests.harness import T0, Scene, rule


def free_after(dialect: str, wrap_up: int, ends: float) -> float:
    """The first tenth of a second at which a member is offered a call again, whose talk ended at `ends`."""
    scene = Scene(f"5200: {{kind: queue, members: [101], wrap_up: {wrap_up}, dialect: {dialect}, max_wait: 0}}")
    scene.arrives(0, "c1")
    scene.answers(1, "c1.1")
    scene.arrives(2, "c2")
    scene.hangs_up(ends, "c1")
    at = ends
    while not scene.offered("c2"):
        at = round(at + 0.1, 1)
        scene.until(at)
    over(scene, at + 1)
    return at


@rule("R-08.9")
@pytest.mark.parametrize(
    "dialect, wrap_up, free",
    [
        ("own", 5, 15.6),
        ("asterisk", 5, 15.0),
        ("freeswitch", 5, 16.0),
        ("own", 0, 10.6),
        ("asterisk", 0, 10.6),
        ("freeswitch", 0, 11.0),
    ],
)
def test_work_after_a_call_is_counted_in_whole_seconds_elsewhere(dialect: str, wrap_up: int, free: float) -> None:
    """The talk ends at 10.6 s; where the member is free at once the call is offered by the next look, a tenth later at most."""
    assert free_after(dialect, wrap_up, 10.6) == pytest.approx(free, abs=0.11)


@rule("R-08.9")
@pytest.mark.parametrize("dialect, second", [("own", 10), ("freeswitch", 10), ("asterisk", 17)])
def test_in_asterisk_the_caller_waits_after_a_pass_and_the_member_does_not(dialect: str, second: int) -> None:
    scene = queue("linear", more=f"ring: 10, retry: 7, dialect: {dialect}")
    scene.arrives(0, "c1")
    scene.until(9)
    assert scene.offered("c1") == [101]
    scene.until(second - 0.5)
    assert scene.offered("c1") == [101]
    scene.until(second + 0.5)
    assert scene.offered("c1") == [101, 102]
    over(scene, second + 1)


@rule("R-08.9")
def test_the_member_who_did_not_answer_may_be_rung_at_once_for_another_caller_in_asterisk() -> None:
    for dialect, first in (("own", 102), ("asterisk", 101)):
        scene = queue("linear", "[101, 102]", f"ring: 10, retry: 30, dialect: {dialect}")
        scene.arrives(0, "c1")
        scene.until(10.5)
        if dialect == "own":
            assert scene.offered("c1") == [101, 102]
            scene.answers(11, "c1.2")
            scene.hangs_up(12, "c1")
        scene.arrives(13, "c2")
        assert scene.offered("c2") == [first]
        over(scene, 14)


@rule("R-08.10")
def test_a_caller_who_rests_still_waits_and_leaves_in_time() -> None:
    scene = queue("ring_all", more="ring: 10, retry: 60, max_wait: 30, dialect: asterisk")
    scene.arrives(0, "c1")
    scene.until(25)
    assert sorted(scene.offered("c1")) == [101, 102, 103]
    present: Present = scene.engine.present(T0 + 25_000_000)
    assert [call.id for call in present.calls if call.wait is not None] == ["c1"]
    scene.until(31)
    assert "c1" not in scene.engine.tenant.calls
    over(scene, 32)


@rule("R-08.8")
def test_asterisks_round_robin_goes_on_from_where_a_pass_ended() -> None:
    """101 rings long for the first caller; the second one's pass ends before, so that the pointer comes back to 101 later."""
    for dialect, third in (("own", 103), ("asterisk", 102)):
        scene = queue("round_robin", more=f"ring: 30, dialect: {dialect}")
        scene.arrives(0, "c1")
        scene.arrives(1, "c2")
        scene.answers(2, "c2.1")
        scene.hangs_up(3, "c2")
        scene.answers(4, "c1.1")
        scene.hangs_up(5, "c1")
        assert answered(scene, 20, "c3") == third
        over(scene, 40)
