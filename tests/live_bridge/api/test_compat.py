"""The reference service's API as its clients use it: keys, history, calls, edits that become versions (R-19.2 to R-19.4)."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest

from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US
from engine.records.history import CallRecord, ElementVisit
from live_bridge.api.access import tokens
from live_bridge.api.compat import keys
from live_bridge.config_sections import CompatibleConfig
from live_bridge.store import tables
from live_bridge.store.history_rows import history_row
from live_bridge.store.store import BUSY_WAIT_S, now
from tests.harness import rule
from tests.live_bridge.api.test_api import Api, read
from tests.live_bridge.sip.phone import Phone, status

DOMAIN = "example.onpbx.ru"


class Compatible(Api):
    """A bridge that offers the reference service's API, with a number rule that blocks callers."""

    http: ClassVar[dict[str, Any]] = {
        "compatible": CompatibleConfig(socket_port=None),
        "public": "https://pbx.example.org",
    }
    changes: ClassVar[dict[str, str]] = {
        "elements:\n": 'elements:\n  5501: {kind: number_rule, entries: ["84950000000"], match: hangup, mismatch: 5000}\n',
        "lines: 30, to: 5000": "lines: 30, to: 5501",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.headers = self.pair("integration", *(set(self.tokens) - {tokens.NAMES_PERSONS}))

    def pair(self, name: str, *scopes: str) -> dict[str, str]:
        """A header with a new pair of keys."""
        told = self.post("auth.json", {}, auth_key=self.token(name, *scopes), new="true")
        assert told["status"] == "1"
        return {"x-pbx-authentication": f"{told['data']['key_id']}:{told['data']['key']}"}

    def post(self, method: str, headers: dict[str, str] | None = None, /, **fields: Any) -> dict[str, Any]:
        """A method with a form, as the reference's clients send it."""
        head = self.headers if headers is None else headers
        answer = self.client.post(f"/{DOMAIN}/{method}", data=fields, headers=head)
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compatible]:
    api = Compatible(tmp_path_factory.mktemp("compat"))
    yield api
    api.close()


# --- keys ------------------------------------------------------------------------------------------------------------


@rule("R-19.1", "R-19.2")
def test_pair_of_keys_is_asked_for_with_a_token_and_dies_with_it(api: Compatible) -> None:
    assert api.post("auth.json", {}, auth_key="guess")["status"] == "0"
    refused = api.post("user/get.json", {})
    assert refused["status"] == "0" and refused["isNotAuth"] is True
    assert api.post("user/get.json", {"x-pbx-authentication": "a:b"})["isNotAuth"] is True
    head = api.pair("short-lived", "calls:read")
    assert api.post("user/get.json", head)["status"] == "1"
    assert (
        "isNotAuth" not in api.post("call/now.json", head)
        and "calls:write" in api.post("call/now.json", head)["comment"]
    )
    other = api.client.post("/other.onpbx.ru/user/get.json", headers=head).json()
    assert other["status"] == "0" and DOMAIN in other["comment"]
    api.service.store.drop_token("short-lived")
    assert api.post("user/get.json", head)["isNotAuth"] is True


@rule("R-19.2")
def test_pair_lives_three_days_from_its_last_use_and_only_a_digest_is_kept(api: Compatible) -> None:
    head = api.pair("ages", "calls:read")
    key_id, key = head["x-pbx-authentication"].split(":")
    store, c = api.service.store, tables.key_pairs
    assert api.service.records.settle(20.0)
    with store.engine.connect() as connection:
        kept = [str(row) for row in connection.execute(c.select())]
    assert not any(key in row for row in kept)

    def used(ago_us: int) -> None:
        assert api.service.records.settle(20.0)
        with store.engine.begin() as connection:
            connection.execute(c.update().where(c.c.key_id == key_id).values(used_at=now() - ago_us))

    used(keys.LIVES_US - 60 * SECOND_US)
    assert api.post("user/get.json", head)["status"] == "1", "and this use counts"
    used(keys.LIVES_US + SECOND_US)
    assert api.post("user/get.json", head)["isNotAuth"] is True


