"""Where calls to a number land over a stretch of time, exactly: from the boundaries of the rules and not by sampling.

Decides, for every instant and caller class, the first place where people or keys decide what happens next: a menu, a queue,
a group, a user, a mailbox, an outside number, the end of the call. Elements that calls pass at once say themselves where they
send them: time rules, number rules, greetings without keys, whose length moves the clock of what comes after (R-02.16). Where
one chooses by chance, calls land at several places, each with its share. Leaves single calls to `preview.py` and two versions
to `compare.py`. Rules held by hand (R-11.8) are state of a running PBX and not looked at here.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from engine.analysis.caller_classes import CallerClass, classes, narrowed
from engine.calendar import zones
from engine.contract import limits
from engine.contract.ids import SECOND_US, Duration, Instant
from engine.document.models import HANGUP
from engine.state.element import Element, Exit
from engine.state.flow import NO_ROUTE, Flow, Node

LOOP = "loop"
"""Destination of calls that the loop guard ends (R-02.14)."""

MINUTE_US = 60 * SECOND_US
SLOT_S = 1800
"""Length of a slot of the calendar picture."""


BY_CHANCE = "by_chance"
"""Kind of a place that stands for several, of which one is chosen by chance."""

SHARE_DIGITS = 9
"""Shares are the same when they agree in so many digits: sums of products are not exact."""


class Place(msgspec.Struct, frozen=True):
    """A destination, or several of which each call's own draw chooses one."""

    node: Node
    """An internal number, `outside:<number>`, `hangup`, `no_route` or `loop`; several as `0.25:101|0.75:102`."""
    kind: str
    name: str = ""
    choices: tuple[tuple[Place, float], ...] = ()
    """Where several: each with its share of calls, 0 to 1, the largest first."""

    @property
    def shares(self) -> tuple[tuple[Place, float], ...]:
        """The destinations with their shares of calls: the place itself, with share 1, or its choices."""
        return self.choices or ((self, 1.0),)

    def share_at(self, node: Node) -> float:
        """Share of calls that land at a node, 0 to 1."""
        return sum(share for place, share in self.shares if place.node == node)

    @property
    def text(self) -> str:
        """In words: `queue 5200 «Sales»`, `outside 89161234567`, `no route set`, `75 % user 102, 25 % user 101`."""
        if self.choices:
            return ", ".join(f"{percent(share)} {place.text}" for place, share in self.choices)
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
        """Minutes per destination, most first; a minute in which chance decides is divided by shares."""
        spent: dict[Place, float] = {}
        for stretch in self.stretches:
            for place, share in stretch.place.shares:
                spent[place] = spent.get(place, 0) + float(stretch.end - stretch.start) * share
        return {
            place: us / MINUTE_US for place, us in sorted(spent.items(), key=lambda item: (-item[1], str(item[0].node)))
        }

    def calendar(self, zone: zones.Zone) -> tuple[tuple[dict[Place, float], ...], ...]:
        """Minutes per destination by weekday (Monday first) and half hour of local time: 7 rows of 48."""
        table: list[list[dict[Place, float]]] = [[{} for _ in range(86_400 // SLOT_S)] for _ in range(7)]
        for stretch in self.stretches:
            shares = stretch.place.shares
            for weekday, slot, length_us in _slots(stretch.start, stretch.end, zone):
                cell = table[weekday][slot]
                for place, share in shares:
                    cell[place] = cell.get(place, 0) + float(length_us) * share
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
        exit_ = flow.entry_of(key)
        told = narrowed(wanted, number_rules(exit_))
        maps.append(Map(f"trunk:{key}", trunk.number, start, end, timelines(flow, exit_, start, end, told)))
    return tuple(maps)


def reach_element(flow: Flow, number: int, start: Instant, end: Instant) -> Map:
    """The same for calls that begin at an element or user. Raises KeyError for an unknown number."""
    element = flow.elements[number]
    exit_ = Exit("to", str(number), "R-02.1")
    exit_.target = element
    told = narrowed(classes(flow), number_rules(exit_))
    return Map(str(number), str(number), start, end, timelines(flow, exit_, start, end, told))


def number_rules(exit_: Exit) -> frozenset[int]:
    """Number rules that calls which take `exit_` may pass."""
    found: set[int] = set()
    seen: set[int] = set()
    todo = [exit_]
    while todo:
        element = todo.pop().target
        if element is not None and element.number not in seen and element.passes():
            seen.add(element.number)
            todo += element.exits.values()
            if element.compares_callers:
                found.add(element.number)
    return frozenset(found)


def land(flow: Flow, exit_: Exit, caller: str, at: Instant) -> Place:
    """Where one call lands that takes `exit_` at an instant; several places where chance decides."""
    count: Count = (0, 0)
    stay_us: Duration = 0
    onward, when = exit_, at
    while onward.target is not None:
        entered = _counted(count, stay_us)
        if entered is None:
            return Place(LOOP, LOOP)
        count = entered
        element = onward.target
        exits = _taken(element, caller, when)
        if not exits:
            break
        if len(exits) > 1:
            [whole] = _Sweep(flow, caller).run(exit_, at, at + 1)
            return whole.place
        stay_us = element.passing_us
        when += stay_us
        onward = exits[0][0]
    return _place(flow, onward)


def ways_to(flow: Flow, exit_: Exit, caller: str, at: Instant, node: Node) -> tuple[tuple[Element, Exit], ...]:
    """Elements that a call passes until it lands at a node, each with the output taken, chosen by chance where need be.

    Empty where it cannot come there, and where `exit_` itself leads there.
    """
    seen: set[tuple[int, Instant]] = set()
    todo: list[tuple[Exit, Instant, tuple[tuple[Element, Exit], ...]]] = [(exit_, at, ())]
    while todo:
        onward, when, passed = todo.pop()
        element = onward.target
        exits = [] if element is None else _taken(element, caller, when)
        if element is None or not exits:
            if _place(flow, onward).node == node:
                return passed
        elif (element.number, when) not in seen and len(passed) < limits.ENTRIES_IN_ALL:
            seen.add((element.number, when))
            later = when + element.passing_us
            todo += [(taken, later, (*passed, (element, taken))) for taken, _ in reversed(exits)]
    return ()


def _taken(element: Element, caller: str, at: Instant) -> list[tuple[Exit, float]]:
    """Exits that some call takes at an instant, each with its share."""
    return [(exit_, share) for exit_, share in element.instant_exits(caller, at) if share > 0]


Count = tuple[int, int]
"""Elements a call has entered, in all and since it last waited."""


def _counted(count: Count, stay_us: Duration) -> Count | None:
    """The count after one more entry, `stay_us` after the one before; None where the loop guard ends the call (R-02.14)."""
    entries, quick = count[0] + 1, (0 if stay_us >= limits.WAIT_COUNTS_US else count[1]) + 1
    return None if entries > limits.ENTRIES_IN_ALL or quick > limits.ENTRIES_WITHOUT_WAIT else (entries, quick)


def timelines(
    flow: Flow, exit_: Exit, start: Instant, end: Instant, callers: Iterable[CallerClass]
) -> tuple[Timeline, ...]:
    """Where calls that take `exit_` land between two instants, for each caller class."""
    return tuple(Timeline(caller, _Sweep(flow, caller.number).run(exit_, start, end)) for caller in callers)


Span = tuple[Instant, Instant, float]
"""Instants at which calls *started*, end excluded, and the share of those calls that is meant, 0 to 1."""

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
        self.landed: list[Landed] = []
        self.order: dict[int, int] = {}
        """Elements that are passed through, each after all that lead to it (but for circles through greetings)."""
        self.waiting: dict[Key, tuple[Element, list[Span]]] = {}
        self.next: list[Key] = []
        """Keys of those that wait, as a heap."""

    def run(self, exit_: Exit, start: Instant, end: Instant) -> tuple[Stretch, ...]:
        """Stretches that cover the whole, neighbours with different places."""
        if end <= start:
            return ()
        self._order(exit_)
        self._send(exit_, [(start, end, 1.0)], 0, (0, 0), 0)
        while self.next:
            key = heapq.heappop(self.next)
            element, spans = self.waiting.pop(key)
            for onward, part in self._through(element, spans, key[0]):
                self._send(onward, part, key[0], key[3], element.passing_us)
        whole = sorted(self.landed, key=lambda item: (item[0], item[1]))
        return tuple(_joined(_by_chance(whole) if any(item[2] < 1 for item in whole) else whole))

    def _send(self, exit_: Exit, spans: list[Span], shift_us: Duration, count: Count, stay_us: Duration) -> None:
        """Let the calls of some spans take `exit_`, `stay_us` after they entered the element that they leave."""
        if not spans:
            return
        element = exit_.target
        entered = None if element is None else _counted(count, stay_us)
        if element is None or (entered is not None and not element.passes()):
            place = _place(self.flow, exit_)
            self.landed += [(a, b, share, place) for a, b, share in spans]
        elif entered is None:
            self.landed += [(a, b, share, Place(LOOP, LOOP)) for a, b, share in spans]
        else:
            key = (shift_us + stay_us, self.order[element.number], element.number, entered)
            known = self.waiting.get(key)
            if known is None:
                heapq.heappush(self.next, key)
            self.waiting[key] = (element, spans if known is None else _merged(known[1], spans))

    def _order(self, exit_: Exit) -> None:
        """Find what is passed through from `exit_` on, depth first, and number it in reverse order of leaving."""
        done: list[int] = []
        seen: set[int] = set()
        stack: list[tuple[Element, Iterator[Exit]]] = []
        following: Exit | None = exit_
        while following is not None or stack:
            element = following.target if following is not None else None
            if element is not None and element.number not in seen and element.passes():
                seen.add(element.number)
                stack.append((element, iter(element.exits.values())))
            following = next(stack[-1][1], None) if stack else None
            while following is None and stack:
                done.append(stack.pop()[0].number)
                following = next(stack[-1][1], None) if stack else None
        self.order = {number: place for place, number in enumerate(reversed(done))}

    def _through(self, element: Element, spans: list[Span], shift_us: Duration) -> list[tuple[Exit, list[Span]]]:
        """Where an element sends the calls of some spans."""
        changes = element.changes(spans[0][0] + shift_us, spans[-1][1] + shift_us)
        answers = [_taken(element, self.caller, at) for at in changes]
        sent: dict[str, tuple[Exit, list[Span]]] = {}
        place = 0
        for start, end, share in spans:
            while start < end:
                while place + 1 < len(changes) and changes[place + 1] - shift_us <= start:
                    place += 1
                until = changes[place + 1] - shift_us if place + 1 < len(changes) else end
                piece = min(end, until)
                for exit_, part in answers[place]:
                    sent.setdefault(exit_.name, (exit_, []))[1].append((start, piece, share * part))
                start = piece
        return list(sent.values())


def _merged(one: list[Span], other: list[Span]) -> list[Span]:
    """Two sorted lists of spans, each without overlaps, as one such list: shares add up, alike neighbours are joined."""
    result: list[Span] = []
    for span in sorted(one + other):
        if result and result[-1][1] > span[0]:
            return _summed(one, other)
        _append(result, span)
    return result


def _summed(one: list[Span], other: list[Span]) -> list[Span]:
    """The same where spans of the two overlap: calls of one instant come here by two ways, each with its share."""
    cuts = sorted({edge for spans in (one, other) for span in spans for edge in span[:2]})
    result: list[Span] = []
    i = j = 0
    for start, end in pairwise(cuts):
        while i < len(one) and one[i][1] <= start:
            i += 1
        while j < len(other) and other[j][1] <= start:
            j += 1
        share = (one[i][2] if i < len(one) and one[i][0] <= start else 0.0) + (
            other[j][2] if j < len(other) and other[j][0] <= start else 0.0
        )
        if share:
            _append(result, (start, end, share))
    return result


def _append(spans: list[Span], span: Span) -> None:
    if spans and spans[-1][1] == span[0] and spans[-1][2] == span[2]:
        spans[-1] = (spans[-1][0], span[1], span[2])
    else:
        spans.append(span)


Landed = tuple[Instant, Instant, float, Place]
"""A span and where its calls land."""


def _by_chance(landed: list[Landed]) -> list[Landed]:
    """Spans that overlap, sorted by start, as spans that do not: where several cover an instant, one place with choices."""
    cuts = sorted({edge for item in landed for edge in item[:2]})
    result: list[Landed] = []
    open_: list[Landed] = []
    place = 0
    for start, end in pairwise(cuts):
        open_ = [item for item in open_ if item[1] > start]
        while place < len(landed) and landed[place][0] == start:
            open_.append(landed[place])
            place += 1
        shares: dict[Place, float] = {}
        for _, _, share, here in open_:
            shares[here] = shares.get(here, 0.0) + share
        result.append((start, end, 1.0, mixed(shares)))
    return result


def mixed(shares: dict[Place, float]) -> Place:
    """Several places by chance, with their shares, as one; one alone is itself."""
    if len(shares) == 1:
        return next(iter(shares))
    exact = {place: round(share, SHARE_DIGITS) for place, share in shares.items()}
    choices = tuple(sorted(exact.items(), key=lambda item: (-item[1], str(item[0].node))))
    return Place("|".join(f"{share:g}:{place.node}" for place, share in choices), BY_CHANCE, "", choices)


def percent(share: float) -> str:
    """A share in percent, as exactly as it needs.

    >>> percent(0.25), percent(0.125), percent(1 / 3)
    ('25 %', '12.5 %', '33.33 %')
    """
    return f"{round(share * 100, 2):g} %"


def _joined(landed: Iterable[Landed]) -> Iterator[Stretch]:
    pieces = iter(landed)
    start, end, _, place = next(pieces)
    for a, b, _, here in pieces:
        assert a == end, "a sweep covers every instant once"
        if here == place:
            end = b
        else:
            yield Stretch(start, end, place)
            start, end, place = a, b, here
    yield Stretch(start, end, place)


def _place(flow: Flow, exit_: Exit) -> Place:
    element = exit_.target
    if element is not None:
        return Place(element.number, element.kind, element.name)
    if exit_.to is None:
        return Place(NO_ROUTE, NO_ROUTE)
    return Place(HANGUP, HANGUP) if exit_.to == HANGUP else Place(f"outside:{exit_.to}", "outside")


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
