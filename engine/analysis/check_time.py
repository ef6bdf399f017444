"""What is unwise about time and callers' numbers over a year: minutes nobody is in charge of, rules that never change.

Decides from the exact sweep of `reach.py`. Every finding carries an instant at which a call shows it.
"""

from __future__ import annotations

from itertools import pairwise

from engine.analysis.caller_classes import classes
from engine.analysis.reach import Map, Stretch, Timeline, reach, through, year
from engine.contract.ids import SECOND_US, Instant
from engine.document.fault_collector import FaultCollector
from engine.document.faults import Fault, Path, TrialCall, written
from engine.elements.hours import Hours
from engine.elements.number_rule import NumberRule
from engine.state.element import Element
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
        self.maps = reach(self.flow, self.start, self.end, self.callers)
        for one in self.maps:
            for line in one.timelines:
                self._uncovered(one, line)
        for element in self.flow.elements.values():
            if isinstance(element, Hours):
                self._constant(element)
                self._empty_hours(element)
            elif isinstance(element, NumberRule):
                self._entries(element)
                self._empty_callers(element)
        return self.finder.found

    def _uncovered(self, one: Map, line: Timeline) -> None:
        """Minutes in which calls end with no route set (R-02.10, R-02.11)."""
        lost = [stretch for stretch in line.stretches if stretch.place.node == NO_ROUTE]
        if not lost:
            return
        key = one.entry.removeprefix("trunk:")
        at = _shown_at(lost)
        steps = through(self.flow, self.flow.entry_of(key), line.caller.number, at)
        element, way = steps[-1] if steps else (None, self.flow.entry_of(key))
        minutes = sum(stretch.minutes for stretch in lost)
        whole = minutes * 60_000_000 >= int(self.end - self.start)
        since = self.flow.zone.local(lost[0].start).strftime("%a %Y-%m-%d %H:%M")
        often = "at any time" if whole else f"for {minutes:,.0f} minutes a year, first {since}"
        message = f"calls of {line.caller.name} to {one.number} end with no route set {often}"
        example = TrialCall(number=one.number, trunk=key, caller=line.caller.number, at=at)
        if element is None:
            path: Path = ("trunks", key, "to")
            self.finder.add("uncovered", "R-04.9", path, message, "Write to: with the first element", example)
            return
        rule = "R-02.10" if isinstance(element, Hours) else "R-02.11"
        path = self.finder.output_path(element.number, way.name)
        self.finder.add("uncovered", rule, path, message, f"Write {way.name}: with a number, or hangup", example)

    def _empty_hours(self, element: Hours) -> None:
        """An empty output of a time rule that calls come to by a key or a person's silence, not straight from a trunk."""
        for way in element.exits.values():
            if way.to is not None or self._told(element.number, way.name):
                continue
            changes = [*element.schedule.changes(self.start, self.end), (self.end, False)]
            taken = [(a, b) for (a, held), (b, _) in pairwise(changes) if held is (way.name == "match")]
            if taken:
                minutes = sum(b - a for a, b in taken) / 60_000_000
                since = self.flow.zone.local(taken[0][0]).strftime("%a %Y-%m-%d %H:%M")
                message = f"calls that come to {element.number} end with no route set for {minutes:,.0f} minutes a year"
                self._uncover(
                    element, way.name, "R-02.10", f"{message}, first {since}", self._inside(element, at=taken[0][0])
                )

    def _empty_callers(self, rule: NumberRule) -> None:
        """The same for a number rule."""
        for way in rule.exits.values():
            if way.to is not None or self._told(rule.number, way.name):
                continue
            for one in self.callers:
                if dict(one.fits)[rule.number] is (way.name == "match"):
                    message = f"calls of {one.name} that come to {rule.number} end with no route set"
                    self._uncover(rule, way.name, "R-02.11", message, self._inside(rule, one.number))
                    break

    def _told(self, number: int, output: str) -> bool:
        place = written(self.finder.output_path(number, output))
        return any(fault.place == place and fault.code == "uncovered" for fault in self.finder.found)

    def _uncover(self, element: Element, output: str, rule: str, message: str, example: TrialCall | None) -> None:
        path = self.finder.output_path(element.number, output)
        self.finder.add("uncovered", rule, path, message, f"Write {output}: with a number, or hangup", example)

    def _constant(self, element: Hours) -> None:
        """A time rule that never changes in the whole year."""
        changes = element.schedule.changes(self.start, self.end)
        if len(changes) > 1:
            return
        never = "mismatch" if changes[0][1] else "match"
        always = "holds at every minute of" if changes[0][1] else "never holds in"
        message = f"the time rule {element.number} {always} the year, so {never} is never taken"
        path: Path = ("elements", str(element.number))
        example = self._inside(element)
        remedy = "Correct its days, hours or dates, or remove it"
        self.finder.add("never-fires", "R-11.1", path, message, remedy, example, key=True)

    def _entries(self, rule: NumberRule) -> None:
        """Entries of a number rule that no caller can fit, or that another entry makes needless."""
        base: Path = ("elements", str(rule.number), "entries")
        parameters = self.flow.document.elements[rule.number]
        prefixes = sorted(rule.prefixes)
        for index, entry in enumerate(getattr(parameters, "entries", ())):
            if entry.kind == "mask":
                continue
            wider = next((p for p in prefixes if p != rule.written(entry) and rule.written(entry).startswith(p)), None)
            inside = self._inside(rule, rule.written(entry))
            if wider is not None:
                message = f"the entry {entry.number} is needless: {wider} fits all its callers"
                self.finder.add("entry-needless", "R-12.3", (*base, index), message, "Remove it", inside)
            elif rule.entry_for(rule.written(entry)) is None and rule.form != "off":
                message = f"no caller fits {entry.number}: numbers are first rewritten into the form {rule.form}…"
                remedy = f"Write it as {rule.form}…"
                self.finder.add("never-fires", "R-12.4", (*base, index), message, remedy, inside)

    def _inside(self, element: Element, caller: str = "", at: Instant | None = None) -> TrialCall | None:
        """An inside call to an element that leaves it at once."""
        user = next(iter(self.flow.head.users), None)
        if user is None:
            return None
        return TrialCall(number=str(element.number), user=user, origin="user", caller=caller, at=at or self.start)


def _shown_at(lost: list[Stretch]) -> Instant:
    """The first whole second within a stretch, as people write seconds; its very start where none holds one."""
    for stretch in lost:
        second = -(-stretch.start // SECOND_US) * SECOND_US
        if second < stretch.end:
            return second
    return lost[0].start
