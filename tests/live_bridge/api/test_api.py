"""The API of a real bridge, over real HTTP and WebSocket (R-19.7, R-19.8)."""

from __future__ import annotations

import csv
import io
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.control.present import Present
from engine.loading.load import load
from engine.records.forecast import Forecast
from engine.records.history import CallRecord
from live_bridge.api.access import tokens
from live_bridge.api.server import serve_api
from live_bridge.api.stream import KEPT, EventStream
from live_bridge.config import demo_config
from live_bridge.config_sections import HttpConfig
from live_bridge.service.service import Service
from live_bridge.store import tables
from live_bridge.store.history_export import COLUMNS
from live_bridge.store.history_rows import history_row
from live_bridge.store.store import now
from tests.harness import rule
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.prepared import bring_sounds
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Dialog, Phone, status
from tests.live_bridge.sip.talk import hear_each_other, port_in
from tests.ports import free_port, media_ports

EXAMPLE = Path(__file__).parents[3] / "datasets" / "pbx" / "example" / "pbx.yaml"


class Api:
    """A running bridge, its API, and tokens of every kind."""

    settings: ClassVar[dict[str, Any]] = {}
    """Of `live.yaml`, beside those of a trial."""
    http: ClassVar[dict[str, Any]] = {}
    """Of `http` in it."""
    changes: ClassVar[dict[str, str]] = {}
    """Texts of the document that others are put in place of."""

    def __init__(self, folder: Path) -> None:
        document = folder / "pbx.yaml"
        text = EXAMPLE.read_text(encoding="utf-8").replace("lines: 30, to: 5500", "lines: 30, to: 5000")
        for old, new in self.changes.items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        document.write_text(text, encoding="utf-8")
        self.sip = ("127.0.0.1", free_port())
        self.port = free_port()
        config = demo_config(str(document), load(text), self.sip, folder / "var")
        media = config.media.model_copy(update={"ports": media_ports(200)})
        config = config.model_copy(
            update={"http": HttpConfig(port=self.port, **self.http), "media": media, **self.settings}
        )
        self.service = Service(config, extras=(serve_api,))
        bring_sounds(folder / "var")
        self.service.start(passwords_for_all=True)
        self.tokens = {scope: self.token(scope, scope) for scope in tokens.SCOPES}
        self.base = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.base, trust_env=False, timeout=30)

    def token(self, name: str, *scopes: str) -> str:
        made = tokens.generate()
        self.service.store.keep_token(name, tokens.digest(made), scopes)
        return made

    def ask(self, method: str, path: str, scope: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {self.tokens[scope]}"}, **more)

    def events(self, query: str = "") -> Any:
        head = {"Authorization": f"Bearer {self.tokens['calls:read']}"}
        return connect(f"ws://127.0.0.1:{self.port}/api/events{query}", additional_headers=head, proxy=None)

    def close(self) -> None:
        self.client.close()
        self.service.stop(drain_s=0)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    api = Api(tmp_path_factory.mktemp("api"))
    yield api
    api.close()


@pytest.fixture
def caller(api: Api) -> Iterator[Phone]:
    phone = Phone("89991234567", api.sip)
    yield phone
    phone.close()


def read(socket_: Any, wanted: str) -> dict[str, Any]:
    """The next event of a type."""
    while True:
        event: dict[str, Any] = json.loads(socket_.recv(timeout=20))
        if event["type"] == wanted:
            return event


def talking_to_the_pbx(api: Api, caller: Phone) -> tuple[Dialog, str]:
    """A call in its greeting, and its id."""
    with api.events() as stream:
        read(stream, "hello")
        dialog, answer = caller.call("74951234567")
        assert status(answer) == 200
        return dialog, read(stream, "CallStarted")["call"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/calls", "calls:read"),
        ("GET", "/api/users", "calls:read"),
        ("GET", "/api/queues", "calls:read"),
        ("GET", "/api/status", "calls:read"),
        ("GET", "/api/history", "history:read"),
        ("GET", "/api/history/none/ladder", "history:read"),
        ("GET", "/api/history/none/recording", "recordings:read"),
        ("GET", "/api/voice-messages", "history:read"),
        ("GET", "/api/voice-messages/none/audio", "recordings:read"),
        ("DELETE", "/api/voice-messages/none", "users:write"),
        ("GET", "/api/history.jsonl", "history:read"),
        ("GET", "/api/activity", "activity:read"),
        ("GET", "/api/activity.jsonl", "activity:read"),
        ("GET", "/metrics", "metrics:read"),
        ("GET", "/api/twin/state", "calls:read"),
        ("GET", "/api/twin", "calls:read"),
        ("POST", "/api/calls/none/hangup", "calls:write"),
        ("POST", "/api/users/101/pause", "members:write"),
    ],
)
def test_every_path_needs_a_token_of_its_scope(api: Api, method: str, path: str, scope: str) -> None:
    assert api.client.request(method, path).status_code == 401
    wrong = {"Authorization": f"Bearer {tokens.generate()}"}
    assert api.client.request(method, path, headers=wrong).status_code == 401
    other = next(one for one in tokens.SCOPES if one != scope)
    refused = api.ask(method, path, other)
    assert refused.status_code == 403 and scope in refused.json()["detail"]
    assert api.ask(method, path, scope).status_code in (200, 202, 404)


