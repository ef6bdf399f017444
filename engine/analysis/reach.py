"""Where calls to a number land over a stretch of time, exactly: from the boundaries of the rules and not by sampling.

Decides, for every instant and caller class, the first place where people or keys decide what happens next: a menu, a queue,
a group, a user, a mailbox, an outside number, the end of the call. Time rules and number rules are passed through, and so
are greetings without keys, whose length moves the clock of what comes after (R-02.16). Leaves single calls to `preview.py`
and two versions to `compare.py`. Rules held by hand (R-11.8) are state of a running PBX and not looked at here.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

import msgspec

from engine.analysis.caller_classes import CallerClass, classes, narrowed
from engine.calendar import zones
from engine.contract import limits
from engine.contract.ids import SECOND_US, Duration, Instant
from engine.document.models import HANGUP
from engine.elements.greeting import Greeting
from engine.elements.hours import Hours
from engine.elements.number_rule import NumberRule
from engine.state.element import Element, Exit
from engine.state.flow import NO_ROUTE, Flow, Node

LOOP = "loop"
"""Destination of calls that the loop guard ends (R-02.14)."""

MINUTE_US = 60 * SECOND_US
SLOT_S = 1800
"""Length of a slot of the calendar picture."""


class Place(msgspec.Struct, frozen=True):
    """A destination."""

    node: Node
    """An internal number, `outside:<number>`, `hangup`, `no_route` or `loop`."""
    kind: str
    name: str = ""

    @property
    def text(self) -> str:
        """In words: `queue 5200 «Sales»`, `outside 89161234567`, `no route set`."""
        if isinstance(self.node, int):
            return f"{self.kind.replace('_', ' ')} {self.node}" + (f" «{self.name}»" if self.name else "")
        if self.node.startswith("outside:"):
            return f"outside {self.node.removeprefix('outside:')}"
        return {NO_ROUTE: "no route set", HANGUP: "hang up", LOOP: "a loop without waiting"}[self.node]


class Stretch(msgspec.Struct, frozen=True):
    """A time from `start` to `end`, end excluded, in which calls land at `place`."""

    start: Instant
    end: Instant
    place: Place

    @property
    def minutes(self) -> float:
        """Its length."""
        return (self.end - self.start) / MINUTE_US


class Timeline(msgspec.Struct, frozen=True):
    """Where the calls of one caller class to one number land, without gaps, in order."""

    caller: CallerClass
    stretches: tuple[Stretch, ...]

    def at(self, at: Instant) -> Place:
        """The destination at an instant within it. Raises ValueError outside it."""
        low, high = 0, len(self.stretches)
        while low < high:
            middle = (low + high) // 2
            if self.stretches[middle].end <= at:
                low = middle + 1
            else:
                high = middle
        if low == len(self.stretches) or at < self.stretches[low].start:
            raise ValueError(f"instant {at} is outside the timeline")
        return self.stretches[low].place

    def minutes(self) -> dict[Place, float]:
        """Minutes per destination, most first."""
        spent: dict[Place, Duration] = {}
        for stretch in self.stretches:
            spent[stretch.place] = spent.get(stretch.place, 0) + stretch.end - stretch.start
        return {
            place: us / MINUTE_US for place, us in sorted(spent.items(), key=lambda item: (-item[1], str(item[0].node)))
        }

    def calendar(self, zone: zones.Zone) -> tuple[tuple[dict[Place, float], ...], ...]:
        """Minutes per destination by weekday (Monday first) and half hour of local time: 7 rows of 48."""
        table: list[list[dict[Place, Duration]]] = [[{} for _ in range(86_400 // SLOT_S)] for _ in range(7)]
        for stretch in self.stretches:
            for weekday, slot, length_us in _slots(stretch.start, stretch.end, zone):
                cell = table[weekday][slot]
                cell[stretch.place] = cell.get(stretch.place, 0) + length_us
        return tuple(tuple({p: us / MINUTE_US for p, us in cell.items()} for cell in row) for row in table)


class Boundary(msgspec.Struct, frozen=True):
    """An instant at which calls begin to land elsewhere."""

    at: Instant
    caller: CallerClass
    before: Place
    after: Place


class Map(msgspec.Struct, frozen=True):
    """Where calls to one number land, for every caller class."""

    entry: str
    """`trunk:<key>` or an internal number as text."""
    number: str
    start: Instant
    end: Instant
    timelines: tuple[Timeline, ...]

    def boundaries(self) -> tuple[Boundary, ...]:
        """Every change, in order of time."""
        found = [
            Boundary(after.start, line.caller, before.place, after.place)
            for line in self.timelines
            for before, after in zip(line.stretches, line.stretches[1:], strict=False)
        ]
        return tuple(sorted(found, key=lambda boundary: (boundary.at, boundary.caller.name)))


def year(flow: Flow, since: Instant) -> tuple[Instant, Instant]:
    """One year of the account's own calendar, from an instant on."""
    local = flow.zone.local(since)
    day = zones.day_number(local.date())
    after = (
        local.replace(year=local.year + 1, day=28)
        if (local.month, local.day) == (2, 29)
        else local.replace(year=local.year + 1)
    )
    days_us = (zones.day_number(after.date()) - day) * zones.DAY_S * SECOND_US
    # Where clocks stand otherwise a year later, the same time of the day is meant; one that is skipped is moved.
    ahead_us = (flow.zone.offset_s(since + days_us) - flow.zone.offset_s(since)) * SECOND_US
    return since, since + days_us - ahead_us


