"""Members over the day: what simulation says is needed, beside shifts and formulas.

Decides lines, colours and axes of the picture, which is drawn as SVG. Leaves figures to `work.py`. Imports no part of Panel.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.work import Found

BLUE, VIOLET, TEAL, AMBER, GREY = "#3b82f6", "#8b5cf6", "#14b8a6", "#d97706", "#64748b"
AREA = 0.32
"""Opacity of what is needed."""

Lines = tuple[tuple[str, str, str, str], ...]
"""Column, text, colour and dashes of each line beside what is needed."""

LINES: Lines = (
    ("theory", "staff.of_theory", VIOLET, "7 4"),
    ("erlang_c", "staff.of_erlang_c", GREY, "2 3"),
    ("erlang_a", "staff.of_erlang_a", TEAL, "2 3"),
    ("shifts", "staff.of_shifts", AMBER, ""),
)
"""Lines beside the plan of a day."""

WHOLE_ONLY = ("erlang_c", "erlang_a", "shifts")
"""Lines that are of all teams together."""

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 1000.0, 260.0, 44.0, 8.0, 30.0

STYLE = """
:host { font-family: Roboto, sans-serif; }
svg { display: block; width: 100%; height: auto; color: #334155; }
.dark svg { color: #cbd5e1; }
text { font-size: 12px; fill: currentColor; }
.grid { stroke: currentColor; opacity: .14; }
@media (max-width: 560px) { text { font-size: 26px; } }
"""


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


def busy(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The intervals in which one of the columns has anybody, one of air on either side."""
    there = np.flatnonzero((table[[*columns]].to_numpy() > 0).any(axis=1))
    return table.iloc[max(0, there[0] - 1) : there[-1] + 2] if len(there) else table


def picture(found: Found, team: str, texts: Texts, dark: bool) -> str:
    """The whole picture with its legend."""
    table = busy(courses(found, team), "needed")
    svg = drawing(table, LINES, found.scenario.measure.interval_min, texts("staff.chart"), texts)
    return f'<div class="{"dark" if dark else ""}">{svg}</div>'


def legend(found: Found, team: str, texts: Texts, dark: bool) -> str:
    """What the lines mean; those that are drawn."""
    return signs(courses(found, team), LINES, texts, dark)


def drawing(
    table: pd.DataFrame, lines: Lines, interval_min: int, label: str, texts: Texts, highest: float = 1.0
) -> str:
    """What is `needed` as an area and `lines` over it, as SVG; the axis ends at `highest` or above."""
    step = pd.Timedelta(minutes=interval_min)
    shown = [line for line in lines if _has(table, line[0])]
    highest = max(highest, float(np.nanmax(table[["needed", *(line[0] for line in shown)]].to_numpy(dtype=float))))
    count = len(table)

    def x(i: float) -> float:
        return LEFT + i / count * (WIDTH - LEFT - 4)

    def y(value: float) -> float:
        return TOP + (1 - value / (1.06 * highest)) * (HEIGHT - TOP - BOTTOM)

    needed = table["needed"].to_numpy(dtype=float)
    area = f"{_path(needed, x, y)} L {x(count):.1f} {y(0):.1f} L {x(0):.1f} {y(0):.1f} Z"
    parts = [*_grid(table, highest, x, y), f'<path d="{area}" fill="{BLUE}" fill-opacity="{AREA}"/>']
    parts.append(f'<path d="{_path(needed, x, y)}" fill="none" stroke="{BLUE}" stroke-width="2.4"/>')
    for name, _, color, dashes in shown:
        values = table[name].to_numpy(dtype=float)
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(f'<path d="{_path(values, x, y)}" fill="none" stroke="{color}" stroke-width="1.8"{dash}/>')
    for i, row in enumerate(table.to_dict("records")):
        told = [f"{row['at']:%H:%M} – {row['at'] + step:%H:%M}", f"{texts('staff.of_plan')}: {row['needed']:.0f}"]
        told += [f"{texts(text)}: {texts.number(row[name])}" for name, text, *_ in shown if math.isfinite(row[name])]
        parts.append(
            f'<rect x="{x(i):.1f}" y="{TOP}" width="{x(i + 1) - x(i):.1f}" height="{HEIGHT - TOP - BOTTOM:.1f}" '
            f'fill="transparent"><title>{html.escape(chr(10).join(told))}</title></rect>'
        )
    named = html.escape(label)
    return f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{named}">{"".join(parts)}</svg>'


def signs(table: pd.DataFrame, lines: Lines, texts: Texts, dark: bool) -> str:
    """What the area and the lines of a drawing mean."""
    told = [(f"background: {BLUE}; opacity: {2 * AREA}", "", texts("staff.of_plan"))]
    told += [
        (f"color: {color}", "line dashed" if dashes else "line", texts(text))
        for name, text, color, dashes in lines
        if _has(table, name)
    ]
    made = "".join(
        f'<span><i class="{kind}" style="{style}"></i>{html.escape(text)}</span>' for style, kind, text in told
    )
    return f'<p class="{"dark" if dark else ""}">{made}</p>'


def _has(table: pd.DataFrame, name: str) -> bool:
    return bool(np.isfinite(table[name].to_numpy(dtype=float)).any())


def _path(values: np.ndarray, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    """Steps that hold for their interval; intervals without a value are left out."""
    parts, pen = [], "M"
    for i, value in enumerate(values):
        if not math.isfinite(value):
            pen = "M"
            continue
        parts.append(f"{pen} {x(i):.1f} {y(value):.1f} L {x(i + 1):.1f} {y(value):.1f}")
        pen = "L"
    return " ".join(parts)


def _grid(table: pd.DataFrame, highest: float, x: Callable[[float], float], y: Callable[[float], float]) -> list[str]:
    parts = []
    for value in range(0, math.floor(highest) + 1, max(1, math.ceil(highest / 5))):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 4}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    hours = [(i, at) for i, at in enumerate(table["at"]) if at.minute == 0]
    for i, at in hours[:: max(1, len(hours) // 6)]:
        anchor = "start" if i == 0 else "middle"
        parts.append(f'<text x="{x(i):.1f}" y="{HEIGHT - 6:.1f}" text-anchor="{anchor}">{at:%H:%M}</text>')
    return parts
