"""The hosting database: SQLite by default, PostgreSQL by URL, the same tables in both.

Decides how it is opened and brought up to date, and that a writer has what it read to itself until it is done: on SQLite one
writer at a time, on PostgreSQL by locks on the rows of accounts and counters. A commit is on the disk. Raises StoreError.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command as alembic
from alembic.config import Config as AlembicConfig
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from live_bridge.store import private_files
from live_bridge.store.rows import StoreError, first_line

T = TypeVar("T")

BUSY_WAIT_S = 30
ATTEMPTS = 4
"""Of a transaction that lost against another one."""
MIGRATION_LOCK = 7_046_371
"""Number of the advisory lock under which one of several processes brings PostgreSQL up to date."""


class Database:
    """An open database. From any thread."""

    def __init__(self, url: str) -> None:
        """Raises StoreError."""
        try:
            self.url = sa.make_url(url)
        except SQLAlchemyError:
            raise StoreError(f"{url!r} is no database URL: write sqlite:///path or postgresql+psycopg://…") from None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        shown = self.url.render_as_string(hide_password=True)
        try:
            if self.is_sqlite and self.url.database not in (None, "", ":memory:"):
                file = Path(str(self.url.database))
                private_files.make_folder(file.parent)
                private_files.make_file(file)
            options: dict[str, Any] = {"connect_args": {"timeout": BUSY_WAIT_S}} if self.is_sqlite else {}
            self.engine = sa.create_engine(self.url, pool_pre_ping=not self.is_sqlite, **options)
            if self.is_sqlite:
                sa.event.listen(self.engine, "connect", _tune_sqlite)
            self._migrate()
        except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
            raise StoreError(f"the database {shown} cannot be opened: {first_line(error)}") from None

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes: all of it is done, or nothing."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.begin()
            try:
                yield connection
            except BaseException:
                self._end(connection, "ROLLBACK")
                raise
            self._end(connection, "COMMIT")

    def attempt(self, act: Callable[[sa.Connection], T]) -> T:
        """Do something in a transaction; once more where another writer was quicker with the same thing (PostgreSQL)."""
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(IntegrityError, OperationalError), self.writing() as connection:
                return act(connection)
        with self.writing() as connection:
            return act(connection)

    def _end(self, connection: sa.Connection, how: str) -> None:
        if self.is_sqlite:
            connection.exec_driver_sql(how)
        elif how == "COMMIT":
            connection.commit()
        else:
            connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that only reads."""
        with self.engine.connect() as connection:
            yield connection

    def _migrate(self) -> None:
        config = AlembicConfig()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            try:
                alembic.upgrade(config, "head")
            except Exception as error:
                if "Can't locate revision" in str(error):
                    words = "the database was written by a newer version of pbx-workbench: use that one"
                    raise StoreError(words) from None
                raise


def _tune_sqlite(connection: Any, _record: object) -> None:
    """Transactions are begun by hand, money is on the disk when a commit returns."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