def test_health_needs_no_token_and_tells_no_secret(api: Api) -> None:
    answer = api.client.get("/health")
    assert answer.status_code == 200 and set(answer.json()) == {"ok", "pbx", "up_s", "parts"}
    assert answer.json()["parts"] == {"journal": "ok", "database": "ok", "calls": "ok", "media": "ok", "disk": "ok"}


def test_openapi_describes_every_path(api: Api) -> None:
    paths = api.client.get("/openapi.json").json()["paths"]
    assert {"/api/calls", "/api/history", "/api/history.csv", "/api/users/{user}/{action}", "/metrics"} <= set(paths)
    (shown,) = paths["/api/history"]["get"]["responses"]["200"]["content"]["application/json"]["example"]["calls"]
    assert set(shown) == {*COLUMNS, "recordings", "rule", "party"}, "the example is of the form that is sent"


@rule("R-24.4")
def test_history_comes_in_pages_that_lead_to_the_next_and_as_csv(api: Api) -> None:
    """Links of RFC 8288."""
    start = 1_795_422_600_000_000
    base = CallRecord(
        uuid="", caller_id_name='=HYPERLINK("http://bad.example")', caller_id_number="+79160000001",
        destination_number="555", from_host="", to_host="", start=start, end=start + 5, duration_us=5, user_talk_us=0,
        hangup_cause=Cause.NO_ANSWER, party=Party.FLOW, accountcode="missed", gateway="spb", flow="f", rule="", events=(),
    )  # fmt: skip
    with api.service.store.engine.begin() as connection:
        for number in range(5):
            record = msgspec.structs.replace(base, uuid=f"page-{number}", start=start + number)
            connection.execute(tables.history.insert().values(**history_row(record, "example", 1)))
    found: list[str] = []
    path: str | None = "/api/history?number=555&limit=2"
    while path is not None:
        page = api.ask("GET", path, "history:read")
        found += [one["uuid"] for one in page.json()["calls"]]
        path = page.json()["next"]
        assert page.links.get("next", {}).get("url") == path
    assert found == [f"page-{number}" for number in (4, 3, 2, 1, 0)]
    text = api.ask("GET", "/api/history.csv?number=555&lang=ru", "history:read")
    assert text.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(text.text)))
    assert [row["uuid"] for row in rows] == found and rows[0]["comment"] == "Нет ответа"
    assert rows[0]["caller_id_number"] == "+79160000001" and rows[0]["caller_id_name"].startswith("'="), "no formula"
    empty = api.ask("GET", "/api/history.csv?number=nobody", "history:read").text
    assert empty.strip() == ",".join(COLUMNS)


def test_activity_comes_in_pages_and_as_lines_with_pauses_and_their_reasons(api: Api) -> None:
    head = {"json": {"reason": "lunch"}}
    assert api.ask("POST", "/api/users/102/pause", "members:write", **head).status_code == 202
    assert api.ask("POST", "/api/users/102/unpause", "members:write").status_code == 202
    assert api.service.records.settle(5.0)
    lines = [json.loads(line) for line in api.ask("GET", "/api/activity.jsonl", "activity:read").text.splitlines()]
    assert lines[0]["event"] == "started" and lines[0]["member"] == 0
    assert {(one["event"], one["reason"]) for one in lines if one["member"] == 102} >= {
        ("paused", "lunch"),
        ("unpaused", ""),
    }
    found: list[object] = []
    path: str | None = "/api/activity?member=102&limit=1"
    while path is not None:
        page = api.ask("GET", path, "activity:read").json()
        found += page["activity"]
        path = page["next"]
    assert found == [one for one in lines if one["member"] == 102]
    assert api.ask("GET", "/api/activity?event=coffee", "activity:read").status_code == 422


