"""The integrations of one bridge, made from its configuration (R-16.2).

Decides which adapter a configuration means, and which events of calls a CRM hears: they go the way of webhooks, so a restart
loses none and a CRM that is away is told later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

from engine.contract.ids import SECOND_US
from live_bridge.config import Secrets
from live_bridge.config_sections import CrmConfig, HookConfig, HookEvent, RetailCrmConfig
from live_bridge.integrations.crm import Crm, Request
from live_bridge.integrations.generic import GenericCrm
from live_bridge.integrations.retailcrm import RetailCrm
from live_bridge.outbound.webhooks import Writer, Written
from live_bridge.store.store import now

PREFIX: Final = "crm:"
"""Begins the name of a CRM among the webhooks; no webhook's own name does."""

EVENTS: Final[tuple[HookEvent, ...]] = ("call_start", "call_ringing", "call_missed", "call_end")

PASSING: Final = ("call_start", "call_ringing")
PASSING_S: Final = 60
"""A card of a call that began so long ago helps nobody: a CRM that was away is not told of it."""


def made(configs: Mapping[str, CrmConfig], secrets: Secrets, zone: tzinfo) -> dict[str, Crm]:
    """Adapters by name. Raises ConfigError for a secret that there is not."""
    found: dict[str, Crm] = {}
    for name, config in configs.items():
        key = secrets.get(config.key_name)
        found[name] = RetailCrm(config, key, zone) if isinstance(config, RetailCrmConfig) else GenericCrm(config, key)
    return found


def hooks(configs: Mapping[str, CrmConfig]) -> tuple[HookConfig, ...]:
    """Those of them that are told of calls, as webhooks."""
    return tuple(
        HookConfig.model_construct(name=PREFIX + name, url=config.url, events=EVENTS, form="json", secret_name="")
        for name, config in configs.items()
        if isinstance(config, RetailCrmConfig) and config.events
    )


def writers(crms: Mapping[str, Crm]) -> dict[str, Writer]:
    """How each is told, by its name among the webhooks."""
    return {PREFIX + name: _writer(crm.told) for name, crm in crms.items()}


def _writer(told: Callable[[Mapping[str, Any]], Sequence[Request]]) -> Writer:
    def write(facts: Mapping[str, Any]) -> list[Written]:
        if facts["event"] in PASSING and now() // SECOND_US - facts["date"] > PASSING_S:
            return []
        return [(one.method, one.url, one.headers, one.body) for one in told(facts)]

    return write
