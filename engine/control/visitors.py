"""Callbacks that visitors of websites ask for (R-17): somebody of the PBX answers first, then the visitor is called.

Decides whether a request becomes a call, who is rung, when the visitor is, and whether it ends as a lead. For both modes:

    direct   managers one after another, each by their own rules (R-06.15) and at most 30 s, three in all
    logic    the call is at the chosen element as if the visitor had called; what only speaks to callers is passed by
    both     whoever answers hears music while the visitor rings, 45 s; then the two talk and the visitor is like any caller

Until the visitor answers the call is `released`, as one that waits for a callback in a queue: nobody is on the line to hear.
From then on the visitor's leg is its deputy (`transfers.py`), so that transfers, hold and hang-up are what they are for others.
A manager who hangs up while the visitor rings ends the call; so does a visitor who does not answer. Leaves settings to
`state/widgets.py`, how often one may ask to `callback_limits.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import Duration, Instant
from engine.document.models import HANGUP
from engine.numbers.phone_numbers import is_internal
from engine.state import timers as tm
from engine.state import widgets
from engine.state.call import Call, Visit, Visitor
from engine.state.element import Element, Ending, Exit, Step
from engine.state.leg import Leg
from engine.state.member import UserState
from engine.state.widgets import WidgetRoutes

if TYPE_CHECKING:
    from engine.state.flow import Flow
    from engine.state.sink import Sink
    from engine.state.timers import Timer, Timers

RULE: Final = widgets.RULE

OUTSIDE_MANAGER: Final = 0
"""Stands for an outside number among managers and those who answered."""


class Books(Protocol):
    """What is needed of a tenant here, whose books `tenant.py` keeps."""

    out: Sink
    timers: Timers

    def user(self, number: int) -> UserState | None: ...
    def override_of(self, number: int) -> tuple[str, Instant | None] | None: ...
    def cancel_timer(self, timer: Timer | None) -> None: ...
    def connect(self, at: Instant, call: Call, leg: Leg, element: Element, wait_us: Duration, rule: str) -> None: ...
    def ring_outside(
        self, at: Instant, call: Call, number: str, ring_us: Duration, visit: Visit, originator: int | None
    ) -> Leg | tuple[Cause, str]: ...
    def send_message(self, call: Call, kind: str, recipients: tuple[str, ...], **fields: Any) -> None: ...


def begin(tenant: Books, at: Instant, call: Call) -> Step:
    """A visitor asked to be called: refuse it, keep it as a lead, or ring the first who may take it."""
    visitor = call.visitor
    assert visitor is not None
    routes = call.flow.widgets.get(visitor.widget)
    call.released = True
    if routes is None:
        return Ending(Cause.UNALLOCATED_NUMBER, "R-17.1")
    if not routes.allows(call.caller):
        return Ending(Cause.OUTGOING_CALL_BARRED, "R-17.5")
    call.caller = widgets.dialled(call.caller)
    call.caller_name = routes.site
    visitor.allowed = True
    if not offer(tenant, call.flow, routes, visitor.page, at).calls:
        return Ending(Cause.NO_ANSWER, "R-17.2")
    visitor.ways = exits(call.flow, routes, visitor.page)
    return Ending(Cause.NO_ROUTE_DESTINATION, "R-02.11")  # nobody was tried yet: `instead` begins


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a widget offers on a page at an instant."""

    open: bool
    """Whether its time rule holds."""
    free: tuple[int, ...]
    """Users who could take a callback now; 0 stands for outside numbers, of which nobody knows whether they are free."""
    calls: bool
    """Whether a request becomes a call, and not a lead."""


def offer(tenant: Books, flow: Flow, routes: WidgetRoutes, page: str, at: Instant) -> Offer:
    """Calls are offered within the widget's hours, and while a manager is free if it says so (R-17.2)."""
    is_now_open = is_open(tenant, flow, routes, at)
    free = free_managers(tenant, flow, routes, page)
    calls = is_now_open and (bool(free) or not routes.settings.only_when_free)
    return Offer(open=is_now_open, free=free, calls=calls)


def exits(flow: Flow, routes: WidgetRoutes, page: str) -> tuple[Exit, ...]:
    """The ways of a page as exits, each joined to the element it names."""
    made = tuple(Exit(name, to, RULE) for name, to in routes.ways(page))
    for exit_ in made:
        exit_.target = flow.internal(exit_.to)
    return made


def is_open(tenant: Books, flow: Flow, routes: WidgetRoutes, at: Instant) -> bool:
    """Whether the time rule of a widget holds, one held by hand included (R-11.8)."""
    rule = flow.internal(routes.settings.hours)
    if rule is None:
        return True
    mode, until = tenant.override_of(rule.number) or ("auto", None)
    if mode != "auto" and (until is None or at < until):
        return mode == "match"
    return any(exit_.name == "match" for exit_, _ in rule.instant_exits("", at))


def free_managers(tenant: Books, flow: Flow, routes: WidgetRoutes, page: str) -> tuple[int, ...]:
    """Users who could take a callback of a page now; an outside number, of which nobody knows whether it is free, is 0."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    ways = list(exits(flow, routes, page))
    while ways:
        exit_ = ways.pop(0)
        element = exit_.target
        if element is None:
            if exit_.to is not None and exit_.to != HANGUP:
                found[OUTSIDE_MANAGER] = None
        elif element.number not in seen:
            seen.add(element.number)
            if element.kind == "user":
                _add_if_free(tenant, found, element.number, None)
            elif element.members():
                for member in element.members():
                    _add_if_free(tenant, found, int(member) if is_internal(member) else OUTSIDE_MANAGER, element)
            else:
                ways += element.exits.values()
    return tuple(found)


def _add_if_free(tenant: Books, found: dict[int, None], number: int, element: Element | None) -> None:
    """A user who is there and not in a call; of a queue only while signed in and not paused."""
    user = tenant.user(number)
    if user is None:
        found[OUTSIDE_MANAGER] = None
    elif user.reachable() and not user.busy():
        membership = user.memberships.get(element.number) if element is not None and element.is_queue else None
        if membership is None or (membership.signed_in and not membership.paused):
            found[number] = None


# --- somebody of the PBX is looked for -------------------------------------------------------------------------------


def is_awaited(call: Call) -> bool:
    """Whether nobody is on the visitor's side yet."""
    return call.released


