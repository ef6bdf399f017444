"""Kept runs of the Load test page: keep one under a name, and hold two against each other on the same callers.

Decides what is shown of a difference. Leaves keeping to `kept.py`, figures to `differences.py`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui

from pbxsim.results.results import ALL_QUEUES, Results
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest import differences, kept, scenario_names
from pbxsim.workbench.loadtest.differences import NotComparable
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import STACKED_CARDS, Session, card, hint, notice
from pbxsim.workbench.shell.texts import Texts

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class RunsCard:
    """One browser's kept runs. `shown` gives the run on the page, `zone` the zone of their times as a scenario writes it."""

    def __init__(self, session: Session, shown: Callable[[], ShownRun | None], zone: Callable[[Results], str]) -> None:
        self.session, self.texts = session, session.texts
        self._shown, self._zone = shown, zone
        self.runs = kept.Runs(session.file)
        texts = self.texts
        self.name = pmui.TextInput(label=texts("runs.name"), value="", **WIDE)
        self.keep = pmui.Button(
            label=texts("runs.keep"), variant="contained", disable_elevation=True, on_click=self._keep,
            margin=(8, 8, 0, 0),
        )  # fmt: skip
        self.figures = self._download("runs.csv_figures", "figures.csv", self._figures)
        self.said = notice(margin=(8, 0, 0, 0))
        self.first = pmui.Select(
            label=texts("runs.first"), options=[], value=None, **{**WIDE, "margin": (10, 10, 6, 0)}
        )
        self.second = pmui.Select(label=texts("runs.second"), options=[], value=None, **WIDE)
        self.state = hint("")
        self.table = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[html_tables.STYLE])
        self.csv = self._download("runs.csv", "differences.csv", self._differences)
        self.forget = pmui.Button(
            label=texts("runs.forget"), variant="outlined", size="small", color="error", on_click=self._forget,
            margin=(8, 0, 0, 0),
        )  # fmt: skip
        for widget in (self.first, self.second):
            widget.param.watch(lambda _: self.draw(), "value")
        self.refresh()

    def _download(self, text: str, name: str, content: Callable[[], io.StringIO]) -> Any:
        return pmui.FileDownload(
            callback=content, filename=name, label=self.texts(text), variant="outlined", embed=False, auto=True,
            icon="download", color="primary", margin=(8, 8, 0, 0),
        )  # fmt: skip

    def suggest(self, run: ShownRun) -> None:
        """Offer a name for a run that is new."""
        results = run.results
        scenario = scenario_names.named(results.scenario.scenario, self.texts.language)
        name = self.texts("runs.default_name", scenario, results.replications)
        if run.factor != 1:
            name += f", ×{self.texts.exact(run.factor)}"
        taken, n, offered = set(self.runs.names()), 1, name
        while offered in taken:
            n += 1
            offered = f"{name} ({n})"
        self.name.value = offered

    def refresh(self, first: str = "") -> None:
        """Show the runs that are kept."""
        names = self.runs.names()
        one = first or (self.first.value if self.first.value in names else next(iter(names), None))
        others = [name for name in names if name != one]
        two = self.second.value if self.second.value in others else next(iter(others), None)
        self.first.param.update(options=names, value=one, visible=bool(names))
        self.second.param.update(options=names, value=two, visible=len(names) > 1)
        self.forget.visible = bool(names)
        self.draw()

    def _tell(self, words: str, severity: str = "error") -> None:
        self.said.param.update(object=words, severity=severity, visible=True)

    def _refused(self) -> bool:
        """Whether this person may keep and forget nothing, which is told."""
        if self.session.may(Right.SAVE_SCENARIO):
            return False
        self._tell(self.session.refusal(Right.SAVE_SCENARIO))
        return True

    def _keep(self, _: Any = None) -> None:
        shown = self._shown()
        if self._refused():
            return
        if shown is None:
            self._tell(self.texts("runs.nothing"))
            return
        try:
            run = kept.kept_run(str(self.name.value), shown, self._zone(shown.results))
            self.runs.keep(run)
        except kept.NameRefused as refused:
            self._tell(self.texts(refused.key, refused.name))
        except OSError as error:
            self._tell(str(error))
        else:
            self._tell(self.texts("runs.kept", run.name), "success")
            self.suggest(shown)
            self.refresh(run.name)

    def _forget(self, _: Any = None) -> None:
        if self.first.value and not self._refused():
            self.runs.forget(self.first.value)
            self.first.value = None
            self.refresh()

    def _found(self) -> tuple[Any, str] | str:
        """The differences with words about how they were found, or words for why there are none."""
        names = self.runs.names()
        if not names:
            return self.texts("runs.none")
        if len(names) < 2 or not self.first.value or not self.second.value:
            return self.texts("runs.only_one")
        runs = []
        for name in (self.first.value, self.second.value):
            run = self.runs.find(name)
            if run is None:
                return self.texts("runs.unreadable", name)
            runs.append(run)
        try:
            table, days = differences.differences(*(run.results() for run in runs))
        except NotComparable as error:
            return self.texts(error.key, *error.values)
        words = self.texts("runs.days", days)
        factors = [run.factor for run in runs if run.factor is not None]
        if len(factors) == len(runs) and set(factors) != {1}:
            same = "runs.same_factor" if factors[0] == factors[1] else "runs.factors"
            words += " " + self.texts(same, *(self.texts.exact(factor) for factor in factors))
        return table, words

    def draw(self) -> None:
        """Show the difference of the two that are chosen."""
        found = self._found()
        told = isinstance(found, str)
        self.csv.visible = self.table.visible = not told
        if isinstance(found, str):
            self.state.object = found
            return
        table, self.state.object = found
        self.table.object = shown(table, self._queue_names(), self.texts, self.session.dark)

    def _queue_names(self) -> dict[int, str]:
        run = self.runs.find(self.second.value)
        return dict(run.queues) if run is not None else {}

    def _differences(self) -> io.StringIO:
        found = self._found()
        return io.StringIO("" if isinstance(found, str) else found[0].to_csv(index=False))

    def _figures(self) -> io.StringIO:
        run = self._shown()
        return io.StringIO(run.results.summary.to_csv(index=False) if run is not None else "")

    def view(self) -> Any:
        """The cards."""
        texts = self.texts
        return pmui.Column(
            card(
                texts("runs.keep"), self.name,
                pmui.FlexBox(self.keep, self.figures, margin=0, sizing_mode="stretch_width"), self.said,
            ),
            card(
                texts("part.runs"),
                pmui.Row(self.first, self.second, margin=0, sizing_mode="stretch_width", sx=STACKED_CARDS),
                self.state, self.table,
                pmui.FlexBox(self.csv, self.forget, margin=0, sizing_mode="stretch_width"),
            ),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip


def shown(table: Any, names: dict[int, str], texts: Texts, dark: bool) -> str:
    """Differences for people; figures that neither run has are left out."""
    rows = []
    for row in table.itertuples():
        if (math.isnan(row.first) and math.isnan(row.second)) or (row.first == 0 and row.second == 0):
            continue
        queue = texts("all_queues") if row.queue == ALL_QUEUES else f"{row.queue} {names.get(row.queue, '')}".strip()
        interval = (
            "–"
            if math.isnan(row.low)
            else f"{_apart(row.figure, row.low, texts)} … {_apart(row.figure, row.high, texts)}"
        )
        rows.append(
            (
                queue,
                texts(f"fig.{row.figure}"),
                _worth(row.figure, row.first, texts),
                _worth(row.figure, row.second, texts),
                _apart(row.figure, row.difference, texts, unit=True),
                interval,
                texts("runs.yes" if row.sure else "runs.not_shown"),
            )
        )
    head = (
        texts("queue"), texts("runs.figure"), texts("before"), texts("after"), texts("runs.difference"),
        texts("runs.interval"), texts("runs.sure"),
    )  # fmt: skip
    return html_tables.table(head, rows, dark, right=(2, 3, 4, 5))


def _worth(figure: str, value: float, texts: Texts) -> str:
    if math.isnan(value):
        return "–"
    if figure in differences.SHARES:
        return texts("percent", texts.number(100 * value))
    return texts("seconds", texts.number(value)) if figure in differences.SECONDS else texts.number(value)


def _apart(figure: str, value: float, texts: Texts, unit: bool = False) -> str:
    if math.isnan(value):
        return "–"
    share = figure in differences.SHARES
    sign = "+" if value > 0 else "−" if value < 0 else ""
    words = sign + texts.number(abs(100 * value if share else value))
    if not unit:
        return words
    return texts("points", words) if share else texts("seconds", words) if figure in differences.SECONDS else words
