"""What a planned caller does, and those who are rung for the call: each decision of the plan at its moment.

Decides when patience begins, which of the planned decisions is the next one, and what is void because the call has moved on, as
`pbxsim/world/behaviour.py` does in the simulation: the two must agree. Leaves the doing to `conductor.py`.
"""

from __future__ import annotations

from typing import Final, Protocol

from engine.contract import commands as cmd
from engine.contract import notes as note
from engine.contract.ids import SECOND_US, CallId, Duration, Instant, LegId, RecordingId
from engine.records.rehearsal import Keys, PlannedCall, Ring, Talk, WebAnswer
from live_bridge.rehearsal.telephones import PhoneLine

UNPLANNED_PATIENCE_US: Final = 600 * SECOND_US
UNPLANNED_TALK: Final = Talk(length_us=60 * SECOND_US, ends="caller")
UNPLANNED_MESSAGE_US: Final = 5 * SECOND_US
"""What people do where the simulation never asked them, as the bridge went another way."""


class Stagehand(Protocol):
    """Who lets things happen; the conductor."""

    def later(self, after_us: Duration, act: object, *facts: object) -> None:
        """Call `act(*facts)` after so much time of the rehearsal."""

    def press(self, caller: Caller, key: str) -> None:
        """The caller presses a key."""

    def caller_hangs_up(self, caller: Caller) -> None:
        """The caller ends the call."""

    def far_hangs_up(self, leg: RungLeg) -> None:
        """Whoever was rung ends the call."""

    def message_over(self, caller: Caller, recording: RecordingId, length_us: Duration) -> None:
        """The caller has spoken for so long, and hangs up."""

    def talk_over(self, caller: Caller, leg: RungLeg, ends: str) -> None:
        """A talk ends."""


class RungLeg:
    """One leg of a call: who was to be rung, what they do, and their line once it rings."""

    def __init__(self, id: LegId, caller: Caller, ring: Ring, at: Instant, target: str) -> None:
        self.id = id
        self.caller = caller
        self.ring = ring
        self.at = at
        self.target = target
        self.line: PhoneLine | None = None
        self.over = False


class Caller:
    """One planned call, while it is played."""

    def __init__(self, plan: PlannedCall, hand: Stagehand) -> None:
        self.plan = plan
        self.call: CallId = ""
        """Its id on the bridge, once it has arrived there."""
        self.line: PhoneLine | None = None
        self.legs: dict[LegId, RungLeg] = {}
        self.recordings: dict[RecordingId, tuple[Instant, bool]] = {}
        """Recordings under way: when they began, and whether both sides are recorded."""
        self.over = False
        self._hand = hand
        self._asked: dict[int, int] = {}
        self._rings = self._waits = self._talks = self._messages = self._asks = 0
        """How many decisions of each kind were taken."""
        self._in_queue = False
        self._tallied = False
        self._waiting = False
        self._token = 0
        self._key_token = 0
        self._collecting = False
        self._met = False
        """Somebody has answered, and nobody is bridged yet."""

    # --- what the bridge does with the call ---------------------------------------------------------------------------

    def hear(self, at: Instant, message: object) -> bool:
        """A command or note about this call; whether it begins to wait by that."""
        match message:
            case note.ElementEntered():
                self._in_queue = message.kind == "queue"
                self._tallied = False
                self._met = False
            case note.CallAnswered():
                self._met = True
            case cmd.PlayMusic(leg=None) if self._in_queue and not self._tallied:
                self._tallied = True
                return self._begins_to_wait()
            case cmd.PlayPrompt() if self._met:
                self._is_served()
            case cmd.CollectKeys():
                self._collecting = True
                self._think(message.element)
            case cmd.StopCollecting():
                self._collecting = False
            case cmd.StartRecording():
                self.recordings[message.recording] = (at, message.both)
                if not message.both:
                    self._is_served()
                    self._speak(message)
        return False

    def _begins_to_wait(self) -> bool:
        begins = not self._waiting
        self._waiting = True
        return begins

    def _is_served(self) -> None:
        self._waiting = False
        self._token += 1

    def loses_patience(self) -> None:
        """Those who began to wait and were not answered at once: from now on patience runs out."""
        if not self._waiting or self.over:
            return
        planned = self.plan.patience_us
        patience = planned[self._waits] if self._waits < len(planned) else UNPLANNED_PATIENCE_US
        self._waits += 1
        if patience is not None:
            self._hand.later(patience, self._gives_up, self._token)

    def _gives_up(self, token: int) -> None:
        if token == self._token and not self.over:
            self._hand.caller_hangs_up(self)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _think(self, element: int) -> None:
        asked = self._asked.get(element, 0)
        self._asked[element] = asked + 1
        told = [keys for keys in self.plan.keys if keys.element == element]
        if asked >= len(told) or not told[asked].keys:
            return
        self._key_token += 1
        self._hand.later(told[asked].after_us, self._press, told[asked], 0, self._key_token)

    def _press(self, told: Keys, place: int, token: int) -> None:
        if token != self._key_token or not self._collecting or self.over:
            return
        if told.keys == "hangup":
            self._hand.caller_hangs_up(self)
            return
        if place + 1 < len(told.keys):
            self._hand.later(told.gap_us, self._press, told, place + 1, token)
        self._hand.press(self, told.keys[place])

    # --- those who are rung -------------------------------------------------------------------------------------------

    def place(self, at: Instant, command: cmd.PlaceLeg) -> tuple[RungLeg, bool]:
        """The bridge rings somebody for the call: what they will do, and whether the caller begins to wait by that."""
        target = command.target
        name = (
            str(target.user)
            if isinstance(target, cmd.Devices)
            else getattr(target, "number", getattr(target, "uri", ""))
        )
        planned = self.plan.rings
        ring = planned[self._rings] if self._rings < len(planned) else Ring(target=name)
        self._rings += 1
        leg = self.legs[command.leg] = RungLeg(command.leg, self, ring, at, name)
        return leg, self._begins_to_wait()

    def bridged(self, leg: RungLeg) -> None:
        """The two talk."""
        self._is_served()
        self._met = False
        planned = self.plan.talks
        talk = planned[self._talks] if self._talks < len(planned) else UNPLANNED_TALK
        self._talks += 1
        self._hand.later(talk.length_us, self._hand.talk_over, self, leg, talk.ends)

    # --- messages and servers -----------------------------------------------------------------------------------------

    def _speak(self, command: cmd.StartRecording) -> None:
        planned = self.plan.messages_us
        length = planned[self._messages] if self._messages < len(planned) else UNPLANNED_MESSAGE_US
        self._messages += 1
        self._hand.later(length, self._hand.message_over, self, command.recording, length)

    def web_answer(self) -> WebAnswer:
        """What the customer's server says to the next request for this call."""
        planned = self.plan.web
        answer = planned[self._asks] if self._asks < len(planned) else WebAnswer(latency_us=0, failure="refused")
        self._asks += 1
        return answer

    def customer(self, leg: RungLeg) -> RungLeg | None:
        """The leg beside `leg` that stands for a caller who was called back (R-08.19)."""
        others = [one for one in self.legs.values() if one is not leg and one.line is not None and not one.over]
        return next((one for one in others if one.line is not None and one.line.state == "up"), None)

    def near_line(self) -> PhoneLine | None:
        """The line on which the caller speaks: their own call, or the leg on which they were called back."""
        if self.line is not None and self.line.state == "up":
            return self.line
        return next((leg.line for leg in self.legs.values() if leg.line is not None and leg.line.state == "up"), None)
