"""Subscriptions to lamps, and the NOTIFYs that keep them (RFC 6665): messages waiting, colleagues' calls, presence (R-15.10).

Decides who may watch what: users of this PBX, proved by digest, its users and trunks, their own mailbox and those that are no
user's. What changed is told within `LOOK_S`, one NOTIFY at a time. Leaves the states to `states.py`, their words to `bodies.py`.
Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from sippy.SipAddress import SipAddress
from sippy.SipContact import SipContact
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from engine.contract import limits
from engine.contract import notes as note
from engine.numbers.digits import is_digits
from live_bridge.sip.dialog import caller_id
from live_bridge.sip.dialog.our_messages import Body, header, routes_of
from live_bridge.sip.lamps import bodies
from live_bridge.sip.lamps.states import LampStates
from live_bridge.sip.loop import Loop, Timer
from live_bridge.sip.registrar.bindings import Binding
from live_bridge.sip.registrar.registrar import Registrar
from live_bridge.sip.settings import SipSettings
from live_bridge.sip.sippy_patches import reports

log = logging.getLogger(__name__)

LOOK_S: Final = 0.1
"""How long changes are gathered before phones are told: far below the second of R-15.10."""

EXPIRES_LEAST_S: Final = 60
EXPIRES_MOST_S: Final = 3600
"""Longer wishes are shortened; shorter ones but 0 get 423 (RFC 6665 section 4.2.1.1)."""

OF_ONE_USER: Final = 200
IN_ALL: Final = 20_000
"""Subscriptions held at most: a desk with every lamp it can have, and a thousand of them."""

ALLOW_EVENTS: Final = "dialog, message-summary, presence"

GONE: Final = frozenset((404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604))
"""Answers to a NOTIFY after which nobody is told any more (RFC 6665 section 4.2.2, RFC 5057)."""


class LampOwner(Protocol):
    """The part of the endpoint that is needed here."""

    settings: SipSettings
    loop: Loop
    registrar: Registrar

    def manager_for(self, host: str) -> Any:
        """The transaction manager of the line that reaches a host."""


class Subscription:
    """One phone's wish to know of one thing."""

    def __init__(self, request: Any, user: int, event: str, watched: str) -> None:
        self.user = user
        self.event = event
        self.watched = watched
        self.key = (str(request.getHFBody("call-id")), request.getHFBody("from").getTag())
        self.tag = secrets.token_hex(8)
        self.call_id = request.getHFBody("call-id").getCopy()
        self.id = _parameter(request, "id")
        self.cseq = 0
        self.version = 0
        self.ends_at_s = 0.0
        self.told = ""
        """What it was told last."""
        self.waits = False
        """Whether a NOTIFY waits for its answer."""
        self.local = SipFrom(address=request.getHFBody("to").getUri().getCopy())
        self.local.setTag(self.tag)
        self.remote = SipTo(address=request.getHFBody("from").getUri().getCopy())
        self.remote.setTag(self.key[1])
        self.routes = [route.getCopy() for route in request.getHFBodys("record-route")]
        self.follow(request)

    def follow(self, request: Any) -> None:
        """The phone may have moved."""
        self.target = request.getHFBody("contact").getUrl().getCopy()
        self.source: tuple[tuple[str, int], str] = request.getSource(2)
        front = getattr(request, "front", None)
        self.way = self.source if front is None else (front, "udp")
        """Where our NOTIFYs go first, and by which transport."""


