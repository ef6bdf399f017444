"""Versions: a call stays on the one it started on; promotion, canary and retirement touch new calls only (R-25)."""

from __future__ import annotations

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.errors import DriverError
from engine.state.call import Call, share
from tests.harness import Scene, drained, flow, rule

OLD = "5200: {kind: queue, members: [101], timeout: 5120, max_wait: 30}\n5120: {kind: voicemail, recipients: [a@example.org]}"
NEW = OLD.replace("[101]", "[102]").replace("max_wait: 30", "max_wait: 60")
LINES = """
trunks: {moscow: {number: "74951234567", lines: LINES, to: 5200}}
outgoing: {default: moscow}
"""


def over(scene: Scene, at: float) -> None:
    for call in list(scene.engine.tenant.calls):
        if call in scene.engine.tenant.calls and not scene.engine.tenant.calls[call].over:
            scene.hangs_up(at, call)
    scene.until(at + 900)
    drained(scene.engine)


@rule("R-25.1", "R-25.6")
def test_a_call_stays_on_its_version_to_its_end() -> None:
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.MemberPaused(user=101))
    scene.tell(0, ev.MemberPaused(user=102))
    scene.arrives(1, "old")
    scene.tell(2, ev.FlowPromoted(flow=new))
    scene.arrives(3, "new")
    scene.until(70)
    assert scene.times(note.CallLeftQueue) == [31.0, 63.0]
    assert [m.flow for m in scene.all(note.CallStarted)] == [scene.flow.digest, new]
    over(scene, 71)


@rule("R-25.6")
def test_rollback_takes_new_calls_back_at_once_and_leaves_the_others() -> None:
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.FlowPromoted(flow=new))
    scene.arrives(1, "c1")
    scene.tell(2, ev.FlowPromoted(flow=scene.flow.digest))
    scene.arrives(2, "c2")
    assert scene.offers() == [(1.0, "c1", 102), (2.0, "c2", 101)]
    over(scene, 3)


@rule("R-25.6")
def test_a_canary_takes_its_share_of_new_calls_by_each_calls_own_draw() -> None:
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.FlowPromoted(flow=new, share=0.2))
    assert scene.all(note.FlowChanged)[-1].state == "canary"
    for n in range(500):
        scene.arrives(1, f"c{n}", draw_seed=n)
        expected = share(Call(f"c{n}", "", seed=n).draw(0, 0)) < 0.2
        assert (scene.one(note.CallStarted, call=f"c{n}").flow == new) is expected
    taken = len(scene.all(note.CallStarted, flow=new))
    assert 70 <= taken <= 130  # 100 expected; 3.3 standard deviations are 30
    over(scene, 2)


@rule("R-25.6")
@pytest.mark.parametrize(("part", "taken"), [(0.0, 0), (1.0, 20)])
def test_a_share_of_nothing_takes_nothing_and_of_all_takes_all(part: float, taken: int) -> None:
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.FlowPromoted(flow=new, share=part))
    for n in range(20):
        scene.arrives(1, f"c{n}", draw_seed=n)
    assert len(scene.all(note.CallStarted, flow=new)) == taken
    over(scene, 2)


@rule("R-25.6")
def test_a_retired_canary_takes_no_new_calls_and_its_calls_run_on() -> None:
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.FlowPromoted(flow=new, share=0.999999))
    scene.arrives(1, "c1", draw_seed=1)
    scene.tell(2, ev.FlowRetired(flow=new))
    scene.arrives(3, "c2", draw_seed=1)
    assert scene.offers() == [(1.0, "c1", 102), (3.0, "c2", 101)]
    scene.answers(4, "c1.1")
    scene.hangs_up(5, "c1")
    assert all(digest != new for digest, _ in scene.engine.tenant.queues)
    over(scene, 6)


@rule("R-25.6")
def test_a_retired_version_can_come_back() -> None:
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.FlowPromoted(flow=new, share=0.5))
    scene.tell(1, ev.FlowRetired(flow=new))
    scene.tell(2, ev.FlowPromoted(flow=new))
    scene.arrives(3)
    assert scene.offered() == [102]
    over(scene, 4)


