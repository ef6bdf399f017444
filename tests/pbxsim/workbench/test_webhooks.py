"""Webhooks and CRMs of a running bridge: a sample sent with a click, an address that appears by itself (R-19.6, R-18.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, Page, expect

from live_bridge.config_sections import GenericCrmConfig, HookConfig, WebConfig
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.certificates import make_certificate
from tests.live_bridge.outbound.test_http_client import Server

from .conftest import EXAMPLE, Seat, patient, still, stop
from .test_access import violations
from .test_live import SCOPES, Running

pytestmark = pytest.mark.debian


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that is told of calls."""
    folder = tmp_path_factory.mktemp("told")
    made = Server(make_certificate(folder))
    made.trust = folder / "chain.pem"  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, browser: Browser, told: Server) -> Iterator[Page]:
    """The Live page beside a bridge with one webhook."""

    class Hooked(Api):
        settings: ClassVar[dict[str, Any]] = {
            "hooks": (HookConfig(name="crm", url=told.url),),
            "integrations": {
                "sales": GenericCrmConfig(kind="generic", user_url="https://crm.example.org/?phone={number}")
            },
            "web": WebConfig(allow=("127.0.0.0/8",), certificates=told.trust),  # type: ignore[attr-defined]
        }

    folder = tmp_path_factory.mktemp("hooked")
    api = Hooked(folder)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(api.token("workbench", "persons:name", *SCOPES), encoding="ascii")

    class Site(Running):
        def __init__(self) -> None:
            self.api, self.shared_file, self.document = api.base, token, Path(EXAMPLE)

    site, port = Site().start_workbench(folder / "workbench.log")
    made = patient(browser.new_page(viewport=Seat.SIZE))
    made.goto(f"http://127.0.0.1:{port}/live?lang=en&theme=light")
    yield made
    made.close()
    stop(site)
    api.close()


@rule("R-19.6")
def test_a_sample_is_sent_with_a_click_and_what_came_of_it_is_said_with_what_to_do(page: Page, told: Server) -> None:
    send = page.get_by_role("button", name="Send a sample")
    expect(page.get_by_role("row", name="crm 127.0.0.1 0 0")).to_be_visible()
    send.click()
    expect(page.get_by_text("crm took the sample call_start: HTTP 200")).to_be_visible()
    assert b"test=True" in told.asked[0][1]
    told.status = 404
    send.click()
    expect(page.get_by_text("see whether the address is complete")).to_be_visible()
    assert violations(page) == []


@rule("R-16.2", "R-18.2")
def test_a_crm_that_is_set_up_appears_where_a_contact_manager_asks_for_its_address(page: Page) -> None:
    page.goto(page.url.replace("/live", "/design"))
    still(page).get_by_test_id("palette-contact_manager").click()
    expect(page.get_by_label("Name", exact=True)).to_be_visible()
    field = page.get_by_role("combobox", name="Address of the CRM", exact=True)
    more = page.get_by_role("button", name="More settings")
    expect(field.or_(more).first).to_be_visible()
    if not field.count():
        more.click()
    field.click()
    page.get_by_role("option", name="crm:sales", exact=True).click()
    expect(field).to_have_value("crm:sales")
