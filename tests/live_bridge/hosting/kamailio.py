"""A real Kamailio for tests, as `pbx hosting-front` sets it up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from live_bridge.hosting import front
from live_bridge.hosting.config import FrontConfig
from live_bridge.hosting.front import DomainPlace
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.hosting.front_phone import ORIGIN
from tests.live_bridge.live import free_port

START_S = 20.0


class Kamailio:
    """One Kamailio on loopback, with an address for each transport. It stops when this process dies, however that dies."""

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
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def inner(self) -> tuple[str, int]:
        """Where it speaks with bridges."""
        return self.config.inner_host, self.config.inner_port

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("kamailio", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None, "install Debian's kamailio, kamailio-tls-modules and kamailio-websocket-modules"
        with self.log.open("wb") as log:
            command = ["setpriv", "--pdeathsig", "TERM", program, "-f", str(self.config.folder / "kamailio.cfg")]
            self.process = subprocess.Popen(
                [*command, "-DD", "-E", "-m", "64", "-M", "8"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        end_s = time.monotonic() + START_S
        while True:
            try:
                front.ask(self.config.folder, "core.version")
                return
            except front.FrontAway:
                assert self.process.poll() is None and time.monotonic() < end_s, self.log.read_text()
                time.sleep(0.1)

    def lead(self, places: list[DomainPlace]) -> None:
        """These are the domains, from now on."""
        front.write(self.config.folder, front.tables(places))
        for table in front.TABLES:
            front.ask(self.config.folder, "htable.reload", table)
        front.ask(self.config.folder, "dispatcher.reload")

    def pids(self) -> list[int]:
        """All its processes."""
        assert self.process is not None
        main = self.process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def close(self) -> None:
        """Stop it and all its processes."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
