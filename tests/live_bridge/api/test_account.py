"""The hosting process tells a running bridge the state of its account: calls, requests, restart (R-01.10, R-01.11, R-03.7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from engine.contract.ids import SECOND_US
from live_bridge.api.server import serve_api
from live_bridge.service.service import Service
from live_bridge.store.store import now
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.api.test_manual_acts import tenant
from tests.live_bridge.sip.phone import Phone, status

WEEK_US = 7 * 86400 * SECOND_US


class Compatible(Api):
    http = {"compatible": {"socket_port": None, "plain_port": None}}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Compatible(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


def tell(api: Api, state: str, since: int | None = None) -> int:
    return api.ask("PUT", "/api/account", "account:write", json={"state": state, "since": since}).status_code


@rule("R-01.10", "R-19.7")
def test_blocked_account_refuses_calls_and_requests_for_calls_until_it_is_told_again(api: Api) -> None:
    assert tell(api, "blocked_debt") == 202
    phone = Phone("89991234567", api.sip)
    try:
        _, answer = phone.call("74951234567")
        assert status(answer) == 403
        asked = api.ask("POST", "/api/calls", "calls:write", json={"user": 101, "to": "89161234567"})
        assert asked.status_code == 409 and "R-01.10" in asked.json()["detail"]
        assert api.ask("GET", "/api/account", "account:write").json()["state"] == "blocked_debt"
        assert api.ask("GET", "/api/calls", "calls:read").status_code == 200, "requests go on for seven days"
        assert tell(api, "extended_24h") == 202
        dialog, answer = phone.call("74951234567")
        assert status(answer) == 200
        assert tell(api, "blocked_debt") == 202
        assert not dialog.ended
        phone.hang_up(dialog)
    finally:
        phone.close()
        tell(api, "active")


@rule("R-01.11")
def test_requests_stop_seven_days_into_a_debt_and_come_back_when_it_is_paid(api: Api) -> None:
    domain = api.service.domain
    assert tell(api, "blocked_debt", now() - WEEK_US + 60 * SECOND_US) == 202
    assert api.ask("GET", "/api/calls", "calls:read").status_code == 200
    tell(api, "active")
    assert tell(api, "blocked_debt", now() - WEEK_US) == 202
    refused = api.ask("GET", "/api/calls", "calls:read")
    assert refused.status_code == 402 and "R-01.11" in refused.json()["detail"]
    theirs = api.client.post(f"/{domain}/auth.json", data={"auth_key": api.tokens["calls:read"]})
    assert theirs.json()["status"] == "0" and "R-01.11" in theirs.json()["comment"]
    with pytest.raises(InvalidStatus), api.events():
        raise AssertionError("it must not open")
    assert api.client.get("/health").status_code == 200
    assert tell(api, "active") == 202
    assert api.ask("GET", "/api/calls", "calls:read").status_code == 200


@rule("R-03.7", "R-16.4")
def test_unpaid_trunks_are_told_by_key_and_only_by_the_hosting_process(api: Api) -> None:
    path = "/api/account/trunks/moscow"
    assert api.ask("PUT", path, "calls:write", json={"paid": False}).status_code == 403
    assert api.ask("PUT", "/api/account/trunks/nowhere", "account:write", json={"paid": False}).status_code == 404
    assert api.ask("PUT", path, "account:write", json={"paid": False}).json()["unpaid"] == ["moscow"]
    assert not tenant(api.service).trunks["moscow"].paid
    assert api.ask("PUT", path, "account:write", json={"paid": True}).json()["unpaid"] == []
    assert tenant(api.service).trunks["moscow"].paid


@rule("R-01.10")
def test_state_holds_after_a_restart(tmp_path: Path) -> None:
    made = Api(tmp_path)
    try:
        tell(made, "blocked_debt", 5)
        made.ask("PUT", "/api/account/trunks/moscow", "account:write", json={"paid": False})
        made.service.stop(drain_s=0)
        made.service = Service(made.service.config, extras=(serve_api,))
        made.service.start()
        assert tenant(made.service).barred and not tenant(made.service).trunks["moscow"].paid
        told = made.service.account.told
        assert (told.state, told.since, told.unpaid) == ("blocked_debt", 5, ("moscow",))
    finally:
        made.close()
