"""What members, accounts and trunks do beside calls in a rehearsal, as the engine's events.

Decides which event an act of the plan is. Leaves a phone that registers or goes to the conductor, as that is SIP.
"""

from __future__ import annotations

from engine.contract import events as ev
from engine.records.rehearsal import Act


def event_of(act: Act) -> ev.Event | None:
    """The event that an act is for the engine; None when a phone registers or goes (`act.what`).

    >>> event_of(Act(at=0, what="pauses", user=101, queue=5300, reason="lunch"))
    MemberPaused(user=101, queue=5300, reason='lunch')
    """
    match act.what:
        case "registers" | "unregisters":
            return None
        case "signs_in":
            return ev.MemberSignedIn(user=act.user, queue=act.queue)
        case "signs_out":
            return ev.MemberSignedOut(user=act.user, queue=act.queue)
        case "pauses":
            return ev.MemberPaused(user=act.user, queue=act.queue, reason=act.reason)
        case "resumes":
            return ev.MemberUnpaused(user=act.user, queue=act.queue)
        case "dnd_on" | "dnd_off":
            return ev.DoNotDisturbSet(user=act.user, on=act.what == "dnd_on")
        case "account":
            return ev.AccountChanged(state=act.reason)  # type: ignore[arg-type]  # of the plan
        case "trunk" if act.reason == "unpaid":
            return ev.TrunkUnpaid(trunk=act.trunk)
        case "trunk" if act.reason == "paid":
            return ev.TrunkPaid(trunk=act.trunk)
        case "trunk":
            return ev.TrunkStateChanged(trunk=act.trunk, state=act.reason)  # type: ignore[arg-type]  # of the plan
