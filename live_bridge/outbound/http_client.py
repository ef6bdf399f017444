"""Web requests of calls: signed POSTs to customers' own servers (R-13.6 to R-13.10), and the posts of `webhooks.py`.

One thread of its own runs every request beside the calls. Decides what is sent, where a request may go, how long it may
take and what counts as an answer; each request ends in exactly one WebServerAnswered or WebServerFailed. Leaves what an
answer means to `engine/elements/http_request.py`.

A name in a customer's address may point anywhere, and elsewhere in the next second. So the address is checked where the
connection is made, after the look-up and for the very address connected to; no second look-up happens. Every request has
a connection of its own: a kept one may be closed under us, and a request is never sent twice (R-13.10).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import httpcore
import httpx
import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import limits
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US
from live_bridge.config_sections import WebConfig
from live_bridge.store import private_files

log = logging.getLogger(__name__)

Done = Callable[[ev.Event], None]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

CONNECT_S = 2.0
"""R-13.8."""

REQUESTS_MOST = 500
"""Requests under way at once; one more is refused and its call goes its default way."""

ADDRESSES_MOST = 3
"""Addresses of one name that are tried."""

SIGNATURE = "X-PBX-Signature"
SECRET_FILE = "web-secret"

_NAT64 = IPv6Network("64:ff9b::/96")
_LOCALHOST = ("localhost", "127.0.0.1", "::1")


class ForbiddenAddress(httpcore.ConnectError):
    """A name leads to this machine or its neighbours, and nobody allowed it."""


class _Unusable(Exception):
    """A server answered, and the answer is not even to be read."""


class WebError(PbxError):
    """No answer came: the message begins with one of the reasons of `WebServerFailed`."""


def signature(secret: bytes, body: bytes) -> str:
    """What stands in `X-PBX-Signature`: HMAC-SHA256 of the body as sent (RFC 2104).

    >>> signature(b"key", b"{}")[:20]
    'sha256=a777724d943eb'
    """
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def own_secret(folder: Path, name: str = SECRET_FILE) -> bytes:
    """One of the bridge's own secrets, made once, readable by its owner only; used when the configuration names none."""
    return private_files.own_secret(folder, name)


def reached(address: Address) -> Address:
    """The address that packets to `address` come to in the end, when it stands for an IPv4 one (RFC 4291, 6052, 3056).

    >>> reached(ip_address("::ffff:10.0.0.1")), reached(ip_address("64:ff9b::a00:1")), reached(ip_address("2002:a00:1::"))
    (IPv4Address('10.0.0.1'), IPv4Address('10.0.0.1'), IPv4Address('10.0.0.1'))
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        if address.sixtofour is not None:
            return address.sixtofour
    return address


def may_reach(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether a request may go to an address: a public one, or one in a network that the configuration allows (R-13.7).

    >>> [may_reach(ip_address(a), []) for a in ("9.9.9.9", "10.1.2.3", "169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0")]
    [True, False, False, False, False, False]
    """
    end = reached(address)
    if any(end in network or address in network for network in allowed):
        return True
    return end.is_global and not end.is_multicast