def test_call_in_progress_is_seen_hung_up_and_found_in_history(api: Api, caller: Phone) -> None:
    _dialog, call = talking_to_the_pbx(api, caller)
    with api.events() as stream:
        read(stream, "hello")
        (seen,) = api.ask("GET", "/api/calls", "calls:read").json()["calls"]
        assert (seen["call"], seen["caller"], seen["kind"]) == (call, "89991234567", "greeting")
        assert api.ask("POST", f"/api/calls/{call}/hangup", "calls:write").status_code == 202
        ended = read(stream, "CallEnded")
    assert ended["call"] == call and ended["party"] == "operator"
    caller.wait(lambda message: message.startswith("BYE"))
    assert api.ask("GET", "/api/calls", "calls:read").json()["calls"] == []
    found = api.ask("GET", f"/api/history/{call}", "history:read").json()
    assert found["accountcode"] == "missed" and found["events"][0]["kind"] == "greeting"
    page = api.ask("GET", "/api/history", "history:read", params={"limit": 1, "number": "+7 999 123-45-67"}).json()
    assert len(page["calls"]) == 1
    rungs = api.ask("GET", f"/api/history/{call}/ladder", "history:read").json()["rungs"]
    assert [rungs[0]["name"], rungs[-1]["name"]] == ["CallArrived", "CallEnded"]
    assert rungs[0]["source"] == "caller" and rungs[0]["after"] == 0.0
    assert api.ask("GET", "/api/history/none", "history:read").status_code == 404
    for wrong in ({"limit": 0}, {"before": "page 7"}, {"queue": 7}, {"direction": "up"}, {"outcome": "well"}):
        assert api.ask("GET", "/api/history", "history:read", params=wrong).status_code == 422


def test_members_are_paused_and_signed_in_and_seen_so(api: Api) -> None:
    with api.events() as stream:
        read(stream, "hello")
        assert api.ask("POST", "/api/users/102/pause", "members:write", json={"reason": "lunch"}).status_code == 202
        assert read(stream, "MemberChanged")["member"] == 102
        vera = next(u for u in api.ask("GET", "/api/users", "calls:read").json() if u["user"] == 102)
        seat = vera["queues"]["5200"]
        assert (vera["name"], seat["state"], seat["reason"]) == ("Vera", "paused", "lunch")
        assert 0 <= now() - seat["since"] < 8_000_000
        api.ask("POST", "/api/users/102/unpause", "members:write")
        read(stream, "MemberChanged")
    assert api.ask("POST", "/api/users/999/pause", "members:write").status_code == 404
    assert api.ask("POST", "/api/users/102/dance", "members:write").status_code == 422


def test_stream_resumes_without_a_gap_after_a_break(api: Api, caller: Phone) -> None:
    """R-19.8: numbers go on; what happened while nobody listened comes first."""
    with api.events() as stream:
        hello = read(stream, "hello")
        dialog, _ = caller.call("74951234567")
        started = read(stream, "CallStarted")
    caller.hang_up(dialog)
    with api.events(f"?run={hello['run']}&after={started['seq']}") as stream:
        again = read(stream, "hello")
        assert again["resumed"] is True
        numbers = []
        while True:
            event = json.loads(stream.recv(timeout=20))
            numbers.append(event["seq"])
            if event["type"] == "CallEnded":
                break
    assert numbers == list(range(started["seq"] + 1, started["seq"] + 1 + len(numbers)))
    with api.events(f"?run={hello['run'] + 1}&after=1") as stream:
        assert read(stream, "hello")["resumed"] is False, "another run: read everything again"


def test_stream_without_a_token_is_refused(api: Api) -> None:
    with pytest.raises((ConnectionClosed, Exception)) as refusal:
        with connect(f"ws://127.0.0.1:{api.port}/api/events", proxy=None) as stream:
            stream.recv(timeout=5)
    assert "4401" in str(refusal.value) or "403" in str(refusal.value)


def test_metrics_count_what_happened(api: Api, caller: Phone) -> None:
    before = api.ask("GET", "/metrics", "metrics:read").text
    dialog, _ = talking_to_the_pbx(api, caller)
    caller.hang_up(dialog)
    with api.events("?run=0") as stream:
        read(stream, "hello")
    after = api.ask("GET", "/metrics", "metrics:read").text

    def value(text: str, name: str) -> float:
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)

    name = f'pbx_calls_started_total{{flow="{api.service.flow.digest[:12]}",origin="trunk",version="1"}}'
    assert value(after, name) == value(before, name) + 1
    assert "pbx_dialogs" in after or "pbx_calls " in after
    assert "89991234567" not in after


