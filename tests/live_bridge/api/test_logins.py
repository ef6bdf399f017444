"""Signing in by phone over the API: what a program is told, and what it is not (R-23.3 to R-23.11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from live_bridge.sip.dialog import sdp
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, field, status

DOMAIN = "example.onpbx.ru"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("logins"))
    yield made
    made.close()


def begin(api: Api, address: str) -> tuple[int, dict[str, Any]]:
    answer = api.ask("POST", "/api/sip-logins", "logins:begin", json={"address": address, "host": "192.0.2.7"})
    return answer.status_code, answer.json()


def state(api: Api, login: str) -> dict[str, Any]:
    answer = api.ask("GET", f"/api/sip-logins/{login}", "logins:begin")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


@rule("R-23.3", "R-23.5", "R-23.6")
def test_a_user_signs_in_and_it_stands_in_the_audit_trail(api: Api) -> None:
    phone = Phone("101", api.sip, payload=sdp.OFFERED.codec)
    try:
        assert status(phone.register(api.service.new_passwords[101])) == 200
        phone.on_invite = []
        code, begun = begin(api, f"101@{DOMAIN}")
        assert code == 201 and set(begun) == {"login", "digits", "until"}
        call = phone.called()
        assert "sip:000@" in field(call.invite, "From")
        phone.reply(call.invite, 200, phone.sdp())
        phone.wait(lambda m: m.startswith("ACK"))
        assert state(api, begun["login"])["state"] == "waiting"
        for digit in begun["digits"]:
            phone.request(call, "INFO", digit, kind="application/dtmf")
        wait_until(lambda: (told := state(api, begun["login"]))["state"] != "waiting" and told["user"] == 101)
        assert state(api, begun["login"])["state"] == "over", "it is told once"
    finally:
        phone.close()
    trail = api.ask("GET", "/api/versions/audit", "versions:read").json()
    (entry,) = [one for one in trail["entries"] if one["action"] == "sip-login"]
    assert entry["by"] == "user 101 via logins:begin" and entry["details"] == {"from": "192.0.2.7", "outcome": "right"}


@rule("R-23.10")
@pytest.mark.parametrize("user", [102, 199])
def test_a_user_without_a_phone_and_nobody_get_the_same_answers(api: Api, user: int) -> None:
    for _ in range(3):
        code, begun = begin(api, f"{user}@{DOMAIN}")
        assert code == 201 and state(api, begun["login"]) == {"state": "waiting", "user": None, "address": ""}
    code, refused = begin(api, f"sip:{user}@{DOMAIN.upper()}")
    assert code == 429 and refused["detail"].endswith("wait a quarter of an hour (R-23.10)")


def test_what_is_no_name_of_a_try_is_over(api: Api) -> None:
    assert state(api, "x" * 32)["state"] == "over"
    assert begin(api, "")[0] == 422 and begin(api, "1" * 200)[0] == 422
