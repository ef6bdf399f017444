"""One listening address of the endpoint: a transaction manager with the stack's own idea of a global configuration.

Imported in the loop's thread only.
"""

from __future__ import annotations

from typing import Any, Protocol

from live_bridge.addresses import in_uri
from live_bridge.sip.browser_connections import Connections
from live_bridge.sip.loop import Loop
from live_bridge.sip.settings import Listen, SipSettings
from live_bridge.sip.transport.front import Front
from live_bridge.sip.transport.rate_limits import Admission
from live_bridge.sip.transport.transaction_manager import GuardedManager


class LineOwner(Protocol):
    """The part of the endpoint that a line needs."""

    settings: SipSettings
    loop: Loop
    doorkeeper: Admission
    connections: Connections

    def request_arrived(self, line: Line, request: Any, transaction: Any) -> Any:
        """A request outside a dialog."""


class _NoLog:
    def write(self, *_: Any, **__: Any) -> None:
        """The stack's own packet log: not wanted."""


class Line:
    """One listening address: a transaction manager with the stack's own idea of a global configuration."""

    def __init__(self, endpoint: LineOwner, listen: Listen) -> None:
        host = in_uri(listen.host)
        self.listen = listen
        self.domain = endpoint.settings.domain
        self.loop = endpoint.loop
        self.session_expires_s = endpoint.settings.session_expires_s
        self.media_six = endpoint.settings.media_six
        self.global_config: dict[str, Any] = {
            "_sip_address": host,
            "_sip_port": listen.port,
            "_sip_logger": _NoLog(),
            "_public_address": listen.public or None,
        }
        self.manager = GuardedManager(
            self.global_config,
            lambda request, t: endpoint.request_arrived(self, request, t),
            endpoint.doorkeeper.admit,
            Front(endpoint.settings.front),
            lambda transport, where: endpoint.connections.closed(transport, where),
        )
        self.global_config["_sip_tm"] = self.manager

    @property
    def six(self) -> bool:
        """Whether this line speaks IPv6."""
        return ":" in self.listen.host
