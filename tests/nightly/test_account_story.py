"""One customer's account from the first page to its end, in a browser, against the stand-ins; the parts are in `customer.py`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.harness import rule
from tests.live_bridge.hosting.test_processes import SECRETS
from tests.nightly.customer import City, Customer

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture
def anna(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Customer]:
    monkeypatch.setitem(SECRETS, "OPERATOR_KEY", "key")
    city = City(tmp_path)
    try:
        city.start_all()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            customer = Customer(city, browser)
            try:
                yield customer
            finally:
                customer.close()
                browser.close()
    finally:
        city.close()


@rule(
    "R-01.1", "R-01.2", "R-01.8", "R-01.9", "R-01.10", "R-03.2", "R-03.3", "R-03.4", "R-03.8", "R-03.9", "R-03.10", "R-15.4",
    "R-20.3", "R-20.4", "R-20.5", "R-20.6", "R-21.1", "R-21.2", "R-21.4", "R-21.5", "R-21.6", "R-21.13", "R-22.1", "R-22.2",
    "R-22.3", "R-22.4", "R-22.5", "R-22.6", "R-22.8",
)  # fmt: skip
def test_an_account_from_the_first_page_to_its_end(anna: Customer) -> None:
    anna.signs_up()
    anna.sets_up_a_telephone()
    anna.buys_a_number()
    anna.is_confirmed()
    anna.trial_runs_out()
    anna.pays_as_a_person()
    anna.pays_as_a_company()
    anna.money_runs_out_on_saturday()
    anna.reads_documents()
    anna.closes_the_account()
