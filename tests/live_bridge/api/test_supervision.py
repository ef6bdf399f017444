"""Who may listen, whisper and barge in over both APIs, and what the audit trail has of it (R-19.5, R-23.12)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live_bridge.api.access import who
from live_bridge.api.hearing.supervision import ACTS, END
from tests.harness import rule
from tests.live_bridge.api.test_compat_socket import Sockets, ask
from tests.live_bridge.sip.phone import Dialog, Phone, status

CHIEF = 102


class Floor(Sockets):
    """A bridge where 100 talks with 101 and 102 may listen."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.phones: dict[int, Phone] = {}
        for user in (100, 101, CHIEF):
            phone = self.phones[user] = Phone(str(user), self.sip, payload=8)
            assert status(phone.register(self.service.new_passwords[user])) == 200
            phone.on_invite = [(0.0, 200)]
        self.dialog, answer = self.phones[100].call("101", password=self.service.new_passwords[100])
        assert status(answer) == 200
        self.call = ""
        while not self.call:
            found = self.ask("GET", "/api/calls", "calls:read").json()["calls"]
            self.call = next((one["call"] for one in found if one["talking_to"] == "101"), "")
        scopes = ("persons:name", "logins:begin", "users:write", "calls:listen", "calls:write", "calls:read")
        self.desk = self.token("desk", *scopes)

    def with_token(self, token: str, method: str, path: str, **more: Any) -> Any:
        head = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=head, **more)

    def listening(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/api/listening", "calls:listen").json()
        return found

    def wait_listening(self, **facts: object) -> None:
        end_s = time.monotonic() + 10
        while not any(all(one[name] == value for name, value in facts.items()) for one in self.listening()):
            assert time.monotonic() < end_s, self.listening()
            time.sleep(0.05)

    def leave(self) -> None:
        """End what a test began, and wait until the phone is free."""
        if self.listening():
            assert self.ask("DELETE", f"/api/calls/{self.call}/listen", "calls:listen").status_code == 202
        while self.listening():
            time.sleep(0.02)

    def deeds(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Acts of the audit trail about listening, the first one first."""
        found = self.ask("GET", "/api/versions/audit?limit=500", "versions:read").json()["entries"][::-1]
        acts = {*ACTS.values(), END}
        return [(one["action"], one["by"], one["details"]) for one in found if one["action"] in acts]

    def rights(self, user: int, text: str, listen: bool) -> None:
        wanted = {"filter": text, "listen": listen, "download": False, "balance": False}
        head = {"X-PBX-Person": "Boss"}
        assert self.with_token(self.desk, "PUT", f"/api/rights/{user}", json=wanted, headers=head).status_code == 200

    def close(self) -> None:
        for phone in self.phones.values():
            phone.close()
        super().close()


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    made = Floor(tmp_path_factory.mktemp("floor"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def free(floor: Floor) -> Iterator[None]:
    yield
    floor.leave()


@rule("R-19.5", "R-23.12")
def test_a_person_listens_whispers_and_barges_in_and_each_act_has_their_name(floor: Floor) -> None:
    head = {"X-PBX-Person": "Olga"}
    for act, heard in (("listen", []), ("whisper", ["far_side"]), ("barge", ["caller", "far_side"]), ("listen", [])):
        path = f"/api/calls/{floor.call}/{act}"
        answer = floor.with_token(floor.desk, "POST", path, json={"user": CHIEF, "agent": 101}, headers=head)
        assert answer.status_code == 202, answer.text
        floor.wait_listening(call=floor.call, user=CHIEF, mode=act, heard_by=heard, talking=True)
    gone = floor.with_token(floor.desk, "DELETE", f"/api/calls/{floor.call}/listen", headers=head)
    assert gone.status_code == 202 and floor.listening() == []
    by, about = "Olga via desk", {"call": floor.call, "user": CHIEF, "agent": 101}
    expected = [(act, by, about) for act in ("listen-in", "whisper", "barge", "listen-in")]
    assert floor.deeds()[-5:] == [*expected, ("listen-end", by, {"call": floor.call})]
    assert floor.with_token(floor.desk, "DELETE", f"/api/calls/{floor.call}/listen", headers=head).status_code == 404


@rule("R-19.5", "R-23.12")
@pytest.mark.parametrize(
    ("scopes", "act", "code"),
    [
        (("calls:listen",), "listen", 202),
        (("calls:listen",), "whisper", 403),
        (("calls:listen",), "barge", 403),
        (("calls:write",), "listen", 403),
        (("calls:write",), "barge", 403),
        (("recordings:read", "calls:read"), "listen", 403),
        (("calls:listen", "calls:write"), "whisper", 202),
        (("calls:listen", "calls-of:100"), "listen", 202),
        (("calls:listen", "calls-of:103"), "listen", 404),
        (("calls:listen", "calls:write", "calls-of:100"), "whisper", 403),
        (("persons:name", "calls:listen"), "listen", 403),
    ],
)
def test_it_is_denied_to_whoever_was_not_given_it(floor: Floor, scopes: tuple[str, ...], act: str, code: int) -> None:
    before = len(floor.deeds())
    token = floor.token(f"{act} {scopes}", *scopes)
    answer = floor.with_token(token, "POST", f"/api/calls/{floor.call}/{act}", json={"user": CHIEF})
    assert answer.status_code == code, answer.text
    assert len(floor.deeds()) == before + (code == 202)
    assert floor.client.post(f"/api/calls/{floor.call}/{act}", json={"user": CHIEF}).status_code == 401


@rule("R-23.8", "R-23.9", "R-23.12")
@pytest.mark.parametrize(
    ("text", "listen", "user", "act", "code"),
    [
        ("101", True, CHIEF, "listen", 202),
        ("*", True, CHIEF, "listen", 202),
        ("103-110", True, CHIEF, "listen", 404),
        ("", True, CHIEF, "listen", 404),
        ("101", False, CHIEF, "listen", 403),
        ("101", True, 103, "listen", 403),
        ("*", True, CHIEF, "whisper", 403),
        ("*", True, CHIEF, "barge", 403),
    ],
)
def test_an_employee_hears_calls_of_their_filter_with_their_own_phone_and_is_heard_in_none(
    floor: Floor, text: str, listen: bool, user: int, act: str, code: int
) -> None:
    floor.rights(CHIEF, text, listen)
    head, path = {who.HEADER: str(CHIEF)}, f"/api/calls/{floor.call}/{act}"
    answer = floor.with_token(floor.desk, "POST", path, json={"user": user}, headers=head)
    assert answer.status_code == code, answer.text
    if code == 202:
        assert floor.deeds()[-1][:2] == ("listen-in", f"user {CHIEF} via desk")


@rule("R-19.5")
def test_nobody_listens_with_a_phone_of_the_call_or_of_nobody(floor: Floor) -> None:
    path = f"/api/calls/{floor.call}/listen"
    for user, code, word in (
        (100, 409, "is in call"),
        (101, 409, "is in call"),
        (9, 404, "no user"),
        (103, 409, "no device"),
    ):
        answer = floor.ask("POST", path, "calls:listen", json={"user": user})
        assert answer.status_code == code and word in answer.json()["detail"]
    elsewhere = floor.ask("POST", path, "calls:listen", json={"user": CHIEF, "agent": 103})
    assert elsewhere.status_code == 409 and "103 is not in call" in elsewhere.json()["detail"]
    gone = floor.ask("POST", "/api/calls/none/listen", "calls:listen", json={"user": CHIEF})
    assert gone.status_code == 404


@rule("R-19.5")
def test_eavesdrop_of_the_compatible_socket(floor: Floor) -> None:
    data = {"uuid": floor.call, "from": str(CHIEF)}
    with floor.open("calls:listen") as client:
        assert ask(client, "eavesdrop", **data)["status"] == "1"
        floor.wait_listening(mode="listen", talking=True)
        refused = ask(client, "eavesdrop", mode="barge", **data)
        assert refused["status"] == "0" and "calls:write" in refused["comment"]
        assert "mode is" in ask(client, "eavesdrop", mode="shout", **data)["comment"]
        assert "internal number" in ask(client, "eavesdrop", **{**data, "from": "chief"})["comment"]
    with floor.open("calls:listen", "calls:write") as client:
        assert ask(client, "eavesdrop", mode="whisper", agent="100", **data)["status"] == "1"
        floor.wait_listening(mode="whisper", heard_by=["caller"])
    with floor.open("calls:write") as client:
        assert "calls:listen" in ask(client, "eavesdrop", **data)["comment"]
    with floor.open("calls:listen", "calls-of:103") as client:
        assert "no call" in ask(client, "eavesdrop", **data)["comment"]
    assert isinstance(floor.dialog, Dialog)
