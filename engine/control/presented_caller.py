"""The caller's number that an outside leg tells its carrier (R-04.12).

Decides, first that is set and allowed: the rule's number, the user's, the trunk's own; for a forwarded call the trunk's, or the
first caller's where the trunk says so. An internal number never leaves, whatever else holds. Leaves the settings to
`state/caller_numbers.py`, the header fields to the live bridge.

    whose call                                  number told
    a user dials                                rule's `caller_number`, user's `outside_number`, trunk's own
    forwarded, transferred, a group's member    trunk's own; with `forward_caller: original` that of the caller a trunk brought
    a caller who is called back (R-08.19)       the number they dialled
    a visitor of a website, their managers      trunk's own
    an emergency number                         as a user's own call, never withheld
"""

from __future__ import annotations

import re
from typing import Final

from engine.numbers import phone_numbers
from engine.state.call import Call
from engine.state.caller_numbers import CarrierManner, Presented, Reason
from engine.state.outgoing import Route

RULE: Final = "R-04.12"

_DIGITS: Final = re.compile(r"\d+")

_REASONS: Final[dict[str, Reason]] = {"no_answer": "no_answer", "busy": "busy", "unreachable": "unreachable"}
"""What a carrier is told of the condition under which a user's list was gone down; anything else was unconditional."""


def presented(call: Call, trunk: str, route: Route, originator: int | None, because: str) -> Presented:
    """What the leg of `route` through `trunk` tells of the caller; `because` is the condition under which it was forwarded."""
    numbers = call.flow.callers
    manner = numbers.manners[trunk]
    own = call.user is not None and call.user == originator
    forwarded = not own and (call.user is not None or call.trunk is not None or call.deputy is not None)
    if call.released:
        came = numbers.manners.get(call.trunk) if call.trunk is not None else None
        if came is None:
            return _told(manner, manner.number, "the trunk's own number")
        return _told(manner, came.number, "the number that was called")
    if forwarded and not route.emergency:
        if manner.original and call.trunk is not None:
            return _of_first_caller(call, manner, numbers.manners.get(call.trunk), because)
        return _told(manner, manner.number, "the trunk's own number, for a forwarded call", withheld=route.anonymous)
    withheld = not route.emergency and (route.anonymous or (own and originator in numbers.anonymous))
    number, text = manner.number, "the trunk's own number"
    of_user = numbers.of_users.get(call.user) if call.user is not None else None
    if route.caller_number is not None and numbers.may_present(route.caller_number, trunk):
        number, text = route.caller_number, "the rule's number"
    elif of_user is not None and numbers.may_present(of_user, trunk):
        number, text = of_user, f"the number of user {call.user}"
    return _told(manner, number, text, _name(call) if own else "", withheld)


def called(call: Call, trunk: str, route: Route) -> str:
    """The number that is called as the carrier of `trunk` wants it (R-04.11); an emergency number is sent as it is."""
    return (
        route.number
        if route.emergency
        else phone_numbers.in_carriers_form(route.number, call.flow.callers.manners[trunk].called_form)
    )


def _of_first_caller(call: Call, manner: CarrierManner, came: CarrierManner | None, because: str) -> Presented:
    """A forwarded call in the name of who called first; a number that reads as an internal one is none."""
    number = "" if phone_numbers.is_internal(call.caller.removeprefix("+")) else call.caller
    at = came if came is not None else manner
    told = _told(manner, number, "the first caller's number", _name(call), withheld=not number)
    return Presented(
        number=told.number,
        name=told.name,
        withheld=told.withheld,
        forwarded_from=phone_numbers.in_carriers_form(at.number, manner.caller_form),
        because=_REASONS.get(because, "unconditional"),
        text=told.text,
    )


def _told(manner: CarrierManner, number: str, text: str, name: str = "", withheld: bool = False) -> Presented:
    return Presented(
        number=phone_numbers.in_carriers_form(number, manner.caller_form),
        name="" if withheld else name,
        withheld=withheld,
        text=text,
    )


def _name(call: Call) -> str:
    """The caller's name, but for one that tells an internal number of ours: `Anna 101`."""
    if any(call.flow.internal(digits) is not None for digits in _DIGITS.findall(call.caller_name)):
        return ""
    return call.caller_name
