"""Time rules held by hand and numbers erased on a running bridge: by API and command, with who and when (R-25.10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner
from websockets.sync.client import connect

from engine.contract import events as ev
from engine.contract.ids import SECOND_US
from engine.control.tenant import Tenant
from live_bridge.api.server import serve_api
from live_bridge.cli.commands import app
from live_bridge.service.service import Service
from live_bridge.store.journal_store import read_run
from live_bridge.store.store import now
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.service.test_end_to_end import wait_until

RULE = 5400
"""The time rule of the example PBX."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


def ask(api: Api, method: str, path: str, scope: str, **more: object) -> tuple[int, object]:
    answer = api.client.request(method, path, headers={"Authorization": f"Bearer {api.tokens[scope]}"}, **more)  # type: ignore[arg-type]
    return answer.status_code, answer.json()


def held(api: Api) -> dict[str, object]:
    _, found = ask(api, "GET", "/api/overrides", "calls:read")
    assert isinstance(found, list)
    return next(one for one in found if one["element"] == RULE)


def tenant(service: Service) -> Tenant:
    """What the bridge's engine holds, asked in the thread that owns it."""
    found: Tenant = service.driver.ask_inside(lambda controller: controller.engine.tenant)
    return found


def in_engine(api: Api) -> object:
    return tenant(api.service).overrides.get(RULE)


@rule("R-11.8", "R-25.10")
def test_a_rule_is_held_and_let_go_with_who_and_when(api: Api) -> None:
    began = now()
    until = datetime.now(UTC) + timedelta(hours=1)
    code, said = ask(
        api, "POST", f"/api/overrides/{RULE}", "rules:write", json={"mode": "mismatch", "until": until.isoformat()}
    )
    assert code == 202, said
    wait_until(lambda: in_engine(api) is not None)
    one = held(api)
    assert (one["mode"], one["by"]) == ("mismatch", "rules:write") and began <= int(str(one["at"])) <= now()
    assert abs(int(str(one["until"])) - until.timestamp() * SECOND_US) < SECOND_US
    code, said = ask(api, "POST", f"/api/overrides/{RULE}", "rules:write", json={"mode": "auto"})
    assert code == 202
    wait_until(lambda: in_engine(api) is None)
    assert held(api)["mode"] == "auto"
    _, acts = ask(api, "GET", "/api/acts", "history:read")
    assert isinstance(acts, list) and [act["details"]["mode"] for act in acts[:2]] == ["auto", "mismatch"]
    assert acts[0]["by"] == "rules:write"


@rule("R-18.6", "R-25.10")
def test_a_number_is_forgotten_and_stands_in_no_record_of_it(api: Api) -> None:
    talks = tenant(api.service).talks
    talks.note("79161234567", 101, now())
    code, _ = ask(api, "POST", "/api/numbers/erase", "rules:write", json={"number": "8 (916) 123-45-67"})
    assert code == 202
    wait_until(lambda: talks.last_with("79161234567") is None)
    _, acts = ask(api, "GET", "/api/acts", "history:read")
    assert isinstance(acts, list) and acts[0]["act"] == "erase" and acts[0]["by"] == "rules:write"
    assert api.service.records.settle(20.0)
    _, kept = read_run(api.service.store, api.service.journal.run)
    erased = [one.event for one in kept if isinstance(one.event, ev.NumberErased)]
    assert [(one.number, one.user, one.by) for one in erased] == [("", 101, "rules:write")]
    assert "1234567" not in json.dumps(acts)


@rule("R-16.4", "R-25.5", "R-25.10")
def test_what_a_workbench_asks_for_stands_under_the_person_and_under_nobody_it_is_refused(api: Api) -> None:
    head = {
        "Authorization": f"Bearer {api.token('workbench', 'persons:name', 'rules:write', 'versions:write', 'calls:read')}"
    }
    path, held_now = f"/api/overrides/{RULE}", {"mode": "match"}
    nameless = api.client.post(path, json=held_now, headers=head)
    assert nameless.status_code == 403 and "X-PBX-Person" in nameless.text
    own = api.client.post(path, json=held_now, headers={"X-PBX-Person": "anna", **_bearer(api, "rules:write")})
    assert own.status_code == 403 and "persons:name" in own.text
    anna = {**head, "X-PBX-Person": quote("Анна")}
    assert api.client.post(path, json=held_now, headers=anna).status_code == 202
    assert held(api)["by"] == "Анна via workbench"
    live = api.service.versions.list()[0].flow  # type: ignore[union-attr]
    assert api.client.post(f"/api/versions/{live}/name", json={"name": "spring"}, headers=anna).status_code == 200
    trail = api.ask("GET", "/api/versions/audit?limit=1", "versions:read").json()["entries"]
    assert [(one["action"], one["by"]) for one in trail] == [("name", "Анна via workbench")]
    assert api.client.post(path, json={"mode": "auto"}, headers=anna).status_code == 202