def reach(flow: Flow, start: Instant, end: Instant, callers: Iterable[CallerClass] | None = None) -> tuple[Map, ...]:
    """Where calls to every number land: a map for each trunk of the flow, in order."""
    wanted = tuple(callers) if callers is not None else classes(flow)
    maps = []
    for key, trunk in flow.trunks.items():
        way = flow.entry_of(key)
        told = narrowed(wanted, number_rules(way))
        maps.append(Map(f"trunk:{key}", trunk.number, start, end, timelines(flow, way, start, end, told)))
    return tuple(maps)


def reach_element(flow: Flow, number: int, start: Instant, end: Instant) -> Map:
    """The same for calls that begin at an element or user. Raises KeyError for an unknown number."""
    element = flow.elements[number]
    way = Exit("to", str(number), "R-02.1")
    way.target = element
    told = narrowed(classes(flow), number_rules(way))
    return Map(str(number), str(number), start, end, timelines(flow, way, start, end, told))


def number_rules(way: Exit) -> frozenset[int]:
    """Number rules that calls which take `way` may pass."""
    found: set[int] = set()
    seen: set[int] = set()
    todo = [way]
    while todo:
        element = todo.pop().target
        if element is not None and _passes(element) and element.number not in seen:
            seen.add(element.number)
            todo += element.exits.values()
            if isinstance(element, NumberRule):
                found.add(element.number)
    return frozenset(found)


def land(flow: Flow, way: Exit, caller: str, at: Instant) -> Place:
    """Where one call lands that takes `way` at an instant."""
    passed, runs_in_circles = _walk(flow, way, caller, at)
    return Place(LOOP, LOOP) if runs_in_circles else _place(flow, passed[-1][1] if passed else way)


def through(flow: Flow, way: Exit, caller: str, at: Instant) -> tuple[tuple[Element, Exit], ...]:
    """Elements that one call passes before it lands, each with the output taken."""
    return tuple(_walk(flow, way, caller, at)[0])


def _walk(flow: Flow, way: Exit, caller: str, at: Instant) -> tuple[list[tuple[Element, Exit]], bool]:
    """Elements that one call passes, each with the output taken, and whether the loop guard ends it."""
    passed: list[tuple[Element, Exit]] = []
    count: Count = (0, 0)
    stay_us: Duration = 0
    while way.target is not None:
        entered = _counted(count, stay_us)
        if entered is None:
            return passed, True
        count = entered
        element = way.target
        if not _passes(element):
            break
        stay_us = 0
        if isinstance(element, Hours):
            way = element.decide(at)
        elif isinstance(element, NumberRule):
            way = element.decide(caller)
        elif isinstance(element, Greeting):
            stay_us = flow.prompt_us[element.prompt]
            at += stay_us
            way = element.next
        passed.append((element, way))
    return passed, False


Count = tuple[int, int]
"""Elements a call has entered, in all and since it last waited."""


def _counted(count: Count, stay_us: Duration) -> Count | None:
    """The count after one more entry, `stay_us` after the one before; None where the loop guard ends the call (R-02.14)."""
    entries, quick = count[0] + 1, (0 if stay_us >= limits.WAIT_COUNTS_US else count[1]) + 1
    return None if entries > limits.ENTRIES_IN_ALL or quick > limits.ENTRIES_WITHOUT_WAIT else (entries, quick)


def timelines(
    flow: Flow, way: Exit, start: Instant, end: Instant, callers: Iterable[CallerClass]
) -> tuple[Timeline, ...]:
    """Where calls that take `way` land between two instants, for each caller class."""
    return tuple(Timeline(caller, _Sweep(flow, caller.number).run(way, start, end)) for caller in callers)


Span = tuple[Instant, Instant]
"""Instants at which calls *started*, end excluded."""

Key = tuple[Duration, int, int, Count]
"""What has passed since, the place of an element in order, its number, and elements entered."""