def test_stream_tells_when_it_forgot_and_keeps_state(api: Api) -> None:
    stream = EventStream(7)
    stream.take(1, note.CallStarted(call="c1", flow="f", called="1"))
    for number in range(KEPT + 5):
        stream.take(2, note.CallHeld(call="c1") if number % 2 == 0 else note.CallResumed(call="c1"))
    assert stream.since(3) == ([*stream.since(6)[0]], False) and stream.since(6)[1]
    assert stream.since(stream.seq) == ([], True) and stream.since(stream.seq + 5) == ([], False)
    assert [call.call for call in stream.calls()] == ["c1"]
    end = note.CallEnded(call="c1", cause=Cause.NORMAL_CLEARING, party=Party.CALLER, started_at=1)
    stream.take(3, end)
    assert stream.calls() == []


def test_taken_api_port_is_told_and_nothing_is_left_running(api: Api, tmp_path: Path) -> None:
    config = api.service.config
    sip = config.listen[0].model_copy(update={"port": free_port()})
    media = config.media.model_copy(update={"ports": media_ports(200)})
    other = Service(
        config.model_copy(update={"listen": (sip,), "media": media, "folder": tmp_path}), extras=(serve_api,)
    )
    with pytest.raises(OSError, match="the API cannot listen"):
        other.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((sip.host, sip.port))


def test_beyond_this_machine_the_api_is_encrypted_or_not_at_all(tmp_path: Path, certificate: Certificate) -> None:
    """R-19.7."""
    with pytest.raises(ValueError, match="certificate"):
        HttpConfig(host="0.0.0.0")
    chain, key = certificate
    port = free_port()
    config = demo_config("example", load(EXAMPLE.read_bytes()), ("127.0.0.1", free_port()), tmp_path / "var")
    media = config.media.model_copy(update={"ports": media_ports(200)})
    http = HttpConfig(host="0.0.0.0", port=port, certificate=str(chain), key=str(key))
    with Service(config.model_copy(update={"http": http, "media": media}), extras=(serve_api,)):
        trust = ssl.create_default_context(cafile=str(chain))
        with httpx.Client(verify=trust, trust_env=False, timeout=10) as client:
            assert client.get(f"https://127.0.0.1:{port}/health").json()["ok"]
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(f"http://127.0.0.1:{port}/health")
        with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False, timeout=10) as other:
            other.get(f"https://127.0.0.1:{port}/health")


def test_call_asked_for_rings_the_user_and_then_whom_the_user_calls(api: Api) -> None:
    anna, boris = Phone("100", api.sip, payload=8), Phone("101", api.sip, payload=8)
    try:
        for phone, user in ((anna, 100), (boris, 101)):
            assert status(phone.register(api.service.new_passwords[user])) == 200
            phone.on_invite = [(0.0, 180), (0.1, 200)]
        with api.events() as stream:
            read(stream, "hello")
            asked = api.ask("POST", "/api/calls", "calls:write", json={"user": 100, "to": "101"})
            assert asked.status_code == 202
            started = read(stream, "CallStarted")
            assert (started["call"], started["origin"], started["user"]) == (asked.json()["call"], "api", 100)
            assert read(stream, "CallAnswered")["user"] == 101
            here, there = anna.called(), boris.called()
            hear_each_other(anna, port_in(here.invite), boris, port_in(there.invite))
            assert status(anna.hang_up(here)) == 200
            assert read(stream, "CallEnded")["call"] == started["call"]
            boris.wait(lambda message: message.startswith("BYE"))
    finally:
        anna.close()
        boris.close()


def test_call_asked_for_that_nobody_picks_up_is_no_call(api: Api) -> None:
    assert api.ask("POST", "/api/calls", "calls:write", json={"user": 102, "to": "101"}).status_code == 409
    assert api.ask("POST", "/api/calls", "calls:write", json={"user": 9, "to": "101"}).status_code == 404
    vera = Phone("102", api.sip)
    try:
        assert status(vera.register(api.service.new_passwords[102])) == 200
        vera.on_invite = [(0.0, 180), (0.1, 486)]
        before = len(api.service.store.history("example"))
        assert api.ask("POST", "/api/calls", "calls:write", json={"user": 102, "to": "101"}).status_code == 202
        vera.called()
        wait_until(lambda: not api.service.driver.originating())
    finally:
        vera.close()
    assert len(api.service.store.history("example")) == before


