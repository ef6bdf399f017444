"""Members: how they answer, how long they talk and work on, and how long they were there.

Decides the behaviour of users and of outside numbers. Leaves to the engine which member it offers a call, to `world.py`
the moments, and when members come and go to `roster.py`.
"""

from __future__ import annotations

from typing import Final

from engine.contract.ids import Duration, Instant
from engine.state.flow import Flow
from pbxsim.scenario.distributions import Constant, Distribution
from pbxsim.scenario.scenario import Scenario, TalkSkill
from pbxsim.world.callers import ANSWER, ANSWER_AT_ALL, CELL, OUTSIDE_ANSWER, SKILL, TALK, WHO_ENDS, WRAP_UP, Caller

QUIET = 1 << 20
"""Added to the code of wrap-up when nobody waits: another distribution, the same random numbers."""

ANSWERS: Final = 0
IGNORES: Final = 1
REFUSES: Final = 2


class Answers:
    """How one phone is answered, compiled."""

    __slots__ = ("code", "code_at_all", "delay", "delay_us", "weights", "purpose", "purpose_at_all")

    def __init__(self, code: int, delay: Distribution, no_answer: float, refuses: float, purpose: str) -> None:
        self.code = code
        self.code_at_all = code - ANSWER + ANSWER_AT_ALL
        self.purpose = purpose
        self.purpose_at_all = f"{purpose} at all"
        self.delay = delay
        self.delay_us = round(delay.seconds * 1e6) if isinstance(delay, Constant) else -1
        self.weights: tuple[float, ...] = ()
        if no_answer or refuses:
            self.weights = (1 - no_answer - refuses, no_answer, refuses)

    def outcome(self, caller: Caller, n: int) -> int:
        """ANSWERS, IGNORES or REFUSES the `n`-th offer of a call, from 0."""
        if not self.weights:
            return ANSWERS
        return caller.lot.choice(self.purpose_at_all, self.code_at_all, self.weights, caller.row, n)

    def after(self, caller: Caller, n: int) -> Duration:
        """Microseconds until the phone is picked up or the call refused."""
        if self.delay_us >= 0:
            return self.delay_us
        return caller.lot.length(self.purpose, self.code, self.delay, caller.row, n)


class PhoneAnswers:
    """Everybody who answers."""

    __slots__ = ("default", "users", "alike", "outside", "back_us")

    def __init__(self, scenario: Scenario) -> None:
        default = scenario.answering.default
        self.default = Answers(ANSWER, default.delay, default.no_answer, default.reject, "answer")
        self.users: dict[int, Answers] = {}
        for number, behaviour in scenario.answering.users.items():
            self.users[number] = Answers(
                ANSWER + number, behaviour.delay, behaviour.no_answer, behaviour.reject, "answer"
            )
        self.alike = not self.users
        """Whether all members answer alike."""
        self.back_us = round(scenario.answering.back_s * 1e6)
        outside = scenario.outside
        self.outside = Answers(OUTSIDE_ANSWER, outside.delay, outside.no_answer, outside.busy, "outside answer")


class Skilled:
    """What a skill does to the talks of one member in one queue, compiled."""

    __slots__ = ("skill", "asking", "length", "factor", "code")

    def __init__(self, told: TalkSkill, index: int) -> None:
        self.skill = told.skill
        self.asking = told.calls == "asking"
        self.length: Distribution | None = told.length
        self.factor = told.factor if told.factor is not None else 1.0
        self.code = SKILL + index


def skilled(scenario: Scenario, flow: Flow) -> dict[tuple[int, int], list[Skilled]]:
    """By queue and member: of each skill told, the highest level the member reaches."""
    out: dict[tuple[int, int], list[Skilled]] = {}
    if not scenario.talk.skills:
        return out
    ranked = sorted(enumerate(scenario.talk.skills), key=lambda pair: (-pair[1].level, pair[1].queue is None, pair[0]))
    for number, element in flow.elements.items():
        if not element.is_queue:
            continue
        for member in flow.document.elements[number].members:  # type: ignore[attr-defined]  # a queue's parameters
            taken: set[tuple[str, str]] = set()
            for index, told in ranked:
                name = (told.skill, told.calls)
                held = member.skills.get(told.skill, 0)
                if told.queue in (None, number) and held >= told.level and name not in taken:
                    taken.add(name)
                    out.setdefault((number, member.user), []).append(Skilled(told, index))
    return out


