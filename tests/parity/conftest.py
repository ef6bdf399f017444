"""The live bridge's fixtures serve parity tests too."""

from __future__ import annotations

from tests.live_bridge.conftest import live_media, phones, start_live
from tests.live_bridge.outbound.test_http_client import server

__all__ = ["live_media", "phones", "server", "start_live"]