def _get(api: Api, path: str) -> httpx.Response:
    return api.client.get(path, headers={"Authorization": f"Bearer {api.tokens['calls:read']}"})


def test_wrong_tokens_are_limited_and_good_ones_go_on(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    assert _get(api, "/api/status").status_code == 200
    codes = [
        api.client.get("/api/status", headers={"Authorization": f"Bearer pbx_wrong{number}"}).status_code
        for number in range(25)
    ]
    assert codes[0] == 401 and codes[-1] == 429, "others of this file are wrong, too"
    assert _get(api, "/api/status").status_code == 200, "a token that was good before"
    assert "a wrong token from 127.0.0.1" in caplog.text and "pbx_wrong" not in caplog.text


@rule("R-15.9")
def test_bans_are_listed_and_taken_back(api: Api) -> None:
    assert _get(api, "/api/bans").json() == {"bans": [], "unheard": 0}
    api.service.driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.ban("2001:db8::9"))
    api.service.driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.ban("192.0.2.9"))
    found = _get(api, "/api/bans").json()["bans"]
    assert [one["address"] for one in found] == ["2001:db8::9", "192.0.2.9"]
    assert 3590 < found[0]["left_s"] <= 3600 and found[0]["reason"] == "by hand"
    status_now = _get(api, "/api/status").json()
    assert status_now["banned"] == 2 and "pbx bans" in status_now["parts"]["bans"] and status_now["ok"]
    writes = {"Authorization": f"Bearer {api.tokens['users:write']}"}
    assert api.client.delete("/api/bans/192.0.2.9", headers=writes).json() == {"address": "192.0.2.9", "banned": False}
    assert api.client.delete("/api/bans/2001%3Adb8%3A%3A9", headers=writes).status_code == 200
    assert api.client.delete("/api/bans/192.0.2.9", headers=writes).status_code == 404
    assert (
        api.client.delete("/api/bans/x", headers={"Authorization": f"Bearer {api.tokens['calls:read']}"}).status_code
        == 403
    )
    assert _get(api, "/api/bans").json() == {"bans": [], "unheard": 0}


@rule("R-16.4")
def test_the_present_of_the_bridge_is_told_with_since_when_and_without_numbers(api: Api, caller: Phone) -> None:
    dialog, call = talking_to_the_pbx(api, caller)
    api.ask("POST", "/api/users/102/pause", "members:write", json={"queue": 5200, "reason": "tea"})
    wait_until(lambda: '"tea"' in api.ask("GET", "/api/twin/state", "calls:read").text, 5)
    answer = api.ask("GET", "/api/twin/state", "calls:read")
    present = msgspec.json.decode(answer.content, type=Present)
    assert present.flow == api.service.flow.digest
    told = next(one for one in present.calls if one.id == call)
    assert (told.element, told.kind, told.trunk) == (5000, "greeting", "moscow")
    assert present.at - 60_000_000 < told.entered_at <= present.at
    assert [seat.reason for seat in next(one for one in present.members if one.user == 102).seats] == ["tea"]
    assert "89991234567" not in answer.text
    api.ask("POST", "/api/users/102/unpause", "members:write", json={"queue": 5200})
    caller.hang_up(dialog)


@rule("R-16.4", "R-25.7")
def test_a_forecast_is_kept_until_the_next_one_and_only_if_it_is_one(api: Api) -> None:
    def post(scope: str, body: bytes) -> tuple[int, str]:
        answer = api.ask("POST", "/api/twin", scope, content=body)
        return answer.status_code, answer.text

    assert api.ask("GET", "/api/twin", "calls:read").json()["forecast"] is None
    made = Forecast(at=1, flow=api.service.flow.digest, scenario="day", replications=200, took_s=0.4, queues=())
    good = msgspec.json.encode(made)
    assert post("calls:read", good)[0] == 403
    assert post("twin:write", b"{}")[0] == 422
    assert post("twin:write", msgspec.json.encode(msgspec.structs.replace(made, format=99)))[0] == 422
    assert post("twin:write", msgspec.json.encode(msgspec.structs.replace(made, flow="other")))[0] == 409
    assert post("twin:write", good + b" " * (1 << 20))[0] == 413
    assert post("twin:write", good) == (202, '{"accepted":true}')
    told = api.ask("GET", "/api/twin", "calls:read").json()
    assert (
        msgspec.convert(told["forecast"], Forecast) == made and told["by"] == "twin:write" and 0 <= told["age_s"] < 60
    )
