"""Why a number goes out as it does, as notes: the outgoing rule that decided, and the caller's number that is told.

Decides the sentences; `translations/trace_ru.py` has them in Russian. Leaves deciding to `state/outgoing.py` and
`presented_caller.py`.
"""

from __future__ import annotations

from engine.contract import notes as note
from engine.state.call import Call
from engine.state.leg import Leg
from engine.state.outgoing import Route


def decision(call: Call, number: str, route: Route) -> note.DecisionMade:
    """Which outgoing rule decided, and what is sent."""
    if route.cause is not None and route.name:
        text = f"{number}: {route.name} ends it with {route.cause}"
    elif route.rule == "R-14.11":
        text = f"{number} is no number that could be dialled"
    elif route.rule == "R-14.1":
        text = f"{number}: no outgoing rule fits, and there is no default number"
    elif route.rule == "R-03.16":
        text = f"{number}: no outgoing rule fits, and nothing goes out through the default number"
    elif route.inside is not None:
        text = f"{number} is an internal number"
    elif route.emergency:
        text = f"{number}: an emergency number passes by all rules and goes out through {route.trunk}"
    elif route.rule == "R-04.7":
        text = f"{number}: no rule of {route.trunk} fits; it goes out through the number it came in on"
    elif route.name:
        text = f"{number}: {route.name} sends {route.number} through {route.trunk}"
    else:
        text = f"{number}: no outgoing rule fits; it goes out as {route.number} through {route.trunk}"
    return note.DecisionMade(
        call=call.id,
        element=call.element.number if call.element else 0,
        rule=route.rule,
        output=route.trunk or "refused",
        text=text,
    )


def presentation(leg: Leg) -> note.CallerPresented:
    """What an outside leg tells its carrier of the caller."""
    told = leg.presented
    assert told is not None
    return note.CallerPresented(
        call=leg.call.id,
        leg=leg.id,
        trunk=leg.trunk or "",
        number=told.number,
        withheld=told.withheld,
        forwarded_from=told.forwarded_from,
        because=told.because,
        text=told.text,
    )
