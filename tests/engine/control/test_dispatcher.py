"""Waiting calls and members: who may be offered what, in which order, and what frees a member (R-08.5 to R-08.21)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import DriverError
from engine.state.call import Call
from tests.harness import T0, Scene, drained, flow, rule

ONE = "5200: {kind: queue, members: [101], timeout: hangup}"
TWO = "5200: {kind: queue, strategy: linear, members: [101, 102], timeout: hangup}"


def over(scene: Scene, at: float) -> None:
    """Everybody goes home and nothing is left."""
    for call in list(scene.engine.tenant.calls):
        if call in scene.engine.tenant.calls and not scene.engine.tenant.calls[call].over:
            scene.hangs_up(at, call)
    scene.until(at + 8000)
    drained(scene.engine)


# --- who may be offered a call (R-08.5) -------------------------------------------------------------------------------


@rule("R-08.5")
@pytest.mark.parametrize(
    "away",
    [
        ev.MemberSignedOut(user=101),
        ev.MemberSignedOut(user=101, queue=5200),
        ev.MemberPaused(user=101, reason="lunch"),
        ev.MemberPaused(user=101, queue=5200),
        ev.DeviceUnregistered(user=101),
        ev.DoNotDisturbSet(user=101, on=True),
        ev.CallArrived(call="own", called="102", user=101, origin="user"),
        ev.CallArrived(call="direct", called="101", origin="api"),
    ],
    ids=[
        "out",
        "out here",
        "paused",
        "paused here",
        "no device",
        "do not disturb",
        "in an own call",
        "rung for another",
    ],
)
def test_a_member_who_is_not_eligible_is_passed_over(away: ev.Event) -> None:
    scene = Scene(TWO.replace("101, 102", "101, 103"))
    scene.tell(0, away)
    scene.arrives(1)
    assert scene.offered("c1") == [103]
    over(scene, 2)


@rule("R-08.5", "R-08.7")
@pytest.mark.parametrize(
    ("away", "back"),
    [
        (ev.MemberSignedOut(user=101, queue=5200), ev.MemberSignedIn(user=101, queue=5200)),
        (ev.MemberPaused(user=101, reason="lunch"), ev.MemberUnpaused(user=101)),
        (ev.DeviceUnregistered(user=101), ev.DeviceRegistered(user=101, device="desk")),
        (ev.DoNotDisturbSet(user=101, on=True), ev.DoNotDisturbSet(user=101, on=False)),
    ],
)
def test_a_waiting_call_is_offered_in_the_instant_a_member_becomes_eligible(away: ev.Event, back: ev.Event) -> None:
    scene = Scene(ONE.replace("timeout", "join_when_empty: always, timeout"))
    scene.tell(0, away)
    scene.arrives(1)
    assert scene.offers() == []
    scene.tell(7.5, back)
    assert scene.offers() == [(7.5, "c1", 101)]
    over(scene, 8)


@rule("R-08.4")
def test_a_member_who_signs_out_in_a_call_finishes_it() -> None:
    scene = Scene(ONE)
    scene.arrives(0)
    scene.answers(2, "c1.1")
    scene.tell(5, ev.MemberSignedOut(user=101))
    assert not scene.all(cmd.EndLeg)
    scene.ends(30, "c1.1")
    assert scene.end().talk_us == 28_000_000
    scene.arrives(40, "c2")
    assert scene.path("c2") == [(5200, "join_empty")]
    over(scene, 50)


@rule("R-08.4")
def test_signing_out_of_one_queue_leaves_the_other() -> None:
    scene = Scene(
        """
        5200: {kind: queue, members: [101], join_when_empty: always}
        5201: {kind: queue, members: [101]}
        """
    )
    scene.tell(0, ev.MemberSignedOut(user=101, queue=5200))
    scene.arrives(1)
    scene.tell(2, ev.CallArrived(call="c2", called="5201", origin="api"))
    assert scene.offers() == [(2.0, "c2", 101)]
    over(scene, 3)


# --- order (R-08.6) ---------------------------------------------------------------------------------------------------


@rule("R-08.6", "R-08.7")
def test_calls_are_taken_in_order_of_entry() -> None:
    scene = Scene(ONE)
    for n in (1, 2, 3):
        scene.arrives(n, f"c{n}")
    scene.answers(5, "c1.1")
    scene.hangs_up(10, "c1")
    assert scene.offers()[-1] == (10.0, "c2", 101)
    scene.answers(11, "c2.1")
    scene.hangs_up(12, "c2")
    assert scene.offers()[-1] == (12.0, "c3", 101)
    over(scene, 20)


@rule("R-08.6")
def test_a_queue_that_gives_priority_does_not_change_the_order_among_its_own() -> None:
    scene = Scene(ONE.replace("timeout", "priority: 5, start_bonus: 30, timeout"))
    for n in (1, 2, 3):
        scene.arrives(n, f"c{n}")
    assert [m.position for m in scene.all(note.CallQueued)] == [1, 2, 3]
    scene.hangs_up(4, "c1")
    assert scene.offered() == [101, 101] and scene.offers()[-1][1] == "c2"
    over(scene, 20)


@rule("R-08.6", "R-08.20")
def test_a_start_bonus_counts_as_time_already_waited_between_queues() -> None:
    scene = Scene(
        """
        5200: {kind: queue, members: [101]}
        5201: {kind: queue, members: [101], start_bonus: 60}
        5202: {kind: queue, members: [101]}
        """
    )
    scene.arrives(0, "talk")
    scene.answers(1, "talk.1")
    scene.tell(10, ev.CallArrived(call="plain", called="5202", origin="api"))
    scene.tell(40, ev.CallArrived(call="bonus", called="5201", origin="api"))
    scene.hangs_up(50, "talk")
    assert scene.offers()[-1] == (50.0, "bonus", 101)
    over(scene, 60)


@rule("R-08.9", "R-08.6")
def test_a_call_that_was_not_answered_keeps_its_place() -> None:
    scene = Scene(ONE.replace("timeout", "ring: 5, retry: 0, timeout"))
    scene.arrives(0, "c1")
    scene.arrives(1, "c2")
    scene.until(5)
    assert scene.offers() == [(0.0, "c1", 101), (5.0, "c1", 101)]
    over(scene, 6)


# --- several at once (R-08.7) -----------------------------------------------------------------------------------------


@rule("R-08.7")
def test_several_calls_are_offered_at_once() -> None:
    scene = Scene(TWO)
    scene.arrives(0, "c1")
    scene.arrives(0, "c2")
    assert scene.offers() == [(0.0, "c1", 101), (0.0, "c2", 102)]
    over(scene, 1)


@rule("R-08.7", "R-08.8")
def test_ring_all_serves_one_call_at_a_time() -> None:
    scene = Scene(ONE.replace("members: [101]", "strategy: ring_all, members: [101, 102]"), "101 102 103")
    scene.arrives(0, "c1")
    scene.arrives(1, "c2")
    assert scene.offers() == [(0.0, "c1", 101), (0.0, "c1", 102)]
    scene.answers(4, "c1.2")
    assert [(m.leg, m.reason) for m in scene.all(cmd.CancelLeg)] == [("c1.1", "answered_elsewhere")]
    assert scene.offers()[2:] == [(4.0, "c2", 101)]
    assert "retry_wait" not in scene.states(101)
    over(scene, 9)


@rule("R-08.7", "R-08.8")
def test_ring_all_rings_those_too_who_become_free_meanwhile() -> None:
    scene = Scene(ONE.replace("members: [101]", "strategy: ring_all, members: [101, 102]"))
    scene.dials(0, 102, "103", "own")
    scene.arrives(1)
    scene.hangs_up(3, "own")
    assert scene.offers() == [(1.0, "c1", 101), (3.0, "c1", 102)]
    over(scene, 4)


@rule("R-08.7", "R-08.16")
def test_ring_all_goes_on_to_the_next_call_when_the_first_finds_nobody() -> None:
    """101 has the skill and does not answer; 102 lacks it and must not sit idle while the second call waits."""
    scene = Scene(
        """
        5200: {kind: queue, strategy: ring_all, skills: {english: 1}, relax: [{after: 8, drop: english}], ring: 5, retry: 60,
               members: [{user: 101, skills: {english: 1}}, 102]}
        """
    )
    scene.arrives(0, "c1")
    scene.arrives(0.5, "c2")
    scene.until(5)
    assert scene.offers() == [(0.0, "c1", 101)]
    scene.until(8)
    assert scene.offers()[1:] == [(8.0, "c1", 102)]
    over(scene, 9)


@rule("R-08.7", "R-08.16")
def test_under_ring_all_a_call_that_nobody_may_take_does_not_hold_up_those_behind_it() -> None:
    text = """
        5200: {kind: queue, strategy: ring_all, members: [101], skills: {sales: 1}, relax: [{after: 5, drop: sales}]}
    """
    scene = Scene(text)
    scene.arrives(0, "c1")
    scene.until(5)
    scene.fails(6, "c1.1")
    scene.arrives(6.5, "c2")
    scene.until(11.5)
    assert [call for _, call, _ in scene.offers()] == ["c1", "c1"]
    over(scene, 12)


# --- timers and misses (R-08.9 to) ----------------------------------------------------------------------------


@rule("R-08.9")
def test_a_member_who_does_not_answer_is_left_alone_for_the_retry_wait() -> None:
    scene = Scene(ONE.replace("timeout", "ring: 20, retry: 7, timeout"))
    scene.arrives(0)
    scene.until(60)
    assert scene.offers() == [(0.0, "c1", 101), (27.0, "c1", 101), (54.0, "c1", 101)]
    assert [(m.cause, m.ring_us) for m in scene.all(note.OfferMissed)] == [(Cause.NO_ANSWER, 20_000_000)] * 2
    over(scene, 61)


@rule("R-08.9")
@pytest.mark.parametrize("cause", [Cause.CALL_REJECTED, Cause.USER_BUSY, Cause.SUBSCRIBER_ABSENT])
def test_a_phone_that_refuses_at_once_is_not_rung_again_in_the_same_instant(cause: Cause) -> None:
    scene = Scene(ONE.replace("timeout", "retry: 0, timeout"))
    scene.arrives(0)
    scene.fails(0, "c1.1", cause)
    scene.until(1)
    assert scene.offers() == [(0.0, "c1", 101), (1.0, "c1", 101)]
    over(scene, 2)


@rule("R-08.9", "R-08.11")
def test_wrap_up_runs_from_the_end_of_the_call_and_holds_for_all_queues() -> None:
    scene = Scene(
        """
        5200: {kind: queue, members: [101], wrap_up: 30}
        5201: {kind: queue, members: [101]}
        """
    )
    scene.arrives(0)
    scene.answers(1, "c1.1")
    scene.tell(2, ev.CallArrived(call="c2", called="5201", origin="api"))
    scene.hangs_up(10)
    assert scene.offers() == [(0.0, "c1", 101)]
    scene.until(40)
    assert scene.offers()[1:] == [(40.0, "c2", 101)]
    assert scene.states(101)[:4] == ["ringing", "talking", "wrap_up", "idle"]
    over(scene, 41)


@rule("R-08.11")
@pytest.mark.parametrize("way", ["caller", "member", "lost", "operator"])
def test_wrap_up_follows_a_call_however_it_ends(way: str) -> None:
    scene = Scene(ONE.replace("timeout", "wrap_up: 12, timeout"))
    scene.arrives(0)
    scene.answers(1, "c1.1")
    if way == "caller":
        scene.hangs_up(5)
    elif way == "operator":
        scene.tell(5, ev.HangupRequested(call="c1"))
    else:
        scene.ends(5, "c1.1", Cause.NORMAL_CLEARING if way == "member" else Cause.EXCHANGE_ROUTING_ERROR)
    scene.until(20)
    assert scene.states(101) == ["ringing", "talking", "wrap_up", "idle"]
    assert scene.times(note.MemberChanged, member=101, state="idle") == [17.0]
    over(scene, 21)


@rule("R-08.11")
def test_wrap_up_follows_a_transferred_call() -> None:
    scene = Scene(ONE.replace("timeout", "wrap_up: 12, timeout"))
    scene.arrives(0)
    scene.answers(1, "c1.1")
    scene.tell(5, ev.TransferRequested(call="c1", to="102", leg="c1.1"))
    scene.until(6)
    assert scene.states(101)[-1] == "wrap_up" and scene.path() == [(5200, "transfer"), (102, "")]
    over(scene, 20)


@rule("R-08.11")
def test_the_world_may_know_better_how_long_the_work_after_a_call_takes() -> None:
    scene = Scene(ONE.replace("timeout", "wrap_up: 12, timeout"))
    scene.arrives(0)
    scene.answers(1, "c1.1")
    scene.tell(5, ev.LegEnded(leg="c1.1", wrap_up_us=3_000_000))
    scene.until(20)
    assert scene.times(note.MemberChanged, member=101, state="idle") == [8.0]
    over(scene, 21)


@rule("R-08.11")
def test_a_direct_call_interrupts_wrap_up_which_then_goes_on() -> None:
    scene = Scene(ONE.replace("timeout", "wrap_up: 60, timeout"))
    scene.arrives(0)
    scene.answers(1, "c1.1")
    scene.hangs_up(10)
    scene.tell(20, ev.CallArrived(call="c2", called="101", origin="api"))
    scene.answers(22, "c2.1")
    scene.ends(30, "c2.1")
    scene.until(70)
    assert scene.states(101) == ["ringing", "talking", "wrap_up", "ringing", "talking", "wrap_up", "idle"]
    assert scene.times(note.MemberChanged, member=101, state="idle") == [70.0]
    over(scene, 71)


@rule("R-08.10")
def test_the_wait_limit_cuts_the_ring_and_wins_in_the_same_instant() -> None:
    scene = Scene(ONE.replace("timeout: hangup", "ring: 15, max_wait: 15, timeout: 5120") + "\n" + BOX)
    scene.arrives(0)
    scene.until(15)
    assert scene.path() == [(5200, "timeout"), (5120, "")]
    assert not scene.all(note.OfferMissed)
    assert scene.one(note.OfferWithdrawn).reason == scene.one(cmd.CancelLeg).reason == "left_queue"
    assert scene.states(101) == ["ringing", "idle"]
    over(scene, 16)


BOX = "5120: {kind: voicemail, recipients: [office@example.org]}"


@rule("R-08.5")
def test_member_rung_for_a_call_that_was_asked_for_is_offered_calls_again_when_that_is_over() -> None:
    scene = Scene(ONE)
    scene.tell(0, ev.OriginationBegan(user=101))
    scene.arrives(1)
    assert scene.offered("c1") == []
    scene.tell(5, ev.CallArrived(call="own", called="102", user=101, origin="api"))
    scene.tell(5, ev.OriginationEnded(user=101))
    assert scene.offered("c1") == [], "the call itself keeps the member now"
    scene.hangs_up(9, "own")
    assert scene.offered("c1") == [101]
    with pytest.raises(DriverError, match="who has none"):
        scene.tell(10, ev.OriginationEnded(user=102))
    over(scene, 12)


@rule("R-08.12")
def test_auto_pause_after_so_many_unanswered_offers_in_a_row() -> None:
    scene = Scene(ONE.replace("timeout", "auto_pause: 2, ring: 5, retry: 5, timeout"))
    scene.arrives(0)
    scene.until(60)
    assert scene.offers() == [(0.0, "c1", 101), (10.0, "c1", 101)]
    assert scene.one(note.MemberChanged, state="paused").queue == 5200
    scene.tell(61, ev.MemberUnpaused(user=101))
    assert scene.offers()[2:] == [(61.0, "c1", 101)]
    scene.until(66)
    assert len(scene.all(note.MemberChanged, state="paused")) == 1, "the count starts again after a pause"
    over(scene, 67)


@rule("R-08.12")
def test_an_answer_starts_the_count_of_missed_offers_anew() -> None:
    scene = Scene(ONE.replace("timeout", "auto_pause: 2, ring: 5, retry: 0, timeout"))
    scene.arrives(0)
    scene.answers(7, "c1.2")
    scene.hangs_up(8)
    scene.arrives(10, "c2")
    scene.until(16)
    assert not scene.all(note.MemberChanged, state="paused") and len(scene.offers()) == 4
    over(scene, 17)


@rule("R-08.12", "R-08.13")
def test_callers_leave_when_auto_pause_takes_the_last_member() -> None:
    """The call whose offer was missed leaves in the same instant and is not given back to the queue."""
    scene = Scene(
        """
        5200: {kind: queue, members: [101], auto_pause: 1, ring: 5, leave_when_empty: true, join_when_empty: unpaused,
               leave_empty: 5120}
        5120: {kind: voicemail, recipients: [office@example.org]}
        """
    )
    scene.arrives(0)
    scene.until(5)
    assert scene.path() == [(5200, "leave_empty"), (5120, "")]
    scene.tell(30, ev.MemberUnpaused(user=101))
    assert len(scene.offers()) == 1
    over(scene, 31)


@rule("R-08.21")
def test_caller_who_hangs_up_while_a_member_rings_frees_the_member() -> None:
    scene = Scene(ONE.replace("timeout", "auto_pause: 1, timeout"))
    scene.arrives(0)
    scene.rings(0.2, "c1.1")
    scene.hangs_up(4)
    assert scene.one(cmd.CancelLeg).reason == scene.one(note.OfferWithdrawn).reason == "caller_left"
    assert not scene.all(note.OfferMissed) and not scene.all(note.MemberChanged, state="paused")
    assert scene.states(101) == ["ringing", "idle"]
    assert scene.one(note.CallAbandoned).wait_us == 4_000_000
    scene.arrives(4, "c2")
    assert scene.offers()[-1] == (4.0, "c2", 101)
    over(scene, 5)


# --- several queues (R-08.20) -----------------------------------------------------------------------------------------

SHARED = """
5200: {kind: queue, members: [101]}
5201: {kind: queue, members: [101], queue_weight: WEIGHT, strategy: STRATEGY}
5202: {kind: queue, strategy: ring_all, members: [101, 102]}
"""


def shared(weight: int, strategy: str = "longest_idle") -> Scene:
    scene = Scene(SHARED.replace("WEIGHT", str(weight)).replace("STRATEGY", strategy))
    scene.arrives(0, "talk")
    scene.answers(1, "talk.1")
    return scene


@rule("R-08.20")
def test_of_two_queues_with_equal_weight_the_call_waiting_longest_goes_first() -> None:
    scene = shared(0)
    scene.tell(2, ev.CallArrived(call="later", called="5201", origin="api"))
    scene.arrives(3, "latest")
    scene.hangs_up(10, "talk")
    assert scene.offers()[-1] == (10.0, "later", 101)
    over(scene, 11)


@rule("R-08.20")
def test_the_queue_with_the_larger_weight_goes_first() -> None:
    scene = shared(1)
    scene.arrives(2, "earlier")
    scene.tell(3, ev.CallArrived(call="heavier", called="5201", origin="api"))
    scene.hangs_up(10, "talk")
    assert scene.offers()[-1] == (10.0, "heavier", 101)
    over(scene, 11)


@rule("R-08.20")
@pytest.mark.parametrize(("weight", "first"), [(1, "heavy"), (0, "rings")])
def test_weight_and_wait_count_also_against_a_call_that_rings_everybody(weight: int, first: str) -> None:
    scene = shared(weight)
    scene.tell(2, ev.CallArrived(call="rings", called="5202", origin="api"))
    assert scene.offers()[-1] == (2.0, "rings", 102)
    scene.tell(3, ev.CallArrived(call="heavy", called="5201", origin="api"))
    scene.hangs_up(10, "talk")
    assert scene.offers()[-1] == (10.0, first, 101)
    over(scene, 11)


@rule("R-08.20")
def test_two_calls_of_the_same_instant_have_a_defined_order() -> None:
    found = set()
    for order in (("5200", "5201"), ("5201", "5200")):
        scene = shared(0)
        for n, called in enumerate(order):
            scene.tell(2, ev.CallArrived(call=f"{called}-{n}", called=called, origin="api"))
        scene.hangs_up(10, "talk")
        found.add(scene.offers()[-1][1][:4])
        over(scene, 11)
    assert len(found) == 1, found


TIERS = """
5200: {kind: queue, members: [{user: 102, tier: 1}, {user: 101, tier: 2}], tier_wait: 10, queue_weight: WEIGHT}
5201: {kind: queue, members: [{user: 103, tier: 1}, {user: 101, tier: 2}], tier_wait: 10}
"""


@rule("R-08.20", "R-08.15")
@pytest.mark.parametrize("order", [(5200, 5201), (5201, 5200)])
@pytest.mark.parametrize(("weight", "more", "first"), [(1, 0, 5200), (0, 0, None), (0, 5, 5201), (1, 5, 5200)])
def test_tiers_that_open_in_the_same_instant_bring_calls_in_one_order(
    order: tuple[int, int], weight: int, more: int, first: int | None
) -> None:
    """Whichever queue's clock was set first: weight, then priority, then who came first, then the id."""
    scene = Scene(TIERS.replace("WEIGHT", str(weight)))
    for user, call in ((102, "x"), (103, "y")):
        scene.tell(0, ev.CallArrived(call=call, called=str(user), origin="api"))
        scene.answers(0, f"{call}.1")
    for number, queue in enumerate(order):
        arrival = Call(f"c{number}", str(queue), origin="api")
        arrival.priority = more if queue == 5201 else 0
        scene.engine.arrive(T0 + 2_000_000, arrival)
    scene.engine.out.take()  # type: ignore[attr-defined]
    scene.until(11)
    offered = [(at, call) for at, call, member in scene.offers() if member == 101]
    expected = "c0" if first is None else f"c{order.index(first)}"
    assert offered == [(10.0, expected)], offered


