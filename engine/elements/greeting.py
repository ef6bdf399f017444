"""Voice greeting (R-05): plays a sound; with keys, it asks for one up to three times; it may take an extension.

Without keys the sound plays once and the call leaves by `next`. With keys a round is one playing of the sound and the wait
after it. Decides what a key means; leaves the sound and the hearing of keys to the world.
"""

from __future__ import annotations

from typing import ClassVar

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.ids import Instant, seconds
from engine.document.card import Card
from engine.document.faults import Finding, TrialCall
from engine.document.models import Head
from engine.elements.parameters.greeting import GreetingParameters
from engine.numbers.digits import is_digits
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Exit, Step

NO_INPUT = "no_input"
INVALID = "invalid"


class Listening(Visit):
    """One call's visit at a greeting."""

    def __init__(self) -> None:
        self.round = 0
        self.play = 0
        """The sound that plays now, 0 when none does."""
        self.wrong_play = 0
        """The wrong-key sound, while it plays."""
        self.digits = ""
        self.wrong = False
        """A key without output was pressed while the sound played."""


class Greeting(Element):
    """A greeting, compiled."""

    kind: ClassVar[str] = "greeting"
    rule: ClassVar[str] = "R-05"
    Parameters = GreetingParameters
    waits: ClassVar[bool] = True
    answers: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        icon="greeting",
        color="#7c3aed",
        color_dark="#c4b5fd",
        shape="sound",
        block=5000,
        place=3,
        first=("name", "prompt", "keys", "next", "no_input", "invalid"),
    )

    def __init__(self, number: int, parameters: GreetingParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.prompt = parameters.prompt
        self.barge_in = parameters.barge_in
        self.wrong_key_prompt = parameters.wrong_key_prompt
        self.dial_extension = parameters.dial_extension
        self.keys: dict[str, Exit] = {}
        for key, to in sorted(parameters.keys.items()):
            self.keys[key] = self.add_exit(f"key {key}", to, "R-05.3")
        self.asks = bool(self.keys) or self.dial_extension
        self.meaningful = "0123456789*#" if self.dial_extension else "".join(self.keys)
        if self.asks:
            self.no_input = self.add_exit(NO_INPUT, parameters.no_input, "R-05.6")
            self.invalid = self.add_exit(INVALID, parameters.invalid, "R-05.6")
        else:
            self.next = self.add_exit("next", parameters.next, "R-05.7")
            self.passing_us = seconds(head.prompts.get(self.prompt, 0))
        self.idle = parameters.idle_outputs(vars(parameters))

    def instant_exits(self, caller: str, at: Instant) -> list[tuple[Exit, float]]:
        return [] if self.asks else [(self.next, 1.0)]

    def never_taken(self) -> dict[str, str]:
        return self.idle

    def example_call(self, exit_: Exit, at_once: bool = False) -> TrialCall | None:
        wrong = next((digit for digit in "9876543210*#" if digit not in self.keys), " ")
        keys = {NO_INPUT: "", INVALID: wrong * limits.KEY_ROUNDS, "next": ""}.get(exit_.name)
        return TrialCall(number=str(self.number), keys=exit_.name.removeprefix("key ") if keys is None else keys)

    def may_reach_any_number(self) -> bool:
        return self.dial_extension

    def if_empty(self, exit_: Exit) -> Finding:
        """A dead key."""
        if not exit_.name.startswith("key "):
            return super().if_empty(exit_)
        return Finding(
            code="dead-key",
            rule="R-05.3",
            message=f"{exit_.name} of the {self.words()} is dead: whoever presses it hears the call end",
            remedy="Give the key an output or remove it",
        )

    def unheard(self) -> Step:
        return self.no_input if self.asks else self.next

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        actions.answer(at, call)
        visit = Listening()
        call.visit = visit
        self._start_round(call, visit, actions)
        return None

    def _start_round(self, call: Call, visit: Listening, actions: Actions) -> None:
        visit.round += 1
        visit.digits = ""
        visit.wrong = False
        visit.play = actions.play(call, self.prompt, visit)
        if self.asks:
            actions.collect(call, self, self.meaningful, limits.EXTENSION_DIGITS if self.dial_extension else 1)

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Listening)
        if play == visit.wrong_play:
            visit.wrong_play = 0
            self._start_round(call, visit, actions)
            return None
        if play != visit.play:
            return None
        visit.play = 0
        if not self.asks:
            return self.next
        if visit.wrong:
            return self._round_over(at, call, visit, actions, self.invalid)
        if not visit.digits:
            visit.timer = actions.wake(at + limits.FIRST_KEY_US, call, visit, "first_key")
        return None

    def collects_key(self, call: Call, digit: str) -> bool:
        visit = call.visit
        assert isinstance(visit, Listening)
        return self.asks and not visit.wrong_play and (not visit.play or self.barge_in)

    def key_pressed(self, at: Instant, call: Call, actions: Actions, digit: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Listening)
        if not self.asks or visit.wrong_play or (visit.play and not self.barge_in):
            return None
        if self.dial_extension:
            return self._extension_digit(at, call, visit, actions, digit)
        exit_ = self.keys.get(digit)
        if exit_ is None:
            return self._wrong(at, call, visit, actions)
        self._accepted(call, visit, actions, digit)
        return self._take(call, actions, exit_, f"key {digit}")

    # --- extensions (R-05.8) -----------------------------------------------------------------------------------------

    def _extension_digit(self, at: Instant, call: Call, visit: Listening, actions: Actions, digit: str) -> Step:
        if digit == "#" and visit.digits:
            return self._extension_over(at, call, visit, actions)
        digits = visit.digits + digit
        longer = len(digits) < limits.EXTENSION_DIGITS and is_digits(digits) and self._extends(call, digits)
        complete = is_digits(digits) and len(digits) > 2 and call.flow.internal(digits) is not None
        key = self.keys.get(digits)
        if not longer and not complete and key is None:
            return self._wrong(at, call, visit, actions)
        self._accepted(call, visit, actions, digit)
        visit.digits = digits
        if not longer:
            return self._extension_over(at, call, visit, actions)
        visit.timer = actions.wake(at + limits.NEXT_DIGIT_US, call, visit, "next_digit")
        return None

    def _extends(self, call: Call, digits: str) -> bool:
        """Whether some internal number is longer than `digits` and begins with them."""
        return any(len(text) > len(digits) and text.startswith(digits) for text in map(str, call.flow.elements))

    def _extension_over(self, at: Instant, call: Call, visit: Listening, actions: Actions) -> Step:
        if visit.timer is not None:
            actions.cancel_timer(visit.timer)
        digits = visit.digits
        element = call.flow.internal(digits) if len(digits) > 2 else None
        if element is not None:
            exit_ = Exit("extension", digits, "R-05.8")
            exit_.target = element
            return self._take(call, actions, exit_, f"extension {digits}")
        key = self.keys.get(digits)
        if key is not None:
            return self._take(call, actions, key, f"key {digits}")
        return self._round_over(at, call, visit, actions, self.invalid)

    # --- rounds (R-05.6) ---------------------------------------------------------------------------------------------

    def _accepted(self, call: Call, visit: Listening, actions: Actions, digit: str) -> None:
        if visit.play:
            actions.stop_play(call, visit.play)
            visit.play = 0
        if visit.timer is not None:
            actions.cancel_timer(visit.timer)
        call.digits += digit
        actions.key_pressed(call, self, digit)

    def _wrong(self, at: Instant, call: Call, visit: Listening, actions: Actions) -> Step:
        """A key without output. While the sound plays it goes on: only a valid key stops it (R-05.4)."""
        if visit.play:
            visit.wrong = True
            return None
        return self._round_over(at, call, visit, actions, self.invalid)

    def _round_over(self, at: Instant, call: Call, visit: Listening, actions: Actions, exit_: Exit) -> Step:
        if visit.timer is not None:
            actions.cancel_timer(visit.timer)
        if visit.round >= limits.KEY_ROUNDS:
            return self._take(call, actions, exit_, f"round {visit.round} of {limits.KEY_ROUNDS}")
        if exit_ is self.invalid and self.wrong_key_prompt is not None:
            visit.wrong_play = actions.play(call, self.wrong_key_prompt, visit)
        else:
            self._start_round(call, visit, actions)
        return None

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        visit = call.visit
        assert isinstance(visit, Listening)
        if name == "next_digit":
            return self._extension_over(at, call, visit, actions)
        return self._round_over(at, call, visit, actions, self.no_input)

    def _take(self, call: Call, actions: Actions, exit_: Exit, why: str) -> Step:
        if actions.wants_notes():
            others = tuple(name for name in self.exits if name != exit_.name)
            actions.note(
                note.DecisionMade(
                    call=call.id, element=self.number, rule=exit_.rule, output=exit_.name, text=why, others=others
                )
            )
        return exit_

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, Listening)
        if visit.timer is not None:
            actions.cancel_timer(visit.timer)
        if not call.over:
            if visit.play:
                actions.stop_play(call, visit.play)
            if visit.wrong_play:
                actions.stop_play(call, visit.wrong_play)
        if self.asks:
            actions.stop_collecting(call)
