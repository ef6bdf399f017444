"""The picture of calls by day: those that came, and those expected with their range. `plots.py` says how pictures are shown."""

from __future__ import annotations

from typing import Final

import pandas as pd
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, HoverTool, Range1d
from bokeh.plotting import figure

from pbxsim.results.plots import BLUE, GREY, HEIGHT, ORANGE, WIDTH, Plot

SHOWN_DAYS: Final = 42
"""Days that came, before those that are expected."""


def plot_of(came: pd.Series, expected: pd.DataFrame) -> Plot:
    """Calls of each day that came, by day, and of those `expected`: `calls`, `p10`, `p90`, `method`, `holiday`, by `date`;
    a holiday may be a day of one's own."""
    seen = came.iloc[-SHOWN_DAYS:]
    highest = max(float(seen.max()), float(expected["p90"].max()))
    made = figure(
        width=WIDTH, height=HEIGHT, x_axis_type="datetime", x_axis_label="day", y_axis_label="calls", toolbar_location=None,
        y_range=Range1d(start=0, end=1.05 * highest),
    )  # fmt: skip
    made.line(seen.index, seen.to_numpy(), color=GREY, line_width=1.5, legend_label="came")
    source = ColumnDataSource(expected.reset_index())
    made.varea("date", "p10", "p90", source=source, color=BLUE, alpha=0.22, legend_label="four days of five")
    made.line("date", "calls", source=source, color=BLUE, line_width=2, legend_label="expected")
    dots = made.scatter("date", "calls", source=source, color=BLUE, size=6)
    holidays = expected[expected["holiday"] != ""].reset_index()
    if len(holidays):
        made.scatter("date", "calls", source=ColumnDataSource(holidays), color=ORANGE, size=9, legend_label="special")
    told = [
        ("day", "@date{%a %d %b %Y}"), ("calls", "@calls{0} (@p10{0} to @p90{0})"), ("method", "@method"),
        ("special", "@holiday"),
    ]  # fmt: skip
    made.add_tools(HoverTool(renderers=[dots], tooltips=told, formatters={"@date": "datetime"}))
    made.xaxis.formatter = DatetimeTickFormatter(days="%d %b", months="%d %b")
    return Plot(made)
