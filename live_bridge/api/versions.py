"""Paths of versions: publish a document, promote it in part or whole, roll back, retire (R-25.5, R-25.6).

Decides shapes and status codes: 201 published, 422 faults, 409 for what waits for a person or cannot be done now. Leaves
what is allowed to `promotion/control.py`. Takes effect on new calls before the answer is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from engine.contract import limits
from engine.contract.errors import FlowError
from live_bridge.promotion.control import PromotionRefused

if TYPE_CHECKING:
    from live_bridge.promotion.version_history import Versions
    from live_bridge.service.service import Service


class Promotion(BaseModel):
    """How much of new calls a version takes."""

    share: float = Field(default=1.0, ge=0.0, le=1.0, description="0 to 1; below 1 it is a canary beside the live one.")


class Done(BaseModel):
    """What is live now."""

    live: str


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except FlowError as error:
        raise HTTPException(422, {"message": str(error), "faults": msgspec.to_builtins(error.faults)}) from None
    except PromotionRefused as error:
        raise HTTPException(409, {"message": str(error), "warnings": msgspec.to_builtins(error.warnings)}) from None


def version_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/versions; `needs` makes the dependency on a scope, whose value is the token's name."""
    api = APIRouter(prefix="/api/versions", tags=["versions"])

    def versions() -> Versions:
        if service.versions is None:
            raise HTTPException(503, "the bridge starts or stops; try again in a moment")
        return service.versions

    def known(digest: str) -> None:
        if digest not in versions().flows:
            raise HTTPException(404, f"no version {digest[:12]} is known here")

    @api.get("", dependencies=[needs("versions:read")])
    def versions_known() -> dict[str, Any]:
        """Versions this bridge knows, the live one first."""
        return {"versions": [msgspec.to_builtins(one) for one in versions().list()]}

    @api.get("/changes", dependencies=[needs("versions:read")])
    def changes(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[dict[str, Any]]:
        """Who published, promoted, rolled back and retired what, the latest first."""
        found = versions().changes(limit)
        return [{k: v for k, v in msgspec.structs.asdict(one).items() if k != "standing"} for one in found]

    @api.get("/{digest}", dependencies=[needs("versions:read")])
    def document(digest: str) -> PlainTextResponse:
        """The document of a version."""
        known(digest)
        return PlainTextResponse(versions().text(digest), media_type="application/yaml")

    _publishing(api, versions, needs)
    _acts(api, versions, known, needs)
    return api


def _publishing(api: APIRouter, versions: Callable[[], Versions], needs: Callable[[str], Any]) -> None:
    @api.post(
        "",
        status_code=201,
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}
        },
    )
    async def publish(
        request: Request,
        acknowledged_by: Annotated[
            str, Query(max_length=128, description="Who takes the warnings upon themselves.")
        ] = "",
        by: str = needs("versions:write"),
    ) -> JSONResponse:
        """Publish the document in the body. 422 tells its faults, 409 the warnings that wait for a named person."""
        parts = bytearray()
        async for part in request.stream():
            parts += part
            if len(parts) > limits.DOCUMENT_BYTES:
                raise HTTPException(413, f"a document has at most {limits.DOCUMENT_BYTES} bytes")
        try:
            text = parts.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise HTTPException(
                422, {"message": f"the document is not UTF-8 at byte {error.start}", "faults": []}
            ) from None

        def work() -> Any:
            with _refusals():
                return msgspec.to_builtins(versions().publish(text, by=by, acknowledged_by=acknowledged_by))

        return JSONResponse(await run_in_threadpool(work), 201)


def _acts(
    api: APIRouter, versions: Callable[[], Versions], known: Callable[[str], None], needs: Callable[[str], Any]
) -> None:
    @api.post("/{digest}/promote")
    def promote(digest: str, part: Promotion | None = None, by: str = needs("versions:write")) -> Done:
        """Let a published version take a share of new calls, each by its own draw; all of them makes it the live one."""
        known(digest)
        with _refusals():
            return Done(live=versions().promote(digest, (part or Promotion()).share, by=by))

    @api.post("/rollback")
    def roll_back(by: str = needs("versions:write")) -> Done:
        """End a canary, or else go back to the version that was live before."""
        with _refusals():
            return Done(live=versions().roll_back(by=by))

    @api.post("/{digest}/retire")
    def retire(digest: str, by: str = needs("versions:write")) -> Done:
        """Let a version take no new calls; those on it run to their end."""
        known(digest)
        with _refusals():
            return Done(live=versions().retire(digest, by=by))
