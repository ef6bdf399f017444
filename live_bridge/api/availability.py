"""What the API says when journal or database cannot do what was asked for, and how far what it reads is behind.

Decides status codes: 503 with `Retry-After`, and that nothing was changed when it says so. Leaves the words to who refused.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from live_bridge.promotion.control import NotInForce
from live_bridge.store.journal_segments import JournalUnavailable
from live_bridge.store.store import StoreError, first_line

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5

LAG_HEADER = "X-Database-Lag"
"""Seconds that the database is behind the calls, in answers that are read from it; absent when it is not."""


def refuse_when_unavailable(app: FastAPI) -> None:
    """Answer 503 when the journal or the database takes nothing."""
    for kind in (JournalUnavailable, NotInForce, StoreError, SQLAlchemyError):
        app.add_exception_handler(kind, _unavailable)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    words = first_line(error)
    log.warning("%s %s could not be done: %s", request.method, request.url.path, words)
    return JSONResponse({"detail": words}, 503, {"Retry-After": str(RETRY_AFTER_S)})


def settled(service: Service) -> dict[str, str]:
    """Wait a little for the database to have what was written, and the header that says how far it is behind."""
    if service.records.settle():
        return {}
    return {LAG_HEADER: f"{service.records.feeder.lag_s:.1f}"}


class Settled:
    """A dependency of paths that read the database: see `settled`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, response: Response) -> None:
        response.headers.update(settled(self._service))
