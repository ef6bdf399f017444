"""Rows of the live world's database: how they are read and written, and what a database says when it does neither.

Decides that every fault of a database is a StoreError, and that a server known to be away is not waited for. Leaves which rows to
`store.py` and `messages.py`. From any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from engine.contract.errors import PbxError
from engine.contract.ids import Instant


class StoreError(PbxError):
    """The database cannot be opened, is of a newer version, or refuses; the message says which and what to do."""


def now() -> Instant:
    """The wall clock, for rows that tell when something was stored."""
    return time.time_ns() // 1000


class Rows:
    """An open database, as far as rows go."""

    engine: sa.Engine
    is_sqlite: bool
    is_away: Callable[[], bool]
    """Whether the database is known not to answer: what is remembered is taken then, without asking first."""

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(
                f"the database refused to write, and nothing was changed: {first_line(error)}; try again"
            ) from error

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        try:
            with self.engine.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as error:
            raise StoreError(f"the database does not answer: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What a database said, without the statement it said it to."""
    return (str(getattr(error, "orig", None) or error).strip() or type(error).__name__).splitlines()[0]
