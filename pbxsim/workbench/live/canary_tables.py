"""A canary beside the live version, as tables of words: figures with intervals, what they say, what is to follow (R-25.9).

Decides rows and words; imports no part of Panel. Leaves figures and decisions to the bridge (`/api/versions/canary`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from engine.contract.ids import SECOND_US
from pbxsim.results.html import Raw
from pbxsim.workbench.live import tables
from pbxsim.workbench.live.rows import person
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts

FIGURES = ("service_level", "wait", "abandonment", "failed")
"""In the order in which people read them."""

WORSE, WELL, OPEN = "#dc2626", "#16a34a", "#94a3b8"

Report = Mapping[str, Any]
"""What the bridge says of a canary, or of how the last one ended."""


def title(now: Report, texts: Texts) -> str:
    """Which version takes how many of which calls."""
    return texts("canary.title", called(now), tables.percent(now["share"], texts))


def called(found: Report, prefix: str = "") -> str:
    """A version of a report: `v7 autumn`; the beginning of its digest when it has no number."""
    number = found.get(f"{prefix}number")
    if number is None:
        return str(found["live" if prefix else "flow"])[: tables.SHORT]
    return f"v{number} {found.get(f'{prefix}name', '')}".strip()


def figures(now: Report, texts: Texts, dark: bool) -> str:
    """Both versions side by side: each figure with its interval and calls, how far they are apart, what that says."""
    if not now["figures"]:
        return tables.quiet(texts("canary.no_figures"), dark)
    rows = [
        (
            texts(f"canary.{name}", _seconds(now["within_s"], texts)),
            _figure(name, row["canary"], texts, dark),
            _figure(name, row["live"], texts, dark),
            _apart(name, row, texts),
            _says(row, texts),
        )
        for name in FIGURES
        if (row := now["figures"].get(name)) is not None
    ]
    sides = (f"{texts(f'live.state.{place}')}: {name}" for place, name in zip(PLACES, names(now), strict=True))
    head = (texts("canary.figure"), *sides, texts("canary.worse_by"), texts("canary.says"))
    return html_tables.table(head, rows, dark, right=(1, 2, 3))


PLACES = ("canary", "live")


def names(now: Report) -> tuple[str, str]:
    """Both versions, the one on trial first."""
    return called(now), called(now, "live_")


def _figure(name: str, mean: Report, texts: Texts, dark: bool) -> Raw:
    calls = html.escape(texts("canary.calls", mean["calls"]))
    mute = f"color:{'#9fb0ca' if dark else '#55657c'}"
    if mean["value"] is None:
        return Raw(f'–<br><span style="{mute}">{calls}</span>')
    value = html.escape(_said(name, mean["value"], texts))
    ends = "" if mean["interval"] is None else f"{_span(name, mean['interval'], texts)}, "
    return Raw(f'{value}<br><span style="{mute}">{html.escape(ends)}{calls}</span>')


def _apart(name: str, row: Report, texts: Texts) -> str:
    """How much worse the canary is, as an interval; in the figure's own unit, points for shares."""
    return "–" if row["worse_by"] is None else _span(name, row["worse_by"], texts, points=True, sign=True)


def _says(row: Report, texts: Texts) -> Raw:
    if row["alarm"]:
        return html_tables.swatch(WORSE, texts("canary.worse"))
    if row["worse_by"] is None:
        return html_tables.swatch(OPEN, texts("canary.too_few"))
    return html_tables.swatch(WELL, texts("canary.not_worse"))


def _said(name: str, value: float, texts: Texts) -> str:
    return _seconds(value, texts) if name == "wait" else texts("percent", texts.number(value * 100))


def _span(name: str, ends: tuple[float, float], texts: Texts, points: bool = False, sign: bool = False) -> str:
    unit = 1.0 if name == "wait" else 100.0
    low, high = (("+" if sign and end >= 0 else "") + texts.number(end * unit).replace("-", "−") for end in ends)
    key = "seconds" if name == "wait" else "canary.points" if points else "percent"
    return texts(key, f"{low} … {high}")


def _seconds(value: float, texts: Texts) -> str:
    return texts("seconds", texts.brief(value))


def decision(now: Report, texts: Texts) -> tuple[str, str]:
    """What holds now, in a sentence, and how serious it is."""
    if any(row["alarm"] for row in now["figures"].values()):
        return texts("canary.is_worse_automatic" if now["automatic"] else "canary.is_worse_by_hand"), "error"
    if not now["figures"]:
        return texts("canary.no_figures"), "info"
    return texts("canary.holds_automatic" if now["automatic"] else "canary.holds_by_hand"), "info"


def facts(now: Report, zone: Any, texts: Texts, dark: bool) -> str:
    """Who began it when, which calls it may take, its fixed targets, and what its plan is."""
    began = texts.moment(zone.local(now["begun_at"]))
    rows = [(texts("canary.begun"), f"{began}, {person(now['by'])}" if now.get("by") else began)]
    narrowed = [
        *(texts("canary.to", number) for number in now.get("numbers", ())),
        *(texts("canary.by_trunk", trunk) for trunk in now.get("trunks", ())),
        *(texts("canary.from", caller) for caller in now.get("callers", ())),
        *(texts(f"canary.{end}", texts.moment(zone.local(now[end]))) for end in ("since", "until") if now.get(end)),
    ]
    if narrowed:
        rows.append((texts("canary.only"), ", ".join(narrowed)))
    for figure, target in now.get("targets", {}).items():
        name = texts(f"canary.{figure}", _seconds(now["within_s"], texts))
        key = "canary.at_least" if figure == "service_level" else "canary.at_most"
        rows.append((name, texts(key, texts("percent", texts.brief(target * 100)))))
    if now.get("plan"):
        rows.append((texts("canary.plan"), plan(now["plan"], texts)))
    return html_tables.facts(rows, dark)


def plan(found: Report, texts: Texts) -> str:
    """The shares to come, and what each waits for."""
    if not found["shares"]:
        return texts("canary.plan_over")
    shares = " → ".join(tables.percent(share, texts) for share in found["shares"])
    each = tables.lasting(0, round(found.get("each_s", 1800.0) * SECOND_US))
    said = texts("canary.plan_says", shares, each, found.get("least_calls", 200))
    return f"{said} {texts('canary.plan_rests')}" if found.get("paused") else said


def ended(found: Report, zone: Any, texts: Texts) -> tuple[str, str]:
    """How the last canary ended that ended by itself, and how serious that is."""
    at = texts.moment(zone.local(found["at"]))
    bad = found["outcome"] == "rolled_back"
    key = "canary.rolled_back" if bad else "canary.became_live"
    return texts(key, called(found), at, found["reason"]), "warning" if bad else "success"
