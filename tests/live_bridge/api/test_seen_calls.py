"""Whoever has a filter sees, hears and downloads exactly those calls: random rights and calls on every interface (R-23.12)."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.sync.client import connect

from engine.account.call_rights import Rights
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US
from engine.records.history import CallRecord
from live_bridge.api.access import persons, who
from live_bridge.api.compat.keys import Holder
from live_bridge.api.compat.socket import Channels, Client
from live_bridge.api.stream import EventStream
from live_bridge.media.recording import file_name
from live_bridge.service.voicemail_pins import VoicemailPins
from live_bridge.store import audit
from live_bridge.store import tables as t
from live_bridge.store.history_rows import history_row
from live_bridge.store.store import now
from pbxsim.workbench.access.rights import APART, Apart, Grant, Role
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.live.bridge_client import Bridge, BridgeError
from tests.harness import rule
from tests.live_bridge.api.test_compat import Compatible

BALANCE = "-1234.50"
CALLS = 36
USERS = (100, 101, 102, 103)
NUMBERS = (*USERS, 104, 105, 240, 4999)


class Filled(Compatible):
    """A bridge with calls of random users, each recorded, some with a voice message."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.client.close()
        often = httpx.Limits(
            max_keepalive_connections=0
        )  # a loaded machine may leave one idle for longer than it may be
        self.client = httpx.Client(base_url=self.base, trust_env=False, timeout=60, limits=often)
        chance, service = random.Random(23), self.service
        self.touched: dict[str, set[int]] = {}
        self.boxes: dict[str, int] = {}
        records = []
        for n in range(CALLS):
            uuid, at = f"call-{n}", now() - (n + 1) * 60 * SECOND_US
            self.touched[uuid] = set(chance.sample(NUMBERS, chance.randrange(4)))
            records.append(_record(uuid, at))
            (service.media.recordings / file_name(f"{uuid}.r1")).write_bytes(b"RIFF")
        store, pbx = service.store, service.pbx
        with store.engine.begin() as rows:
            rows.execute(t.history.insert(), [history_row(one, pbx, 1) for one in records])
            touched = [
                {"pbx": pbx, "number": number, "start_stamp": one.start, "uuid": one.uuid}
                for one in records
                for number in {5200, *self.touched[one.uuid]}
            ]
            rows.execute(t.call_numbers.insert(), touched)
            for uuid in list(self.touched)[::3]:
                box = self.boxes[uuid] = chance.choice(NUMBERS)
                (service.recordings / f"{uuid}.wav").write_bytes(b"RIFF")
                rows.execute(
                    t.voice_messages.insert().values(
                        recording=f"{uuid}.m1", pbx=pbx, call=uuid, box=box, caller="8916", left_at=now(), length=1,
                        file=f"{uuid}.wav", heard=False,
                    )
                )  # fmt: skip
        told = self.ask("PUT", "/api/account/balance", "account:write", json={"balance": BALANCE})
        assert told.status_code == 202, told.text
        self.shared = self.token(
            "desk",
            "persons:name",
            "logins:begin",
            "users:write",
            "history:read",
            "recordings:read",
            "calls:read",
            "versions:write",
            "calls:listen",
        )

    def as_user(self, user: int, path: str, method: str = "GET", **more: Any) -> Any:
        """A request of a program for a user who signed in by phone."""
        head = {"Authorization": f"Bearer {self.shared}", who.HEADER: str(user)}
        return self.client.request(method, path, headers=head, **more)

    def as_person(self, calls: str, path: str, method: str = "GET", may: str | None = None, **more: Any) -> Any:
        """A request of a program for a person who signed in with a password, sees these calls and has these rights."""
        head = {"Authorization": f"Bearer {self.shared}", persons.HEADER: "anna", who.CALLS: calls}
        head |= {} if may is None else {who.MAY: may}
        return self.client.request(method, path, headers=head, **more)

    def expected(self, numbers: set[int] | None) -> set[str]:
        """The judge: calls that touched one of these numbers, None being all."""
        return {uuid for uuid, touched in self.touched.items() if numbers is None or numbers & touched}


