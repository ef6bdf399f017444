"""Every refusal of the API names the rule of the specification that caused it (R-25.7).

Decides the rule of a refusal that does not name one itself, by its path. Leaves what is refused to the paths.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

BY_PATH: Final = (
    ("/api/account", "R-01.10"),
    ("/api/calls", "R-19.5"),
    ("/api/sip-logins", "R-23.10"),
    ("/api/callbacks", "R-17.3"),
    ("/api/widgets", "R-17.3"),
    ("/widget", "R-17.5"),
    ("/api/rights", "R-23.9"),
    ("/api/users", "R-02.4"),
    ("/api/phone-models", "R-15.3"),
    ("/phones", "R-15.8"),
    ("/api/overrides", "R-11.8"),
    ("/api/numbers", "R-18.6"),
    ("/api/acts", "R-25.10"),
    ("/api/versions", "R-25.5"),
    ("/api/history", "R-24.1"),
    ("/api/messages", "R-09.4"),
    ("/api/recordings", "R-24.4"),
    ("/recordings", "R-19.4"),
)
"""Beginnings of paths, and the rule of what is refused there."""

WITHOUT_RIGHT: Final = "R-16.4"
"""The rule of keys and scopes: for 401 and 403."""

OF_THE_API: Final = "R-19.7"
"""The rule of everything else."""


def rule_of(path: str, status: int) -> str:
    """The rule of a refusal.

    >>> rule_of("/api/users/999/pause", 404), rule_of("/api/users", 403), rule_of("/nowhere", 404)
    ('R-02.4', 'R-16.4', 'R-19.7')
    """
    if status in (401, 403):
        return WITHOUT_RIGHT
    return next((rule for beginning, rule in BY_PATH if path.startswith(beginning)), OF_THE_API)


def named(detail: Any, rule: str) -> Any:
    """What a refusal says, with the rule where it names none.

    >>> named("there is no user 999", "R-02.4"), named("that time has passed (R-11.8)", "R-25.10")
    ('there is no user 999 (R-02.4)', 'that time has passed (R-11.8)')
    """
    if isinstance(detail, str):
        return detail if "R-" in detail else f"{detail} ({rule})"
    if isinstance(detail, dict) and isinstance(detail.get("message"), str):
        return {**detail, "rule": detail.get("rule", rule)}
    return detail


def name_rules(app: FastAPI) -> None:
    """Let every refusal of `app` name its rule."""

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        detail = named(error.detail, rule_of(request.url.path, error.status_code))
        return JSONResponse({"detail": detail}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        told = {"detail": jsonable_encoder(error.errors()), "rule": rule_of(request.url.path, 422)}
        return JSONResponse(told, 422)
