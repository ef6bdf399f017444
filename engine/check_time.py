"""What is unwise about time and callers' numbers over a year: minutes nobody is in charge of, rules that never change.

Decides from the exact sweep of `reach.py`. Every finding carries an instant at which a call shows it.
"""

from __future__ import annotations

from engine.element import Element
from engine.elements.hours import Hours
from engine.elements.number_rule import NumberRule
from engine.faults import Fault, Path, TrialCall
from engine.finding import Finder
from engine.flow import NO_ROUTE, Flow
from engine.ids import Instant
from engine.reach import Map, Timeline, reach, through, year


class TimeCheck:
    """Findings about one flow over a year from `since` on."""

    def __init__(self, flow: Flow, finder: Finder, since: Instant) -> None:
        self.flow = flow
        self.finder = finder
        self.start, self.end = year(flow, since)
        self.maps: tuple[Map, ...] = ()

    def run(self) -> list[Fault]:
        """All findings."""
        self.maps = reach(self.flow, self.start, self.end)
        for one in self.maps:
            for line in one.timelines:
                self._uncovered(one, line)
        for element in self.flow.elements.values():
            if isinstance(element, Hours):
                self._constant(element)
            elif isinstance(element, NumberRule):
                self._entries(element)
        return self.finder.found

    def _uncovered(self, one: Map, line: Timeline) -> None:
        """Minutes in which calls end with no route set (R-02.10, R-02.11)."""
        lost = [stretch for stretch in line.stretches if stretch.place.node == NO_ROUTE]
        if not lost:
            return
        key = one.entry.removeprefix("trunk:")
        steps = through(self.flow, self.flow.entry_of(key), line.caller.number, lost[0].start)
        element, way = steps[-1] if steps else (None, self.flow.entry_of(key))
        minutes = sum(stretch.minutes for stretch in lost)
        whole = minutes * 60_000_000 >= self.end - self.start
        since = self.flow.zone.local(lost[0].start).strftime("%a %Y-%m-%d %H:%M")
        often = "at any time" if whole else f"for {minutes:,.0f} minutes a year, first {since}"
        message = f"calls of {line.caller.name} to {one.number} end with no route set {often}"
        example = TrialCall(number=one.number, trunk=key, caller=line.caller.number, at=lost[0].start)
        if element is None:
            path: Path = ("trunks", key, "to")
            self.finder.add("uncovered", "R-04.9", path, message, "Write to: with the first element", example)
            return
        rule = "R-02.10" if isinstance(element, Hours) else "R-02.11"
        path = self.finder.output_path(element.number, way.name)
        self.finder.add("uncovered", rule, path, message, f"Write {way.name}: with a number, or hangup", example)

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

    def _inside(self, element: Element, caller: str = "") -> TrialCall | None:
        """An inside call to an element that leaves it at once."""
        user = next(iter(self.flow.head.users), None)
        if user is None:
            return None
        return TrialCall(number=str(element.number), user=user, origin="user", caller=caller, at=self.start)
