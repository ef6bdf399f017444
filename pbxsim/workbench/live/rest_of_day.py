"""The rest of the day on the Live page: forecast again from the morning's calls, with the plan of the day and who would help.

Decides that nothing is read or simulated before somebody asks, what it rests on, and who may ask for what: whoever sees all calls
for the forecast, an analyst or operator for the simulated day. Leaves the calculation to `rest_work.py` in a process of its own,
words and the picture to `rest_tables.py`.
"""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import pandas as pd
import panel as pn
import panel_material_ui

from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US
from engine.state.flow import Flow
from pbxsim.forecast import history_span
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.targets import Targets
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.live import bridge_client, rest_tables
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.live.earlier_calls import EarlierCalls
from pbxsim.workbench.live.following import Following
from pbxsim.workbench.live.rest_work import RestFound, RestOrder, work
from pbxsim.workbench.loadtest import days, jobs, scenario_names, tasks
from pbxsim.workbench.loadtest.courses import LEGEND_STYLE
from pbxsim.workbench.loadtest.dropped_log import DroppedLog
from pbxsim.workbench.shell.number_texts import NoNumber, number_of
from pbxsim.workbench.shell.page_task import NotDone, PageTask
from pbxsim.workbench.shell.shell import Session, card, hint, notice

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

OF_BRIDGE, OF_LOG = "bridge", "log"
NO_PLAN = ""
USUAL_LEVEL = "80"
TODAY_S = 26 * 3600
"""The bridge is asked for so much where an own log tells the days before: no day is longer."""
SETTLED_DAYS = 1
"""Before today: no call lasts that long, so what began earlier is in the history."""


