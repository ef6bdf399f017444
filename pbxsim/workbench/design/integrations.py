"""CRMs that the running bridge has: they appear by themselves where a card asks for an address (R-18.2).

Decides when the bridge is asked: for the first card with such a field, once for a page. Without a bridge, or with one that does
not answer, addresses are typed as before. Leaves what stands in the field to the form.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import panel as pn

from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.shell.shell import Session


class Integrations:
    """Those that one page knows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: list[str] | None = None
        self._asking: asyncio.Task[None] | None = None

    def suggest(self, fields: Sequence[Any]) -> None:
        """Offer the addresses of the bridge's CRMs in these widgets, as soon as they are known; this returns at once."""
        if fields and bridge_client.configured_address():
            self._asking = asyncio.create_task(self._suggest(fields))

    async def _suggest(self, fields: Sequence[Any]) -> None:
        if self._known is None:
            self._known = await self._asked()
        known = self._known
        if known:
            pn.state.execute(lambda: _offer(fields, known), schedule=True)

    async def _asked(self) -> list[str] | None:
        with contextlib.suppress(BridgeError):
            bridge = bridge_client.configured(self._session.visitor)
            if bridge is not None:
                async with bridge:
                    return [str(one["address"]) for one in await bridge.ask_if_there("/api/integrations") or ()]
        return None


def _offer(fields: Sequence[Any], known: Sequence[str]) -> None:
    for field in fields:
        field.options = list(dict.fromkeys([*known, *field.options]))