def _bearer(api: Api, scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.tokens[scope]}"}


REFUSED = [
    ("POST", f"/api/overrides/{RULE}", "rules:write", {"mode": "open"}, 422, "R-11.8"),
    ("POST", f"/api/overrides/{RULE}", "rules:write", {"mode": "match", "until": 1}, 422, "R-11.8"),
    ("POST", f"/api/overrides/{RULE}", "rules:write", {"mode": "match", "until": "2099-01-01T00:00:00"}, 422, "R-11.8"),
    ("POST", "/api/overrides/5000", "rules:write", {"mode": "match"}, 404, "R-11.8"),
    ("POST", "/api/overrides/9999", "rules:write", {"mode": "match"}, 404, "R-11.8"),
    ("POST", f"/api/overrides/{RULE}", "calls:write", {"mode": "match"}, 403, "R-16.4"),
    ("POST", "/api/numbers/erase", "rules:write", {"number": "anna"}, 422, "R-18.6"),
    ("POST", "/api/numbers/erase", "history:read", {"number": "89161234567"}, 403, "R-16.4"),
    ("POST", "/api/users/999/pause", "members:write", {}, 404, "R-02.4"),
    ("POST", "/api/calls/none/hangup", "calls:write", {}, 404, "R-19.5"),
    ("GET", "/api/history/none", "history:read", None, 404, "R-24.1"),
    ("GET", "/nowhere", "history:read", None, 404, "R-19.7"),
]


@rule("R-25.7", "R-25.10", "R-16.4")
@pytest.mark.parametrize(("method", "path", "scope", "body", "status", "rule_number"), REFUSED)
def test_refusals_of_the_api_name_the_rule(
    method: str, path: str, scope: str, body: object, status: int, rule_number: str, api: Api
) -> None:
    code, said = ask(api, method, path, scope, **({"json": body} if body is not None else {}))
    assert (code, rule_number in json.dumps(said)) == (status, True), said


@rule("R-25.10")
def test_the_commands_do_the_same(api: Api, tmp_path: Path) -> None:
    token = tmp_path / "pbx.token"
    token.write_text(api.token("anna", "rules:write", "calls:read"), encoding="ascii")
    token.chmod(0o600)
    there = ["--bridge", api.base, "--token-file", str(token)]
    ran = CliRunner().invoke(app, ["override", str(RULE), "match", *there])
    assert ran.exit_code == 0, ran.output
    wait_until(lambda: in_engine(api) == ("match", None))
    ran = CliRunner().invoke(app, ["overrides", "--json", *there])
    assert json.loads(ran.output.splitlines()[0])["by"] == "anna"
    ran = CliRunner().invoke(app, ["override", str(RULE), "ajar", *there])
    assert ran.exit_code == 2
    ran = CliRunner().invoke(app, ["override", "5000", "match", *there])
    assert ran.exit_code == 2
    assert CliRunner().invoke(app, ["erase", "+7 916 123-45-67", *there]).exit_code == 0
    assert CliRunner().invoke(app, ["override", str(RULE), "auto", *there]).exit_code == 0
    wait_until(lambda: in_engine(api) is None)


@rule("R-19.8")
def test_events_of_the_stream_say_that_they_are_live(api: Api) -> None:
    head = {"Authorization": f"Bearer {api.tokens['calls:read']}"}
    with connect(f"{api.base.replace('http', 'ws')}/api/events", additional_headers=head) as socket:
        socket.recv(timeout=20)
        ask(api, "POST", f"/api/overrides/{RULE}", "rules:write", json={"mode": "auto"})
        event = json.loads(socket.recv(timeout=20))
    assert (event["type"], event["world"], event["by"]) == ("OverrideChanged", "live", "rules:write")


@rule("R-11.8", "R-25.10")
def test_a_rule_that_is_held_stays_held_after_a_restart(tmp_path: Path) -> None:
    api = Api(tmp_path)
    ask(api, "POST", f"/api/overrides/{RULE}", "rules:write", json={"mode": "match"})
    wait_until(lambda: in_engine(api) is not None)
    config = api.service.config
    api.close()
    again = Service(config, extras=(serve_api,))
    again.start()
    try:
        wait_until(lambda: tenant(again).overrides.get(RULE) == ("match", None))
    finally:
        again.stop(0)
