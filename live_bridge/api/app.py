"""HTTP and WebSocket around a running bridge (R-19.7, R-19.8): the application, put together from its subjects.

Every path is described by /openapi.json. Requests go to the engine as events, like anybody else's. Each subject is a file:
`health.py`, `calls.py`, `users.py`, `events.py`, `history.py`, `hearing/`, `versions.py` and others; who may is
`access/scopes.py`, and the reference service's own API is `api/compat/routes.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from live_bridge.api.access.debt import DebtStop
from live_bridge.api.access.employee_rights import rights_routes
from live_bridge.api.access.guesses import Guesses
from live_bridge.api.access.logins import login_routes
from live_bridge.api.access.refusal_rules import name_rules, named, rule_of
from live_bridge.api.access.scopes import Access
from live_bridge.api.account import account_routes
from live_bridge.api.activity import activity_routes
from live_bridge.api.audit import audit_routes
from live_bridge.api.availability import refuse_when_unavailable
from live_bridge.api.bans import ban_routes
from live_bridge.api.call_requests import CallRequests, RequestRefused
from live_bridge.api.calls import call_routes
from live_bridge.api.compat.routes import compat_routes
from live_bridge.api.elsewhere import elsewhere_routes
from live_bridge.api.events import event_routes
from live_bridge.api.gate import gate_routes
from live_bridge.api.health import health_routes
from live_bridge.api.hearing.recordings import recording_routes
from live_bridge.api.hearing.supervision import Supervising, supervision_routes
from live_bridge.api.hearing.voicemail import voicemail_routes
from live_bridge.api.history import history_routes
from live_bridge.api.manual_acts import manual_act_routes
from live_bridge.api.metrics import Metrics
from live_bridge.api.phones.in_browser import phone_routes
from live_bridge.api.phones.profiles import phone_profile_routes
from live_bridge.api.stream import EventStream
from live_bridge.api.twin import twin_routes
from live_bridge.api.users import user_routes
from live_bridge.api.versions import version_routes
from live_bridge.api.webhooks import webhook_routes
from live_bridge.api.widgets import refuse_callbacks, widget_routes
from live_bridge.callback.callbacks import Callbacks
from live_bridge.service.phone_profiles import PhoneProfiles
from live_bridge.service.queue_day import QueueDay
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.service.service import Service


def create_app(
    service: Service,
    stream: EventStream,
    metrics: Metrics,
    day: QueueDay,
    asks: CallRequests,
    guesses: Guesses,
    callbacks: Callbacks,
    supervising: Supervising,
) -> FastAPI:
    """The application around one bridge."""
    app = FastAPI(title="pbx-workbench live bridge", version="1", docs_url=None, redoc_url=None)
    access = Access(service.store, guesses, service.rights_of)
    needs, sees = access.needs, access.sees
    # These stand before the paths of one version: `audit` and `gate` are no versions' names.
    app.include_router(audit_routes(service, needs))
    app.include_router(gate_routes(service, needs))
    app.include_router(elsewhere_routes(service, needs))
    app.include_router(version_routes(service, needs))
    app.include_router(activity_routes(service, needs, sees))
    app.include_router(history_routes(service, sees))
    app.include_router(recording_routes(service, sees))
    app.include_router(voicemail_routes(service, needs, sees))
    app.include_router(health_routes(service, stream, metrics, needs))
    app.include_router(ban_routes(service, needs))
    app.include_router(call_routes(stream, day, asks, service.records.state.label, needs, sees))
    app.include_router(supervision_routes(supervising, sees, needs))
    profiles = PhoneProfiles(service)
    app.include_router(phone_profile_routes(service, profiles, stream, guesses, needs))
    app.include_router(widget_routes(service, callbacks, needs))
    refuse_callbacks(app, callbacks)
    app.include_router(user_routes(service, stream, asks, needs))
    app.include_router(phone_routes(service, needs))
    app.include_router(login_routes(service, needs))
    app.include_router(rights_routes(service, needs, sees))
    app.include_router(manual_act_routes(service, needs))
    app.include_router(account_routes(service, needs))
    app.include_router(event_routes(stream, access, service.records.state.label))
    app.include_router(webhook_routes(service, needs))
    app.include_router(twin_routes(service, stream, needs))
    if service.config.http is not None and service.config.http.compatible is not None:
        app.include_router(compat_routes(service, stream, asks, service.domain, guesses))

    app.add_middleware(DebtStop, stopped=lambda: service.account.stops_requests(now()))
    refuse_when_unavailable(app)
    name_rules(app)

    @app.exception_handler(RequestRefused)
    def unable(request: Request, error: Exception) -> JSONResponse:
        status = error.status if isinstance(error, RequestRefused) else 500
        return JSONResponse({"detail": named(str(error), rule_of(request.url.path, status))}, status)

    return app