@rule("R-25.5")
def test_the_live_version_cannot_be_retired_and_nothing_unknown_promoted() -> None:
    scene = Scene(OLD)
    with pytest.raises(DriverError, match="is live; promote another one"):
        scene.tell(1, ev.FlowRetired(flow=scene.flow.digest))
    for event in (ev.FlowPublished(flow="0" * 64), ev.FlowPromoted(flow="0" * 64), ev.FlowRetired(flow="0" * 64)):
        with pytest.raises(DriverError, match="is not known here"):
            scene.tell(1, event)
    for part in (-0.1, 1.1):
        with pytest.raises(DriverError, match="a share of calls is 0 to 1"):
            scene.tell(1, ev.FlowPromoted(flow=scene.flow.digest, share=part))


@rule("R-25.6", "R-04.8")
@pytest.mark.parametrize(
    ("event", "in_force"),
    [("published", False), ("canary", False), ("live", True)],
)
def test_settings_of_shared_trunks_and_users_change_with_the_live_version_only(event: str, in_force: bool) -> None:
    scene = Scene(OLD, rest=LINES.replace("LINES", "unlimited"))
    digest = scene.version(flow(OLD, "101: {call_waiting: true}", rest=LINES.replace("LINES", "1")))
    scene.tell(
        0,
        ev.FlowPublished(flow=digest)
        if event == "published"
        else ev.FlowPromoted(flow=digest, share=1.0 if event == "live" else 0.0),
    )
    assert scene.engine.tenant.users[101].call_waiting is in_force
    scene.arrives(1, "c1")
    scene.arrives(1, "c2")
    assert bool(scene.all(note.CallEnded, call="c2")) is in_force
    over(scene, 2)


@rule("R-25.6", "R-08.4")
def test_who_is_signed_in_or_paused_is_shared_by_all_versions() -> None:
    scene = Scene(OLD)
    new = scene.version(
        flow(OLD.replace("max_wait: 30", "max_wait: 40, join_when_empty: unpaused, join_empty: hangup"))
    )
    scene.tell(0, ev.MemberPaused(user=101, reason="lunch"))
    scene.tell(1, ev.FlowPromoted(flow=new))
    scene.arrives(2)
    assert scene.path() == [(5200, "join_empty")]
    over(scene, 3)


RING = "5200: {kind: queue, members: [MEMBERS], strategy: round_robin, timeout: hangup}"


@rule("R-08.8", "R-25.6")
def test_round_robin_goes_on_across_a_promotion_and_back() -> None:
    """102 was offered the last call before, 103 under the new version, where they stand at other places."""
    scene = Scene(RING.replace("MEMBERS", "101, 102, 103"))
    new = scene.version(flow(RING.replace("MEMBERS", "102, 103, 101")))
    for at, call in ((1, "c1"), (3, "c2")):
        scene.arrives(at, call)
        scene.hangs_up(at + 1, call)
    scene.tell(4, ev.FlowPromoted(flow=new))
    scene.arrives(5, "c3")
    scene.hangs_up(6, "c3")
    scene.tell(7, ev.FlowPromoted(flow=scene.flow.digest))
    scene.arrives(8, "c4")
    assert [member for _, _, member in scene.offers()] == [101, 102, 103, 101]
    over(scene, 9)


@rule("R-08.18", "R-25.6")
def test_expected_wait_is_known_to_a_version_just_promoted() -> None:
    """Ten calls of 20 seconds were answered under the old version, so the first who waits under the new one is told."""
    told = "5200: {kind: queue, members: [101], announce_position: true, announce_every: 15, timeout: hangup, retry: RETRY}"
    scene = Scene(told.replace("RETRY", "5"))
    new = scene.version(flow(told.replace("RETRY", "6")))
    for n in range(10):
        scene.arrives(30 * n, f"c{n}")
        scene.answers(30 * n, f"c{n}.1")
        scene.hangs_up(30 * n + 20, f"c{n}")
    scene.tell(300, ev.FlowPromoted(flow=new))
    scene.arrives(301, "talks")
    scene.answers(301, "talks.1")
    scene.arrives(302, "waits")
    scene.until(320)
    assert scene.one(note.PositionSaid, call="waits").expected_wait_us == 20_000_000
    over(scene, 321)
