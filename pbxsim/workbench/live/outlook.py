"""The forecast of a twin as the Live page shows it: the next hour beside what happened, and what differs from the scenario.

Decides rows, words and the picture of waits: bands of the past with what was seen in them, and the band to come. Imports no part
of Panel. Leaves figures to whoever made the forecast (`pbxsim/twin`).
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import msgspec

from engine.contract.ids import SECOND_US, Instant
from engine.records.forecast import Band, Drift, Forecast, Happened, Outlook, QueueForecast
from pbxsim.workbench.live.tables import BAD, COLORS, lasting, percent, quiet
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts

OLD_S = 300.0
"""A forecast older than this is said to be old."""

WIDTH, HEIGHT, LEFT, BOTTOM = 640.0, 150.0, 40.0, 20.0
BAND = "#60a5fa"
LINE = "#2563eb"
DOT = "#16a34a"


def forecast_of(told: dict[str, Any]) -> tuple[Forecast | None, float]:
    """What a bridge keeps, and how old it is in seconds; None where it keeps none that can be read."""
    if not told.get("forecast"):
        return None, 0.0
    try:
        return msgspec.convert(told["forecast"], Forecast), float(told.get("age_s") or 0.0)
    except msgspec.ValidationError:
        return None, 0.0


def shown(found: Forecast | None, age_s: float, zone: Any, texts: Texts, dark: bool) -> str:
    """The whole card."""
    if found is None:
        return quiet(texts("twin.none"), dark)
    parts = [_queue(queue, found.at, zone, texts, dark) for queue in found.queues]
    parts.append(drifts(found.drift, texts, dark))
    made = texts("twin.made", lasting(0, round(age_s) * SECOND_US), found.scenario, found.replications)
    if age_s > OLD_S:
        made = f"{texts('twin.old')} {made}"
    return "".join(parts) + quiet(made, dark)


def _queue(queue: QueueForecast, now: Instant, zone: Any, texts: Texts, dark: bool) -> str:
    head = (
        texts("live.queue"), texts("twin.time"), texts("twin.offered"), texts("twin.wait"), texts("twin.service"),
        texts("twin.waiting"),
    )  # fmt: skip
    rows = [
        (
            f"{queue.queue} {queue.name}".strip(),
            _span(one.begin, one.end, zone),
            _band(one.offered),
            _seconds(one.wait_s, texts),
            _share(one.service_level, texts),
            _band(one.waiting),
        )
        for one in queue.half_hours
    ]
    judged = texts("twin.judged", queue.covered, queue.judged) if queue.judged else ""
    table = html_tables.table(head, rows, dark, right=(2, 3, 4, 5), whole=(1,), after=judged)
    return table + picture(queue, now, zone, texts, dark)


def _span(begin: Instant, end: Instant, zone: Any) -> str:
    return f"{zone.local(begin):%H:%M}–{zone.local(end):%H:%M}"


def _band(band: Band) -> str:
    return f"{band.middle:.0f} ({band.low:.0f}–{band.high:.0f})"


def _seconds(band: Band | None, texts: Texts) -> str:
    if band is None:
        return "–"
    middle, low, high = (lasting(0, round(value) * SECOND_US) for value in (band.middle, band.low, band.high))
    return f"{middle} ({low}–{high})"


def _share(band: Band | None, texts: Texts) -> str:
    if band is None:
        return "–"
    return f"{percent(band.middle, texts)} ({band.low * 100:.0f}–{band.high * 100:.0f})"


# --- the picture of waits ----------------------------------------------------------------------------------------------


def picture(queue: QueueForecast, now: Instant, zone: Any, texts: Texts, dark: bool) -> str:
    """Mean waits: half-hours of the past as bands with what was seen, and the band of the next hour."""
    past = [one for one in queue.happened if one.wait_band is not None]
    coming = [one for one in queue.intervals if one.wait_s is not None]
    if not coming and not past:
        return ""
    first = min((one.begin for one in past), default=now)
    last = max((one.end for one in queue.intervals), default=now)
    bands = [one.wait_band for one in past if one.wait_band is not None]
    bands += [one.wait_s for one in coming if one.wait_s is not None]
    highest = max([10.0, *(band.high for band in bands), *(one.wait_s or 0.0 for one in past)]) * 1.05

    def x(at: Instant) -> float:
        return LEFT + float(int(at - first)) / max(1, int(last - first)) * (WIDTH - LEFT - 4)

    def y(seconds: float) -> float:
        return (HEIGHT - BOTTOM) * (1 - seconds / highest) + 4

    parts = [_axis(first, last, highest, x, y, zone), *_past(past, x, y), *_coming(coming, x, y)]
    parts.append(f'<line x1="{x(now):.1f}" x2="{x(now):.1f}" y1="4" y2="{HEIGHT - BOTTOM + 4}" class="now"/>')
    label = html.escape(texts("twin.picture", f"{queue.queue} {queue.name}".strip()))
    style = (
        "<style>.twin text{font-size:11px;fill:currentColor;opacity:.75}.twin .now{stroke:currentColor;stroke-dasharray:3 3}"
        ".twin .grid{stroke:currentColor;opacity:.15}.twin svg{width:100%;max-width:900px;height:auto;display:block}</style>"
    )
    svg = f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT + 6:.0f}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    legend = texts("twin.legend")
    return f'<div class="wb twin{" dark" if dark else ""}">{style}{svg}<p>{html.escape(legend)}</p></div>'


def _axis(first: Instant, last: Instant, highest: float, x: Any, y: Any, zone: Any) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        value = highest * share / 1.05
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 4}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(
            f'<text x="{LEFT - 4}" y="{y(value) + 4:.1f}" text-anchor="end">{lasting(0, round(value) * SECOND_US)}</text>'
        )
    hour = 3600 * SECOND_US
    step = hour * max(1, -(-(last - first) // hour) // 8)
    at = -(-first // hour) * hour
    while at <= last:
        parts.append(f'<text x="{x(at):.1f}" y="{HEIGHT + 2}" text-anchor="middle">{zone.local(at):%H:%M}</text>')
        at += step
    return "".join(parts)


def _past(past: Iterable[Happened], x: Any, y: Any) -> list[str]:
    parts = []
    for one in past:
        band = one.wait_band
        assert band is not None
        left, right = x(one.begin) + 1, x(one.end) - 1
        parts.append(
            f'<rect x="{left:.1f}" width="{max(1.0, right - left):.1f}" y="{y(band.high):.1f}" '
            f'height="{max(1.0, y(band.low) - y(band.high)):.1f}" fill="{BAND}" fill-opacity=".35"/>'
        )
        if one.wait_s is not None:
            color = DOT if band.holds(one.wait_s) else BAD
            parts.append(f'<circle cx="{(left + right) / 2:.1f}" cy="{y(one.wait_s):.1f}" r="4" fill="{color}"/>')
    return parts


def _coming(coming: list[Outlook], x: Any, y: Any) -> list[str]:
    if not coming:
        return []
    told = [(x((one.begin + one.end) // 2), one.wait_s) for one in coming if one.wait_s is not None]
    above = " ".join(f"{at:.1f},{y(band.high):.1f}" for at, band in told)
    below = " ".join(f"{at:.1f},{y(band.low):.1f}" for at, band in reversed(told))
    middle = " ".join(f"{at:.1f},{y(band.middle):.1f}" for at, band in told)
    return [
        f'<polygon points="{above} {below}" fill="{BAND}" fill-opacity=".35"/>',
        f'<polyline points="{middle}" fill="none" stroke="{LINE}" stroke-width="2"/>',
    ]


# --- drift -------------------------------------------------------------------------------------------------------------


def drifts(found: Iterable[Drift], texts: Texts, dark: bool) -> str:
    """Every assumption that was tested, those that do not hold first."""
    rows = []
    for one in sorted(found, key=lambda drift: (not drift.flagged, drift.p)):
        if one.seen == 0 and one.expected < 1:
            continue
        state = texts("twin.differs" if one.flagged else "twin.holds")
        rows.append(
            (
                f"{texts('twin.' + one.what)} {one.of}",
                html_tables.swatch(BAD if one.flagged else COLORS["idle"], state),
                f"{one.seen} / {one.expected:.0f}",
                f"× {texts.number(one.ratio, 2)} ({texts.number(one.low, 2)}–{texts.number(one.high, 2)})",
            )
        )
    head = (texts("twin.assumption"), texts("live.state"), texts("twin.seen"), texts("twin.ratio"))
    return html_tables.table(head, rows, dark, right=(2, 3)) if rows else ""
