"""Whether an operator is there: OPTIONS from time to time to each of its servers, and what follows from their silence (R-04.10).

Decides when a trunk counts as gone: it has answered before, and none of its servers has for `SILENT_AT_MOST` rounds in a row. Any
answer will do, a refusal too; one that never answered counts as there, for some operators know no OPTIONS. While nobody answers
it is asked more often, so that it comes back by itself. Leaves the trunk's state to `trunks.py`. Source: RFC 3261 section 11.
Imported in the loop's thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sippy.SipAddress import SipAddress
from sippy.SipFrom import SipFrom
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from live_bridge.sip.dialog.failover import Hop
from live_bridge.sip.loop import Loop, Timer
from live_bridge.sip.sippy_patches import reports

SILENT_AT_MOST: Final = 2
"""Rounds in a row without an answer."""

ANSWER_S: Final = 5.0
"""Time for an answer; a packet is sent four times meanwhile."""

SOON_S: Final = 10.0
"""Between rounds, while nobody answers and at the beginning; `every_s` if that is less."""

TIMEOUT: Final = 408
"""What the transaction layer says when nobody answered (RFC 3261 section 8.1.3.1)."""

BUSY: Final = 503

Find = Callable[[Callable[[Sequence[Hop]], None]], None]
"""Gives the servers of a trunk, soon or at once."""


class TrunkMonitor:
    """Asks one trunk's servers once in `every_s`. `changed` hears when the trunk is gone (False) and back (True)."""

    def __init__(
        self, loop: Loop, find: Find, host: str, domain: str, every_s: float, changed: Callable[[bool], None]
    ) -> None:
        self.there = True
        self._loop = loop
        self._find = find
        self._host = host
        self._domain = domain
        self._every_s = every_s
        self._changed = changed
        self._silent: int | None = None
        """Rounds since the last answer; None before the first one."""
        self._round = 0
        self._timer: Timer | None = loop.later(min(every_s, SOON_S), self._ask_all)

    def close(self) -> None:
        """Ask no more."""
        self._round += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- a round ------------------------------------------------------------------------------------------------------

    def _ask_all(self) -> None:
        self._round += 1
        this_round = self._round
        self._timer = self._loop.later(min(ANSWER_S, max(self._every_s, 1.0)), self._silence, this_round)

        def ask(hops: Sequence[Hop]) -> None:
            if this_round != self._round:
                return
            for hop in hops:
                try:
                    self._ask(hop, this_round)
                except Exception:
                    reports.report(f"asking {self._host} whether it is there failed")

        self._find(ask)

    def _ask(self, hop: Hop, this_round: int) -> None:
        sender = SipFrom(address=SipAddress(url=SipURL(username="pbx", host=self._domain)))
        sender.genTag()
        request = SipRequest(
            method="OPTIONS",
            ruri=SipURL(host=self._host),
            to=SipTo(address=SipAddress(url=SipURL(host=self._host))),
            fr0m=sender,
            target=hop.address,
        )

        def answered(response: Any) -> None:
            code = response.getSCode()[0]
            if hop.told is not None:
                hop.told(code not in (TIMEOUT, BUSY))
            if code != TIMEOUT and code >= 200 and this_round == self._round:
                self._answered()

        hop.line.global_config["_sip_tm"].newTransaction(request, answered)

    def _answered(self) -> None:
        self._silent = 0
        self._later(self._every_s)
        self._become(True)

    def _silence(self, this_round: int) -> None:
        self._timer = None
        if this_round != self._round:
            return
        if self._silent is not None:
            self._silent += 1
        self._later(min(self._every_s, SOON_S) if self._silent else self._every_s)
        if self._silent is not None and self._silent >= SILENT_AT_MOST:
            self._become(False)

    def _later(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._round += 1  # what comes late of this round is not counted
        self._timer = self._loop.later(delay_s, self._ask_all)

    def _become(self, there: bool) -> None:
        if there != self.there:
            self.there = there
            self._changed(there)
