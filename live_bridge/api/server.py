"""The API's servers: uvicorn in threads of their own beside the calls, one for each port.

Decides where they listen and that they are up before `start` returns. Ours is on one port; the reference service's WebSocket
has two of its own (R-19.5): encrypted, with the API's certificate, and plain on this machine alone (R-19.7). Raises OSError
when an address is taken.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import uvicorn

from engine.contract import events as ev
from engine.contract.ids import Instant
from live_bridge.api.access.connections import Gate, GuardedListener, PatientProtocol
from live_bridge.api.access.debt import DebtStop
from live_bridge.api.access.guesses import Guesses
from live_bridge.api.app import create_app
from live_bridge.api.call_requests import CallRequests
from live_bridge.api.compat.socket import Channels, socket_app
from live_bridge.api.hearing.supervision import Supervising
from live_bridge.api.metrics import Metrics
from live_bridge.api.stream import EventStream
from live_bridge.callback.callbacks import Callbacks
from live_bridge.config_sections import HttpConfig
from live_bridge.service.queue_day import QueueDay
from live_bridge.service.service import Service
from live_bridge.store.store import now

START_WITHIN_S = 15.0
STOP_WITHIN_S = 5.0
HERE = "127.0.0.1"


def serve_api(service: Service) -> Callable[[], None]:
    """Serve the interfaces of a bridge, if its configuration has them; what stops it. An extra of `Service`."""
    config = service.config.http
    if config is None:
        return lambda: None
    return ApiServer(service, config).close


class ApiServer:
    """Serves one bridge's interfaces until `close`."""

    def __init__(self, service: Service, config: HttpConfig) -> None:
        self._parts = ExitStack()
        try:
            self._start(service, config)
        except BaseException:
            self.close()
            raise

    def _start(self, service: Service, config: HttpConfig) -> None:
        stream = EventStream(service.journal.run)
        assert service.versions is not None
        in_force = service.versions.standing().shares
        metrics = Metrics(lambda: service.health(), in_force, service.records.state.label)
        asks = CallRequests(service, stream)
        supervising = Supervising(service, stream)
        day = QueueDay(service)
        callbacks = Callbacks(service)
        for subscriber in (stream.take, metrics.take, day.take, callbacks.take):
            self._parts.callback(service.driver.subscribe(subscriber))
        stream.begin(service.view.registrations())
        service.journal.heard = stream.hear
        encrypted = {"ssl_certfile": config.certificate or None, "ssl_keyfile": config.key or None}
        guesses, gate = Guesses(), Gate()
        app = create_app(service, stream, metrics, day, asks, guesses, callbacks, supervising)
        self._parts.callback(_serve(app, "the API", config.host, config.port, encrypted, gate))
        other = config.compatible
        if other is None:
            return
        channels = Channels()
        self._parts.callback(service.driver.subscribe(channels.take))

        def hear(at: Instant, event: ev.Event) -> None:
            stream.hear(at, event)
            channels.hear(at, event)

        service.journal.heard = hear
        sockets = socket_app(service, channels, asks, supervising, callbacks, guesses)
        sockets.add_middleware(DebtStop, stopped=lambda: service.account.stops_requests(now()))
        if other.socket_port is not None:
            self._parts.callback(_serve(sockets, "the WebSocket", config.host, other.socket_port, encrypted, gate))
        if other.plain_port is not None:
            self._parts.callback(_serve(sockets, "the WebSocket", HERE, other.plain_port, {}, gate))

    def close(self) -> None:
        """Stop serving; clients are told."""
        self._parts.close()


def _serve(app: Any, what: str, host: str, port: int, encrypted: dict[str, Any], gate: Gate) -> Callable[[], None]:
    """Serve an application; what stops it."""
    listening = GuardedListener(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.gate = gate
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"{what} cannot listen on {host}:{port}: {error.strerror}") from None
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=type("Protocol", (PatientProtocol,), {"gate": gate}),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            ws_max_size=64 * 1024,
            **encrypted,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name=f"http-{port}", daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(STOP_WITHIN_S)
        listening.close()

    end_s = time.monotonic() + START_WITHIN_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end_s:
            stop()
            raise OSError(f"{what} did not start on {host}:{port}")
        time.sleep(0.01)
    return stop
