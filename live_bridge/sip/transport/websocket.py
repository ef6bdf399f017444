"""SIP over WebSocket, for telephones that are web pages: one listener, its connections, one message a frame.

Decides which pages may connect (Origin), how long a connection lives, how much it may send, and which connection an address
means: nobody can call a browser, so whatever goes to one goes over the connection it opened. Handshake, framing, pings and
TLS are the library's, in a thread of its own. Leaves messages to `transaction_manager.py`, bans to `rate_limits.py`, what
the loss of a connection means to `endpoint.py`. Sources: RFC 7118; RFC 6455 section 10.2 (Origin); RFC 5626 section 3.5.1
(keep-alive). Imported in the loop's thread only.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from sippy.Core.EventDispatcher import ED2
from sippy.Network_server import Remote_address
from sippy.Time.MonoTime import MonoTime
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from live_bridge.addresses import in_uri
from live_bridge.media import descriptors
from live_bridge.sip.settings import Listen
from live_bridge.sip.sippy_patches import reports
from live_bridge.sip.transport.listening_server import ConnectionServer
from live_bridge.sip.transport.message_filter import HEAD_BYTES, MESSAGE_BYTES

log = logging.getLogger(__name__)

CONNECTIONS_OF_HOST: Final = 200
"""An office behind one address has that many telephones at most."""

SETUP_S: Final = 10.0
"""Time for the handshakes, and then for the first message."""
IDLE_S: Final = 900.0
"""A connection without a message for so long is closed; telephones register again or send keep-alives before (R-15.7)."""
PING_S: Final = 20.0
"""How often the far end is pinged, and how long it has to answer: a page that was closed without a word is noticed."""
MESSAGES_PER_S: Final = 50.0
MESSAGES_BURST: Final = 200
"""Messages of one connection; one that sends more is closed. A call is about ten."""
UNSENT_BYTES: Final = 1 << 20
SHUTDOWN_S: Final = 2.0

_KEEP_ALIVE: Final = b"\r\n\r\n"
_PONG: Final = b"\r\n"

Where = tuple[str, int]

_wire_log = logging.getLogger("live_bridge.sip.transport.websocket.wire")
_wire_log.setLevel(logging.CRITICAL)  # the library logs every failed handshake with a traceback; strangers make those


class _Connection:
    """One connection as its own coroutines see it."""

    def __init__(self, socket: ServerConnection, where: Where) -> None:
        self.socket = socket
        self.where = where
        self.unsent: deque[bytes] = deque()
        self.unsent_bytes = 0
        self.wake = asyncio.Event()
        self.tokens = float(MESSAGES_BURST)
        self.tokens_at_s = time.monotonic()

    def allowed(self) -> bool:
        """Whether one more message is within the connection's rate."""
        now_s = time.monotonic()
        self.tokens = min(MESSAGES_BURST, self.tokens + (now_s - self.tokens_at_s) * MESSAGES_PER_S)
        self.tokens_at_s = now_s
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def put(self, data: bytes) -> bool:
        """Queue a message; False if the far end does not read and too much waits already."""
        if self.unsent_bytes + len(data) > UNSENT_BYTES:
            return False
        self.unsent.append(data)
        self.unsent_bytes += len(data)
        self.wake.set()
        return True


