"""The list of calls: a row a call, which opens it. Decides columns and words, and how a choice reaches the page."""

from __future__ import annotations

import datetime as dt
import functools
import html
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from pbxsim.results.html import Raw
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.live import tables
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts

GOOD, MISSED, OTHER = "#16a34a", "#dc2626", "#94a3b8"

STYLE = """
button { font: inherit; color: var(--link); background: none; border: 0; padding: 0; cursor: pointer; text-align: left;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
tbody tr { cursor: pointer; }
tbody tr:hover { background: rgb(148 163 184 / .12); }
.under { color: var(--mute); font-size: 12px; }
@media (max-width: 560px) {
  .wide td .key { display: inline-flex; }
  .wide td.right:empty { display: none; }
}
@media (max-width: 560px) { button { padding: 3px 0; font-weight: 600; } }
"""

EXPORT_STYLE = html_tables.STYLE + ".wb { overflow: visible; }"


class CallList(JSComponent):
    """Shows the rows and tells which one is chosen."""

    rows: Any = param.Dict(
        default={"drawn": 0, "html": ""},
        doc="The table as HTML, in which what opens a call carries its id as data-call, and its number: changes may reach the "
        "browser in another order than they were made in, and an older table never stands after a newer one.",
    )

    _esm: ClassVar[Any] = """
export function render({ model, el }) {
  const box = document.createElement("div");
  let drawn = -1;
  const show = () => {
    if (model.rows.drawn < drawn) return;
    drawn = model.rows.drawn;
    box.innerHTML = model.rows.html;
  };
  box.addEventListener("click", event => {
    const chosen = event.target.closest("tr")?.querySelector("[data-call]");
    if (chosen) model.send_msg({ call: chosen.dataset.call });
  });
  model.on("rows", show);
  show();
  el.append(box);
}
"""
    _stylesheets: ClassVar[list[Any]] = [html_tables.STYLE + STYLE]

    def __init__(self, chosen: Callable[[str], Coroutine[Any, Any, None]], **params: Any) -> None:
        self._chosen = chosen
        super().__init__(**params)

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        pn.state.execute(functools.partial(self._chosen, str(msg.get("call", ""))))


def rows(calls: list[dict[str, Any]], texts: Texts, dark: bool) -> str:
    """The calls as a table, the latest first."""
    if not calls:
        return tables.quiet(texts("history.none"), dark)
    head = tuple(texts(f"history.{name}") for name in ("when", "from", "to")) + (
        texts("history.outcome").lower(),
        texts("history.talk"),
        texts("history.version").lower(),
    )
    made = []
    for call in calls:
        at = dt.datetime.fromisoformat(call["start_stamp"])
        opens = (
            f'<button type="button" data-call="{html.escape(call["uuid"])}">{html.escape(texts.date(at.date()))} '
            f"{at:%H:%M:%S}</button>"
        )
        talk = trace_rows.clock(call["user_talk_time"]) if call["user_talk_time"] else ""
        made.append(
            (
                Raw(opens),
                _caller(call, texts),
                call["destination_number"],
                outcome(call, texts),
                talk,
                version(call),
            )
        )
    return html_tables.table(head, made, dark, right=(4,), whole=(0, 2))


def outcome(call: dict[str, Any], texts: Texts) -> Raw:
    """Direction, who talked with the caller, or why nobody did."""
    talked = bool(call["user_talk_time"])
    direction = "inbound" if call["accountcode"] == "missed" else call["accountcode"]
    by = next((visit["answered_by"] for visit in reversed(call["events"]) if visit["answered_by"]), "")
    said = (
        texts("history.answered_by", by)
        if talked and by
        else texts("history.answered" if talked else "history.unanswered")
    )
    words = [texts(f"history.direction.{direction}"), said]
    if call["comment"]:
        words.append(call["comment"])
    color = GOOD if talked else MISSED if call["accountcode"] == "missed" else OTHER
    return html_tables.swatch(color, ", ".join(words))


def version(call: dict[str, Any]) -> str:
    """The version that a call ran on, as people call it (R-25.6)."""
    if call["version"] is None:
        return str(call["flow"][: tables.SHORT])
    return f"v{call['version']} {call['version_name']}".strip()


def _caller(call: dict[str, Any], texts: Texts) -> Raw:
    number = html.escape(call["caller_id_number"] or texts("live.anonymous"))
    name = call["caller_id_name"]
    under = f'<div class="under">{html.escape(name)}</div>' if name and name != call["caller_id_number"] else ""
    return Raw(f"{number}{under}")


def export_link(address: str, texts: Texts, dark: bool) -> str:
    """Where all calls that were found come as a file."""
    return (
        f'<div class="wb{" dark" if dark else ""}"><a href="{html.escape(address)}" download="history.csv" '
        f'title="{html.escape(texts("history.export_help"))}">{html.escape(texts("history.export"))}</a></div>'
    )
