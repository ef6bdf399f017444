"""Where a SIP name leads: addresses in the order they are to be tried (RFC 3263), found beside the loop and kept for their time.

Decides transport, port and order of the servers of a domain by its NAPTR, SRV, A and AAAA records; a server that failed is
tried last for a while. Look-ups run in threads of their own and answer in the loop; what is known is answered at once. Leaves
sending to `sip/dialog/leg.py`, `sip/dialog/failover.py` and `sip/trunks/registration.py`. No sippy.
Sources: RFC 3263 section 4, RFC 2782 (weights), RFC 8767 (old answers are better than none).
"""

from __future__ import annotations

import ipaddress
import logging
import random
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

import dns.exception
import dns.nameserver
import dns.resolver
import msgspec

log = logging.getLogger(__name__)

Transport = Literal["udp", "tcp", "tls"]

DEFAULT_PORT: Final[dict[Transport, int]] = {"udp": 5060, "tcp": 5060, "tls": 5061}

SERVICES: Final[dict[str, Transport]] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
"""NAPTR services (RFC 3263 section 4.1)."""

PREFIXES: Final[dict[Transport, str]] = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}

QUERY_S: Final = 3.0
"""Longest wait for one record."""

LEAST_S: Final = 1.0
MOST_S: Final = 86_400.0
"""Bounds on how long an answer is kept, whatever its time to live says."""

AGAIN_S: Final = 10.0
"""After a look-up failed: until it is tried again."""

SYSTEM_S: Final = 30.0
"""How long an address from the system's own tables (`/etc/hosts`) is kept: it tells no time to live."""

DOWN_S: Final = 60.0
"""How long a server that did not answer is tried after the others."""

KEPT: Final = 1_000
"""Names remembered; users may call names, so their number is bounded."""

TARGETS: Final = 8
"""Servers of one name tried, at most."""


class Target(msgspec.Struct, frozen=True):
    """One server: a numeric address (IPv6 without brackets), a UDP or TCP port, a transport."""

    host: str
    port: int
    transport: Transport


class ServerRecord(msgspec.Struct, frozen=True):
    """One server of a name as the records say, with its place among the others."""

    rank: int
    """Place of its transport: order and preference of NAPTR, or ours."""
    priority: int
    weight: int
    targets: tuple[Target, ...]


class Way(msgspec.Struct, frozen=True):
    """What is known of a name."""

    servers: tuple[ServerRecord, ...]
    until_s: float


Found = Callable[[tuple[Target, ...]], None]
"""Takes the servers of a name, best first; none when it has no address."""


class PostToLoop(Protocol):
    """Runs a function soon in the loop's thread."""

    def __call__(self, function: Callable[..., Any], /, *arguments: Any) -> None: ...


class Failed(Exception):
    """The name servers do not answer: what was known before goes on holding."""


