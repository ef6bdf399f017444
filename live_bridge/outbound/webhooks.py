"""Webhooks: customers' servers are told when calls start, are answered, missed and over (R-19.6).

Decides what is told, in which form, and when it is tried again. What is to be told is written in the database in the very
step that it tells of, so a restart or a kill loses nothing; one thread of its own sends it, and no call waits for a server.
Of one call and one webhook the earlier is told before the later. Leaves connections, certificates and which addresses may be
reached to `http_client.py`, samples sent by hand to `webhook_trials.py`, and what happened to the engine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from engine.contract import notes as note
from engine.contract.ids import SECOND_US, Duration, Instant
from live_bridge.config_sections import HookConfig
from live_bridge.outbound import webhook_trials
from live_bridge.outbound.http_client import SIGNATURE, WebClient, WebError, signature
from live_bridge.outbound.outbox_worker import OutboxWorker
from live_bridge.outbound.webhook_trials import SampleResult
from live_bridge.store import tables as t
from live_bridge.store import webhook_outbox
from live_bridge.store.store import Store, first_line, now

log = logging.getLogger(__name__)

RETRIES_US: tuple[Duration, ...] = tuple(seconds * SECOND_US for seconds in (5, 15, 60, 300, 900, 3600))
"""Pauses between tries; the last one repeats."""

GIVE_UP_US: Duration = 24 * 3600 * SECOND_US
"""As with e-mails (R-09.4): what nobody took for a day is given up."""

TIMEOUT_S = 10.0
"""For one try, the connection included."""

AT_ONCE = 20
"""Tries under way together."""

LOOK_S = 5.0
"""How often the database is looked at when nobody knocks."""

AGAIN = frozenset({408, 425, 429})
"""Refusals that mean `later`; every other answer from 400 to 499 means `never`."""


Written = tuple[str, str, Sequence[tuple[str, str]], bytes]
"""A request: method, URL, headers and body."""

Writer = Callable[[Mapping[str, Any]], Sequence[Written]]
"""What the facts of a call become; nothing where somebody is not told."""


# --- telling ---------------------------------------------------------------------------------------------------------


class Hooks:
    """Tells what waits. `secrets` by webhook sign what is sent; `link` gives the address of a recording, or nothing."""

    def __init__(
        self,
        store: Store,
        pbx: str,
        hooks: Sequence[HookConfig],
        secrets: Mapping[str, bytes],
        client: WebClient,
        link: Callable[[str], str] = lambda _: "",
        clock: Callable[[], Instant] = now,
        writers: Mapping[str, Writer] | None = None,
    ) -> None:
        """`writers` write what is told to some of them in another form, by their names: CRMs (R-16.1)."""
        self._writers = dict(writers or {})
        self._store = store
        self._pbx = pbx
        self._hooks = {hook.name: hook for hook in hooks}
        self._secrets = dict(secrets)
        self._client = client
        self._link = link
        self._clock = clock
        self._outcomes: list[sa.sql.Executable] = []
        """What came of tries and is not written down yet."""
        self._teller = OutboxWorker("hooks", self._tell_due, LOOK_S)
        self._teller.start()

    def take(self, at: Instant, message: note.Note) -> None:
        """A subscriber of the driver: something that may be told has happened and is in the database."""
        if isinstance(message, note.CallStarted | note.LegStarted | note.CallAnswered | note.CallEnded):
            self._teller.knock()

    def look(self) -> None:
        """Look for what is due now."""
        self._teller.knock()

    def close(self) -> None:
        """Stop after the tries under way; the rest waits in the database for the next start."""
        self._teller.close(TIMEOUT_S + 5.0)

    def _tell_due(self) -> None:
        while not self._teller.closing and self._write_outcomes():
            messages = webhook_outbox.due(self._store, self._pbx, self._clock(), AT_ONCE)
            if not messages:
                return
            self._tell(messages)

    def _write_outcomes(self) -> bool:
        """Write down what came of tries; False when the database does not take it. Nothing is told before it does: it would
        be told again and again."""
        if self._store.is_away():
            return False
        try:
            with self._store.engine.begin() as connection:
                for outcome in self._outcomes:
                    connection.execute(outcome)
        except SQLAlchemyError as error:
            log.warning("webhooks wait for the database: %s", first_line(error))
            return False
        self._outcomes.clear()
        return True

    def _tell(self, messages: list[webhook_outbox.Waiting]) -> None:
        tries: list[tuple[webhook_outbox.Waiting, list[Future[tuple[int, bytes]]] | None]] = []
        for message in messages:
            hook = self._hooks.get(message.hook)
            tries.append((message, None if hook is None else self._post(hook, message)))
        # Waited for first and written then: nobody else can write while we hold the database.
        self._outcomes += [self._outcome(message, future) for message, future in tries]

    def try_now(self, name: str, domain: str) -> SampleResult:
        """Send a sample event to a webhook, once, and wait for what comes of it. KeyError for one there is not. From any
        thread."""
        hook, at, begun_s = self._hooks[name], self._clock(), time.monotonic()
        event = hook.events[0]
        facts = webhook_trials.sample(event, domain, at)
        status, problem, detail, answer = None, "", "", b""
        try:
            (future,) = self._requests(hook, facts, f"{self._pbx}-{facts['uuid']}")
            status, answer = future.result(TIMEOUT_S + 5.0)
            problem = webhook_trials.judged(status)
        except (WebError, TimeoutError) as error:
            problem, _, detail = (str(error) or "timeout").partition(": ")
        return SampleResult(
            webhook=name, event=event, at=at, ok=not problem, status=status, problem=problem, detail=detail,
            took_ms=round((time.monotonic() - begun_s) * 1000), remedy=webhook_trials.REMEDIES.get(problem, ""),
            answer=webhook_trials.begins(answer),
        )  # fmt: skip

    def _post(self, hook: HookConfig, message: webhook_outbox.Waiting) -> list[Future[tuple[int, bytes]]]:
        return self._requests(hook, msgspec.json.decode(message.body), f"{self._pbx}-{message.id}")

    def _requests(self, hook: HookConfig, facts: dict[str, Any], key: str) -> list[Future[tuple[int, bytes]]]:
        """Send facts to a webhook; `key` names the message."""
        links = [link for name in facts.pop("recordings", ()) if (link := self._link(name))]
        if links:
            facts["download_url"] = links[0]
        if hook.name in self._writers:
            return [self._client.request(*written, TIMEOUT_S) for written in self._writers[hook.name](facts)]
        if hook.form == "json":
            kind, body = "application/json", msgspec.json.encode(facts)
        else:
            plain = {name: "" if value is None else value for name, value in facts.items()}
            kind, body = "application/x-www-form-urlencoded", urlencode(plain).encode()
        headers = [
            ("Content-Type", kind),
            ("Idempotency-Key", key),
            (SIGNATURE, signature(self._secrets[hook.name], body)),
        ]
        return [self._client.request("POST", hook.url, headers, body, TIMEOUT_S)]

    def _outcome(
        self, message: webhook_outbox.Waiting, futures: list[Future[tuple[int, bytes]]] | None
    ) -> sa.sql.Executable:
        c = t.hook_letters
        reason, never = "", False
        if futures is None:
            reason, never = "the webhook is no longer in the configuration", True
        else:
            try:
                statuses = [future.result(TIMEOUT_S + 5.0)[0] for future in futures]
                status = max(statuses, default=200)
                if 200 <= status < 300:
                    return c.delete().where(c.c.id == message.id)
                reason, never = f"HTTP {status}", 300 <= status < 500 and status not in AGAIN
            except (WebError, TimeoutError) as error:
                reason, never = str(error) or "timeout", str(error) == "redirect"
        at = self._clock()
        pause_us = RETRIES_US[min(message.tries, len(RETRIES_US) - 1)]
        state, next_at = (
            ("failed", at) if never or at + pause_us > message.born_at + GIVE_UP_US else ("waiting", at + pause_us)
        )
        tell = log.error if state == "failed" else log.warning
        tell("webhook %s was not told of call %s, %s: %s", message.hook, message.call,
             "given up" if state == "failed" else f"tried again in {pause_us // SECOND_US} s", reason)  # fmt: skip
        return (
            c.update()
            .where(c.c.id == message.id)
            .values(state=state, reason=reason[:500], next_at=next_at, tries=message.tries + 1)
        )
