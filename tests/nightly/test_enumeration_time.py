"""An address that has an account is answered as quickly as one that has none (R-01.12). By night: time is measured."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from live_bridge.hosting import tables as t
from tests.harness import rule
from tests.live_bridge.hosting.site import make_hosting, signed_up, visit

pytestmark = pytest.mark.nightly

PAIRS = 30
MOST = 1.25
"""Times as long, by the medians of 30 pairs of requests that take turns: less than one guess needs, which is locked after ten."""


@rule("R-01.1", "R-01.12")
def test_medians_of_answers_are_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosting = make_hosting(tmp_path, monkeypatch)

    async def story(browser: httpx.AsyncClient) -> None:
        await signed_up(hosting, browser)
        browser.cookies.clear()
        for path, more in (("/sign-in", {"password": "wrong"}), ("/forgot", {}), ("/", {})):
            took: dict[str, list[float]] = {"anna": [], "nobody": []}
            for n in range(PAIRS):
                for who in sorted(took, reverse=bool(n % 2)):
                    with (
                        hosting.database.writing() as connection
                    ):  # neither locks nor limits of e-mails come in between
                        for table in (t.wrong_passwords, t.links):
                            connection.execute(sa.delete(table))
                    begun_s = time.perf_counter()
                    await browser.post(path, data={"email": f"{who}@example.org", **more})
                    took[who].append(time.perf_counter() - begun_s)
            known, strange = (statistics.median(took[who]) for who in ("anna", "nobody"))
            print(f"{path}: {known * 1000:.1f} ms with an account, {strange * 1000:.1f} ms without")
            assert 1 / MOST < known / strange < MOST, path

    try:
        visit(hosting, story)
    finally:
        hosting.close()
