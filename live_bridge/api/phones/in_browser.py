"""Telephones in the browser: a short-lived credential for a person's page, and each call that it places (R-25.5).

Decides shapes, and that the audit trail has who became whose telephone and who placed which call before it has any effect. Leaves
passes to `sip/registrar/passes.py`, calls to SIP, and who may be a telephone to the program that asks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from live_bridge.sip.registrar.passes import PASS_S, Pass, PassRefused

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)


class NewPhone(BaseModel):
    """Whose telephone a page becomes."""

    user: int | None = Field(default=None, description="A user of the PBX; empty for a caller from outside.")
    caller: str = Field(
        default="", max_length=32, pattern=r"^\+?[0-9]*$", description="Number of the caller from outside."
    )


class PageCall(BaseModel):
    """What is about to be called."""

    to: str = Field(min_length=1, max_length=64, examples=["74951234567"])


def phone_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/phones; `needs` makes the dependency on a scope."""
    api = APIRouter(prefix="/api/phones", tags=["phones"])
    listeners = [
        {"transport": listen.transport, "host": listen.public or listen.host, "port": listen.port}
        for listen in service.config.listen
        if listen.transport in ("ws", "wss")
    ]

    def note(action: str, by: str, details: dict[str, Any]) -> None:
        service.records.state.keep_deed(action, service.flow.digest, by, details)

    def owned(login: str, by: str) -> Pass:
        """The pass of a login, for the person it was made for."""
        found = service.view.pass_of(login)
        if found is None or found.by != by:
            raise HTTPException(404, "this phone is not known any more: begin again")
        return found

    @api.get("", dependencies=[needs("phones:write")])
    def where() -> dict[str, Any]:
        """Where telephones in browsers connect; none where SIP is not served over WebSocket."""
        return {"domain": service.domain, "listeners": listeners}

    @api.post("", status_code=201)
    def begin(wanted: NewPhone, by: str = needs("phones:write")) -> dict[str, Any]:
        """A credential for one page, for a quarter of an hour unless it is renewed. It is told here and never again."""
        user = wanted.user
        if not listeners:
            raise HTTPException(409, "SIP is not served over WebSocket here: add a ws or wss address under `listen`")
        if user is not None and user not in service.flow.head.users:
            raise HTTPException(404, f"there is no user {user}")
        note("phone", by, {"user": user} if user is not None else {"caller": wanted.caller})
        try:
            made = service.view.new_pass(by, user, wanted.caller)
        except PassRefused as error:
            raise HTTPException(429, str(error)) from None
        log.info("a page of %s is the phone of %s", by, "a caller from outside" if user is None else user)
        return {
            "login": made.login, "password": made.password, "domain": service.domain, "user": user,
            "listeners": listeners, "expires_s": PASS_S,
        }  # fmt: skip

    @api.post("/{login}/calls", status_code=202)
    def call(login: str, wanted: PageCall, by: str = needs("phones:write")) -> dict[str, bool]:
        """The page is about to call a number: without this within the minute before, its INVITE is refused."""
        found = owned(login, by)
        who = {"user": found.user} if found.user is not None else {"caller": found.caller}
        note("call", by, {"to": wanted.to, **who})
        log.info("%s calls %s from a page", by, wanted.to)
        try:
            service.view.ask_call(login, wanted.to)
        except PassRefused as error:
            raise HTTPException(404, str(error)) from None
        return {"accepted": True}

    @api.put("/{login}")
    def renew(login: str, by: str = needs("phones:write")) -> dict[str, Any]:
        """The page is still there."""
        owned(login, by)
        service.view.renew_pass(login)
        return {"expires_s": PASS_S}

    @api.delete("/{login}")
    def end(login: str, by: str = needs("phones:write")) -> dict[str, bool]:
        """The page is gone."""
        found = service.view.pass_of(login)
        if found is not None and found.by == by:
            service.view.drop_pass(login)
        return {"accepted": True}

    return api
