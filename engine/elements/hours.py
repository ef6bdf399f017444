"""The time rule: two outputs, chosen by the clock at the moment the call enters (R-11, R-02.16).

Decides which output a call takes, a hold by hand included (R-11.8); `calendar/schedule.py` decides when the rule itself holds.
Never answers, never waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engine.calendar import holidays, schedule, zones
from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.document.card import Card
from engine.document.faults import Finding, TrialCall
from engine.document.models import Head
from engine.elements.parameters.hours import HoursParameters
from engine.state.actions import Actions
from engine.state.element import Element, Exit, Step

if TYPE_CHECKING:
    from engine.state.call import Call


class Hours(Element):
    """A time rule of one version."""

    kind: ClassVar[str] = "hours"
    rule: ClassVar[str] = "R-11"
    Parameters = HoursParameters
    waits: ClassVar[bool] = False
    needs_caller: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    goes_by_time: ClassVar[bool] = True
    no_outputs_rule: ClassVar[str] = "R-11.3"
    card: ClassVar[Card] = Card(
        icon="hours",
        color="#b45309",
        color_dark="#fbbf24",
        shape="diamond",
        block=5400,
        place=1,
        first=("name", "days", "open", "zone", "calendar", "match", "mismatch"),
    )

    def __init__(self, number: int, parameters: HoursParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.match = self.add_exit("match", parameters.match, "R-11.1")
        self.mismatch = self.add_exit("mismatch", parameters.mismatch, "R-11.1")
        calendar = head.calendars.get(parameters.calendar) if parameters.calendar is not None else None
        zone = _zone(parameters.zone or head.zone)
        self.schedule = schedule.Schedule(
            zone=zone,
            days=schedule.weekdays(parameters.days),
            intervals=tuple(schedule.interval(text) for text in parameters.open),
            dates=tuple(holidays.span(text) for text in parameters.dates),
            calendar=holidays.Days(calendar, zone.tzinfo) if calendar is not None else None,
            holidays_open=parameters.holidays == "open",
        )

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        """Leave at once by `match` or `mismatch`."""
        override = actions.override_of(self.number)
        if override is None:
            taken = self.match if self.schedule.open_at(at) else self.mismatch
            if actions.wants_notes():
                self._explain(at, call, actions, taken, self.why(at))
            return taken
        mode, until = override
        held = mode != "auto" and (until is None or at < until)
        taken = self.decide(at, mode if held else "auto")
        if actions.wants_notes():
            if held:
                end = f" until {self._wall(until)}" if until is not None else ""
                self._explain(at, call, actions, taken, f"held at {taken.name} by hand{end}", "R-11.8")
            else:
                self._explain(at, call, actions, taken, self.why(at))
        return taken

    def decide(self, at: Instant, mode: str = "auto") -> Exit:
        """The output a call takes at an instant; `match` and `mismatch` as modes hold the rule by hand (R-11.8)."""
        if mode == "match":
            return self.match
        if mode == "mismatch":
            return self.mismatch
        return self.match if self.schedule.open_at(at) else self.mismatch

    def instant_exits(self, caller: str, at: Instant) -> list[tuple[Exit, float]]:
        return [(self.decide(at), 1.0)]

    def changes(self, start: Instant, end: Instant) -> list[Instant]:
        return [at for at, _ in self.schedule.changes(start, end)]

    def unwise(self, start: Instant, end: Instant) -> list[Finding]:
        """A time rule that never changes in the whole time."""
        changes = self.schedule.changes(start, end)
        if len(changes) > 1:
            return []
        never = "mismatch" if changes[0][1] else "match"
        always = "holds at every minute of" if changes[0][1] else "never holds in"
        return [
            Finding(
                code="never-fires",
                rule="R-11.1",
                message=f"the time rule {self.number} {always} the year, so {never} is never taken",
                remedy="Correct its days, hours or dates, or remove it",
                example=TrialCall(number=str(self.number), at=start),
                key=True,
            )
        ]

    def next_change(self, at: Instant) -> Instant | None:
        """The exact instant after `at` at which calls begin to take the other output; None if they never do."""
        return self.schedule.next_change(at)

    def why(self, at: Instant) -> str:
        """One line on the decision at an instant: `Mon 09:30 GMT+5 is within 09:00-21:00`."""
        now = self._wall(at)
        plan = self.schedule
        inside = plan.interval_at(at)
        if inside is not None:
            return f"{now} is within {schedule.clock(inside[0])}-{schedule.clock(inside[1])}"
        local = plan.zone.local(at)
        day = zones.day_number(local.date())
        if plan.calendar is not None and plan.calendar.holds(day) and not plan.holidays_open:
            return f"{now} is on a holiday"
        if plan.dates and not any(span.holds(local.date()) for span in plan.dates):
            return f"{now} is on none of its dates"
        if local.weekday() not in plan.days and not (plan.calendar is not None and plan.calendar.holds(day)):
            return f"{now} is on none of its weekdays"
        hours = ", ".join(f"{schedule.clock(start)}-{schedule.clock(end)}" for start, end in plan.intervals)
        return f"{now} is outside {hours}"

    def _wall(self, at: Instant) -> str:
        zone = self.schedule.zone
        local = zone.local(at)
        clock = schedule.clock(local.hour * 3600 + local.minute * 60 + local.second)
        return f"{schedule.WEEKDAYS[local.weekday()].capitalize()} {clock} {zone.name}"

    def _explain(self, at: Instant, call: Call, actions: Actions, taken: Exit, text: str, rule: str = "R-11.1") -> None:
        other = self.mismatch if taken is self.match else self.match
        actions.note(
            note.DecisionMade(
                call=call.id, element=self.number, rule=rule, output=taken.name, text=text, others=(other.name,)
            )
        )


def _zone(name: str) -> zones.Zone:
    """The zone of a name; a wrong one is reported when the flow is made and counts as UTC until then."""
    try:
        return zones.parse(name)
    except zones.UnknownZone:
        return zones.parse("UTC")