class RestOfDayCard:
    """The card of one Live page; empty but for a button until that is pressed."""

    def __init__(self, session: Session, following: Following) -> None:
        self.session, self.texts, self.following = session, session.texts, following
        self.open = pmui.Button(
            label=self.texts("rest.open"), icon="trending_up", variant="outlined", size="small", margin=(8, 0, 0, 0)
        )
        self.open.on_click(self._opened)
        self._inside = pmui.Column(hint(self.texts("rest.about")), self.open, sizing_mode="stretch_width", margin=0)
        self.card = card(self.texts("rest.card"), self._inside)
        self.found: RestFound | None = None
        self.earlier = EarlierCalls()
        session.at_end(self.earlier.forget)

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _opened(self, _: Any = None) -> None:
        """Make what is asked and shown: pages whose card nobody opens do without."""
        texts = self.texts
        may_simulate = self.session.may(Right.FORESEE)
        self.files = days.scenarios(self.session.file)
        first = days.first_of(list(self.files), str(self.session.draft.data.get("pbx", "")))
        self.history = pmui.Select(
            label=texts("rest.history"), options={texts("rest.of_bridge"): OF_BRIDGE, texts("rest.of_log"): OF_LOG},
            value=OF_BRIDGE, **WIDE,
        )  # fmt: skip
        self.log = DroppedLog(texts, self._begin)
        self.of_log = pmui.Column(
            hint(texts("rest.log_hint")), self.log.file, sizing_mode="stretch_width", margin=0, visible=False
        )
        self.history.param.watch(lambda _: self.of_log.param.update(visible=self.history.value == OF_LOG), "value")
        plans = scenario_names.options(self.files, texts.language)
        self.plan = pmui.Select(
            label=texts("rest.plan"), options={texts("rest.no_plan"): NO_PLAN, **plans},
            value=(first or NO_PLAN) if may_simulate else NO_PLAN, disabled=not may_simulate, **WIDE,
        )  # fmt: skip
        self.level = pmui.TextInput(label=texts("rest.level"), value=USUAL_LEVEL, disabled=not may_simulate, **WIDE)
        self.task = PageTask(self.session, texts("rest.go"), self.run, self._tell)
        self.said = notice(margin=(8, 0, 0, 0))
        self.verdict = notice(margin=(8, 0, 0, 0))
        pane = {"sizing_mode": "stretch_width", "margin": (8, 0, 0, 0), "stylesheets": [rest_tables.STYLE]}
        self.queues, self.helpers, self.picture, self.half_hours = (pn.pane.HTML(**pane) for _ in range(4))
        self.legend = pn.pane.HTML(sizing_mode="stretch_width", margin=(10, 0, 0, 0), stylesheets=[LEGEND_STYLE])
        self.helpers_title = pmui.Typography(texts("rest.helpers"), variant="subtitle2", margin=(14, 0, 0, 0))
        self.queue = pmui.Select(label=texts("rest.queue"), options={}, value=None, width=260, size="small")
        self.queue.param.watch(lambda _: self.draw(), "value")
        self.rests_on = hint("", margin=(8, 0, 0, 0))
        self.shown = pmui.Column(
            self.verdict, self.queues, self.helpers_title, self.helpers, self.queue, self.legend, self.picture,
            self.half_hours, self.rests_on, sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.queue.margin = (14, 0, 6, 0)
        self._inside.objects = [
            hint(texts("rest.about"), margin=(0, 0, 6, 0)),
            pmui.FlexBox(
                *(_field(one) for one in (self.history, self.plan, self.level)), margin=0, sizing_mode="stretch_width"
            ),
            self.of_log,
            hint(texts("rest.plan_hint") if may_simulate else self.session.refusal(Right.FORESEE), margin=(4, 0, 0, 0)),
            pmui.FlexBox(self.task.go, self.task.stop, self.log.anyway, margin=0, sizing_mode="stretch_width"),
            self.task.bar,
            self.task.status,
            self.said,
            self.shown,
        ]
        for button in (self.task.go, self.task.stop):
            button.param.update(sizing_mode=None)

    def _tell(self, words: str, severity: str = "error") -> None:
        self.said.param.update(object=words, severity=severity, visible=bool(words))

    def _refused(self) -> str:
        """Why who sits there may not ask for this now; empty where they may."""
        if not self.session.may(Right.SEE) or not self.session.may(Right.CALLS):
            return self.session.refusal(Right.CALLS)
        if not self.session.visitor.sees_all_calls:
            return self.texts("rest.all_calls")
        if self.plan.value and not self.session.may(Right.FORESEE):
            return self.session.refusal(Right.FORESEE)
        return ""

    async def run(self, _: Any = None) -> None:
        """Forecast; it goes on after this returns."""
        self.log.begin()

    def _begin(self, anyway: tuple[str, ...]) -> None:
        if self.task.runs:
            return
        self.log.anyway.visible = False
        self._tell("")
        refused, flow = self._refused(), self.following.state.flow
        if refused:
            self._tell(refused)
        elif flow is None:
            self._tell(self.texts("rest.no_bridge"))
        elif self.history.value == OF_LOG and not self.log.file.value:
            self._tell(self.texts("learn.nothing"))
        else:
            try:
                scenario, targets = self._scenario(), Targets(service_level=self._level())
            except (PbxError, OSError, NotDone) as error:
                self._tell(str(error))
                return
            self.task.begin(lambda: self._find(flow, scenario, targets, anyway), lambda: self.texts("staff.cancelled"))

    def _scenario(self) -> Scenario | None:
        """The plan chosen. Raises NotDone."""
        path = self.files.get(self.plan.value or NO_PLAN)
        if path is None:
            return None
        try:
            return days.scenario(path)
        except (PbxError, OSError) as error:
            raise NotDone(self.texts("rest.no_scenario_read", path.name, error)) from None

    def _level(self) -> float:
        """The share asked for. Raises NotDone."""
        text = str(self.level.value or "")
        try:
            value = number_of(text, 1, 99)
        except NoNumber:
            value = None
        if value is None:
            raise NotDone(self.texts("rest.level_wrong", text))
        return value / 100

    # --- the forecast ------------------------------------------------------------------------------------------------

    async def _find(self, flow: Flow, scenario: Scenario | None, targets: Targets, anyway: tuple[str, ...]) -> None:
        """Raises NotDone."""
        say, texts = self.task.say, self.texts
        say(texts("rest.fetches"), 0)
        zone, began = self.following.zone, time.monotonic()
        own = None
        now_us = time.time_ns() // 1000
        now = zone.local(now_us)
        if self.history.value == OF_LOG:
            own = (self.log.name, bytes(self.log.file.value))
        with tempfile.TemporaryDirectory(prefix="pbx-rest-") as folder:
            history = Path(folder) / "history.jsonl"
            await self._fetch(history, now, own is None)
            order = RestOrder(
                document=flow.document, history=history, own=own, anyway=anyway,
                now=pd.Timestamp(now.replace(tzinfo=None)), scenario=scenario, targets=targets,
                processes=jobs.shared().workers, language=texts.language,
            )  # fmt: skip

            def hear(share: float, _: str) -> None:
                took = f"{time.monotonic() - began:.0f}"
                say(texts("staff.progress", round(100 * share), took), round(100 * share))

            say(texts("learn.waits"), 0)
            try:
                found = await tasks.shared().run(work, order, hear, lambda: hear(0.0, ""))
            except tasks.TaskDied:
                raise NotDone(texts("rest.died")) from None
            except tasks.TaskFailed as error:
                raise NotDone(self._why(error, now)) from error
        self.found = found
        say(texts("rest.finished", f"{now:%H:%M}", texts.number(time.monotonic() - began)), 100)
        self.task.later(self._show)

    async def _fetch(self, history: Path, now: dt.datetime, with_earlier: bool) -> None:
        """The bridge's calls, asked for in the visitor's name. Raises NotDone."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since, settled = (
            round((today - dt.timedelta(days=days)).timestamp()) * SECOND_US
            for days in (7 * history_span.WEEKS, SETTLED_DAYS)
        )
        try:
            found = bridge_client.configured(self.session.visitor)
            if found is None:
                raise BridgeError("bridge_silent", self.following.address)
            fetch = functools.partial(found.download, "/api/history.jsonl")
            async with found:
                if with_earlier:
                    of = (self.following.address, today, self.session.visitor.calls())
                    await self.earlier.write(history, fetch, since, settled, of)
                else:
                    await fetch(history, {"since": round(now.timestamp() - TODAY_S) * SECOND_US})
        except BridgeError as error:
            raise NotDone(self.following.words(error)) from None

    def _why(self, error: tasks.TaskFailed, now: dt.datetime) -> str:
        texts, told = self.texts, cast(Any, error.data)
        if error.kind == "TooLittleHistory":
            worked, weekday = told
            needed = texts("rest.a_day") if weekday is None else texts("rest.a_weekday", texts.weekdays()[weekday])
            return texts("rest.too_little", worked, needed)
        if error.kind == "NoSuchQueue":
            return texts("rest.no_such_queue", *(", ".join(names) or "–" for names in told))
        self.log.doubt(error, self.task.later)
        if error.kind == "ValueError" and (now.hour, now.minute) < (0, 30):
            return texts("rest.too_early")
        return texts("rest.failed", error)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """A forecast that is there for the first time, or again."""
        found = self.found
        if found is None:
            return
        kinds = rest_tables.queues(found)
        options = {rest_tables.name_of(kind, found, self.texts): kind for kind in kinds}
        if len(kinds) != 1:
            options = {rest_tables.name_of(rest_tables.ALL, found, self.texts): rest_tables.ALL, **options}
        chosen = self.queue.value if self.queue.value in options.values() else next(iter(options.values()))
        self.queue.param.update(options=options, value=chosen, visible=len(options) > 1)
        self.draw()

    def draw(self) -> None:
        """Show what was found, in the theme of now."""
        found, texts, dark = self.found, self.texts, self.session.dark
        if found is None:
            return
        self._tell(rest_tables.said(found, texts), "info")
        words, severity = "", "info"
        if found.problem:
            words, severity = texts("rest.plan_failed", found.problem), "warning"
        elif found.helped is not None:
            words, severity = rest_tables.verdict(found.helped, texts)
        self.verdict.param.update(object=words, severity=severity, visible=bool(words))
        kind = self.queue.value or rest_tables.ALL
        self.queues.object = rest_tables.by_queue(found, texts, dark)
        self.helpers.object = rest_tables.helpers(found, texts, dark)
        self.helpers.visible = self.helpers_title.visible = bool(self.helpers.object)
        self.legend.object = rest_tables.legend(found, texts, dark)
        self.picture.object = rest_tables.picture(found, kind, texts, dark)
        self.half_hours.object = rest_tables.half_hours(found, kind, texts, dark)
        self.rests_on.object = rest_tables.rests_on(found, texts)
        self.shown.visible = True


def _field(widget: Any) -> Any:
    """A field that stands beside others where there is room."""
    widget.param.update(sizing_mode=None, width=240, margin=(8, 10, 0, 0))
    return widget
