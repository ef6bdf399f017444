"""Paths of how it goes: health for a load balancer, metrics for Prometheus, the whole state for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from live_bridge.api.metrics import Metrics
from live_bridge.api.stream import EventStream

if TYPE_CHECKING:
    from live_bridge.service.service import Service


def health_routes(service: Service, stream: EventStream, metrics: Metrics, needs: Callable[[str], Any]) -> APIRouter:
    """/health, /metrics and /api/status; `needs` makes the dependency on a scope."""
    api = APIRouter()

    @api.get("/health")
    def health() -> JSONResponse:
        """Whether all is well, as a whole and part by part; 503 when something needs a person."""
        state = service.health()
        parts = {name: "ok" if said == "ok" else "bad" for name, said in state["parts"].items()}
        told = {"ok": state["ok"], "pbx": state["pbx"], "up_s": state["up_s"], "parts": parts}
        return JSONResponse(told, 200 if state["ok"] else 503)

    @api.get("/metrics", dependencies=[needs("metrics:read")])
    def prometheus() -> PlainTextResponse:
        """Prometheus metrics."""
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")

    @api.get("/api/status", dependencies=[needs("calls:read")])
    def status() -> dict[str, Any]:
        """The whole state of health, with sizes."""
        return {**service.health(), "run": stream.run, "seq": stream.seq}

    return api
