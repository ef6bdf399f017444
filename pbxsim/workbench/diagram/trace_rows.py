"""A call as people read it: rows of what happened, the way on the canvas, and how it ended.

Decides how a trace is shown. Leaves a previewed call to the engine (`engine/analysis/preview.py`), one that was to
`workbench/history/call_path.py`, pages to `workbench/preview/` and `workbench/history/`. Imports no part of the web application.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import msgspec

from engine.analysis import preview
from engine.analysis.scripted_world import ANSWERS
from engine.calendar import zones
from engine.contract import causes
from engine.contract.ids import Instant
from engine.document.faults import TrialCall
from engine.document.models import HANGUP
from engine.translations import trace_ru
from pbxsim.workbench.diagram import graph
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts

_RULE = re.compile(r"\s*\((R-\d\d(?:\.\d+)?)\)")

Json = dict[str, Any]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of what happens."""

    n: int
    after_s: float
    card: str
    """The card's id; empty for the outside world."""
    kind: str
    title: str
    why: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    output: str = ""
    to: str = ""
    others: tuple[str, ...] = ()


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended."""

    cause: str
    comment: str
    """In the viewer's language; empty for a call that ended normally."""
    where: str = ""
    """Who had the call last."""
    talk_s: float = 0.0
    rule: str = ""


def lines_of(trace: preview.Trace, draft: Draft, texts: Texts) -> list[Line]:
    """A trace as rows: the number the call came in on, then each stay at an element."""
    found: list[Line] = []
    if trace.trunk is not None:
        id = f"trunk:{trace.trunk}"
        first = str(trace.steps[0].element) if trace.steps else ""
        caller = trace.caller or texts("caller_hint").partition(":")[2].strip()
        found.append(
            Line(
                n=1,
                after_s=0,
                card=id,
                kind="trunk",
                title=draft.title(id),
                why=(f"{caller} → {trace.called}",),
                rules=("R-04.9",),
                output=texts("port.to"),
                to=target(first, draft, texts),
            )
        )
    for step in trace.steps:
        id = str(step.element) if step.element else ""
        why = tuple(trace_ru.in_language(_RULE.sub("", line), texts.language) for line in step.why)
        rules = dict.fromkeys(
            [*(rule for line in step.why for rule in _RULE.findall(line)), *([step.rule] if step.rule else [])]
        )
        found.append(
            Line(
                n=len(found) + 1,
                after_s=step.after_s,
                card=id if id in draft.ids() else "",
                kind=step.kind,
                title=step.name or id or texts("outside_number").rstrip("…"),
                why=why,
                rules=tuple(rules),
                output=exit_label(draft, id, step.output, texts) if step.output else "",
                to=target(step.to, draft, texts) if step.output else "",
                others=tuple(exit_label(draft, id, other, texts) for other in step.others),
            )
        )
    return found


def overlay_of(trace: preview.Trace, lines: list[Line], draft: Draft, picture: Json) -> Json:
    """What the canvas highlights of a previewed call."""
    taken = [(f"trunk:{trace.trunk}", "to")] if trace.trunk is not None and trace.steps else []
    taken += [
        (str(element), graph.port_of(draft, str(element), output))
        for element, output, _ in trace.path
        if str(element) in draft.ids()
    ]
    answered = [] if trace.landing.user is None else [str(trace.landing.user)]
    last = next((line.card for line in reversed(lines) if line.card), "")
    return highlighted(lines, taken, [(last, who) for who in answered], picture)