@rule("R-19.2")
def test_pair_is_made_and_used_while_another_process_holds_the_database(api: Compatible) -> None:
    """It goes by the journal, and the database has it afterwards."""
    token = api.token("held", "calls:read")
    with sqlite3.connect(api.service.config.folder / "live.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun_s = time.monotonic()
        told = api.post("auth.json", {}, auth_key=token, new="true")
        assert told["status"] == "1"
        head = {"x-pbx-authentication": f"{told['data']['key_id']}:{told['data']['key']}"}
        assert api.post("user/get.json", head)["status"] == "1"
        assert time.monotonic() - begun_s < BUSY_WAIT_S, "nobody waits for the database"
        other.execute("ROLLBACK")
    other.close()
    assert api.service.records.settle(20.0)
    kept = api.service.store.key_pair(told["data"]["key_id"])
    assert kept is not None and kept.token == "held" and told["data"]["key"] not in str(kept)
    assert api.post("user/get.json", head)["status"] == "1"


@rule("R-19.2")
def test_a_token_has_at_most_fifty_pairs_and_the_one_not_used_for_longest_goes(api: Compatible) -> None:
    token = api.token("many", "calls:read")
    made = [api.post("auth.json", {}, auth_key=token, new="true")["data"]["key_id"] for _ in range(keys.PAIRS_MOST + 2)]
    assert api.service.records.settle(20.0)
    kept = [pair.key_id for pair in api.service.store.key_pairs(("many",))]
    assert sorted(kept) == sorted(made[2:])


# --- history ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def past(api: Compatible) -> int:
    """Calls of the last ten days, one a day; the Unix second of the latest."""
    at_s = int(time.time()) - 3600
    visit = ElementVisit(element=5200, kind="queue", enter=0, answer=2 * SECOND_US, leave=9 * SECOND_US, by="101")
    base = CallRecord(
        uuid="", caller_id_name="", caller_id_number="89160001122", destination_number="74951234567", from_host="",
        to_host="", start=0, end=0, duration_us=9 * SECOND_US, user_talk_us=7 * SECOND_US,
        hangup_cause=Cause.NORMAL_CLEARING, party=Party.CALLER, accountcode="inbound", gateway="moscow", flow="f", rule="",
        events=(visit,), recordings=("day-0.r1",),
    )  # fmt: skip
    with api.service.store.engine.begin() as connection:
        for day in range(10):
            start = (at_s - day * 86400) * SECOND_US
            record = msgspec.structs.replace(base, uuid=f"day-{day}", start=start, end=start + 9 * SECOND_US)
            if day == 3:
                record = msgspec.structs.replace(
                    record, caller_id_number="79990000000", gateway="spb", accountcode="missed"
                )
            connection.execute(tables.history.insert().values(**history_row(record, "example", 1)))
    return at_s


@rule("R-19.3", "R-19.4")
def test_history_gives_a_week_at_most_with_the_fields_clients_read(api: Compatible, past: int) -> None:
    told = api.post("mongo_history/search.json", start_stamp_from=past - 9 * 86400, start_stamp_to=past + 10)
    assert [one["uuid"] for one in told["data"]] == [f"day-{day}" for day in range(7)]
    one = told["data"][0]
    assert (one["start_stamp"], one["duration"], one["user_talk_time"]) == (past, 9, 7)
    assert one["destination_number"] == "5200", "a call is where it was answered"
    assert (one["events"][0]["type"], one["events"][0]["number"]) == ("queue", "101")

    def found(**fields: Any) -> list[str]:
        return [one["uuid"] for one in api.post("mongo_history/search.json", **fields)["data"]]

    assert found(uuid="day-9") == ["day-9"] and found(uuid="none") == []
    assert found(phone_numbers="79990000000") == found(gateway="spb") == found(accountcode="missed") == ["day-3"]
    assert found(sub_phone_numbers="9990000") == ["day-3"] and found(sub_phone_numbers="%") == []
    assert found(start_stamp_from=past - 86400 - 5, start_stamp_to=past + 5, limit="1") == ["day-0"]
    bad = api.post("mongo_history/search.json", start_stamp_from="yesterday")
    assert bad["status"] == "0" and "seconds since 1970" in bad["comment"]


@rule("R-19.4")
def test_link_to_a_recording_lives_without_a_token_for_half_an_hour(api: Compatible, past: int) -> None:
    none = api.post("mongo_history/search.json", uuid="day-1", download="1")
    assert none["status"] == "0"
    (api.service.recordings / "day-0.r1.wav").write_bytes(b"RIFF....WAVE")
    link = api.post("mongo_history/search.json", uuid="day-0", download="1")["data"]
    assert link.startswith("https://pbx.example.org/recordings/day-0.r1.wav?")
    path = link.removeprefix("https://pbx.example.org")
    assert api.client.get(path).content == b"RIFF....WAVE"
    assert api.client.get(path.replace("until=", "until=9")).status_code == 404
    assert api.client.get("/recordings/day-0.r1.wav").status_code == 404


# --- calls -----------------------------------------------------------------------------------------------------------


@rule("R-19.3", "R-19.5")
def test_call_now_rings_the_user_who_then_calls(api: Compatible) -> None:
    anna, boris = Phone("100", api.sip, payload=8), Phone("101", api.sip, payload=8)
    try:
        for phone, user in ((anna, 100), (boris, 101)):
            assert status(phone.register(api.service.new_passwords[user])) == 200
            phone.on_invite = [(0.0, 180), (0.1, 200)]
        with api.events() as stream:
            read(stream, "hello")
            told = api.post("call/now.json", **{"from": "100", "to": "101"})
            assert told["status"] == "1"
            assert read(stream, "CallStarted")["call"] == told["data"]["uuid"]
            assert read(stream, "CallAnswered")["user"] == 101
            api.ask("POST", f"/api/calls/{told['data']['uuid']}/hangup", "calls:write")
            read(stream, "CallEnded")
    finally:
        anna.close()
        boris.close()


@rule("R-19.3")
def test_call_that_cannot_be_mapped_is_refused_by_name(api: Compatible) -> None:
    for fields, word in (
        ({"from": "anna", "to": "101"}, "from must be"),
        ({"from": "100", "to": "anna"}, "to must be"),
        ({"from": "100", "to": "101", "gate_to": "spb"}, "gate_to"),
        ({"from": "4999", "to": "101"}, "there is no user 4999"),
        ({"from": "106", "to": "101"}, "no device registered"),
    ):
        told = api.post("call/instantly.json", **fields)
        assert told["status"] == "0" and word in told["comment"], told


@rule("R-19.4")
def test_a_sixth_call_in_a_second_is_refused(api: Compatible) -> None:
    codes = [api.post("call/now.json", **{"from": "106", "to": "101"}).get("errorCode") for _ in range(12)]
    assert "TOO_MANY_REQUESTS" in codes


# --- edits -----------------------------------------------------------------------------------------------------------


def flow(api: Compatible) -> Any:
    return api.service.flow


@rule("R-19.3", "R-25.5")
def test_user_is_added_as_a_new_version_with_a_password_and_comments_stay(api: Compatible) -> None:
    before = flow(api).digest
    told = api.post("user/add.json", num="120", name="Жанна", email="j@example.org", acknowledged_by="Anna Petrova")
    assert told["status"] == "1" and told["data"]["version"] == flow(api).digest != before
    assert len(told["data"]["password"]) >= 16
    phone = Phone("120", api.sip)
    try:
        assert status(phone.register(told["data"]["password"])) == 200
    finally:
        phone.close()
    (one,) = api.post("user/get.json", num="120")["data"]
    assert (one["name"], one["email"]) == ("Жанна", "j@example.org")
    text = api.service.store.flow_text(flow(api).digest)
    assert text is not None and "# a prefix (R-12.3)" in text
    change = api.service.store.version_changes("example", 2)
    assert {one.action for one in change} == {"publish", "promote"} and {one.by for one in change} == {"integration"}
    assert api.post("user/edit.json", num="120", ring="45")["status"] == "1", "warnings it had before need no new name"
    assert flow(api).head.users[120].ring == 45 and flow(api).head.users[120].name == "Жанна"
    assert api.post("user/edit.json", num="120", ring="45")["data"]["version"] == flow(api).digest


@rule("R-19.3")
def test_edits_this_pbx_has_nothing_for_are_refused_and_change_nothing(api: Compatible) -> None:
    before = flow(api).digest
    for method, fields, word in (
        ("user/edit.json", {"num": "100", "sip_codec": "opus"}, "sip_codec cannot be mapped"),
        ("user/edit.json", {"num": "4000", "name": "x"}, "there is no user 4000"),
        ("user/edit.json", {"name": "x"}, "num is its internal number"),
        ("user/edit.json", {"num": "100", "ring": "soon"}, "no number of seconds"),
        ("user/edit.json", {"num": "100", "ring": "500"}, "ring must be at most 120"),
        ("user/add.json", {"num": "100"}, "is taken"),
        ("group/remove.json", {"num": "5300"}, "R-02.13"),
        ("group/edit.json", {"num": "5200", "name": "x"}, "there is no group 5200"),
        ("fifo/edit.json", {"num": "5200", "users": "100:1;4000:1"}, "4000"),
    ):
        told = api.post(method, **fields)
        assert told["status"] == "0" and word in told["comment"], told
    assert flow(api).digest == before


@rule("R-25.5")
def test_new_warnings_wait_for_a_name(api: Compatible) -> None:
    waits = api.post("group/add.json", users="100;101")
    assert waits["status"] == "0" and "acknowledged_by" in waits["comment"]
    told = api.post("group/add.json", users="100;101", timeout="25", no_answer="5120", acknowledged_by="Anna")
    assert told["status"] == "1"
    (made,) = [one for one in api.post("group/get.json")["data"] if one["num"] == told["data"]["num"]]
    assert (made["users"], made["timeout"]) == ("100;101", "25")
    assert api.post("group/remove.json", num=told["data"]["num"])["status"] == "1"
    assert int(told["data"]["num"]) not in flow(api).elements


@rule("R-19.3", "R-08.4")
def test_queue_members_are_set_and_signed_in_and_out(api: Compatible) -> None:
    told = api.post("fifo/edit.json", num="5200", users="100:1;101:0;102:1;103:1", acknowledged_by="Anna")
    assert told["status"] == "1", told
    end_s = time.monotonic() + 20
    while True:
        (queue,) = api.post("fifo/get.json", num="5200")["data"]
        if queue["users"] == "100:1;101:0;102:1;103:1":
            break
        assert time.monotonic() < end_s, queue
    assert queue["strategy"] == "longest_idle"
    assert api.post("fifo/edit.json", num="5200", users="100;101:1;102", acknowledged_by="Anna")["status"] == "1"


@rule("R-19.3", "R-12.2")
def test_menu_and_blocklist_are_read_and_edited_as_collections(api: Compatible) -> None:
    def ask(method: str, path: str, **fields: Any) -> dict[str, Any]:
        answer = api.client.request(method, f"/{DOMAIN}/{path}", headers=api.headers, json=fields or None)
        told: dict[str, Any] = answer.json()
        return told

    menus = {one["num"]: one for one in ask("GET", "ivr")["data"]}
    assert menus["5000"]["keys"] == {"1": "5200", "2": "5301"} and menus["5001"]["next"] == "5120"
    told = ask("PATCH", "ivr", num=5000, keys={"1": "5200", "2": "5301", "3": "hangup"}, acknowledged_by="Anna")
    assert told["status"] == "1", told
    assert {one["num"]: one for one in ask("GET", "ivr")["data"]}["5000"]["keys"]["3"] == "hangup"
    assert ask("DELETE", "ivr", num=5000)["status"] == "0"
    assert [one["number"] for one in ask("GET", "blocklist")["data"]] == ["84950000000"]
    assert ask("POST", "blocklist/contact", number="89990001122", acknowledged_by="Anna")["status"] == "1"
    assert {one["number"]: one["kind"] for one in ask("GET", "blocklist")["data"]} == {
        "84950000000": "prefix",
        "89990001122": "exact",
    }
    caller = Phone("89990001122", api.sip)
    try:
        with api.events() as stream:
            read(stream, "hello")
            caller.begin("74951234567")
            assert read(stream, "CallEnded")["rule"] == "R-02.9"
    finally:
        caller.close()
    assert ask("DELETE", "blocklist/contact", number="89990001122")["status"] == "1"
    assert ask("DELETE", "blocklist/contact", number="89990001122")["status"] == "0"


@rule("R-16.4")
def test_a_token_that_acts_for_persons_is_no_key_here(api: Compatible) -> None:
    shared = api.token("shared", "persons:name", "calls:read", "versions:write")
    assert api.post("auth.json", {}, auth_key=shared, new="true")["status"] == "0"


def test_bodies_are_bounded_and_broken_ones_are_told(api: Compatible) -> None:
    head = {**api.headers, "content-type": "application/json"}
    for body in (
        b"[1]",
        b"{",
        b"\xff",
        b"[" * 60000,
        b"x" * 70000,
        json.dumps({"num": "1" * 65000}).encode() + b" " * 2000,
    ):
        told = api.client.post(f"/{DOMAIN}/user/edit.json", content=body, headers=head)
        assert told.status_code == 200 and told.json()["status"] == "0"


@rule("R-19.7")
def test_compatible_paths_are_there_only_when_asked_for(tmp_path: Path) -> None:
    plain = Api(tmp_path)
    try:
        answer = httpx.post(f"{plain.base}/{DOMAIN}/auth.json", data={"auth_key": "x"}, trust_env=False)
        assert answer.status_code == 404
    finally:
        plain.close()
