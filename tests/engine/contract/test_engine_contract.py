"""The contract of `handle` and `next_deadline`: order, time, refusals, races, loop guard, longest call (R-02, R-24.1, R-25)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import FACTS, Cause, Party
from engine.contract.errors import ClockWentBack, DriverError, SecondEnding, UnknownLeg
from engine.control.engine import Engine
from engine.loading.load import load
from engine.records.journal import encode_said
from engine.state.flow import Flow
from engine.state.sink import Sink
from tests.harness import T0, Scene, drained, flow, pbx_text, rule

QUEUE = "5200: {kind: queue, strategy: linear, members: [101, 102], timeout: hangup}"
BOX = "5120: {kind: voicemail, recipients: [a@example.org]}"
CIRCLE = """
5000: {kind: greeting, prompt: welcome.wav, next: 5001}
5001: {kind: greeting, prompt: welcome.wav, next: 5000}
"""
QUICK = """
5300: {kind: group, members: [101], no_answer: 5301}
5301: {kind: group, members: [101], no_answer: 5300}
"""


def over(scene: Scene, at: float) -> None:
    for call in list(scene.engine.tenant.calls):
        if call in scene.engine.tenant.calls and not scene.engine.tenant.calls[call].over:
            scene.hangs_up(at, call)
    scene.until(at + 8000)
    drained(scene.engine)


# --- routing (R-02) ---------------------------------------------------------------------------------------------------


@rule("R-02.9", "R-24.1")
@pytest.mark.parametrize(
    ("output", "path", "cause"),
    [
        ("5120", [(5000, "next"), (5120, "")], None),
        ("101", [(5000, "next"), (101, "")], None),
        ('"89161234567"', [(5000, "next"), (0, "")], None),
        ("hangup", [(5000, "next")], Cause.NORMAL_CLEARING),
        ("null", [(5000, "next")], Cause.NO_ROUTE_DESTINATION),
    ],
)
def test_an_output_names_an_element_an_outside_number_or_hangup(
    output: str, path: list[tuple[int, str]], cause: Cause | None
) -> None:
    scene = Scene(f"5000: {{kind: greeting, prompt: welcome.wav, next: {output}}}\n{BOX}")
    scene.arrives(0)
    scene.until(6)
    assert scene.path() == path
    if cause is not None:
        assert scene.end().cause is cause
    over(scene, 7)


@rule("R-02.10", "R-02.11")
def test_only_the_output_actually_taken_counts() -> None:
    text = '5500: {{kind: number_rule, entries: ["8916"], match: {}, mismatch: {}}}'
    taken = Scene(text.format("", "101"))
    taken.arrives(0)
    assert (taken.end().cause, taken.end().rule) == (Cause.NO_ROUTE_DESTINATION, "R-02.11")
    other = Scene(text.format("101", ""))
    other.arrives(0)
    assert other.path() == [(5500, "match"), (101, "")]
    over(other, 1)


@rule("R-02.12")
@pytest.mark.parametrize("answered", [True, False])
def test_no_route_is_404_before_the_answer_and_cause_3_after_it(answered: bool) -> None:
    text = "5000: {kind: greeting, prompt: welcome.wav}" if answered else "5500: {kind: number_rule, entries: ['8']}"
    scene = Scene(text)
    scene.arrives(0)
    scene.until(7)
    assert (scene.end().answered_at is not None) is answered
    ended = scene.one(cmd.EndCall)
    assert (FACTS[ended.cause].sip, FACTS[ended.cause].q850) == (404, 3)


@rule("R-02.14")
def test_the_26th_element_without_a_second_of_waiting_ends_the_call() -> None:
    scene = Scene(QUICK, registered=False)
    scene.arrives(0)
    assert len(scene.path()) == limits.ENTRIES_WITHOUT_WAIT
    assert (scene.end().cause, scene.end().rule) == (Cause.EXCHANGE_ROUTING_ERROR, "R-02.14")
    over(scene, 1)


@rule("R-02.14")
def test_waits_of_a_second_let_a_call_go_on_to_200_elements() -> None:
    scene = Scene(CIRCLE)
    scene.arrives(0)
    scene.until(6 * 250)
    assert len(scene.path()) == limits.ENTRIES_IN_ALL
    assert (scene.end().cause, scene.end().rule) == (Cause.EXCHANGE_ROUTING_ERROR, "R-02.14")
    over(scene, 2000)


@rule("R-02.14")
@pytest.mark.parametrize(("length", "ends"), [(0.999, True), (1.0, False)])
def test_less_than_a_second_is_no_wait(length: float, ends: bool) -> None:
    scene = Scene(_short(length))
    scene.arrives(0)
    scene.until(40)
    assert bool(scene.all(note.CallEnded)) is ends
    over(scene, 41)


def _short(length: float) -> Flow:
    """The circle with a sound shorter than files may be (R-05.2), as a caller who skips it hears it."""
    made = load(pbx_text(CIRCLE))
    made.prompt_us["welcome.wav"] = int(length * 1_000_000)
    return made


@rule("R-02.16")
def test_an_element_uses_the_clock_at_which_the_call_enters_it() -> None:
    scene = Scene(
        """
        5000: {kind: greeting, prompt: welcome.wav, next: 5400}
        5400: {kind: hours, open: "00:00-08:30:05", zone: UTC, match: 101, mismatch: 102}
        """.replace("08:30:05", "08:31")
    )
    scene.arrives(50, "early")
    scene.arrives(55, "late")
    scene.until(70)
    assert scene.path("early")[-1] == (101, "") and scene.path("late")[-1] == (102, "")
    over(scene, 71)


@rule("R-02.17")
@pytest.mark.parametrize("talks", [True, False])
def test_the_longest_call_is_four_hours_answered_or_not(talks: bool) -> None:
    scene = Scene(QUEUE.replace("timeout", "max_wait: 0, timeout"))
    if not talks:
        scene.tell(0, ev.MemberPaused(user=101))
        scene.tell(0, ev.MemberPaused(user=102))
    scene.arrives(0)
    if talks:
        scene.answers(1, "c1.1")
    scene.until(4 * 3600)
    end = scene.end()
    assert (end.cause, end.rule, end.party) == (Cause.ALLOTTED_TIMEOUT, "R-02.17", Party.US)
    assert scene.times(note.CallEnded) == [14400.0]
    over(scene, 14401)


@rule("R-24.1", "R-25.7")
def test_the_notes_hold_what_a_record_of_history_needs() -> None:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, next: 5200}\n" + QUEUE)
    scene.arrives(0, caller_name="Ivan")
    scene.answers(10, "c1.1")
    scene.hangs_up(70)
    start, end = scene.one(note.CallStarted), scene.end()
    assert (start.called, start.caller, start.trunk, start.origin) == ("74951234567", "89160000001", "moscow", "trunk")
    assert (end.started_at, end.answered_at, end.talk_us) == (T0, T0, 60_000_000)
    assert (end.cause, end.party, end.element) == (Cause.NORMAL_CLEARING, Party.CALLER, 5200)
    visits = [m for _, m in scene.said if isinstance(m, note.ElementEntered | note.ElementLeft | note.CallAnswered)]
    assert [type(m).__name__ for m in visits] == ["ElementEntered", "ElementLeft", "ElementEntered", "CallAnswered"]
    left = scene.one(note.ElementLeft)
    assert (left.output, left.to, left.rule) == ("next", "5200", "R-05.7")


@rule("R-25.7")
def test_every_refusal_and_every_output_names_its_rule() -> None:
    scene = Scene(QUEUE + "\n" + BOX, rest="")
    scene.arrives(0)
    scene.until(700)
    named = [m.rule for _, m in scene.said if isinstance(m, note.ElementLeft | note.CallLeftQueue | note.CallEnded)]
    assert named and all(text.startswith("R-") for text in named)


# --- time -------------------------------------------------------------------------------------------------------------


@rule("R-25.2")
def test_deadlines_before_an_event_fire_first_each_at_its_own_instant() -> None:
    scene = Scene(QUEUE, obedient=False, wake_ups=False)
    scene.arrives(0)
    said = scene.tell(40, ev.DeviceRegistered(user=103))
    assert scene.times(note.OfferMissed) == [15.0, 30.0] and said
    assert [at for at, _ in scene.said] == sorted(at for at, _ in scene.said)


@rule("R-25.2")
def test_an_event_may_name_a_leg_that_only_an_overdue_deadline_places() -> None:
    scene = Scene(QUEUE, obedient=False, wake_ups=False)
    scene.arrives(0)
    scene.answers(20, "c1.2")
    assert scene.one(note.CallAnswered).wait_us == 20_000_000


@rule("R-25.2")
def test_next_deadline_is_exact_and_none_when_nothing_is_due() -> None:
    scene = Scene(QUEUE)
    assert scene.engine.next_deadline() is None
    scene.arrives(1)
    assert scene.engine.next_deadline() == T0 + 16_000_000
    scene.answers(2, "c1.1")
    assert scene.engine.next_deadline() == T0 + 1_000_000 + limits.LONGEST_CALL_US
    scene.hangs_up(3)
    assert scene.engine.next_deadline() is None


@pytest.mark.parametrize(
    "event",
    [
        ev.Advance(),
        ev.CallArrived(call="c2", called="5200", origin="api"),
        ev.CallerHungUp(call="c1"),
        ev.HangupRequested(call="c1"),
        ev.DigitPressed(call="c1", digit="1"),
        ev.LegRinging(leg="c1.1"),
        ev.LegAnswered(leg="c1.1"),
        ev.LegFailed(leg="c1.1", cause=Cause.NO_ANSWER),
        ev.DeviceRegistered(user=103, device="9"),
        ev.DoNotDisturbSet(user=101, on=True),
        ev.MemberPaused(user=102),
        ev.MemberSignedOut(user=102),
        ev.TrunkStateChanged(trunk="moscow", state="failed"),
        ev.OverrideSet(element=5400, mode="match"),
        ev.PartyHeld(call="c1"),
        ev.TransferRequested(call="c1", to="102"),
    ],
    ids=lambda event: type(event).__name__,
)
@rule("R-25.2")
def test_a_clock_that_goes_back_is_refused_and_changes_nothing(event: ev.Event) -> None:
    def ends(back: bool) -> bytes:
        scene = Scene(QUEUE, obedient=False)
        scene.arrives(0)
        scene.until(5)
        scene.tell(5, ev.Advance())
        if back:
            with pytest.raises(ClockWentBack, match="clamp its clock"):
                scene.engine.handle(T0 + 4_999_999, event)
        scene.answers(6, "c1.1")
        scene.hangs_up(9)
        scene.tell(9, ev.LegEnded(leg="c1.1"))
        drained(scene.engine)
        return encode_said(scene.said)

    assert ends(back=True) == ends(back=False)


# --- refusals ---------------------------------------------------------------------------------------------------------


def talking() -> Scene:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, next: 5200}\n" + QUEUE, to=5200, obedient=False)
    scene.arrives(0)
    scene.answers(1, "c1.1")
    return scene


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (ev.LegAnswered(leg="c1.1"), SecondEnding),
        (ev.LegFailed(leg="c1.1", cause=Cause.NO_ANSWER), SecondEnding),
        (ev.LegRinging(leg="c1.2"), UnknownLeg),
        (ev.LegAnswered(leg="c9.1"), UnknownLeg),
        (ev.LegEnded(leg="nonsense"), UnknownLeg),
        (ev.CallerHungUp(call="c9"), UnknownLeg),
        (ev.HangupRequested(call="c9"), UnknownLeg),
        (ev.DigitPressed(call="c9", digit="1"), UnknownLeg),
        (ev.DigitPressed(call="c1", digit="1", leg="c1.7"), UnknownLeg),
        (ev.PromptEnded(play="c1.p1"), SecondEnding),
        (ev.PromptEnded(play="c9.p1"), UnknownLeg),
        (ev.PromptEnded(play="nonsense"), UnknownLeg),
        (ev.RecordingEnded(recording="c1.r1", length_us=0), SecondEnding),
        (ev.WebServerAnswered(request="c1.q1", status=200, body="", latency_us=0), SecondEnding),
        (ev.WebServerFailed(request="c1.q1", reason="timeout", latency_us=0), SecondEnding),
        (ev.MessageSent(message="c1.m1"), SecondEnding),
        (ev.MessageFailed(message="c9.m1", reason=""), UnknownLeg),
        (ev.DeviceRegistered(user=4999), UnknownLeg),
        (ev.MemberSignedIn(user=4999), UnknownLeg),
        (ev.TrunkStateChanged(trunk="nowhere", state="failed"), UnknownLeg),
        (ev.CallArrived(call="c1", called="5200", origin="api"), SecondEnding),
        (ev.CallArrived(call="c2", called="5200", trunk="nowhere"), UnknownLeg),
        (ev.CallArrived(call="c2", called="5200", user=4999), UnknownLeg),
        (ev.PartyHeld(call="c9"), UnknownLeg),
        (ev.TransferRequested(call="c9", to="101"), UnknownLeg),
        (ev.FlowPromoted(flow="0" * 64), DriverError),
    ],
    ids=lambda value: f"{type(value).__name__}" if isinstance(value, ev.Event) else value.__name__,
)
def test_what_no_driver_may_tell_is_refused_and_changes_nothing(event: ev.Event, error: type[DriverError]) -> None:
    def ends(wrong: bool) -> bytes:
        scene = talking()
        if wrong:
            with pytest.raises(error) as caught:
                scene.engine.handle(T0 + 2_000_000, event)
            assert "driver" in str(caught.value) or "version" in str(caught.value)
        scene.hangs_up(9)
        scene.tell(9, ev.LegEnded(leg="c1.1"))
        drained(scene.engine)
        return encode_said(scene.said)

    assert ends(wrong=True) == ends(wrong=False)


def test_an_event_the_engine_does_not_know_is_refused() -> None:
    class Earthquake(ev.Event):
        """Not in the contract."""

    with pytest.raises(DriverError, match="knows no event Earthquake"):
        talking().engine.handle(T0 + 3_000_000, Earthquake())


# --- races ------------------------------------------------------------------------------------------------------------


@rule("R-06.10", "R-08.10")
def test_an_answer_that_crosses_our_cancel_is_hung_up_and_the_member_is_free_again() -> None:
    scene = Scene(QUEUE, obedient=False)
    scene.arrives(0)
    scene.until(15)
    assert scene.legs() == ["c1.1 cancelling", "c1.2 ringing"]
    scene.answers(15.1, "c1.1")
    assert scene.one(cmd.EndLeg).leg == "c1.1" and not scene.all(cmd.Bridge)
    scene.tell(15.2, ev.LegEnded(leg="c1.1"))
    scene.until(21)
    assert scene.states(101) == ["ringing", "retry_wait", "idle"]
    scene.answers(22, "c1.2")
    assert scene.one(note.CallAnswered).user == 102


@rule("R-08.9")
def test_an_answer_in_the_instant_of_the_ring_timeout_comes_too_late() -> None:
    scene = Scene(QUEUE)
    scene.arrives(0)
    scene.answers(15, "c1.1")
    assert scene.one(cmd.EndLeg).leg == "c1.1" and scene.legs() == ["c1.2 ringing"]
    assert scene.one(note.LegFinished).answered is False
    over(scene, 16)


@pytest.mark.parametrize("at", [0.0, 0.1, 14.9, 15.0, 15.05, 20.0])
@rule("R-08.21")
def test_a_caller_may_hang_up_at_any_point_of_an_offer(at: float) -> None:
    scene = Scene(QUEUE, obedient=False)
    scene.arrives(0)
    scene.rings(0, "c1.1")
    scene.until(at)
    scene.hangs_up(at)
    for leg in [name.split()[0] for name in scene.legs()]:
        scene.fails(at + 0.2, leg, Cause.ORIGINATOR_CANCEL)
    scene.until(at + 60)
    drained(scene.engine)
    assert len(scene.all(note.CallEnded)) == 1


def test_a_ringing_report_may_come_late_and_often() -> None:
    scene = Scene(QUEUE, obedient=False)
    scene.arrives(0)
    for _ in range(3):
        assert scene.rings(1, "c1.1") == []
    scene.answers(2, "c1.1")
    assert scene.rings(3, "c1.1") == []
    scene.hangs_up(4)
    assert scene.rings(5, "c1.1") == []
    scene.tell(6, ev.LegEnded(leg="c1.1"))
    drained(scene.engine)


def test_both_sides_may_hang_up_in_the_same_instant() -> None:
    for first in ("caller", "member"):
        scene = talking()
        if first == "caller":
            scene.hangs_up(5)
            scene.ends(5, "c1.1")
        else:
            scene.ends(5, "c1.1")
            with pytest.raises(UnknownLeg):
                scene.hangs_up(5)
        drained(scene.engine)
        assert scene.end().party is (Party.CALLER if first == "caller" else Party.MEMBER)


def test_a_hang_up_that_crosses_our_own_is_ignored_while_something_is_open() -> None:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, next: 101}", obedient=False)
    scene.arrives(0)
    scene.tell(1, ev.HangupRequested(call="c1"))
    assert scene.hangs_up(1) == []
    scene.tell(1, ev.PromptEnded(play="c1.p1", reason="stopped"))
    drained(scene.engine)


def test_keys_after_the_end_of_a_call_mean_nothing() -> None:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, keys: {1: 101}}", obedient=False)
    scene.arrives(0)
    scene.hangs_up(1)
    assert scene.presses(1, "1") == []
    scene.tell(2, ev.PromptEnded(play="c1.p1", reason="finished"))
    drained(scene.engine)


# --- chance and outlets -----------------------------------------------------------------------------------------------


@rule("R-25.2", "R-25.3")
def test_draws_depend_on_seed_element_and_count_alone() -> None:
    from engine.state.call import Call

    draws = {Call("c", "", seed=s).draw(e, n) for s in range(20) for e in range(20) for n in range(20)}
    assert len(draws) == 8000
    assert Call("a", "", seed=7).draw(5200, 1) == Call("b", "other", seed=7).draw(5200, 1)


def test_an_outlet_of_ones_own_hears_everything_and_handle_gives_nothing_back() -> None:
    class Counting(Sink):
        """Counts legs."""

        legs = 0

        def place_leg(self, leg: object) -> None:
            self.legs += 1

    out = Counting()
    engine = Engine(flow(QUEUE), out)
    assert engine.handle(T0, ev.DeviceRegistered(user=101)) == []
    assert engine.handle(T0, ev.CallArrived(call="c1", called="5200", origin="api")) == []
    assert out.legs == 1
