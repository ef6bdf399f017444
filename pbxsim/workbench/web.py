"""What the server adds to every answer, and whom it answers.

Decides that pages run no scripts but their own and stand in no foreign frame (Content-Security-Policy), that only names it was
started for are answered (DNS rebinding), that nothing of the PBX is answered without a session where sessions are asked for,
pages, files and WebSockets alike, that answers are compressed, and that it is asked whether it lives. Leaves who has a session
to `access/`, pages to Panel.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
import secrets
from collections.abc import Sequence
from typing import Any

from bokeh.resources import Resources
from bokeh.server import server as bokeh_server
from bokeh.server.urls import per_app_patterns
from bokeh.server.util import match_host
from bokeh.settings import settings as bokeh_settings
from panel.command.serve import Serve
from panel.config import config as panel_config
from panel.io.server import DocHandler, WSHandler
from panel.models.esm import ReactiveESM
from panel.reactive import Syncable
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import OutputTransform, RequestHandler
from tornado.websocket import WebSocketClosedError

from pbxsim.workbench import opening
from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access import managing, pages, phone_sign_in, visitors
from pbxsim.workbench.access.gate import Gate
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.access.sockets import GuardedSocket
from pbxsim.workbench.compression import CompressOnce
from pbxsim.workbench.first_changes import WaitingTornado, use_first_changes
from pbxsim.workbench.history import relay
from pbxsim.workbench.last_changes import use_last_changes
from pbxsim.workbench.lightening import lighten
from pbxsim.workbench.phone import socket
from pbxsim.workbench.shell import page_script, remembered

log = logging.getLogger(__name__)

_INLINE = re.compile(rb"<script(?P<about>[^>]*)>(?P<code>.*?)</script>", re.S)


SIGNED_OUT = "signed-out"

FORM_BYTES = 65_536
"""Nothing larger comes by HTTP: pages speak through their WebSocket, forms are short."""


class Alive(RequestHandler):
    """Says which server process this is; a page that hears another name comes again."""

    def get(self) -> None:
        """The name of this process, never from a cache; without a session another word, so that a page whose session is over
        comes again and asks for a new one."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(page_script.BOOT if getattr(self.request, visitors.ATTRIBUTE).may(Right.CALLS) else SIGNED_OUT)


class Misdirected(RequestHandler):
    """Refuses a name that the server was not started for (RFC 9110, section 15.5.20)."""

    def prepare(self) -> None:
        """Say which name, and what to do; nothing of it is echoed as HTML."""
        self.set_status(421)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("The workbench is not served under this name. Start it with --origin HOST:PORT to allow it.\n")


class NotSignedIn(RequestHandler):
    """Refuses what needs a session (RFC 9110, section 15.5.2); somebody who wanted to see a page signs in first."""

    def check_xsrf_cookie(self) -> None:
        """It is refused anyhow."""

    def prepare(self) -> None:
        """Lead to the sign-in page, or say where it is."""
        head, gate = self.request.headers, gates.current()
        is_page = self.request.method == "GET" and "text/html" in head.get("Accept", "") and "Upgrade" not in head
        self.set_header("Cache-Control", "no-store")
        if gate is not None and is_page:
            self.redirect(gate.way_in(self.request))
            return
        self.set_status(401)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("Sign in first: open /sign-in of this server in a browser.\n")


class OwnPasswordFirst(RequestHandler):
    """Who signed in with a password that somebody else gave them sets their own before anything else."""

    def check_xsrf_cookie(self) -> None:
        """It is refused anyhow."""

    def prepare(self) -> None:
        """Lead to the page where that is done."""
        self.set_header("Cache-Control", "no-store")
        self.redirect(f"{GuardedTornado.gate.path}{gates.OWN_PAGE}", status=303)


class NotForEmployees(RequestHandler):
    """Who signed in by phone sees calls alone (R-23.8)."""

    def check_xsrf_cookie(self) -> None:
        """It is refused anyhow."""

    def prepare(self) -> None:
        """Lead to the page of calls who wanted to see another, and refuse what else was asked for."""
        self.set_header("Cache-Control", "no-store")
        if self.request.method == "GET" and "text/html" in self.request.headers.get("Accept", ""):
            self.redirect(f"{GuardedTornado.gate.path}{gates.EMPLOYEES_PAGE}")
            return
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("This is not for who signed in by phone.\n")


