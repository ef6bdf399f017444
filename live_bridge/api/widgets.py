"""Paths of callback widgets: for websites without a token, and for programs with one (R-17.3, R-17.5).

    /widget/{key}.js                     the script, the same for every site
    /widget/{key}/settings               what it looks like, and whether calls are offered on a page now
    /widget/{key}/callbacks              a visitor asks to be called
    /widget/{key}/callbacks/{call}       what became of that
    /api/widgets, /api/callbacks         the same for programs, such as a CRM

Decides shapes, and which sites a browser may show an answer to: those of the widget (CORS, Fetch standard section 3.3). Leaves
what is taken to `callback/callbacks.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from live_bridge.api.access.client_address import client_address
from live_bridge.api.access.refusal_rules import named
from live_bridge.callback.callbacks import HERE, CallbackRefused, Callbacks
from live_bridge.callback.script import script as script_text

if TYPE_CHECKING:
    from engine.control.visitors import Offer
    from engine.state.widgets import WidgetRoutes
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

SCRIPT_FOR_S = 3600
"""How long a browser keeps the script."""


class VisitorAsks(BaseModel):
    """A visitor who wants to be called."""

    number: str = Field(min_length=5, max_length=32, examples=["+7 916 123-45-67"])
    page: str = Field(default="/", max_length=500, description="Path of the page they are on.", examples=["/prices"])


class ProgramAsks(VisitorAsks):
    """The same by a program."""

    widget: str = Field(max_length=32, examples=["shop"])


class CallbackTaken(BaseModel):
    """The request is taken: it became a call, or a lead where calls are not offered now."""

    callback: str


class CallbackState(BaseModel):
    """What became of a request."""

    state: Literal["asked", "ringing", "calling", "talking", "done", "nobody", "not_reached"]
    manager: str = Field(description="The name of whoever answered.")


class WidgetLook(BaseModel):
    """What a widget looks like, and what it offers on a page now."""

    offers: bool = Field(description="Whether a request becomes a call now; else it is a lead.")
    free: int = Field(description="Managers who are free.")
    language: str
    button: str
    text: str
    color: str
    size: str
    place: str
    exit_intent: bool
    open_after: float = Field(description="Seconds after which it opens by itself; 0 never.")
    hide_on_mobiles: bool


class WidgetNow(BaseModel):
    """A widget for programs."""

    widget: str
    site: str
    origins: list[str]
    mode: Literal["direct", "logic"]
    open: bool = Field(description="Whether its time rule holds.")
    free: list[int] = Field(description="Users who could take a callback; 0 stands for outside numbers.")


def widget_routes(service: Service, callbacks: Callbacks, needs: Callable[[str], Any]) -> APIRouter:
    """The paths; `needs` makes the dependency on a scope."""
    api = APIRouter()
    config = service.config.http
    trusted = config.trusted if config is not None else ()

    def address_of(request: Request) -> str:
        peer = request.client.host if request.client is not None else ""
        return client_address(peer, ",".join(request.headers.getlist("x-forwarded-for")), trusted)

    def site(request: Request, key: str) -> tuple[WidgetRoutes, dict[str, str]]:
        """The widget, and the headers that let the site read the answer. Raises CallbackRefused for a foreign site."""
        routes = callbacks.widget(key)
        origin = request.headers.get("origin", "")
        if origin not in routes.settings.origins:
            raise CallbackRefused("this site is not one of the widget's (R-17.5)", 403, "site")
        return routes, {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Cache-Control": "no-store"}

    @api.get("/widget/{key}.js", response_class=Response)
    def script(key: str) -> Response:
        """The script that a site loads with one tag."""
        callbacks.widget(key)
        headers = {"Cache-Control": f"public, max-age={SCRIPT_FOR_S}", "X-Content-Type-Options": "nosniff"}
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return Response(script_text(), media_type="text/javascript; charset=utf-8", headers=headers)

    @api.get("/widget/{key}/settings")
    def settings(request: Request, response: Response, key: str, page: str = "/") -> WidgetLook:
        """What the widget looks like, and whether calls are offered on a page now."""
        routes, headers = site(request, key)
        response.headers.update(headers)
        return _shown(routes, callbacks.offer(key, page[:500]))

    @api.options("/widget/{key}/callbacks", response_class=Response, include_in_schema=False)
    def preflight(request: Request, key: str) -> Response:
        """A browser asks whether the site may ask."""
        _, headers = site(request, key)
        headers |= {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type"}
        return Response(status_code=204, headers={**headers, "Access-Control-Max-Age": "600"})

    @api.post("/widget/{key}/callbacks", status_code=202)
    def ask(request: Request, response: Response, key: str, asked: VisitorAsks) -> CallbackTaken:
        """Call a visitor: managers first, then them; a lead by e-mail where calls are not offered now."""
        _, headers = site(request, key)
        response.headers.update(headers)
        return CallbackTaken(callback=callbacks.ask(key, asked.number, asked.page, address_of(request)))

    @api.get("/widget/{key}/callbacks/{call}")
    def follow(request: Request, response: Response, key: str, call: str) -> CallbackState:
        """What became of a request."""
        _, headers = site(request, key)
        response.headers.update(headers)
        found = callbacks.state(call)
        return CallbackState(state=found.state, manager=found.manager)

    # --- for programs -------------------------------------------------------------------------------------------------

    @api.get("/api/widgets", dependencies=[needs("calls:read")])
    def widgets() -> list[WidgetNow]:
        """Every widget, and what it offers on its ordinary pages now."""
        found = []
        for key, routes in service.flow.widgets.items():
            offer = callbacks.offer(key, "/")
            found.append(
                WidgetNow(
                    widget=key, site=routes.site, origins=list(routes.settings.origins), mode=routes.settings.mode,
                    open=offer.open, free=list(offer.free),
                )
            )  # fmt: skip
        return found

    @api.post("/api/callbacks", status_code=202)
    def ask_by(asked: ProgramAsks, by: str = needs("calls:write")) -> CallbackTaken:
        """Call a visitor by a widget, as its site would; the limits of a number hold, those of an address do not."""
        call = callbacks.ask(asked.widget, asked.number, asked.page, HERE, by)
        log.info("callback %s is asked for by %s", call, by)
        return CallbackTaken(callback=call)

    @api.get("/api/callbacks/{call}", dependencies=[needs("calls:read")])
    def follow_by(call: str) -> CallbackState:
        """What became of a callback; `POST /api/calls/{call}/hangup` ends it."""
        found = callbacks.state(call)
        return CallbackState(state=found.state, manager=found.manager)

    return api


def refuse_callbacks(app: FastAPI, callbacks: Callbacks) -> None:
    """Answer refused requests in words, readable for the sites of the widget."""

    @app.exception_handler(CallbackRefused)
    def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, CallbackRefused)
        headers = {"Vary": "Origin"}
        if error.retry_after_s:
            headers["Retry-After"] = str(error.retry_after_s)
        key = request.path_params.get("key", "")
        origin = request.headers.get("origin", "")
        if key and error.reason != "site" and origin in callbacks.widget(key).settings.origins:
            headers["Access-Control-Allow-Origin"] = origin
        told = {"detail": named(str(error), "R-17.5"), "reason": error.reason}
        return JSONResponse(told, error.status, headers)


def _shown(routes: WidgetRoutes, offer: Offer) -> WidgetLook:
    settings = routes.settings.model_dump(include=set(WidgetLook.model_fields), mode="json")
    return WidgetLook(offers=offer.calls, free=len(offer.free), **settings)
