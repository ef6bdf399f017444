"""What a code does that a user dials (R-15.11): takes a ringing or a parked call, or changes how the user is reached.

Decides which ringing call is meant: the one that has rung longest. Leaves the codes to `state/service_codes.py`, joining to
`transfers.py`, slots to `elements/services.py`. A code that finds nothing ends its call with NO_ROUTE_DESTINATION.

    code            does
    group_pickup    takes the call that rings in a group the user is a member of
    pickup 102      takes the call that rings at user 102, whoever rings there: group, queue or caller
    park 1          takes the call in slot 1; a transfer to it parks a call there
    disturb_off/on  no calls, calls again (R-06.11)
    voicemail       leads to the user's own mailbox (R-09.6)
    forward 8916…   the user's own calls go there, before the list of R-06.8; `forward_off` ends it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Instant
from engine.control import transfers
from engine.numbers import phone_numbers
from engine.state.call import Call
from engine.state.element import Exit
from engine.state.leg import RINGING, Leg
from engine.state.service_codes import Dialled

if TYPE_CHECKING:
    from engine.control.call_flow import CallFlow

RULE = "R-15.11"


def dial(engine: CallFlow, at: Instant, call: Call, code: Dialled) -> None:
    """The user of `call` dialled a code."""
    taken: Call | None = None
    leg: Leg | None = None
    done = True
    if code.service == "group_pickup":
        leg = _ringing(engine, call, None)
    elif code.service == "pickup":
        leg = _ringing(engine, call, int(code.argument))
    elif code.service == "park":
        taken = engine.parking.slots.get(code.argument)
    elif code.service != "voicemail":
        done = _change(engine, at, call, code)
    if code.service in ("group_pickup", "pickup", "park"):
        taken = leg.call if leg is not None else taken
        done = taken is not None
    if engine.out.wants_notes:
        engine.out.note(
            note.ServiceUsed(
                call=call.id, user=call.user or 0, service=code.service, argument=code.argument, done=done,
                other=taken.id if taken is not None else "",
            )
        )  # fmt: skip
    if not done:
        engine.end(at, call, Cause.NO_ROUTE_DESTINATION, Party.FLOW, RULE, False)
    elif taken is not None:
        transfers.take(engine, at, call, taken)
    else:
        exit_ = Exit("code", code.service, RULE)
        exit_.target = engine.mailbox if code.service == "voicemail" else engine.confirmation
        engine.follow(at, call, exit_)


def _ringing(engine: CallFlow, call: Call, user: int | None) -> Leg | None:
    """The leg that has rung longest at `user`, or with None in the groups of whoever dials; None if nothing rings."""
    found: Leg | None = None
    for other in engine.tenant.calls.values():
        if other is call or other.over or other.released or other.talking is not None:
            continue
        if user is None and not _in_own_group(other, call):
            continue
        for leg in other.live_legs:
            at_user = leg.user is not None and (user is None or leg.user.number == user)
            if at_user and leg.state == RINGING and (found is None or leg.placed_at < found.placed_at):
                found = leg
    return found


def _in_own_group(other: Call, call: Call) -> bool:
    """Whether a call is at a group that the user of `call` is a member of."""
    element = other.element
    return element is not None and element.kind == "group" and str(call.user) in element.members()


def _change(engine: CallFlow, at: Instant, call: Call, code: Dialled) -> bool:
    """Change how the user is reached; whether that may be."""
    assert call.user is not None
    user = engine.tenant.users[call.user]
    if code.service in ("disturb_off", "disturb_on"):
        engine.do_not_disturb(at, user, code.service == "disturb_off")
        return True
    if code.service == "forward_off":
        engine.forward(at, user, "")
        return True
    settings = call.flow.head.users.get(call.user)
    number = phone_numbers.cleaned(code.argument) or ""
    inside = phone_numbers.is_internal(number)
    known = call.flow.internal(number) is not None if inside else bool(number)
    if settings is None or not settings.phone_forwarding or not known or number == str(call.user):
        return False
    engine.forward(at, user, number)
    return True