def _record(uuid: str, at: int) -> CallRecord:
    return CallRecord(
        uuid=uuid, caller_id_name="", caller_id_number="89161234567", destination_number="74951234567", from_host="a",
        to_host="b", start=at, end=at + SECOND_US, duration_us=SECOND_US, user_talk_us=SECOND_US,
        hangup_cause=Cause.NORMAL_CLEARING, party=Party.CALLER, accountcode="inbound", gateway="moscow", flow="f",
        rule="R-08.7", events=(), recordings=(f"{uuid}.r1",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    made = Filled(tmp_path_factory.mktemp("seen"))
    yield made
    made.close()


number = st.sampled_from((*NUMBERS, 150, 3000))
part = st.one_of(number.map(str), st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}"), st.just("*"))
filters = st.lists(part, max_size=3).map(";".join)


def meant(text: str, own: int | None = None) -> set[int] | None:
    """What a filter means, told in another way than the product does; None is everybody."""
    found: set[int] = set() if own is None else {own}
    for word in filter(None, text.split(";")):
        if word == "*":
            return None
        first, _, last = word.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def pages(api: Filled, user: int) -> list[dict[str, Any]]:
    found, path = [], "/api/history?limit=5"
    while path:
        answer = api.as_user(user, path).json()
        found += answer["calls"]
        path = answer["next"]
    return found


@rule("R-23.8", "R-23.9", "R-23.12")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    user=st.sampled_from(USERS),
    text=filters,
    listen=st.booleans(),
    download=st.booleans(),
    balance=st.booleans(),
    chance=st.randoms(),
)
def test_a_user_sees_hears_and_downloads_exactly_the_calls_of_the_filter(
    api: Filled, user: int, text: str, listen: bool, download: bool, balance: bool, chance: random.Random
) -> None:
    wanted = {"filter": text, "listen": listen, "download": download, "balance": balance}
    assert api.ask("PUT", f"/api/rights/{user}", "users:write", json=wanted).status_code == 200
    own = api.as_user(user, "/api/rights/own").json()
    assert (own["listen"], own["download"]) == (listen, listen and download)
    assert own["balance_rub"] == (BALANCE if balance else None)
    expected = api.expected(meant(text, user))
    seen = pages(api, user)
    assert [one["uuid"] for one in seen] == [uuid for uuid in api.touched if uuid in expected]
    assert all((one["recordings"][0]["link"] is not None) == (listen and download) for one in seen)
    assert {row["uuid"] for row in csv.DictReader(io.StringIO(api.as_user(user, "/api/history.csv").text))} == expected
    lines = api.as_user(user, "/api/history.jsonl").text.splitlines()
    assert {json.loads(line)["uuid"] for line in lines} == expected
    for uuid in chance.sample(list(api.touched), 6):
        there = 200 if uuid in expected else 404
        assert api.as_user(user, f"/api/history/{uuid}").status_code == there
        assert api.as_user(user, f"/api/history/{uuid}/ladder").status_code == there
        sound = f"/api/history/{uuid}/recording"
        assert api.as_user(user, sound).status_code == (there if listen else 403)
        kept = there if there == 404 or download else 403
        assert api.as_user(user, sound + "?download=1").status_code == (kept if listen else 403)
    numbers = meant(text, user)
    heard = {u for u, box in api.boxes.items() if u in expected or numbers is None or box in numbers}
    assert {one["call"] for one in api.as_user(user, "/api/voice-messages").json()} == heard
    for uuid in list(api.boxes)[:4]:
        told = api.as_user(user, f"/api/voice-messages/{uuid}.m1/audio").status_code
        assert told == (403 if not listen else 200 if uuid in heard else 404)


@rule("R-16.4", "R-19.3", "R-23.12")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=filters.filter(bool), listen=st.booleans())
def test_a_token_with_a_filter_sees_exactly_those_calls_on_both_interfaces(
    api: Filled, text: str, listen: bool
) -> None:
    scopes = ("history:read", "calls:read", "calls:write", *(("recordings:read",) if listen else ()), who.FILTER + text)
    expected = api.expected(meant(text))
    pair = api.pair("filtered", *scopes)
    told = api.post("mongo_history/search.json", pair)
    assert {one["uuid"] for one in told["data"]} == expected
    for uuid in list(api.touched)[::7]:
        one = api.post("mongo_history/search.json", pair, uuid=uuid)
        assert bool(one["data"]) == (uuid in expected)
        link = api.post("mongo_history/search.json", pair, uuid=uuid, download="1")
        assert (link["status"] == "1") == (listen and uuid in expected)
    if meant(text) is not None:
        assert "R-23.12" in api.post("user/get.json", pair)["comment"]
        assert "R-23.12" in api.post("call/now.json", pair, **{"from": "100", "to": "101"})["comment"]
    head = {"Authorization": f"Bearer {api.token('filtered', *scopes)}"}
    found = api.client.get("/api/history?limit=1000", headers=head).json()["calls"]
    assert {one["uuid"] for one in found} == expected
    assert all((one["recordings"][0]["link"] is not None) == listen for one in found)


