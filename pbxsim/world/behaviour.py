"""What people and machines outside do when the engine asks for something.

Decides when a phone is answered, how long a sound lasts, what a caller presses and when patience ends, all by what
`callers.py` and `agents.py` know; puts every moment into the event list. A sink of the engine, which calls nothing of it
from inside one of its own calls. Leaves to `world.py` to let things happen, and to `counting.py` what is counted.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from engine.contract import commands as cmd
from engine.contract.causes import CANCELLED, Cause, Party
from engine.contract.ids import SECOND_US, Duration, Instant, RecordingId
from engine.control.engine import Engine
from engine.state.call import Call
from engine.state.element import Element
from engine.state.flow import Flow
from engine.state.leg import Leg
from pbxsim.scenario.distributions import Distribution
from pbxsim.scenario.scenario import Scenario
from pbxsim.world import event_list as el
from pbxsim.world.agents import ANSWERS, REFUSES, PhoneAnswers
from pbxsim.world.callers import (
    CROWD,
    KEYS,
    MESSAGE,
    NO_MESSAGE,
    OWN,
    PATIENCE,
    THINK,
    WEB_FAILURE,
    WEB_LATENCY,
    Caller,
    KeyPlan,
    Redialling,
)
from pbxsim.world.counting import BUSY, ELSEWHERE, TALKED, Counting
from pbxsim.world.random_streams import NEVER_US

PROMPT_UNKNOWN_US: Final = 3 * SECOND_US
"""Length of a sound that no table names."""

POSITION_US: Final = 4 * SECOND_US
"""Length of an announced position (R-08.17)."""

CAUSE_INDEX: Final = {reason: index for index, reason in enumerate(CANCELLED)}
"""How a leg we cancelled ends, by the reason given."""


class WebRequest:
    """A web server's stub thinks."""

    __slots__ = ("caller", "request", "latency_us", "failure")

    def __init__(self, caller: Caller, request: int, latency_us: Duration, failure: str) -> None:
        self.caller = caller
        self.request = request
        self.latency_us = latency_us
        self.failure = failure