def highlighted(
    lines: list[Line], taken: list[tuple[str, str]], answered: list[tuple[str, str]], picture: Json
) -> Json:
    """What the canvas highlights: numbered cards, edges and ports taken, as card and port, and who answered where, as card and
    member."""
    steps: dict[str, list[int]] = {}
    for line in lines:
        if line.card:
            steps.setdefault(line.card, []).append(line.n)
    by_port = {(edge["source"], edge["port"]): edge["id"] for edge in picture["edges"] if not edge["member"]}
    by_member = {(edge["source"], edge["target"]): edge["id"] for edge in picture["edges"] if edge["member"]}
    ports, path = [], []
    for id, port in taken:
        ports.append(f"{id}.{port}")
        if (id, port) in by_port:
            path.append(by_port[(id, port)])
    members = {}
    for id, who in answered:
        members[who] = "answered"
        if (id, who) in by_member:
            path.append(by_member[(id, who)])
            steps.setdefault(who, []).append(max(line.n for line in lines if line.card == id))
    active = next((line.card for line in reversed(lines) if line.card), None)
    return {"steps": steps, "path": path, "ports": ports, "active": active, "members": members}


def exit_label(draft: Draft, id: str, name: str, texts: Texts) -> str:
    """What people call an exit of the engine."""
    if id not in draft.ids():
        return texts.port(name)
    port = graph.port_of(draft, id, name)
    field, _, rest = port.partition(".")
    if field == "keys":
        return texts("port.key", rest)
    if field == "forwarding":
        return texts.port(name.rpartition(" ")[0])
    return texts.port(port or name)


def target(to: str, draft: Draft, texts: Texts) -> str:
    """What people call the place that an exit leads to."""
    if to == HANGUP:
        return texts("hangup")
    if to in draft.ids():
        title = draft.title(to)
        return to if title == to else f"{to} {title}"
    return to or texts("nowhere")


def instant(day: dt.date, clock: str, zone: str) -> Instant:
    """The instant of a local date and time; the earlier one where it occurs twice. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*", clock)
    if not match or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise ValueError(clock)
    second = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    found = zones.parse(zone).instants(zones.day_number(day), second)
    if not found:
        raise ValueError(clock)
    return found[0]


def first_of_january(zone: zones.Zone, today: dt.date) -> Instant:
    """Where the year begins that is looked at when nobody says which: the account's own first of January."""
    return zone.instants(zones.day_number(today.replace(month=1, day=1)), 0)[0]


def link_of(call: TrialCall, zone: zones.Zone) -> dict[str, str]:
    """A trial call as arguments of the Preview page's address."""
    made = {
        "number": call.number,
        "caller": str(call.user) if call.user is not None else call.caller,
        "keys": call.keys,
        "at": zone.local(call.at).replace(tzinfo=None).isoformat() if call.at is not None else "",
        "trunk": call.trunk or "",
        "origin": call.origin if call.origin == "direct" else "",
        "states": ",".join(f"{number}:{state}" for number, state in sorted(call.users.items())),
        "outside": call.outside if call.outside != ANSWERS else "",
        "draw": str(call.draw_seed) if call.draw_seed else "",
    }
    return {name: value for name, value in made.items() if value or name == "caller"}


def states_of(text: str) -> dict[str, str]:
    """What people do, as `link_of` writes it; anything else is left out.

    >>> states_of("101:busy,102:no_answer,nonsense")
    {'101': 'busy', '102': 'no_answer'}
    """
    return dict(re.findall(r"(?:^|,)(\d+):([a-z_]+)(?=,|$)", text))


