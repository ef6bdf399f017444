"""The far end of a leg, as its dialog knows it: where it is, what it said of itself, by which name the dialog goes.

Decides nothing. Leaves what is done with a dialog to `leg.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from live_bridge.sip.dialog.dialog import Dialog
from live_bridge.sip.dialog.our_messages import Body, header, routes_of

if TYPE_CHECKING:
    from live_bridge.sip.dialog.sdp import Choice, Description

KEY_MS: Final = 160
"""How long a key that is passed on is said to have been held."""


class Asked:
    """One re-INVITE of the far end, from its arrival to our answer or its CANCEL. Each is its own, so that who has to answer
    later can see whether theirs still waits."""

    def __init__(self, before: Description | None) -> None:
        self.before = before
        """Where the far end listened before it."""


class Carried:
    """What a leg carries for its listener, and knows no more of."""

    def __init__(self) -> None:
        self.label: object = None
        self.gateway: Any = None
        """A browser's media, if the leg is one; deleted with the leg."""
        self.relay: Any = None
        """What stands between media of the other IP version, or encrypted media, and a call; deleted with the leg."""
        self.encrypts = False
        """Whether its media is encrypted with keys from the session descriptions (SRTP); then so is its signalling."""
        self.transferring = False
        """Whether its REFER waits for an answer."""
        self.choice: Choice | None = None
        """What it is offered, if that is not the call's codec."""
        self.pending: Callable[[bool], None] | None = None
        """Who waits for the answer to an offer of ours."""


class FarEnd(Carried):
    """What a leg can be asked of the party at its other end."""

    def __init__(self) -> None:
        super().__init__()
        self._dialog: Dialog | None = None
        """None until the first INVITE comes or goes."""
        self._state = "new"
        """`new`, `early`, `up` or `over`."""

    def is_at(self, dialog: Any) -> bool:
        """Whether `dialog` is the one it speaks through now."""
        return self._dialog is dialog

    @property
    def far(self) -> tuple[str, int] | None:
        """Host and port our requests go to, or behind a front those that it reaches."""
        if self._dialog is not None and self._dialog.brought is not None:
            return self._dialog.brought
        return None if self._dialog is None or self._dialog.rAddr is None else self._dialog.rAddr[0]

    @property
    def source(self) -> str:
        """The host its last message came from, whatever it says of itself; empty when there was none."""
        return "" if self._dialog is None else self._dialog.source

    @property
    def far_user(self) -> str | None:
        """User part of the far end's contact."""
        target = None if self._dialog is None else self._dialog.rTarget
        return None if target is None else target.username

    @property
    def redirects(self) -> tuple[Any, ...]:
        """Addresses that the far end sent our INVITE to, best first; not to be changed."""
        return () if self._dialog is None else self._dialog.redirects

    def move_to(self, where: tuple[str, int], path: Sequence[str] = ()) -> None:
        """The far end is reached elsewhere from now on, over the same transport; `path` is the route there through a front."""
        if self._dialog is not None and path:
            self._dialog.routes, self._dialog.brought = routes_of(path), where
            self._dialog.rAddr = self._dialog.routes[0].getUrl().getTAddr()
        elif self._dialog is not None:
            self._dialog.rTarget.host, self._dialog.rTarget.port = where
            self._dialog.rAddr = self._dialog.rTarget.getTAddr()

    def identity(self) -> tuple[str, str, str]:
        """Call-ID, our tag, the far end's tag."""
        if self._dialog is None:
            return ("", "", "")
        call_id, local, remote = self._dialog.getCID()
        return (call_id, local or "", remote or self._dialog.early_tag or "")

    def notify(self, status: int, phrase: str, *, final: bool = False) -> None:
        """Tell a transferring party how its REFER gets on (RFC 3515 section 2.4.4)."""
        dialog = self._dialog
        if self._state != "up" or dialog is None or dialog.isDead():
            return
        state = "terminated;reason=noresource" if final else "active;expires=60"
        dialog.newTransaction(
            dialog.genRequest(
                "NOTIFY",
                Body(f"SIP/2.0 {status} {phrase}\r\n", "message/sipfrag;version=2.0"),
                extra_headers=(header("Event", "refer"), header("Subscription-State", state)),
            )
        )

    def press(self, key: str) -> None:
        """Let the far end hear of a key that was pressed on the other side, by INFO, as it came (RFC 6086)."""
        dialog = self._dialog
        if self._state == "up" and dialog is not None and not dialog.isDead():
            body = Body(f"Signal={key}\r\nDuration={KEY_MS}\r\n", "application/dtmf-relay")
            dialog.newTransaction(dialog.genRequest("INFO", body))