@mypyc_attr(allow_interpreted_subclasses=True)
class Behaviour(Counting):
    """The outside of one replication, around one engine."""

    def __init__(self, flow: Flow, scenario: Scenario, replication: int) -> None:
        super().__init__(flow, scenario)
        self.flow = flow
        self.scenario = scenario
        self.replication = replication
        self.engine = Engine(flow, self)
        self.events = el.make()
        self.soon: list[tuple[int, object, int]] = []
        """Kind, thing and number of what happens at this very instant, in order."""
        self.answers_now: Leg | None = None
        """A leg that is picked up at this very instant, while nothing stands in `soon`; it comes before whatever does then."""
        self.joined: Caller | None = None
        """One who began to wait at this very instant: if nobody answers at once, patience is drawn."""
        self.more_joined: list[Caller] = []
        """Others who did."""
        self.answering = PhoneAnswers(scenario)
        self.redialling = Redialling(scenario)
        self.plans = {number: KeyPlan(number, choice) for number, choice in scenario.keys.items()}
        self.crowd = scenario.patience.crowd
        self.hastened: dict[int, Distribution] = {}
        """Patience under each step of `crowd`, by the code of its column."""
        self.patience = scenario.patience.default
        self.patience_at: dict[int, Distribution] = dict(scenario.patience.queues)
        self.own_patience = any(kind.patience is not None for kind in scenario.callers.values())
        self.plain_patience = not self.own_patience and self.crowd is None
        """Whether the element alone decides how long callers wait."""
        self.numbers = [*flow.elements, 0]
        """Internal numbers by place; outside numbers, which have none, stand last."""
        self.prompt_us = dict(flow.prompt_us)
        self.prompt_us.update({name: round(s * 1e6) for name, s in scenario.prompts.items()})
        self.web = scenario.web
        self.live = 0
        """Calls not over, and callers about to dial again."""

    # --- callers -----------------------------------------------------------------------------------------------------

    def lose_patience(self) -> None:
        """Those who began to wait and were not answered at once: from now on their patience runs out."""
        caller = self.joined
        self.joined = None
        if caller is not None and caller.waits and not caller.over:
            self._lose_patience(caller)
        if self.more_joined:
            more, self.more_joined = self.more_joined, []
            for caller in more:
                if caller.waits and not caller.over:
                    self._lose_patience(caller)

    def _lose_patience(self, caller: Caller) -> None:
        place = caller.waits_at
        if self.plain_patience and caller.talks == 0:
            column = caller.lot.patience_at[place]
            if column is None:
                number = self.numbers[place]
                patience = self.patience_at.get(number, self.patience)
                column = caller.lot.column("patience", PATIENCE + number, patience)
                caller.lot.patience_at[place] = column
            length = column.at(caller.row)
        else:
            length = self._patience_us(caller, self.numbers[place])
        if length < NEVER_US:
            self.events.push(self.at + length, el.GIVES_UP, caller, caller.token)

    def _patience_us(self, caller: Caller, number: int) -> Duration:
        """Patience of one whose class has its own, who meets a crowd, or who has talked before."""
        patience: Distribution | None = None
        code = PATIENCE + number
        if self.own_patience:
            patience = caller.source.kinds[caller.kind].patience
            code = PATIENCE + OWN + caller.kind
        if patience is None:
            patience = self.patience_at.get(number, self.patience)
            code = PATIENCE + number
        if self.crowd is not None:
            step = self.crowd.step(max(0, self.waiting() - 1))
            code += step * CROWD
            hastened = self.hastened.get(code)
            if hastened is None:
                hastened = self.hastened[code] = self.crowd.hastened(patience, step)
            patience = hastened
        return caller.lot.length("patience", code, patience, caller.row, caller.talks)

    def waiting(self) -> int:
        """Callers who wait in queues now, those whose offer rings included."""
        return sum([queue.count for queue in self.engine.tenant.queues.values()])

    def _starts_to_wait(self, caller: Caller, place: int) -> None:
        caller.waits = True
        caller.waited = True
        caller.waits_at = place
        if self.joined is None:
            self.joined = caller
        else:
            self.more_joined.append(caller)

    def _think(self, caller: Caller, element: Element) -> None:
        """A greeting asks: decide what the caller will do, and when."""
        plan = self.plans.get(element.number)
        if plan is None:
            return
        rounds = caller.rounds
        if rounds is None:
            rounds = caller.rounds = {}
        asked = rounds.get(element.number, 0)
        rounds[element.number] = asked + 1
        lot = caller.lot
        choice = plan.choices[lot.choice(plan.keys_name, KEYS + element.number, plan.weights, caller.row, asked)]
        if choice == "none":
            return
        after = lot.length(plan.think_name, THINK + element.number, plan.think, caller.row, asked)
        caller.key_token += 1
        caller.to_press = choice
        self.events.push(self.at + after, el.KEY, caller, caller.key_token)

    def press(self, at: Instant, caller: Caller) -> None:
        """The caller presses the key decided on, or hangs up instead."""
        digits = caller.to_press
        if digits == "hangup":
            self.engine.caller_hung_up(at, caller)
            return
        if len(digits) > 1:
            caller.to_press = digits[1:]
            element = caller.element
            gap_us = self.plans[element.number].gap_us if element is not None and element.number in self.plans else 0
            self.events.push(at + gap_us, el.KEY, caller, caller.key_token)
        self.engine.key(at, caller, digits[0])

    # --- commands ----------------------------------------------------------------------------------------------------

    def place_leg(self, leg: Leg) -> None:
        caller: Caller = leg.call  # type: ignore[assignment]  # every call here is one
        n = caller.offers
        caller.offers = n + 1
        user = leg.user
        answering = self.answering
        if user is None:
            answers = answering.outside
        elif answering.alike:
            answers = answering.default
        else:
            answers = answering.users.get(user.number, answering.default)
        if not caller.waits:
            element = caller.element
            self._starts_to_wait(caller, element.place if element is not None else -1)
        kind = el.PICKS_UP
        if answers.weights:
            outcome = answers.outcome(caller, n)
            if outcome != ANSWERS:
                if outcome != REFUSES:
                    return
                kind = el.REFUSES
        after = answers.delay_us
        if after < 0:
            after = answers.after(caller, n)
        if after == 0:
            if kind == el.PICKS_UP and self.answers_now is None and not self.soon:
                self.answers_now = leg
            else:
                self.soon.append((kind, leg, 0))
        elif after <= leg.ring_us:
            self.events.push(self.at + after, kind, leg, 0)

    def cancel_leg(self, leg: Leg, reason: str) -> None:
        self.soon.append((el.CANCELLED, leg, CAUSE_INDEX[reason]))

    def end_leg(self, leg: Leg, cause: Cause) -> None:
        self.soon.append((el.LEG_OVER, leg, 0))

    def _is_served(self, caller: Caller) -> None:
        caller.waits = False
        caller.talked = True
        caller.token += 1

    def bridge(self, call: Call, leg: Leg) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        self._is_served(caller)
        element = caller.element
        user = leg.user
        talking = self.talking
        member = user.number if user is not None else 0
        if element is not None:
            after = talking.length(caller, element.place, element.number, member)
        else:
            after = talking.length(caller, -1, 0, member)
        kind = el.TALK_OVER
        if talking.by_caller > 0 and talking.caller_ends(caller):
            kind = el.CALLER_DONE
        self.events.push(self.at + after, kind, leg, 0)

    def play(self, call: Call, play: int, prompt: str, leg: Leg | None) -> None:
        if call.talking is not None:  # the announcement before a talk: nobody loses patience any more
            listener: Caller = call  # type: ignore[assignment]  # every call here is one
            self._is_served(listener)
        length_us = self.prompt_us.get(prompt, PROMPT_UNKNOWN_US)
        self.events.push(self.at + length_us, el.PROMPT_OVER, call, play)

    def stop_play(self, call: Call, play: int) -> None:
        self.soon.append((el.PROMPT_STOPPED, call, play))

    def say_position(self, call: Call, play: int, position: int, expected_wait_us: Duration | None) -> None:
        self.events.push(self.at + POSITION_US, el.PROMPT_OVER, call, play)

    def say_phrase(
        self, call: Call, play: int, phrase: cmd.Phrase, numbers: tuple[int, ...], digits: str, language: str
    ) -> None:
        self.events.push(self.at + POSITION_US, el.PROMPT_OVER, call, play)

    def play_message(self, call: Call, play: int, recording: RecordingId) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        length_us = caller.lot.length("message", MESSAGE, self.scenario.voicemail.message, caller.row, play - 1)
        self.events.push(self.at + length_us, el.PROMPT_OVER, call, play)

    def open_mailbox(self, call: Call, request: int, box: int, language: str) -> None:
        """A user knows their PIN, and all messages left since the beginning are new."""
        self.events.push(self.at + POSITION_US, el.MAILBOX, call, request)

    def collect_keys(self, call: Call, element: Element, keys: str, max_digits: int) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        self._think(caller, element)

    def start_recording(
        self, call: Call, recording: int, max_us: Duration, silence_us: Duration | None, both: bool
    ) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        caller.recording_from = self.at
        if both:
            return
        caller.waits = False
        caller.token += 1
        voicemail = self.scenario.voicemail
        lot = caller.lot
        silent = voicemail.no_message
        if silent and lot.choice("no message", NO_MESSAGE, (silent, 1 - silent), caller.row, recording - 1) == 0:
            self.events.push(self.at + SECOND_US, el.SPOKEN, caller, recording)
            return
        length_us = lot.length("message", MESSAGE, voicemail.message, caller.row, recording - 1)
        if length_us > max_us:
            self.events.push(self.at + max_us, el.RECORDING_FULL, caller, recording)
        else:
            self.events.push(self.at + length_us, el.SPOKEN, caller, recording)

    def stop_recording(self, call: Call, recording: int) -> None:
        self.soon.append((el.RECORDING_STOPPED, call, recording))

    def ask_web_server(self, call: Call, request: int, url: str, body: str, timeout_us: Duration) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        web = self.web
        latency_us = caller.lot.length("web latency", WEB_LATENCY, web.latency, caller.row, request - 1)
        failure = ""
        if (
            web.failure
            and caller.lot.choice("web failure", WEB_FAILURE, (web.failure, 1 - web.failure), caller.row, request - 1)
            == 0
        ):
            failure = "refused"
        if latency_us > timeout_us:
            latency_us, failure = timeout_us, "timeout"
        self.events.push(self.at + latency_us, el.WEB, WebRequest(caller, request, latency_us, failure), 0)

    def send_message(self, command: cmd.SendMessage) -> None:
        self.soon.append((el.MESSAGE, self.engine.tenant.calls[command.call], 0))

    # --- what the engine reports -------------------------------------------------------------------------------------

    def call_started(self, call: Call) -> None:
        self.live += 1
        self.started += 1

    def play_music(self, call: Call, prompt: str) -> None:
        """The first music at a queue is the sign that the call has begun to wait there."""
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        element = caller.element
        if caller.tallied == caller.entries or element is None:
            return
        row = self.tally_rows[element.place]
        if row is None:
            return
        caller.tallied = caller.entries
        tally = self.tally_in(row)
        tally.offered += 1
        caller.tally = tally
        self.stay_moves(element.number, 1)
        if not caller.waits:
            self._starts_to_wait(caller, element.place)

    def offer_missed(self, call: Call, queue: int, leg: Leg, cause: Cause, ring_us: Duration) -> None:
        if leg.seat is not None and leg.seat.queue.settings.auto_pause:
            self.soon.append((el.LOOK_AT_PAUSE, leg, 0))

    def call_ended(self, call: Call, cause: Cause, party: Party, rule: str) -> None:
        caller: Caller = call  # type: ignore[assignment]  # every call here is one
        self.live -= 1
        if call.talk_recording:
            self.soon.append((el.RECORDING_STOPPED, call, call.talk_recording))
        outcome = self.count_call(caller, cause, party)
        redialling = self.redialling
        if not redialling.ever or outcome == ELSEWHERE:
            return
        if outcome == TALKED:
            delay = redialling.delay(caller, redialling.after_talk, "again after talk", 0)
        elif outcome == BUSY:
            delay = redialling.delay(caller, redialling.after_busy, "again after busy", 1)
        else:
            delay = redialling.delay(caller, redialling.after_abandon, "again after abandoning", 2)
        if delay >= 0 and self.at + delay < self.end:
            self.live += 1
            self.events.push(self.at + delay, el.REDIAL, caller, 0)
