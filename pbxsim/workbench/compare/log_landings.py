"""The Compare page's log: how many calls that really came would land elsewhere, with examples (R-25.3).

Decides how a log is taken in and what is shown of it. Leaves reading it to `pbxsim/logs/call_log.py`, judging to
`engine/analysis/compare.py`, which versions to `page.py`. What was taken in lives as long as the page, and goes with it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui

from engine.analysis import compare
from engine.analysis.compare import LogComparison, MovedCall
from engine.state.flow import Flow
from pbxsim.logs import call_log
from pbxsim.workbench.loadtest.dropped_log import MOST_BYTES
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import Session, card, hint, notice
from pbxsim.workbench.year import landings

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class LogLanding:
    """The log of one Compare page. `flows` gives the two versions, `in_preview` whether Preview shows one of them."""

    def __init__(
        self, session: Session, flows: Callable[[], tuple[Flow, Flow] | None], in_preview: Callable[[], bool]
    ) -> None:
        self.session, self.texts = session, session.texts
        self._flows, self._in_preview = flows, in_preview
        self.file = pmui.FileInput(
            label=self.texts("log.choose"), accept=".csv,text/csv", max_file_size=MOST_BYTES,
            size="small", uploaded_label="{filename}", variant="outlined",
            margin=(8, 0, 0, 0),
        )  # fmt: skip
        self.notice = notice(margin=(8, 0, 0, 0))
        pane = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [html_tables.STYLE]}
        self.changes, self.examples = pn.pane.HTML(**pane), pn.pane.HTML(**{**pane, "margin": (14, 0, 0, 0)})
        self.title = pmui.Typography("", variant="subtitle2", margin=(0, 0, 8, 0))
        self.found: LogComparison | None = None
        self._unread: list[int] = []
        self._box: Any = None
        self.file.param.watch(self._given, "value")

    async def _given(self, _: Any) -> None:
        await self.judge()

    async def judge(self) -> None:
        """Judge the log under the two versions, beside the event loop; nothing happens without both."""
        flows, data, name = self._flows(), self.file.value, str(self.file.filename or "")
        if not data or flows is None:
            return
        self.file.disabled = True
        try:
            self.found, self._unread = await asyncio.to_thread(_judged, bytes(data), *flows)
        except call_log.NoCallLog as error:
            self.found = None
            if error.columns is None:
                self._tell(self.texts("log.unreadable", name, error))
            else:
                self._tell(self.texts("log.columns", name, ", ".join(error.columns) or "–"))
        finally:
            self.file.disabled = False
        self.draw()

    def _tell(self, words: str, severity: str = "error") -> None:
        self.notice.param.update(object=words, severity=severity, visible=True)

    def draw(self) -> None:
        """Show what was found."""
        found, texts, flows, dark = self.found, self.texts, self._flows(), self.session.dark
        if self._box is not None:
            self._box.visible = found is not None and found.moved > 0
        if found is None or flows is None:
            return
        name = str(self.file.filename or "")
        said = texts("log.none", found.calls, name) if found.calls else texts("log.empty", name)
        if found.moved:
            said = texts("log.moved", found.moved, found.calls, name, texts("percent", texts.number(found.share * 100)))
        more = [texts("log.unknown", found.unknown)] if found.unknown else []
        more += [texts("log.unread", len(self._unread), self._unread[0])] if self._unread else []
        self._tell(
            " ".join((said, *more)), "warning" if more or not found.calls else "info" if found.moved else "success"
        )
        self.title.object = said if found.moved else ""
        self.changes.object = html_tables.table(
            (texts("before"), texts("after"), texts("log.calls")),
            [
                (landings.place_text(old, texts), landings.place_text(new, texts), str(n))
                for old, new, n in found.by_change
            ],
            dark,
            right=(2,),
        )
        head = (texts("log.at"), texts("log.number"), texts("log.caller"), texts("before"), texts("after"))
        rows = [self._example(one, flows[0]) for one in found.examples]
        more_text = texts("more_rows", found.moved - len(rows)) if found.moved > len(rows) else ""
        self.examples.object = html_tables.table(head, rows, dark, whole=(0, 1, 2), after=more_text)

    def _example(self, one: MovedCall, flow: Flow) -> tuple[str, ...]:
        """A call; where Preview shows one of the versions, a way to follow it there."""
        local = flow.zone.local(one.call.at)
        shown = f"{self.texts.weekday_date(local)} {landings.clock(local)}"
        if self._in_preview():
            at = local.replace(tzinfo=None).isoformat()
            shown = html_tables.link(
                self.session.address("preview", number=one.call.number, caller=one.call.caller, at=at), shown
            )
        places = (landings.place_text(place, self.texts) for place in (one.old, one.new))
        return (shown, one.call.number, one.call.caller or self.texts("live.anonymous"), *places)

    def chooser(self) -> Any:
        """Where a log is given."""
        return card(self.texts("log"), hint(self.texts("log.hint")), self.file, self.notice)

    def result(self) -> Any:
        """What became of its calls; hidden until there is something to tell."""
        self._box = card("", self.title, self.changes, self.examples, visible=False)
        return self._box


def _judged(data: bytes, old: Flow, new: Flow) -> tuple[LogComparison, list[int]]:
    """A log under both versions, and the lines that were not understood. Raises NoCallLog."""
    calls, unread = call_log.read(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""), old.zone)
    return compare.compare_log(old, new, calls), unread
