"""Everything one tenant owns while calls run, and the verbs by which elements and the dispatcher act on it.

A verb starts, stops or reports exactly one thing and keeps the books: what is open, who is busy, which lines are taken. It
decides nothing about where a call goes; that is the elements' part, and moving calls is `call_flow.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.contract import commands as cmd
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Duration, Instant, RecordingId
from engine.control import outgoing_notes, presented_caller, recordings, visitors
from engine.control.call_registry import CallRegistry
from engine.control.contact_memory import ContactMemory
from engine.control.dispatcher import Dispatcher
from engine.control.strategies import make_pool
from engine.state import timers as tm
from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.element import Element, Exit, Step
from engine.state.leg import CANCEL, HANG_UP, Leg
from engine.state.member import Membership, Seat, UserState
from engine.state.queue_settings import QueueSettings, SeatSettings
from engine.state.queue_state import QueueState, QueueVisit
from engine.state.sink import Sink
from engine.state.timers import Timer, Timers, VisitLane
from engine.state.trunk import TrunkState, line_count

if TYPE_CHECKING:
    from engine.state.flow import Flow


class Tenant(Actions):
    """Calls, users, queues, trunks, overrides and timers of one PBX."""

    def __init__(self, out: Sink, follow: Callable[[Instant, Call, Step], None]) -> None:
        self.out = out
        self.follow = follow
        """Moves a call by a step; the engine's own."""
        self.calls = CallRegistry()
        self.timers = Timers(self.calls)
        self.dispatcher = Dispatcher(out, self.timers, self.leave_if_empty)
        self.users: dict[int, UserState] = {}
        self.queues: dict[tuple[str, int], QueueState] = {}
        """By digest of the version and internal number."""
        self.trunks: dict[str, TrunkState] = {}
        self.overrides: dict[int, tuple[str, Instant | None]] = {}
        """Time rules held by hand: mode and end (R-11.8)."""
        self.boxes: dict[int, int] = {}
        """Messages in each voice mailbox."""
        self.moved_legs: dict[str, Leg] = {}
        """Living legs that an attended transfer gave to another call, by id."""
        self.talks = ContactMemory()
        self.account = "active"
        """State of the account around the PBX (R-01.9)."""
        self.barred = False
        """Whether that lets no new call start (R-01.10)."""

    # --- versions ----------------------------------------------------------------------------------------------------

    def install(self, flow: Flow) -> None:
        """Make room for a version: its users, queues and trunks. What versions share is kept, settings included."""
        for number, settings in flow.head.users.items():
            if number not in self.users:
                self.users[number] = UserState(number)
                self.users[number].call_waiting = settings.call_waiting
        for key, trunk in flow.trunks.items():
            if key not in self.trunks:
                self.trunks[key] = TrunkState(key, len(self.trunks), line_count(trunk.lines))
        for element in flow.elements.values():
            element.install(self, flow.digest)

    def put_in_force(self, flow: Flow) -> None:
        """The live version's settings hold for the users and trunks that all versions share; a trial's do not."""
        for number, settings in flow.head.users.items():
            self.users[number].call_waiting = settings.call_waiting
        for key, trunk in flow.trunks.items():
            self.trunks[key].lines = line_count(trunk.lines)
        for element in flow.elements.values():
            element.put_in_force(self)

    def open_queue(self, version: str, number: int, settings: QueueSettings, staff: list[SeatSettings]) -> None:
        """Make room for the state of a queue of a version, once; memberships are shared by all versions."""
        if (version, number) in self.queues:
            return
        queue = QueueState(number, settings)
        seats = []
        kinds: list[dict[str, int]] = []
        """Each set of skills once, so that members who have the same are recognised by identity."""
        for member in staff:
            user = self.users[member.user]
            membership = user.memberships.get(number)
            if membership is None:
                membership = Membership(number)
                membership.static = member.static
                user.memberships[number] = membership
            skills = next((known for known in kinds if known == member.skills), member.skills)
            if skills is member.skills:
                kinds.append(skills)
            seat = Seat(queue, user, membership, member.position, member.tier, member.weight, skills)
            user.seats.append(seat)
            user.seats.sort(key=lambda s: (-s.queue.weight, s.queue.number))
            seats.append(seat)
        queue.seat_all(seats)
        queue.pool = make_pool(queue, settings.strategy)
        self.queues[(version, number)] = queue
        for seat in queue.seats:
            queue.count_in(seat)
        for seat in queue.seats:
            self.dispatcher.became_idle(self.out.at, seat.user)

    def remove(self, flow: Flow) -> None:
        """Forget the queues of a version that no call is on any more."""
        for key in [key for key in self.queues if key[0] == flow.digest]:
            queue = self.queues.pop(key)
            self.timers.forget(queue)
            for seat in queue.seats:
                seat.user.seats.remove(seat)

    def queues_of(self, flow: Flow) -> dict[int, QueueState]:
        """The queues of a version by internal number."""
        return {number: queue for (digest, number), queue in self.queues.items() if digest == flow.digest}

    def leave_if_empty(self, at: Instant, queue: QueueState) -> None:
        """Send waiting calls out of a queue that nobody serves any more, if it says so (R-08.13)."""
        if queue.settings.leave_when_empty and queue.is_deserted():
            for call in [visit.call for visit in queue.inside() if not visit.call.released or visit.call.visitor]:
                if call.element is not None:
                    self.follow(at, call, call.element.deserted(at, call, self))

    # --- the caller's leg --------------------------------------------------------------------------------------------

    def answer(self, at: Instant, call: Call) -> None:
        if not call.answered:
            call.answered = True
            call.answered_at = at
            self.out.answer(call)

    def progress(self, call: Call) -> None:
        """Let the caller hear that somebody is rung: ringing before the answer, the account's music after it."""
        if call.released:
            return
        if call.answered:
            if not call.music:
                call.music = True
                self.out.play_music(call, call.flow.head.settings.music)
        elif not call.progressed:
            call.progressed = True
            self.out.progress(call)

    def release_caller(self, call: Call) -> None:
        """Hang up the caller's leg and let the call go on without it (R-08.19); its line is free again."""
        call.released = True
        self.stop_collecting(call)
        self.out.release_caller(call)
        if call.line is not None:
            call.line.in_use -= 1

    def connect(self, at: Instant, call: Call, leg: Leg, element: Element, wait_us: Duration, rule: str) -> None:
        """A person picked up: answer the caller and join the two, who may hear first that they are recorded."""
        if call.visitor is not None and visitors.is_awaited(call):
            self.follow(at, call, visitors.call_visitor(self, at, call, leg, element, wait_us, rule))
            return
        if not call.answered:
            self.answer(at, call)
        call.talking = leg
        call.talk_from = at
        call.music = False
        announced = call.version.records and recordings.announces(call, leg, element)
        if not announced:
            self.out.bridge(call, leg)
        self.out.call_answered(call, element, leg, wait_us, rule)
        if call.version.records:
            recordings.follow(self, call, leg, element, not announced)

    # --- legs --------------------------------------------------------------------------------------------------------

    def new_leg(self, at: Instant, call: Call, user: UserState | None, ring_us: Duration, visit: Visit | None) -> Leg:
        """A leg to a user, with everything booked; the caller of this emits its own notes and then `out.place_leg`."""
        call.legs += 1
        leg = Leg(call, call.legs, user, ring_us, at, visit)
        call.add_leg(leg)
        if user is not None:
            self.out.leg_started(leg)
            self.dispatcher.rings(user, leg)
        return leg

    def ring_user(self, at: Instant, call: Call, user: UserState, ring_us: Duration, visit: Visit) -> Leg:
        leg = self.new_leg(at, call, user, ring_us, visit)
        self.progress(call)
        self.out.place_leg(leg)
        return leg

    def ring_outside(
        self, at: Instant, call: Call, number: str, ring_us: Duration, visit: Visit, originator: int | None
    ) -> Leg | tuple[Cause, str]:
        """Ring an outside number by the outgoing rules (R-14), or say why that cannot be, with the rule."""
        route = call.flow.outgoing.route(number, originator, self._trunk_kept(call))
        if self.out.wants_notes:
            self.out.note(outgoing_notes.decision(call, number, route))
        if route.cause is not None:
            return route.cause, route.rule
        if route.trunk is None:
            return Cause.NO_ROUTE_DESTINATION, "R-14.9"
        if not call.outside_allowed and not (call.element is not None and call.element.outside_legs_for_direct_sip):
            return Cause.OUTGOING_CALL_BARRED, "R-10.4"
        key, rule = route.trunk, route.rule
        refusal = self.trunk_refusal(call, key)
        if refusal is not None and route.failover is not None:
            key, rule = route.failover, "R-14.20"
            refusal = self.trunk_refusal(call, key)
        if refusal is not None:
            return refusal
        self.trunks[key].in_use += 1
        leg = self.new_leg(at, call, None, ring_us, visit)
        leg.number = presented_caller.called(call, key, route)
        leg.trunk = key
        leg.rule = rule
        leg.presented = presented_caller.presented(call, key, route, originator, visit.because)
        if call.released and number == call.caller:  # they are called back
            leg.for_caller = True
            call.customer = leg
        self.out.leg_started(leg)
        if self.out.wants_notes:
            self.out.note(outgoing_notes.presentation(leg))
        self.progress(call)
        self.out.place_leg(leg)
        return leg

    def ring_direct(
        self, at: Instant, call: Call, uri: str, ring_us: Duration, visit: Visit
    ) -> Leg | tuple[Cause, str]:
        """Ring an address on the internet, without trunk and outgoing rule (R-10.5), for a user who may (R-06.7)."""
        settings = call.flow.head.users.get(call.originator) if call.originator is not None else None
        if settings is None or not settings.direct_sip:
            return Cause.OUTGOING_CALL_BARRED, "R-06.7"
        leg = self.new_leg(at, call, None, ring_us, visit)
        leg.number = uri
        leg.rule = "R-10.5"
        self.out.leg_started(leg)
        self.progress(call)
        self.out.place_leg(leg)
        return leg

    def _trunk_kept(self, call: Call) -> str | None:
        """The trunk a forwarded call must leave by, if it came in on one that says so (R-04.5)."""
        if call.trunk is not None and call.user is None:
            trunk = call.flow.trunks.get(call.trunk)
            if trunk is not None and trunk.same_number_for_forwarding:
                return call.trunk
        return None

    def trunk_refusal(self, call: Call, key: str) -> tuple[Cause, str] | None:
        """Why a trunk cannot be used now; noted when it is so."""
        refusal = self.trunks[key].refusal(False)
        if refusal is not None and self.out.wants_notes:
            self.out.note(note.TrunkRefused(call=call.id, trunk=key, cause=refusal[0], rule=refusal[1]))
        return refusal

    def cancel_leg(self, leg: Leg, reason: str) -> None:
        """Stop a ringing leg; it stays with its member until the world says it is over."""
        leg.move(CANCEL)
        self.out.cancel_leg(leg, reason)

    def end_leg(self, leg: Leg, cause: Cause) -> None:
        leg.move(HANG_UP)
        self.out.end_leg(leg, cause)

    # --- media -------------------------------------------------------------------------------------------------------

    def play(self, call: Call, prompt: str, visit: Visit | None, leg: Leg | None = None) -> int:
        n = self._open_play(call, visit)
        self.out.play(call, n, prompt, leg)
        return n

    def say_position(self, call: Call, visit: Visit, position: int, expected_wait_us: Duration | None) -> int:
        n = self._open_play(call, visit)
        self.out.say_position(call, n, position, expected_wait_us)
        return n

    def say(self, call: Call, visit: Visit, phrase: cmd.Phrase, numbers: tuple[int, ...] = (), digits: str = "") -> int:
        n = self._open_play(call, visit)
        self.out.say_phrase(call, n, phrase, numbers, digits, _language(call))
        return n

    def play_message(self, call: Call, visit: Visit, recording: RecordingId) -> int:
        n = self._open_play(call, visit)
        self.out.play_message(call, n, recording)
        return n

    def open_mailbox(self, call: Call, visit: Visit, box: int) -> None:
        self.out.open_mailbox(call, self._open_request(call, visit), box, _language(call))

    def _open_play(self, call: Call, visit: Visit | None) -> int:
        call.plays += 1
        call.music = False
        if call.open_plays is None:
            call.open_plays = {}
        call.open_plays[call.plays] = visit
        return call.plays

    def stop_play(self, call: Call, play: int) -> None:
        """Stop a prompt if it is still open; its ending will not be news to anybody."""
        if call.open_plays is not None and play in call.open_plays:
            call.open_plays[play] = None
            self.out.stop_play(call, play)

    def collect(self, call: Call, element: Element, keys: str, max_digits: int) -> None:
        """From now on keys mean something; said again for every round."""
        call.collecting = True
        self.out.collect_keys(call, element, keys, max_digits)

    def stop_collecting(self, call: Call) -> None:
        if call.collecting:
            call.collecting = False
            if not call.over:
                self.out.stop_collecting(call)

    def record(
        self, call: Call, visit: Visit | None, max_us: Duration, silence_us: Duration | None, both: bool = False
    ) -> int:
        """Start a recording; its end comes to the element while `visit` lasts, also after the caller has gone. That of a
        talk has no visit."""
        if call.music:
            call.music = False
            self.out.stop_music(call)
        call.opened = True
        call.recordings += 1
        if call.open_recordings is None:
            call.open_recordings = {}
        call.open_recordings[call.recordings] = visit
        self.out.start_recording(call, call.recordings, max_us, silence_us, both)
        return call.recordings

    def stop_recording(self, call: Call, recording: int) -> None:
        if call.open_recordings is not None and recording in call.open_recordings:
            self.out.stop_recording(call, recording)

    # --- the rest of the world ---------------------------------------------------------------------------------------

    def ask_web_server(self, call: Call, visit: Visit, url: str, body: str, timeout_us: Duration) -> int:
        n = self._open_request(call, visit)
        self.out.ask_web_server(call, n, url, body, timeout_us)
        return n

    def _open_request(self, call: Call, visit: Visit) -> int:
        call.opened = True
        call.requests += 1
        if call.open_requests is None:
            call.open_requests = {}
        call.open_requests[call.requests] = visit
        return call.requests

    def send_voice_message(
        self, call: Call, box: int, recipients: tuple[str, ...], format: str, recording: int, length_us: Duration
    ) -> None:
        """Send the e-mail about a voice message (R-09.1)."""
        self.send_message(
            call,
            "voicemail",
            recipients,
            recording=f"{call.id}.r{recording}",
            box=box,
            format=format,
            caller=call.caller,
            length_us=length_us,
        )

    def send_message(self, call: Call, kind: str, recipients: tuple[str, ...], **fields: Any) -> None:
        """Send an e-mail; `fields` are those of `commands.SendMessage`."""
        call.opened = True
        call.messages += 1
        call.open_messages += 1
        self.out.send_message(
            cmd.SendMessage(
                call=call.id,
                message=f"{call.id}.m{call.messages}",
                kind=kind,  # type: ignore[arg-type]  # only the kinds there are
                recipients=recipients,
                **fields,
            )
        )

    # --- timers ------------------------------------------------------------------------------------------------------

    def wake(self, at: Instant, call: Call, visit: Visit, name: str) -> Timer:
        """A deadline of a visit: its element's `timer_fired` is called with `name`."""
        timer = self.timers.add(at, tm.VISIT)
        timer.call = call
        timer.visit = visit
        timer.name = name
        return timer

    def cancel_timer(self, timer: Timer | None) -> None:
        self.timers.cancel(timer)

    def watch_visit(self, visit: QueueVisit, lane: VisitLane) -> None:
        self.timers.watch_visit(visit, lane)

    # --- the rest of what elements may do ----------------------------------------------------------------------------

    def user(self, number: int) -> UserState | None:
        return self.users.get(number)

    def set_static(self, user: int, queue: int, static: bool) -> None:
        self.dispatcher.set_static(self.out.at, self.users[user], queue, static)

    def queue_up(self, at: Instant, visit: QueueVisit, music: str, offer: bool) -> None:
        queue = visit.queue
        out = self.out
        absent = visit.call.released
        if not visit.call.answered and not absent:
            self.answer(at, visit.call)
        queue.take_in(visit)
        if out.wants_moves:
            out.call_queued(visit.call, queue.number, queue.position(visit))
        if not absent:
            out.play_music(visit.call, music)
        if queue.limits.length_us:
            self.timers.watch_visit(visit, queue.limits)
        if offer:
            self.dispatcher.enter(at, visit)

    def wait_for_member(self, at: Instant, visit: QueueVisit) -> None:
        self.dispatcher.enter(at, visit)

    def member_answered(self, at: Instant, visit: QueueVisit, leg: Leg) -> None:
        self.dispatcher.answered(at, visit, leg)

    def talk_to_member(self, at: Instant, visit: QueueVisit, leg: Leg, element: Element) -> None:
        self.dispatcher.answered(at, visit, leg)
        self.connect(at, visit.call, leg, element, at - visit.entered_at, "R-08.7")

    def ring_no_answer(self, at: Instant, visit: QueueVisit, leg: Leg, cause: Cause) -> None:
        self.dispatcher.ring_no_answer(at, visit, leg, cause)

    def ring_next(self, at: Instant, visit: QueueVisit) -> None:
        self.dispatcher.step(at, visit)

    def requeue(self, at: Instant, visit: QueueVisit) -> None:
        self.dispatcher.requeue(at, visit)

    def withdraw(self, at: Instant, visit: QueueVisit, reason: str) -> None:
        self.dispatcher.withdraw(at, visit, reason)

    def dispatch(self, at: Instant, queue: QueueState) -> None:
        self.dispatcher.run(at, queue)

    def override_of(self, number: int) -> tuple[str, Instant | None] | None:
        return self.overrides.get(number)

    def messages_in(self, box: int) -> int:
        return self.boxes.get(box, 0)

    def message_left(self, box: int) -> None:
        self.boxes[box] = self.boxes.get(box, 0) + 1

    def message_deleted(self, box: int) -> None:
        self.boxes[box] = max(0, self.boxes.get(box, 0) - 1)

    def last_talk(self, caller: str) -> tuple[int, Instant] | None:
        found = self.talks.last_with(caller)
        return None if found is None else (found.user, found.at)

    def announcement_ended(self, call: Call, play: int, reason: str) -> None:
        recordings.heard(self, call, play, reason)

    def talk_over(self, call: Call) -> None:
        recordings.stop(self, call)

    # --- what is only said -------------------------------------------------------------------------------------------

    def bridge(self, call: Call, leg: Leg) -> None:
        self.out.bridge(call, leg)

    def play_music(self, call: Call, prompt: str) -> None:
        self.out.play_music(call, prompt)

    def stop_music(self, call: Call) -> None:
        self.out.stop_music(call)

    def wants_notes(self) -> bool:
        return self.out.wants_notes

    def wants_moves(self) -> bool:
        return self.out.wants_moves

    def note(self, message: note.Note) -> None:
        self.out.note(message)

    def element_left(self, call: Call, element: Element, exit_: Exit) -> None:
        self.out.element_left(call, element, exit_)

    def key_pressed(self, call: Call, element: Element, digit: str) -> None:
        self.out.key_pressed(call, element, digit)

    def call_refused(self, call: Call, queue: int, reason: str) -> None:
        self.out.call_refused(call, queue, reason)

    def call_left_queue(self, call: Call, queue: int, output: str, wait_us: Duration, rule: str) -> None:
        self.out.call_left_queue(call, queue, output, wait_us, rule)

    def call_abandoned(self, call: Call, queue: int, wait_us: Duration) -> None:
        self.out.call_abandoned(call, queue, wait_us)


def _language(call: Call) -> str:
    """The language of the user who calls; empty where the document does not say."""
    settings = None if call.user is None else call.flow.head.users.get(call.user)
    return "" if settings is None or settings.language is None else settings.language
