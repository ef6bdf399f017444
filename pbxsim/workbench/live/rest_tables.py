"""The rest of a day in words, tables and a picture: queues, half hours, who could stay or come.

Decides rows, words, lines and colours. Leaves figures to `rest_work.py`. Imports no part of Panel.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.numbers.digits import is_digits
from pbxsim.forecast.intraday import SLOT_MIN, SLOTS
from pbxsim.workbench.live.rest_work import Helped, RestFound
from pbxsim.workbench.live.tables import percent
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts

ALL = ""
"""Stands for all queues together."""
BLUE, TEAL, AMBER = "#3b82f6", "#0d9488", "#d97706"
"""What came, what is expected now, what the day before said."""
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 1000.0, 260.0, 36.0, 8.0, 24.0

STYLE = f"""{html_tables.STYLE}
svg {{ display: block; width: 100%; height: auto; color: #334155; }}
.dark svg {{ color: #cbd5e1; }}
svg text {{ font-size: 12px; fill: currentColor; }}
.grid {{ stroke: currentColor; opacity: .14; }}
.now {{ stroke: currentColor; stroke-dasharray: 3 3; opacity: .7; }}
summary {{ cursor: pointer; padding: 6px 0; color: var(--link); }}
summary:focus-visible {{ outline: 2px solid var(--link); outline-offset: 1px; border-radius: 2px; }}
@media (max-width: 560px) {{ svg text {{ font-size: 26px; }} }}
"""


@dataclass(frozen=True)
class DayCourse:
    """Calls of one queue, or of all, by half hour of the whole day; NaN where there is nothing to tell."""

    came: np.ndarray
    day_before: np.ndarray
    now: np.ndarray
    low: np.ndarray
    high: np.ndarray


def course(found: RestFound, kind: str) -> DayCourse:
    """What is drawn of a kind of call; `ALL` is all of them."""
    rest = found.rest
    rows = [rest.kinds.index(kind)] if kind else list(range(len(rest.kinds)))
    came, now, low, high = (np.full(SLOTS, math.nan) for _ in range(4))
    came[: rest.from_slot] = rest.seen[rows, : rest.from_slot].sum(axis=0)
    now[rest.from_slot :] = rest.calls[rows].sum(axis=0)
    table = intervals(found, kind)
    if "p10" in table:
        slots = [_slot(str(start)) for start in table.index]
        low[slots], high[slots] = table["p10"].to_numpy(dtype=float), table["p90"].to_numpy(dtype=float)
    return DayCourse(came, rest.unchanged[rows].sum(axis=0), now, low, high)


def intervals(found: RestFound, kind: str) -> pd.DataFrame:
    """Half hours of the rest, by `start`."""
    rest = found.rest
    if not kind:
        return rest.by_interval
    table = rest.by_kind_and_interval
    return table.xs(kind, level="kind") if kind in table.index.get_level_values("kind") else table.iloc[:0]


def queues(found: RestFound) -> list[str]:
    """Kinds with calls today or expected, those with most first."""
    rest = found.rest
    calls = {kind: rest.unchanged[k].sum() + rest.seen[k].sum() for k, kind in enumerate(rest.kinds)}
    return sorted((kind for kind, total in calls.items() if total > 0), key=lambda kind: -calls[kind])


def name_of(kind: str, found: RestFound, texts: Texts) -> str:
    """A kind of call as people call it."""
    number = kind.partition("/")[0]
    if not kind:
        return texts("all_queues")
    return f"{kind} {found.names.get(int(number), '') if is_digits(number) else ''}".strip()


# --- words -----------------------------------------------------------------------------------------------------------


def said(found: RestFound, texts: Texts) -> str:
    """The whole in a few sentences; Markdown."""
    rest = found.rest
    number = texts.amount
    seen, before = (float(one[:, : rest.from_slot].sum()) for one in (rest.seen, rest.unchanged))
    words = [
        texts(
            "rest.said", number(round(seen)), found.now, number(round(before)), number(round(rest.whole["calls"])),
            number(round(rest.whole["unchanged"])),
        )
    ]  # fmt: skip
    if "p10" in rest.whole:
        words.append(texts("rest.range", number(round(rest.whole["p10"])), number(round(rest.whole["p90"]))))
    else:
        words.append(texts("rest.no_range", found.worked_days))
    return " ".join(words)


def verdict(helped: Helped, texts: Texts) -> tuple[str, str]:
    """Whether the members planned keep the target, and a severity."""
    level = texts.brief(100 * helped.service_level)
    missed, then = int(helped.service["missed"].sum()), int(helped.service["missed_then"].sum())
    if not missed:
        return texts("rest.kept", level, texts.brief(helped.within_s)), "success"
    if not then:
        return texts("rest.missed", level, missed, texts.brief(helped.hours)), "warning"
    return texts("rest.missed_still", level, missed, texts.brief(helped.hours), then), "warning"


def rests_on(found: RestFound, texts: Texts) -> str:
    """Which days the forecast is made from."""
    first, last = texts.date(found.first.date()), texts.date(found.last.date())
    words = texts("rest.rests_on", found.worked_days, first, last, found.rest.learned_from_days)
    return words + (f" {texts('rest.left_out', texts.amount(found.left_out))}" if found.left_out else "")


# --- tables ----------------------------------------------------------------------------------------------------------


def to_close(helped: Helped, kind: str) -> tuple[float, float] | None:
    """Service level from now to the close, of a queue or of all: as planned, and with help; None without calls."""
    service = helped.service
    if kind:
        service = service[service["queue"].astype(str) == kind.partition("/")[0]]
    offered = service["offered"].to_numpy(dtype=float)
    if not offered.sum() > 0:
        return None
    planned, then = (
        float((offered * service[name].to_numpy(dtype=float)).sum() / offered.sum())
        for name in ("service_level", "service_level_then")
    )
    return planned, then


def by_queue(found: RestFound, texts: Texts, dark: bool) -> str:
    """One row a queue, and one of all where there are several."""
    rest, kinds = found.rest, queues(found)
    head = [
        texts("queue"),
        *(texts(f"rest.{name}") for name in ("so_far", "expected_by_now", "rest", "eight", "day_before")),
    ]
    if found.helped is not None:
        head += [texts("rest.to_close"), texts("rest.with_help")]
    rows = []
    for kind in [*kinds, *([ALL] if len(kinds) > 1 else [])]:
        of = [rest.kinds.index(kind)] if kind else list(range(len(rest.kinds)))
        told = rest.by_kind.loc[kind].to_dict() if kind else rest.whole
        row = [
            name_of(kind, found, texts),
            f"{rest.seen[of, : rest.from_slot].sum():.0f}",
            f"{rest.unchanged[of, : rest.from_slot].sum():.0f}",
            f"{told['calls']:.0f}",
            _range(told),
            f"{told['unchanged']:.0f}",
        ]
        if found.helped is not None:
            level = to_close(found.helped, kind)
            row += ["–", "–"] if level is None else [percent(one, texts) for one in level]
        rows.append(row)
    return html_tables.table(head, rows, dark, right=range(1, len(head)))


def half_hours(found: RestFound, kind: str, texts: Texts, dark: bool) -> str:
    """The rest of the day half hour by half hour, folded."""
    head = [texts("rest.begins"), texts("rest.day_before"), texts("rest.now"), texts("rest.eight")]
    levels: dict[str, tuple[float, float]] = {}
    if found.helped is not None:
        head += [texts("rest.as_planned"), texts("rest.with_help")]
        for at, rows_ in found.helped.service.groupby("interval"):
            of = to_close(_only(found.helped, rows_), kind)
            if of is not None:
                levels[f"{at:%H:%M}"] = of
    rows = []
    for start, told in intervals(found, kind).iterrows():
        row = [str(start), texts.number(told["unchanged"]), texts.number(told["calls"]), _range(told.to_dict())]
        if found.helped is not None:
            level = levels.get(str(start))
            row += ["–", "–"] if level is None else [percent(one, texts) for one in level]
        rows.append(row)
    table = html_tables.table(head, rows, dark, right=range(1, len(head)), whole=(0,))
    shade = " dark" if dark else ""
    return f'<details class="wb{shade}"><summary>{html.escape(texts("rest.intervals"))}</summary>{table}</details>'


def helpers(found: RestFound, texts: Texts, dark: bool) -> str:
    """Who could stay longer or come; empty where nobody is needed."""
    if found.helped is None or not len(found.helped.members):
        return ""

    def named(numbers: tuple[int, ...]) -> str:
        return ", ".join(f"{number} {found.users.get(number, '')}".strip() for number in numbers) or "–"

    rows = []
    for row in found.helped.members.to_dict("records"):
        hours = row["members"] * (row["to"] - row["from"]) / pd.Timedelta(hours=1)
        who = (named(row[name]) for name in ("stay", "come_earlier", "come"))
        span = f"{row['from']:%H:%M}–{row['to']:%H:%M}"
        rows.append((str(row["team"]), span, str(row["members"]), texts.brief(hours), *who))
    head = [texts(f"rest.{name}") for name in ("team", "time", "more", "hours", "stay", "come_earlier", "come")]
    return html_tables.table(head, rows, dark, right=(2, 3), whole=(1,), after=texts("rest.helpers_hint"))


def _only(helped: Helped, service: pd.DataFrame) -> Helped:
    return Helped(service, helped.members, helped.hours, helped.is_enough, helped.service_level, helped.within_s)


def _range(told: dict[str, float]) -> str:
    return f"{told['p10']:.0f}–{told['p90']:.0f}" if "p10" in told else "–"


def _slot(start: str) -> int:
    hour, minute = start.split(":")
    return (int(hour) * 60 + int(minute)) // SLOT_MIN


# --- the picture -----------------------------------------------------------------------------------------------------


def picture(found: RestFound, kind: str, texts: Texts, dark: bool) -> str:
    """Bars of what came, the forecast with its range, and what the day before said."""
    drawn = course(found, kind)
    busy = np.flatnonzero((drawn.day_before > 0) | (np.nan_to_num(drawn.came) > 0))
    if not len(busy):
        return ""
    first, end = int(busy[0]), int(busy[-1]) + 1
    highest = 1.05 * max(1.0, float(np.nanmax([*drawn.came, *drawn.day_before, *drawn.now, *drawn.high])))

    def x(slot: float) -> float:
        return LEFT + (slot - first) / (end - first) * (WIDTH - LEFT - 4)

    def y(calls: float) -> float:
        return TOP + (1 - calls / highest) * (HEIGHT - TOP - BOTTOM)

    parts = _axis(first, end, highest, x, y)
    for slot in range(first, min(end, found.rest.from_slot)):
        top = y(float(drawn.came[slot]))
        parts.append(
            f'<rect x="{x(slot) + 1:.1f}" width="{max(1.0, x(slot + 1) - x(slot) - 2):.1f}" y="{top:.1f}" '
            f'height="{y(0) - top:.1f}" fill="{BLUE}" fill-opacity=".55"/>'
        )
    parts += _band(drawn, first, end, x, y)
    dashes = 'stroke-width="1.8" stroke-dasharray="6 4"'
    parts.append(f'<path d="{_steps(drawn.day_before, first, end, x, y)}" fill="none" stroke="{AMBER}" {dashes}/>')
    parts.append(f'<path d="{_steps(drawn.now, first, end, x, y)}" fill="none" stroke="{TEAL}" stroke-width="2.6"/>')
    if first < found.rest.from_slot < end:
        at = x(found.rest.from_slot)
        parts.append(f'<line class="now" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{y(0):.1f}"/>')
    parts += [_title(drawn, slot, x, texts) for slot in range(first, end)]
    label = html.escape(texts("rest.picture", name_of(kind, found, texts)))
    svg = f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f'<div class="wb{" dark" if dark else ""}">{svg}</div>'


def legend(found: RestFound, texts: Texts, dark: bool) -> str:
    """What bars, lines and the band mean."""
    signs = [
        (f"background: {BLUE}; opacity: .55", "", texts("rest.came")),
        (f"color: {TEAL}", "line", texts("rest.now")),
        (f"color: {AMBER}", "line dashed", texts("rest.day_before")),
    ]
    if "p10" in found.rest.whole:
        signs.insert(2, (f"background: {TEAL}; opacity: .3", "", texts("rest.eight")))
    made = "".join(
        f'<span><i class="{kind}" style="{style}"></i>{html.escape(text)}</span>' for style, kind, text in signs
    )
    return f'<p class="{"dark" if dark else ""}">{made}</p>'


Scale = Callable[[float], float]


def _band(drawn: DayCourse, first: int, end: int, x: Scale, y: Scale) -> list[str]:
    slots = [slot for slot in range(first, end) if math.isfinite(drawn.low[slot])]
    return [
        f'<rect x="{x(slot):.1f}" width="{x(slot + 1) - x(slot):.1f}" y="{y(float(drawn.high[slot])):.1f}" '
        f'height="{max(1.0, y(float(drawn.low[slot])) - y(float(drawn.high[slot]))):.1f}" fill="{TEAL}" fill-opacity=".24"/>'
        for slot in slots
    ]


def _steps(values: np.ndarray, first: int, end: int, x: Scale, y: Scale) -> str:
    """Steps that hold for their half hour; half hours without a value are left out."""
    parts, pen = [], "M"
    for slot in range(first, end):
        value = float(values[slot])
        if not math.isfinite(value):
            pen = "M"
            continue
        parts.append(f"{pen} {x(slot):.1f} {y(value):.1f} L {x(slot + 1):.1f} {y(value):.1f}")
        pen = "L"
    return " ".join(parts)


def _title(drawn: DayCourse, slot: int, x: Scale, texts: Texts) -> str:
    told = [
        f"{_clock(slot)}–{_clock(slot + 1)}",
        f"{texts('rest.day_before')}: {texts.number(float(drawn.day_before[slot]))}",
    ]
    if math.isfinite(drawn.came[slot]):
        told.append(f"{texts('rest.came')}: {drawn.came[slot]:.0f}")
    if math.isfinite(drawn.now[slot]):
        told.append(f"{texts('rest.now')}: {texts.number(float(drawn.now[slot]))}")
    if math.isfinite(drawn.low[slot]):
        told.append(f"{texts('rest.eight')}: {drawn.low[slot]:.0f}–{drawn.high[slot]:.0f}")
    return (
        f'<rect x="{x(slot):.1f}" y="{TOP}" width="{x(slot + 1) - x(slot):.1f}" height="{HEIGHT - TOP - BOTTOM:.1f}" '
        f'fill="transparent"><title>{html.escape(chr(10).join(told))}</title></rect>'
    )


def _axis(first: int, end: int, highest: float, x: Scale, y: Scale) -> list[str]:
    parts = []
    for value in range(0, math.floor(highest) + 1, max(1, math.ceil(highest / 5))):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 4}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    hours = [slot for slot in range(first, end) if slot % 2 == 0]
    for slot in hours[:: max(1, len(hours) // 6)]:
        anchor = "start" if slot == first else "middle"
        parts.append(f'<text x="{x(slot):.1f}" y="{HEIGHT - 4:.1f}" text-anchor="{anchor}">{_clock(slot)}</text>')
    return parts


def _clock(slot: int) -> str:
    return f"{slot * SLOT_MIN // 60:02}:{slot * SLOT_MIN % 60:02}"
