"""Our registration of a trunk at its operator: kept up, refreshed in time, taken back at the end (R-04.1, R-04.10).

Decides when to register again and what state the trunk is in: `registered` after a 2xx, `unregistered` while the operator does
not answer, `failed` when it refuses our login, `barred` when it forbids us. Of several servers the next one is asked when one is
not there (RFC 3263 section 4.3). Leaves calls over the trunk to `endpoint.py`, the trunk's whole state to `trunks.py`.
Sources: RFC 3261 section 10.2, RFC 7616. Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipExpires import SipExpires
from sippy.SipFrom import SipFrom
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from engine.numbers.digits import is_digits
from live_bridge.sip import digest
from live_bridge.sip.dialog.failover import Hop
from live_bridge.sip.dialog.our_messages import header
from live_bridge.sip.loop import Loop, Timer
from live_bridge.sip.settings import TrunkPeers
from live_bridge.sip.sippy_patches import reports

log = logging.getLogger(__name__)

REFRESH_SHARE: Final = 0.8
"""Of the expiry granted, after which we register again: well before it runs out."""

RETRY_S: Final = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Waits between tries while the operator does not answer; the last one repeats."""

REFUSED_RETRY_S: Final = 300.0
"""Wait after a refusal, which another try will hardly change."""

EXPIRES_MOST_S: Final = 86_400

TRY_NEXT_S: Final = 5.0
"""A server that says nothing for so long is given up when there is another one."""

STALE_AT_MOST: Final = 4
"""Challenges answered in one round: an operator that calls every nonce stale is not asked for ever."""

PROOF_FOR: Final = {"www-authenticate": "Authorization", "proxy-authenticate": "Proxy-Authorization"}

State = Literal["registered", "unregistered", "failed", "barred"]

Find = Callable[[Callable[[Sequence[Hop]], None]], None]
"""Gives the operator's servers, best first, soon or at once."""


