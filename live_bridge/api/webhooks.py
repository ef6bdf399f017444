"""Paths of webhooks and of CRMs: which there are, how they stand, and a sample event by hand (R-19.6, R-16.2).

Decides what of an address is shown: not what stands behind a question mark, where keys are. Leaves trying to
`outbound/webhooks.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, HTTPException

from live_bridge.integrations.setup import PREFIX
from live_bridge.store import webhook_outbox

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)


def webhook_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/webhooks and /api/integrations; `needs` makes the dependency on a scope."""
    api = APIRouter(prefix="/api", tags=["webhooks"])

    @api.get("/integrations", dependencies=[needs("calls:read")])
    def integrations() -> list[dict[str, str]]:
        """Every CRM of `live.yaml`, and the address by which a document asks it (R-18.2)."""
        named = service.config.integrations
        return [{"integration": name, "kind": one.kind, "address": PREFIX + name} for name, one in named.items()]

    @api.get("/webhooks", dependencies=[needs("calls:read")])
    def webhooks() -> list[dict[str, Any]]:
        """Every webhook of `live.yaml`, and how many messages wait or were given up."""
        waiting = webhook_outbox.by_hook(service.store, service.pbx)
        return [
            {
                "webhook": hook.name,
                "url": _shown(hook.url),
                "events": list(hook.events),
                "form": hook.form,
                **waiting.get(hook.name, {"waiting": 0, "failed": 0}),
            }
            for hook in service.config.hooks
        ]

    @api.post("/webhooks/{name}/test")
    def test(name: str, by: str = needs("rules:write")) -> dict[str, Any]:
        """Send a signed sample event now, once, and tell what came of it within 15 s; all checks of the address hold."""
        hooks = service.hooks
        if hooks is None or name not in {hook.name for hook in service.config.hooks}:
            raise HTTPException(404, f"there is no webhook {name[:64]} in live.yaml")
        service.acts.done("webhook-test", {"webhook": name}, by)
        trial = hooks.try_now(name, service.domain)
        log.info("webhook %s was tried by %s: %s", name, by, trial.problem or "good")
        return dict(msgspec.structs.asdict(trial))

    return api


def _shown(url: str) -> str:
    """An address without what may be secret in it.

    >>> _shown("https://user:key@crm.example.org/calls?token=1")
    'https://crm.example.org/calls'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