class _Sweep:
    """Sends all instants of a stretch through a flow at once, as sorted spans that rules split.

    Every element is looked at once for each time that passes before it and each count of elements entered (which the loop
    guard goes by), with all the spans that reach it so, so the work is that of merging sorted lists. `shift_us` is what a
    call has waited in greetings since it started.
    """

    def __init__(self, flow: Flow, caller: str) -> None:
        self.flow = flow
        self.caller = caller
        self.landed: list[tuple[Instant, Instant, Place]] = []
        self.order: dict[int, int] = {}
        """Elements that are passed through, each after all that lead to it (but for circles through greetings)."""
        self.waiting: dict[Key, tuple[Element, list[Span]]] = {}
        self.next: list[Key] = []
        """Keys of those that wait, as a heap."""

    def run(self, way: Exit, start: Instant, end: Instant) -> tuple[Stretch, ...]:
        """Stretches that cover the whole, neighbours with different places."""
        if end <= start:
            return ()
        self._order(way)
        self._send(way, [(start, end)], 0, (0, 0), 0)
        while self.next:
            key = heapq.heappop(self.next)
            element, spans = self.waiting.pop(key)
            for onward, part, stay_us in self._through(element, spans, key[0]):
                self._send(onward, part, key[0], key[3], stay_us)
        return tuple(_joined(sorted(self.landed, key=lambda item: item[0])))

    def _send(self, way: Exit, spans: list[Span], shift_us: Duration, count: Count, stay_us: Duration) -> None:
        """Let the calls of some spans take `way`, `stay_us` after they entered the element that they leave."""
        if not spans:
            return
        element = way.target
        entered = None if element is None else _counted(count, stay_us)
        if element is None or (entered is not None and not _passes(element)):
            self.landed += [(a, b, _place(self.flow, way)) for a, b in spans]
        elif entered is None:
            self.landed += [(a, b, Place(LOOP, LOOP)) for a, b in spans]
        else:
            key = (shift_us + stay_us, self.order[element.number], element.number, entered)
            known = self.waiting.get(key)
            if known is None:
                heapq.heappush(self.next, key)
            self.waiting[key] = (element, spans if known is None else _merged(known[1], spans))

    def _order(self, way: Exit) -> None:
        """Find what is passed through from `way` on, depth first, and number it in reverse order of leaving."""
        done: list[int] = []
        seen: set[int] = set()
        stack: list[tuple[Element, Iterator[Exit]]] = []
        following: Exit | None = way
        while following is not None or stack:
            element = following.target if following is not None else None
            if element is not None and _passes(element) and element.number not in seen:
                seen.add(element.number)
                stack.append((element, iter(element.exits.values())))
            following = next(stack[-1][1], None) if stack else None
            while following is None and stack:
                done.append(stack.pop()[0].number)
                following = next(stack[-1][1], None) if stack else None
        self.order = {number: place for place, number in enumerate(reversed(done))}

    def _through(
        self, element: Element, spans: list[Span], shift_us: Duration
    ) -> list[tuple[Exit, list[Span], Duration]]:
        """Where an element sends the calls of some spans, and how long they stay."""
        if isinstance(element, NumberRule):
            return [(element.decide(self.caller), spans, 0)]
        if isinstance(element, Greeting):
            return [(element.next, spans, self.flow.prompt_us[element.prompt])]
        assert isinstance(element, Hours)
        changes = element.schedule.changes(spans[0][0] + shift_us, spans[-1][1] + shift_us)
        inside: list[Span] = []
        outside: list[Span] = []
        place = 0
        for start, end in spans:
            while start < end:
                while place + 1 < len(changes) and changes[place + 1][0] - shift_us <= start:
                    place += 1
                until = changes[place + 1][0] - shift_us if place + 1 < len(changes) else end
                piece = min(end, until)
                (inside if changes[place][1] else outside).append((start, piece))
                start = piece
        return [(element.match, inside, 0), (element.mismatch, outside, 0)]


def _passes(element: Element) -> bool:
    """Whether where a call goes from here is a matter of time and number alone."""
    return isinstance(element, (Hours, NumberRule)) or (isinstance(element, Greeting) and not element.asks)


def _merged(one: list[Span], other: list[Span]) -> list[Span]:
    """Two sorted lists of disjoint spans as one, neighbours joined."""
    result: list[Span] = []
    for start, end in sorted(one + other):
        if result and result[-1][1] == start:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def _joined(landed: list[tuple[Instant, Instant, Place]]) -> Iterator[Stretch]:
    start, end, place = landed[0]
    for a, b, here in landed[1:]:
        assert a == end, "a sweep covers every instant once"
        if here == place:
            end = b
        else:
            yield Stretch(start, end, place)
            start, end, place = a, b, here
    yield Stretch(start, end, place)


def _place(flow: Flow, way: Exit) -> Place:
    element = way.target
    if element is not None:
        return Place(element.number, element.kind, element.name)
    if way.to is None:
        return Place(NO_ROUTE, NO_ROUTE)
    return Place(HANGUP, HANGUP) if way.to == HANGUP else Place(f"outside:{way.to}", "outside")


def _slots(start: Instant, end: Instant, zone: zones.Zone) -> Iterator[tuple[int, int, Duration]]:
    """A time cut at local half hours: weekday, slot, length."""
    jumps = [at for at in zone.jumps(start, end) if at < end]
    for a, b in zip((start, *jumps), (*jumps, end), strict=True):
        ahead_us = zone.offset_s(a) * SECOND_US
        slot_us = SLOT_S * SECOND_US
        at = a + ahead_us
        until = b + ahead_us
        while at < until:
            index = at // slot_us
            stop = min(until, (index + 1) * slot_us)
            day, slot = divmod(index, 86_400 // SLOT_S)
            yield (day + 3) % 7, slot, stop - at
            at = stop