@rule("R-23.12")
def test_a_user_reaches_nothing_that_tells_of_all_calls(api: Filled) -> None:
    """Not even with `*`, and whatever the program's token may."""
    api.ask("PUT", "/api/rights/101", "users:write", json={"filter": "*"})
    for method, path in (
        ("GET", "/api/users"), ("GET", "/api/queues"), ("GET", "/api/versions"), ("GET", "/api/versions/audit"),
        ("POST", "/api/versions/v1/retire"), ("GET", "/api/activity"), ("GET", "/api/rights"), ("GET", "/api/status"),
    ):  # fmt: skip
        assert api.as_user(101, path, method).status_code == 403, path
    assert api.as_user(199, "/api/history").status_code == 403, "nobody of this PBX"
    assert api.as_user(101, "/api/rights/own").json()["all"] is True
    crm = {"Authorization": f"Bearer {api.token('crm', 'history:read')}", who.HEADER: "101"}
    assert api.client.get("/api/history", headers=crm).status_code == 403, "only who names persons names users"


@rule("R-23.9")
def test_rights_hold_at_once_stand_in_the_trail_and_outlive_a_restart(api: Filled) -> None:
    wanted = {"filter": " 102 ; 104 - 110 ", "listen": False, "download": True, "balance": True}
    kept = api.ask("PUT", "/api/rights/103", "users:write", json=wanted).json()
    assert kept == {"user": 103, "filter": "102;104-110", "listen": False, "download": True, "balance": True}
    again = type(api.service.rights)(api.service.config.folder, api.service.records.state)
    assert again.of(103).filter == "102;104-110" and again.of(100).filter == api.service.rights.of(100).filter
    entries = api.ask("GET", "/api/versions/audit", "versions:read").json()["entries"]
    entry = next(one for one in entries if one["action"] == "rights")
    assert entry["by"] == "users:write" and entry["details"]["user"] == 103
    refused = api.ask("PUT", "/api/rights/103", "users:write", json={"filter": "5200"})
    assert refused.status_code == 422 and "R-23.9" in str(refused.json())
    assert api.ask("PUT", "/api/rights/199", "users:write", json={}).status_code == 404
    assert api.service.rights.of(103).filter == "102;104-110"


# --- what happens now ------------------------------------------------------------------------------------------------


