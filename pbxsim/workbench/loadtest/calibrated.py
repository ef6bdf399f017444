"""A picture of how far simulated days are from real ones on weeks a model has not seen: what `pbx calibrate --plot` writes.

Decides what is drawn. The figures come from `pbxsim.calibrate`; the page loads nothing from outside.
"""

from __future__ import annotations

import html

import pandas as pd
from bokeh.embed import components
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, DataRange1d, HoverTool, NumeralTickFormatter
from bokeh.plotting import figure
from bokeh.resources import Resources

REAL = "#222222"
SIMULATED = "#3b6ea5"
ERLANG_A = "#c4641d"

FIGURES = (
    ("abandoned", "Callers who gave up", "0.0%"),
    ("wait_s", "Mean wait, seconds", "0"),
    ("within_20s", "Answered within 20 s", "0%"),
)


def page(compared: pd.DataFrame | None, title: str) -> str:
    """An HTML page: each unseen day as it was, as simulated, and by Erlang A, calls and staff given (`Calibration.unseen` of
    `load`). Raises ValueError if the log was too short to keep days unseen."""
    if compared is None or compared.empty:
        raise ValueError("the log is too short to keep weeks unseen: there is nothing to draw")
    script, place = components(column(*(_chart(compared, *told) for told in FIGURES)))
    # Not `file_html`, nor `render`: they link to what Panel adds where it was imported.
    library = "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)
    scripts = f'<script type="text/javascript">\n{library}\n</script>{script}'
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>{scripts}'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{place}</body></html>\n'


def _chart(compared: pd.DataFrame, name: str, title: str, style: str) -> figure:
    days = compared.assign(date=pd.to_datetime(compared["date"]))
    source = ColumnDataSource(days)
    chart = figure(width=900, height=280, title=title, x_axis_type="datetime", y_range=DataRange1d(start=0))
    for label, column_name, colour, dash, marker in (
        ("as it was", name, REAL, "solid", "circle"),
        ("simulated", f"{name}_simulated", SIMULATED, "solid", "square"),
        ("Erlang A, tuned", f"{name}_erlang_a", ERLANG_A, "dashed", "triangle"),
    ):
        chart.line("date", column_name, source=source, color=colour, line_dash=dash, line_width=2, legend_label=label)
        chart.scatter("date", column_name, source=source, color=colour, marker=marker, size=6, legend_label=label)
    told = [("day", "@date{%F}"), ("calls", "@calls{0,0}")]
    told += [(part, f"@{part}{{{style}}}") for part in (name, f"{name}_simulated", f"{name}_erlang_a")]
    chart.add_tools(HoverTool(tooltips=told, formatters={"@date": "datetime"}))
    chart.yaxis.formatter = NumeralTickFormatter(format=style)
    chart.legend.orientation = "horizontal"
    chart.add_layout(chart.legend[0], "above")
    return chart
