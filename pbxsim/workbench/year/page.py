"""The Year map page: where calls to a number land over a year, exact to the second (R-25.4).

Decides what is asked and shown. Leaves the answer to `engine/analysis/reach.py`, its rows to `landings.py`, the picture to
`week.py`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import panel as pn
import panel_material_ui

from engine.analysis import reach
from engine.analysis.caller_classes import CallerClass
from engine.calendar import zones
from engine.contract.ids import Instant
from engine.state.flow import Flow
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.columns import middle, side
from pbxsim.workbench.shell.shell import CARD, STACKED_CARDS, Session, beside, card, hint, notice
from pbxsim.workbench.year import landings, week

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

RANGES_SHOWN = 60
BOUNDARIES_SHOWN = 600


class YearMap:
    """One browser's Year map page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts, self.draft = session, session.texts, session.draft
        self.flow: Flow | None = self.draft.flow
        asked = session.arguments
        numbers = self._numbers()
        first = asked.get("number") if asked.get("number") in numbers.values() else next(iter(numbers.values()), None)
        self.number = pmui.Select(label=self.texts("called"), options=numbers, value=first, **WIDE)
        self.caller = pmui.Select(label=self.texts("callers"), options={}, value=None, **WIDE)
        self.day = pmui.DatePicker(
            label=self.texts("first_day"),
            value=dt.date.today().replace(month=1, day=1),
            format=self.texts.date_format,
            **WIDE,
        )
        self.error = notice(self.texts("year_errors"), visible=self.flow is None, margin=(0, 0, 10, 0))
        self.week = week.Week(self.texts, height=330)
        self.title = pmui.Typography("", variant="subtitle2", margin=(0, 0, 4, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.places, self.ranges, self.boundaries = (pn.pane.HTML(**pane) for _ in range(3))
        self.boundaries_title = pmui.Typography("", variant="subtitle2", margin=(0, 0, 2, 0))
        self.boundaries_hint = hint(self.texts("boundaries_hint"), margin=(0, 0, 8, 0))
        self.map: reach.Map | None = None
        self._callers: dict[str, CallerClass] = {}
        self._quiet = False
        for widget in (self.number, self.day):
            widget.param.watch(self._asked, "value")
        self.caller.param.watch(lambda _: self._draw(), "value")
        if self.flow is not None and pn.state.curdoc is not None:
            pn.state.onload(self.follow)

    def _numbers(self) -> dict[str, str]:
        """What may be called: trunks first, then elements that send calls on without a person."""
        flow = self.flow
        if flow is None:
            return {}
        trunks = {
            f"{self.draft.title(f'trunk:{key}')} {trunk.number}": f"trunk:{key}" for key, trunk in flow.trunks.items()
        }
        rules = {
            f"{self.texts.kind(one.kind)} {number} {one.name}".strip(): str(number)
            for number, one in flow.elements.items()
            if one.passes() or (one.answers and one.exits and not one.members())
        }
        return {**trunks, **rules}

    async def _asked(self, _: Any) -> None:
        await self.follow()

    async def follow(self) -> None:
        """Look at the year of the number that is chosen, beside the event loop."""
        flow, entry = self.flow, self.number.value
        if flow is None or entry is None:
            return
        first = trace_rows.instant(self.day.value, "00:00", flow.head.zone)
        self.map = await asyncio.to_thread(_map, flow, entry, first)
        pn.state.execute(self._show, schedule=True)

    def _show(self) -> None:
        if self.map is None:
            return
        self._callers = {line.caller.number: line.caller for line in self.map.timelines}
        options = {landings.caller_text(caller, self.texts): number for number, caller in self._callers.items()}
        self._quiet = True
        chosen = self.caller.value if self.caller.value in self._callers else self.map.timelines[-1].caller.number
        self.caller.param.update(options=options, value=chosen)
        self._quiet = False
        self._draw()

    def _draw(self) -> None:
        """Show the map that was made; Bokeh models are changed under the document's lock only."""
        found, flow = self.map, self.flow
        if found is None or flow is None or self._quiet:
            return
        line = next((one for one in found.timelines if one.caller.number == self.caller.value), found.timelines[-1])
        minutes, zone, dark, texts = line.minutes(), flow.zone, self.session.dark, self.texts
        colors = {place: week.color(n) for n, place in enumerate(minutes)}
        whole_min = (found.end - found.start) / reach.MINUTE_US
        self.title.object = texts("week", texts.date(zone.local(found.start)), texts.date(zone.local(found.end)))
        self.places.object = html_tables.table(
            (texts("lands_at"), texts("minutes_a_year"), texts("share")),
            [
                (
                    html_tables.swatch(colors[place], landings.place_text(place, texts)),
                    self.texts.amount(spent),
                    texts("percent", texts.number(spent / whole_min * 100)),
                )
                for place, spent in minutes.items()
            ],
            dark,
            right=(1, 2),
        )
        calendar = line.calendar(zone)
        parts = [
            (landings.place_text(place, texts), colors[place], week.cells_of(calendar, place)) for place in minutes
        ]
        self.week.show(parts, week.cells_of(calendar))
        rows = landings.rows(((one.place, one.start, one.end) for one in line.stretches), zone)
        self.ranges.object = html_tables.table(
            (texts("lands_at"), texts("weekdays"), texts("from_to"), texts("times"), texts("minutes_a_year")),
            [
                (
                    html_tables.swatch(colors[row.what.shares[0][0]], landings.place_text(row.what, texts)),
                    landings.days_text(row, texts),
                    landings.hours_text(row, texts),
                    str(row.times),
                    self.texts.amount(row.minutes),
                )
                for row in rows[:RANGES_SHOWN]
            ],
            dark,
            right=(3, 4),
            after=texts("more_rows", len(rows) - RANGES_SHOWN) if len(rows) > RANGES_SHOWN else "",
        )
        changes = list(zip(line.stretches, line.stretches[1:], strict=False))
        self.boundaries_title.object = texts("boundaries", len(changes))
        self.boundaries.object = html_tables.table(
            (texts("instant"), texts("before"), texts("after")),
            [
                (
                    self._link(after.start, line.caller, zone),
                    html_tables.swatch(colors[before.place.shares[0][0]], landings.place_text(before.place, texts)),
                    html_tables.swatch(colors[after.place.shares[0][0]], landings.place_text(after.place, texts)),
                )
                for before, after in changes[:BOUNDARIES_SHOWN]
            ],
            dark,
            whole=(0,),
            after=texts("more_rows", len(changes) - BOUNDARIES_SHOWN) if len(changes) > BOUNDARIES_SHOWN else "",
        )
        self.boundaries.visible = bool(changes)
        self.boundaries_hint.object = texts("boundaries_hint" if changes else "boundaries_none")

    def _link(self, at: Instant, caller: CallerClass, zone: zones.Zone) -> str:
        """A local instant that leads to the call at that second."""
        local, entry = zone.local(at), str(self.number.value)
        shown = f"{self.texts.weekday_date(local)} {landings.clock(local)}"
        key = entry.removeprefix("trunk:")
        if self.flow is None or key not in self.flow.trunks:
            return shown
        asked = {"number": self.flow.trunks[key].number, "caller": caller.number, "trunk": key}
        return html_tables.link(
            self.session.address("preview", at=local.replace(tzinfo=None).isoformat(), **asked), shown
        )

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.week.themed(theme)
        self._draw()

    def view(self) -> Any:
        """The page's content."""
        left = side(
            self.error,
            card(self.texts("page.year"), self.number, self.caller, self.day, visible=self.flow is not None),
            card(self.texts("lands"), self.places, visible=self.flow is not None),
        )
        picture = pn.pane.Bokeh(self.week.plot, sizing_mode="stretch_width", margin=0)
        box = {**CARD, "height": 352, "sx": {**CARD["sx"], "overflowY": "auto"}}
        lower = pmui.Row(
            card(self.texts("ranges"), self.ranges, **{**box, "margin": (0, 10, 0, 0)}),
            card("", self.boundaries_title, self.boundaries_hint, self.boundaries, **{**box, "margin": 0}),
            margin=0,
            sizing_mode="stretch_width",
            sx=STACKED_CARDS,
        )  # fmt: skip
        right = middle(
            card("", self.title, hint(self.texts("week_hint"), margin=(0, 0, 6, 0)), picture),
            lower,
            visible=self.flow is not None,
        )
        return beside(left, right)


def _map(flow: Flow, entry: str, first: Instant) -> reach.Map:
    start, end = reach.year(flow, first)
    if entry.startswith("trunk:"):
        return next(one for one in reach.reach(flow, start, end) if one.entry == entry)
    return reach.reach_element(flow, int(entry), start, end)


def page() -> Any:
    """The Year map page of a new session."""
    session = Session("year")
    made = YearMap(session)
    return session.frame(made.view(), made.themed)
