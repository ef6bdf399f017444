"""An own log on the Load test page: dropped, learned from, shown with its error, and taken into the form.

Decides what is shown and what a doubt asks. Leaves learning to `learning.py` in a process of its own, charts to `calibrated.py`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest import calibrated, tasks
from pbxsim.workbench.loadtest.dropped_log import DroppedLog
from pbxsim.workbench.loadtest.learning import GivenLog, Learned, work
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.page_task import NotDone, PageTask
from pbxsim.workbench.shell.shell import Session, card, hint, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class LearnCard:
    """One browser's log. `use` is told what was learned when it is to go into the form."""

    def __init__(self, session: Session, zone: str, use: Callable[[Learned], None]) -> None:
        self.session, self.texts, self._use = session, session.texts, use
        texts = self.texts
        self.log = DroppedLog(texts, self._begin)
        self.zone = pmui.TextInput(label=texts("learn.zone"), value=zone, **WIDE)
        self.task = PageTask(session, texts("learn.go"), self.run, self._tell)
        self.said = notice(margin=(8, 0, 0, 0))
        self.errors = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[html_tables.STYLE])
        self.use = pmui.Button(label=texts("learn.use"), variant="contained", disable_elevation=True, on_click=self._taken,
                               margin=(8, 8, 0, 0))  # fmt: skip
        self.days = self._download("learn.days", "days.html", _days)
        self.report = self._download("learn.report", "report.txt", lambda found: found.report)
        self.scenario = self._download("learn.scenario", "scenario.yaml", lambda found: found.scenario.dump())
        self.pbx = self._download("learn.pbx", "pbx.yaml", lambda found: found.document)
        self.shown = pmui.Column(
            pmui.Typography(texts("learn.error"), variant="subtitle2", margin=(10, 0, 4, 0)), self.errors,
            pmui.FlexBox(self.use, self.days, self.report, self.scenario, self.pbx, margin=0, sizing_mode="stretch_width"),
            sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.found: Learned | None = None

    def _download(self, text: str, name: str, content: Callable[[Learned], str]) -> Any:
        def made() -> io.StringIO:
            return io.StringIO(content(self.found) if self.found is not None else "")

        return pmui.FileDownload(
            callback=made, filename=name, label=self.texts(text), variant="outlined", embed=False, auto=True,
            icon="download", color="primary", margin=(8, 8, 0, 0),
        )  # fmt: skip

    async def run(self, _: Any = None) -> None:
        """Learn from the log that was dropped; it goes on after this returns."""
        self.log.begin()

    def _begin(self, anyway: tuple[str, ...]) -> None:
        if self.task.runs:
            return
        self.said.visible = self.log.anyway.visible = False
        if not self.session.may(Right.SIMULATE):
            self._tell(self.session.refusal(Right.SIMULATE))
            return
        if not self.log.file.value:
            self._tell(self.texts("learn.nothing"))
            return
        given = GivenLog(
            self.log.name,
            bytes(self.log.file.value),
            str(self.zone.value).strip(),
            anyway,
            language=self.texts.language,
        )
        self.task.begin(lambda: self._learn(given), lambda: self.texts("staff.cancelled"))

    def _tell(self, words: str, severity: str = "error") -> None:
        self.said.param.update(object=words, severity=severity, visible=True)

    async def _learn(self, given: GivenLog) -> None:
        """Raises NotDone."""
        say = self.task.say
        say(self.texts("learn.waits"), 0)
        began = time.monotonic()

        def hear(share: float, _: str) -> None:
            percent = round(100 * share)
            say(self.texts("learn.progress", percent, f"{time.monotonic() - began:.0f}"), percent)

        try:
            found = await tasks.shared().run(work, given, hear, lambda: hear(0.0, ""))
        except tasks.TaskDied:
            raise NotDone(self.texts("learn.died")) from None
        except tasks.TaskFailed as error:
            self.log.doubt(error, self.task.later)
            raise NotDone(self.texts("learn.failed", error)) from error
        self.found = found
        say("", 100)
        self.task.later(self.draw)
        done = self.texts(
            "learn.done", self.texts.amount(found.calls), found.days,
            self.texts("percent", self.texts.number(100 * found.lost)),
            self.texts("seconds", self.texts.number(found.talk_s, 0)),
            self.texts("seconds", self.texts.number(found.patience_s, 0)),
        )  # fmt: skip
        self.task.later(lambda: self._tell(done, "success"))

    def _taken(self, _: Any = None) -> None:
        if self.found is not None:
            self._use(self.found)
            self._tell(self.texts("learn.used", self.texts.date(self.found.date)), "success")

    def draw(self) -> None:
        """Show what was learned."""
        found, texts = self.found, self.texts
        if found is None:
            return
        rows = [
            (texts(f"learn.who.{who}"), str(days), texts.number(lost, 2), texts.number(100 * wait), texts.number(level))
            for who, days, lost, wait, level in found.errors
        ]
        head = (texts("learn.model"), texts("reps"), texts("learn.lost"), texts("learn.wait"), texts("learn.level"))
        self.errors.object = (
            html_tables.table(head, rows, self.session.dark, right=(1, 2, 3, 4))
            if rows
            else f'<div class="wb{" dark" if self.session.dark else ""}"><p>{texts("learn.no_error")}</p></div>'
        )
        self.days.visible = found.unseen is not None
        self.shown.visible = True

    def view(self) -> Any:
        """The card."""
        texts = self.texts
        return card(
            texts("learn.title"), hint(texts("learn.hint")), self.log.file, self.zone,
            pmui.FlexBox(self.task.go, self.task.stop, self.log.anyway, margin=0, sizing_mode="stretch_width"),
            self.task.bar, self.task.status, self.said, self.shown,
        )  # fmt: skip


def _days(found: Learned) -> str:
    """Every unseen day, real and simulated, as a page of its own."""
    return calibrated.page(found.unseen, found.name) if found.unseen is not None else ""