class TrunkRegistration:
    """One trunk's registration. `changed` hears of every change of state."""

    def __init__(
        self, loop: Loop, find: Find, key: str, trunk: TrunkPeers, changed: Callable[[str, State], None]
    ) -> None:
        self.key = key
        self.trunk = trunk
        self.state: State | None = None
        self._loop = loop
        self._find = find
        self._hops: deque[Hop] = deque()
        self._changed = changed
        self._expires = trunk.expires_s
        self._call_id = SipCallId()
        self._tag = secrets.token_hex(8)
        self._cseq = secrets.randbelow(1000) + 1
        self._failures = 0
        self._timer: Timer | None = None
        self._patience: Timer | None = None
        self._round = 0
        self._closing = False
        self._stale_left = STALE_AT_MOST

    def start(self) -> None:
        """Register, and stay so."""
        self._become("unregistered")
        self._begin()

    def close(self, *, leave: bool = True) -> None:
        """End it; with `leave` the registration is taken back, and nothing is waited for."""
        if self._closing:
            return
        self._closing = True
        self._stop_timers()
        self._round += 1
        if leave and self.state == "registered" and self._hops:
            self._register(0)

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._patience):
            if timer is not None:
                timer.cancel()
        self._timer = self._patience = None

    # --- out ----------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Register again, at the best server there is."""
        self._stale_left = STALE_AT_MOST
        self._stop_timers()
        self._round += 1
        this_round = self._round

        def found(hops: Sequence[Hop]) -> None:
            if this_round != self._round or self._closing:
                return
            self._hops = deque(hops)
            if hops:
                self._register(self._expires)
            else:
                log.warning("the operator of trunk %s has no address: %s", self.key, self.trunk.host)
                self._again(RETRY_S[min(self._failures, len(RETRY_S) - 1)], "unregistered")

        self._find(found)

    def _next_server(self) -> None:
        """The server is not there: the next one, or all of them again later."""
        if self._hops and self._hops[0].told is not None:
            self._hops[0].told(False)
        if self._hops:
            self._hops.popleft()
        if self._hops and not self._closing:
            self._register(self._expires)
        elif not self._closing:
            self._again(RETRY_S[min(self._failures, len(RETRY_S) - 1)], "unregistered")

    def _register(self, expires: int, proof: tuple[str, str] | None = None) -> None:
        trunk, hop = self.trunk, self._hops[0]
        self._stop_timers()
        self._round += 1
        if len(self._hops) > 1 and not self._closing:
            self._patience = self._loop.later(TRY_NEXT_S, self._next_server)
        login = trunk.login or trunk.number

        def home() -> Any:
            return SipAddress(url=SipURL(username=login, host=trunk.host))

        sender = SipFrom(address=home())
        sender.setTag(self._tag)
        request = SipRequest(
            method="REGISTER",
            ruri=SipURL(host=trunk.host),
            to=SipTo(address=home()),
            fr0m=sender,
            cseq=self._cseq,
            callid=self._call_id,
            contact=SipContact(address=SipAddress(url=SipURL(username=login))),
            expires=SipExpires(number=expires),
            target=hop.address,
        )
        self._cseq += 1
        if proof is not None:
            request.appendHeader(header(*proof))
        this_round = self._round

        def answered(response: Any) -> None:
            if this_round != self._round:
                return
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
            try:
                self._answered(response, expires, proof is not None)
            except Exception:
                reports.report(f"the answer to the registration of trunk {self.key} cannot be read")
                self._again(REFUSED_RETRY_S, "failed")

        hop.line.global_config["_sip_tm"].newTransaction(request, answered)

    # --- in -----------------------------------------------------------------------------------------------------------

    def _answered(self, response: Any, asked: int, proved: bool) -> None:
        code = response.getSCode()[0]
        if code < 200:
            return
        if code in (401, 407):
            self._challenged(response, asked, proved)
        elif self._closing:
            return
        elif code < 300:
            granted = self._granted(response, asked)
            self._failures = 0
            if self._hops[0].told is not None:
                self._hops[0].told(True)
            self._become("registered")
            self._later(granted * REFRESH_SHARE)
        elif code == 423 and response.countHFs("min-expires"):
            text = str(response.getHFBody("min-expires")).strip()
            least = int(text) if is_digits(text) and len(text) <= 6 else 0
            if not asked < least <= EXPIRES_MOST_S:
                self._again(REFUSED_RETRY_S, "failed")
                return
            self._expires = least
            self._register(least)
        elif code in (408, 500, 502, 503, 504):
            self._next_server()
        else:
            self._again(REFUSED_RETRY_S, "barred" if code == 403 and proved else "failed")

    def _challenged(self, response: Any, asked: int, proved: bool) -> None:
        name = "www-authenticate" if response.getSCode()[0] == 401 else "proxy-authenticate"
        for field in response.getHFs(name):
            challenge, uri = str(field.body), f"sip:{self.trunk.host}"
            if not self.trunk.login or (proved and not (digest.is_stale(challenge) and self._stale_left > 0)):
                continue
            proof = digest.answer(challenge, self.trunk.login, self.trunk.password, "REGISTER", uri)
            if proof is not None:
                self._stale_left -= 1
                self._register(asked, (PROOF_FOR[name], proof))
                return
        if not self._closing:
            log.error("the operator refuses the login of trunk %s; check its password", self.key)
            self._again(REFUSED_RETRY_S, "failed")

    def _granted(self, response: Any, asked: int) -> int:
        """Seconds the operator keeps us, by our contact's parameter, else its Expires, else what we asked."""
        login = self.trunk.login or self.trunk.number
        for contact in response.getHFBodys("contact"):
            if contact.asterisk or contact.getUrl().username != login:
                continue
            text = contact.address.getParam("expires")
            if text is not None and is_digits(text):
                return max(1, min(int(text[:10]), EXPIRES_MOST_S))
        if response.countHFs("expires"):
            return max(1, min(int(response.getHFBody("expires").getNum()), EXPIRES_MOST_S))
        return asked

    # --- time ---------------------------------------------------------------------------------------------------------

    def _again(self, delay_s: float, state: State) -> None:
        self._failures += 1
        self._become(state)
        self._later(delay_s)

    def _later(self, delay_s: float) -> None:
        if not self._closing:
            self._stop_timers()
            self._timer = self._loop.later(delay_s, self._begin)

    def _become(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._changed(self.key, state)
