"""A stand-in for a CRM: retailCRM's methods of telephony and tasks (API v5), and a plain URL with JSON, with delays and failures.

Decides who is known there. It keeps what it is told, for whoever looks: `GET /told`. `PUT /mood` has it answer late or not
at all.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from live_bridge.sandbox import page

PEOPLE: Final = {
    "79161234567": ("Иван", "Петров", "101"),
    "79161112233": ("Мария", "Сидорова", "102"),
    "78125550000": ("ООО", "Ромашка", ""),
}
"""Customers by phone: first name, last name, and the additional code of their manager."""


class Mood(BaseModel):
    """How it answers from now on."""

    delay_s: float = Field(default=0.0, ge=0, le=60)
    status: int = Field(default=200, ge=200, le=599, description="Anything but 200 is a failure.")


def crm_app(key: str, mood: Mood | None = None) -> FastAPI:
    """The application. `key` is the only one it takes."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    told: list[dict[str, Any]] = []
    now = mood or Mood()

    async def moody() -> JSONResponse | None:
        """What it answers in place of what was asked, after its delay."""
        await asyncio.sleep(now.delay_s)
        return None if now.status == 200 else JSONResponse({"success": False, "errorMsg": "Internal"}, now.status)

    def refused(request: Request) -> JSONResponse | None:
        given = request.headers.get("x-api-key") or request.query_params.get("apiKey")
        return None if given == key else JSONResponse({"success": False, "errorMsg": 'Wrong "apiKey" value.'}, 403)

    @app.get("/api/v5/telephony/manager")
    async def manager(request: Request, phone: str = "", details: bool = False) -> JSONResponse:
        if (answer := refused(request) or await moody()) is not None:
            return answer
        first, last, code = PEOPLE.get(phone, ("", "", ""))
        said: dict[str, Any] = {"success": True}
        if code:
            said["manager"] = {"id": int(code), "firstName": "Менеджер", "lastName": code, "code": code}
        if first and details:
            said["customer"] = {"id": 7, "firstName": first, "lastName": last}
        return JSONResponse(said)

    async def keep(request: Request, method: str, field: str) -> JSONResponse:
        if (answer := refused(request) or await moody()) is not None:
            return answer
        fields = await page.fields_of(request)
        try:
            said = json.loads(fields[field])
        except (KeyError, ValueError):
            return JSONResponse({"success": False, "errorMsg": f'Parameter "{field}" is missing'}, 400)
        told.append({"method": method, field: said})
        return JSONResponse({"success": True, "id": len(told)}, 201 if method == "tasks/create" else 200)

    @app.post("/api/v5/telephony/call/event")
    async def event(request: Request) -> JSONResponse:
        return await keep(request, "telephony/call/event", "event")

    @app.post("/api/v5/telephony/calls/upload")
    async def upload(request: Request) -> JSONResponse:
        return await keep(request, "telephony/calls/upload", "calls")

    @app.post("/api/v5/tasks/create")
    async def task(request: Request) -> JSONResponse:
        return await keep(request, "tasks/create", "task")

    @app.get("/contacts")
    async def contacts(request: Request, phone: str = "") -> JSONResponse:
        given = request.headers.get("authorization", "")
        if given != f"Bearer {key}":
            return JSONResponse({"error": "unauthorized"}, 401)
        if (answer := await moody()) is not None:
            return answer
        first, last, code = PEOPLE.get(phone, ("", "", ""))
        found = [{"name": f"{first} {last}", "owner": {"extension": code or None}}] if first else []
        return JSONResponse({"data": found})

    @app.get("/told")
    async def what_was_told() -> list[dict[str, Any]]:
        return told

    @app.put("/mood")
    async def change(wanted: Mood) -> Mood:
        now.delay_s, now.status = wanted.delay_s, wanted.status
        return now

    return app
