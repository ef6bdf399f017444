"""The hunt of one INVITE over servers: which is asked now, and when the next one is (RFC 3263 section 4.3).

Decides that a server is given up for the next one when it says 503 or 408, or nothing at all for `TRY_NEXT_S`, and tells of each
whether it answered. Leaves inviting, and letting go of an INVITE, to `leg.py`; which servers there are, and their order, to
`sip/transport/dns.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from live_bridge.sip.dialog.line import Identity
from live_bridge.sip.loop import Loop, Timer

TRY_NEXT_S: Final = 4.0
"""A server that says not even 100 for so long is given up when there is another one; a packet is sent four times meanwhile."""

NOT_HERE: Final = frozenset((408, 503))
"""Statuses after which another server of the same name may know better (RFC 3263 section 4.3)."""


class Hop(NamedTuple):
    """One server an INVITE may go to: the line it leaves by, ((host, port), transport), and who hears whether it answered."""

    line: Identity
    address: tuple[tuple[str, int], str]
    told: Callable[[bool], None] | None = None

    @property
    def host(self) -> str:
        """Its address, IPv6 without brackets."""
        return self.address[0][0].strip("[]")


def of_one_version(hops: Sequence[Hop]) -> list[Hop]:
    """The servers of the first one's IP version: an offer of ours names one address."""
    return [hop for hop in hops if (":" in hop.host) == (":" in hops[0].host)]


class Failover:
    """Over `hops`, best first and at least one: `invite` asks a server, `leave` lets go of one that says nothing."""

    def __init__(
        self, loop: Loop, hops: Sequence[Hop], invite: Callable[[Hop], None], leave: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._left = deque(hops)
        self._hop: Hop | None = None
        self._ways: tuple[Callable[[Hop], None], Callable[[], None]] | None = (invite, leave)
        self._patience: Timer | None = None

    def next(self) -> None:
        """Ask the next server; there must be one."""
        assert self._ways is not None
        self._hop = self._left.popleft()
        if self._left:
            self._patience = self._loop.later(TRY_NEXT_S, self._no_word)
        self._ways[0](self._hop)

    def heard(self, status: int) -> None:
        """A response came from the server asked now. One of `NOT_HERE` is left to `refused`."""
        if status not in NOT_HERE:
            self._stop_waiting()
            self._tell(True)

    def refused(self, status: int) -> bool:
        """The server asked now refused before anybody rang: whether the next one is asked instead."""
        if status not in NOT_HERE:
            return False
        self._tell(False)
        if not self._left:
            return False
        self._stop_waiting()
        self.next()
        return True

    def end(self) -> None:
        """The leg is over: nobody else is asked, and leg and hunt let go of each other."""
        self._stop_waiting()
        self._ways = None
        self._left.clear()

    def _no_word(self) -> None:
        self._patience = None
        if self._ways is None or not self._left:
            return
        self._tell(False)
        self._ways[1]()
        self.next()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _tell(self, good: bool) -> None:
        if self._hop is not None and self._hop.told is not None:
            self._hop.told(good)