def told_of(calls: list[tuple[str, list[int]]]) -> list[note.Note]:
    """Notes of calls that ring these users one after another, mixed."""
    found: list[list[note.Note]] = []
    for call, users in calls:
        mine: list[note.Note] = [note.CallStarted(call=call, flow="f", called="7495", caller="8916", trunk="moscow")]
        mine += [note.LegStarted(leg=f"{call}.{n}", call=call, user=user) for n, user in enumerate(users)]
        mine.append(note.CallEnded(call=call, cause=Cause.NORMAL_CLEARING, party=Party.CALLER, started_at=0))
        found.append(mine)
    return [one for row in zip(*(mine + [None] * 9 for mine in found), strict=False) for one in row if one is not None]


@rule("R-23.12")
@settings(max_examples=60, deadline=None)
@given(text=filters.filter(bool), rung=st.lists(st.lists(st.sampled_from(NUMBERS), max_size=3), min_size=1, max_size=4))
def test_streams_tell_of_a_call_from_the_first_leg_that_is_seen(text: str, rung: list[list[int]]) -> None:
    asks: Any = None
    held = Holder("crm", frozenset({"calls:read", who.FILTER + text}))
    numbers, stream, channels, client = meant(text), EventStream(1), Channels(), Client(asks, asks, asks, held)
    heard: list[str] = []
    channels.listen(lambda name, event, touched: heard.append(event["data"]["uuid"]) if client.sees(touched) else None)
    so_far: dict[str, set[int]] = {}
    expected, now_seen = [], []
    for one in told_of([(f"c{n}", users) for n, users in enumerate(rung)]):
        call, user = one.call, getattr(one, "user", None)  # type: ignore[attr-defined]
        so_far.setdefault(call, set()).update(() if user is None else (user,))
        if numbers is None or so_far[call] & numbers:
            expected.append((call, type(one).__name__))
        stream.take(1, one)
        channels.take(1, one)
        now_seen = [c for c, touched in so_far.items() if numbers is None or touched & numbers]
        assert {c.call for c in stream.calls(held.who.sight)} <= set(now_seen)
    got = [(e.event["call"], e.event["type"]) for e in stream.since(0)[0] if held.who.sight.sees(e.touched)]
    assert got == expected
    assert set(heard) <= set(now_seen)


@rule("R-23.12")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=filters, chance=st.randoms())
def test_a_person_whose_program_says_no_rights_sees_and_hears_exactly_those_calls(
    api: Filled, text: str, chance: random.Random
) -> None:
    numbers = meant(text)
    expected = api.expected(numbers)
    found = api.as_person(text, "/api/history?limit=1000").json()["calls"]
    assert [one["uuid"] for one in found] == [uuid for uuid in api.touched if uuid in expected]
    assert all(one["recordings"][0]["link"] is None for one in found), "a program gives persons no links"
    assert {
        row["uuid"] for row in csv.DictReader(io.StringIO(api.as_person(text, "/api/history.csv").text))
    } == expected
    for uuid in chance.sample(list(api.touched), 6):
        there = 200 if uuid in expected else 404
        assert api.as_person(text, f"/api/history/{uuid}").status_code == there
        assert api.as_person(text, f"/api/history/{uuid}/ladder").status_code == there
        assert api.as_person(text, f"/api/history/{uuid}/recording").status_code == there
    heard = {u for u, box in api.boxes.items() if u in expected or numbers is None or box in numbers}
    assert {one["call"] for one in api.as_person(text, "/api/voice-messages").json()} == heard
    for uuid in list(api.boxes)[:4]:
        told = api.as_person(text, f"/api/voice-messages/{uuid}.m1/audio").status_code
        assert told == (200 if uuid in heard else 404)
    for path in ("/api/status", "/api/queues", "/api/users"):
        assert (api.as_person(text, path).status_code == 403) == (numbers is not None), path
    calls = {who.CALLS: text, "Authorization": f"Bearer {api.shared}"}
    with connect(f"ws://127.0.0.1:{api.port}/api/events", additional_headers=calls, proxy=None) as socket:
        assert json.loads(socket.recv())["type"] == "hello"


