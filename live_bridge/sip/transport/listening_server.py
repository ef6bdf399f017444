"""What every listening server of ours is to the stack: messages go in under a guard; streams share how they listen.

Decides how a server takes a certificate, which address it listens on and which it shows. Leaves sockets and connections to
`udp.py`, `tcp.py` and `websocket.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from sippy.Network_server import Network_server, Network_server_opts

from live_bridge.addresses import in_uri
from live_bridge.sip.settings import Listen
from live_bridge.sip.sippy_patches import reports


class ListeningServer(Network_server):
    """A server whose messages cannot stop it."""

    carries = "message"

    def handle_read(self, data: bytes, address: Any, rtime: Any, delayed: bool = False) -> None:
        """One message into the transaction manager; whatever happens there, the next one is read."""
        callback = self.uopts.data_callback
        if callback is None:
            return
        try:
            callback(data, address, self, rtime)
        except Exception:
            reports.report(f"a {self.carries} broke through the guard")


class ConnectionServer(ListeningServer):
    """The listening end of TCP, TLS or WebSocket. Raises OSError when the address is taken or a certificate is not there."""

    def __init__(self, listen: Listen, data_callback: Any) -> None:
        super().__init__(Network_server_opts((listen.host, listen.port), data_callback))
        self.transport = listen.transport
        self._server_context: ssl.SSLContext | None = None
        if listen.transport in ("tls", "wss"):
            self._server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._server_context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._server_context.load_cert_chain(listen.certificate, listen.key)
        self._family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
        self._listener = socket.create_server((listen.host, listen.port), family=self._family, backlog=256)
        self._shown = (listen.public or in_uri(listen.host), self._listener.getsockname()[1])
        self._closed = False

    def join(self) -> None:
        """Nothing to wait for: `shutdown` did."""
