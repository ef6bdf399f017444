"""Members over the day: what simulation says is needed, beside shifts and formulas.

Decides lines and colours. Leaves figures to `work.py`, the look of axes to `workbench/loadtest/courses.py`.
"""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd
from bokeh import models

from pbxsim.workbench.loadtest.courses import BLUE, MEAN_ALPHA, TEAL, VIOLET, day_figure, paint
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.work import Found

bokeh_models: Any = models  # properties of Bokeh models are made when it is imported, where no type checker sees them

AMBER, GREY = "#d97706", "#64748b"

LINES = (
    ("theory", "staff.of_theory", VIOLET, "dashed"),
    ("erlang_c", "staff.of_erlang_c", GREY, "dotted"),
    ("erlang_a", "staff.of_erlang_a", TEAL, "dotted"),
    ("shifts", "staff.of_shifts", AMBER, "solid"),
)
"""Column, text, colour and dash of each line beside the plan."""

WHOLE_ONLY = ("erlang_c", "erlang_a", "shifts")
"""Lines that are of all teams together."""


def courses(found: Found, team: str) -> pd.DataFrame:
    """One row an interval: at, needed, and every line of `LINES` (NaN where there is none). `team` empty is all of them."""
    required = found.required if not team else found.required[found.required["team"] == team]
    whole = required.groupby("interval", sort=True)[["members", "by_theory"]].sum()
    table = pd.DataFrame({"needed": whole["members"], "theory": whole["by_theory"]}, dtype=float)
    for name in WHOLE_ONLY:
        table[name] = np.nan
    if not team:
        by = found.formulas.groupby("interval", sort=True)
        for name in ("erlang_c", "erlang_a"):
            table[name] = by[name].apply(lambda column: column.sum(skipna=False)).reindex(table.index).to_numpy()
        if found.staffed is not None:
            table["shifts"] = found.staffed.set_index("interval")["members"].reindex(table.index).to_numpy()
    return table.rename_axis("at").reset_index()


class Members:
    """The chart."""

    def __init__(self) -> None:
        names = ("at", "needed", *(name for name, *_ in LINES))
        nothing: dict[str, list[float]] = {name: [] for name in names}
        self.source = bokeh_models.ColumnDataSource(nothing)
        plot = self.plot = day_figure(300)
        # It follows the data: a dashed line that leaves a range far behind is drawn dash by dash, for minutes.
        plot.x_range, plot.y_range.start = bokeh_models.DataRange1d(range_padding=0.02), 0
        plot.varea_step(
            "at", y1=0, y2="needed", source=self.source, fill_color=BLUE, fill_alpha=MEAN_ALPHA, step_mode="after"
        )
        needed = plot.step("at", "needed", source=self.source, color=BLUE, line_width=2.4, mode="after")
        self.lines = {
            name: plot.step("at", name, source=self.source, color=color, line_width=1.8, line_dash=dash, mode="after")
            for name, _, color, dash in LINES
        }
        self.hover = bokeh_models.HoverTool(renderers=[needed], mode="vline", formatters={"@at": "datetime"})
        plot.add_tools(self.hover)

    def show(self, found: Found, team: str, texts: Texts) -> None:
        """Draw a plan, of one team or of all."""
        table = courses(found, team)
        at = table["at"].dt.tz_localize(None)
        step = at.iloc[1] - at.iloc[0] if len(at) > 1 else pd.Timedelta(minutes=30)
        busy = np.flatnonzero(table["needed"].to_numpy() > 0)
        if len(busy):
            table = table.iloc[max(0, busy[0] - 1) : busy[-1] + 2]
        closing = table.iloc[[-1]].assign(at=table["at"].iloc[-1] + step)  # steps reach to the end of the last interval
        whole = pd.concat([table, closing], ignore_index=True)
        data = {name: whole[name].to_numpy(dtype=float) for name in whole.columns if name != "at"}
        self.source.data = {"at": whole["at"].dt.tz_localize(None).to_numpy(), **data}
        told = [(texts("staff.of_plan"), "@needed{0}")]
        for name, text, _, _ in LINES:
            self.lines[name].visible = bool(np.isfinite(data[name]).any())
            if self.lines[name].visible:
                told.append((texts(text), f"@{name}{{0.[0]}}"))
        self.hover.tooltips = [("", "@at{%H:%M}"), *told]

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        paint(self.plot, theme)

    def legend(self, texts: Texts, dark: bool) -> str:
        """What the lines mean; those that are drawn."""
        signs = [(f"background: {BLUE}; opacity: {2 * MEAN_ALPHA}", "", texts("staff.of_plan"))]
        signs += [
            (f"color: {color}", "line" if dash == "solid" else "line dashed", texts(text))
            for name, text, color, dash in LINES
            if self.lines[name].visible
        ]
        made = "".join(
            f'<span><i class="{kind}" style="{style}"></i>{html.escape(text)}</span>' for style, kind, text in signs
        )
        return f'<p class="{"dark" if dark else ""}">{made}</p>'
