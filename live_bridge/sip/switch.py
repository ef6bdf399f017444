"""What the endpoint asks of those who decide about calls: an invitation, and the switch that takes it.

Promises only. Kept by `calls/call_controller.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from live_bridge.sip.dialog import sdp
from live_bridge.sip.dialog.leg import Leg
from live_bridge.sip.dialog.line import Listener
from live_bridge.sip.dialog.message_parts import Replaces
from live_bridge.sip.registrar.bindings import Change
from live_bridge.sip.trunks.registration import State


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A call that may come in: its caller, the number called, and the line."""

    called: str
    caller: str
    caller_name: str
    trunk: str | None = None
    user: int | None = None
    origin: Literal["trunk", "user", "direct", "callback"]
    replaces: Replaces | None = None
    """Whose place the caller takes at once (RFC 3891)."""
    call_id: str
    source: str
    max_forwards: int


class Switch(Listener[Leg], Protocol):
    """Who decides about calls: the driver."""

    def call_arrived(self, leg: Leg, invitation: Invitation) -> None:
        """Somebody calls. The leg has been told 100; answer, ring or refuse it."""

    def may_replace(self, dialog: Replaces, offer: sdp.Description | None) -> int:
        """The status that refuses a user's INVITE with Replaces, 0 when they may take the place of a party of that dialog."""

    def media_reaches(self, description: sdp.Description) -> bool:
        """Whether sound can go where a session description says."""

    def device_changed(self, change: Change) -> None:
        """A device registered or is gone."""

    def trunk_changed(self, key: str, state: State) -> None:
        """A trunk's registration at its operator is in another state (R-04.10)."""