def instead(tenant: Books, at: Instant, call: Call, step: Step) -> Step:
    """`step`, or what is done in its place while somebody is looked for: past what nobody can hear, and to the next manager
    where it leads to nobody."""
    visitor = call.visitor
    assert visitor is not None
    if not call.released or visitor.manager is not None or not visitor.ways:
        return step
    step = _past_what_speaks(tenant, call, step)
    if _leads_on(step):
        return step
    direct = call.flow.widgets[visitor.widget].settings.mode == "direct"
    if visitor.tried >= min(len(visitor.ways), limits.MANAGERS_TRIED):
        return Ending(Cause.NO_ANSWER, RULE) if direct else step
    exit_ = visitor.ways[visitor.tried]
    visitor.tried += 1
    tenant.cancel_timer(visitor.timer)
    if direct:
        call.users_visited = ()
        _watch(tenant, call, visitor, at + limits.MANAGER_RING_US)
    return _past_what_speaks(tenant, call, exit_)


def _past_what_speaks(tenant: Books, call: Call, step: Step) -> Step:
    """Greetings say nothing to nobody: the call leaves them as if it had been silent. Other such elements end the search."""
    for _ in range(limits.ENTRIES_WITHOUT_WAIT):
        target = step.target if type(step) is Exit else None
        unheard = target.unheard() if target is not None else None
        if target is None or unheard is None:
            return step
        step = unheard
        if tenant.out.wants_moves and type(unheard) is Exit:
            tenant.out.element_entered(call, target)
            tenant.out.element_left(call, target, unheard)
    return Ending(Cause.EXCHANGE_ROUTING_ERROR, "R-02.14")


def _leads_on(step: Step) -> bool:
    if type(step) is not Exit:
        return False
    return step.target is not None or (step.to is not None and step.to != HANGUP)


def _watch(tenant: Books, call: Call, visitor: Visitor, until: Instant) -> None:
    visitor.timer = tenant.timers.add(until, tm.CALLBACK)
    visitor.timer.call = call


def rang_long_enough(call: Call) -> Step:
    """The manager did not answer, so the next one is tried; or the visitor did not, so the call is over."""
    assert call.visitor is not None
    call.visitor.timer = None
    return Ending(Cause.NO_ANSWER, RULE, Party.NETWORK)


# --- the visitor is called -------------------------------------------------------------------------------------------


def call_visitor(
    tenant: Books, at: Instant, call: Call, leg: Leg, element: Element, wait_us: Duration, rule: str
) -> Step:
    """A person answered: they hear music, and the visitor is rung."""
    visitor = call.visitor
    assert visitor is not None and call.visit is not None
    tenant.cancel_timer(visitor.timer)
    visitor.timer = None
    visitor.manager, visitor.element, visitor.wait_us, visitor.rule = leg, element, wait_us, rule
    visitor.answered = leg.user.number if leg.user is not None else OUTSIDE_MANAGER
    if tenant.out.wants_notes:
        who = str(leg.user.number) if leg.user is not None else leg.number
        tenant.out.note(
            note.DecisionMade(
                call=call.id,
                element=element.number,
                rule=RULE,
                output="callback",
                text=f"{who} answered, so the visitor is rung",
            )
        )
    made = tenant.ring_outside(at, call, call.caller, limits.VISITOR_RING_US, call.visit, None)
    if isinstance(made, tuple):
        return Ending(made[0], made[1])
    tenant.out.play_music_to(leg, call.flow.head.settings.music)
    _watch(tenant, call, visitor, at + limits.VISITOR_RING_US)
    return None


def answered(tenant: Books, at: Instant, call: Call, leg: Leg) -> None:
    """The visitor answered: from now on they are the caller, and talk with whoever answered before."""
    visitor = call.visitor
    assert visitor is not None
    manager, element = visitor.manager, visitor.element
    assert manager is not None and element is not None
    tenant.cancel_timer(visitor.timer)
    visitor.timer = visitor.manager = None
    call.released = False
    call.deputy, leg.visit = leg, None
    call.answered, call.answered_at = True, at
    tenant.connect(at, call, manager, element, visitor.wait_us, visitor.rule)


def ended(tenant: Books, at: Instant, call: Call, cause: Cause) -> None:
    """The call is over: what is to be told of it goes out by e-mail (R-17.2); of a refused request nothing is."""
    visitor = call.visitor
    assert visitor is not None
    tenant.cancel_timer(visitor.timer)
    visitor.timer = None
    if not visitor.allowed:
        return
    routes = call.flow.widgets[visitor.widget]
    if visitor.answered is None and routes.settings.lead:
        tenant.send_message(call, "lead", routes.settings.lead, site=routes.site, page=visitor.page, caller=call.caller)
    if routes.settings.notices:
        talk_us = call.talk_us + (at - call.talk_from if call.talking is not None else 0)
        tenant.send_message(
            call,
            "callback",
            routes.settings.notices,
            site=routes.site,
            page=visitor.page,
            caller=call.caller,
            user=visitor.answered,
            length_us=talk_us,
            cause=None if talk_us else cause,
        )
