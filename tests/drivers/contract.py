"""What every world around the engine must hold to: each thing started ends exactly once, whatever people do and when.

A world joins by a `Driver`: `play` runs one document with people who do as `Doing` says, until nothing is left, and hands
back a `Record`. `DriverContract` is the suite; a test module subclasses it and names its driver. Leaves to the golden traces
and the rule tests what the engine ought to say.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter

import msgspec
import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Instant, seconds
from engine.control.engine import Engine
from engine.state.sink import Stamped
from tests.harness import drained, pbx_text, rule

MOBILE = "89161234567"


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What people do during one call that comes in on the trunk. Lengths in seconds."""

    answers_s: dict[int, float | None] = {}
    """Users with a phone, and after how long they pick up; None lets it ring. Others have no phone."""
    rejects: tuple[int, ...] = ()
    """Users with a phone who reject the call."""
    outside_s: float | None = None
    """After how long outside numbers pick up; None lets them ring."""
    key: str = ""
    """The key pressed at a menu."""
    key_after_s: float = 1.0
    talk_s: float = 5.0
    message_s: float = 6.0
    hangs_up_at_s: float | None = None
    """The caller hangs up this long after arriving, if still there and in whatever state."""
    trunk_down: bool = False


class Record(msgspec.Struct, kw_only=True):
    """One play: everything the engine said, what it was told if the driver keeps that, and the engine at the end."""

    said: list[Stamped]
    told: list[tuple[Instant, ev.Event]] | None
    engine: Engine


class Driver(ABC):
    """A world under test."""

    @abstractmethod
    def play(self, document: str, doing: Doing) -> Record:
        """Run one call to the moment nothing of it is left."""


# --- what must hold of every record -----------------------------------------------------------------------------------


def hold(record: Record) -> None:
    """Raises AssertionError where a record breaks the contract of `engine/contract/commands.py` and
    `engine/contract/events.py`."""
    drained(record.engine)
    instants = [at for at, _ in record.said]
    assert instants == sorted(instants), "what was said goes back in time"
    messages = [message for _, message in record.said]
    for started, ended, name in (
        (note.LegStarted, note.LegFinished, "leg"),
        (note.CallStarted, note.CallEnded, "call"),
    ):
        begun = Counter(getattr(m, name) for m in messages if isinstance(m, started))
        over = Counter(getattr(m, name) for m in messages if isinstance(m, ended))
        assert begun == over and set(begun.values()) <= {1}, f"{name}s begun {begun}, over {over}"
    _nothing_after_the_end(messages)
    if record.told is not None:
        _endings(messages, record.told)


def _nothing_after_the_end(messages: list[object]) -> None:
    gone: set[str] = set()
    for message in messages:
        if isinstance(message, cmd.Command) and getattr(message, "call", None) in gone:
            assert isinstance(message, cmd.SendMessage), f"{message} after the end of its call"
        if isinstance(message, note.CallEnded):
            gone.add(message.call)


def _endings(messages: list[object], told: list[tuple[Instant, ev.Event]]) -> None:
    instants = [at for at, _ in told]
    assert instants == sorted(instants), "the driver's clock went back"
    events = [event for _, event in told]
    for starts, ends, name in (
        (cmd.PlaceLeg, (ev.LegAnswered, ev.LegFailed), "leg"),
        ((cmd.PlayPrompt, cmd.SayPosition, cmd.SayPhrase, cmd.PlayMessage), (ev.PromptEnded,), "play"),
        (cmd.StartRecording, (ev.RecordingEnded,), "recording"),
        (cmd.AskWebServer, (ev.WebServerAnswered, ev.WebServerFailed), "request"),
        (cmd.OpenMailbox, (ev.MailboxOpened, ev.MailboxRefused), "request"),
        (cmd.SendMessage, (ev.MessageSent, ev.MessageFailed), "message"),
    ):
        started = Counter(getattr(m, name) for m in messages if isinstance(m, starts))
        ended = Counter(getattr(e, name) for e in events if isinstance(e, ends))
        assert started == ended and set(started.values()) <= {1}, f"{name}: started {started}, ended {ended}"
    answered = Counter(e.leg for e in events if isinstance(e, ev.LegAnswered))
    over = Counter(e.leg for e in events if isinstance(e, ev.LegEnded))
    assert answered == over, f"answered {answered}, over {over}"
    assert not any(isinstance(e, ev.Advance) for e in events), "wake-ups are not told as events"


# --- the suite --------------------------------------------------------------------------------------------------------

MENU = """
5000: {kind: greeting, prompt: welcome.wav, keys: {1: 5200, 2: 5300, 3: 5120, 4: 101}, no_input: hangup, invalid: hangup}
5200: {kind: queue, strategy: linear, members: [101, 102], max_wait: 40, timeout: 5120, wrap_up: 3, ring: 10}
5300: {kind: group, members: [101, 102, "89161234567"], no_answer: 5120}
5120: {kind: voicemail, prompt: leave.wav, recipients: [office@example.org]}
"""
DOCUMENT = pbx_text(MENU, '101: {no_answer: "89161234567", ring: 10}\n102: {}')
BOTH = {101: 2.0, 102: 2.0}
POINTS = [0.0, 0.5, 1.0, 1.5, 3.0, 3.5, 4.0, 5.5, 9.0, 11.0, 13.0, 21.0, 26.0]
"""Seconds at which a caller hangs up: in the greeting, as the key is pressed, while it rings, as it is answered, in talk, as
a ring is cut, between two offers, in the mailbox's prompt, while speaking, when nearly over."""


