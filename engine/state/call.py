"""One call: who called, on which version, where in the flow it is, and everything it holds open.

A call holds no behaviour: elements decide, `control/call_flow.py` moves it. What an element must remember while a call is
with it is a `Visit`, a subclass beside that element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy_extensions import i32, i64, mypyc_attr

from engine.contract.ids import CallId, Duration, Instant

if TYPE_CHECKING:
    from engine.contract.causes import Party
    from engine.state.element import Element, Exit
    from engine.state.flow import Flow
    from engine.state.leg import Leg
    from engine.state.timers import Timer
    from engine.state.trunk import TrunkState
    from engine.state.version import Version

_MASK = (1 << 64) - 1


@mypyc_attr(allow_interpreted_subclasses=True)
class Visit:
    """What one call's visit at one element needs to remember. Unique per visit, so late news finds the visit gone."""

    timer: Timer | None = None
    """The visit's own deadline, if it has one running."""
    because: str = "always"
    """The condition under which a call that is here is sent on outside: of a user's list, else `always`."""


class Visitor:
    """A visitor of a website who asked to be called (R-17): by which widget, who is tried for them, and who answered."""

    __slots__ = (
        "widget",
        "page",
        "allowed",
        "ways",
        "tried",
        "timer",
        "manager",
        "element",
        "wait_us",
        "rule",
        "answered",
    )

    def __init__(self, widget: str, page: str = "") -> None:
        self.widget = widget
        self.page = page
        self.allowed = False
        """Whether the request may become a call or a lead."""
        self.ways: tuple[Exit, ...] = ()
        """Managers in order, or the one element of the mode logic."""
        self.tried = 0
        self.timer: Timer | None = None
        """How long the manager, or then the visitor, rings."""
        self.manager: Leg | None = None
        """The leg of whoever answered, while the visitor is rung."""
        self.element: Element | None = None
        """The element where they answered, after how long, and by which rule."""
        self.wait_us: Duration = 0
        self.rule = ""
        self.answered: int | None = None
        """Who answered: an internal number, 0 for an outside number, None for nobody."""


class Announcement:
    """What both sides of a talk hear before it is recorded. No plays are left while one of them is on hold."""

    __slots__ = ("plays", "joined", "heard")

    def __init__(self, plays: list[int], joined: bool) -> None:
        self.plays = plays
        """Those that have not ended."""
        self.joined = joined
        """Whether the two are joined already, as somebody came to a talk by a transfer or a hold broke it off."""
        self.heard = True
        """Whether every play that has ended was heard to its end."""


