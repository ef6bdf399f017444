"""The heat map: a figure of every queue at every time of the day, as a table of coloured cells.

Decides its look: colours by which nobody is left out (Cividis: Nuñez, Anderton, Renslow 2018), what needs a look standing out
from the page. Leaves the figures to `heat_table.py`.
"""

from __future__ import annotations

import html
import itertools
import math
from typing import Any, Final

import panel as pn
import panel_material_ui
from bokeh import palettes

from pbxsim.results.results import ALL_QUEUES
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.loadtest.views.heat_table import (
    FIGURES,
    MORE_IS_BETTER,
    SHARES,
    HeatTable,
    clock,
    date_of,
    heat_table,
)
from pbxsim.workbench.shell.shell import STACKED_CARDS, Session, card, hint
from pbxsim.workbench.shell.texts import Texts

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

SCALE: Final[tuple[str, ...]] = tuple(palettes.Cividis256)
"""Dark blue to light yellow."""

STEPS: Final = {"intervals": 1, "hours": 60}
"""Minutes of a column; it is no shorter than an interval of the run."""

NUMBERS_UP_TO: Final = 32
"""Columns that leave room for a number in each cell."""

HOUR_MIN: Final = 60
NAME_WIDTH, CELL_WIDTH, BARE_CELL_WIDTH = 118, 28, 14
"""Pixels at least."""

STYLE = """
:host { font-family: Roboto, sans-serif; }
.wb { color: #0f172a; --mute: #55657c; --paper: #fff; overflow-x: auto; position: relative; }
.wb.dark { color: #e8eef9; --mute: #9fb0ca; --paper: #111a2c; }
table { border-collapse: separate; border-spacing: 1px; width: 100%; table-layout: fixed; font-size: 12px; line-height: 16px;
  font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--mute); text-align: left; padding: 2px 0; white-space: nowrap; }
th.row { width: 118px; padding-right: 8px; position: sticky; left: 0; background: var(--paper); overflow: hidden;
  text-overflow: ellipsis; }
tbody th.row { color: inherit; }
td { height: 28px; padding: 0; text-align: center; border-radius: 3px; }
td.none { background: repeating-linear-gradient(135deg, transparent 0 5px, rgb(148 163 184 / .22) 5px 6px); }
td:hover { outline: 2px solid currentcolor; outline-offset: -2px; }
p { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; margin: 10px 0 0; font-size: 12px; color: var(--mute); }
i { width: 150px; height: 10px; border-radius: 2px; }
i.none { width: 18px; margin-left: 14px;
  background: repeating-linear-gradient(135deg, transparent 0 5px, rgb(148 163 184 / .5) 5px 6px); }
"""


class HeatView:
    """One browser's heat map."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        texts = self.texts
        half = {**WIDE, "margin": (0, 10, 10, 0)}
        self.figure = pmui.Select(
            label=texts("heat.figure"),
            options={texts(f"heat.{name}"): name for name in FIGURES},
            value=FIGURES[0],
            **half,
        )
        self.step = pmui.Select(
            label=texts("heat.step"), options={texts(f"heat.{name}"): name for name in STEPS}, value="intervals",
            **{**half, "margin": (0, 0, 10, 0)},
        )  # fmt: skip
        self.about = hint("", margin=(0, 0, 8, 0))
        self.map = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[STYLE])
        self._last: tuple[ShownRun, int] | None = None
        for widget in (self.figure, self.step):
            widget.param.watch(lambda _: self._again(), "value")

    def _again(self) -> None:
        if self._last is not None:
            self.draw(*self._last)

    def draw(self, run: ShownRun, queue: int) -> None:
        """Show a map of all queues, or of the days of one where the scenario has several."""
        self._last, results = (run, queue), run.results
        table = heat_table(results, self.figure.value, STEPS[self.step.value], queue)
        self.about.object = self.texts(
            "heat.days" if table.by_days else "heat.queues", self.texts.amount(results.replications)
        )
        self.map.object = map_html(table, self.figure.value, results.queue_names, self.texts, self.session.dark)

    def themed(self, theme: str) -> None:
        """Follow the page's theme: it is drawn again with the rest."""
        self._again()

    def content(self) -> list[Any]:
        """The choice of a figure, and the map."""
        choices = pmui.Row(self.figure, self.step, margin=0, sizing_mode="stretch_width", sx=STACKED_CARDS)
        return [card(self.texts("view.heat"), choices, self.about, self.map)]


