"""Queue (R-08): the caller waits for one of its members. What a call does on entry, while waiting, and when it leaves.

Leaves to `control/dispatcher.py` who is offered the call and when, to `control/strategies.py` the choice, to
`state/queue_state.py` the order.
"""

from __future__ import annotations

from typing import ClassVar, Final

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Instant, seconds
from engine.document import models
from engine.document.card import Card
from engine.document.faults import NOT_TAKEN, OUT, TrialCall
from engine.elements import queue_callback
from engine.elements.parameters.queue import QueueParameters
from engine.state import queue_state as qs
from engine.state.actions import Actions
from engine.state.call import Call
from engine.state.element import Element, Exit, Step
from engine.state.leg import Leg
from engine.state.queue_settings import QueueSettings, SeatSettings
from engine.state.queue_state import QueueVisit

BY_CALLER: Final = Party.CALLER


class Queue(Element):
    """A queue, compiled: times in microseconds, exits made."""

    kind: ClassVar[str] = "queue"
    rule: ClassVar[str] = "R-08"
    Parameters = QueueParameters
    waits: ClassVar[bool] = True
    answers: ClassVar[bool] = True
    is_queue: ClassVar[bool] = True
    members_rule: ClassVar[str] = "R-08.4"
    outside_members: ClassVar[bool] = False
    card: ClassVar[Card] = Card(
        icon="queue",
        color="#2563eb",
        color_dark="#60a5fa",
        shape="line",
        block=5200,
        place=4,
        first=("name", "strategy", "members", "max_wait", "ring", "wrap_up", "timeout", "join_empty"),
    )

    def __init__(self, number: int, parameters: QueueParameters, head: models.Head) -> None:
        super().__init__(number, parameters.name)
        self.strategy: str = parameters.strategy
        self.settings = QueueSettings(
            strategy=parameters.strategy,
            ring_us=seconds(parameters.ring),
            retry_us=seconds(parameters.retry),
            wrap_up_us=seconds(parameters.wrap_up),
            max_wait_us=seconds(parameters.max_wait),
            first_relaxation_us=seconds(parameters.relax[0].after) if parameters.relax else 0,
            auto_pause=parameters.auto_pause,
            join_when_empty=parameters.join_when_empty,
            leave_when_empty=parameters.leave_when_empty,
            tier_wait_us=seconds(parameters.tier_wait),
            step_us=seconds(parameters.step),
            weight=parameters.queue_weight,
            skills=dict(parameters.skills),
            may_reorder=bool(parameters.start_bonus or parameters.priority),
            dialect=parameters.dialect,
        )
        """The settings that the queue's state and the dispatcher read."""
        self.staff = parameters.members
        self.ring_us = seconds(parameters.ring)
        self.max_wait_us = seconds(parameters.max_wait)
        self.most_waiting = parameters.waiting_limit
        self.strict_join = parameters.join_when_empty != "signed_in"
        self.priority = parameters.priority
        self.start_bonus_us = seconds(parameters.start_bonus)
        self.record = parameters.record
        self.skills = self.settings.skills
        self.relax = tuple((seconds(step.after), step.drop) for step in parameters.relax)
        self.announce_us = seconds(parameters.announce_every) if parameters.announce_position else 0
        self.announce_prompt = parameters.announce_prompt
        self.message_us = seconds(parameters.announce_every) if parameters.announce_prompt else 0
        self.music = parameters.music or head.settings.music
        self.exit_key = parameters.exit_key
        self.timeout = self.add_exit("timeout", parameters.timeout, "R-08.14")
        self.full = self.add_exit("full", parameters.full, "R-08.13")
        self.join_empty = self.add_exit("join_empty", parameters.join_empty, "R-08.13")
        self.left_empty = self.add_exit("leave_empty", parameters.leave_empty, "R-08.13")
        self.callback_key = parameters.callback_key
        self.listens = (self.exit_key or "") + (self.callback_key or "")
        """Keys that mean something while waiting."""
        self.callback_done = (
            self.add_exit("callback_done", parameters.callback_done, "R-08.19") if parameters.callback_key else None
        )
        self.key_exit = self.add_exit("exit", parameters.exit, "R-08.14") if parameters.exit_key else None
        self.idle = parameters.idle_outputs(vars(parameters))
        self.plain = not (self.listens or self.announce_us or self.message_us or self.relax)
        """Whether callers do nothing but wait, so that a visit begins in one step."""

    def members(self) -> tuple[str, ...]:
        return tuple(str(member.user) for member in self.staff)

    def install(self, actions: Actions, version: str) -> None:
        """Make room for its state, with a seat for each member."""
        staff = [
            SeatSettings(
                member.user, member.position or position, member.tier, member.weight, member.skills, member.static
            )
            for position, member in enumerate(self.staff, start=1)
        ]
        actions.open_queue(version, self.number, self.settings, staff)

    def put_in_force(self, actions: Actions) -> None:
        """Members are static or not as the live version says (R-08.4)."""
        for member in self.staff:
            actions.set_static(member.user, self.number, member.static)

    def never_taken(self) -> dict[str, str]:
        return self.idle

    def leaves_at_once(self, exit_: Exit) -> bool:
        return exit_.name in ("full", "join_empty") and exit_.name not in self.idle

    def example_call(self, exit_: Exit, at_once: bool = False) -> TrialCall | None:
        number = str(self.number)
        if at_once or exit_ is self.join_empty:
            return TrialCall(number=number, users=self.all_members(OUT))
        if exit_ is self.timeout:
            return TrialCall(number=number, users=self.all_members(NOT_TAKEN))
        if exit_ is self.key_exit:
            return TrialCall(number=number, keys=self.exit_key or "", users=self.all_members(NOT_TAKEN))
        return None  # full, leave_empty: these take more than one call

    # --- a call's visit -----------------------------------------------------------------------------------------------

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        queue = call.version.queues[self.place]
        assert queue is not None
        if queue.count >= self.most_waiting:
            actions.call_refused(call, self.number, "full")
            return self.full
        if (self.strict_join or queue.signed_in == 0) and queue.is_empty():
            actions.call_refused(call, self.number, "join_empty")
            return self.join_empty
        priority = call.priority
        if priority == 0:
            priority = self.priority
        elif not queue.may_reorder:
            queue.may_reorder = True
        queue.born += 1
        visit = QueueVisit(call, queue, at, at - self.start_bonus_us, priority, queue.born)
        if self.skills or call.skills:
            visit.skills = {**self.skills, **call.skills} if call.skills else self.skills
        call.visit = visit
        if self.plain:
            actions.queue_up(at, visit, self.music, True)
            return None
        actions.queue_up(at, visit, self.music, False)
        if self.listens and not call.released:
            actions.collect(call, self, self.listens, 1)
        if self.announce_us or self.message_us:
            visit.announce_timer = actions.wake(at + (self.announce_us or self.message_us), call, visit, "announce")
            visit.timed = True
        if self.relax:
            actions.watch_visit(visit, queue.relaxations)
        actions.wait_for_member(at, visit)
        return None

    def leg_answered(self, at: Instant, call: Call, actions: Actions, leg: Leg) -> Step:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if call.released and call.visitor is None:
            return queue_callback.answered(self, at, call, visit, actions, leg)
        if self.listens:
            actions.stop_collecting(call)
        if visit.announcing:
            actions.stop_play(call, visit.announcing)
            visit.announcing = 0
        actions.talk_to_member(at, visit, leg, self)
        return None

    def leg_failed(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if leg.seat is not None:
            actions.ring_no_answer(at, visit, leg, cause)
        elif leg is call.customer:
            return queue_callback.failed(self, at, call, visit, actions, cause)
        return None

    def leg_ended(self, at: Instant, call: Call, actions: Actions, leg: Leg, cause: Cause) -> Step:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        return (
            queue_callback.ended(self, at, call, visit, actions, leg)
            if call.released and call.visitor is None
            else None
        )

    def collects_key(self, call: Call, digit: str) -> bool:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if visit.state >= qs.TALKING:
            return False
        return digit == self.callback_key or (self.key_exit is not None and digit == self.exit_key)

    def key_pressed(self, at: Instant, call: Call, actions: Actions, digit: str) -> Step:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if visit.state >= qs.TALKING:
            return None
        if digit == self.callback_key:
            queue_callback.asked(self, at, call, visit, actions, digit)
            return None
        if self.key_exit is None or digit != self.exit_key:
            return None
        actions.key_pressed(call, self, digit)
        actions.call_left_queue(call, self.number, "exit_key", at - visit.entered_at, "R-08.14")
        return self.key_exit

    def timer_fired(self, at: Instant, call: Call, actions: Actions, name: str) -> Step:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if name == "callback":
            return queue_callback.timer_fired(self, at, call, visit, actions)
        if visit.state >= qs.TALKING:
            return None
        if name == "max_wait":
            actions.call_left_queue(call, self.number, "timeout", at - visit.entered_at, "R-08.10")
            return self.timeout
        if name == "step":
            actions.ring_next(at, visit)
        elif name == "relax":
            self._relax(at, call, visit, actions)
        elif name == "announce":
            self._announce(at, call, visit, actions)
        return None

    def deserted(self, at: Instant, call: Call, actions: Actions) -> Step:
        """Callers leave, as the queue says of itself (R-08.13)."""
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        actions.call_left_queue(call, self.number, "leave_empty", at - visit.entered_at, "R-08.13")
        return self.left_empty

    def left(self, at: Instant, call: Call, actions: Actions) -> None:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if visit.state == qs.CALLING_BACK or visit.state == qs.BETWEEN_TRIES:
            queue_callback.dropped(at, call, visit, actions)
            return
        if visit.state >= qs.TALKING:
            return
        if visit.announcing and not call.over:
            actions.stop_play(call, visit.announcing)
        if self.listens:
            actions.stop_collecting(call)
        if call.over:
            actions.withdraw(at, visit, "caller_left")
            if call.ended_by is BY_CALLER:
                actions.call_abandoned(call, self.number, at - visit.entered_at)
            else:
                actions.call_left_queue(call, self.number, "ended", at - visit.entered_at, "R-02.17")
        else:
            actions.withdraw(at, visit, "left_queue")
            if not call.released:
                actions.stop_music(call)

    # --- announcements and skills ------------------------------------------------------------------------------------

    def _announce(self, at: Instant, call: Call, visit: QueueVisit, actions: Actions) -> None:
        every_us = self.announce_us or self.message_us
        visit.announce_timer = actions.wake(at + every_us, call, visit, "announce")
        if visit.state != qs.WAITING or visit.announcing or call.released:
            return
        if self.announce_us:
            position = visit.queue.position(visit)
            expected_us = visit.queue.expected_wait_us(position)
            visit.announcing = actions.say_position(call, visit, position, expected_us)
            if actions.wants_notes():
                actions.note(
                    note.PositionSaid(call=call.id, queue=self.number, position=position, expected_wait_us=expected_us)
                )
        elif self.announce_prompt is not None:
            visit.announcing = actions.play(call, self.announce_prompt, visit)

    def prompt_ended(self, at: Instant, call: Call, actions: Actions, play: int, reason: str) -> Step:
        visit = call.visit
        assert isinstance(visit, QueueVisit)
        if visit.state >= qs.TALKING:
            return super().prompt_ended(at, call, actions, play, reason)
        if play != visit.announcing:
            return None
        if self.announce_us and self.announce_prompt is not None and visit.last_announced != visit.announcing:
            visit.announcing = visit.last_announced = actions.play(call, self.announce_prompt, visit)
            return None
        visit.announcing = 0
        actions.play_music(call, self.music)
        return None

    def _relax(self, at: Instant, call: Call, visit: QueueVisit, actions: Actions) -> None:
        skill = self.relax[visit.relaxed][1]
        visit.relaxed += 1
        if visit.relaxed < len(self.relax):
            due = max(at, visit.entered_at + self.relax[visit.relaxed][0])
            visit.relax_timer = actions.wake(due, call, visit, "relax")
            visit.timed = True
        if visit.skills and skill in visit.skills:
            visit.skills = {name: level for name, level in visit.skills.items() if name != skill} or None
            if actions.wants_notes():
                actions.note(
                    note.DecisionMade(
                        call=call.id,
                        element=self.number,
                        rule="R-08.16",
                        output="wait",
                        text=f"skill {skill} is no longer required after {(at - visit.entered_at) // 1_000_000} s",
                    )
                )
            if visit.state == qs.WAITING:
                actions.dispatch(at, visit.queue)