# --- a member and versions --------------------------------------------------------------------------------------------


@rule("R-25.6", "R-08.11")
def test_a_member_is_one_person_whatever_the_version_of_the_call() -> None:
    scene = Scene(ONE)
    digest = scene.version(flow(ONE.replace("timeout", "wrap_up: 5, timeout")))
    scene.arrives(0, "old")
    scene.tell(1, ev.FlowPromoted(flow=digest))
    scene.arrives(2, "new")
    assert scene.offers() == [(0.0, "old", 101)]
    scene.answers(3, "old.1")
    scene.hangs_up(9, "old")
    assert scene.offers()[1:] == [(9.0, "new", 101)]
    over(scene, 10)


ORDERS = [
    # weight of 5201; calls as (id, queue, priority, entry); the order in which one member serves them
    (0, [("a", 5200, 0, 10), ("b", 5201, 0, 20), ("z", 5200, 10, 30)], "zab"),
    (0, [("a", 5200, 0, 10), ("b", 5201, 10, 20), ("z", 5200, 10, 30)], "bza"),
    (0, [("a", 5201, 3, 10), ("b", 5200, 4, 20), ("c", 5201, 4, 21)], "bca"),
    (0, [("b", 5200, 0, 10), ("a", 5201, 0, 10)], "ab"),
    (0, [("a", 5201, 0, 10), ("b", 5200, 0, 10)], "ab"),
    (1, [("a", 5200, 10, 10), ("b", 5201, 0, 20)], "ba"),
]


