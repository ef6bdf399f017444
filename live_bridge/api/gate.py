"""The gate over the API: what it asks for, and evidence that is attached to a version and read again (R-25.8).

Decides shapes and status codes: 201 attached, 422 a report that is none or of another version. Leaves what is evidence to
`promotion/gate.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from live_bridge.api.version_access import VersionAccess, refusals

if TYPE_CHECKING:
    from live_bridge.promotion.gate import Judged
    from live_bridge.service.service import Service

REPORT_BYTES = 1_000_000
"""Largest report of the gate."""


def gate_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/versions; `needs` makes the dependency on a scope, whose value is the token's name."""
    api = APIRouter(prefix="/api/versions", tags=["versions"])
    access = VersionAccess(service)

    def shown(digest: str, found: Judged) -> dict[str, Any]:
        return {"flow": digest, **access.labelled(digest), **msgspec.to_builtins(found)}

    @api.get("/gate", dependencies=[needs("versions:read")])
    def gate() -> dict[str, Any]:
        """What a version must show before it takes new calls: `promotion` of `live.yaml`, and which version is live."""
        settings, live = access.versions.gate.settings, access.versions.flow.digest
        return {
            "gate": settings.gate,
            "two_persons": settings.two_persons,
            "targets": settings.targets,
            "live": {"flow": live, **access.labelled(live)},
        }

    @api.post(
        "/{version}/evidence",
        status_code=201,
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    )
    async def attach(version: str, request: Request, by: str = needs("versions:write")) -> JSONResponse:
        """Attach a report of `pbx gate` to a version. The bridge judges it by its own targets, signs it and keeps it; `passed`
        and `reasons` say what it found."""
        parts = bytearray()
        async for part in request.stream():
            parts += part
            if len(parts) > REPORT_BYTES:
                raise HTTPException(413, f"a report has at most {REPORT_BYTES} bytes")

        def work() -> dict[str, Any]:
            digest = access.known(version)
            with refusals():
                return shown(digest, access.versions.attach(digest, bytes(parts), by=by))

        return JSONResponse(await run_in_threadpool(work), 201)

    @api.get("/{version}/evidence", dependencies=[needs("versions:read")])
    def evidence(version: str) -> dict[str, Any]:
        """The latest evidence of a version, and whether it counts now; 404 when it has none."""
        digest = access.known(version)
        found = access.versions.evidence(digest)
        if found is None:
            raise HTTPException(404, f"{access.versions.said(digest)} has no evidence: pbx gate makes it")
        return shown(digest, found)

    return api
