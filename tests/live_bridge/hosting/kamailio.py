"""A real Kamailio for tests, as `pbx hosting-front` sets it up."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import front as running
from live_bridge.hosting import front
from live_bridge.hosting.config import FrontConfig
from live_bridge.hosting.front import DomainPlace
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.hosting.front_phone import ORIGIN
from tests.ports import free_port


class Kamailio:
    """One Kamailio on loopback, with an address for each transport."""

    def __init__(self, folder: Path, certificate: Certificate, **changes: Any) -> None:
        self.ports = {way: free_port() for way in ("udp", "tls", "wss")}
        self.ports["tcp"] = self.ports["udp"]
        self.chain = str(certificate.chain)
        values: dict[str, Any] = {
            "folder": folder,
            "listen": [{"transport": way, "host": "127.0.0.1", "port": port} for way, port in self.ports.items()],
            "inner_port": free_port(),
            "certificate": certificate.chain,
            "key": certificate.key,
            "origins": [ORIGIN],
            "probe_s": 1,
            **changes,
        }
        self.config = FrontConfig.model_validate(values)
        front.write(folder, {**front.configuration(self.config), **front.tables([])})
        self.log = folder / "kamailio.log"
        self._open = ExitStack()

    @property
    def inner(self) -> tuple[str, int]:
        """Where it speaks with bridges."""
        return self.config.inner_host, self.config.inner_port

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._open.enter_context(running.kamailio(self.config, self.log))

    def lead(self, places: list[DomainPlace]) -> None:
        """These are the domains, from now on."""
        front.write(self.config.folder, front.tables(places))
        for table in front.TABLES:
            front.ask(self.config.folder, "htable.reload", table)
        front.ask(self.config.folder, "dispatcher.reload")

    def close(self) -> None:
        """Stop it and all its processes."""
        self._open.close()
