"""The smallest B2BUA that sippy makes: every call goes on to one next hop. No media, no journal, no decision, no shield but one.

    python benchmarks/peers/bare_sippy.py LISTEN_PORT NEXT_HOP_PORT

What `benchmarks/live.py` holds the bridge against: all that the bridge costs above this is ours.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from sippy.CCEvents import CCEventDisconnect, CCEventTry
from sippy.Core.EventDispatcher import ED2
from sippy.SipConf import SipConf
from sippy.SipTransactionManager import SipTransactionManager
from sippy.UA import UA

LET_GO_S = 4.0
"""How long a finished leg is kept; the stack's own 32 s only make it bigger."""


class NoLog:
    """The stack's packet log, unwanted."""

    def write(self, *_: Any, **__: Any) -> None: ...


class Manager(SipTransactionManager):
    """The stock one, but for the one defect with which no call would end: a peer that writes `transport=UDP` (SIPp does)."""

    def newTransaction(self, msg: Any, *arguments: Any, **options: Any) -> Any:  # noqa: N802 (the stack's name)
        address, transport = msg.getTarget()
        msg.setTarget((address, str(transport).lower()))
        return super().newTransaction(msg, *arguments, **options)


class Call:
    """Two legs, each told what the other says."""

    def __init__(self, settings: dict[str, Any], next_hop: tuple[str, int]) -> None:
        self._settings = settings
        self._next_hop = next_hop
        self.caller = self._leg()
        self.callee: Any = None

    def _leg(self, **more: Any) -> Any:
        leg = UA(self._settings, event_cb=self._heard, **more)
        leg.godead_timeout = LET_GO_S
        return leg

    def _heard(self, event: Any, leg: Any) -> None:
        if leg is not self.caller:
            self.caller.recvEvent(event)
            return
        if self.callee is None:
            if not isinstance(event, CCEventTry):
                self.caller.recvEvent(CCEventDisconnect())
                return
            _, caller, called, body, _, name = event.getData()
            event.data = (None, caller, called, body, None, name)
            self.callee = self._leg(nh_address=self._next_hop)
        self.callee.recvEvent(event)


def main() -> None:
    """Serve until terminated."""
    port, next_hop = int(sys.argv[1]), ("127.0.0.1", int(sys.argv[2]))
    settings: dict[str, Any] = {"_sip_address": "127.0.0.1", "_sip_port": port, "_sip_logger": NoLog()}
    SipConf.my_uaname = "bare"

    def arrived(request: Any, transaction: Any) -> Any:
        if request.getHFBody("to").getTag() is not None:
            return request.genResponse(481, "Call/Transaction Does Not Exist"), None, None
        if request.getMethod() == "INVITE":
            return Call(settings, next_hop).caller.recvRequest(request, transaction)
        return request.genResponse(501, "Not Implemented"), None, None

    settings["_sip_tm"] = Manager(settings, arrived)
    ED2.regSignal(signal.SIGTERM, ED2.breakLoop)
    print("ready", flush=True)
    ED2.loop()


if __name__ == "__main__":
    main()