class _Backend(httpcore.AsyncNetworkBackend):
    """Connections to checked addresses alone. With `local`, to this machine alone: plain HTTP goes nowhere else."""

    def __init__(self, allowed: Sequence[Network], local: bool) -> None:
        self._allowed = allowed
        self._local = local
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port, socket_options)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} took longer than {timeout} s") from None

    async def _connect(
        self, host: str, port: int, socket_options: Iterable[httpcore.SOCKET_OPTION] | None
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error}") from None
        addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
        good = [address for address in addresses if self._may(ip_address(address))]
        if not good:
            raise ForbiddenAddress(f"{host} is {', '.join(addresses) or 'nowhere'}")
        for address in good[: ADDRESSES_MOST - 1]:
            with contextlib.suppress(httpcore.ConnectError):
                return await self._inner.connect_tcp(address, port, socket_options=socket_options)
        return await self._inner.connect_tcp(good[-1], port, socket_options=socket_options)

    def _may(self, address: Address) -> bool:
        if self._local:
            return address.is_loopback
        return may_reach(address, self._allowed)

    async def connect_unix_socket(self, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        raise ForbiddenAddress("no request goes to a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class WebClient:
    """Asks web servers for the engine: `ask` is the driver's `ask`. Close it when the driver has stopped."""

    def __init__(
        self, config: WebConfig, secret: bytes, certificates: ssl.SSLContext | None = None, domain: str = ""
    ) -> None:
        """`domain` is the installation's own SIP domain, where it is not the account's usual one (R-13.7)."""
        self._domain = domain
        self._allowed: tuple[Network, ...] = config.networks
        self._secret = secret
        self._tls = certificates or ssl.create_default_context(
            cafile=str(config.certificates) if config.certificates is not None else None
        )
        self._under_way: set[asyncio.Task[None]] = set()
        self._closing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def ask(self, command: cmd.AskWebServer, done: Done) -> None:
        """Send one request; `done` gets its one ending, from the web thread, within the command's time."""
        started_ns = time.monotonic_ns()
        if self._closing:
            done(_failed(command, "refused", started_ns))
            return
        self._loop.call_soon_threadsafe(self._begin, command, done, started_ns)

    def request(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_s: float
    ) -> Future[tuple[int, bytes]]:
        """Send `body` to `url` over HTTPS; status and body of the answer, or WebError. From any thread."""
        if self._closing:
            refused: Future[tuple[int, bytes]] = Future()
            refused.set_exception(WebError("refused: the bridge stops"))
            return refused
        return asyncio.run_coroutine_threadsafe(self._send(method, url, headers, body, timeout_s), self._loop)

    async def _send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, timeout_s: float
    ) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._exchange(httpx.URL(url), headers, body, method)
        except asyncio.CancelledError:
            raise WebError("refused: the bridge stops") from None
        except Exception as error:
            reason, told = _reason(error)
            raise WebError(f"{reason}: {told}" if told else reason) from None

    def close(self) -> None:
        """Requests under way end as refused; nothing is asked any more."""
        if self._closing:
            return
        self._closing = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _begin(self, command: cmd.AskWebServer, done: Done, started_ns: int) -> None:
        if len(self._under_way) >= REQUESTS_MOST:
            log.error("%s web requests are under way; %s is not sent", REQUESTS_MOST, command.request)
            done(_failed(command, "refused", started_ns))
            return
        task = self._loop.create_task(self._ask(command, done, started_ns))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _ask(self, command: cmd.AskWebServer, done: Done, started_ns: int) -> None:
        reason, told = "refused", ""
        try:
            async with asyncio.timeout(command.timeout_us / SECOND_US):
                body = of_domain(command.body, self._domain).encode()
                headers = [
                    ("Content-Type", "application/json"),
                    ("Accept", "application/json, text/plain"),
                    ("Idempotency-Key", command.request),
                    (SIGNATURE, signature(self._secret, body)),
                ]
                status, data = await self._exchange(httpx.URL(command.url), headers, body)
            done(
                ev.WebServerAnswered(
                    request=command.request, status=status, body=_text(data), latency_us=_since_us(started_ns)
                )
            )
            return
        except asyncio.CancelledError:
            told = "the bridge stops"
        except Exception as error:
            reason, told = _reason(error)
        log.warning("web request %s failed: %s %s", command.request, reason, told)
        done(_failed(command, reason, started_ns))

    async def _exchange(
        self, url: httpx.URL, headers: Sequence[tuple[str, str]], body: bytes, method: str = "POST"
    ) -> tuple[int, bytes]:
        local = url.scheme == "http" and url.host in _LOCALHOST
        if url.scheme != "https" and not local:
            raise ForbiddenAddress("only https leaves this machine (R-13.6)")
        headers = [
            ("Host", url.netloc.decode("ascii")),
            ("Content-Length", str(len(body))),
            *headers,
            ("Accept-Encoding", "identity"),
            ("User-Agent", "pbx-workbench"),
            ("Connection", "close"),
        ]
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        timeouts = {"timeout": {"connect": CONNECT_S, "read": None, "write": None, "pool": None}}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, network_backend=_Backend(self._allowed, local), max_keepalive_connections=0
            ) as pool,
            pool.stream(method, target, headers=headers, content=body, extensions=timeouts) as answer,
        ):
            if 300 <= answer.status < 400:
                raise _Unusable("redirect")
            data = bytearray()
            async for part in answer.aiter_stream():
                data += part
                if len(data) > limits.HTTP_ANSWER_BYTES:
                    raise _Unusable("too_large")
            return answer.status, bytes(data)


def of_domain(body: str, domain: str) -> str:
    """A request's body with the SIP domain that this installation gives the account. The engine knows none but the usual one,
    as one flow means the same in every world.

    >>> of_domain('{"domain":"example.onpbx.ru","element":5600}', "pbx.example.org")
    '{"domain":"pbx.example.org","element":5600}'
    """
    if not domain:
        return body
    said = msgspec.json.decode(body)
    if not isinstance(said, dict) or "domain" not in said:
        return body
    return msgspec.json.encode({**said, "domain": domain}).decode()


def _reason(error: Exception) -> tuple[str, str]:
    """Why a request came to nothing, in the words of `WebServerFailed`, and what was told about it."""
    if isinstance(error, TimeoutError | httpcore.TimeoutException):
        return "timeout", ""
    if isinstance(error, ForbiddenAddress):
        return "forbidden_address", str(error)
    if isinstance(error, _Unusable):
        return str(error), ""
    if isinstance(error, httpcore.ProtocolError):
        return "protocol", str(error)
    return ("tls" if _of_tls(error) else "refused"), str(error) or type(error).__name__


def _failed(command: cmd.AskWebServer, reason: str, started_ns: int) -> ev.WebServerFailed:
    return ev.WebServerFailed(request=command.request, reason=reason, latency_us=_since_us(started_ns))


def _since_us(started_ns: int) -> int:
    return (time.monotonic_ns() - started_ns) // 1000


def _text(data: bytes) -> str:
    """The answer as text. What is not UTF-8 becomes a text that no rule understands, so it counts as a bad body."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"


def _of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
