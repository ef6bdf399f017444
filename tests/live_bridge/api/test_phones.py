"""Telephones in the browser: passes for persons, the calls they place, and what nobody does without one (R-25.5)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from live_bridge.config_sections import ListenConfig
from live_bridge.sip.registrar import passes
from live_bridge.sip.registrar.passes import Passes, PassRefused
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import digest, field, status
from tests.live_bridge.sip.websocket import Wire
from tests.ports import free_port

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n"
WS_PORT = free_port()
TRUNK = "74951234567"


class WithPhones(Api):
    settings: ClassVar[dict[str, Any]] = {
        "listen": (
            ListenConfig(port=free_port()),
            ListenConfig(port=WS_PORT, transport="ws"),
        )
    }


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = WithPhones(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """As the workbench connects: without an origin."""
    made = Wire(WS_PORT, origin=None)
    yield made
    made.close()


def post(api: Api, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    answer = api.ask("POST", path, "phones:write", json=body)
    return answer.status_code, answer.json()


def begun(api: Api, **wanted: Any) -> dict[str, Any]:
    code, made = post(api, "/api/phones", wanted)
    assert code == 201, made
    assert isinstance(made, dict)
    return made


def proved(wire: Wire, method: str, uri: str, held: dict[str, Any], user: str, extra: str = "", body: str = "") -> str:
    """The final answer to a request that is proved by a pass."""
    call_id = secrets.token_hex(8)
    wire.send(wire.request(method, uri, user=user, call_id=call_id, body=body, extra=extra))
    asked = wire.wait(lambda m: status(m) >= 200)
    assert status(asked) == 401
    proof = digest(field(asked, "WWW-Authenticate"), held["login"], held["password"], method, uri)
    extra += f"Authorization: {proof}\r\n"
    wire.send(wire.request(method, uri, user=user, call_id=call_id, body=body, cseq=2, extra=extra))
    return wire.wait(lambda m: status(m) >= 200)


def called(wire: Wire, held: dict[str, Any], to: str, user: str = "") -> int:
    return status(proved(wire, "INVITE", f"sip:{to}@127.0.0.1", held, user or held["login"], body=SDP))


@rule("R-25.5")
def test_a_pass_calls_an_outside_number_once_for_each_time_it_was_asked_for(api: Api, wire: Wire) -> None:
    held = begun(api, caller="84957770011")
    assert held["listeners"] == [{"transport": "ws", "host": "127.0.0.1", "port": WS_PORT}] and held["user"] is None
    assert called(wire, held, TRUNK) == 403, "it was not asked for"
    assert post(api, f"/api/phones/{held['login']}/calls", {"to": TRUNK})[0] == 202
    assert called(wire, held, TRUNK) == 200
    calls = api.ask("GET", "/api/calls", "calls:read").json()["calls"]
    assert [(one["caller"], one["called"]) for one in calls if one["caller"] == "84957770011"] == [
        ("84957770011", TRUNK)
    ]
    assert called(wire, held, TRUNK) == 403, "once for each time"
    post(api, f"/api/phones/{held['login']}/calls", {"to": "5001"})
    assert called(wire, held, "5001") == 404, "inside numbers are not reached from outside"
    entries = api.ask("GET", "/api/versions/audit", "versions:read").json()["entries"]
    deeds = [(one["action"], one["by"], one["details"]) for one in entries if one["action"] in ("call", "phone")]
    assert ("phone", "phones:write", {"caller": "84957770011"}) in deeds
    assert ("call", "phones:write", {"caller": "84957770011", "to": TRUNK}) in deeds
    assert held["password"] not in str(entries)


@rule("R-25.5", "R-02.4")
def test_a_pass_of_a_user_registers_that_user_and_no_other(api: Api, wire: Wire) -> None:
    held = begun(api, user=103)
    assert status(proved(wire, "REGISTER", "sip:127.0.0.1", held, "104", "Expires: 300\r\n")) == 403
    assert status(proved(wire, "REGISTER", "sip:127.0.0.1", held, "103", "Expires: 300\r\n")) == 200
    wait_until(lambda: api.service.view.devices()[103] == 1)
    assert called(wire, held, "5001", "103") == 403, "it was not asked for"
    assert called(wire, held, "5001", "104") == 403
    post(api, f"/api/phones/{held['login']}/calls", {"to": "5001"})
    assert called(wire, held, "5001", "103") == 200
    assert api.ask("DELETE", f"/api/phones/{held['login']}", "phones:write").status_code == 200
    assert status(proved(wire, "REGISTER", "sip:127.0.0.1", held, "103", "Expires: 300\r\n")) == 403
    wire.close()
    wait_until(lambda: api.service.view.devices()[103] == 0)


@rule("R-25.5")
def test_a_page_without_a_pass_is_nobody_even_where_a_program_may_call(api: Api, wire: Wire) -> None:
    """On a trial any program of the machine is the carrier; a page of it is not."""
    wire.send(wire.request("INVITE", f"sip:{TRUNK}@127.0.0.1", user="89991112233", body=SDP))
    assert status(wire.wait(lambda m: status(m) >= 200)) == 403
    stranger = {"login": "web-0123456789abcdef", "password": "guessed"}
    assert called(wire, stranger, TRUNK) == 403


def test_what_cannot_be_a_phone_is_refused(api: Api) -> None:
    assert post(api, "/api/phones", {"user": 9999})[0] == 404
    assert post(api, "/api/phones", {"caller": "anna"})[0] == 422
    assert post(api, "/api/phones/web-nobody/calls", {"to": TRUNK})[0] == 404
    assert api.ask("PUT", "/api/phones/web-nobody", "phones:write").status_code == 404
    assert api.ask("POST", "/api/phones", "calls:write", json={}).status_code == 403
    held = begun(api)
    api.tokens["other"] = api.token("other", "phones:write")
    for method, path, body in (("POST", "/calls", {"to": TRUNK}), ("PUT", "", None)):
        answer = api.ask(method, f"/api/phones/{held['login']}{path}", "other", json=body)
        assert answer.status_code == 404, "a pass is the one's who was given it"
    assert api.ask("PUT", f"/api/phones/{held['login']}", "phones:write").json() == {"expires_s": passes.PASS_S}


def test_passes_end_and_there_are_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    kept = Passes(lambda: now)
    one = kept.make("anna", None, "")
    assert kept.account(one.login) is not None
    now = passes.PASS_S - 1
    kept.renew(one.login)
    now += passes.PASS_S - 1
    kept.ask(one.login, "100")
    now += passes.ASKED_S + 1
    assert not kept.may_call(one.login, "100")
    now += passes.PASS_S
    assert kept.account(one.login) is None
    with pytest.raises(PassRefused):
        kept.renew(one.login)
    monkeypatch.setattr(passes, "PASSES_MOST", 1)
    kept.make("anna", 100, "")
    with pytest.raises(PassRefused):
        kept.make("boris", 101, "")