@lru_cache(maxsize=4096)
def numeric(host: str) -> bool:
    """Whether `host` is an address and needs no look-up."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class Resolver:
    """Use in the loop's thread only; `post` leads there. `transports` are those we can speak, best first."""

    def __init__(
        self,
        post: PostToLoop,
        *,
        transports: Sequence[Transport] = ("udp",),
        servers: Sequence[tuple[str, int]] = (),
        six: bool = True,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._transports = tuple(transports)
        self._six = six
        self._now_s = now_s
        self._known: OrderedDict[tuple[str, int | None, str | None], Way] = OrderedDict()
        self._waiting: dict[tuple[str, int | None, str | None], list[Found]] = {}
        self._down: dict[Target, float] = {}
        self._servers = tuple(servers)
        self._resolver: dns.resolver.Resolver | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    # --- asking -------------------------------------------------------------------------------------------------------

    def find(self, host: str, port: int | None, transport: Transport | None, found: Found) -> None:
        """The servers of `host`, best first, to `found`: at once if they are known, otherwise soon. A `port` given means no
        SRV, a `transport` given means no NAPTR (RFC 3263 section 4.1, 4.2)."""
        bare = host.strip("[]").lower()
        if numeric(bare):
            way = transport or "udp"
            found((Target(bare, port or DEFAULT_PORT[way], way),))
            return
        key = (bare.rstrip("."), port, transport)
        way_known = self._known.get(key)
        if way_known is not None and way_known.until_s > self._now_s():
            self._known.move_to_end(key)
            found(self._in_order(way_known))
            return
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.append(found)
            return
        if self._closed:
            return
        self._waiting[key] = [found]
        if self._threads is None:
            self._threads = ThreadPoolExecutor(4, thread_name_prefix="sip-names")
        self._threads.submit(self._look_up, key)

    def known(self, host: str, port: int | None, transport: Transport | None) -> tuple[Target, ...]:
        """What is known of a name now, out of date or not; nothing is looked up."""
        bare = host.strip("[]").lower()
        if numeric(bare):
            way = transport or "udp"
            return (Target(bare, port or DEFAULT_PORT[way], way),)
        known = self._known.get((bare.rstrip("."), port, transport))
        return () if known is None else tuple(target for server in known.servers for target in server.targets)

    def told(self, target: Target, good: bool) -> None:
        """A server answered, or did not: for a while it is tried after the others."""
        if good:
            self._down.pop(target, None)
            return
        now = self._now_s()
        if len(self._down) >= KEPT:
            self._down = {one: until_s for one, until_s in self._down.items() if until_s > now}
        self._down[target] = now + DOWN_S

    def close(self) -> None:
        """Nobody is told anything any more."""
        self._closed = True
        self._waiting.clear()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    # --- order --------------------------------------------------------------------------------------------------------

    def _in_order(self, way: Way) -> tuple[Target, ...]:
        ordered = [target for server in by_weight(way.servers) for target in server.targets]
        now = self._now_s()
        ordered.sort(key=lambda target: self._down.get(target, 0.0) > now)
        return tuple(ordered[:TARGETS])

    # --- looking up, in threads ---------------------------------------------------------------------------------------

    def _look_up(self, key: tuple[str, int | None, Transport | None]) -> None:
        host, port, transport = key
        servers: tuple[ServerRecord, ...] | None = None
        ttl_s = AGAIN_S
        try:
            servers, ttl_s = self._servers_of(host, port, transport)
        except Failed as fault:
            log.warning("the name servers do not say where %s is: %s", host, fault)
        except Exception:
            log.exception("looking up %s failed", host)
        self._post(self._looked_up, key, servers, ttl_s)

    def _looked_up(
        self, key: tuple[str, int | None, str | None], servers: tuple[ServerRecord, ...] | None, ttl_s: float
    ) -> None:
        if self._closed:
            return
        old = self._known.get(key)
        if servers is None:
            servers = () if old is None else old.servers
        way = Way(servers, self._now_s() + ttl_s)
        self._known[key] = way
        self._known.move_to_end(key)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        for found in self._waiting.pop(key, []):
            try:
                found(self._in_order(way))
            except Exception:
                log.exception("whoever asked for %s broke", key[0])

    def _servers_of(
        self, host: str, port: int | None, transport: Transport | None
    ) -> tuple[tuple[ServerRecord, ...], float]:
        if port is not None:
            way = transport or "udp"
            targets, ttl_s = self._addresses(host, port, way)
            return ((ServerRecord(0, 0, 0, targets),) if targets else ()), ttl_s
        ttl_s = MOST_S
        names: list[tuple[Transport, str]] = []
        if transport is None:
            records, ttl_s = self._ask(host, "NAPTR")
            for record in sorted(records, key=lambda r: (r.order, r.preference)):
                service = SERVICES.get(record.service.decode("ascii", "replace").upper())
                if service in self._transports and record.flags.lower() == b"s":
                    names.append((service, record.replacement.to_text(omit_final_dot=True)))
        if not names:
            ttl_s = MOST_S
            names = [(way, PREFIXES[way] + host) for way in ((transport,) if transport else self._transports)]
        found: list[ServerRecord] = []
        for rank, (way, name) in enumerate(names):
            records, record_ttl_s = self._ask(name, "SRV")
            ttl_s = min(ttl_s, record_ttl_s) if records else ttl_s
            for record in records:
                target = record.target.to_text(omit_final_dot=True)
                if target in ("", "."):
                    continue  # the service is decidedly not there (RFC 2782)
                targets, address_ttl_s = self._addresses(target, record.port, way)
                if targets:
                    ttl_s = min(ttl_s, address_ttl_s)
                    found.append(ServerRecord(rank, record.priority, record.weight, targets))
        if found:
            return tuple(found), ttl_s
        way = transport or "udp"
        targets, ttl_s = self._addresses(host, DEFAULT_PORT[way], way)
        return ((ServerRecord(0, 0, 0, targets),) if targets else ()), ttl_s

    def _addresses(self, host: str, port: int, transport: Transport) -> tuple[tuple[Target, ...], float]:
        if numeric(host):
            return (Target(host, port, transport),), MOST_S
        found: list[Target] = []
        ttl_s = MOST_S
        for kind in ("A", "AAAA") if self._six else ("A",):
            records, record_ttl_s = self._ask(host, kind)
            if records:
                ttl_s = min(ttl_s, record_ttl_s)
            found += [Target(record.address, port, transport) for record in records]
        if found:
            return tuple(found), ttl_s
        try:  # the system's own tables, which name servers do not know
            answers = socket.getaddrinfo(host, port, 0 if self._six else socket.AF_INET, socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            return (), AGAIN_S
        return tuple(Target(str(answer[4][0]), port, transport) for answer in answers), SYSTEM_S

    def _ask(self, name: str, kind: str) -> tuple[list[Any], float]:
        """Records of one kind and the seconds they hold; none is an answer too. Failed when nobody answers."""
        if self._resolver is None:
            self._resolver = _resolver(self._servers)
        try:
            answer = self._resolver.resolve(name, kind, search=False, raise_on_no_answer=False, lifetime=QUERY_S)
        except dns.resolver.NXDOMAIN:
            return [], AGAIN_S
        except (dns.resolver.LifetimeTimeout, dns.resolver.NoNameservers) as fault:
            raise Failed(f"{kind} {name}: {fault}") from None
        except dns.exception.DNSException as fault:
            log.info("%s %s cannot be looked up: %s", kind, name, fault)
            return [], AGAIN_S
        if answer.rrset is None:
            return [], AGAIN_S
        return list(answer.rrset), min(max(float(answer.rrset.ttl), LEAST_S), MOST_S)


def by_weight(servers: Sequence[ServerRecord], chance: Callable[[], float] = random.random) -> list[ServerRecord]:
    """Servers in the order they are to be tried: by rank and priority, and by lot in proportion to their weights (RFC 2782).

    >>> light, heavy = ServerRecord(0, 10, 1, ()), ServerRecord(0, 10, 99, ())
    >>> by_weight([heavy, light, ServerRecord(0, 5, 0, ())], lambda: 0.5)[1:] == [heavy, light]
    True
    """
    ordered: list[ServerRecord] = []
    for place in sorted({(server.rank, server.priority) for server in servers}):
        left = sorted((s for s in servers if (s.rank, s.priority) == place), key=lambda server: server.weight)
        while left:
            lot = chance() * sum(server.weight for server in left)
            running = 0.0
            for server in left:
                running += server.weight
                if running >= lot:
                    break
            ordered.append(server)
            left.remove(server)
    return ordered


def _resolver(servers: Sequence[tuple[str, int]]) -> dns.resolver.Resolver:
    """A resolver without a memory of its own: what is kept, and how long, is decided here."""
    try:
        resolver = dns.resolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.resolver.Resolver(configure=False)
    if servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in servers]
    resolver.cache = None
    return resolver
