"""Questions of the engine to a CRM (R-16.5, R-18.5): an address `crm:NAME` is an integration of `live.yaml`.

Decides that a question takes 2 s in all, that what came in time counts, and how an answer reads to the element that asked: a
contact manager gets the responsible user and the name, an HTTP request the name for the phone's display. An answer is an event
like that of any web server, so preview, simulation and a replay decide alike. Leaves the web to `outbound/http_client.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final

import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import limits
from engine.contract.ids import SECOND_US
from engine.elements.http_request import CRM_SCHEME
from engine.numbers import phone_numbers
from live_bridge.integrations.crm import Answer, Crm, Person
from live_bridge.outbound.http_client import WebClient

log = logging.getLogger(__name__)

Done = Callable[[ev.Event], None]

LATEST_S: Final = limits.CRM_TIMEOUT_US / SECOND_US


class CrmAsker:
    """The bridge's `ask`, with integrations before the web."""

    def __init__(self, client: WebClient, integrations: Mapping[str, Crm]) -> None:
        self._client, self._integrations = client, integrations

    def ask(self, command: cmd.AskWebServer, done: Done) -> None:
        """See `WebClient.ask`."""
        if not command.url.startswith(CRM_SCHEME):
            self._client.ask(command, done)
            return
        name = command.url.removeprefix(CRM_SCHEME)
        crm, body = self._integrations.get(name), msgspec.json.decode(command.body)
        number = phone_numbers.subscriber(str(body.get("number") or body.get("caller_number") or ""))
        if crm is None or not number:
            if crm is None:
                log.error("there is no integration %s in live.yaml: the call goes on without it (R-16.5)", name)
            done(ev.WebServerFailed(request=command.request, reason="refused", latency_us=0))
            return
        _Question(command, name, crm, "question" in body, done).put(self._client, number)


class _Question:
    """One, under way."""

    def __init__(self, command: cmd.AskWebServer, name: str, crm: Crm, of_manager: bool, done: Done) -> None:
        self._command, self._name, self._crm, self._of_manager, self._done = command, name, crm, of_manager, done
        self._began_ns = time.monotonic_ns()
        self._lock = threading.Lock()
        self._answers: list[Answer | None] = []
        self._left = 0

    def put(self, client: WebClient, number: str) -> None:
        """Ask everything at once."""
        requests = self._crm.questions(number)
        self._answers, self._left = [None] * len(requests), len(requests)
        within_s = min(LATEST_S, self._command.timeout_us / SECOND_US)
        for place, one in enumerate(requests):
            future = client.request(one.method, one.url, one.headers, one.body, within_s)
            future.add_done_callback(lambda told, place=place: self._came(place, told))  # type: ignore[misc]

    def _came(self, place: int, told: Future[tuple[int, bytes]]) -> None:
        error = told.exception()
        if error is not None:
            log.warning("the CRM %s did not answer: %s", self._name, error)
        with self._lock:
            if error is None:
                self._answers[place] = Answer(*told.result())
            self._left -= 1
            if self._left:
                return
        latency_us = (time.monotonic_ns() - self._began_ns) // 1000
        request = self._command.request
        if not any(self._answers):
            self._done(ev.WebServerFailed(request=request, reason="timeout", latency_us=latency_us))
            return
        body = msgspec.json.encode(self._said(self._crm.read(self._answers))).decode()
        self._done(ev.WebServerAnswered(request=request, status=200, body=body, latency_us=latency_us))

    def _said(self, person: Person) -> dict[str, Any]:
        if self._of_manager:
            return {"user": person.user or None, "name": person.name}
        return {"commands": [{"command": "set_name", "name": person.name}] if person.name else []}
