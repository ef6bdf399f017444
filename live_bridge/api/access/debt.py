"""Requests of programs stop seven days after the account was blocked for debt, until it is paid (R-01.11).

Decides which paths stay open: health, metrics, and the account itself, so that the hosting process can say that it was paid. What
is refused gets 402; the reference service's methods get their own form of a refusal, a WebSocket is closed before it opens.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

OPEN: Final = ("/health", "/metrics", "/api/account")
WORDS: Final = "the account has been blocked for seven days: pay the debt, and requests are taken again (R-01.11)"
CLOSED: Final = 4402
"""Code of a closed WebSocket."""


class DebtStop:
    """An application behind a question: whether requests are stopped now."""

    def __init__(self, app: ASGIApp, stopped: Callable[[], bool]) -> None:
        self._app = app
        self._stopped = stopped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's own form of a request."""
        if scope["type"] not in ("http", "websocket") or not self._stopped() or str(scope["path"]).startswith(OPEN):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": CLOSED, "reason": WORDS})
        else:
            theirs = str(scope["path"]).endswith(".json")
            told = {"status": "0", "comment": WORDS} if theirs else {"detail": WORDS}
            headers = [(b"content-type", b"application/json; charset=utf-8")]
            await send({"type": "http.response.start", "status": 200 if theirs else 402, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(told).encode()})