STYLE = """
:host { font: 13px/1.4 Roboto, sans-serif; }
.steps { --on: #2563eb; --mute: #55657c; --line: #e5eaf1; --chip: #eef2f7; color: #0f172a; }
.steps.dark { --on: #60a5fa; --mute: #9fb0ca; --line: #22304a; --chip: #1e2c48; color: #e8eef9; }
table { border-collapse: collapse; width: 100%; }
td { padding: 5px 12px 5px 0; vertical-align: top; border-top: 1px solid var(--line); }
tr:first-child td { border-top: 0; }
td.n { width: 26px; }
td.n b { display: inline-block; min-width: 22px; height: 22px; border-radius: 11px; background: var(--on);
  color: #fff; font-size: 12px; line-height: 22px; text-align: center; }
.dark td.n b { color: #0b1220; }
td.t { width: 52px; color: var(--mute); font-variant-numeric: tabular-nums; white-space: nowrap; }
td.e { width: 18%; min-width: 130px; }
td.e b { font-weight: 600; }
td.e span { color: var(--mute); font-size: 12px; display: block; }
td.o { width: 26%; }
td.o i { font-style: normal; color: var(--mute); font-size: 12px; display: block; }
td.o b { font-weight: 600; color: var(--on); }
td.r { width: 112px; text-align: right; padding-right: 0; }
.rule { display: inline-block; background: var(--chip); color: var(--mute); border-radius: 6px;
  font-size: 11.5px; line-height: 19px; padding: 0 7px; margin: 0 0 3px 4px; white-space: nowrap; }
.end { margin-top: 10px; padding: 9px 12px; background: var(--chip); border-radius: 8px; font-weight: 500; }
.end .rule { background: none; }
@media (max-width: 560px) {
  tr { display: grid; grid-template-columns: 32px 48px 1fr; border-top: 1px solid var(--line); padding: 5px 0; }
  tr:first-child { border-top: 0; }
  td, td.n, td.t, td.e, td.o, td.r { width: auto; border-top: 0; padding: 1px 0; text-align: left; min-width: 0; }
  td:nth-child(n + 4) { grid-column: 2 / -1; overflow-wrap: anywhere; }
  .rule { margin: 0 4px 3px 0; }
}
"""


def steps_html(lines: list[Line], trace: preview.Trace, draft: Draft, texts: Texts, dark: bool) -> str:
    """A previewed call as a table, and how it ended."""
    landing = trace.landing
    ending = Ending(
        cause=str(landing.cause), comment=causes.comment(landing.cause, texts.language), where=_landing(landing, draft),
        talk_s=landing.talk_s, rule=landing.rule,
    )  # fmt: skip
    return table_html(lines, ending, texts, dark)


def table_html(lines: list[Line], ending: Ending, texts: Texts, dark: bool) -> str:
    """The rows as a table, and how the call ended."""
    rows = []
    for line in lines:
        others = texts("not_taken", ", ".join(line.others)) if line.others else ""
        output = f"<b>{html.escape(line.output)}</b> → {html.escape(line.to)}" if line.output else ""
        number = f" · {html.escape(line.card)}" if line.card and not line.card.startswith("trunk:") else ""
        rows.append(
            f'<tr data-card="{html.escape(line.card)}"><td class="n"><b>{line.n}</b></td>'
            f'<td class="t">{clock(line.after_s)}</td>'
            f'<td class="e"><b>{html.escape(line.title)}</b><span>{html.escape(texts.kind(line.kind))}{number}</span></td>'
            f"<td>{'<br>'.join(html.escape(why) for why in line.why)}</td>"
            f'<td class="o">{output}<i>{html.escape(others)}</i></td>'
            f'<td class="r">{"".join(f"<span class=rule>{html.escape(rule)}</span>" for rule in line.rules)}</td></tr>'
        )
    ended = texts("ended", ending.comment or texts("ended_normally"))
    talked = f" · {texts('talked', clock(ending.talk_s))}" if ending.talk_s else ""
    rule = f'<span class="rule">{html.escape(ending.rule)}</span>' if ending.rule else ""
    table = f"<table>{''.join(rows)}</table>" if rows else f"<p>{html.escape(texts('steps_none'))}</p>"
    return (
        f'<div class="steps{" dark" if dark else ""}">{table}<div class="end" data-cause="{html.escape(ending.cause)}">'
        f"{html.escape(ending.where)}{html.escape(ended)}{html.escape(talked)}{rule}</div></div>"
    )


def _landing(landing: preview.Landing, draft: Draft) -> str:
    number = landing.user if landing.user is not None else landing.box
    if number is not None:
        return f"{number} {draft.title(str(number))} · "
    return f"{landing.number} · " if landing.number else ""


def clock(seconds: float) -> str:
    """Minutes and seconds: `1:05`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
