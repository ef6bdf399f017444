"""Who hears of a leg, and what a leg needs of the line it leaves by.

Promises only. Kept by `calls/ringing/device_ringing.py` and `calls/call_controller.py`, and by `endpoint.py`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from engine.contract.causes import Cause
from live_bridge.sip.dialog import sdp
from live_bridge.sip.dialog.message_parts import Replaces
from live_bridge.sip.loop import Loop

L = TypeVar("L", contravariant=True)
"""A leg, as its listener knows it: `leg.py` stands above this file."""


class Listener(Protocol[L]):
    """Who hears of a leg. Every method is called in the loop's thread; none after `leg_failed` or `leg_hung_up`."""

    def leg_ringing(self, leg: L, status: int) -> None:
        """180 or 183 from the far end of a leg we placed."""

    def leg_answered(self, leg: L) -> None:
        """2xx from the far end of a leg we placed; `leg.remote` says where it listens."""

    def leg_failed(self, leg: L, status: int, reason: str | None) -> None:
        """A leg we placed ended without an answer: final status, and the value of its Reason header."""

    def leg_hung_up(self, leg: L, cause: Cause) -> None:
        """The far end is gone: BYE, CANCEL before our answer, or lost."""

    def leg_offered(self, leg: L) -> str | sdp.Later | None:
        """The far end moved or holds: `leg.remote` is new. The session description to answer with; None refuses, and `LATER`
        means that `leg.answer_offer` will be called."""

    def leg_connected(self, leg: L) -> None:
        """The far end answered an offer of ours; `leg.remote` is new."""

    def leg_kept(self, leg: L) -> None:
        """The far end refused an offer of ours; all stays as it was."""

    def leg_pressed(self, leg: L, digit: str) -> None:
        """A key by SIP INFO."""

    def leg_referred(self, leg: L, to: str, replaces: Replaces | None) -> bool:
        """A REFER to the user part `to`, perhaps to replace the dialog (call id, to tag, from tag). False refuses it."""

    def holds_leg(self, leg: L) -> bool:
        """Whether a living leg is still in the listener's books; an auditor ends one that is not."""


class Identity(Protocol):
    """The part of a listening line a leg needs."""

    global_config: dict[str, Any]
    domain: str
    loop: Loop
    session_expires_s: int
    media_six: bool
    """Whether our media can reach IPv6 addresses."""