def map_html(table: HeatTable, figure: str, names: dict[int, str], texts: Texts, dark: bool) -> str:
    """The map and what its colours mean."""
    if not table.columns:
        return f'<div class="wb{" dark" if dark else ""}"><p>{html.escape(texts("heat.nobody"))}</p></div>'
    most = _most(table, figure)
    bright_stands_out = dark == (figure not in MORE_IS_BETTER)
    scale = SCALE if bright_stands_out else SCALE[::-1]
    hours = [(hour, len(list(same))) for hour, same in itertools.groupby(at // HOUR_MIN for at in table.columns)]
    head = "".join(f'<th scope="colgroup" colspan="{wide}">{clock(hour * HOUR_MIN)}</th>' for hour, wide in hours)
    head = f'<th class="row" scope="col">{html.escape(texts("heat.day" if table.by_days else "queue"))}</th>{head}'
    body = ""
    for place, row in enumerate(table.rows):
        name = _row_name(row, table.by_days, names, texts)
        cells = "".join(_cell(table, place, at, name, figure, most, scale, texts) for at in range(len(table.columns)))
        title = html.escape(name)
        body += f'<tr><th class="row" scope="row" title="{title}">{title}</th>{cells}</tr>'
    width = NAME_WIDTH + len(table.columns) * (CELL_WIDTH if len(table.columns) <= NUMBERS_UP_TO else BARE_CELL_WIDTH)
    return (
        f'<div class="wb{" dark" if dark else ""}" tabindex="0" role="region" aria-label="{html.escape(texts("view.heat"))}">'
        f'<table style="min-width:{width}px"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f"{_legend(figure, most, scale, texts, dark)}"
    )


def _most(table: HeatTable, figure: str) -> float:
    """Where the scale ends: all calls for the service level, a round figure above the highest for others."""
    if figure in MORE_IS_BETTER:
        return 1.0
    highest = (
        0.0 if bool((table.offered == 0).all()) else float(max(value for value in table.values.flat if value == value))
    )
    if highest <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(highest))
    return next(size * part for part in (1, 2, 5, 10) if size * part >= highest * (1 - 1e-9))


def _row_name(row: int, by_days: bool, names: dict[int, str], texts: Texts) -> str:
    if by_days:
        return texts.weekday_date(date_of(row))
    return texts("all_queues") if row == ALL_QUEUES else f"{row} {names.get(row, '')}".strip()


def _cell(
    table: HeatTable, row: int, column: int, name: str, figure: str, most: float, scale: tuple[str, ...], texts: Texts
) -> str:
    value, calls, begin = table.values[row, column], table.offered[row, column], table.columns[column]
    when = f"{name}, {clock(begin)} – {clock(begin + table.step_min)}"
    if math.isnan(value):
        told = texts("heat.no_calls") if calls == 0 else texts("heat.calls", texts.number(calls))
        return f'<td class="none" title="{html.escape(f"{when}: {told}")}"></td>'
    color = scale[min(len(scale) - 1, round(value / most * (len(scale) - 1)))]
    told = f"{when}: {texts(f'heat.{figure}')} {_worth(figure, value, texts)}"
    if figure != "offered":
        told += f", {texts('heat.calls', texts.number(calls))}"
    number = ""
    if len(table.columns) <= NUMBERS_UP_TO:
        number = (
            f"{100 * value if figure in SHARES else value:.0f}"
            if figure != "offered" or value >= 10
            else texts.number(value)
        )
    return f'<td style="background:{color};color:{_ink(color)}" title="{html.escape(told)}">{number}</td>'


def _worth(figure: str, value: float, texts: Texts) -> str:
    if figure in SHARES:
        return texts("percent", texts.number(100 * value))
    return texts("seconds", texts.number(value)) if figure == "answer_speed_s" else texts.number(value)


def _ink(color: str) -> str:
    """Black or white, whichever is read better on a colour (WCAG 2.2, relative luminance)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#fff"


def _legend(figure: str, most: float, scale: tuple[str, ...], texts: Texts, dark: bool) -> str:
    stops = ", ".join(scale[round(part * (len(scale) - 1) / 8)] for part in range(9))
    least, top = (_worth(figure, value, texts).replace(texts.number(0), "0") for value in (0.0, most))
    return (
        f'<p class="wb{" dark" if dark else ""}"><span>{html.escape(texts(f"heat.{figure}"))}: {least}</span>'
        f'<i style="background:linear-gradient(90deg, {stops})"></i><span>{top}</span>'
        f'<i class="none"></i><span>{html.escape(texts("heat.no_calls"))}</span></p>'
    )
