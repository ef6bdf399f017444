"""One figure over the day as a chart: its mean, how sure that is, and how days differ.

Decides colours, axes and hover of the charts of simulated days, on the Load test page and on Staffing. Leaves figures to
`pbxsim.results.results`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from bokeh import models, plotting

from pbxsim.workbench.shell.texts import Texts

bokeh_models: Any = models  # properties of Bokeh models are made when it is imported, where no type checker sees them
figure: Any = plotting.figure

TARGET = 80
"""Service level people aim at, in percent."""
DAYS_ALPHA, MEAN_ALPHA = 0.14, 0.32
TARGET_COLOR = "#ef4444"
BLUE, TEAL, VIOLET = "#3b82f6", "#14b8a6", "#8b5cf6"
INK = {"light": "#334155", "dark": "#cbd5e1"}
GRID = {"light": "#e2e8f0", "dark": "#24324d"}


def busy_hours(calls: pd.DataFrame) -> tuple[Any, Any]:
    """First and last local instant between which anybody calls, half an interval of air around them."""
    at = calls["interval"].dt.tz_localize(None)
    step = at.iloc[1] - at.iloc[0] if len(at) > 1 else pd.Timedelta(minutes=30)
    busy = at[calls["mean"] > 0]
    first, last = (busy.iloc[0], busy.iloc[-1]) if len(busy) else (at.iloc[0], at.iloc[-1])
    return (first - step / 2).to_pydatetime(), (last + step / 2).to_pydatetime()


def day_figure(height: int) -> Any:
    """An empty chart whose x axis is the time of day."""
    plot = figure(
        height=height,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
        x_axis_type="datetime",
        min_border_left=48,
    )
    plot.outline_line_color = None
    plot.xgrid.grid_line_color = None
    plot.axis.axis_line_color = None
    plot.axis.major_tick_line_color = plot.axis.minor_tick_line_color = None
    clock = plot.xaxis.formatter
    clock.hours = clock.minutes = clock.hourmin = clock.days = "%H:%M"
    clock.context = None
    return plot


def paint(plot: Any, theme: str) -> None:
    """Colours of text and grid."""
    plot.ygrid.grid_line_color = GRID[theme]
    plot.background_fill_color = plot.border_fill_color = None
    plot.axis.major_label_text_color = INK[theme]


class Course:
    """One figure over the day: mean, its 95 % interval, and where eight days out of ten lie."""

    def __init__(
        self, texts: Texts, color: str, percent: bool = False, target: float | None = None, height: int = 236
    ) -> None:
        self.texts, self.percent = texts, percent
        nothing: dict[str, list[Any]] = {name: [] for name in ("at", "mean", "low", "high", "p10", "p90", "told")}
        self.source = bokeh_models.ColumnDataSource(nothing)
        plot = self.plot = day_figure(height)
        plot.visible = False  # a browser lays out what it may show, also within what is hidden
        plot.x_range = bokeh_models.Range1d(0, 1)
        number_axis(plot.yaxis[0], texts)
        plot.varea("at", "p10", "p90", source=self.source, fill_color=color, fill_alpha=DAYS_ALPHA)
        plot.varea("at", "low", "high", source=self.source, fill_color=color, fill_alpha=MEAN_ALPHA)
        line = plot.line("at", "mean", source=self.source, color=color, width=2.4)
        if percent:
            plot.y_range = bokeh_models.Range1d(0, 102)
        else:
            plot.y_range.start = 0
        if target is not None:
            plot.add_layout(
                bokeh_models.Span(
                    location=target, dimension="width", line_color=TARGET_COLOR, line_dash="dashed", line_width=1.2
                )
            )
        plot.add_tools(
            bokeh_models.HoverTool(
                renderers=[line],
                tooltips=[("", "@told")],
                mode="vline",
            )
        )

    def show(self, day: pd.DataFrame, begin: Any, end: Any) -> None:
        """Draw a course from `Results.day` between two local instants."""
        scale = 100.0 if self.percent else 1.0
        top = 100.0 if self.percent else math.inf
        at = day["interval"].dt.tz_localize(None).to_numpy()
        data: dict[str, Any] = {"at": at}
        for name in ("mean", "low", "high", "p10", "p90"):
            data[name] = np.clip(day[name].to_numpy(dtype=float) * scale, 0.0, top)
        data["told"] = [
            self._told(moment, *row)
            for moment, *row in zip(day["interval"], data["mean"], data["low"], data["high"], strict=True)
        ]
        self.source.data = data
        self.plot.x_range.update(start=begin, end=end)
        self.plot.visible = True

    def _told(self, at: Any, *figures: float) -> str:
        """Time, mean and interval as the language writes them."""
        mean, low, high = ("–" if math.isnan(value) else self.texts.number(value) for value in figures)
        return f"{at:%H:%M}  {mean}{' %' if self.percent else ''} ({low} – {high})"

    def themed(self, theme: str) -> None:
        """Colours of text and grid."""
        paint(self.plot, theme)


LEGEND_STYLE = """
:host { font: 12px Roboto, sans-serif; }
p { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 4px; color: #55657c; }
p.dark { color: #9fb0ca; }
span { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
i { width: 14px; height: 10px; border-radius: 2px; }
i.line { height: 0; border-top: 2.4px solid; border-radius: 0; }
i.dashed { border-top: 1.5px dashed; }
"""


def legend(texts: Texts, dark: bool) -> str:
    """What bands and lines of a course mean."""
    return legend_html(
        (
            (f"background: {BLUE}; opacity: {2 * DAYS_ALPHA}", "", texts("band.days")),
            (f"background: {BLUE}; opacity: {2 * MEAN_ALPHA}", "", texts("band.mean")),
            (f"color: {BLUE}", "line", texts("mean")),
            (f"color: {TARGET_COLOR}", "line dashed", texts("target", texts("percent", TARGET))),
        ),
        dark,
    )


def legend_html(signs: Iterable[tuple[str, str, str]], dark: bool) -> str:
    """Signs with their meanings in a line: the style of a sign, its kind (nothing, `line`, `line dashed`), and words."""
    made = "".join(
        f'<span><i class="{kind}" style="{style}"></i>{html.escape(text)}</span>' for style, kind, text in signs
    )
    return f'<p class="{"dark" if dark else ""}">{made}</p>'


def number_axis(axis: Any, texts: Texts) -> None:
    """Numbers along an axis as the language writes them."""
    language = "ru" if texts.language == "ru" else "en"
    axis.formatter = bokeh_models.NumeralTickFormatter(format="0[.]0[0]", language=language)
