"""The API's server: uvicorn in a thread of its own beside the calls.

Decides where it listens and that it is up before `start` returns. Raises OSError when the address is taken.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from live_bridge.api.app import create_app
from live_bridge.api.metrics import Metrics
from live_bridge.api.stream import EventStream
from live_bridge.config import HttpConfig

if TYPE_CHECKING:
    from live_bridge.service import Service

START_WITHIN_S = 15.0
STOP_WITHIN_S = 5.0


class ApiServer:
    """Serves one bridge's API until `close`."""

    def __init__(self, service: Service, config: HttpConfig) -> None:
        stream = EventStream(service.journal.run)
        metrics = Metrics(lambda: service.health())
        self._leave = [service.driver.subscribe(stream.take), service.driver.subscribe(metrics.take)]
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((config.host, config.port))
        except OSError as error:
            self._socket.close()
            raise OSError(error.errno, f"the API cannot listen on {config.host}:{config.port}: {error.strerror}") from None
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_app(service, stream, metrics),
                log_level="warning",
                access_log=False,
                ssl_certfile=config.certificate or None,
                ssl_keyfile=config.key or None,
                timeout_graceful_shutdown=2,
                ws_max_size=64 * 1024,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="api", daemon=True
        )
        self._thread.start()
        end_s = time.monotonic() + START_WITHIN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > end_s:
                self.close()
                raise OSError(f"the API did not start on {config.host}:{config.port}")
            time.sleep(0.01)

    def close(self) -> None:
        """Stop serving; clients are told."""
        for leave in self._leave:
            leave()
        self._server.should_exit = True
        self._thread.join(STOP_WITHIN_S)
        self._socket.close()
