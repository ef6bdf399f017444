"""What caller, PBX and every leg told each other, drawn as a ladder: a column a party, an arrow a message (R-24.1).

Decides the drawing and the words of people beside those of programs. Leaves what was said to the bridge. Imports no part of the
web application.
"""

from __future__ import annotations

import html
import re
from typing import Any

from engine.contract import causes
from engine.contract.causes import Cause
from engine.numbers.digits import is_digits
from pbxsim.workbench.shell.texts import TEXTS, Texts

CALLER, PBX = "caller", "PBX"
COLUMN, ROW, TIME, HEAD, SIDE = 260, 34, 56, 34, 40
"""Pixels: between two parties at least, between two messages, for the seconds on the left, for the names above, beside the
first party."""
WIDEST, LETTER = 420, 6.6
"""Pixels: between two parties at most, for a letter of what one told the other."""

STYLE = """
:host { font: 13px/1.4 Roboto, sans-serif; }
.ladder { --ink: #0f172a; --mute: #55657c; --line: #c3cede; --on: #2563eb; color: var(--ink); overflow-x: auto; }
.ladder.dark { --ink: #e8eef9; --mute: #9fb0ca; --line: #3a4c6e; --on: #60a5fa; }
svg { display: block; }
.ladder { --paper: #fff; }
.ladder.dark { --paper: #111a2c; }
text { fill: var(--ink); font-size: 12px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
text.party { font-weight: 600; text-anchor: middle; }
text.at { fill: var(--mute); font-variant-numeric: tabular-nums; font-size: 11.5px; }
text.note { fill: var(--mute); }
line.life { stroke: var(--line); stroke-width: 1.5; }
line.said { stroke: var(--on); stroke-width: 1.5; }
path { fill: var(--on); }
circle { fill: var(--mute); }
p { margin: 0; color: var(--mute); }
"""


def drawn(rungs: list[dict[str, Any]], texts: Texts, dark: bool) -> str:
    """The ladder as HTML with one SVG in it, that a screen reader hears as a list of messages."""
    theme = " dark" if dark else ""
    if not rungs:
        return f'<div class="ladder{theme}"><p>{html.escape(texts("history.no_ladder"))}</p></div>'
    parties = list(
        dict.fromkeys([CALLER, PBX, *(party for rung in rungs for party in (rung["source"], rung["target"]))])
    )
    longest = max((len(words(rung, texts)) for rung in rungs if rung["source"] != rung["target"]), default=0)
    column = min(WIDEST, max(COLUMN, round(longest * LETTER) + 24))
    middle = {party: TIME + SIDE + column * place for place, party in enumerate(parties)}
    width, height = TIME + SIDE + column * len(parties), HEAD + ROW * len(rungs) + 8
    parts = [f'<text class="at" x="0" y="18">{html.escape(texts("history.ladder_unit"))}</text>']
    parts += [
        f'<text class="party" x="{x}" y="18">{html.escape(_party(party, texts))}</text>'
        f'<line class="life" x1="{x}" x2="{x}" y1="{HEAD - 8}" y2="{height}"/>'
        for party, x in middle.items()
    ]
    for place, rung in enumerate(rungs):
        y = HEAD + ROW * place + ROW // 2 + 6
        after, said = texts.number(rung["after"], 3), html.escape(words(rung, texts))
        parts.append(
            f'<text class="at" x="0" y="{y}">{after if texts.language == "en" else after.replace(".", ",")}</text>'
        )
        here, there = middle[rung["source"]], middle[rung["target"]]
        title = f"<title>{html.escape(rung['text'])}</title>"
        if here == there:
            parts.append(
                f'<g>{title}<circle cx="{here}" cy="{y - 4}" r="3"/><text class="note" x="{here + 9}" y="{y}">{said}</text></g>'
            )
            continue
        tip = f"M{there} {y} l{8 if there < here else -8} -4 v8 z"
        left = min(here, there) + 10
        parts.append(
            f'<g>{title}<line class="said" x1="{here}" x2="{there}" y1="{y}" y2="{y}"/><path d="{tip}"/>'
            f'<text x="{left}" y="{y - 5}">{said}</text></g>'
        )
    label = html.escape(texts("history.ladder"))
    return (
        f'<div class="ladder{theme}" tabindex="0" role="region" aria-label="{label}">'
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg></div>"
    )


def words(rung: dict[str, Any], texts: Texts) -> str:
    """A message as people read it, with what it names.

    >>> words({"name": "LegAnswered", "text": "LegAnswered"}, Texts("ru"))
    'ответил'
    >>> words({"name": "CallArrived", "text": "CallArrived called=5200 caller=101"}, Texts())
    'calls · to 5200, from 101'
    >>> words({"name": "CallArrived", "text": "CallArrived called=5200 caller= trunk=moscow draw_seed=7"}, Texts("ru"))
    'звонит · на 5200, линия moscow'
    >>> words({"name": "CancelLeg", "text": "CancelLeg reason=answered_elsewhere"}, Texts("ru"))
    'отменить вызов · ответил другой'
    >>> words({"name": "LegFailed", "text": "LegFailed cause=USER_BUSY contacts=()"}, Texts("ru"))
    'не ответил · Абонент занят'
    >>> words({"name": "CallEnded", "text": "ended: USER_BUSY by member"}, Texts("ru"))
    'звонок окончен · Абонент занят, участник'
    """
    name, text = str(rung["name"]), str(rung["text"])
    if f"rung.{name}" not in TEXTS:
        return text
    rest = text.removeprefix(name).strip()
    if name in _SAID_WHOLE:
        rest = ""
    elif name == "CallStarted":
        rest = text.removeprefix("version ")
    elif name == "ElementEntered":
        kind, _, number = text.rpartition(" ")
        rest = f"{texts.kind(kind)} {number}"
    elif name == "CallEnded":
        cause, _, party = text.removeprefix("ended: ").partition(" by ")
        why = causes.comment(Cause(cause), texts.language) if cause in Cause.__members__ else ""
        rest = ", ".join(part for part in (why, texts(f"history.party.{party}")) if part)
    else:
        told = (_told(field, value, texts) for field, value in _PAIR.findall(rest))
        rest = ", ".join(part for part in (_PAIR.sub("", rest).strip(), *told) if part)
    return " · ".join(part for part in (texts(f"rung.{name}"), rest) if part)


_SAID_WHOLE = frozenset({"Bridge", "PlaceLeg", "StartRecording"})
"""Messages whose columns say all that people ask for."""
_PAIR = re.compile(r"(\w+)=(.*?)(?=\s+\w+=|$)")
_FOR_PROGRAMS = frozenset(
    {"play", "recording", "request", "message", "draw_seed", "body", "contacts", "format", "origin", "element"}
)
"""What a message carries for programs alone."""


def _told(name: str, value: str, texts: Texts) -> str:
    """One field of a message as people say it; empty for one that tells them nothing."""
    if not value or name in _FOR_PROGRAMS:
        return ""
    if name == "cause":
        return causes.comment(Cause(value), texts.language) if value in Cause.__members__ else value
    if name == "reason":
        return texts(f"rung.reason.{value}") if f"rung.reason.{value}" in TEXTS else value
    if name.endswith("_us") and is_digits(value):
        name, value = name.removesuffix("_us"), texts("seconds", texts.brief(int(value) / 1e6))
    return texts(f"rung.field.{name}", value) if f"rung.field.{name}" in TEXTS else f"{name} {value}"


def _party(party: str, texts: Texts) -> str:
    return texts(f"history.party.{party}") if party in (CALLER, PBX) else party