class Talking:
    """How long a caller talks, and with whose hang-up it ends."""

    __slots__ = (
        "default", "queues", "cells", "cell_factors", "skilled", "asked", "factors", "by_caller", "weights", "plain",
        "wrap_up", "wrap_up_quiet", "wraps_up",
    )  # fmt: skip

    def __init__(self, scenario: Scenario, flow: Flow) -> None:
        talk = scenario.talk
        self.default = talk.default
        self.queues: dict[int, Distribution] = dict(talk.queues)
        self.cells: dict[tuple[int, int], Distribution] = {
            (cell.queue, cell.member): cell.length for cell in talk.cells if cell.length is not None
        }
        self.cell_factors: dict[tuple[int, int], float] = {
            (cell.queue, cell.member): cell.factor for cell in talk.cells if cell.factor is not None
        }
        self.skilled = skilled(scenario, flow)
        self.asked: dict[int, frozenset[str]] = {
            number: frozenset(getattr(flow.document.elements[number], "skills", ()))
            for number, element in flow.elements.items()
            if element.is_queue
        }
        self.factors = dict(talk.members)
        self.by_caller = talk.caller_hangs_up
        self.weights = (talk.caller_hangs_up, 1 - talk.caller_hangs_up)
        self.plain = (
            not self.cells
            and not self.cell_factors
            and not self.skilled
            and not self.factors
            and all(c.talk_factor == 1 for c in scenario.callers.values())
        )
        self.wrap_up: dict[int, Distribution] = dict(scenario.wrap_up)
        self.wrap_up_quiet: dict[int, Distribution] = dict(scenario.wrap_up_quiet)
        self.wraps_up = bool(self.wrap_up or self.wrap_up_quiet)
        """Whether the scenario has a say in work after talks at all."""

    def length(self, caller: Caller, place: int, element: int, member: int) -> Duration:
        """Microseconds of a talk that begins at `element`, which stands at `place`, with `member` (0 for an outside number)."""
        talks = caller.talks
        caller.talks = talks + 1
        if self.plain:
            lot = caller.lot
            if talks:
                return lot.length("talk", TALK + element, self.queues.get(element, self.default), caller.row, talks)
            column = lot.talk_at[place]
            if column is None:
                column = lot.column("talk", TALK + element, self.queues.get(element, self.default))
                lot.talk_at[place] = column
            return column.at(caller.row)
        cell = self.cells.get((element, member))
        length: int
        if cell is not None:
            length = caller.lot.length("talk", CELL + element * 10_000 + member, cell, caller.row, talks)
        else:
            distribution, code, factor = self._of_queue(caller, element, member)
            length = round(int(caller.lot.length("talk", code, distribution, caller.row, talks)) * factor)
        return round(length * caller.source.kinds[caller.kind].talk_factor)

    def law(self, caller: Caller, element: int, member: int) -> tuple[Distribution, float]:
        """The law of a caller's talks at `element` with `member`, and the factor on what is drawn from it."""
        kind = caller.source.kinds[caller.kind].talk_factor
        cell = self.cells.get((element, member))
        if cell is not None:
            return cell, kind
        distribution, _, factor = self._of_queue(caller, element, member)
        return distribution, factor * kind

    def _of_queue(self, caller: Caller, element: int, member: int) -> tuple[Distribution, int, float]:
        """Where no cell says it: the law, the code of its column, and the factor of member, cell and skills."""
        distribution = self.queues.get(element, self.default)
        code = TALK + element
        factor = self.factors.get(member, 1.0) * self.cell_factors.get((element, member), 1.0)
        for own in self.skilled.get((element, member), ()):
            if own.asking and not self.asks(caller, element, own.skill):
                continue
            factor *= own.factor
            if own.length is not None:
                distribution, code = own.length, own.code
        return distribution, code, factor

    def asks(self, caller: Caller, element: int, skill: str) -> bool:
        """Whether a call asked for a skill as it came to a queue, of itself or because the queue does (R-08.16)."""
        return skill in self.asked.get(element, ()) or (caller.skills is not None and skill in caller.skills)

    def caller_ends(self, caller: Caller) -> bool:
        """Whether the caller's side hangs up."""
        if self.by_caller <= 0:
            return False
        return (
            self.by_caller >= 1 or caller.lot.choice("who ends", WHO_ENDS, self.weights, caller.row, caller.talks) == 0
        )

    def wrap_up_us(self, caller: Caller, queue: int, quiet: bool) -> Duration | None:
        """Work after a talk of `queue`, and rest if it is `quiet`; None leaves it to the flow."""
        code = WRAP_UP + queue
        distribution = self.wrap_up_quiet.get(queue) if quiet else None
        if distribution is not None:
            code += QUIET
        else:
            distribution = self.wrap_up.get(queue)
            if distribution is None:
                return None
        return caller.lot.length("wrap-up", code, distribution, caller.row, caller.talks)


# --- being there -----------------------------------------------------------------------------------------------------


class StaffedTime:
    """Who is at work, and for how long members of queues were: the denominator of occupancy.

    Time is counted from `count_from` to `count_to`; a member who finishes a call after the end of a shift is at
    work until then.
    """

    __slots__ = ("count_from", "count_to", "since", "left_at", "staffed_us")

    def __init__(self, count_from: Instant, count_to: Instant) -> None:
        self.count_from = count_from
        self.count_to = count_to
        self.since: dict[int, Instant] = {}
        self.left_at: dict[int, Instant] = {}
        self.staffed_us: Duration = 0

    def begins(self, at: Instant, number: int) -> None:
        """A member is at work from now on."""
        self.since.setdefault(number, at)

    def ends(self, at: Instant, number: int) -> None:
        """A member has left, or takes a break."""
        since = self.since.pop(number, None)
        if since is not None:
            self.staffed_us += self.clipped(since, at)
            self.left_at[number] = at

    def overtime(self, at: Instant, number: int) -> None:
        """A member who had left finished a call just now."""
        left = self.left_at.get(number)
        if left is not None and number not in self.since:
            self.staffed_us += self.clipped(left, at)
            self.left_at[number] = at

    def close(self, at: Instant) -> None:
        """The run is over."""
        for number in list(self.since):
            self.ends(at, number)

    def clipped(self, begin: Instant, end: Instant) -> Duration:
        """How much of a span is counted."""
        begin = max(begin, self.count_from)
        end = min(end, self.count_to)
        return end - begin if end > begin else 0
