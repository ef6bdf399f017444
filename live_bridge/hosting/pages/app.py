"""The hosting process's application, put together from its subjects.

Decides what an exception becomes and where payment systems tell. Leaves paths to `sign_up_pages.py`, `account_pages.py`,
`panel_api.py` and `profile_relay.py`, who may ask to `guard.py`.
"""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from engine.account.refusals import AccountRefused
from engine.translations import account_ru
from live_bridge.hosting.accounts import NoSuchAccount
from live_bridge.hosting.billing import NoSuchInvoice
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.account_pages import account_routes
from live_bridge.hosting.pages.guard import Guard, form_of, language_of
from live_bridge.hosting.pages.looks import Unsigned, to_sign_in
from live_bridge.hosting.pages.panel_api import panel_routes
from live_bridge.hosting.pages.profile_relay import profile_relay
from live_bridge.hosting.pages.sign_up_pages import sign_up_routes
from live_bridge.hosting.papers import NoSuchPaper


def hosting_app(hosting: Hosting) -> FastAPI:
    """The application around one hosting process."""
    app = FastAPI(title="pbx-workbench hosting", version="1", docs_url=None, redoc_url=None)
    guard = Guard(hosting)
    guard.install(app)
    app.include_router(panel_routes(hosting, guard))
    app.include_router(sign_up_routes(hosting, guard))
    app.include_router(account_routes(hosting, guard))
    app.include_router(profile_relay(hosting))

    @app.get("/health")
    def health() -> dict[str, bool]:
        """Whether the process and its database answer."""
        with hosting.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        return {"ok": True}

    @app.api_route("/pay/{name}/result", methods=["GET", "POST"])
    async def hear(name: str, request: Request) -> Response:
        """A payment system's notice; whoever sends it, only its signature counts (R-21.12)."""
        system = hosting.systems.get(name)
        if system is None:
            raise HTTPException(404, f"{name} is not set up here")
        fields = {**dict(request.query_params), **await form_of(request)}
        kind, body, _ = await run_in_threadpool(hosting.hear, system, fields)
        return Response(body, media_type=kind)

    @app.exception_handler(AccountRefused)
    def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AccountRefused)
        told = account_ru.told(error, language_of(request))
        return JSONResponse({"detail": told, "code": error.code, "rule": error.rule}, 422)

    app.add_exception_handler(Unsigned, to_sign_in)
    for kind in (NoSuchAccount, NoSuchInvoice, NoSuchPaper):
        app.add_exception_handler(kind, _missing)
    return app


async def _missing(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 404)
