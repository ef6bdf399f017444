"""The user's own mailbox, heard by phone (R-09.6, R-15.11): how many messages there are, each of them, what a key does to it.

Decides what a key means and when a message counts as heard. Leaves the PIN and what is in the box to the world, which answers
`OpenMailbox`, and keeping what was marked to whoever reads the notes.

    key    does
    1, 5   plays the message again, and the first one after the last
    4, 6   goes to the message before, to the next one
    7      deletes the message and goes to the next one
    9      keeps the message as new and goes to the next one
    *      says the choices
    #      ends the call

A message counts as heard once it was played to its end, or left by 6 while it played. New messages come first.
Keys are taken from the moment in which the box is open; whoever waits to be asked is asked after each message.
"""

from __future__ import annotations

from typing import ClassVar, Final

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.commands import Phrase
from engine.contract.events import BoxMessage
from engine.contract.ids import Instant
from engine.numbers.digits import is_digits
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Ending, Step
from engine.state.timers import Timer

RULE: Final = "R-09.6"

KEYS: Final = "145679*#"

REFUSED: Final[dict[str, Phrase]] = {
    "no_pin": "pin_none",
    "wrong_pin": "pin_wrong",
    "no_key": "goodbye",
    "locked": "pin_locked",
    "failed": "mailbox_closed",
}
"""What is said to a caller who may not hear the box."""

END: Final = Ending(Cause.NORMAL_CLEARING, RULE)


class MailboxVisit(Visit):
    """One user's visit at their mailbox. `doing` is asking, counting, naming, playing, choosing, waiting, telling or leaving."""

    def __init__(self, box: int) -> None:
        self.box = box
        self.doing = "asking"
        self.play = 0
        self.messages: list[BoxMessage] = []
        self.place = 0
        """Which of them it is about; one more than there are after the last."""
        self.rounds = 0
        self.timer: Timer | None = None


class Mailbox(Element):
    """Every user's own mailbox, for its user by phone."""

    kind: ClassVar[str] = "mailbox"
    rule: ClassVar[str] = RULE
    answers: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(0, "mailbox")

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        assert call.user is not None
        actions.answer(at, call)
        visit = MailboxVisit(call.user)
        call.visit = visit
        actions.open_mailbox(call, visit, visit.box)
        return None

    def mailbox_opened(self, at: Instant, call: Call, actions: Actions, messages: tuple[BoxMessage, ...]) -> Step:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        visit.messages = list(messages)
        new = sum([1 for message in messages if message.new])
        old = len(messages) - new
        if actions.wants_notes():
            actions.note(note.MailboxChecked(call=call.id, box=visit.box, result="opened", new=new, old=old))
        if not messages:
            return self._say(call, actions, visit, "leaving", "no_messages")
        return self._say(call, actions, visit, "counting", "messages", (new, old))

    def mailbox_refused(self, at: Instant, call: Call, actions: Actions, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        if actions.wants_notes():
            actions.note(note.MailboxChecked(call=call.id, box=visit.box, result=reason))
        return self._say(call, actions, visit, "leaving", REFUSED[reason])

    # --- keys --------------------------------------------------------------------------------------------------------

    def collects_key(self, call: Call, digit: str) -> bool:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        return digit in KEYS and visit.doing not in ("asking", "leaving")

    def key_pressed(self, at: Instant, call: Call, actions: Actions, digit: str) -> Step:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        if not self.collects_key(call, digit):
            return None
        actions.key_pressed(call, self, digit)
        was_playing = visit.doing == "playing"
        self._silence(call, actions, visit)
        visit.rounds = 0
        if digit == "#":
            return self._say(call, actions, visit, "leaving", "goodbye")
        if digit == "*":
            return self._say(call, actions, visit, "choosing", "message_menu")
        if visit.place >= len(visit.messages):
            visit.place = max(0, len(visit.messages) - 1) if digit == "4" else 0
            return self._name(call, actions, visit)
        if digit in "15":
            return self._name(call, actions, visit)
        if digit == "4":
            visit.place = max(0, visit.place - 1)
            return self._name(call, actions, visit)
        if digit == "6":
            if was_playing:
                self._mark(call, actions, visit, "heard")
            visit.place += 1
            return self._name(call, actions, visit)
        self._mark(call, actions, visit, "deleted" if digit == "7" else "new")
        if digit == "7":
            del visit.messages[visit.place]
            actions.message_deleted(visit.box)
            return self._say(call, actions, visit, "telling", "deleted")
        visit.place += 1
        return self._say(call, actions, visit, "telling", "kept")

    def _mark(self, call: Call, actions: Actions, visit: MailboxVisit, state: str) -> None:
        message = visit.messages[visit.place]
        if state == "heard" and not message.new or state == "new" and message.new:
            return
        visit.messages[visit.place] = BoxMessage(recording=message.recording, caller=message.caller, new=state == "new")
        if actions.wants_notes():
            actions.note(note.MessageMarked(call=call.id, box=visit.box, recording=message.recording, state=state))

    # --- what is heard -----------------------------------------------------------------------------------------------

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        if play != visit.play:
            return None
        visit.play = 0
        if visit.doing == "leaving":
            return END
        if visit.doing in ("counting", "telling"):
            return self._name(call, actions, visit)
        if visit.doing == "naming":
            visit.doing = "playing"
            visit.play = actions.play_message(call, visit, visit.messages[visit.place].recording)
            return None
        if visit.doing == "playing":
            if reason == "finished":
                self._mark(call, actions, visit, "heard")
            return self._say(call, actions, visit, "choosing", "message_menu")
        visit.doing = "waiting"
        visit.timer = actions.wake(at + limits.MAILBOX_KEY_US, call, visit, "first_key")
        return None

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        visit.timer = None
        visit.rounds += 1
        if visit.rounds >= limits.MAILBOX_ROUNDS:
            return self._say(call, actions, visit, "leaving", "goodbye")
        return self._say(call, actions, visit, "choosing", "message_menu")

    def _name(self, call: Call, actions: Actions, visit: MailboxVisit) -> Step:
        """Say which message comes, and of whom; after the last one, that there are no more."""
        if not visit.messages:
            return self._say(call, actions, visit, "leaving", "no_more_messages")
        if visit.place >= len(visit.messages):
            visit.place = len(visit.messages)
            return self._say(call, actions, visit, "choosing", "no_more_messages")
        caller = visit.messages[visit.place].caller
        digits = caller if is_digits(caller) else ""
        return self._say(call, actions, visit, "naming", "message", (visit.place + 1,), digits)

    def _say(
        self, call: Call, actions: Actions, visit: MailboxVisit, doing: str, phrase: Phrase,
        numbers: tuple[int, ...] = (), digits: str = "",
    ) -> Step:  # fmt: skip
        visit.doing = doing
        visit.play = actions.say(call, visit, phrase, numbers, digits)
        if doing == "choosing":
            actions.collect(call, self, KEYS, 1)
        return None

    def _silence(self, call: Call, actions: Actions, visit: MailboxVisit) -> None:
        if visit.play:
            actions.stop_play(call, visit.play)
            visit.play = 0
        actions.cancel_timer(visit.timer)
        visit.timer = None

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, MailboxVisit)
        if not call.over:
            self._silence(call, actions, visit)
        actions.cancel_timer(visit.timer)
        actions.stop_collecting(call)