def answered_by(record: Record) -> list[int | str | None]:
    """Who picked up, in order."""
    return [m.user or m.number for _, m in record.said if isinstance(m, note.CallAnswered)]


def ended(record: Record) -> note.CallEnded:
    """How the call ended."""
    [end] = [m for _, m in record.said if isinstance(m, note.CallEnded)]
    return end


class DriverContract:
    """The suite. A subclass gives `driver`."""

    @pytest.fixture
    def driver(self) -> Driver:
        """The world under test."""
        raise NotImplementedError

    def run(self, driver: Driver, **doing: object) -> Record:
        """One play that holds the contract."""
        record = driver.play(DOCUMENT, Doing(**doing))  # type: ignore[arg-type]
        hold(record)
        return record

    @rule("R-25.2")
    def test_a_call_is_answered_talked_and_over(self, driver: Driver) -> None:
        record = self.run(driver, key="1", answers_s=BOTH)
        assert answered_by(record) == [101] and ended(record).talk_us == seconds(5)

    def test_a_phone_nobody_picks_up_is_cancelled_and_the_next_one_rings(self, driver: Driver) -> None:
        record = self.run(driver, key="1", answers_s={101: None, 102: 2.0})
        assert answered_by(record) == [102]
        assert [m.reason for _, m in record.said if isinstance(m, cmd.CancelLeg)] == ["timeout"]

    def test_a_phone_that_rejects_fails_its_leg(self, driver: Driver) -> None:
        record = self.run(driver, key="1", answers_s={102: 2.0}, rejects=(101,))
        assert answered_by(record) == [102]
        assert Cause.CALL_REJECTED in [m.cause for _, m in record.said if isinstance(m, note.LegFinished)]

    def test_a_group_s_losers_are_cancelled(self, driver: Driver) -> None:
        record = self.run(driver, key="2", answers_s={101: 5.0, 102: 3.0})
        assert answered_by(record) == [102]
        reasons = [m.reason for _, m in record.said if isinstance(m, cmd.CancelLeg)]
        assert reasons == ["answered_elsewhere", "answered_elsewhere"]

    def test_two_phones_picked_up_in_the_same_instant_give_one_talk(self, driver: Driver) -> None:
        """R-07.5: the one placed first wins; the other's answer crosses our cancel or never comes."""
        record = self.run(driver, key="2", answers_s={101: 3.0, 102: 3.0}, outside_s=3.0)
        assert answered_by(record) == [101]

    def test_a_phone_picked_up_as_its_ring_ends_gives_at_most_one_talk(self, driver: Driver) -> None:
        record = self.run(driver, key="1", answers_s={101: 10.0, 102: 10.0})
        assert len(answered_by(record)) <= 1

    def test_a_mobile_after_the_desk_phone(self, driver: Driver) -> None:
        record = self.run(driver, key="4", answers_s={101: None}, outside_s=3.0)
        assert answered_by(record) == [MOBILE]

    def test_a_trunk_that_is_down_ends_in_an_event_and_not_in_an_error(self, driver: Driver) -> None:
        record = self.run(driver, trunk_down=True)
        assert (ended(record).cause, ended(record).party) == (Cause.REQUESTED_CHAN_UNAVAIL, Party.US)

    def test_a_voice_message_is_recorded_and_sent(self, driver: Driver) -> None:
        record = self.run(driver, key="3")
        [left] = [m for _, m in record.said if isinstance(m, note.MessageLeft)]
        assert abs(left.length_us - seconds(6)) <= seconds(0.5)
        assert [m.recording for _, m in record.said if isinstance(m, cmd.SendMessage)] == [left.recording]

    def test_silence_at_a_menu_ends_every_sound(self, driver: Driver) -> None:
        record = self.run(driver)
        assert len([m for _, m in record.said if isinstance(m, cmd.PlayPrompt)]) == 3

    def test_nobody_there_and_a_message_in_the_end(self, driver: Driver) -> None:
        record = self.run(driver, key="1", answers_s={101: None, 102: None})
        assert [m.output for _, m in record.said if isinstance(m, note.CallLeftQueue)] == ["timeout"]

    @pytest.mark.parametrize("at_s", POINTS)
    @pytest.mark.parametrize("key", ["", "1", "2", "3", "4"])
    def test_the_caller_may_hang_up_at_every_point(self, driver: Driver, key: str, at_s: float) -> None:
        answers = {101: None, 102: 2.0} if key in ("1", "4") else {101: 2.0, 102: None}
        self.run(driver, key=key, answers_s=answers, outside_s=2.0, hangs_up_at_s=at_s, talk_s=10.0)
