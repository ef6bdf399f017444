"""What is unwise about time, callers' numbers and chance over a year: minutes nobody is in charge of, rules that never change.

Decides from the exact sweep of `reach.py`, and asks every element what it finds unwise about itself. Every finding carries a
call that shows it.
"""

from __future__ import annotations

from itertools import pairwise

from engine.analysis.caller_classes import CallerClass, classes, narrowed
from engine.analysis.check_examples import drawn, from_inside
from engine.analysis.preview import Trace
from engine.analysis.reach import Map, Stretch, Timeline, percent, reach, ways_to, year
from engine.calendar import holidays
from engine.contract.causes import Cause
from engine.contract.ids import SECOND_US, Instant
from engine.document.fault_collector import FaultCollector
from engine.document.faults import Fault, Path, TrialCall, written
from engine.state.element import Element, Exit
from engine.state.flow import NO_ROUTE, Flow


class TimeCheck:
    """Findings about one flow over a year from `since` on."""

    def __init__(self, flow: Flow, finder: FaultCollector, since: Instant) -> None:
        self.flow = flow
        self.finder = finder
        self.start, self.end = year(flow, since)
        self.maps: tuple[Map, ...] = ()
        self.callers = classes(flow)

    def run(self) -> list[Fault]:
        """All findings."""
        self._calendars()
        self.maps = reach(self.flow, self.start, self.end, self.callers)
        for one in self.maps:
            for line in one.timelines:
                self._uncovered(one, line)
        for element in self.flow.elements.values():
            self._unwise(element)
            if element.passes() and len(element.exits) > 1:
                for exit_ in element.exits.values():
                    if exit_.to is None and not self._is_noted(element.number, exit_.name):
                        self._empty(element, exit_)
        return self.finder.found

    def _calendars(self) -> None:
        """What of iCalendar texts cannot be obeyed (R-11.4)."""
        for name, calendar in self.flow.head.calendars.items():
            for what in holidays.ignored(calendar):
                path = ("calendars", name, "ics")
                remedy = "Correct the file, or list these days under dates:"
                self.finder.add("calendar-left-out", "R-11.4", path, f"this is left out: {what}", remedy)

    def _uncovered(self, one: Map, line: Timeline) -> None:
        """Minutes in which calls end with no route set (R-02.10, R-02.11)."""
        lost = [stretch for stretch in line.stretches if stretch.place.share_at(NO_ROUTE)]
        if not lost:
            return
        key = one.entry.removeprefix("trunk:")
        at = _shown_at(lost)
        steps = ways_to(self.flow, self.flow.entry_of(key), line.caller.number, at, NO_ROUTE)
        element, exit_ = steps[-1] if steps else (None, self.flow.entry_of(key))
        minutes = sum(stretch.minutes for stretch in lost)
        whole = minutes * 60_000_000 >= int(self.end - self.start)
        since = self.flow.zone.local(lost[0].start).strftime("%a %Y-%m-%d %H:%M")
        often = "at any time" if whole else f"for {minutes:,.0f} minutes a year, first {since}"
        share = lost[0].place.share_at(NO_ROUTE)
        some = f"{percent(share)} of the " if share < 1 else ""
        message = f"{some}calls of {line.caller.name} to {one.number} end with no route set {often}"
        example = TrialCall(number=one.number, trunk=key, caller=line.caller.number, at=at)
        if share < 1:
            example = drawn(self.flow, example, at, _is_lost)
        if element is None:
            path: Path = ("trunks", key, "to")
            self.finder.add("uncovered", "R-04.9", path, message, "Write to: with the first element", example)
        else:
            self._add_uncovered(element, exit_, message, example)

    def _empty(self, element: Element, exit_: Exit) -> None:
        """An empty output of an element that calls come to by a key or a person's silence, not straight from a trunk."""
        everybody = narrowed(self.callers, frozenset())
        for one in self.callers if element.compares_callers else everybody:
            taken = self._taken(element, exit_, one)
            if not taken:
                continue
            share = taken[0][2]
            some = f"{percent(share)} of the " if share < 1 else ""
            if element.goes_by_time:
                minutes = sum(end - start for start, end, _ in taken) / 60_000_000
                since = self.flow.zone.local(taken[0][0]).strftime("%a %Y-%m-%d %H:%M")
                lost = f"{some}calls that come to {element.number} end with no route set"
                message = f"{lost} for {minutes:,.0f} minutes a year, first {since}"
            else:
                message = f"{some}calls of {one.name} that come to {element.number} end with no route set"
            caller = one.number if element.compares_callers else ""
            example = from_inside(self.flow, TrialCall(number=str(element.number), caller=caller, at=taken[0][0]))
            if example is not None and share < 1:
                example = drawn(self.flow, example, taken[0][0], _is_lost)
            self._add_uncovered(element, exit_, message, example)
            return

    def _taken(self, element: Element, exit_: Exit, caller: CallerClass) -> list[tuple[Instant, Instant, float]]:
        """When calls of a class that come to an element leave it by an output, and which share of them does."""
        found = []
        for start, end in pairwise([*element.changes(self.start, self.end), self.end]):
            share = dict((taken.name, part) for taken, part in element.instant_exits(caller.number, start)).get(
                exit_.name
            )
            if share:
                found.append((start, end, share))
        return found

    def _is_noted(self, number: int, output: str) -> bool:
        place = written(self.finder.output_path(number, output))
        return any(fault.place == place and fault.code == "uncovered" for fault in self.finder.found)

    def _add_uncovered(self, element: Element, exit_: Exit, message: str, example: TrialCall | None) -> None:
        rule = "R-02.10" if element.goes_by_time else "R-02.11"
        path = self.finder.output_path(element.number, exit_.name)
        remedy = f"Write {exit_.name}: with a number, or hangup"
        self.finder.add("uncovered", rule, path, message, remedy, example)

    def _unwise(self, element: Element) -> None:
        """What an element finds unwise about itself."""
        for found in element.unwise(self.start, self.end):
            path: Path = (element.section, str(element.number), *found.path)
            example = None if found.example is None else from_inside(self.flow, found.example)
            self.finder.add(found.code, found.rule, path, found.message, found.remedy, example, key=found.key)


def _is_lost(trace: Trace) -> bool:
    return trace.landing.cause is Cause.NO_ROUTE_DESTINATION


def _shown_at(lost: list[Stretch]) -> Instant:
    """The first whole second within a stretch, as people write seconds; its very start where none holds one."""
    for stretch in lost:
        second = -(-stretch.start // SECOND_US) * SECOND_US
        if second < stretch.end:
            return second
    return lost[0].start
