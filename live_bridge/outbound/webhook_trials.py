"""A webhook tried by hand: a sample event that says it is one, what came of it, and what to do if nothing did (R-19.6).

Decides what a sample holds and what each failure means to people. Leaves sending, with the checks of every other message, to
`webhooks.py` and `http_client.py`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.contract.ids import SECOND_US, Instant

TEST: Final = "test"
"""Field of a body that only samples have, true."""

ANSWER_MOST: Final = 300
"""Characters of an answer that are shown."""

REMEDIES: Final[dict[str, str]] = {
    "timeout": "The server did not answer in 10 s. Let it answer first and work afterwards, and see whether a firewall drops "
    "connections from this machine.",
    "forbidden_address": "The name leads to a private address, or to this machine. Name its network in web.allow of live.yaml "
    "if it is yours, or give the webhook a public address.",
    "tls": "The server's certificate is not valid for this name, is over, or is of nobody known here. Renew it with its whole "
    "chain; one of your own authority is named in web.certificates of live.yaml.",
    "refused": "No connection came about: see whether name and port are right, and whether the server runs and lets this "
    "machine in.",
    "protocol": "What answers there does not speak HTTP/1.1 over TLS: see whether the port is right.",
    "redirect": "The server sends it elsewhere, and redirects are not followed: put the last address into live.yaml.",
    "too_large": "The answer is larger than is read: let the server answer with a status and nothing else.",
    "forbidden": "The server refuses it: see whether it asks for another signature or does not let this machine in. The "
    "signature is HMAC-SHA256 of the body under secret_name, or the secret of web.",
    "not_found": "The server has nothing at this path: see whether the address is complete.",
    "server_error": "The server is reached and fails by itself: its own log says why. Such messages are tried again for a day.",
    "status": "The server is reached and refuses the message: its answer or its log says why. 200 to 299 is enough.",
}
"""By problem."""


class SampleResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    webhook: str
    event: str
    at: Instant
    ok: bool
    status: int | None
    """Of HTTP; None when no answer came."""
    took_ms: int
    problem: str = ""
    """One of `REMEDIES`; empty when all is well."""
    detail: str = ""
    """What was told about it."""
    remedy: str = ""
    answer: str = ""
    """How the server's answer begins."""


def sample(event: str, domain: str, at: Instant) -> dict[str, Any]:
    """The facts of an event that did not happen.

    >>> told = sample("call_start", "example.onpbx.ru", 0)
    >>> told["test"], told["event"], told["uuid"]
    (True, 'call_start', 'test-0')
    """
    facts: dict[str, Any] = {
        "event": event, TEST: True, "direction": "inbound", "caller": "74950000000", "callee": "100", "gateway": "test",
        "origin": "trunk", "uuid": f"test-{at // SECOND_US}", "domain": domain, "date": at // SECOND_US, "world": "live",
    }  # fmt: skip
    if event in ("call_end", "call_missed"):
        facts |= {"call_duration": 65, "dialog_duration": 60, "hangup_cause": "NORMAL_CLEARING"}
    return facts


def judged(status: int) -> str:
    """The problem that a status is, empty for none.

    >>> [judged(one) for one in (204, 301, 401, 404, 422, 503)]
    ['', 'redirect', 'forbidden', 'not_found', 'status', 'server_error']
    """
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "redirect"
    if status in (401, 403):
        return "forbidden"
    if status in (404, 410):
        return "not_found"
    return "server_error" if status >= 500 else "status"


def begins(body: bytes) -> str:
    """How an answer begins, for people: printable text on one line."""
    text = " ".join(body[: 4 * ANSWER_MOST].decode("utf-8", "replace").split())
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)[:ANSWER_MOST]
