"""The one leg that rings for a call at an element, given up when the call goes on.

Decides what becomes of the leg and its deadline. Leaves ringing it, and where the call goes, to the elements: `user.py`,
`outside.py`, `contact_manager.py`. Groups and queues ring several and have their own.
"""

from __future__ import annotations

from engine.state.actions import Actions
from engine.state.call import Call, Visit
from engine.state.leg import RINGING, Leg


def give_up(call: Call, actions: Actions, visit: Visit, leg: Leg | None) -> None:
    """The visit is over: its deadline is void, and a leg that still rings is cancelled (RFC 3261 section 9.1).

    A leg that has answered or failed is left as it is.
    """
    actions.cancel_timer(visit.timer)
    if leg is not None and leg.state == RINGING:
        actions.cancel_leg(leg, "caller_left" if call.over else "timeout")