@rule("R-08.6", "R-08.20")
@pytest.mark.parametrize(("weight", "calls", "order"), ORDERS)
def test_queues_of_equal_weight_are_served_in_one_waiting_order(
    weight: int, calls: list[tuple[str, int, int, int]], order: str
) -> None:
    """R-08.6 over all of them: priority, then entry, then the id of the call; only weight goes before it."""
    scene = shared(weight)
    for call, queue, priority, at in calls:
        arrival = Call(call, str(queue), origin="api")
        arrival.priority = priority
        scene.engine.arrive(T0 + at * 1_000_000, arrival)
    scene.engine.out.take()  # type: ignore[attr-defined]
    served = []
    at = 100.0
    scene.hangs_up(at, "talk")
    while len(served) < len(calls):
        call = scene.offers()[-1][1]
        served.append(call)
        scene.answers(at + 1, f"{call}.1")
        at += 10
        scene.hangs_up(at, call)
    assert "".join(served) == order
    over(scene, at + 1)


# --- static members (R-08.4) ------------------------------------------------------------------------------------------

STATIC = "5200: {kind: queue, members: [{user: 101, static: STATIC}, 102], timeout: hangup, join_empty: hangup}"


@rule("R-08.4")
@pytest.mark.parametrize(
    ("static", "queue", "stays"), [("true", 5200, True), ("true", None, True), ("false", None, False)]
)
def test_a_static_member_cannot_be_signed_out(static: str, queue: int | None, stays: bool) -> None:
    scene = Scene(STATIC.replace("STATIC", static))
    said = scene.tell(0, ev.MemberSignedOut(user=101, queue=queue))
    assert bool(said) is not stays
    scene.tell(0, ev.MemberSignedOut(user=102))
    scene.arrives(1)
    assert bool(scene.offers()) is stays
    over(scene, 2)


@rule("R-08.4")
def test_a_static_member_can_be_paused() -> None:
    scene = Scene(STATIC.replace("STATIC", "true"))
    scene.tell(0, ev.MemberPaused(user=101, reason="lunch"))
    scene.tell(0, ev.MemberSignedOut(user=102))
    scene.arrives(1)
    assert not scene.offers()
    scene.tell(2, ev.MemberUnpaused(user=101))
    assert scene.offers() == [(2.0, "c1", 101)]
    over(scene, 3)


@rule("R-08.4", "R-25.6")
def test_a_member_becomes_static_with_the_live_version_and_is_signed_in_then() -> None:
    scene = Scene(STATIC.replace("STATIC", "false"))
    scene.tell(0, ev.MemberSignedOut(user=101))
    new = flow(STATIC.replace("STATIC", "true"))
    scene.engine.know(new)
    scene.tell(1, ev.FlowPublished(flow=new.digest))
    scene.tell(1, ev.FlowPromoted(flow=new.digest, share=0.5))
    membership = scene.engine.tenant.users[101].memberships[5200]
    assert not membership.signed_in, "a canary changes nobody's state"
    scene.tell(2, ev.FlowPromoted(flow=new.digest))
    assert membership.signed_in and membership.static
