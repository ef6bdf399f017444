"""What programs may ask of calls: begin one, send its caller on, join two, end it. One way for every interface.

Decides what can be asked now, and of which call. Raises `RequestRefused` in people's words. Who asked for what is written down
before it is done (R-25.10); what the engine then does stands in its notes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from engine.contract import events as ev
from engine.contract.errors import PbxError
from engine.contract.ids import CallId, LegId
from engine.elements.parameters.queue import QueueParameters
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from live_bridge.api.stream import CallInProgress, EventStream
from live_bridge.calls.ringing.device_ringing import NobodyThere

if TYPE_CHECKING:
    from live_bridge.service.service import Service

CALLS_A_SECOND = 5
"""Calls that programs may ask for in any second (R-19.4)."""


OUTSIDE = "outside"
"""Stands for an outside number in the record of an act."""


DIALLED_MOST = 32
"""Characters of a number that a program asks to call."""


class RequestRefused(PbxError):
    """It cannot be done now, or never; the message says why. `status` is the one of HTTP that says it best."""

    def __init__(self, message: str, status: int = 409) -> None:
        self.status = status
        super().__init__(message)


def can_be_dialled(to: str) -> bool:
    """Whether a program may ask for a call to this: digits, with the marks that telephones have.

    >>> [can_be_dialled(text) for text in ("+79161234567", "*97", "", "101²", "1" * 33)]
    [True, True, False, False, False]
    """
    return len(to) <= DIALLED_MOST and is_digits(to.lstrip("+").replace("*", "").replace("#", ""))


def refuse_static(flow: Flow, user: int, queue: int | None) -> None:
    """Raises RequestRefused where a member is to be signed out of queues of all of which they are a static member (R-08.4)."""
    static = {
        number: member.static
        for number, parameters in flow.document.elements.items()
        if isinstance(parameters, QueueParameters) and queue in (None, number)
        for member in parameters.members
        if member.user == user
    }
    if static and all(static.values()):
        listed = ", ".join(str(number) for number in static)
        raise RequestRefused(f"{user} is a static member of {listed} and always signed in: pause them instead (R-08.4)")


def _talkers(call: CallInProgress) -> set[int]:
    """The users who talk in a call."""
    if call.talking_to is None:
        return set()
    called = {int(call.talking_to)} if phone_numbers.is_internal(call.talking_to) else set[int]()
    return called | ({call.user} if call.user is not None else set())


class CallRequests:
    """Asks of one bridge, from any thread."""

    def __init__(self, service: Service, stream: EventStream) -> None:
        self._service = service
        self._stream = stream
        self._lock = threading.Lock()
        self._asked_s: deque[float] = deque(maxlen=CALLS_A_SECOND)

    def call(self, user: int, to: str, by: str) -> CallId:
        """Ring a user's phones; who picks up calls `to`. The id the call will have. At most five a second."""
        person = self._service.flow.head.users.get(user)
        if person is None:
            raise RequestRefused(f"there is no user {user}", 404)
        if not self._service.account.may_call(to):
            raise RequestRefused("the account is blocked: no new call starts (R-01.10)")
        with self._lock:
            at_s = time.monotonic()
            if len(self._asked_s) == CALLS_A_SECOND and at_s - self._asked_s[0] < 1.0:
                words = f"at most {CALLS_A_SECOND} calls a second may be asked for (R-19.4); ask again in a second"
                raise RequestRefused(words, 429)
            self._asked_s.append(at_s)
        self._service.acts.done("call", {"user": user, "to": self._place(to)}, by)
        try:
            return self._service.driver.originate(user, person.name, to)
        except NobodyThere as refusal:
            raise RequestRefused(str(refusal)) from None

    def hang_up(self, call: CallId, by: str) -> None:
        """End a call."""
        self._known(call)
        self._service.acts.done("hangup", {"call": call}, by)
        self._service.driver.submit(ev.HangupRequested(call=call))

    def transfer(self, call: CallId, to: str, by: str) -> None:
        """Send the caller on, as the user would who talks with them."""
        self._known(call)
        leg = self._service.view.talking_leg(call)
        if leg is None:
            raise RequestRefused(
                f"call {call} is not in talk with a user of this PBX; nobody else can send the caller on"
            )
        self._service.acts.done("transfer", {"call": call, "to": self._place(to)}, by)
        self._service.driver.submit(ev.TransferRequested(call=call, to=to, leg=leg))

    def bridge(self, call: CallId, other: CallId, by: str) -> None:
        """Join the two whom one user talks with in two calls; the user leaves both (an attended transfer, RFC 5589)."""
        found = {one.call: one for one in self._stream.calls() if one.call in (call, other)}
        for name in (call, other):
            if name not in found:
                raise RequestRefused(f"no call {name} is in progress", 404)
        if call == other:
            raise RequestRefused("two calls are joined: name another one", 422)
        common = _talkers(found[call]) & _talkers(found[other])
        if len(common) != 1:
            raise RequestRefused(
                "the two calls have no user in common who talks in both: only such calls can be joined"
            )
        (user,) = common
        leg, other_leg = (self._leg_of(found[name], user) for name in (call, other))
        self._service.acts.done("bridge", {"call": call, "other": other, "user": user}, by)
        self._service.driver.submit(
            ev.TransferRequested(
                call=call, to=found[other].talking_to or "", leg=leg, replaces=other, replaces_leg=other_leg
            )
        )

    def _leg_of(self, call: CallInProgress, user: int) -> LegId | None:
        """The leg of a user in a talk; None when it is the caller."""
        return None if call.user == user else self._service.view.talking_leg(call.call)

    def act_on_member(self, user: int, action: str, event: ev.Event, details: dict[str, object], by: str) -> None:
        """Do what somebody asks of a member: sign in or out, pause, do not disturb."""
        if isinstance(event, ev.MemberSignedOut):
            refuse_static(self._service.flow, user, event.queue)
        self._service.acts.done(action, {"user": user, **details}, by)
        self._service.driver.submit(event)

    def _place(self, to: str) -> str:
        """A number as the record of an act has it: outside numbers are people's, and stand in the history of the call alone."""
        return to if self._service.flow.find(to) is not None else OUTSIDE

    def _known(self, call: CallId) -> None:
        if not self._service.view.holds(call):
            raise RequestRefused(f"no call {call} is in progress", 404)
