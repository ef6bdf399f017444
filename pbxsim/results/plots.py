"""Pictures of a load test for notebooks: the day, the waits, the queue (`results.plot`).

Decides which columns of the results are drawn and how. A picture shows itself where it is the last word of a cell, and nothing is
loaded from outside; `figure` is the Bokeh figure, to be changed or put beside others. Leaves figures to `results.py`.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from bokeh.io import output_notebook, show
from bokeh.models import (
    ColumnDataSource,
    DataRange1d,
    DatetimeTickFormatter,
    HoverTool,
    HSpan,
    NumeralTickFormatter,
    Range1d,
    VSpan,
)
from bokeh.plotting import figure
from bokeh.resources import INLINE

from pbxsim.results.estimate import Estimate
from pbxsim.results.metrics import ALL_FIGURES
from pbxsim.scenario.scenario import Scenario

ALL_QUEUES: Final = 0
BLUE: Final = "#3b6ea5"
ORANGE: Final = "#c4641d"
GREY: Final = "#8a8a8a"
WIDTH: Final = 760
HEIGHT: Final = 300

_loaded = False


class Plot:
    """One picture."""

    def __init__(self, made: figure) -> None:
        self.figure = made
        if made.legend:
            made.legend.orientation = "horizontal"
            made.legend.border_line_width = 0
            made.legend.spacing = 14
            made.legend[0].update(margin=2, padding=2)
            made.add_layout(made.legend[0], "above")  # over the curves it would hide some

    def _ipython_display_(self) -> None:
        global _loaded
        if not _loaded:
            output_notebook(INLINE, hide_banner=True)
            _loaded = True
        show(self.figure)


class Plotted(Protocol):
    """What is drawn: `Results`."""

    @property
    def scenario(self) -> Scenario:
        """What was simulated."""

    @property
    def replications(self) -> int:
        """Days."""

    def day(self, name: str = ..., queue: int = ...) -> pd.DataFrame:
        """The course of a figure."""

    def figure(self, name: str, queue: int | str = ...) -> Estimate:
        """One figure."""

    def waits(self, queue: int | str = ...) -> pd.DataFrame:
        """Shares by the wait."""

    def queue_length(self, queue: int | str = ...) -> pd.DataFrame:
        """Callers waiting, by interval."""

    def number_of(self, queue: int | str) -> int:
        """A queue by its number or name; KeyError for no such queue."""


class NothingToPlot(ValueError):
    """The results do not hold what the picture shows; the message says what to do."""


class Plots:
    """`results.plot`. Without a `queue` a picture is of all queues together."""

    def __init__(self, results: Plotted) -> None:
        self._results = results

    def day(self, name: str = "service_level", queue: int | str = ALL_QUEUES, target: float | None = None) -> Plot:
        """The course of a queue's figure over the day: mean, its 95 % interval, and where eight days of ten lie. `target` draws
        a line. Raises KeyError for a figure or a queue that is not there."""
        queue = self._results.number_of(queue)
        course = self._results.day(name, queue).dropna(subset=["mean"])
        if course.empty:
            raise NothingToPlot(f"nothing was counted for {name}: nobody called {_named(queue)}")
        unit = next(one.unit for one in ALL_FIGURES if one.name == name)
        made = _canvas(f"{name} of {_named(queue)}, {self._results.replications} days", "time of day", unit)
        data = ColumnDataSource(course.assign(interval=_wall(course["interval"])))
        made.varea("interval", "p10", "p90", source=data, fill_alpha=0.15, color=BLUE, legend_label="eight days of ten")
        made.varea("interval", "low", "high", source=data, fill_alpha=0.35, color=BLUE, legend_label="95 % interval")
        line = made.line("interval", "mean", source=data, color=BLUE, line_width=2, legend_label="mean")
        made.xaxis.formatter = DatetimeTickFormatter(hours="%H:%M", days="%d.%m.", minutes="%H:%M")
        made.add_tools(
            HoverTool(renderers=[line], tooltips=[("from", "@interval{%H:%M}"), (name, "@mean{0.000}")], mode="vline",
                      formatters={"@interval": "datetime"})
        )  # fmt: skip
        if target is not None:
            made.add_glyph(HSpan(y=target, line_color=GREY, line_dash="dashed"))
        return Plot(made)

    def waits(self, queue: int | str = ALL_QUEUES) -> Plot:
        """How long callers waited: of all calls the share answered, and the share that gave up, after at most so many seconds,
        with 95 % intervals. Raises NothingToPlot where nobody was answered or gave up."""
        queue = self._results.number_of(queue)
        shares = self._results.waits(queue)
        shares = shares[np.isfinite(shares["wait_s"])]
        if shares.empty:
            raise NothingToPlot(f"nobody was answered in {_named(queue)} and nobody gave up")
        made = _canvas(f"waits in {_named(queue)}, {self._results.replications} days", "seconds waited", "share")
        data = ColumnDataSource(shares)
        for outcome, colour in (("answered", BLUE), ("abandoned", ORANGE)):
            made.varea_step(
                "wait_s",
                f"{outcome}_low",
                f"{outcome}_high",
                source=data,
                fill_alpha=0.2,
                color=colour,
                step_mode="after",
            )
            made.step("wait_s", outcome, source=data, color=colour, line_width=2, mode="after", legend_label=outcome)
        made.add_glyph(VSpan(x=self._results.scenario.measure.within_s, line_color=GREY, line_dash="dashed"))
        return Plot(made)

    def queue(self, queue: int | str = ALL_QUEUES) -> Plot:
        """How many wait over the day: mean of the days, and the longest queue of each interval on nine days of ten. Raises
        NothingToPlot where nobody came."""
        queue = self._results.number_of(queue)
        length = self.queue_length(queue)
        made = _canvas(f"callers waiting in {_named(queue)}", "time of day", "")
        data = ColumnDataSource(length.assign(at=_wall(length["at"])))
        for name, colour, told in (("most_p90", ORANGE, "most, nine days of ten"), ("mean", BLUE, "mean")):
            made.step("at", name, source=data, color=colour, line_width=2, mode="after", legend_label=told)
        made.xaxis.formatter = DatetimeTickFormatter(hours="%H:%M", days="%d.%m.", minutes="%H:%M")
        return Plot(made)

    def queue_length(self, queue: int | str = ALL_QUEUES) -> pd.DataFrame:
        """What `queue` draws, see `Results.queue_length`."""
        queue = self._results.number_of(queue)
        length = self._results.queue_length(queue)
        if length.empty or not self._results.figure("offered", queue).mean:
            raise NothingToPlot(f"nobody called {_named(queue)}")
        return length


def _wall(at: pd.Series) -> pd.Series:
    """Instants as the wall clock shows them: Bokeh knows no zones."""
    return at.dt.tz_localize(None)


def _named(queue: int) -> str:
    return "all queues" if queue == ALL_QUEUES else f"queue {queue}"


def _canvas(title: str, x: str, unit: str) -> figure:
    settings: dict[str, Any] = {"x_axis_type": "datetime"} if x == "time of day" else {}
    made = figure(
        width=WIDTH, height=HEIGHT, title=title, x_axis_label=x, tools="pan,xwheel_zoom,box_zoom,reset,save", **settings
    )
    made.toolbar.logo = None
    made.y_range = Range1d(start=0, end=1.02) if unit == "share" else DataRange1d(start=0)
    if unit == "share":
        made.yaxis.formatter = NumeralTickFormatter(format="0%")
    elif unit:
        made.yaxis.axis_label = unit
    return made