class Lamps:
    """All subscriptions of one PBX, and the mailboxes of phones that never subscribed."""

    def __init__(self, owner: LampOwner) -> None:
        self.states = LampStates()
        self._owner = owner
        self._held: dict[tuple[str, str], Subscription] = {}
        self._unasked: dict[tuple[int, str], str] = {}
        """What phones that did not subscribe were told of their mailbox, by user and device; `no` for one that wants nothing."""
        self._look: Timer | None = None
        self._sweep: Timer | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._held)

    # --- news ---------------------------------------------------------------------------------------------------------

    def take(self, message: note.Note) -> None:
        """A note of the engine."""
        if self.states.take(message):
            self.touched()

    def messages(self, box: int, new: int, heard: int) -> None:
        """How many messages are in a box now."""
        if self.states.messages.get(box, (0, 0)) != (new, heard):
            self.states.messages[box] = (new, heard)
            self.touched()

    def touched(self) -> None:
        """Something may have changed: phones are told soon."""
        if self._look is None and not self._closed and (self._held or self.states.messages or self._unasked):
            self._look = self._owner.loop.later(LOOK_S, self._tell_all)

    def _tell_all(self) -> None:
        self._look = None
        now_s = time.monotonic()
        for one in list(self._held.values()):
            if one.ends_at_s <= now_s:
                self._end(one, "timeout")
            else:
                self._tell(one)
        self._tell_unasked()

    # --- SUBSCRIBE ----------------------------------------------------------------------------------------------------

    def subscribe(self, request: Any) -> Any:
        """The answer to a SUBSCRIBE; NOTIFY follows it."""
        event = (
            str(next((f.body for f in request.headers if f.name in ("event", "o")), "")).split(";")[0].strip().lower()
        )
        if event not in bodies.TYPES:
            response = request.genResponse(489, "Bad Event")
            response.appendHeader(header("Allow-Events", ALLOW_EVENTS))
            return response
        proof = self._owner.registrar.prove(request)
        username = request.getHFBody("from").getUrl().username or ""
        if proof.result in ("absent", "stale"):
            return self._owner.registrar.challenge(request, stale=proof.result == "stale")
        if proof.result == "other":
            return request.genResponse(400, "Authorization For Another URI")
        if proof.result == "wrong" or proof.username != username or not is_digits(username):
            return request.genResponse(403, "Forbidden")
        if not request.countHFs("contact") or request.getHFBody("contact").asterisk:
            return request.genResponse(400, "No Contact")
        wish = _expires(request)
        if 0 < wish < EXPIRES_LEAST_S:
            response = request.genResponse(423, "Interval Too Brief")
            response.appendHeader(header("Min-Expires", str(EXPIRES_LEAST_S)))
            return response
        user = int(username)
        tag = request.getHFBody("to").getTag()
        if tag is not None:
            return self._again(request, tag, min(wish, EXPIRES_MOST_S))
        watched = caller_id.cleaned(request.getRURI().username or "")
        status, phrase = self._may(user, event, watched)
        if status:
            return request.genResponse(status, phrase)
        if len(self._held) >= IN_ALL or sum(one.user == user for one in self._held.values()) >= OF_ONE_USER:
            response = request.genResponse(503, "Too Many Subscriptions")
            response.appendHeader(header("Retry-After", "600"))
            return response
        return self._begin(request, Subscription(request, user, event, watched), min(wish, EXPIRES_MOST_S))

    def _may(self, user: int, event: str, watched: str) -> tuple[int, str]:
        """Why a user may not watch something; (0, "") when they may."""
        if event == "message-summary":
            own = watched in ("", str(user))
            shared = (
                is_digits(watched) and len(watched) <= 4 and limits.ELEMENT_FIRST <= int(watched) <= limits.ELEMENT_LAST
            )
            return (0, "") if own or shared else (403, "Forbidden")
        if self._trunk(watched) is not None or (is_digits(watched) and int(watched) in self._owner.settings.accounts):
            return 0, ""
        return 404, "Not Found"

    def _trunk(self, watched: str) -> str | None:
        """Key of the trunk that is meant by its key or number."""
        trunks = self._owner.settings.trunks
        if watched in trunks:
            return watched
        return next((key for key, trunk in trunks.items() if caller_id.same_number(watched, trunk.number)), None)

    def _begin(self, request: Any, one: Subscription, expires_s: int) -> Any:
        response = self._accepted(request, one, expires_s)
        if expires_s > 0:
            self._held[one.key] = one
            if self._sweep is None:
                self._sweep = self._owner.loop.later(EXPIRES_LEAST_S, self._sweep_out)
            self._owner.loop.post(self._tell, one, True)
        else:  # asked once (RFC 6665 section 4.4.3)
            self._owner.loop.post(self._end, one, "timeout")
        return response

    def _again(self, request: Any, tag: str, expires_s: int) -> Any:
        """A refresh, or the end of a subscription by the phone."""
        one = self._held.get((str(request.getHFBody("call-id")), request.getHFBody("from").getTag()))
        if one is None or one.tag != tag:
            return request.genResponse(481, "Subscription Does Not Exist")
        one.follow(request)
        response = self._accepted(request, one, expires_s)
        self._owner.loop.post(*((self._tell, one, True) if expires_s > 0 else (self._end, one, "timeout")))
        return response

    def _accepted(self, request: Any, one: Subscription, expires_s: int) -> Any:
        one.ends_at_s = time.monotonic() + expires_s
        response = request.genResponse(200, "OK")
        response.getHFBody("to").setTag(one.tag)
        response.appendHeaders([header("Expires", str(expires_s)), header("Allow-Events", ALLOW_EVENTS)])
        response.appendHeader(SipHeader(name="contact", body=_our_contact()))
        return response

    # --- NOTIFY -------------------------------------------------------------------------------------------------------

    def _tell(self, one: Subscription, anyway: bool = False) -> None:
        """Tell a phone what it watches, if that is not what it was told last."""
        if self._held.get(one.key) is not one or (one.waits and not anyway):
            return
        text = self._body(one)
        if anyway or text != one.told:
            one.told = text
            left_s = max(1, int(one.ends_at_s - time.monotonic()))
            self._notify(one, f"active;expires={left_s}")

    def _end(self, one: Subscription, reason: str) -> None:
        """The last NOTIFY."""
        self._held.pop(one.key, None)
        self._notify(one, f"terminated;reason={reason}")

    def _notify(self, one: Subscription, state: str) -> None:
        one.cseq += 1
        one.waits = True
        request = SipRequest(
            method="NOTIFY",
            ruri=one.target.getCopy(),
            to=one.remote.getCopy(),
            fr0m=one.local.getCopy(),
            callid=one.call_id.getCopy(),
            cseq=one.cseq,
            contact=_our_contact(),
            routes=[route.getCopy() for route in one.routes],
            target=one.way,
        )
        request.appendHeader(header("Event", one.event + (f";id={one.id}" if one.id else "")))
        request.appendHeader(header("Subscription-State", state))
        one.version += 1
        request.setBody(Body(self._body(one, one.version - 1), bodies.TYPES[one.event]))

        def answered(response: Any) -> None:
            status = response.getSCode()[0]
            if status < 200:
                return
            one.waits = False
            if status in GONE:
                self._held.pop(one.key, None)
            else:
                self._tell(one)

        self._send(request, one.way, answered)

    def _send(self, request: Any, target: tuple[tuple[str, int], str], answered: Callable[[Any], None]) -> None:
        try:
            self._owner.manager_for(target[0][0].strip("[]")).newTransaction(request, answered)
        except Exception:
            reports.report("telling a phone of a lamp failed")

    def _body(self, one: Subscription, version: int = 0) -> str:
        host, states = self._owner.settings.domain, self.states
        address = f"sip:{one.watched or one.user}@{host}"
        if one.event == "message-summary":
            return bodies.summary(address, *states.messages.get(int(one.watched or one.user), (0, 0)))
        trunk = self._trunk(one.watched)
        if one.event == "dialog":
            seen = states.of_trunk(trunk) if trunk is not None else states.of_user(int(one.watched))
            return bodies.dialogs(address, one.watched, seen, version, host)
        if trunk is not None:
            there = trunk not in states.trunks_out
            return bodies.presence(address, one.watched, there, "registered" if there else "not registered")
        user = int(one.watched)
        registered = bool(self._owner.registrar.bindings.of(user, time.monotonic()))
        words = "not registered" if not registered else "do not disturb" if user in states.silent else "ready"
        if words == "ready" and states.of_user(user).state != "terminated":
            words = "on the phone"
        return bodies.presence(address, one.watched, registered and user not in states.silent, words)

    # --- phones that never subscribe ----------------------------------------------------------------------------------

    def _tell_unasked(self) -> None:
        """Messages waiting, to registered phones that did not ask: many of them never do, and light their lamp all the same."""
        there = {(b.user, b.device): b for b in self._owner.registrar.bindings.all()}
        self._unasked = {key: told for key, told in self._unasked.items() if key in there}
        asked = {(one.user, one.source[0]) for one in self._held.values() if one.event == "message-summary"}
        for key, binding in there.items():
            if binding.user not in self.states.messages or (binding.user, (binding.host, binding.port)) in asked:
                continue
            new, heard = self.states.messages[binding.user]
            text = bodies.summary(f"sip:{binding.user}@{self._owner.settings.domain}", new, heard)
            if self._unasked.get(key) in ("no", text) or (key not in self._unasked and not new):
                continue
            self._unasked[key] = text
            self._tell_binding(key, binding, text)

    def _tell_binding(self, key: tuple[int, str], binding: Binding, text: str) -> None:
        address = SipAddress(url=SipURL(username=str(binding.user), host=self._owner.settings.domain))
        sender = SipFrom(address=address.getCopy())
        sender.genTag()
        request = SipRequest(
            method="NOTIFY",
            ruri=SipURL(binding.contact),
            to=SipTo(address=address),
            fr0m=sender,
            contact=_our_contact(),
            routes=routes_of(binding.path),
            target=binding.way,
        )
        request.appendHeader(header("Event", "message-summary"))
        request.appendHeader(header("Subscription-State", "terminated;reason=noresource"))
        request.setBody(Body(text, bodies.SUMMARY))

        def answered(response: Any) -> None:
            if response.getSCode()[0] in GONE and key in self._unasked:
                self._unasked[key] = "no"

        self._send(request, binding.way, answered)

    # --- the end ------------------------------------------------------------------------------------------------------

    def _sweep_out(self) -> None:
        """Those that ran out are told so."""
        self._sweep = None
        self._tell_all()
        if self._held and not self._closed:
            self._sweep = self._owner.loop.later(EXPIRES_LEAST_S, self._sweep_out)

    def close(self) -> None:
        """Every phone is told that it may ask again at once."""
        self._closed = True
        for timer in (self._look, self._sweep):
            if timer is not None:
                timer.cancel()
        for one in list(self._held.values()):
            self._end(one, "deactivated")


def _our_contact() -> Any:
    return SipContact(address=SipAddress(url=SipURL(username="pbx")))


def _expires(request: Any) -> int:
    for field in request.headers:
        if field.name == "expires":
            text = str(field.body).strip()
            return int(text) if is_digits(text) and len(text) <= 10 else EXPIRES_MOST_S
    return EXPIRES_MOST_S


def _parameter(request: Any, name: str) -> str:
    """A parameter of the Event field."""
    value = str(next((f.body for f in request.headers if f.name in ("event", "o")), ""))
    for part in value.split(";")[1:]:
        key, _, found = part.partition("=")
        if key.strip().lower() == name:
            return found.strip()[:64]
    return ""
