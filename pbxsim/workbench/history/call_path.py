"""A call that was, on the canvas of its own version: what happened at each element, by which rule, and the way it went (R-25.6).

Decides how a record of the history becomes rows and a lit path. Leaves the record to the bridge, how rows look to
`diagram/trace_rows.py`. Imports no part of the web application.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from pbxsim.workbench.diagram import graph, trace_rows
from pbxsim.workbench.diagram.trace_rows import Ending, Json, Line
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts

CAME_IN = ("inbound", "missed")


def lines_of(call: dict[str, Any], draft: Draft, texts: Texts) -> list[Line]:
    """The number that the call came in on, then each stay at an element."""
    found: list[Line] = []
    visits = call["events"]
    trunk = f"trunk:{call['gateway']}"
    if call["accountcode"] in CAME_IN and trunk in draft.ids():
        first = str(visits[0]["element"]) if visits else ""
        caller = call["caller_id_number"] or texts("live.anonymous")
        found.append(
            Line(
                n=1, after_s=0, card=trunk, kind="trunk", title=draft.title(trunk),
                why=(f"{caller} → {call['destination_number']}",), rules=("R-04.9",), output=texts("port.to"),
                to=trace_rows.target(first, draft, texts),
            )
        )  # fmt: skip
    for visit in visits:
        id = str(visit["element"]) if visit["element"] else ""
        output = visit["output"]
        found.append(
            Line(
                n=len(found) + 1, after_s=_between(call["start_stamp"], visit["enter"]), card=id if id in draft.ids() else "",
                kind=visit["kind"], title=draft.title(id) if id in draft.ids() else id or texts("history.outside"),
                why=tuple(_why(visit, draft, texts)), rules=(visit["rule"],) if visit["rule"] else (),
                output=trace_rows.exit_label(draft, id, output, texts) if output else "",
                to=trace_rows.target(visit["to"], draft, texts) if output else "",
            )
        )  # fmt: skip
    return found


def overlay_of(call: dict[str, Any], lines: list[Line], draft: Draft, picture: Json) -> Json:
    """What the canvas highlights."""
    known, visits = draft.ids(), call["events"]
    taken = [(line.card, "to") for line in lines[:1] if line.kind == "trunk" and visits]
    taken += [
        (str(visit["element"]), graph.port_of(draft, str(visit["element"]), visit["output"]))
        for visit in visits
        if visit["output"] and str(visit["element"]) in known
    ]
    answered = [
        (str(visit["element"]), visit["answered_by"])
        for visit in visits
        if visit["answered_by"] in known and str(visit["element"]) in known
    ]
    return trace_rows.highlighted(lines, taken, answered, picture)


def ending_of(call: dict[str, Any], draft: Draft | None, texts: Texts) -> Ending:
    """How it ended, and who talked with the caller last."""
    last = next((visit["answered_by"] for visit in reversed(call["events"]) if visit["answered_by"]), "")
    return Ending(
        cause=call["hangup_cause"], comment=call["comment"], where=f"{_who(last, draft)} · " if last else "",
        talk_s=call["user_talk_time"], rule=call["rule"],
    )  # fmt: skip


def _why(visit: dict[str, Any], draft: Draft, texts: Texts) -> list[str]:
    if visit["answer"] is not None:
        waited = trace_rows.clock(_between(visit["enter"], visit["answer"]))
        talked = "" if visit["leave"] is None else trace_rows.clock(_between(visit["answer"], visit["leave"]))
        return [
            texts("history.answered_after", _who(visit["answered_by"], draft), waited),
            texts("history.talked", talked),
        ]
    if visit["leave"] is None:
        return []
    stayed = _between(visit["enter"], visit["leave"])
    return [texts("history.stayed", trace_rows.clock(stayed))] if stayed >= 1 else []


def _who(number: str, draft: Draft | None) -> str:
    if draft is None or number not in draft.ids():
        return number
    title = draft.title(number)
    return number if title == number else f"{number} {title}"


def _between(start: str, end: str) -> float:
    """Seconds between two stamps.

    >>> _between("2026-11-23T09:30:00.000+03:00", "2026-11-23T09:31:10.500+03:00")
    70.5
    """
    return (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds()
