"""Who is registered where: the bindings of internal numbers to contacts, their expiry, and what changes tell the engine.

Decides how many devices a user may have (R-06.10), how long a registration lasts and what tells two devices apart. Leaves the
SIP of a REGISTER to `registrar.py`. Source: RFC 3261 section 10.3.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, Literal

import msgspec

from engine.contract import limits

EXPIRES_LEAST_S: Final = 60
"""Shorter registrations are refused with 423 and Min-Expires."""

EXPIRES_MOST_S: Final = 3600
EXPIRES_DEFAULT_S: Final = 300
"""R-15.8."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One device of one user."""

    user: int
    device: str
    """Tells one device of a user from another, and stays the same over refreshes."""
    contact: str
    """The address it wants requests to be sent to, as a SIP URI."""
    host: str
    port: int
    """Where its requests come from, and ours must go."""
    transport: str
    expires_at_s: float
    call_id: str
    cseq: int
    user_agent: str = ""
    path: tuple[str, ...] = ()
    """Route of our requests to it, nearest first: the proxies it registered through (RFC 3327)."""
    front: tuple[str, int] | None = None
    """The nearest of them, where our requests go first."""
    page: bool = False
    """Whether it is a page that a program made the user's telephone, by a pass and not by the user's own password."""

    @property
    def way(self) -> tuple[tuple[str, int], str]:
        """Where our requests to it go first, and by which transport."""
        return ((self.host, self.port), self.transport) if self.front is None else (self.front, "udp")


class Change(msgspec.Struct, frozen=True):
    """A device came or went."""

    kind: Literal["came", "went"]
    user: int
    device: str


class RegistrationRefused(Exception):
    """The registrar will not do it; `code` and `reason` are the answer's."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code} {reason}")


def _without_port(contact: str) -> str:
    return re.sub(r":[0-9]+$", "", contact.split(";")[0].lower())


def device_key(contact: str, instance: str = "") -> str:
    """A device's name: of its `+sip.instance` if it has one (RFC 5626), else of its contact without parameters."""
    text = instance or contact.split(";")[0].lower()
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Bindings:
    """All bindings of one PBX, by user. Times are seconds of any clock that only goes forward."""

    def __init__(self, devices_at_most: int = limits.DEVICES_OF_USER) -> None:
        self._devices_at_most = devices_at_most
        self._of: dict[int, dict[str, Binding]] = {}

    def of(self, user: int, now_s: float) -> tuple[Binding, ...]:
        """The live bindings of `user`, oldest first."""
        return tuple(binding for binding in self._of.get(user, {}).values() if binding.expires_at_s > now_s)

    def all(self) -> tuple[Binding, ...]:
        """Every binding, by user."""
        return tuple(binding for bound in self._of.values() for binding in bound.values())

    def bind(self, binding: Binding, now_s: float) -> list[Change]:
        """Add or refresh one. `RegistrationRefused` when it is older than what we have, or one device too many (R-06.10)."""
        changes = [change for change in self.expire(now_s) if change.user == binding.user]
        bound = self._of.setdefault(binding.user, {})
        known = bound.get(binding.device)
        if known is not None and known.call_id == binding.call_id and binding.cseq <= known.cseq:
            raise RegistrationRefused(500, "CSeq Out Of Order")
        if known is None and len(bound) >= self._devices_at_most:
            raise RegistrationRefused(403, "Too Many Devices")
        bound[binding.device] = binding
        if known is None:
            changes.append(Change("came", binding.user, binding.device))
        return changes

    def left_behind(self, user: int, call_id: str, host: str, named: frozenset[str]) -> tuple[str, ...]:
        """Devices that a registration put there before and does not name any more: a telephone keeps its Call-ID (RFC 3261
        section 10.2), so it has moved to another port, or restarted on one."""
        return tuple(
            device
            for device, known in self._of.get(user, {}).items()
            if known.call_id == call_id and known.host == host and device not in named
        )

    def look_alikes(self, binding: Binding) -> tuple[Binding, ...]:
        """Other bindings of a user that differ from `binding` in their port alone: the same telephone of before a restart, unless
        it is still there."""
        mine = _without_port(binding.contact)
        return tuple(
            known
            for device, known in self._of.get(binding.user, {}).items()
            if device != binding.device
            and binding.user_agent
            and (known.host, known.transport, known.user_agent) == (binding.host, binding.transport, binding.user_agent)
            and _without_port(known.contact) == mine
        )

    def room_for(self, user: int, devices: frozenset[str], now_s: float) -> bool:
        """Whether all of `devices` can be bound at once, counting those bound already."""
        bound = {binding.device for binding in self.of(user, now_s)}
        return len(bound | devices) <= self._devices_at_most

    def remove(self, user: int, device: str) -> list[Change]:
        """Unregister one device; nothing happens if it is not bound."""
        bound = self._of.get(user, {})
        if bound.pop(device, None) is None:
            return []
        if not bound:
            del self._of[user]
        return [Change("went", user, device)]

    def remove_all(self, user: int) -> list[Change]:
        """Unregister every device of `user` (Contact: *)."""
        return [change for device in tuple(self._of.get(user, {})) for change in self.remove(user, device)]

    def expire(self, now_s: float) -> list[Change]:
        """Drop what has run out."""
        gone = [binding for binding in self.all() if binding.expires_at_s <= now_s]
        return [change for binding in gone for change in self.remove(binding.user, binding.device)]

    def next_expiry_s(self) -> float | None:
        """When `expire` next has something to do."""
        return min((binding.expires_at_s for binding in self.all()), default=None)
