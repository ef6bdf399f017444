"""Who asks, and whether a page of ours made them ask: sessions by cookie, CSRF tokens, origins, headers.

Decides 401 and 403. Leaves sessions themselves to `hosting/sign_in.py`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile

from engine.numbers.digits import is_digits
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.sign_in import Session, is_csrf

BODY_MOST: Final = 12 * 1024 * 1024
FIELDS_MOST: Final = 100
ID_MOST: Final = 2**63 - 1
"""What databases take."""

Id = Annotated[int, Field(ge=1, le=ID_MOST)]

CSRF_HEADER: Final = "x-csrf-token"
CHANGES: Final = ("POST", "PUT", "PATCH", "DELETE")

POLICY: Final = "Content-Security-Policy"
LOOPBACK: Final = "https: http://127.0.0.1:*"
"""Where forms may lead on this machine: to the stand-ins too."""

HEADERS: Final = {
    POLICY: "default-src 'self'; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer. Links in e-mails stand in addresses, so no address goes to another site; with `no-referrer` browsers would
name no origin with our own forms either (Fetch, "append a request Origin header")."""


class Guard:
    """Access to the pages of one hosting process."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self.is_secure = hosting.config.public.startswith("https://")
        self.cookie = "__Host-session" if self.is_secure else "session"

    def session(self, request: Request) -> Session | None:
        """The session of a request; None for a stranger."""
        secret = request.cookies.get(self.cookie, "")
        return self._hosting.sign_in.session(secret) if secret else None

    def signed_in(self, request: Request) -> Session:
        """The session of a request to the JSON API; one that changes something bears the token of its page. HTTPException."""
        session = self.session(request)
        if session is None:
            raise HTTPException(401, "sign in first (R-01.12)")
        if request.method in CHANGES and not is_csrf(session, request.headers.get(CSRF_HEADER, "")):
            raise HTTPException(403, f"the header {CSRF_HEADER} is missing or not of this session")
        return session

    def keep(self, response: Response, session: Session) -> None:
        """Give the browser its session."""
        age_s = 12 * 3600
        response.set_cookie(
            self.cookie, session.secret, max_age=age_s, secure=self.is_secure, httponly=True, samesite="lax", path="/"
        )

    def forget(self, response: Response) -> None:
        """Take it back."""
        response.delete_cookie(self.cookie, secure=self.is_secure, httponly=True, samesite="lax", path="/")

    def install(self, app: FastAPI) -> None:
        """Refuse what other sites let browsers ask, and what is too long; the headers of every answer."""
        public = self._hosting.config.public
        headers = HEADERS if self.is_secure else {**HEADERS, POLICY: HEADERS[POLICY].replace("https:", LOOPBACK)}

        @app.middleware("http")
        async def look(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
            origin = request.headers.get("origin")
            ours = origin in (None, public) or request.url.path.startswith("/pay/")
            length = request.headers.get("content-length", "0")
            if request.method in CHANGES and not ours:
                response: Response = JSONResponse({"detail": "another site made this request"}, 403)
            elif not is_digits(length) or int(length) > BODY_MOST or "transfer-encoding" in request.headers:
                response = JSONResponse({"detail": "the request is too long, or does not say how long"}, 413)
            else:
                response = await answer(request)
            for name, value in headers.items():
                response.headers.setdefault(name, value)
            return response


async def form_of(request: Request) -> dict[str, str]:
    """Fields of a form; of several of one name the last. HTTPException."""
    try:
        text = (await request.body()).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MOST))
    except UnicodeDecodeError:
        raise HTTPException(400, "the form is not UTF-8") from None
    except ValueError:
        raise HTTPException(400, f"the form has more than {FIELDS_MOST} fields") from None


async def upload_of(request: Request) -> tuple[dict[str, str], bytes]:
    """Fields of a form with one file, and the file's bytes; the file's name is the field `file`. HTTPException."""
    try:
        async with request.form(max_files=1, max_fields=FIELDS_MOST) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get("file")
            if not isinstance(file, UploadFile):
                return fields, b""
            return {**fields, "file": file.filename or ""}, await file.read()
    except (FormParserError, ValueError):
        raise HTTPException(400, "the form cannot be read") from None


def id_in(text: str) -> int | None:
    """An id that a form brings; None for what can be none."""
    return int(text) if is_digits(text) and len(text) < 19 else None


async def json_of(request: Request) -> dict[str, Any]:
    """The object that a request brings. HTTPException."""
    try:
        found = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(422, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise HTTPException(422, "the body is no JSON object")
    return found


def language_of(request: Request) -> str:
    """`ru` unless the browser asks for English before Russian."""
    first = request.headers.get("accept-language", "ru").split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "ru"
