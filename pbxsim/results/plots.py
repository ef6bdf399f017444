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

    @property
    def intervals(self) -> pd.DataFrame:
        """One row per replication, queue and interval."""

    @property
    def visits(self) -> pd.DataFrame:
        """One row a stay in a queue."""

    def day(self, name: str = ..., queue: int = ...) -> pd.DataFrame:
        """The course of a figure."""

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
        """How long callers waited: the share of those answered, and of those who gave up, by so many seconds. Raises
        NothingToPlot where no records were kept."""
        queue = self._results.number_of(queue)
        visits = self._visits(queue)
        made = _canvas(f"waits in {_named(queue)}, {len(visits):,} calls", "seconds waited", "share")
        for outcome, colour in (("answered", BLUE), ("abandoned", ORANGE)):
            waits = np.sort(visits.loc[visits["outcome"] == outcome, "wait_s"].to_numpy(dtype=float))
            if len(waits):
                kept = np.unique(np.linspace(0, len(waits) - 1, min(len(waits), 400)).round().astype(int))
                data = {"wait_s": waits[kept], "share": (kept + 1) / len(visits)}
                made.step("wait_s", "share", source=ColumnDataSource(data), color=colour, line_width=2, mode="after",
                          legend_label=outcome)  # fmt: skip
        made.add_glyph(VSpan(x=self._results.scenario.measure.within_s, line_color=GREY, line_dash="dashed"))
        return Plot(made)

    def queue(self, queue: int | str = ALL_QUEUES) -> Plot:
        """How many wait over the day: mean of the days, and the longest queue of each interval on nine days of ten. Raises
        NothingToPlot where no records were kept."""
        queue = self._results.number_of(queue)
        length = self.queue_length(queue)
        made = _canvas(f"callers waiting in {_named(queue)}", "time of day", "")
        data = ColumnDataSource(length.assign(at=_wall(length["at"])))
        made.step(
            "at",
            "most_p90",
            source=data,
            color=ORANGE,
            line_width=2,
            mode="after",
            legend_label="most, nine days of ten",
        )
        made.step("at", "mean", source=data, color=BLUE, line_width=2, mode="after", legend_label="mean")
        made.xaxis.formatter = DatetimeTickFormatter(hours="%H:%M", days="%d.%m.", minutes="%H:%M")
        return Plot(made)

    def queue_length(self, queue: int | str = ALL_QUEUES) -> pd.DataFrame:
        """What `queue` draws, a row an interval: at, mean callers waiting (time-weighted), most_p90 of the days' longest."""
        results = self._results
        visits = self._visits(results.number_of(queue))
        starts = pd.DatetimeIndex(results.intervals["interval"].drop_duplicates())
        step_s = results.scenario.measure.interval_min * 60.0
        origin = starts[0]
        waiting = np.zeros((results.replications, len(starts)))
        most = np.zeros_like(waiting)
        for place, replication in enumerate(results.intervals["replication"].drop_duplicates()):
            mine = visits[visits["replication"] == replication]
            came = (mine["entered"] - origin).dt.total_seconds().to_numpy()
            went = came + mine["wait_s"].to_numpy(dtype=float)
            for i in range(len(starts)):
                low, high = i * step_s, (i + 1) * step_s
                here = (came < high) & (went > low)
                waiting[place, i] = (np.minimum(went[here], high) - np.maximum(came[here], low)).sum() / step_s
                most[place, i] = _most_at_once(np.maximum(came[here], low), went[here])
        return pd.DataFrame({"at": starts, "mean": waiting.mean(axis=0), "most_p90": np.percentile(most, 90, axis=0)})

    def _visits(self, queue: int) -> pd.DataFrame:
        visits = self._results.visits
        if queue != ALL_QUEUES:
            visits = visits[visits["queue"] == queue]
        if visits.empty:
            raise NothingToPlot(
                f"the results have no record of a call in {_named(queue)}: simulate with keep_records=True, or nobody came"
            )
        return visits


def _most_at_once(came: np.ndarray, went: np.ndarray) -> int:
    moves = np.concatenate([np.stack([came, np.ones_like(came)]), np.stack([went, -np.ones_like(went)])], axis=1)
    order = np.lexsort((moves[1], moves[0]))  # who leaves at an instant has left before who comes
    return int(np.cumsum(moves[1, order]).max(initial=0))


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
