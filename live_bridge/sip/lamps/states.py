"""What there is to be watched: colleagues' calls, trunks in use, messages in boxes; from the engine's notes and nothing else.

Decides when a user rings, talks or is free, and when a trunk is in use. Leaves who may watch to `subscriptions.py`, the words for
it to `bodies.py`. Plain values, no sippy.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from engine.contract import notes as note
from engine.contract.ids import CallId, LegId

State = Literal["terminated", "early", "confirmed"]
"""Free, ringing, in a call (RFC 4235 section 3.7.1)."""


class Seen(msgspec.Struct, frozen=True):
    """What a lamp shows of one user or trunk."""

    state: State = "terminated"
    direction: Literal["", "initiator", "recipient"] = ""
    remote: str = ""
    """The other party's number."""


FREE = Seen()


class _Party:
    """A user's part in a call: their own, or a leg that rings them."""

    __slots__ = ("call", "direction", "remote", "state", "trunk", "user")

    def __init__(self, call: CallId, user: int | None, trunk: str | None, direction: str, remote: str) -> None:
        self.call = call
        self.user = user
        self.trunk = trunk
        self.direction = direction
        self.remote = remote
        self.state: State = "early"


class LampStates:
    """The states of all users, trunks and boxes of one PBX."""

    def __init__(self) -> None:
        self._own: dict[CallId, _Party] = {}
        self._legs: dict[LegId, _Party] = {}
        self._callers: dict[CallId, str] = {}
        self.silent: set[int] = set()
        """Users who want no calls."""
        self.trunks_out: set[str] = set()
        """Trunks that cannot be used now."""
        self.messages: dict[int, tuple[int, int]] = {}
        """Messages in each box: new ones, and those that were heard."""

    def take(self, message: note.Note) -> bool:
        """One note; whether it may have changed what a lamp shows."""
        if isinstance(message, note.CallStarted):
            party = _Party(message.call, message.user, message.trunk, "initiator", message.called)
            if message.user is not None:
                party.state = "confirmed"
            self._own[message.call] = party
            self._callers[message.call] = message.caller
        elif isinstance(message, note.LegStarted):
            remote = self._callers.get(message.call, "")
            self._legs[message.leg] = _Party(message.call, message.user, message.trunk, "recipient", remote)
        elif isinstance(message, note.CallAnswered):
            for joined in (self._own.get(message.call), self._legs.get(message.leg)):
                if joined is not None:
                    joined.state = "confirmed"
        elif isinstance(message, note.LegFinished):
            self._legs.pop(message.leg, None)
        elif isinstance(message, note.CallEnded):
            self._own.pop(message.call, None)
            self._callers.pop(message.call, None)
        elif isinstance(message, note.MemberChanged):
            if message.state != "idle":
                return False
            for call in [call for call, party in self._own.items() if party.user == message.member]:
                self._own[call].user = None  # the user left the call, which goes on without them
        elif isinstance(message, note.UserSettingChanged):
            if message.setting != "do_not_disturb":
                return False
            self.silent.discard(message.user)
            if message.value == "on":
                self.silent.add(message.user)
        elif isinstance(message, note.TrunkChanged):
            self.trunks_out.discard(message.trunk)
            if message.state != "registered":
                self.trunks_out.add(message.trunk)
        else:
            return False
        return True

    def of_user(self, user: int) -> Seen:
        """What a colleague's lamp shows: ringing before talking, as one may pick that up."""
        return _most([p for p in (*self._legs.values(), *self._own.values()) if p.user == user])

    def of_trunk(self, key: str) -> Seen:
        """What a trunk's lamp shows."""
        seen = _most([p for p in (*self._own.values(), *self._legs.values()) if p.trunk == key])
        return Seen(seen.state)

    def sizes(self) -> Counter[str]:
        """What is held, for leak tests."""
        return Counter(own=len(self._own), legs=len(self._legs), callers=len(self._callers))


def _most(parties: list[_Party]) -> Seen:
    for state in ("early", "confirmed"):
        for party in parties:
            if party.state == state:
                return Seen(party.state, party.direction, party.remote)  # type: ignore[arg-type]
    return FREE