class Call:
    """One caller's journey. Made by the world (or from `CallArrived`) and given to `Engine.arrive`.

    What every call needs has a slot; what few calls ever have stands in the class and costs nothing until it is set.
    """

    __slots__ = (
        "given_id", "called", "caller", "caller_name", "trunk", "user", "origin", "seed", "leg", "more_legs", "version",
        "started_at", "born", "element", "visit", "answered", "answered_at", "over", "talking", "talk_from", "talk_us",
        "entries", "quick_entries", "entered_at", "legs", "priority", "skills", "open_plays", "collecting", "music",
        "released", "ended_by", "talk_recording", "line", "opened", "known", "before", "after", "__dict__",
    )  # fmt: skip

    plays: i32 = 0
    recordings: i32 = 0
    requests: i32 = 0
    messages: i32 = 0
    open_messages: i32 = 0
    progressed: bool = False
    outside_allowed: bool = True
    held: bool = False
    """Whether the other party holds the caller."""
    holds: bool = False
    """Whether the caller holds the other party."""
    open_recordings: dict[int, Visit | None] | None = None
    open_requests: dict[int, Visit | None] | None = None
    variables: dict[str, str] | None = None
    digits: str = ""
    """Keys accepted so far in this call, for web servers (R-13.7)."""
    dial: str = ""
    """The outside number this call is being sent to, while it is."""
    originator: int | None = None
    """The user or group on whose behalf an outside number is dialled (R-14.10)."""
    users_visited: tuple[int, ...] = ()
    """Users whose own rules were applied, for R-06.14."""
    customer: Leg | None = None
    """The leg that stands for a caller who is called back."""
    visitor: Visitor | None = None
    """Who asked for the call on a website (R-17)."""
    deputy: Leg | None = None
    """The leg that stands for a caller who sent it on and left."""
    replaces: Call | None = None
    """The call in which its caller takes a party's place at once."""
    replaces_leg: Leg | None = None
    """The party; None is the caller there."""
    announcement: Announcement | None = None
    """What both sides hear before their talk is recorded, while they do."""

    def __init__(
        self,
        id: CallId,
        called: str,
        caller: str = "",
        trunk: str | None = None,
        user: int | None = None,
        origin: str = "trunk",
        seed: int = 0,
        caller_name: str = "",
    ) -> None:
        self.given_id = id
        """Empty where the world works it out when somebody asks."""
        self.called = called
        self.caller = caller
        self.caller_name = caller_name
        self.trunk = trunk
        self.user = user
        self.origin = origin
        self.seed = seed
        self.leg: Leg | None = None
        """The living leg placed first; most calls never have a second one at a time."""
        self.more_legs: list[Leg] | None = None
        """The living legs placed after it."""
        self.element: Element | None = None
        self.visit: Visit | None = None
        self.talking: Leg | None = None
        self.skills: dict[str, int] | None = None
        self.open_plays: dict[int, Visit | None] | None = None
        self.ended_by: Party | None = None
        """Who ended it, once it is over."""
        self.line: TrunkState | None = None
        """The trunk it came in by, on which it holds a line."""
        self.before: Call | None = None
        self.after: Call | None = None
        """Its neighbours among the calls held (`control/call_registry.py`)."""
        self.answered_at: Instant = -1
        self.talk_from: Instant = 0
        self.talk_us: Duration = 0
        self.entered_at: Instant = 0
        # What is small stands together, as a compiled object then takes less room.
        self.entries: i32 = 0
        self.quick_entries: i32 = 0
        self.legs: i32 = 0
        self.priority: i64 = 0
        self.talk_recording: i32 = 0
        """Number of the recording of the talk in progress; 0 is none."""
        self.answered = False
        self.over = False
        self.collecting = False
        self.music = False
        """The caller, already answered, hears music because somebody is rung."""
        self.released = False
        """The caller's leg is gone, or there is none yet, and the call goes on: a callback (R-08.19, R-17.4)."""
        self.known = False
        """Whether the tenant holds it: from its arrival until it is over and holds nothing."""
        self.opened = False
        """Whether it ever started a recording, a web request or a message."""

    def starts(self, at: Instant, version: Version, born: i64) -> None:
        """Pin it to a version as it arrives. `born` places its longest-call guard among other deadlines."""
        self.version: Version = version
        self.started_at: Instant = at
        self.born: i64 = born

    @property
    def flow(self) -> Flow:
        """The version it is pinned to."""
        return self.version.flow

    @property
    def id(self) -> CallId:
        """What messages call it."""
        return self.given_id or self.id_made()

    def id_made(self) -> CallId:
        """Its id, for a world that gave none."""
        raise NotImplementedError

    @property
    def live_legs(self) -> list[Leg]:
        """Its living legs in the order they were placed, as a list of its own."""
        leg = self.leg
        if leg is None:
            return []
        return [leg] if self.more_legs is None else [leg, *self.more_legs]

    def add_leg(self, leg: Leg) -> None:
        """A leg lives from now on."""
        if self.leg is None:
            self.leg = leg
        elif self.more_legs is None:
            self.more_legs = [leg]
        else:
            self.more_legs.append(leg)

    def drop_leg(self, leg: Leg) -> None:
        """A living leg is over, or is another call's from now on."""
        more = self.more_legs
        if more is None:
            self.leg = None
            return
        if leg is self.leg:
            self.leg = more.pop(0)
        else:
            more.remove(leg)
        if not more:
            self.more_legs = None

    def holds_nothing(self) -> bool:
        """Whether everything it started has ended."""
        if self.leg is not None or self.open_plays:
            return False
        return not self.opened or not (self.open_recordings or self.open_requests or self.open_messages)

    def entropy(self) -> int:
        """Where its draws begin: `seed`, unless the world that made it works it out only now."""
        return self.seed

    def draw(self, element: int, count: int) -> int:
        """Entropy for one choice: 64 bits from seed, element and count, so that no other choice moves (style, contract 4).

        The mixing function is SplitMix64 (Steele, Lea, Flood 2014), applied to each part in turn.
        """
        value = _mix(self.entropy() & _MASK)
        value = _mix(value ^ (element & _MASK))
        return _mix(value ^ (count & _MASK))


@mypyc_attr(allow_interpreted_subclasses=True)
class CallChain:
    """Calls in the order in which they came, as a chain through `before` and `after`; a call stands in one chain only."""

    __slots__ = ("first", "last", "count")

    def __init__(self) -> None:
        self.first: Call | None = None
        self.last: Call | None = None
        self.count = 0


def _mix(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def share(draw: int) -> float:
    """A draw as a number from 0 up to and without 1.

    >>> share(0), share((1 << 64) - 1) < 1
    (0.0, True)
    """
    return (draw >> 11) / (1 << 53)