@rule("R-23.12")
def test_a_filter_of_a_person_takes_away_and_never_gives(api: Filled) -> None:
    for wrong in ("abc", "99", "200-100", "5000", "1" * 600):
        assert api.as_person(wrong, "/api/history").status_code == 403, wrong
    narrow = api.token("narrow", "persons:name", "history:read", who.FILTER + "100-101")
    head = {"Authorization": f"Bearer {narrow}", persons.HEADER: "anna", who.CALLS: "*"}
    found = {one["uuid"] for one in api.client.get("/api/history?limit=1000", headers=head).json()["calls"]}
    assert found == api.expected({100, 101})
    for user, calls, numbers in ((101, "*", {101}), (101, "102", set())):
        api.ask("PUT", f"/api/rights/{user}", "users:write", json={"filter": ""})
        head = {"Authorization": f"Bearer {api.shared}", who.HEADER: str(user), who.CALLS: calls}
        found = {one["uuid"] for one in api.client.get("/api/history?limit=1000", headers=head).json()["calls"]}
        assert found == api.expected(numbers)


rights_apart = st.sets(st.sampled_from(who.RIGHTS))


@rule("R-23.2", "R-23.12")
@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=filters, may=rights_apart, chance=st.randoms())
def test_a_person_hears_keeps_and_sees_the_balance_by_three_rights_apart(
    api: Filled, text: str, may: set[str], chance: random.Random
) -> None:
    numbers, said = meant(text), " ".join(may)
    expected, listens, keeps = api.expected(numbers), "listen" in may, {"listen", "download"} <= may
    found = api.as_person(text, "/api/history?limit=1000", may=said).json()["calls"]
    assert {one["uuid"] for one in found} == expected, "what is seen is no matter of what is heard"
    assert all((one["recordings"][0]["link"] is not None) == keeps for one in found)
    for one in found[:2] if keeps else ():
        assert api.client.get(one["recordings"][0]["link"]).status_code == 200
    own = api.as_person(text, "/api/rights/own", may=said).json()
    assert (own["listen"], own["download"], own["balance"]) == (listens, keeps, "balance" in may)
    assert own["balance_rub"] == (BALANCE if "balance" in may else None)
    sounds = [
        (uuid, f"/api/history/{uuid}/recording", uuid in expected) for uuid in chance.sample(list(api.touched), 4)
    ]
    sounds += [
        (
            uuid,
            f"/api/voice-messages/{uuid}.m1/audio",
            uuid in expected or numbers is None or api.boxes[uuid] in numbers,
        )
        for uuid in chance.sample(list(api.boxes), 3)
    ]
    for uuid, path, is_seen in sounds:
        there = 200 if is_seen else 404
        assert api.as_person(text, path, may=said).status_code == (there if listens else 403), uuid
        kept = 403 if is_seen and not keeps else there
        assert api.as_person(text, path + "?download=1", may=said).status_code == (kept if listens else 403), uuid
    listening = api.as_person(text, "/api/listening", may=said)
    assert listening.status_code == (200 if listens else 403)


@rule("R-23.12")
def test_rights_that_a_program_names_give_nothing_that_its_token_may_not(api: Filled) -> None:
    everything = " ".join(who.RIGHTS)
    deaf = {
        "Authorization": f"Bearer {api.token('deaf', 'persons:name', 'history:read')}",
        persons.HEADER: "anna",
        who.MAY: everything,
    }
    (one, *_) = api.client.get("/api/history", headers=deaf).json()["calls"]
    assert one["recordings"][0]["link"] is None
    assert api.client.get(f"/api/history/{one['uuid']}/recording", headers=deaf).status_code == 403
    crm = {"Authorization": f"Bearer {api.token('crm', 'history:read', 'recordings:read')}"}
    own = [api.client.get("/api/rights/own", headers={**crm, who.MAY: may}).json() for may in (everything, "balance")]
    assert [(o["listen"], o["download"], o["balance"]) for o in own] == [(True, True, False), (False, False, False)]
    assert api.as_person("*", "/api/history", may="listen shout").status_code == 403
    api.ask("PUT", "/api/rights/101", "users:write", json={"filter": "*", "listen": False, "download": True})
    head = {"Authorization": f"Bearer {api.shared}", who.HEADER: "101", who.MAY: everything}
    told = api.client.get("/api/rights/own", headers=head).json()
    assert (told["listen"], told["download"], told["balance"]) == (False, False, False)
    api.ask("PUT", "/api/rights/101", "users:write", json={})
    named = api.token("named", "persons:name", "history:read", "calls:read", "recordings:read")
    assert api.client.post("/example/auth.json", data={"auth_key": named}).json()["status"] == "0", "persons use ours"


