"""The live driver's side of the contract: every started thing ends exactly once, and one call's fault stays its own.

The engine here is a script that says what each test wants said; SIP, media and threads are the real ones.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.contract.ids import CallId, Duration, Instant, seconds
from engine.state.flow import Flow
from engine.state.sink import Stamped
from live_bridge.calls import driver
from live_bridge.calls.clock import Clock
from live_bridge.calls.command_executor import Done
from live_bridge.calls.media_player import Player
from live_bridge.media.session import Address
from tests.live_bridge.live import OPERATOR, WAIT_S, Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Phone, field, status

SPB = "78121234567"

Answer = Callable[[ev.Event], list[cmd.Command]]


class Script:
    """An engine that answers events by a table of functions, and remembers what it heard."""

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = answers
        self.heard: list[ev.Event] = []
        self.deadline: Instant | None = None
        self.call = ""

    def handle(self, at: Instant, event: ev.Event) -> list[Stamped]:
        self.heard.append(event)
        if isinstance(event, ev.CallArrived):
            self.call = event.call
        if isinstance(event, ev.Advance) and self.deadline is not None and self.deadline <= at:
            self.deadline = None
        answer = self.answers.get(type(event).__name__)
        return [] if answer is None else [(at, command) for command in answer(event)]

    def next_deadline(self) -> Instant | None:
        return self.deadline

    def prompt_length(self, call: CallId, prompt: str) -> Duration | None:
        return None

    def held(self) -> None:
        """A script cannot say."""

    def collects(self, event: ev.DigitPressed) -> bool:
        """A script asks for every key."""
        return True

    def know(self, flow: Flow) -> None:
        """A script is of no version."""

    def endings(self) -> Counter[str]:
        """How often each started thing ended."""
        names: list[str] = []
        for event in self.heard:
            if isinstance(event, ev.LegFailed | ev.LegEnded):
                names.append(event.leg)
            elif isinstance(event, ev.PromptEnded):
                names.append(event.play)
            elif isinstance(event, ev.RecordingEnded):
                names.append(event.recording)
            elif isinstance(event, ev.WebServerAnswered | ev.WebServerFailed):
                names.append(event.request)
            elif isinstance(event, ev.MessageSent | ev.MessageFailed):
                names.append(event.message)
        return Counter(names)


MakePhone = Callable[..., Phone]
StartLive = Callable[..., Live]


def everything(call: str) -> list[cmd.Command]:
    """One of each thing a call can start."""
    return [
        cmd.Answer(call=call),
        cmd.PlayMusic(call=call, prompt="music.wav"),
        cmd.PlayPrompt(call=call, play=f"{call}.p1", prompt="welcome.wav"),
        cmd.StartRecording(call=call, recording=f"{call}.r1", max_us=seconds(60)),
        cmd.PlaceLeg(
            leg=f"{call}.1", call=call, target=cmd.Devices(user=103), ring_timeout_us=seconds(30), caller="8495"
        ),
        cmd.PlaceLeg(leg=f"{call}.2", call=call, target=cmd.Devices(user=106), ring_timeout_us=seconds(30)),
        cmd.AskWebServer(call=call, request=f"{call}.q1", url="https://example.org", body="{}", timeout_us=seconds(5)),
        cmd.SendMessage(call=call, message=f"{call}.m1", kind="lead", recipients=("a@example.org",)),
    ]


def names(call: str) -> set[str]:
    return {f"{call}.{name}" for name in ("p1", "r1", "1", "2", "q1", "m1")}


@pytest.mark.parametrize("end", ["caller hangs up", "engine ends the call"])
def test_everything_started_ends_once_when_the_call_ends(end: str, start_live: StartLive, phones: MakePhone) -> None:
    def finish(event: ev.Event) -> list[cmd.Command]:
        call = script.call
        return [
            cmd.CancelLeg(leg=f"{call}.1", reason="caller_left"),
            *([cmd.EndCall(call=call, cause=Cause.NORMAL_CLEARING)] if isinstance(event, ev.HangupRequested) else []),
        ]

    script = Script(
        CallArrived=lambda e: everything(e.call),  # type: ignore[attr-defined]
        CallerHungUp=finish,
        HangupRequested=finish,
    )
    live = start_live(script)
    phone = phones("103", live)
    phone.on_invite = [(0.0, 180)]
    phone.register(password(103))
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    live.wait_event(ev.LegRinging)
    if end == "caller hangs up":
        operator.hang_up(dialog)
    else:
        live.driver.submit(ev.HangupRequested(call=script.call))
        assert "cause=16" in field(operator.wait(lambda m: m.startswith("BYE")), "Reason")
    live.wait_idle()
    assert live.wait_until(lambda: set(script.endings()) == names(script.call))
    assert script.endings() == Counter(dict.fromkeys(names(script.call), 1))
    failed = {e.leg: e.cause for e in script.heard if isinstance(e, ev.LegFailed)}
    assert failed == {f"{script.call}.1": Cause.ORIGINATOR_CANCEL, f"{script.call}.2": Cause.SUBSCRIBER_ABSENT}
    phone.wait(lambda m: m.startswith("CANCEL"))


def test_commands_for_a_call_that_is_gone_still_end_once(start_live: StartLive, phones: MakePhone) -> None:
    script = Script(
        CallArrived=lambda e: [cmd.Answer(call=e.call)],  # type: ignore[attr-defined]
        CallerHungUp=lambda e: everything(e.call),  # type: ignore[attr-defined]
    )
    live = start_live(script)
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, _ = operator.call(SPB)
    live.wait_event(ev.CallArrived)
    operator.hang_up(dialog)
    live.wait_idle()
    assert live.wait_until(lambda: set(script.endings()) == names(script.call))
    assert script.endings() == Counter(dict.fromkeys(names(script.call), 1))


def test_prompt_ends_after_its_length_in_the_table(start_live: StartLive, phones: MakePhone) -> None:
    script = Script(
        CallArrived=lambda e: [  # type: ignore[attr-defined]
            cmd.Answer(call=e.call), cmd.PlayPrompt(call=e.call, play=f"{e.call}.p1", prompt="welcome.wav"),
        ],
    )  # fmt: skip
    live = start_live(script, parts={"prompt_length": lambda call, prompt: seconds(0.3)})
    phones("84955551000", live, port=OPERATOR).call(SPB)
    assert live.wait_event(ev.PromptEnded) == ev.PromptEnded(play=f"{script.call}.p1", reason="finished")
    began = next(at for at, event in live.journal if isinstance(event, ev.CallArrived))
    ended = next(at for at, event in live.journal if isinstance(event, ev.PromptEnded))
    assert ended - began >= seconds(0.3)


def test_stopped_prompt_ends_once_and_a_missing_one_fails(start_live: StartLive, phones: MakePhone) -> None:
    script = Script(
        CallArrived=lambda e: [  # type: ignore[attr-defined]
            cmd.Answer(call=e.call),
            cmd.PlayPrompt(call=e.call, play=f"{e.call}.p1", prompt="welcome.wav"),
            cmd.StopPrompt(call=e.call, play=f"{e.call}.p1"),
            cmd.StopPrompt(call=e.call, play=f"{e.call}.p1"),
            cmd.PlayPrompt(call=e.call, play=f"{e.call}.p2", prompt="no such sound.wav"),
            cmd.PlayPrompt(call=e.call, play=f"{e.call}.p3", prompt="welcome.wav"),
            cmd.PlayPrompt(call=e.call, play=f"{e.call}.p4", prompt="closed.wav"),
        ],
    )
    live = start_live(script)
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, _ = operator.call(SPB)
    operator.hang_up(dialog)
    live.wait_idle()
    ended = [(e.play.rpartition(".")[2], e.reason) for e in script.heard if isinstance(e, ev.PromptEnded)]
    assert sorted(ended) == [("p1", "stopped"), ("p2", "failed"), ("p3", "stopped"), ("p4", "stopped")]


def test_recording_ends_by_its_limit_with_what_was_said(start_live: StartLive, phones: MakePhone) -> None:
    script = Script(
        CallArrived=lambda e: [  # type: ignore[attr-defined]
            cmd.Answer(call=e.call), cmd.StartRecording(call=e.call, recording=f"{e.call}.r1", max_us=seconds(1)),
        ],
    )  # fmt: skip
    live = start_live(script)
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, answer = operator.call(SPB)
    operator.media.say(tone(500, 1.5), Address("127.0.0.1", int(answer.split("m=audio ")[1].split()[0])))
    ended = live.wait_event(ev.RecordingEnded)
    assert isinstance(ended, ev.RecordingEnded) and ended.reason == "limit"
    assert ended.length_us > seconds(0.5)
    operator.hang_up(dialog)


def test_web_server_and_mail_may_answer_from_another_thread_and_only_once(
    start_live: StartLive, phones: MakePhone
) -> None:
    def ask(command: cmd.AskWebServer, done: Done) -> None:
        for _ in range(3):
            threading.Thread(
                target=done, args=(ev.WebServerAnswered(request=command.request, status=200, body="", latency_us=1),)
            ).start()

    script = Script(
        CallArrived=lambda e: [  # type: ignore[attr-defined]
            cmd.Answer(call=e.call),
            cmd.AskWebServer(call=e.call, request=f"{e.call}.q1", url="https://example.org", body="{}", timeout_us=1),
        ],
    )
    live = start_live(script, parts={"ask": ask})
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, _ = operator.call(SPB)
    live.wait_event(ev.WebServerAnswered)
    operator.hang_up(dialog)
    live.wait_idle()
    assert script.endings()[f"{script.call}.q1"] == 1


def test_command_that_breaks_ends_its_call_and_no_other(
    start_live: StartLive, phones: MakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Player._start_play

    def fragile(self: Player, call: str, play: str, *rest: Any) -> None:
        if self._calls[call].invitation.caller == "84950000001":
            raise RuntimeError("on purpose")
        whole(self, call, play, *rest)

    monkeypatch.setattr(Player, "_start_play", fragile)
    script = Script(
        CallArrived=lambda e: [  # type: ignore[attr-defined]
            cmd.Answer(call=e.call), cmd.PlayPrompt(call=e.call, play=f"{e.call}.p1", prompt="welcome.wav"),
        ],
    )  # fmt: skip
    live = start_live(script)
    operator = phones("84955551000", live, port=OPERATOR)
    good, answer = operator.call(SPB)
    assert status(answer) == 200
    bad, _ = operator.call(SPB, caller="84950000001")
    bye = operator.wait(lambda m: m.startswith("BYE"))
    assert field(bye, "Call-ID") == bad.call_id and "cause=44" in field(bye, "Reason")
    live.wait_event(ev.CallerHungUp)
    heard = [e for e in script.heard if isinstance(e, ev.CallerHungUp)]
    assert [e.cause for e in heard] == [Cause.REQUESTED_CHAN_UNAVAIL]
    assert script.endings()[f"{heard[0].call}.p1"] == 1
    assert live.driver.calls_in_progress() == 1
    assert status(operator.hang_up(good)) == 200


def test_engine_that_breaks_is_rebuilt_and_the_call_falls_back(start_live: StartLive, phones: MakePhone) -> None:
    def fall(event: ev.Event) -> list[cmd.Command]:
        raise AssertionError("an invariant fell, on purpose")

    second = Script()
    first = Script(
        CallArrived=lambda e: [cmd.Answer(call=e.call)],  # type: ignore[attr-defined]
        DigitPressed=fall,
    )
    live = start_live(first, parts={"rebuild": lambda: second})
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, _ = operator.call(SPB)
    operator.request(dialog, "INFO", "5", kind="application/dtmf")
    operator.wait(lambda m: m.startswith("BYE"))
    live.wait_event(ev.CallerHungUp)
    assert [type(e).__name__ for e in second.heard] == ["CallerHungUp"]
    assert not any(isinstance(e, ev.DigitPressed) for _, e in live.journal), "the faulty event is not in the journal"
    assert live.driver.sizes()["faults"] == 1


def test_journal_is_written_before_the_effect(start_live: StartLive, phones: MakePhone) -> None:
    order: list[str] = []
    script = Script(CallArrived=lambda e: [cmd.Answer(call=e.call)])  # type: ignore[attr-defined]
    live = start_live(script)
    whole = live.take_event

    def take(at: Instant, event: ev.Event) -> None:
        if isinstance(event, ev.CallArrived):
            answered = [m for m in operator.messages if status(m) == 200]
            order.append(f"journal with {len(answered)} answers")
        whole(at, event)

    live.take_event = take  # type: ignore[method-assign]
    operator = phones("84955551000", live, port=OPERATOR)
    operator.call(SPB)
    assert order == ["journal with 0 answers"]


def test_deadline_wakes_the_engine_and_is_not_journalled(start_live: StartLive) -> None:
    woken = threading.Event()

    def wake(event: ev.Event) -> list[cmd.Command]:
        woken.set()
        return []

    def set_deadline(event: ev.Event) -> list[cmd.Command]:
        script.deadline = live.driver.clock.now() + seconds(0.2)
        return []

    script = Script(MemberPaused=set_deadline, Advance=wake)
    live = start_live(script)
    live.driver.submit(ev.MemberPaused(user=100))
    assert woken.wait(WAIT_S)
    assert [type(e).__name__ for _, e in live.journal] == ["MemberPaused"]


def test_instants_of_the_journal_never_go_back(start_live: StartLive) -> None:
    live = start_live(Script())
    for number in range(200):
        live.driver.submit(ev.MemberPaused(user=100, reason=str(number)))
    assert live.wait_until(lambda: len(live.journal) == 200)
    assert [event.reason for _, event in live.journal] == [str(n) for n in range(200)]  # type: ignore[attr-defined]
    instants = [at for at, _ in live.journal]
    assert instants == sorted(instants)


def test_clock_is_anchored_once_and_clamps() -> None:
    ticks = [0, 1_000, 9_000_000, 4_000_000, 9_001_000]
    clock = Clock(monotonic_ns=lambda: ticks.pop(0), utc_ns=lambda: 10**18)
    assert [clock.now() for _ in range(4)] == [10**15 + 1, 10**15 + 9000, 10**15 + 9000, 10**15 + 9001]
    ticks += [9_001_000, 9_003_000]
    later = 10**15 + 3_000_000
    clock.not_before(later)
    assert clock.now() == later + 1, "time goes on from there"


def test_draining_takes_no_new_calls_and_waits_for_the_last(start_live: StartLive, phones: MakePhone) -> None:
    script = Script(CallArrived=lambda e: [cmd.Answer(call=e.call)])  # type: ignore[attr-defined]
    live = start_live(script)
    operator = phones("84955551000", live, port=OPERATOR)
    dialog, _ = operator.call(SPB)
    live.wait_event(ev.CallArrived)
    assert live.driver.drain(0.2) is False
    _, answer = operator.call(SPB)
    assert status(answer) == 503 and field(answer, "Retry-After")
    operator.hang_up(dialog)
    assert live.driver.drain(3.0) is True


def test_stopping_hangs_up_what_is_left_and_waits_no_longer_than_for_the_answer(
    start_live: StartLive, phones: MakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "LAST_WORDS_S", 3600.0)
    script = Script(
        CallArrived=lambda e: [cmd.Answer(call=e.call)],  # type: ignore[attr-defined]
        HangupRequested=lambda e: [cmd.EndCall(call=e.call, cause=Cause.NORMAL_CLEARING)],  # type: ignore[attr-defined]
    )
    live = start_live(script)
    operator = phones("84955551000", live, port=OPERATOR)
    operator.call(SPB)
    live.wait_event(ev.CallArrived)
    live.driver.stop()
    operator.wait(lambda m: m.startswith("BYE"))
    with pytest.raises(RuntimeError, match="not running"):
        live.driver.submit(ev.Advance())


def test_taken_port_is_a_clear_error(start_live: StartLive, bridge: Live, live_media: Any) -> None:
    from live_bridge.calls.driver import Driver
    from tests.live_bridge import live as lives

    second = Driver(Script(), lives.settings(bridge.port, trunk_port=OPERATOR), live_media)
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {bridge.port}"):
        second.start()
