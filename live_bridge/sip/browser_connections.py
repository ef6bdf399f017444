"""What the end of a browser's connection means: its registration is gone at once, its calls have a while to be found again.

A page that loses the network connects and registers again, and its call goes on meanwhile: media has ways of its own. Decides
how long a call waits for that, and which new connection is the same telephone: the one that registers the same contact
(RFC 7118 section 5, in the spirit of RFC 5626). A call whose telephone does not come back is over. Leaves registrations to
`sip/registrar/registrar.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
from typing import Final
from weakref import WeakKeyDictionary

from sippy.SipURL import SipURL

from live_bridge.sip.dialog.leg import Leg
from live_bridge.sip.loop import Loop
from live_bridge.sip.registrar.registrar import Registrar
from live_bridge.sip.sippy_patches import reports
from live_bridge.sip.transport.transaction_manager import WEBSOCKETS

log = logging.getLogger(__name__)

GRACE_S: Final = 10.0
"""How long a call outlives the connection of its telephone."""

Where = tuple[str, int]


class Connections:
    """Follows the legs that are reached over WebSocket connections. Loop's thread only."""

    def __init__(self, loop: Loop, registrar: Registrar, grace_s: float = GRACE_S) -> None:
        self.grace_s = grace_s
        self._loop = loop
        self._registrar = registrar
        self._legs: WeakKeyDictionary[Leg, int | None] = WeakKeyDictionary()

    def follow(self, leg: Leg, user: int | None) -> None:
        """`leg` is a call with the browser of `user`, or of a caller from outside, who has no telephone to come back to."""
        self._legs[leg] = user

    def closed(self, transport: str, where: Where) -> None:
        """The connection from `where` is gone."""
        self._registrar.connection_lost(transport, where)
        for leg in self._at(where):
            self._loop.later(self.grace_s, self._after_grace, leg, where)

    def _at(self, where: Where) -> list[Leg]:
        return [leg for leg in self._legs if not leg.over and leg.far == where]

    def _after_grace(self, leg: Leg, where: Where) -> None:
        if leg.over or leg.far != where:
            return
        for binding in self._registrar.bindings.all():
            if binding.user == self._legs.get(leg) and binding.transport in WEBSOCKETS:
                if SipURL(binding.contact).username == leg.far_user:
                    leg.move_to((binding.host, binding.port), binding.path)
                    return
        log.info("the browser at %s port %d did not come back; its call ends", *where)
        try:
            leg.lost()
        except Exception:
            reports.report("ending a lost leg failed")
