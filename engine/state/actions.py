"""What an element may do: the one door to the world, to members and to what the tenant keeps.

`control/tenant.py` implements it; the handlers of an `Element` are given it. Leaves what a call does next to the handlers, which
say it by what they return.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.commands import Phrase
from engine.contract.ids import Duration, Instant, RecordingId

if TYPE_CHECKING:
    from engine.state.call import Call, Visit
    from engine.state.element import Element, Exit
    from engine.state.leg import Leg
    from engine.state.member import UserState
    from engine.state.queue_settings import QueueSettings, SeatSettings
    from engine.state.queue_state import QueueState, QueueVisit
    from engine.state.timers import Timer, VisitLane


class Actions:
    """Everything an element may do: the one door to the world, to members and to what the tenant keeps.

    A verb starts, stops or reports one thing and keeps the books; what a call does next is what handlers return. `Tenant`
    implements them. A plain class, as compiled code then calls a verb through the class's own table.
    """

    # --- the caller's leg --------------------------------------------------------------------------------------------

    def answer(self, at: Instant, call: Call) -> None:
        """Pick up the caller's leg, once."""
        raise NotImplementedError

    def release_caller(self, call: Call) -> None:
        """Hang up the caller's leg and let the call go on without it (R-08.19)."""
        raise NotImplementedError

    def connect(self, at: Instant, call: Call, leg: Leg, element: Element, wait_us: Duration, rule: str) -> None:
        """A person picked up: answer the caller and join the two."""
        raise NotImplementedError

    def bridge(self, call: Call, leg: Leg) -> None:
        """Join the caller with a leg."""
        raise NotImplementedError

    # --- legs --------------------------------------------------------------------------------------------------------

    def ring_user(self, at: Instant, call: Call, user: UserState, ring_us: Duration, visit: Visit) -> Leg:
        """Ring all devices of a user (R-06.10)."""
        raise NotImplementedError

    def ring_outside(
        self, at: Instant, call: Call, number: str, ring_us: Duration, visit: Visit, originator: int | None
    ) -> Leg | tuple[Cause, str]:
        """Ring an outside number by the outgoing rules (R-14), or say why that cannot be, with the rule."""
        raise NotImplementedError

    def ring_direct(
        self, at: Instant, call: Call, uri: str, ring_us: Duration, visit: Visit
    ) -> Leg | tuple[Cause, str]:
        """Ring an address on the internet (R-10.5), or say why that cannot be, with the rule."""
        raise NotImplementedError

    def cancel_leg(self, leg: Leg, reason: str) -> None:
        """Stop a ringing leg."""
        raise NotImplementedError

    def end_leg(self, leg: Leg, cause: Cause) -> None:
        """Hang up an answered leg."""
        raise NotImplementedError

    # --- media -------------------------------------------------------------------------------------------------------

    def play(self, call: Call, prompt: str, visit: Visit | None, leg: Leg | None = None) -> int:
        """Start a prompt; its end comes to `prompt_ended` with this number while `visit` lasts."""
        raise NotImplementedError

    def say_position(self, call: Call, visit: Visit, position: int, expected_wait_us: Duration | None) -> int:
        """Start an announcement of position and expected wait (R-08.17); its end is that of a play."""
        raise NotImplementedError

    def say(self, call: Call, visit: Visit, phrase: Phrase, numbers: tuple[int, ...] = (), digits: str = "") -> int:
        """Say something of the PBX's own in the language of the user who calls; its end is that of a play."""
        raise NotImplementedError

    def play_message(self, call: Call, visit: Visit, recording: RecordingId) -> int:
        """Start to play a voice message; its end is that of a play."""
        raise NotImplementedError

    def open_mailbox(self, call: Call, visit: Visit, box: int) -> None:
        """Ask the caller for the PIN of a box; it ends in `mailbox_opened` or `mailbox_refused`."""
        raise NotImplementedError

    def stop_play(self, call: Call, play: int) -> None:
        """Stop a prompt if it is still open; its end is no news then."""
        raise NotImplementedError

    def announcement_ended(self, call: Call, play: int, reason: str) -> None:
        """A play is over that the element did not start: it may announce that the talk is recorded (R-24.4)."""
        raise NotImplementedError

    def talk_over(self, call: Call) -> None:
        """A talk is over and the call goes on: its recording and its announcement end."""
        raise NotImplementedError

    def play_music(self, call: Call, prompt: str) -> None:
        """Let the caller hear music."""
        raise NotImplementedError

    def stop_music(self, call: Call) -> None:
        """Stop the music."""
        raise NotImplementedError

    def collect(self, call: Call, element: Element, keys: str, max_digits: int) -> None:
        """Keys come to `key_pressed` from now on; to be asked again in every round."""
        raise NotImplementedError

    def stop_collecting(self, call: Call) -> None:
        """Keys mean nothing any more."""
        raise NotImplementedError

    def record(
        self, call: Call, visit: Visit | None, max_us: Duration, silence_us: Duration | None, both: bool = False
    ) -> int:
        """Start a recording; its end comes to `recording_ended` with this number, also after the caller has gone."""
        raise NotImplementedError

    def stop_recording(self, call: Call, recording: int) -> None:
        """End a recording if it is still open."""
        raise NotImplementedError

    def ask_web_server(self, call: Call, visit: Visit, url: str, body: str, timeout_us: Duration) -> int:
        """Start a web request (R-13); it ends in `web_server_answered` or `web_server_failed`."""
        raise NotImplementedError

    def send_voice_message(
        self, call: Call, box: int, recipients: tuple[str, ...], format: str, recording: int, length_us: Duration
    ) -> None:
        """Send a voice message by e-mail (R-09.1)."""
        raise NotImplementedError

    def wake(self, at: Instant, call: Call, visit: Visit, name: str) -> Timer:
        """Set a deadline of a visit, which comes to `timer_fired` with `name`."""
        raise NotImplementedError

    def cancel_timer(self, timer: Timer | None) -> None:
        """Make sure that a deadline never fires; harmless when there is none or it has fired."""
        raise NotImplementedError

    def watch_visit(self, visit: QueueVisit, lane: VisitLane) -> None:
        """Give a visit that begins now the deadline of a lane of its queue."""
        raise NotImplementedError

    def user(self, number: int) -> UserState | None:
        """The user with an internal number."""
        raise NotImplementedError

    def open_queue(self, version: str, number: int, settings: QueueSettings, staff: list[SeatSettings]) -> None:
        """Make room for the state of a queue of a version, once."""
        raise NotImplementedError

    def set_static(self, user: int, queue: int, static: bool) -> None:
        """A member is always signed in from now on, or comes and goes again (R-08.4)."""
        raise NotImplementedError

    def queue_up(self, at: Instant, visit: QueueVisit, music: str, offer: bool) -> None:
        """A visit begins: answer the caller, let them hear music, count them and their longest wait, and `offer` the call."""
        raise NotImplementedError

    def wait_for_member(self, at: Instant, visit: QueueVisit) -> None:
        """A call starts to wait: offer it at once if a member is free."""
        raise NotImplementedError

    def member_answered(self, at: Instant, visit: QueueVisit, leg: Leg) -> None:
        """A member picked up: the others stop ringing."""
        raise NotImplementedError

    def talk_to_member(self, at: Instant, visit: QueueVisit, leg: Leg, element: Element) -> None:
        """A member picked up: the others stop ringing, and caller and member are joined (R-08.7)."""
        raise NotImplementedError

    def ring_no_answer(self, at: Instant, visit: QueueVisit, leg: Leg, cause: Cause) -> None:
        """A member did not take an offer: the call goes on to the next one."""
        raise NotImplementedError

    def ring_next(self, at: Instant, visit: QueueVisit) -> None:
        """`progressive`: let the next member ring too."""
        raise NotImplementedError

    def requeue(self, at: Instant, visit: QueueVisit) -> None:
        """The call waits again, at its old place."""
        raise NotImplementedError

    def withdraw(self, at: Instant, visit: QueueVisit, reason: str) -> None:
        """The visit is over: withdraw every offer."""
        raise NotImplementedError

    def dispatch(self, at: Instant, queue: QueueState) -> None:
        """Offer the waiting calls of a queue to whoever is free."""
        raise NotImplementedError

    def override_of(self, number: int) -> tuple[str, Instant | None] | None:
        """Mode and end of a hold by hand of a time rule (R-11.8)."""
        raise NotImplementedError

    def messages_in(self, box: int) -> int:
        """Messages in a mailbox."""
        raise NotImplementedError

    def message_left(self, box: int) -> None:
        """One message more is in a mailbox."""
        raise NotImplementedError

    def message_deleted(self, box: int) -> None:
        """One message less is in a mailbox."""
        raise NotImplementedError

    def last_talk(self, caller: str) -> tuple[int, Instant] | None:
        """The user an outside number talked with last, and when (R-18.4)."""
        raise NotImplementedError

    def wants_notes(self) -> bool:
        """Whether anybody reads rare notes; building them costs time."""
        raise NotImplementedError

    def wants_moves(self) -> bool:
        """Whether anybody reads notes of every move."""
        raise NotImplementedError

    def note(self, message: note.Note) -> None:
        """Give a note that has no verb of its own."""
        raise NotImplementedError

    def element_left(self, call: Call, element: Element, exit_: Exit) -> None:
        """Note an exit that the call takes as it ends."""
        raise NotImplementedError

    def key_pressed(self, call: Call, element: Element, digit: str) -> None:
        """Note a key that meant something."""
        raise NotImplementedError

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        """Note that a queue did not take a call."""
        raise NotImplementedError

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        """Note that a waiting call left its queue unanswered."""
        raise NotImplementedError

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        """Note that a caller hung up while waiting."""
        raise NotImplementedError