grants = st.builds(Apart, **{right: st.sampled_from(Grant) for right in APART})


@rule("R-23.2", "R-23.12")
@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    roles=st.sets(st.sampled_from(Role), min_size=1),
    apart=grants,
    text=filters,
    chance=st.randoms(use_true_random=False),
)
def test_every_page_asks_as_the_person_whose_page_it_is(
    api: Filled, roles: set[Role], apart: Apart, text: str, chance: random.Random
) -> None:
    """All pages of the workbench reach a bridge in one way alone: what that lets through is what any of them can show."""
    visitor = Visitor("anna", lambda: tuple(roles), "a session", calls=lambda: text, apart=lambda: apart)
    listens = {Grant.YES: True, Grant.NO: False, Grant.ROLE: Role.OPERATOR in roles}[apart.listen]
    keeps = listens and apart.download is Grant.YES
    expected, uuids = api.expected(meant(text)), chance.sample(list(api.touched), 4)

    async def all_of_it() -> None:
        async with Bridge(api.base, api.shared, None, visitor) as bridge:

            async def told(path: str, **query: str) -> str:
                """How it ended: `ok`, or why not."""
                try:
                    async with bridge.opened(path, query, {}) as answer:
                        return "ok" if answer.is_success else str(answer.status_code)
                except BridgeError as error:
                    return str(error.status or error.text)

            found = (await bridge.ask("GET", "/api/history?limit=1000"))["calls"]
            assert {one["uuid"] for one in found} == expected
            assert all((one["recordings"][0]["link"] is not None) == keeps for one in found)
            own = await bridge.ask("GET", "/api/rights/own")
            assert (own["listen"], own["download"]) == (listens, keeps)
            assert own["balance_rub"] == (BALANCE if apart.balance is Grant.YES else None)
            for uuid in uuids:
                path, there = f"/api/history/{uuid}/recording", "ok" if uuid in expected else "404"
                assert await told(path) == (there if listens else "refused.listen")
                assert await told(path, download="true") == (
                    there if keeps else "refused.download" if listens else "refused.listen"
                )

    asyncio.run(all_of_it())


def test_struct_of_who_says_who_is_limited() -> None:
    assert not who.Who(name="crm").is_limited
    assert who.Who(name="crm", user=101).is_limited
    assert who.of_token("crm", {"history:read", "calls-of:100"}).is_limited
    assert not who.of_token("crm", {"history:read", "calls-of:*"}).is_limited
    both = who.of_user(101, Rights(filter="100-200"), who.of_token("w", {"calls-of:150-300"}), "u")
    assert both.sight.ranges == ((150, 200),)


