"""Waits: how long callers waited until they were answered or gave up, and how many waited at once over the day.

Decides colours, axes, hover and how far the axis of waits goes. Leaves figures to `pbxsim.results.results`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pandas as pd
import panel as pn

from pbxsim.results.stays import EDGES_S
from pbxsim.workbench.loadtest.courses import (
    BLUE,
    GRID,
    INK,
    LEGEND_STYLE,
    MEAN_ALPHA,
    bokeh_models,
    busy_hours,
    day_figure,
    figure,
    legend_html,
    number_axis,
    paint,
)
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.shell.shell import Session, card, hint
from pbxsim.workbench.shell.texts import Texts

ORANGE: Final = "#ea580c"
OUTCOMES: Final = {"answered": BLUE, "abandoned": ORANGE}

SHOWN_SHARE: Final = 0.99
"""Of those who were answered or gave up: the axis ends at the longest wait of so many."""

LEAST_AXIS_S: Final = 30.0
QUANTILES: Final = (0.5, 0.8, 0.9, 0.95)


class WaitsView:
    """One browser's charts of waits."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.waits, self.queue = WaitsChart(self.texts), QueueChart(self.texts)
        self.told = hint("", margin=(0, 0, 8, 0))
        legend = {"sizing_mode": "stretch_width", "margin": 0, "stylesheets": [LEGEND_STYLE]}
        self.waits_legend, self.queue_legend = pn.pane.HTML(**legend), pn.pane.HTML(**legend)
        self._within_s = math.nan

    def draw(self, run: ShownRun, queue: int) -> None:
        """Show the waits of one queue, or of all."""
        results = run.results
        shares = results.waits(queue)
        self.told.object = quantiles_told(shares, self.texts)
        self._within_s = results.scenario.measure.within_s
        self._legends("dark" if self.session.dark else "light")
        self.waits.show(shares, self._within_s)
        begin, end = busy_hours(results.day("offered", queue))
        self.queue.show(results.queue_length(queue), begin, end)

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.waits.themed(theme)
        self.queue.themed(theme)
        self._legends(theme)

    def _legends(self, theme: str) -> None:
        texts, dark = self.texts, theme == "dark"
        lines = [(f"color: {color}", "line", texts(f"waits.{name}")) for name, color in OUTCOMES.items()]
        if not math.isnan(self._within_s):
            within = texts("waits.threshold", texts.exact(self._within_s))
            lines.append((f"color: {INK[theme]}", "line dashed", within))
        self.waits_legend.object = legend_html([*lines, _band(BLUE, texts)], dark)
        self.queue_legend.object = legend_html(
            [
                (f"color: {BLUE}", "line", texts("mean")),
                _band(BLUE, texts),
                (f"color: {ORANGE}", "line", texts("waits.most")),
            ],
            dark,
        )

    def content(self) -> list[Any]:
        """One chart over the other."""
        pane = {"sizing_mode": "stretch_width", "margin": 0}
        return [
            card(self.texts("waits.title"), self.told, self.waits_legend, pn.pane.Bokeh(self.waits.plot, **pane)),
            card(self.texts("waits.queue"), self.queue_legend, pn.pane.Bokeh(self.queue.plot, **pane)),
        ]


def _band(color: str, texts: Texts) -> tuple[str, str, str]:
    return f"background: {color}; opacity: {2 * MEAN_ALPHA}", "", texts("band.mean")


