"""A hosting database of each kind, and accounts in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.account.tariff import PriceList
from live_bridge.hosting.database import Database
from live_bridge.hosting.hosting import Hosting
from tests.live_bridge.databases import kinds, postgres
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.site import make_hosting


@pytest.fixture(scope="session")
def hosting_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A URL by kind; PostgreSQL's server is started once."""
    with ExitStack() as stack:
        urls = {"sqlite": f"sqlite:///{tmp_path_factory.mktemp('hosting')}/hosting.sqlite"}
        if "postgresql" in kinds():
            urls["postgresql"] = stack.enter_context(postgres())
        yield urls


@pytest.fixture(scope="session", params=kinds())
def database(request: pytest.FixtureRequest, hosting_urls: dict[str, str]) -> Iterator[Database]:
    """One database for all tests of a kind: each test makes accounts of its own."""
    made = Database(hosting_urls[request.param])
    yield made
    made.close()


@pytest.fixture(autouse=True)
def nothing_costs_anything(request: pytest.FixtureRequest) -> None:
    """Prices are of the whole database: a test that needs some sets them."""
    for kind in ("database", "sqlite"):
        if kind in request.fixturenames:
            people.set_prices(request.getfixturevalue(kind), PriceList())


@pytest.fixture(scope="session")
def sqlite(hosting_urls: dict[str, str]) -> Iterator[Database]:
    """SQLite's, for what does not depend on the kind."""
    made = Database(hosting_urls["sqlite"])
    sa.event.listen(made.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    made.engine.dispose()
    yield made
    made.close()


@pytest.fixture
def hosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosting:
    """A hosting process of its own."""
    return make_hosting(tmp_path, monkeypatch)
