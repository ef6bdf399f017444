"""Any CRM that answers a request by URL with JSON: what is asked and where the answers stand is configured (R-16.5).

Decides nothing else. What happens to calls such a CRM hears by webhooks (R-19.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from live_bridge.config_sections import GenericCrmConfig
from live_bridge.integrations.crm import Answer, Person, Request, found_in, read_json


class GenericCrm:
    """One of them. `key` is its secret; empty for none."""

    def __init__(self, config: GenericCrmConfig, key: str) -> None:
        self._config = config
        self._headers = ((config.header, config.key_form.replace("{key}", key)),) if key else ()
        self._urls = list(dict.fromkeys(url for url in (config.name_url, config.user_url) if url))

    def questions(self, number: str) -> Sequence[Request]:
        """See `Crm`. One request where both answers stand behind one URL."""
        return [
            Request(url=url.replace("{number}", quote(number, safe="")), headers=self._headers) for url in self._urls
        ]

    def read(self, answers: Sequence[Answer | None]) -> Person:
        """See `Crm`."""
        found = dict(zip(self._urls, map(read_json, answers), strict=True))
        config = self._config
        return Person(
            name=found_in(found.get(config.name_url), config.name_at),
            user=found_in(found.get(config.user_url), config.user_at),
        )

    def told(self, facts: Mapping[str, Any]) -> Sequence[Request]:
        """See `Crm`: nothing, it has webhooks."""
        return ()