class WebSocketServer(ConnectionServer):
    """The server behind one `ws` or `wss` address. `send_to` and `holds` may be called from the loop's thread.

    `banned` says whether an address is not listened to, from any thread. `closed` is called in the loop's thread with the
    transport and the address of each connection that is gone.
    """

    def __init__(
        self,
        listen: Listen,
        data_callback: Any,
        *,
        banned: Callable[[str], bool] = lambda host: False,
        closed: Callable[[str, Where], None] = lambda transport, where: None,
    ) -> None:
        super().__init__(listen, data_callback)
        self.turned_away = 0
        """Connections refused for a ban or for their number."""
        self._banned = banned
        self._tell_closed = closed
        self._origins = [Origin(origin) for origin in listen.origins]
        self._connections: dict[Where, _Connection] = {}
        self._of_host: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{self.transport}-{self._shown[1]}", daemon=True)
        self._thread.start()
        self._started.wait(SETUP_S)

    # --- what the stack asks ------------------------------------------------------------------------------------------

    def getSIPaddr(self) -> tuple[Where, str]:  # noqa: N802 (the stack's name)
        """What stands in Via and Contact: `ws` in URIs, encrypted or not (RFC 7118 section 5.2)."""
        return self._shown, "ws"

    def holds(self, where: Where) -> bool:
        """Whether there is a connection from `where`."""
        return _bare(where) in self._connections

    def send_to(self, data: bytes | str, address: Where, delayed: bool = False) -> None:
        """Send over the connection from `address`. Without one the message is lost: a browser cannot be connected to."""
        raw = data.encode() if isinstance(data, str) else data
        if self.transport == "ws" and not raw.startswith(b"SIP/"):
            raw = raw.replace(b"Via: SIP/2.0/WSS ", b"Via: SIP/2.0/WS ", 1)  # the stack knows the encrypted name only
        if not self._closed:
            self._loop.call_soon_threadsafe(self._send, raw, _bare(address))

    def shutdown(self) -> None:
        """Close every connection."""
        if self._closed:
            return
        self._closed = True
        self.uopts.data_callback = None
        stop = self._stop
        if stop is not None:
            self._loop.call_soon_threadsafe(stop.set)
        self._thread.join(2 * SHUTDOWN_S)

    # --- the connections' own thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except Exception:
            reports.report("a WebSocket listener broke")
        finally:
            self._started.set()
            self._listener.close()
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        options: dict[str, Any] = {} if self._server_context is None else {"ssl_handshake_timeout": SETUP_S}
        server: Server = await serve(
            self._talk,
            sock=self._listener,
            ssl=self._server_context,
            origins=[*self._origins, None],  # None: no browser, and so no page behind which a stranger could hide
            subprotocols=[Subprotocol("sip")],
            process_request=self._admit,
            compression=None,  # a small frame could unpack to a big one, and SIP messages are small
            server_header=None,
            open_timeout=SETUP_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=SHUTDOWN_S,
            max_size=HEAD_BYTES + MESSAGE_BYTES,
            logger=_wire_log,
            **options,
        )
        self._started.set()
        await self._stop.wait()
        server.close(code=1001, reason="going away")
        try:
            await asyncio.wait_for(server.wait_closed(), SHUTDOWN_S)
        except TimeoutError:
            log.info("some WebSocket connections did not say good-bye")

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuse a handshake before it is answered, or not."""
        host = socket.remote_address[0]
        if self._banned(host):
            self.turned_away += 1
            return socket.respond(HTTPStatus.FORBIDDEN, "banned\n")
        if len(self._connections) >= descriptors.stream_connections() or self._of_host[host] >= CONNECTIONS_OF_HOST:
            self.turned_away += 1
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections\n")
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        where = (socket.remote_address[0], socket.remote_address[1])
        connection = _Connection(socket, where)
        self._connections[where] = connection
        self._of_host[where[0]] += 1
        writer = asyncio.create_task(self._write(connection))
        try:
            await self._read(connection)
        except (ConnectionClosed, TimeoutError, OSError) as fault:
            log.debug("connection with %s port %d ends: %s", *where, fault or "silent")
        finally:
            writer.cancel()
            del self._connections[where]
            self._of_host[where[0]] -= 1
            if self._of_host[where[0]] <= 0:
                del self._of_host[where[0]]
            ED2.callFromThread(self._gone, where)

    async def _read(self, connection: _Connection) -> None:
        patience_s = SETUP_S
        while True:
            async with asyncio.timeout(patience_s):
                message = await connection.socket.recv()
            patience_s = IDLE_S
            data = message.encode() if isinstance(message, str) else bytes(message)
            if not connection.allowed():
                log.info("%s port %d sends too much; its connection is closed", *connection.where)
                await connection.socket.close(1008, "too many messages")
                return
            if data == _KEEP_ALIVE:
                connection.put(_PONG)
            elif data.strip(b"\r\n"):
                ED2.callFromThread(self._deliver, data, connection.where, MonoTime())

    async def _write(self, connection: _Connection) -> None:
        try:
            while True:
                await connection.wake.wait()
                connection.wake.clear()
                while connection.unsent:
                    data = connection.unsent.popleft()
                    connection.unsent_bytes -= len(data)
                    await connection.socket.send(_as_frame(data))
        except ConnectionClosed:
            pass  # the reader hears of it too

    def _send(self, data: bytes, where: Where) -> None:
        connection = self._connections.get(where)
        if connection is None:
            log.debug("no connection with %s port %d any more; a message to it is lost", *where)
        elif not connection.put(data):
            log.info("%s port %d does not read; its connection is closed", *where)
            connection.socket.transport.abort()

    # --- back in the loop's thread ------------------------------------------------------------------------------------

    def _deliver(self, data: bytes, where: Where, at: Any) -> None:
        self.handle_read(data, Remote_address(_written(where), self.transport), at)

    def _gone(self, where: Where) -> None:
        if not self._closed:
            self._tell_closed(self.transport, _written(where))


def _bare(where: Where) -> Where:
    """An address as sockets have it."""
    return str(where[0]).strip("[]"), int(where[1])


def _written(where: Where) -> Where:
    """An address as SIP writes it."""
    return in_uri(where[0]), where[1]


def _as_frame(data: bytes) -> str | bytes:
    """Text where it is text, as pages expect; binary is allowed too (RFC 7118 section 4.2)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
