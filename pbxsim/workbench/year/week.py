"""The picture of a week: seven days by 48 half hours, each cell filled with where its minutes of a year go.

Decides how minutes become rectangles. Leaves colours' meaning to the page that draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh import models, plotting

from engine.analysis.reach import SLOT_S, Place
from pbxsim.workbench.shell.texts import Texts

bokeh_models: Any = models  # properties of Bokeh models are made when it is imported, where no type checker sees them
figure: Any = plotting.figure

SLOTS = 86_400 // SLOT_S
PALETTE = ("#3b82f6", "#f59e0b", "#14b8a6", "#8b5cf6", "#ec4899", "#84cc16", "#f97316", "#06b6d4", "#a16207", "#64748b")
_INK = {"light": "#334155", "dark": "#cbd5e1"}
_LINE = {"light": "#ffffff", "dark": "#111a2c"}
_EMPTY = {"light": "#e9eef5", "dark": "#1b2740"}

Cells = tuple[tuple[float, ...], ...]
"""Minutes by weekday, Monday first, and half hour."""


def cells_of(calendar: Sequence[Sequence[dict[Place, float]]], place: Place | None = None) -> Cells:
    """Minutes of one place, or of all of them, from `Timeline.calendar`."""
    return tuple(
        tuple(sum(cell.values()) if place is None else cell.get(place, 0.0) for cell in row) for row in calendar
    )


def color(index: int) -> str:
    """The colour of the n-th destination."""
    return PALETTE[index % len(PALETTE)]


class Week:
    """A figure whose cells can be filled again."""

    FIELDS = ("left", "right", "bottom", "top", "color", "label", "when", "minutes", "share")

    def __init__(self, texts: Texts, height: int = 300) -> None:
        self.texts = texts
        self.source = bokeh_models.ColumnDataSource({name: [] for name in self.FIELDS})
        self.plot = figure(
            height=height,
            sizing_mode="stretch_width",
            toolbar_location=None,
            tools="",
            x_range=bokeh_models.Range1d(0, 24),
            y_range=bokeh_models.Range1d(7, 0),
            min_border_left=44,
        )
        plot = self.plot
        plot.outline_line_color = plot.grid.grid_line_color = None
        plot.axis.axis_line_color = plot.axis.major_tick_line_color = plot.axis.minor_tick_line_color = None
        plot.xaxis.ticker = list(range(0, 24, 3))
        plot.xaxis.major_label_overrides = {hour: f"{hour:02d}:00" for hour in range(0, 24, 3)}
        plot.yaxis.ticker = [day + 0.5 for day in range(7)]
        plot.yaxis.major_label_overrides = {day + 0.5: name for day, name in enumerate(texts.weekdays())}
        self.ground = plot.quad(
            left=[0] * 7, right=[24] * 7, top=[d + 0.06 for d in range(7)], bottom=[d + 0.94 for d in range(7)]
        )
        self.ground.glyph.line_color = None
        self.cells = plot.quad(
            left="left", right="right", bottom="bottom", top="top", fill_color="color", line_width=0.5,
            source=self.source,
        )  # fmt: skip
        minutes = texts("minutes_a_year")
        plot.add_tools(
            bokeh_models.HoverTool(
                renderers=[self.cells],
                tooltips=[("", "@when"), ("", "@label"), ("", f"@minutes{{0,0.#}} {minutes} (@share)")],
            )
        )

    def show(self, parts: Sequence[tuple[str, str, Cells]], whole: Cells) -> None:
        """Fill the cells: label, colour and minutes of each part; a cell is full where the parts make up `whole`.

        Change it under the document's lock only.
        """
        data: dict[str, list[Any]] = {name: [] for name in self.FIELDS}
        for day in range(7):
            for slot in range(SLOTS):
                total, down = whole[day][slot], 0.0
                for label, shade, cells in parts:
                    minutes = cells[day][slot]
                    if not minutes or not total:
                        continue
                    share = minutes / total
                    up = down + share
                    begin = slot * SLOT_S / 3600
                    row = (
                        begin,
                        begin + SLOT_S / 3600,
                        day + 0.94 - 0.88 * down,
                        day + 0.94 - 0.88 * up,
                        shade,
                        label,
                        f"{self.texts.weekdays()[day]} {_clock(slot)}–{_clock(slot + 1)}",
                        minutes,
                        f"{share:.0%}",
                    )
                    for name, value in zip(self.FIELDS, row, strict=True):
                        data[name].append(value)
                    down = up
        self.source.data = data

    def themed(self, theme: str) -> None:
        """Colours of text, lines and empty cells."""
        self.plot.background_fill_color = self.plot.border_fill_color = None
        self.plot.axis.major_label_text_color = _INK[theme]
        self.cells.glyph.line_color = _LINE[theme]
        self.ground.glyph.fill_color = _EMPTY[theme]


def _clock(slot: int) -> str:
    minutes = slot * SLOT_S // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
