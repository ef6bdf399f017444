"""Trunks as signalling sees them: whose requests are an operator's, where calls go out to, and what state each trunk is in.

Decides a trunk's state (R-04.10) from its registration and from whether its operator answers: `registered` while both are well.
Trunks may change while calls run: what is new registers, what is gone is unregistered, what changed begins again; calls in
progress stay. Leaves registering to `registration.py`, asking to `trunk_monitor.py`, names to `sip/transport/dns.py`.
Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from live_bridge.sip.dialog.failover import Hop
from live_bridge.sip.loop import Loop
from live_bridge.sip.settings import TrunkPeers
from live_bridge.sip.transport.dns import Resolver, Target, numeric
from live_bridge.sip.trunks.registration import State, TrunkRegistration
from live_bridge.sip.trunks.trunk_monitor import TrunkMonitor

log = logging.getLogger(__name__)

NAMES_S = 30.0
"""How often names of operators are looked at: what has run out is looked up again, so that their calls are known as theirs."""


class TrunkLines(Protocol):
    """The part of the endpoint that is needed here."""

    def hop(self, target: Target, told: Callable[[bool], None] | None = None, name: str = "") -> Hop | None:
        """The way to a server; None when no line of ours speaks its kind of address."""


class Trunks:
    """All trunks of one PBX. `changed` hears of every change of a trunk's state."""

    def __init__(
        self,
        loop: Loop,
        names: Resolver,
        lines: TrunkLines,
        domain: str,
        qualify_s: float,
        changed: Callable[[str, State], None],
    ) -> None:
        self.trunks: dict[str, TrunkPeers] = {}
        self.registrations: dict[str, TrunkRegistration] = {}
        self._presences: dict[str, TrunkMonitor] = {}
        self._told: dict[str, State] = {}
        """The state told last; a trunk counts as registered before (R-04.10)."""
        self._loop = loop
        self._names = names
        self._lines = lines
        self._domain = domain
        self._qualify_s = qualify_s
        self._changed = changed
        self._closed = False
        self._look()

    # --- which there are ----------------------------------------------------------------------------------------------

    def change(self, trunks: Mapping[str, TrunkPeers]) -> None:
        """These are the trunks from now on."""
        for key in [key for key, trunk in self.trunks.items() if trunks.get(key) != trunk]:
            old, new = self.trunks.pop(key), trunks.get(key)
            presence = self._presences.pop(key, None)
            if presence is not None:
                presence.close()
            registration = self.registrations.pop(key, None)
            if registration is not None:
                same = (
                    new is not None
                    and new.register
                    and (new.host, new.login, new.number) == (old.host, old.login, old.number)
                )
                registration.close(leave=not same)  # the next registration of the same contact takes its place
            if new is None:
                log.info("trunk %s is gone", key)
                self._tell(key, "unregistered")
        for key, trunk in trunks.items():
            if key not in self.trunks:
                self.trunks[key] = trunk
                self._begin(key, trunk)
        self._refresh()

    def _begin(self, key: str, trunk: TrunkPeers) -> None:
        if not trunk.host:
            self._tell(key, "registered")
            return
        if trunk.qualify and self._qualify_s > 0:
            self._presences[key] = TrunkMonitor(
                self._loop, lambda hops: self.hops(trunk, hops), trunk.host, self._domain, self._qualify_s,
                lambda _: self._settle(key),
            )  # fmt: skip
        if trunk.register:
            registration = TrunkRegistration(
                self._loop, lambda hops: self.hops(trunk, hops), key, trunk, lambda *_: self._settle(key)
            )
            self.registrations[key] = registration
            registration.start()
        else:
            self._tell(key, "registered")

    # --- state --------------------------------------------------------------------------------------------------------

    def _settle(self, key: str) -> None:
        registration, presence = self.registrations.get(key), self._presences.get(key)
        state: State = "registered" if registration is None else registration.state or "unregistered"
        if state == "registered" and presence is not None and not presence.there:
            state = "unregistered"
        self._tell(key, state)

    def _tell(self, key: str, state: State) -> None:
        if self._told.get(key, "registered") != state:
            self._told[key] = state
            log.info("trunk %s is %s", key, state)
            self._changed(key, state)

    # --- whose requests are whose --------------------------------------------------------------------------------------

    def of(self, source: tuple[str, int]) -> list[str]:
        """Keys of the trunks whose operator sends from `source`."""
        host, port = source[0].strip("[]"), int(source[1])
        return [
            key
            for key, trunk in self.trunks.items()
            if any(peer.port in (None, port) and self._is(peer.host, host) for peer in trunk.peers)
            or (trunk.register and any(t.host == host and t.port == port for t in self._known(trunk)))
        ]

    def trusted(self, host: str) -> bool:
        """Whether an address is one of a carrier's."""
        bare = host.strip("[]")
        return any(self._is(peer.host, bare) for trunk in self.trunks.values() for peer in trunk.peers)

    def carrier(self, address: tuple[str, int]) -> bool:
        """Whether an address and port are a carrier's: of its peers, or where calls go out to. Port 0 stands for every port."""
        bare, port = address[0].strip("[]"), address[1]
        return any(
            any(peer.port in (None, port) and self._is(peer.host, bare) for peer in trunk.peers)
            or any(target.host == bare and target.port == port for target in self._known(trunk))
            for trunk in self.trunks.values()
        )

    def _is(self, name: str, host: str) -> bool:
        bare = name.strip("[]")
        return bare == host or (not numeric(bare) and any(t.host == host for t in self._names.known(bare, 5060, None)))

    def _known(self, trunk: TrunkPeers) -> Iterable[Target]:
        return self._names.known(trunk.host, trunk.port, trunk.transport) if trunk.host else ()

    # --- where to -----------------------------------------------------------------------------------------------------

    def hops(self, trunk: TrunkPeers, found: Callable[[Sequence[Hop]], None]) -> None:
        """The servers of a trunk's operator, best first, to `found`, at once or soon; none when its name leads nowhere."""

        def take(targets: tuple[Target, ...]) -> None:
            found(self.ways(targets, trunk.host))

        self._names.find(trunk.host, trunk.port, trunk.transport, take)

    def ways(self, targets: Iterable[Target], name: str) -> list[Hop]:
        """Ways to servers that our lines can reach; `name` is what their certificates must prove (RFC 5922)."""

        def told(target: Target) -> Callable[[bool], None]:
            return lambda good: self._names.told(target, good)

        found = (self._lines.hop(target, told(target), name) for target in targets)
        return [hop for hop in found if hop is not None]

    def _look(self) -> None:
        if not self._closed:
            self._refresh()
            self._loop.later(NAMES_S, self._look)

    def _refresh(self) -> None:
        def nothing(_: Any) -> None:
            """What is found is remembered by `names`."""

        for trunk in self.trunks.values():
            if trunk.host:
                self._names.find(trunk.host, trunk.port, trunk.transport, nothing)
            for peer in trunk.peers:
                if not numeric(peer.host):
                    self._names.find(peer.host, 5060, None, nothing)

    # --- the end ------------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Take our registrations back; nothing is asked any more."""
        self._closed = True
        for presence in self._presences.values():
            presence.close()
        for registration in self.registrations.values():
            registration.close()