class WaitsChart:
    """Shares of callers by the longest wait they had."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        names = [f"{name}{bound}" for name in OUTCOMES for bound in ("", "_low", "_high")]
        nothing: dict[str, list[Any]] = {name: [] for name in ("wait_s", "told", *names)}
        self.source = bokeh_models.ColumnDataSource(nothing)
        plot = self.plot = figure(
            height=286, sizing_mode="stretch_width", toolbar_location=None, tools="", min_border_left=48
        )
        plot.visible = False  # until there is something to draw
        plot.outline_line_color = plot.xgrid.grid_line_color = plot.axis.axis_line_color = None
        plot.axis.major_tick_line_color = plot.axis.minor_tick_line_color = None
        plot.x_range, plot.y_range = bokeh_models.Range1d(0, LEAST_AXIS_S), bokeh_models.Range1d(0, 102)
        number_axis(plot.xaxis[0], texts)
        self.within = bokeh_models.Span(location=0, dimension="height", line_dash="dashed", line_width=1.2)
        lines = []
        for name, color in OUTCOMES.items():
            bounds = {"source": self.source, "fill_color": color, "fill_alpha": MEAN_ALPHA}
            plot.varea("wait_s", f"{name}_low", f"{name}_high", **bounds)
            lines.append(plot.line("wait_s", name, source=self.source, color=color, line_width=2.4))
        plot.add_layout(self.within)
        plot.add_tools(bokeh_models.HoverTool(renderers=lines[:1], tooltips=[("", "@told")], mode="vline"))

    def show(self, shares: pd.DataFrame, within_s: float) -> None:
        """Draw what `Results.waits` gives."""
        shown = shares[np.isfinite(shares["wait_s"])]
        data: dict[str, Any] = {"wait_s": shown["wait_s"].to_numpy()}
        for name in shown.columns.drop("wait_s"):
            data[name] = 100 * shown[name].to_numpy()
        data["told"] = [self._told(row) for row in shown.to_dict("records")]
        self.source.data = data
        self.within.location = within_s
        longest = min(_wait_of(shares, tuple(OUTCOMES), SHOWN_SHARE), float(EDGES_S[-1]))
        self.plot.x_range.end = max(LEAST_AXIS_S, 1.25 * within_s, longest)
        self.plot.visible = True

    def _told(self, row: dict[str, float]) -> str:
        """Both shares at a wait with their bounds, as the language writes them."""
        parts = []
        for name in OUTCOMES:
            mean, low, high = (self.texts.number(100 * row[f"{name}{bound}"]) for bound in ("", "_low", "_high"))
            bounds = "" if math.isnan(row[f"{name}_low"]) else f" ({low} – {high})"
            parts.append(f"{self.texts(f'waits.{name}')} {self.texts('percent', mean)}{bounds}")
        return f"≤ {self.texts('seconds', self.texts.exact(row['wait_s']))}: {', '.join(parts)}"

    def themed(self, theme: str) -> None:
        """Colours of text and grid."""
        paint(self.plot, theme)
        self.within.line_color = INK[theme]
        self.plot.xaxis.minor_tick_line_color = GRID[theme]


class QueueChart:
    """Callers waiting at once, over the day."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        nothing: dict[str, list[Any]] = {name: [] for name in ("at", "mean", "low", "high", "most_p90", "told")}
        self.source = bokeh_models.ColumnDataSource(nothing)
        plot = self.plot = day_figure(236)
        plot.visible = False  # until there is something to draw
        plot.x_range = bokeh_models.Range1d(0, 1)
        plot.y_range.start = 0
        number_axis(plot.yaxis[0], texts)
        plot.varea("at", "low", "high", source=self.source, fill_color=BLUE, fill_alpha=MEAN_ALPHA)
        plot.line("at", "most_p90", source=self.source, color=ORANGE, line_width=2)
        line = plot.line("at", "mean", source=self.source, color=BLUE, line_width=2.4)
        plot.add_tools(bokeh_models.HoverTool(renderers=[line], tooltips=[("", "@told")], mode="vline"))

    def show(self, length: pd.DataFrame, begin: Any, end: Any) -> None:
        """Draw what `Results.queue_length` gives between two local instants."""
        if length.empty:
            self.plot.visible = False
            return
        data = {name: length[name].to_numpy() for name in ("mean", "low", "high", "most_p90")}
        data["at"] = length["at"].dt.tz_localize(None).to_numpy()
        data["told"] = [self._told(row) for row in length.to_dict("records")]
        self.source.data = data
        self.plot.x_range.update(start=begin, end=end)
        self.plot.visible = True

    def _told(self, row: dict[Any, Any]) -> str:
        texts = self.texts
        mean, low, high, most = (texts.number(row[name]) for name in ("mean", "low", "high", "most_p90"))
        bounds = "" if math.isnan(row["low"]) else f" ({low} – {high})"
        return f"{row['at']:%H:%M}  {texts('mean')} {mean}{bounds}, {texts('waits.most')} {most}"

    def themed(self, theme: str) -> None:
        """Colours of text and grid."""
        paint(self.plot, theme)


def _wait_of(shares: pd.DataFrame, outcomes: tuple[str, ...], share: float) -> float:
    """The wait in seconds that no more than `share` of those with these outcomes have had; 0 where there are none."""
    if shares.empty:
        return 0.0
    reached = sum(shares[name].to_numpy() for name in outcomes)
    if not reached[-1] > 0:
        return 0.0
    return float(shares["wait_s"].iloc[int(np.argmax(reached >= share * reached[-1] * (1 - 1e-9)))])


def quantiles_told(shares: pd.DataFrame, texts: Texts) -> str:
    """How long those who were answered waited: half of them, eight of ten, nine of ten, nineteen of twenty."""
    if shares.empty or not shares["answered"].iloc[-1] > 0:
        return texts("waits.nobody")
    waits = [_wait_of(shares, ("answered",), share) for share in QUANTILES]
    parts = [
        f"{texts('percent', f'{100 * share:.0f}')} – "
        + (texts("seconds", texts.exact(wait)) if math.isfinite(wait) else texts("waits.longer"))
        for share, wait in zip(QUANTILES, waits, strict=True)
    ]
    return texts("waits.quantiles", ", ".join(parts))
