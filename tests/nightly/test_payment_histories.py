"""Ten thousand histories of payments against the naive judge (R-21.7, R-21.12)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from live_bridge.hosting import ledger
from live_bridge.hosting.database import Database
from tests.live_bridge.hosting.judge import acts, hold_against

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('hosting')}/hosting.sqlite")
    sa.event.listen(made.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    made.engine.dispose()
    return made


@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=acts)
def test_ten_thousand_histories_agree_with_the_judge(
    database: Database, history: list[tuple[str, int, int, int]]
) -> None:
    hold_against(database, history)


def test_books_of_them_all_cancel_out(database: Database) -> None:
    with database.reading() as connection:
        assert ledger.faults(connection) == []