@rule("R-09.6", "R-23.12")
def test_user_marks_and_deletes_in_their_own_box_alone(api: Filled) -> None:
    """R-09.6: others may hear by their filter, and no more; who deleted a message stands in the audit trail."""
    uuid, box = next((uuid, box) for uuid, box in api.boxes.items() if box in USERS)
    other = next(user for user in USERS if user != box)
    path = f"/api/voice-messages/{uuid}.m1/state"
    for user in (box, other):
        api.ask("PUT", f"/api/rights/{user}", "users:write", json={"filter": "*"})

    def told(user: int, state: str) -> int:
        return int(api.as_user(user, path, "PUT", json={"state": state}).status_code)

    def shown() -> dict[str, Any]:
        found = api.as_user(box, f"/api/voice-messages?box={box}").json()
        return {one["recording"]: one["heard"] for one in found}

    assert told(other, "new") == 403 and told(other, "deleted") == 403
    assert told(box, "heard") == 200 and shown()[f"{uuid}.m1"] is True
    assert told(box, "new") == 200 and shown()[f"{uuid}.m1"] is False
    assert told(box, "gone") == 422
    assert api.ask("PUT", path, "recordings:read", json={"state": "deleted"}).status_code == 403
    assert told(box, "deleted") == 200 and f"{uuid}.m1" not in shown()
    assert told(box, "new") == 404 and api.as_user(box, f"/api/voice-messages/{uuid}.m1/audio").status_code == 404
    again = next(one for one in api.boxes if one != uuid)
    assert api.as_user(box, f"/api/voice-messages/{again}.m1", "DELETE").status_code == 403
    for expected in (200, 404):
        assert api.ask("DELETE", f"/api/voice-messages/{again}.m1", "users:write").status_code == expected
    entries = [one for one in audit.entries(api.service.store, "example") if one.action == "message-deleted"]
    assert [f"{uuid}.m1" in one.details or f"{again}.m1" in one.details for one in entries] == [True, True]
    api.service.mailboxes.tidy_files(api.service.recordings)
    assert api.service.store.voice_message("example", f"{uuid}.m1") is None


@rule("R-09.6")
def test_pin_is_given_and_taken_away_and_never_told(api: Filled) -> None:
    """R-09.6: by an administrator for anybody, by a user for their own box; kept as a hash in a file of the owner's."""
    path = "/api/users/101/voicemail-pin"
    for pin in ("1111", "12", "1234", "abcd", "123456789", "4321"):
        assert api.ask("PUT", path, "users:write", json={"pin": pin}).status_code == 422, pin
    assert api.ask("PUT", "/api/users/4998/voicemail-pin", "users:write", json={"pin": "48210753"}).status_code == 404
    assert api.ask("PUT", path, "users:write", json={"pin": "48210753"}).json() == {"user": 101, "voicemail_pin": True}
    user = next(one for one in api.ask("GET", "/api/users", "calls:read").json() if one["user"] == 101)
    assert user["voicemail_pin"] is True and user["voicemail_locked_until"] is None
    kept = api.service.config.folder / "voicemail_pins.json"
    assert "48210753" not in kept.read_text() and kept.stat().st_mode & 0o077 == 0
    assert api.service.pins.check(101, "4822") == "wrong" and api.service.pins.check(101, "48210753") == "right"
    assert VoicemailPins(api.service.config.folder, api.service.records.state).check(101, "48210753") == "right"
    assert [api.service.pins.check(101, "5000") for _ in range(5)] == ["wrong"] * 4 + ["locked"]
    assert api.service.pins.check(101, "4821") == "locked", "the right one too"
    assert api.as_user(101, "/api/voicemail-pin", "PUT", json={"pin": "7305"}).status_code == 200
    assert api.service.pins.check(101, "7305") == "right", "a new one ends the lock"
    assert api.as_user(102, path, "PUT", json={"pin": "7305"}).status_code == 403
    assert api.ask("PUT", "/api/voicemail-pin", "recordings:read", json={"pin": "7305"}).status_code == 403
    assert api.ask("DELETE", path, "users:write").json() == {"user": 101, "voicemail_pin": False}
    assert api.service.pins.standing(101) == "no_pin"
    trail = [one for one in audit.entries(api.service.store, "example") if one.action == "voicemail-pin"]
    assert len(trail) == 3 and not any("7305" in one.details for one in trail)
