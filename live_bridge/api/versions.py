"""Paths of versions: publish a document, promote it in part or whole, roll back, retire (R-25.5, R-25.6).

Decides shapes and status codes: 201 published, 422 faults, 409 for what waits for a person or cannot be done now. Leaves
what is allowed to `promotion/control.py`. Takes effect on new calls before the answer is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from starlette.concurrency import run_in_threadpool

from engine.contract import limits
from engine.contract.ids import SECOND_US, Instant
from live_bridge.api.elsewhere import found_of
from live_bridge.api.version_access import VersionAccess, refusals
from live_bridge.promotion.elsewhere import DAYS
from live_bridge.promotion.gate import Word
from live_bridge.promotion.trial import Trial, Widening

if TYPE_CHECKING:
    from live_bridge.promotion.version_history import Versions
    from live_bridge.service.service import Service


Numbers = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=limits.SELECTION_ENTRIES)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Plan(BaseModel):
    """How a canary is to widen (R-25.9)."""

    shares: list[Share] = Field(
        min_length=1, max_length=20, description="Shares to come, rising; 1 makes it the live one."
    )
    each_s: float = Field(default=1800.0, ge=1.0, le=30 * 86400.0, description="A share lasts at least so long.")
    least_calls: int = Field(
        default=200, ge=0, le=1_000_000, description="And until the canary took so many calls at it."
    )

    @model_validator(mode="after")
    def _rising(self) -> Plan:
        if any(after <= before for before, after in pairwise(self.shares)):
            raise ValueError("the shares of a plan rise: 0.05, 0.2, 0.5, 1")
        return self


class Promotion(BaseModel):
    """How much of new calls a version takes, which of them, and what is to follow."""

    share: Share | None = Field(
        default=None, description="0 to 1; below 1 it is a canary beside the live one. With a plan, its first share."
    )
    numbers: Numbers = Field(default=[], description="Only calls that dialled one of these; masks as in number rules.")
    trunks: Numbers = Field(default=[], description="Only calls by these trunks, or to `numbers`.")
    callers: Numbers = Field(default=[], description="Only calls from these; masks as in number rules.")
    since: AwareDatetime | None = Field(default=None, description="Only calls from this time on.")
    until: AwareDatetime | None = Field(default=None, description="Only calls before this time.")
    automatic: bool = Field(default=True, description="Roll back by itself when figures say so (R-25.9).")
    within_s: float = Field(
        default=20.0, gt=0, le=600, description="A call is served when answered within so many seconds."
    )
    targets: dict[Literal["service_level", "abandonment", "failed"], Share] = Field(
        default={}, description="Fixed targets: the least service level, the most abandoned and failed calls."
    )
    plan: Plan | None = None
    message: str = Field(default="", max_length=1000, description="Why, for the audit trail.")
    skip_gate_by: str = Field(default="", max_length=128, description="Who takes it upon themselves without evidence.")
    reason: str = Field(default="", max_length=500, description="Why that person does.")

    @property
    def first_share(self) -> float:
        """The share it begins with."""
        if self.share is not None:
            return self.share
        return 1.0 if self.plan is None else self.plan.shares[0]

    def trial(self) -> Trial | None:
        """The canary that is asked for; None when nothing but a share is."""
        plan = None
        if self.plan is not None:
            to_come = tuple(share for share in self.plan.shares if share > self.first_share)
            plan = Widening(shares=to_come, each_s=self.plan.each_s, least_calls=self.plan.least_calls)
        return Trial(
            begun_at=0, numbers=tuple(self.numbers), trunks=tuple(self.trunks), callers=tuple(self.callers),
            since=_instant(self.since), until=_instant(self.until), automatic=self.automatic, within_s=self.within_s,
            targets={name: share for name, share in self.targets.items()}, plan=plan,
        )  # fmt: skip


class RollBack(BaseModel):
    """Why a version is rolled back."""

    message: str = Field(default="", max_length=1000, description="Who decided and why, for the audit trail.")


class Pause(BaseModel):
    """Whether the canary's plan is to rest."""

    paused: bool


def _instant(at: datetime | None) -> Instant | None:
    return None if at is None else round(at.timestamp() * SECOND_US)


class Name(BaseModel):
    """What people are to call a version."""

    name: str = Field(min_length=1, max_length=200)


class Done(BaseModel):
    """What was done to which version, and what is live now."""

    live: str
    flow: str = ""
    number: int | None = None
    name: str = ""


class PromotionAnswer(Done):
    """What came of a promotion: whether it had evidence, and what it lacked (R-25.8)."""

    gate: str
    missing: tuple[str, ...] = ()
    elsewhere: dict[str, Any] | None = Field(
        default=None, description="Who lands elsewhere than with the version that was live, as `/elsewhere` tells."
    )


