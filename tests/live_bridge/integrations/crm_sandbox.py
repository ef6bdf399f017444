"""`pbx sandbox crm` as tests use it: a process of its own, whose mood they set and whom they ask what it was told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.ports import free_port

KEY = "a-key-of-the-sandbox"


class Crm:
    """`pbx sandbox crm`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "pbxsim.cli", "sandbox", "crm", "--port", str(self.port)]
        self._process = subprocess.Popen(command, env={**os.environ, "CRM_KEY": KEY}, stdout=subprocess.DEVNULL)
        self.wait(lambda: self._get("/told") is not None)

    def _get(self, path: str) -> Any:
        try:
            return httpx.get(self.url + path, trust_env=False, verify=False, timeout=5).json()
        except httpx.HTTPError:
            return None

    def mood(self, delay_s: float = 0.0, status: int = 200) -> None:
        httpx.put(f"{self.url}/mood", json={"delay_s": delay_s, "status": status}, trust_env=False, timeout=5)

    def told(self, method: str) -> list[Any]:
        """What it was told by a method."""
        return [one for one in self._get("/told") if one["method"] == method]

    def wait(self, holds: Callable[[], bool], within_s: float = 60.0) -> None:
        end_s = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < end_s, self._get("/told")
            time.sleep(0.1)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
