"""The Compare page: two versions as calls that would land elsewhere over a year (R-25.3).

Decides which versions can be compared and how the difference is shown. Leaves those of a running bridge to
`compare/bridge_versions.py`, comparing to `engine/analysis/compare.py`,
rows of time to `workbench/year/landings.py`, the picture to `workbench/year/week.py`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui

from engine.analysis import compare, reach
from engine.analysis.compare import Comparison, Moved, NumberChange
from engine.analysis.reach import Place, Stretch, Timeline
from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from engine.document import yaml_text
from engine.document.faults import Fault
from engine.loading.load import load
from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.workbench.compare import log_landings
from pbxsim.workbench.compare.bridge_versions import BridgeVersions
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.diagram import messages, trace_rows
from pbxsim.workbench.document import files
from pbxsim.workbench.live import tables
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.live.canary import BRIDGE
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.columns import middle, side
from pbxsim.workbench.shell.shell import Session, beside, card, hint, notice
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_fields import FIELDS
from pbxsim.workbench.year import landings, week

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

SAVED, DRAFT = "saved", "draft"
RANGES_SHOWN = 60

Key = tuple[str, str]
"""Number and the caller who stands for a class."""


def others(file: Path) -> dict[str, Path]:
    """Versions a file can be compared with, by name: PBX documents beside it, those of the same PBX first, then those of it that
    come with the project."""
    own = _pbx_of(file)
    beside = {path.name: _pbx_of(path) for path in sorted(file.parent.glob("*.yaml")) if path != file}
    near = sorted((name for name, pbx in beside.items() if pbx), key=lambda name: beside[name] != own)
    shipped = {name: datasets.folder() / "pbx" / name / "pbx.yaml" for name in datasets.known()}
    ours = {name: path for name, path in shipped.items() if path.resolve() != file.resolve() and _pbx_of(path) == own}
    return {**{name: file.parent / name for name in near}, **ours}


def _pbx_of(path: Path) -> str:
    """The name of the PBX that a document is of; empty for a file that is none."""
    try:
        return yaml_text.pbx_of(files.read(path))
    except OSError:
        return ""


class Versions:
    """One browser's Compare page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts, self.draft = session, session.texts, session.draft
        self.files = others(self.draft.path) if self.draft.path is not None else {}
        name = self.draft.name
        options = {
            self.texts("version.saved", name): SAVED,
            self.texts("version.draft", name): DRAFT,
            **{known: known for known in self.files},
        }
        asked = session.arguments
        old = asked.get("old") if asked.get("old") in options.values() else SAVED
        otherwise = DRAFT if self.draft.differs or not self.files else next(iter(self.files))
        new = asked.get("new") if asked.get("new") in options.values() else otherwise
        self.old = pmui.Select(label=self.texts("old_version"), options=options, value=old, **WIDE)
        self.new = pmui.Select(label=self.texts("new_version"), options=options, value=new, **WIDE)
        self.day = pmui.DatePicker(
            label=self.texts("first_day"),
            value=dt.date.today().replace(month=1, day=1),
            format=self.texts.date_format,
            **WIDE,
        )
        self.which = pmui.Select(label=self.texts("called"), options={}, value=None, visible=False, **WIDE)
        self.error = notice(margin=(0, 0, 10, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.summary, self.moves, self.edited = (pn.pane.HTML(**pane) for _ in range(3))
        self.week = week.Week(self.texts, height=300)
        self.title = pmui.Typography("", variant="subtitle2", margin=(0, 0, 4, 0))
        self.log = log_landings.LogLanding(session, lambda: self.flows, lambda: bool(self._here()))
        self.found: Comparison | None = None
        self.flows: tuple[Flow, Flow] | None = None
        self._quiet = False
        for widget in (self.old, self.new, self.day):
            widget.param.watch(self._asked, "value")
        self.which.param.watch(lambda _: self._draw(), "value")
        self.bridge = BridgeVersions(session)
        if pn.state.curdoc is not None:
            pn.state.onload(self._begin)

    async def _begin(self) -> None:
        """Take in the bridge's versions, and compare what the address asks for."""
        await self.bridge.read()
        if self.bridge.options:
            self._quiet = True
            options = {**self.old.options, **self.bridge.options}
            for widget, name in ((self.old, "old"), (self.new, "new")):
                asked = self.session.arguments.get(name)
                widget.param.update(options=options, value=asked if asked in options.values() else widget.value)
            self._quiet = False
        await self.follow()

    async def _asked(self, _: Any) -> None:
        if not self._quiet:
            await self.follow()

    async def _text(self, which: str) -> tuple[str, str]:
        """Text and name of a version. Raises OSError, BridgeError."""
        if which.startswith(BRIDGE):
            return await self.bridge.text(which), which.removeprefix(BRIDGE)[: tables.SHORT]
        if which == DRAFT:
            return self.draft.text, self.draft.name
        if which == SAVED:
            return self.draft.saved, self.draft.name
        return files.read(self.files[which]), which

    async def follow(self) -> None:
        """Compare what is chosen, beside the event loop."""
        self.session.show(old=self.old.value, new=self.new.value)
        try:
            texts = await self._text(self.old.value), await self._text(self.new.value)
            first, second = await asyncio.gather(*(asyncio.to_thread(load, *one) for one in texts))
            since = trace_rows.instant(self.day.value, "00:00", first.head.zone)
            start, end = reach.year(first, since)
            found = await asyncio.to_thread(compare.compare, first, second, start, end)
        except BridgeError as error:
            self.error.param.update(object=self.texts(error.text, error.detail), visible=True)
            return
        except (PbxError, OSError) as error:
            self.error.param.update(object=self._why(error), visible=True)
            return
        await self.bridge.chosen(self.old.value, self.new.value, first.zone)
        self.flows, self.found = (first, second), found
        await self.log.judge()
        pn.state.execute(self._show, schedule=True)

    def _why(self, error: PbxError | OSError) -> str:
        """What is wrong with a version, its faults by line in the page's language."""
        faults = tuple(one for one in getattr(error, "faults", ()) if isinstance(one, Fault))
        told = messages.by_line(faults, self.texts) or [str(error)]
        files = {one.file: None for one in faults if one.file}
        return "\n\n".join([": ".join([*files, self.texts("version_errors")]), *told])

    def _show(self) -> None:
        if self.found is None:
            return
        self.error.visible = False
        options = {
            f"{change.number} · {landings.caller_text(caller.caller, self.texts)}": (
                change.number,
                caller.caller.number,
            )
            for change in self.found.numbers
            for caller in change.moved
        }
        self._quiet = True
        chosen = self.which.value if self.which.value in options.values() else next(iter(options.values()), None)
        self.which.param.update(options=options, value=chosen, visible=len(options) > 1)
        self._quiet = False
        self._draw()

    def _draw(self) -> None:
        """Show what was found; Bokeh models are changed under the document's lock only."""
        if self.found is None or self.flows is None or self._quiet:
            return
        found, texts, dark = self.found, self.texts, self.session.dark
        zone = self.flows[0].zone
        self.summary.object = html_tables.table(
            (texts("called"), texts("callers"), texts("moved_minutes")),
            [row for change in found.numbers for row in summary_rows(change, texts)],
            dark,
            right=(2,),
        )
        edits = [
            (
                self._what(one.what),
                texts(f"changed.{one.change}"),
                ", ".join(_field(name, texts) for name in one.fields),
            )
            for one in found.elements
        ]
        reworked = [
            (change.number, landings.caller_text(caller, texts),
             texts("reworked", texts.amount(spent), landings.place_text(place, texts)))
            for change in found.numbers
            for caller, place, spent in change.reworked
        ]  # fmt: skip
        self.edited.object = (
            html_tables.table(("", "", ""), [*edits, *reworked], dark)
            if edits
            else _quiet(texts("no_difference"), dark)
        )
        key = self.which.value
        moved = [one for change in found.numbers for one in change.moved if (one.number, one.caller.number) == key]
        kinds = list(dict.fromkeys((one.old, one.new) for one in moved))
        colors = {kind: week.color(n) for n, kind in enumerate(kinds)}
        names = {kind: self._move(kind) for kind in kinds}
        span = texts.date(zone.local(found.start)), texts.date(zone.local(found.end))
        self.title.object = texts("week", *span) + (f" · {key[0]}" if key else "")
        if not moved:
            self.moves.object = _quiet(texts("nothing_moves" if found.elements else "no_difference"), dark)
            self.week.show([], EMPTY)
            return
        nowhere = moved[0].old
        whole = Timeline(moved[0].caller, (Stretch(found.start, found.end, nowhere),)).calendar(zone)
        parts = [(names[kind], colors[kind], week.cells_of(_line(moved, kind).calendar(zone))) for kind in kinds]
        self.week.show(parts, week.cells_of(whole))
        rows = landings.rows((((one.old, one.new), one.start, one.end) for one in moved), zone)
        self.moves.object = html_tables.table(
            (texts("before"), texts("after"), texts("weekdays"), texts("from_to"), texts("times"),
             texts("minutes_a_year"), texts("first_last")),
            [
                (
                    html_tables.swatch(colors[row.what], landings.place_text(row.what[0], texts)),
                    landings.place_text(row.what[1], texts),
                    landings.days_text(row, texts),
                    landings.hours_text(row, texts),
                    str(row.times),
                    texts.amount(row.minutes),
                    self._first_last(row.first, row.last, key),
                )
                for row in rows[:RANGES_SHOWN]
            ],
            dark,
            right=(4, 5),
            whole=(3, 6),
            after=texts("more_rows", len(rows) - RANGES_SHOWN) if len(rows) > RANGES_SHOWN else "",
        )  # fmt: skip

    def _move(self, kind: tuple[Place, Place]) -> str:
        return " → ".join(landings.place_text(place, self.texts) for place in kind)

    def _what(self, what: str) -> str:
        """What was edited: the card's name, or the part of the settings."""
        key = what.partition(".")[2]
        id = f"trunk:{key}" if what.startswith("trunks.") else key
        if self.flows is None or not key:
            return self.texts.field(what)
        for flow in reversed(self.flows):
            if is_digits(key) and int(key) in flow.elements:
                element = flow.elements[int(key)]
                return f"{self.texts.kind(element.kind)} {key} {element.name}".strip()
        return f"{self.texts.kind('trunk')} {key}" if id.startswith("trunk:") else what

    def _first_last(self, first: Instant, last: Instant, key: Key) -> str:
        """The first and the last day; where one of the versions is the one in edit, a way to follow the call."""
        assert self.flows is not None
        zone = self.flows[0].zone
        local = zone.local(first)
        shown = self.texts.date(local)
        if first != last:
            shown += f" – {self.texts.date(zone.local(last))}"
        if not self._here():
            return shown
        at = local.replace(tzinfo=None).isoformat()
        return html_tables.link(self.session.address("preview", number=key[0], caller=key[1], at=at), shown)

    def _here(self) -> set[str]:
        """Those of the two versions that Preview shows: it shows the one in edit."""
        return ({DRAFT} if self.draft.differs else {DRAFT, SAVED}) & {self.old.value, self.new.value}

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.week.themed(theme)
        self._draw()
        self.bridge.draw()
        self.log.draw()

    def view(self) -> Any:
        """The page's content."""
        left = side(
            self.error,
            card(self.texts("page.versions"), self.old, self.new, self.day),
            card(self.texts("compared"), self.summary),
            self.bridge.evidence,
            self.log.chooser(),
            card(self.texts("edited"), self.edited),
            width=360,
        )
        picture = pn.pane.Bokeh(self.week.plot, sizing_mode="stretch_width", margin=0)
        right = middle(
            self.bridge.canary.shown,
            card("", self.which, self.title, hint(self.texts("moves_hint"), margin=(0, 0, 6, 0)), picture),
            card(self.texts("ranges"), self.moves),
            self.log.result(),
        )
        return beside(left, right)


EMPTY: week.Cells = tuple((0.0,) * week.SLOTS for _ in range(7))


def summary_rows(change: NumberChange, texts: Texts) -> list[tuple[str, str, str]]:
    """Rows of one number: each caller class with the minutes that move, or what became of the number."""
    if change.change in ("added", "removed"):
        return [(change.number, texts(f"number.{change.change}"), "")]
    spent: dict[str, float] = {}
    for one in change.moved:
        text = landings.caller_text(one.caller, texts)
        spent[text] = spent.get(text, 0.0) + one.minutes
    return [(change.number, caller, texts.amount(minutes)) for caller, minutes in spent.items()] or [
        (change.number, texts("same"), "0")
    ]


def _line(moved: list[Moved], kind: tuple[Place, Place]) -> Timeline:
    """The ranges of one change as a timeline with gaps."""
    parts = [one for one in moved if (one.old, one.new) == kind]
    return Timeline(parts[0].caller, tuple(Stretch(one.start, one.end, one.new) for one in parts))


def _field(name: str, texts: Texts) -> str:
    """A setting or an output in the viewer's language."""
    return texts.field(name) if name in FIELDS else texts.port(name)


def _quiet(text: str, dark: bool) -> str:
    return f'<div class="wb{" dark" if dark else ""}"><p>{text}</p></div>'


def page() -> Any:
    """The Compare page of a new session."""
    session = Session("versions")
    made = Versions(session)
    return session.frame(made.view(), made.themed)
