"""The reference service's WebSocket as its clients use it, on ports of its own (R-19.5, R-19.7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from engine.contract import events as ev
from engine.contract import notes as note
from engine.loading.load import load
from live_bridge.api.compat.socket import Channels
from live_bridge.api.server import serve_api
from live_bridge.config import demo_config
from live_bridge.config_sections import CompatibleConfig, HttpConfig
from live_bridge.service.service import Service
from tests.harness import rule
from tests.live_bridge.api.test_api import EXAMPLE, Api
from tests.live_bridge.certificates import Certificate, trust_of_two_threads
from tests.live_bridge.sip.phone import Phone, field, status
from tests.ports import free_port, media_ports


class Sockets(Api):
    """A bridge with the plain WebSocket of this machine."""

    plain: ClassVar[int] = free_port()
    http: ClassVar[dict[str, Any]] = {"compatible": CompatibleConfig(socket_port=None, plain_port=plain)}

    def open(self, *scopes: str) -> Any:
        key = self.token("socket " + " ".join(scopes), *scopes)
        return connect(f"ws://127.0.0.1:{self.plain}/?key={key}", proxy=None)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sockets]:
    api = Sockets(tmp_path_factory.mktemp("sockets"))
    yield api
    api.close()


PASSED: WeakKeyDictionary[Any, list[dict[str, Any]]] = WeakKeyDictionary()
"""Events that came before the answer somebody waited for, by client."""


def ask(client: Any, command: str, /, **data: Any) -> dict[str, Any]:
    """Send a command and read its answer; events that come first are kept for `read`."""
    client.send(json.dumps({"command": command, "reqId": command, "data": data}))
    while True:
        told: dict[str, Any] = json.loads(client.recv(timeout=20))
        if told.get("reqId") == command:
            return told
        PASSED.setdefault(client, []).append(told)


def read(client: Any, event: str, **facts: str) -> dict[str, Any]:
    """The data of the next event of a name and with these facts."""
    kept = PASSED.setdefault(client, [])
    while True:
        told = kept.pop(0) if kept else json.loads(client.recv(timeout=20))
        if told.get("event") == event and all(told["data"].get(name) == value for name, value in facts.items()):
            data: dict[str, Any] = told["data"]
            return data


@rule("R-19.5")
def test_call_is_made_transferred_and_hung_up_and_told_all_the_way(api: Sockets) -> None:
    phones = {user: Phone(str(user), api.sip, payload=8) for user in (100, 101, 102)}
    try:
        with api.open("calls:read", "calls:write") as client:
            told = ask(client, "subscribe", eventGroups=["channel", "user_blf", "user_registration"])
            assert (told["event"], told["status"]) == ("subscribed", "1")
            for user, phone in phones.items():
                assert status(phone.register(api.service.new_passwords[user])) == 200
                assert read(client, "user_registration", uid=str(user))["state"] == "register"
                phone.on_invite = [(0.0, 180), (0.1, 200)]
            made = ask(client, "make_call", **{"from": "100", "to": "101"})
            uuid = made["data"]["uuid"]
            created = read(client, "channel_create", uuid=uuid)
            assert (created["caller"], created["callee"], created["direction"]) == ("100", "101", "outbound")
            assert read(client, "user_blf", uid="101")["status"] == "ringing"
            assert read(client, "channel_answer", uuid=uuid)["callee"] == "101"
            read(client, "channel_bridge", uuid=uuid)
            assert ask(client, "transfer", uuid=uuid, to="102")["status"] == "1"
            assert read(client, "user_blf", uid="102", status="answered")["uuid"] == uuid
            assert ask(client, "hangup_call", uuid=uuid)["status"] == "1"
            assert read(client, "channel_destroy", uuid=uuid)["hangup_cause"] == "NORMAL_CLEARING"
            assert read(client, "user_blf", uid="100")["status"] == "hangup"
    finally:
        for phone in phones.values():
            phone.close()


@rule("R-19.5", "R-25.10")
def test_bridge_joins_the_two_a_user_talks_with_and_the_user_leaves(api: Sockets) -> None:
    """Boris was called by Anna, called Vera himself, and joins them by the socket; then the same by our own API."""
    phones = {user: Phone(str(user), api.sip, payload=8) for user in (100, 101, 102)}
    try:
        for user, phone in phones.items():
            assert status(phone.register(api.service.new_passwords[user])) == 200
            phone.on_invite = [(0.0, 200)]
        anna, boris, vera = phones.values()
        with api.open("calls:read", "calls:write") as client:
            ask(client, "subscribe", eventGroups=["channel"])
            for by_socket in (True, False):
                first, _ = anna.call("101", password=api.service.new_passwords[100])
                one = read(client, "channel_bridge", caller="100", callee="101")["uuid"]
                missing = ask(client, "bridge", uuid=one, other_uuid="none")
                assert missing["status"] == "0" and "no call none" in missing["comment"]
                second, _ = boris.call("102", password=api.service.new_passwords[101])
                other = read(client, "channel_bridge", caller="101", callee="102")["uuid"]
                if by_socket:
                    assert ask(client, "bridge", uuid=one, other_uuid=other)["status"] == "1"
                else:
                    path = f"/api/calls/{one}/bridge"
                    assert api.ask("POST", path, "calls:write", json={"other": one}).status_code == 422
                    assert api.ask("POST", path, "calls:write", json={"other": other}).status_code == 202
                assert read(client, "channel_destroy", uuid=other)
                boris.wait(lambda m, call=second.call_id: m.startswith("BYE") and field(m, "Call-ID") == call)  # type: ignore[misc]
                vera.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
                assert [one] == [call["call"] for call in api.ask("GET", "/api/calls", "calls:read").json()["calls"]]
                anna.hang_up(first)
                read(client, "channel_destroy", uuid=one)
        acts = api.ask("GET", "/api/acts", "history:read").json()
        assert [act["details"]["user"] for act in acts if act["act"] == "bridge"] == [101, 101]
    finally:
        for phone in phones.values():
            phone.close()


@rule("R-19.5")
def test_bridge_of_calls_without_a_user_in_common_is_refused(api: Sockets) -> None:
    phones = {user: Phone(str(user), api.sip, payload=8) for user in (100, 101, 102, 103)}
    try:
        for user, phone in phones.items():
            assert status(phone.register(api.service.new_passwords[user])) == 200
            phone.on_invite = [(0.0, 200)]
        dialogs = [phones[a].call(str(a + 1), password=api.service.new_passwords[a])[0] for a in (100, 102)]
        calls = [call["call"] for call in api.ask("GET", "/api/calls", "calls:read").json()["calls"]]
        refused = api.ask("POST", f"/api/calls/{calls[0]}/bridge", "calls:write", json={"other": calls[1]})
        assert refused.status_code == 409 and "no user in common" in refused.json()["detail"]
        for user, dialog in zip((100, 102), dialogs, strict=True):
            phones[user].hang_up(dialog)
    finally:
        for phone in phones.values():
            phone.close()


@rule("R-19.5")
def test_what_is_not_offered_or_not_allowed_is_said_under_the_same_id(api: Sockets) -> None:
    with api.open("calls:read") as client:
        for command, data, word in (
            ("eavesdrop", {"uuid": "x", "from": "100"}, "calls:listen"),
            ("bridge", {}, "calls:write"),
            ("callback", {"widget": "shop"}, "calls:write"),
            ("dance", {}, "commands are"),
            ("make_call", {"from": "100", "to": "101"}, "calls:write"),
            ("subscribe", {"eventGroups": ["weather"]}, "no group weather"),
        ):
            told = ask(client, command, **data)
            assert told["status"] == "0" and word in told["comment"], told
        for text in ("{", "[]", "7", '{"command": "subscribe", "reqId": "x", "data": [1]}'):
            client.send(text)
            assert json.loads(client.recv(timeout=10))["status"] == "0"
    with api.open("calls:write") as client:
        assert "no call" in ask(client, "hangup_call", uuid="none")["comment"]
        assert "to must be" in ask(client, "transfer", uuid="none", to="anna")["comment"]
        assert "calls:read" in ask(client, "subscribe", eventGroups=["channel"])["comment"]


def test_unknown_key_is_turned_away_and_a_pair_of_keys_is_taken(api: Sockets) -> None:
    with pytest.raises((ConnectionClosed, InvalidHandshake)):
        with connect(f"ws://127.0.0.1:{api.plain}/?key=guess", proxy=None) as client:
            client.recv(timeout=5)
    told = api.client.post(f"/{api.service.domain}/auth.json", data={"auth_key": api.tokens["calls:read"]}).json()[
        "data"
    ]
    with connect(f"ws://127.0.0.1:{api.plain}/?key={told['key_id']}:{told['key']}", proxy=None) as client:
        assert ask(client, "subscribe", eventGroups=["callback"])["status"] == "1"


@rule("R-19.7")
def test_encrypted_port_has_the_certificate_of_the_api(tmp_path: Path, certificate: Certificate) -> None:
    chain, key = certificate
    port, own = free_port(), free_port()
    config = demo_config("example", load(EXAMPLE.read_bytes()), ("127.0.0.1", free_port()), tmp_path / "var")
    http = HttpConfig(port=port, certificate=str(chain), key=str(key), compatible=CompatibleConfig(socket_port=own))
    media = config.media.model_copy(update={"ports": media_ports(200)})
    with Service(config.model_copy(update={"http": http, "media": media}), extras=(serve_api,)) as service:
        from live_bridge.api.access import tokens

        made = tokens.generate()
        service.store.keep_token("wallboard", tokens.digest(made), ("calls:read",))
        trust = trust_of_two_threads(chain)
        with connect(f"wss://127.0.0.1:{own}/?key={made}", ssl=trust, proxy=None) as client:
            assert ask(client, "subscribe", eventGroups=["channel"])["status"] == "1"
        with pytest.raises((ConnectionClosed, InvalidHandshake, OSError)):
            connect(f"ws://127.0.0.1:{own}/?key={made}", proxy=None)


def test_hold_resume_callback_and_repeated_registrations_are_told_once() -> None:
    channels = Channels()
    told: list[tuple[str, dict[str, Any]]] = []
    leave = channels.listen(lambda name, message, _: told.append((name, message["data"])))
    channels.take(5_000_000, note.CallStarted(call="c1", flow="f", called="7812", caller="8916", trunk="spb"))
    channels.take(6_000_000, note.CallbackAsked(call="c1", queue=5200))
    channels.take(7_000_000, note.CallHeld(call="c1"))
    channels.take(8_000_000, note.CallResumed(call="c1"))
    channels.take(8_000_000, note.CallHeld(call="unknown"))
    for _ in range(2):
        channels.hear(9_000_000, ev.DeviceRegistered(user=100))
    channels.hear(9_000_000, ev.DeviceUnregistered(user=100))
    channels.take(
        9_500_000, note.CallStarted(call="c2", flow="f", called="shop", caller="", origin="callback", widget="shop")
    )
    assert told[-1][0] == "callback" and (told[-1][1]["widget"], told[-1][1]["uuid"]) == ("shop", "c2")
    del told[-2:]
    leave()
    channels.hear(9_000_000, ev.DeviceRegistered(user=100))
    assert [name for name, _ in told] == [
        "channel_create", "callback", "channel_hold", "channel_unhold", "user_registration", "user_registration",
    ]  # fmt: skip
    assert told[1][1]["queue"] == "5200" and told[0][1]["date"] == 5
    assert [data["state"] for _, data in told[4:]] == ["register", "unregister"]
