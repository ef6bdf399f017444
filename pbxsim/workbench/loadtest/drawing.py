"""Calls of each half hour of a day as points that can be dragged up and down.

Decides the picture and what a drag gives. It is made with the page and not with the form that it stands in: a chart that comes
into a page later is measured before it is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
from bokeh import models

from pbxsim.workbench.loadtest import profiles
from pbxsim.workbench.loadtest.courses import BLUE, MEAN_ALPHA, day_figure, paint

bokeh_models: Any = models  # properties of Bokeh models are made when it is imported, where no type checker sees them

HALF_HOUR_MS = 30 * 60 * 1000
AIR = 1.25
"""Height of the chart over its highest point."""


class Drawing:
    """The chart of one browser's form. `dragged` is told the new rates once somebody watches."""

    def __init__(self) -> None:
        self.dragged: Callable[[tuple[float, ...]], None] | None = None
        self._quiet = False
        self._at = [(i + 0.5) * HALF_HOUR_MS for i in range(profiles.HALF_HOURS)]
        self.source = bokeh_models.ColumnDataSource({"at": self._at, "calls": [0.0] * profiles.HALF_HOURS})
        plot = self.plot = day_figure(220)
        plot.visible = False  # until there is something to draw
        plot.x_range = bokeh_models.Range1d(0, profiles.HALF_HOURS * HALF_HOUR_MS)
        plot.y_range = bokeh_models.Range1d(0, 10)
        plot.vbar(
            "at", width=0.86 * HALF_HOUR_MS, top="calls", source=self.source, color=BLUE, fill_alpha=MEAN_ALPHA,
            line_alpha=0,
        )  # fmt: skip
        points = plot.scatter("at", "calls", source=self.source, color=BLUE, size=9)
        tool = bokeh_models.PointDrawTool(renderers=[points], add=False, drag=True)
        plot.add_tools(tool)
        plot.toolbar.active_tap = tool
        self.source.on_change("data", self._changed)
        self.pane = pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=0)

    def show(self, rates: tuple[float, ...], rescale: bool = True) -> None:
        """Draw these rates; Bokeh models are changed under the document's lock only."""

        def draw() -> None:
            self._quiet = True
            self.source.data = {"at": self._at, "calls": list(rates)}
            if rescale or max(rates) > self.plot.y_range.end:
                self.plot.y_range.end = max(1.0, AIR * max(rates))
            self.plot.visible = True
            self._quiet = False

        pn.state.execute(draw, schedule=True)

    def _changed(self, attr: str, old: Any, new: Any) -> None:
        """Follow a point that was dragged: up and down alone, never below none."""
        if self._quiet or self.dragged is None:
            return
        rates = tuple(round(max(0.0, float(value)), 1) for value in self.source.data["calls"])
        self.show(rates, rescale=False)
        self.dragged(rates)

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        paint(self.plot, theme)
