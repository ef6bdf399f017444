"""The registrar: REGISTER requests become bindings, and bindings that come and go become news.

Decides who may register what: a user of this PBX, proved by digest, under the own number only. Leaves the table to
`bindings.py`, proofs to `digest.py`. Sources: RFC 3261 section 10, RFC 8760; R-02.4, R-06.10, R-15.9.
Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.numbers.digits import is_digits
from live_bridge.sip.dialog.our_messages import header
from live_bridge.sip.digest import Account, Authenticator, Proof
from live_bridge.sip.loop import Loop, Timer
from live_bridge.sip.registrar.bindings import (
    EXPIRES_DEFAULT_S,
    EXPIRES_LEAST_S,
    EXPIRES_MOST_S,
    Binding,
    Bindings,
    Change,
    RegistrationRefused,
    device_key,
)
from live_bridge.sip.registrar.passes import Passes
from live_bridge.sip.transport.rate_limits import Admission

log = logging.getLogger(__name__)

USER_DIGITS: Final = 4
"""Most digits of a user's number."""

UNANSWERED_S: Final = 300.0
"""A phone that asks again within this time without having answered did not understand the challenge."""

_AUTHORIZATION: Final = re.compile(r"^authorization[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)

OLD_PHONE_S: Final = 86_400.0
ASKERS_REMEMBERED: Final = 10_000


def _asker(request: Any) -> tuple[str, str]:
    """Address and user name of who asks."""
    return request.getSource()[0], request.getHFBody("from").getUrl().username or ""


def _is_number(username: str) -> bool:
    """Whether a digest user name is a user's internal number."""
    return is_digits(username) and len(username) <= USER_DIGITS


class Registrar:
    """Takes REGISTER requests. `changed` hears of every device that comes or goes; `now_s` is the loop's clock."""

    def __init__(
        self,
        loop: Loop,
        authenticator: Authenticator,
        accounts: Mapping[int, Account],
        doorkeeper: Admission,
        changed: Callable[[Change], None],
        now_s: Callable[[], float],
    ) -> None:
        self.bindings = Bindings()
        self.passes = Passes(now_s)
        self._loop = loop
        self.doubts: Callable[[Binding], None] = lambda binding: None
        """Called for a device that may be the same telephone of before a restart: it is asked whether it is still there."""
        self._authenticator = authenticator
        self._accounts = accounts
        self._doorkeeper = doorkeeper
        self._changed = changed
        self._now_s = now_s
        self._timer: Timer | None = None
        self._due_s: float | None = None
        self._places: set[tuple[str, int]] | None = None
        """Where phones are registered; None when that has to be looked up again."""
        self._unanswered: OrderedDict[tuple[str, str], float] = OrderedDict()
        """Until when an asker counts as one that cannot answer SHA-256."""

    # --- proving who somebody is, for INVITE too ----------------------------------------------------------------------

    def account_of(self, username: str) -> Account | None:
        """The account a digest user name leads to."""
        if not _is_number(username):
            return self.passes.account(username)
        return self._accounts.get(int(username))

    def user_of(self, username: str) -> int | None:
        """The user whom a proved digest user name means; None for a caller from outside."""
        if _is_number(username):
            return int(username)
        found = self.passes.get(username)
        return None if found is None else found.user

    def prove(self, request: Any) -> Proof:
        """Check a request's Authorization; a wrong one counts against its source (R-15.9), if it is proved to be the source."""
        values = [str(h.body) for h in request.headers if h.name == "authorization"]
        value = next((v for v in values if f'realm="{self._authenticator.realm}"' in v), values[0] if values else None)
        proof = self._authenticator.check(value, request.getMethod(), self.account_of, request.getRURI().original_uri)
        if value is not None:
            key = _asker(request)
            if "SHA-256" in value:
                self._unanswered.pop(key, None)
            elif proof.result == "good":
                self._unanswered[key] = self._now_s() + OLD_PHONE_S
        if proof.result == "wrong":
            address, transport = request.getSource(2)
            if transport != "udp" or self._authenticator.is_from(value, address[0]):
                self._doorkeeper.failed(*address)
            log.info("a wrong password for %r from %s port %d", proof.username[:32], *address)
        return proof

    def proves(self, text: str, host: str) -> bool:
        """Whether a request, unread as yet, has a nonce that was sent to `host`."""
        match = _AUTHORIZATION.search(text, 0, 8192)
        return match is not None and self._authenticator.is_from(match.group(1), host)

    def is_registered(self, address: tuple[str, int]) -> bool:
        """Whether a phone is registered at an address and port."""
        if self._places is None:
            self._places = {(b.host.strip("[]"), b.port) for b in self.bindings.all()}
        return (address[0].strip("[]"), address[1]) in self._places

    def challenge(self, request: Any, stale: bool = False) -> Any:
        """401 with one challenge an algorithm. A phone that left such a choice unanswered is offered MD5 alone the next
        time: some of before RFC 8760 give up at the sight of SHA-256."""
        now = self._now_s()
        key = _asker(request)
        old_phone = self._unanswered.get(key, 0.0) > now
        if not old_phone:
            self._unanswered[key] = now + UNANSWERED_S
            if len(self._unanswered) > ASKERS_REMEMBERED:
                self._unanswered.popitem(last=False)
        response = request.genResponse(401, "Unauthorized")
        for value in self._authenticator.challenges(stale, only_md5=old_phone, host=request.getSource()[0]):
            response.appendHeader(header("WWW-Authenticate", value))
        return response

    # --- REGISTER -----------------------------------------------------------------------------------------------------

    def register(self, request: Any) -> Any:
        """The response to a REGISTER."""
        proof = self.prove(request)
        if proof.result in ("absent", "stale"):
            return self.challenge(request, stale=proof.result == "stale")
        if proof.result == "other":
            return request.genResponse(400, "Authorization For Another URI")
        if proof.result == "wrong":
            return request.genResponse(403, "Forbidden")
        user = self.user_of(proof.username)
        if user is None or request.getHFBody("to").getUrl().username != str(user):
            return request.genResponse(403, "Forbidden")
        try:
            self._bind(request, user, page=not _is_number(proof.username))
        except RegistrationRefused as refusal:
            response = request.genResponse(refusal.code, refusal.reason)
            if refusal.code == 423:
                response.appendHeader(header("Min-Expires", str(EXPIRES_LEAST_S)))
            return response
        now = self._now_s()
        response = request.genResponse(200, "OK")
        for binding in self.bindings.of(user, now):
            left = max(1, round(binding.expires_at_s - now))
            response.appendHeader(header("Contact", f"<{binding.contact}>;expires={left}"))
        return response

    def _bind(self, request: Any, user: int, *, page: bool) -> None:
        now = self._now_s()
        contacts = request.getHFBodys("contact")
        default = request.getHFBody("expires").getNum() if request.countHFs("expires") else EXPIRES_DEFAULT_S
        if any(contact.asterisk for contact in contacts):
            if len(contacts) > 1 or default != 0 or not request.countHFs("expires"):
                raise RegistrationRefused(400, "Bad Contact")
            self._tell(self.bindings.remove_all(user))
            return
        call_id = str(request.getHFBody("call-id"))
        cseq = request.getHFBody("cseq").getCSeqNum()
        agent = str(request.getHFBody("user-agent")) if request.countHFs("user-agent") else ""
        (source_host, source_port), transport = request.getSource(2)
        front = getattr(request, "front", None)
        path = () if front is None else tuple(str(h.body) for h in request.headers if h.name == "path")
        if front is not None and len(path) != 1:
            raise RegistrationRefused(400, "Bad Path")
        wanted: list[Binding] = []
        leaving: list[str] = []
        for contact in contacts:
            url = contact.getUrl()
            text = contact.address.getParam("expires")
            if text is not None and not is_digits(text):
                raise RegistrationRefused(400, "Bad Expires")
            expires = int(text) if text is not None else int(default)
            instance = (contact.address.getParam("+sip.instance") or "").strip('"')
            device = device_key(str(url), instance)
            if expires == 0:
                leaving.append(device)
                continue
            if expires < EXPIRES_LEAST_S:
                raise RegistrationRefused(423, "Interval Too Brief")
            host = str(url.host)
            near = (
                front is None
                and transport == "udp"
                and host.strip("[]") == source_host.strip("[]")
                and not request.nated
            )
            wanted.append(
                Binding(
                    user=user,
                    device=device,
                    contact=str(url),
                    host=host if near else source_host,
                    port=url.getPort() if near else source_port,
                    transport=transport,
                    expires_at_s=now + min(expires, EXPIRES_MOST_S),
                    call_id=call_id,
                    cseq=cseq,
                    user_agent=agent,
                    path=path,
                    front=front,
                    page=page,
                )
            )
        changes = self.bindings.expire(now)
        named = frozenset(binding.device for binding in wanted)
        for device in self.bindings.left_behind(user, call_id, source_host, named) if wanted else ():
            changes += self.bindings.remove(user, device)
        if not self.bindings.room_for(user, frozenset(binding.device for binding in wanted), now):
            self._tell(changes)
            raise RegistrationRefused(403, "Too Many Devices")
        for device in leaving:
            changes += self.bindings.remove(user, device)
        for binding in wanted:
            came = self.bindings.bind(binding, now)
            changes += came
            for other in self.bindings.look_alikes(binding) if came else ():
                self.doubts(other)
        self._tell(changes)

    # --- time ---------------------------------------------------------------------------------------------------------

    def _tell(self, changes: list[Change]) -> None:
        self._places = None
        for change in changes:
            self._changed(change)
        self._arm()

    def _arm(self) -> None:
        due = self.bindings.next_expiry_s()
        if due == self._due_s:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due_s = due
        if due is not None:
            self._timer = self._loop.later(due - self._now_s() + 0.02, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._due_s = None
        self._tell(self.bindings.expire(self._now_s()))

    def restore(self, bindings: list[Binding]) -> None:
        """Take over bindings a bridge before us had; those that have run out are left out."""
        now = self._now_s()
        changes: list[Change] = []
        for binding in bindings:
            if binding.expires_at_s > now and binding.user in self._accounts:
                changes += self.bindings.bind(binding, now)
        self._tell(changes)

    def forget(self, user: int, device: str, cseq: int) -> None:
        """Take a device out that is not there any more, unless it has registered again since (another `cseq`)."""
        if any(b.device == device and b.cseq == cseq for b in self.bindings.of(user, self._now_s())):
            self._tell(self.bindings.remove(user, device))

    def connection_lost(self, transport: str, where: tuple[str, int]) -> None:
        """A connection is gone, and with it every device that can be reached over it alone."""
        changes: list[Change] = []
        for binding in self.bindings.all():
            if binding.transport == transport and (binding.host, binding.port) == where:
                changes += self.bindings.remove(binding.user, binding.device)
        self._tell(changes)

    def close(self) -> None:
        """No more timers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