def version_routes(service: Service, needs: Callable[[str], Any]) -> APIRouter:
    """The paths under /api/versions; `needs` makes the dependency on a scope, whose value is the token's name."""
    api = APIRouter(prefix="/api/versions", tags=["versions"])

    access = VersionAccess(service)

    @api.get("", dependencies=[needs("versions:read")])
    def versions_known() -> dict[str, Any]:
        """Versions this bridge knows, the live one first."""
        return {"versions": [msgspec.to_builtins(one) for one in access.versions.list()]}

    @api.get("/changes", dependencies=[needs("versions:read")])
    def changes(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[dict[str, Any]]:
        """Who published, promoted, rolled back and retired what, and what a start of the bridge did, the latest first."""
        found = access.versions.changes(limit, starts=True)
        return [
            {**{k: v for k, v in msgspec.structs.asdict(one).items() if k != "standing"}, **access.labelled(one.flow)}
            for one in found
        ]

    @api.get("/canary", dependencies=[needs("versions:read")])
    def canary() -> dict[str, Any]:
        """The canary, if there is one: its figures beside those of the live version with intervals that hold at every look, its
        plan; and how the last one ended that ended by itself (R-25.9)."""
        found = service.canary.report()
        now, ended = found["canary"], found["ended"]
        if now is not None:
            now |= access.labelled(now["flow"])
            now |= {f"live_{key}": value for key, value in access.labelled(now["live"]).items()}
        if ended is not None:
            ended |= access.labelled(ended["flow"])
        return found

    @api.post("/canary/plan")
    def plan(pause: Pause, by: str = needs("versions:write")) -> Done:
        """Let the plan by which a canary widens rest, or go on."""
        with refusals():
            access.versions.pause_plan(pause.paused, by=by)
        return Done(live=access.versions.flow.digest)

    @api.get("/{version}", dependencies=[needs("versions:read")])
    @api.get("/{version}/document", dependencies=[needs("versions:read")])
    def document(version: str) -> PlainTextResponse:
        """The document of a version: of `v7`, a name, `live`, or the beginning of a digest; `canary/document` of the canary."""
        return PlainTextResponse(access.versions.text(access.known(version)), media_type="application/yaml")

    _publishing(api, access, needs)
    _acts(api, access, service, needs)
    return api


def _publishing(api: APIRouter, access: VersionAccess, needs: Callable[[str], Any]) -> None:
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
        name: Annotated[str, Query(max_length=200, description="What people are to call it.")] = "",
        draft: Annotated[bool, Query(description="Keep it as a draft; its warnings wait for a person.")] = False,
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
            return _published(access.versions, text, by, acknowledged_by, name, draft)

        return JSONResponse(await run_in_threadpool(work), 201)

    @api.post("/{version}/publish", status_code=201)
    def publish_again(
        version: str,
        acknowledged_by: Annotated[str, Query(max_length=128)] = "",
        name: Annotated[str, Query(max_length=200)] = "",
        by: str = needs("versions:write"),
    ) -> dict[str, Any]:
        """Publish a draft, or a version that was retired, as the bridge has its document."""
        digest = access.known(version)
        return _published(access.versions, access.versions.text(digest), by, acknowledged_by, name, False)


def _published(versions: Versions, text: str, by: str, acknowledged_by: str, name: str, draft: bool) -> dict[str, Any]:
    with refusals():
        found = versions.publish(text, by=by, acknowledged_by=acknowledged_by, name=name, draft=draft)
    label = versions.labels()[found.digest]
    state = next(one.state for one in versions.list() if one.flow == found.digest)
    return {**msgspec.to_builtins(found), "number": label.number, "name": label.name, "state": state}


def _acts(api: APIRouter, access: VersionAccess, service: Service, needs: Callable[[str], Any]) -> None:
    @api.post("/{version}/promote")
    def promote(version: str, part: Promotion | None = None, by: str = needs("versions:write")) -> PromotionAnswer:
        """Let a published version take a share of new calls, each by its own draw; all of them makes it the live one. The answer
        says who lands elsewhere than before."""
        digest, wanted = access.known(version), part or Promotion()
        found = found_of(service, access, digest)
        with refusals():
            done = access.versions.promote(
                digest, wanted.first_share, by=by, message=wanted.message, trial=wanted.trial(),
                word=Word(by=wanted.skip_gate_by, reason=wanted.reason),
                details={"elsewhere": {"minutes": round(found.minutes), "calls": found.logged, "moved": found.moved}},
            )  # fmt: skip
        there = {**msgspec.to_builtins(found), "days": DAYS}
        return PromotionAnswer(flow=digest, **access.labelled(digest), **msgspec.structs.asdict(done), elsewhere=there)

    @api.post("/rollback")
    def roll_back(back: RollBack | None = None, by: str = needs("versions:write")) -> Done:
        """End a canary, or else go back to the version that was live before."""
        with refusals():
            live = access.versions.roll_back(by=by, message="" if back is None else back.message)
        return Done(live=live, flow=live, **access.labelled(live))

    @api.post("/{version}/retire")
    def retire(version: str, by: str = needs("versions:write")) -> Done:
        """Let a version take no new calls; those on it run to their end."""
        digest = access.known(version)
        with refusals():
            return Done(live=access.versions.retire(digest, by=by), flow=digest, **access.labelled(digest))

    @api.post("/{version}/name")
    def name(version: str, wanted: Name, by: str = needs("versions:write")) -> dict[str, Any]:
        """Give a version a name that people can say, and that no other version has."""
        digest = access.known(version)
        with refusals():
            access.versions.name(digest, wanted.name, by=by)
        return {"flow": digest, **access.labelled(digest)}
