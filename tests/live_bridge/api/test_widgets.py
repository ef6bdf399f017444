"""Callback widgets over HTTP: sites and no others, limits, what visitors and programs are told (R-17.2, R-17.3, R-17.5)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import httpx
import pytest

from engine.contract import events as ev
from engine.contract import limits
from engine.contract import notes as note
from live_bridge.callback.callbacks import Callbacks
from live_bridge.callback.script import BYTES_AT_MOST, script
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.service.test_end_to_end import wait_until

SITE = "https://shop.example"
WIDGETS = """
widgets:
  shop:
    name: Shop
    origins: [https://shop.example, http://localhost:8000]
    managers: [101, 102]
    color: "#cc3300"
    lead: lead@example.com
  closed: {origins: https://shop.example, mode: logic, element: 5200, hours: 5400}
"""


class WithWidgets(Api):
    changes: ClassVar[dict[str, str]] = {"\nelements:\n": WIDGETS + "\nelements:\n"}
    http: ClassVar[dict[str, Any]] = {"proxies": ("127.0.0.1/32",)}

    def site(
        self, method: str, path: str, origin: str = SITE, address: str = "198.51.100.1", **more: Any
    ) -> httpx.Response:
        """As a browser on a page of a site asks, through the proxy that stands before the bridge."""
        headers = {"Origin": origin, "X-Forwarded-For": address}
        return self.client.request(method, f"/widget/{path}", headers=headers, **more)

    def asks(self, number: str, address: str = "198.51.100.1", widget: str = "shop", **more: Any) -> httpx.Response:
        return self.site("POST", f"{widget}/callbacks", address=address, json={"number": number, "page": "/p"}, **more)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithWidgets]:
    made = WithWidgets(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


@pytest.fixture
def started(api: WithWidgets) -> Iterator[list[note.CallStarted]]:
    """Calls that began by a widget."""
    found: list[note.CallStarted] = []
    stop = api.service.driver.subscribe(
        lambda at, said: found.append(said) if isinstance(said, note.CallStarted) and said.widget else None
    )
    yield found
    stop()


@rule("R-17.1")
def test_the_script_is_light_and_the_same_for_every_site(api: WithWidgets) -> None:
    answer = api.client.get("/widget/shop.js")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/javascript")
    assert answer.content == script() and len(answer.content) < BYTES_AT_MOST
    assert b"://" not in answer.content.replace(b"http://www.w3.org/2000/svg", b""), (
        "it loads nothing from anywhere else"
    )
    assert api.client.get("/widget/none.js").status_code == 404


@rule("R-17.2", "R-17.5")
def test_sites_of_the_widget_read_its_settings_and_others_do_not(api: WithWidgets) -> None:
    answer = api.site("GET", "shop/settings", params={"page": "/p"})
    assert answer.headers["access-control-allow-origin"] == SITE and answer.headers["vary"] == "Origin"
    told = answer.json()
    assert (told["color"], told["offers"], told["free"]) == ("#cc3300", True, 0)
    assert "managers" not in told and "lead" not in told, "nothing of the inside goes out"
    preflight = api.site("OPTIONS", "shop/callbacks")
    assert preflight.status_code == 204 and preflight.headers["access-control-allow-methods"] == "POST"
    for method, path in (("GET", "shop/settings"), ("OPTIONS", "shop/callbacks"), ("POST", "shop/callbacks")):
        more = {"json": {"number": "+79160000000"}} if method == "POST" else {}
        foreign = api.site(method, path, origin="https://evil.example", **more)
        assert foreign.status_code == 403 and "access-control-allow-origin" not in foreign.headers
    assert api.client.post("/widget/shop/callbacks", json={"number": "+79160000000"}).status_code == 403


@rule("R-17.3", "R-17.4")
def test_a_visitor_hears_what_became_of_the_request(api: WithWidgets, started: list[note.CallStarted]) -> None:
    taken = api.asks("+7 916 111-11-11", "198.51.100.20")
    assert taken.status_code == 202 and taken.headers["access-control-allow-origin"] == SITE
    call = taken.json()["callback"]
    wait_until(lambda: api.site("GET", f"shop/callbacks/{call}").json()["state"] == "nobody")
    assert [(one.call, one.widget, one.origin) for one in started] == [(call, "shop", "callback")]
    assert api.site("GET", "shop/callbacks/other").status_code == 404

    def kept() -> dict[str, Any] | None:
        rows = api.ask("GET", "/api/history", "history:read").json()
        found = rows["calls"] if isinstance(rows, dict) else rows
        return next((row for row in found if row["uuid"] == call), None)

    wait_until(lambda: kept() is not None)
    row = kept()
    assert row is not None and row["destination_number"] == "widget:shop" and row["accountcode"] == "missed"


@rule("R-17.5")
@pytest.mark.parametrize("number", ["+493012345678", "1234567", "112", "88091234567", "number", "+7916", "0" * 20])
def test_numbers_that_may_not_be_called_are_refused_in_words(
    api: WithWidgets, started: list[note.CallStarted], number: str
) -> None:
    answer = api.asks(number, "198.51.100.30")
    assert answer.status_code == 422 and not started
    if "reason" in answer.json():
        assert answer.json()["reason"] == "number" and "R-17.5" in answer.json()["detail"]


@rule("R-17.5")
def test_a_bot_that_posts_a_thousand_requests_makes_ten_calls_an_address(
    api: WithWidgets, started: list[note.CallStarted]
) -> None:
    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(lambda n: api.asks(f"7926{n:07d}", "203.0.113.66").status_code, range(1000)))
    assert codes.count(202) == limits.CALLBACKS_PER_ADDRESS and set(codes) == {202, 429}
    assert len(started) == limits.CALLBACKS_PER_ADDRESS
    refused = api.asks("79269999999", "203.0.113.66")
    assert refused.json()["reason"] == "address" and 3500 < int(refused.headers["retry-after"]) <= 3600
    spoofed = api.asks("79269999999", "1.2.3.4, 203.0.113.66")
    assert spoofed.status_code == 429, "only what our own proxy wrote is believed"


@rule("R-17.5")
def test_a_number_is_called_three_times_an_hour_and_once_at_a_time(
    api: WithWidgets, started: list[note.CallStarted]
) -> None:
    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(lambda n: api.asks("+79031234567", f"192.0.2.{n}").status_code, range(50)))
    for n in range(50, 60):
        codes.append(api.asks("8 903 123-45-67", f"192.0.2.{n}").status_code)
    assert 1 <= codes.count(202) <= limits.CALLBACKS_PER_NUMBER and len(started) == codes.count(202)


@rule("R-17.2")
def test_out_of_hours_a_request_is_a_lead(api: WithWidgets) -> None:
    api.service.driver.submit(ev.OverrideSet(element=5400, mode="mismatch"))
    wait_until(lambda: not api.site("GET", "closed/settings").json()["offers"])
    call = api.asks("+79164443322", "198.51.100.40", "closed").json()["callback"]
    wait_until(lambda: api.site("GET", f"closed/callbacks/{call}").json()["state"] == "nobody")


@rule("R-17.3", "R-25.10")
def test_programs_ask_by_token_and_it_is_written_down_who_asked(api: WithWidgets) -> None:
    assert {one["widget"] for one in api.ask("GET", "/api/widgets", "calls:read").json()} == {"shop", "closed"}
    body = {"widget": "shop", "number": "+79165550000"}
    assert api.client.post("/api/callbacks", json=body).status_code == 401
    assert api.ask("POST", "/api/callbacks", "calls:read", json=body).status_code == 403
    taken = api.ask("POST", "/api/callbacks", "calls:write", json=body)
    assert taken.status_code == 202
    call = taken.json()["callback"]
    assert api.ask("GET", f"/api/callbacks/{call}", "calls:read").json()["state"] in ("asked", "ringing", "nobody")
    assert api.ask("POST", "/api/callbacks", "calls:write", json={**body, "widget": "none"}).status_code == 404
    acts = api.ask("GET", "/api/acts", "history:read").text
    assert "callback" in acts and "79165550000" not in acts


def test_states_of_callbacks_that_are_long_over_are_forgotten(
    api: WithWidgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live_bridge.callback.callbacks.KEPT", 2)
    known = Callbacks(api.service)
    for n in range(4):
        known.ask("shop", f"7917000000{n}", "/", f"198.51.101.{n}")
    assert len(known._known) == 2
