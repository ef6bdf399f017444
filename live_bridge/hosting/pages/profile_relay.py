"""Phones fetch their profiles through the hosting process, which is before the bridges of its accounts (R-15.8).

Decides whose bridge is asked, what of its answer goes on, and that the bridge hears which address asks: it counts guesses
by it. Leaves everything else to the bridge: whether an address is good, and that it is good once. What passes is kept and logged
nowhere.
"""

from __future__ import annotations

import logging
import re
from typing import Final

import httpx
import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting

log = logging.getLogger(__name__)

WAIT_S: Final = 10.0
LONGEST: Final = 256 * 1024
"""Bytes of a profile; the longest of ours has 10,000."""

PASSED: Final = (
    "content-type", "cache-control", "referrer-policy", "x-content-type-options", "x-robots-tag",
    "content-security-policy", "retry-after",
)  # fmt: skip
"""Headers of the bridge's answer that go on."""

NO_PROFILE: Final = "there is no profile here: its address is good once, for 24 hours; ask for a new one"
AWAY: Final = "the PBX does not answer just now: try again in a minute"

_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}")


def profile_relay(hosting: Hosting) -> APIRouter:
    """The path of profiles of all accounts: `/pbx/ACCOUNT` and then what it is at the bridge."""
    api = APIRouter()
    client = httpx.Client(timeout=WAIT_S, trust_env=False)

    @api.api_route("/pbx/{account}/phones/{token}/{file}", methods=["GET", "POST"])
    def relay(account: str, token: str, file: str, request: Request) -> Response:
        """What the account's bridge says to a phone."""
        url = _bridge(hosting, account) if _WORD.fullmatch(token) and _FILE.fullmatch(file) else None
        if url is None:
            return PlainTextResponse(NO_PROFILE, 404)
        head = {"X-Forwarded-For": request.client.host} if request.client is not None else {}
        try:
            with client.stream(request.method, f"{url}/phones/{token}/{file}", headers=head) as found:
                text = b"".join(_up_to(found, LONGEST))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the bridge of %s gives a phone no profile: %s", account, type(error).__name__)
            return PlainTextResponse(AWAY, 503, {"Retry-After": "60"})
        passed = {name: found.headers[name] for name in PASSED if name in found.headers}
        return Response(text, found.status_code, passed)

    return api


def _bridge(hosting: Hosting, account: str) -> str | None:
    """Where the bridge of an account is asked; None where there is none (any more)."""
    a, b = t.accounts.c, t.bridges.c
    query = sa.select(b.url).join(t.accounts, a.id == b.account)
    with hosting.database.reading() as connection:
        found = connection.execute(query.where(a.name == account.lower(), a.state != "closed")).scalar()
    return None if found is None else str(found).rstrip("/")


def _up_to(found: httpx.Response, most: int) -> list[bytes]:
    """An answer's body. httpx.HTTPError where it is longer than it may be."""
    parts: list[bytes] = []
    for part in found.iter_bytes():
        parts.append(part)
        most -= len(part)
        if most < 0:
            raise httpx.DecodingError("the answer is too long")
    return parts