class SafePages(OutputTransform):
    """Puts the headers on every answer."""

    def __init__(self, request: HTTPServerRequest) -> None:
        self._host = request.host
        visitor = getattr(request, visitors.ATTRIBUTE, None)
        self._is_private = visitor is not None and visitor.is_signed_in

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """The headers; a page's inline scripts are allowed by what they say (CSP Level 3, section 6.7.3.3)."""
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "SAMEORIGIN"
        if self._is_private and headers.get("Content-Type", "").startswith(("text/html", "application/j")):
            headers["Cache-Control"] = "no-store"  # who uses the browser next finds nothing of it
        nonce = secrets.token_hex(len(page_script.NONCE) // 2)
        if headers.get("Content-Type", "").startswith("text/html"):
            page = chunk = chunk.replace(page_script.NONCE.encode(), nonce.encode())
        else:
            page = b""
        headers["Content-Security-Policy"] = policy(page, self._host, nonce)
        return status_code, headers, chunk


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody waited for went wrong. A browser that left while something was sent to it is no fault."""
    if isinstance(context.get("exception"), WebSocketClosedError | StreamClosedError):
        log.debug("a browser left while something was sent to it")
    else:
        loop.default_exception_handler(context)


def policy(page: bytes, host: str, nonce: str) -> str:
    """The Content-Security-Policy of a page; of an answer without scripts, too.

    >>> "'sha256-" in policy(b"<script>let a</script>", "localhost:5006", "n")
    True
    """
    found = [match["code"] for match in _INLINE.finditer(page) if b"src=" not in match["about"]]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(code).digest()).decode()}'" for code in found]
    scripts = " ".join(dict.fromkeys((*hashes, f"'nonce-{nonce}'" if page else "")))
    sockets = f"ws://{host} wss://{host}" if re.fullmatch(r"[\w.:\[\]-]+", host) else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: {scripts}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data:",
            f"connect-src 'self' blob: {sockets}".strip(),
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def is_served(host: str, names: Sequence[str]) -> bool:
    """Whether a Host header names this server; a port that browsers leave out may be left out.

    >>> is_served("LOCALHOST:5006", ["localhost:5006"]), is_served("evil.example:5006", ["localhost:5006"])
    (True, False)
    """
    host = host.lower()
    for name in names:
        bare, _, port = name.lower().rpartition(":")
        if host == name.lower() or (bare and port in ("80", "443") and host == bare):
            return True
        if "*" in name and match_host(host, name):
            return True
    return False


class PageCookies(list[str]):
    """What Bokeh asks whether a page may know a cookie: its scripts can read what is told to it."""

    def __contains__(self, name: object) -> bool:
        return remembered.is_for_pages(str(name))


class GuardedTornado(WaitingTornado):
    """Bokeh's web application with all of it."""

    names: Sequence[str] = ()
    gate: Gate

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings |= {
            "xsrf_cookies": True,
            "xsrf_cookie_name": self.gate.cookie.replace("-session-", "-form-"),
            "xsrf_cookie_kwargs": self.gate.cookie_settings(),
        }
        super().__init__(*args, **settings)
        self.transforms = [SafePages, CompressOnce]  # in this order: the first reads the page

    @property
    def include_cookies(self) -> list[str]:
        """See Bokeh."""
        return PageCookies()

    def resources(self, absolute_url: str | bool | None = None) -> Resources:
        """See Bokeh: what a page loads, without what no page of ours needs."""
        resources = super().resources(absolute_url)
        resources.components = [part for part in resources.components if part in opening.LIBRARIES]
        return resources

    def find_handler(self, request: HTTPServerRequest, **settings: Any) -> Any:
        """Nobody but those who call us by our name gets an answer, and without a session nobody gets more than the way to one."""
        if not is_served(request.host, self.names):
            return self.get_handler_delegate(request, Misdirected)
        if isinstance(request.connection, HTTP1Connection):
            request.connection.set_max_body_size(FORM_BYTES)  # it is not read yet, and strangers may send some
        if "/static/" in request.path:
            opening.files_asked()
        visitor = self.gate.visitor(request)
        setattr(request, visitors.ATTRIBUTE, visitor or visitors.nobody())
        if visitor is None and not self.gate.is_open(request.path):
            return self.get_handler_delegate(request, NotSignedIn)
        if visitor is not None and not visitor.has_own_password and not self.gate.is_for_own_password(request.path):
            return self.get_handler_delegate(request, OwnPasswordFirst)
        if visitor is not None and visitor.user is not None and not self.gate.is_for_employee(request.path):
            return self.get_handler_delegate(request, NotForEmployees)
        return super().find_handler(request, **settings)


class WorkbenchServe(Serve):
    """`panel serve` with what the workbench adds."""

    def customize_kwargs(self, args: Any, server_kwargs: Any) -> Any:
        """The settings of the Tornado application."""
        settings = super().customize_kwargs(args, server_kwargs)
        settings["extra_patterns"] = [
            *settings.get("extra_patterns", []),
            ("/alive", Alive),
            *pages.PATTERNS,
            *phone_sign_in.PATTERNS,
            *managing.PATTERNS,
            *relay.routes(),
            *socket.routes(),
        ]
        logging.getLogger("pbxsim.workbench.access").setLevel(logging.INFO)  # who came is worth a line
        GuardedTornado.names = tuple(args.allow_websocket_origin or ())
        gate = gates.current()
        if gate is None:
            raise RuntimeError("nobody decides who may come in: call access.gate.use first")
        GuardedTornado.gate = gate
        ours: dict[Any, Any] = {WSHandler: GuardedSocket, DocHandler: opening.Opening}
        per_app_patterns[:] = [(pattern[0], ours.get(pattern[1], pattern[1])) for pattern in per_app_patterns]
        bokeh_settings.perform_document_validation = bokeh_settings.perform_error_diagnostics = (
            False  # a tenth of a page
        )
        for act in (Syncable._event_coroutine, Syncable._change_coroutine):
            vars(act)["lock"] = (
                True  # else an act that comes while another waits may not change a chart, and overtakes it
            )
        panel_config.browser_info = False  # a page would tell it in seven messages, and none of ours asks
        use_first_changes()
        use_last_changes()
        lighten()
        loop: Any = IOLoop.current()
        loop.asyncio_loop.set_exception_handler(_told)
        ReactiveESM.__javascript_raw__ = []  # `static/page.js` imports modules by the browser's own means
        vars(bokeh_server)["BokehTornado"] = GuardedTornado  # what Bokeh's server makes; it has no setting for it
        return settings
