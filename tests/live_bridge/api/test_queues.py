"""Today's figures of queues against the history, and who acted on calls and members: a real bridge and real calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from engine.calendar import zones
from engine.contract.ids import SECOND_US
from live_bridge.service.queue_day import QueueDay
from live_bridge.store.store import ManualAct, now
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status

SALES = 5200


class Sales(Api):
    changes: ClassVar[dict[str, str]] = {"lines: 30, to: 5000": "lines: 30, to: 5200", "wrap_up: 20": "wrap_up: 0"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Sales(tmp_path_factory.mktemp("queues"))
    yield made
    made.close()


@pytest.fixture
def caller(api: Api) -> Iterator[Phone]:
    phone = Phone("89991234567", api.sip)
    yield phone
    phone.close()


@pytest.fixture
def boris(api: Api) -> Iterator[Phone]:
    phone = Phone("101", api.sip)
    assert status(phone.register(api.service.new_passwords[101])) == 200
    yield phone
    phone.register(api.service.new_passwords[101], expires=0)
    phone.close()


def figures(api: Api, **asked: float) -> dict[str, Any]:
    answer = api.ask("GET", "/api/queues", "calls:read", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(one for one in answer.json()["queues"] if one["queue"] == SALES)
    return found


def counted(api: Api) -> dict[str, int]:
    """The same by hand, from the history over the API."""
    calls = api.ask("GET", "/api/history", "history:read").json()["calls"]
    visits = [visit for call in calls for visit in call["events"] if visit["kind"] == "queue"]
    answered = [visit for visit in visits if visit["answer"]]
    gone = [visit for visit in visits if not visit["answer"] and not visit["output"]]
    return {"offered": len(visits), "answered": len(answered), "abandoned": len(gone)}


def acts(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ask("GET", "/api/acts", "history:read").json()
    return found


def in_call(api: Api) -> str:
    """The id of the only call."""
    wait_until(lambda: len(api.service.driver.ask_inside(lambda c: list(c.engine.tenant.calls.values()))) == 1)
    (call,) = api.ask("GET", "/api/calls", "calls:read").json()["calls"]
    return str(call["call"])


@rule("R-08.22", "R-08.23")
def test_figures_of_today_are_those_of_the_history_also_after_a_restart(api: Api, caller: Phone, boris: Phone) -> None:
    before = figures(api)
    dialog, _ = caller.call("74951234567")
    wait_until(lambda: figures(api)["answered"] == before["answered"] + 1)
    assert figures(api)["offered"] == before["offered"] + 1
    caller.hang_up(dialog)
    boris.on_invite = [(0.0, 180)]
    dialog, _ = caller.call("74951234567")
    wait_until(lambda: figures(api)["waiting"] == 1)
    assert 0 <= now() - figures(api)["waiting_since"] < 8 * SECOND_US
    caller.hang_up(dialog)
    wait_until(lambda: figures(api)["waiting"] == 0)
    wait_until(lambda: counted(api)["abandoned"] == 1)
    after = figures(api)
    assert {name: after[name] for name in ("offered", "answered", "abandoned")} == counted(api)
    assert after["abandoned_short"] == after["abandoned"] and after["service_level"] == 1.0
    assert figures(api, within_s=0)["answered_within"] <= after["answered_within"]
    started_now = QueueDay(api.service)
    again = started_now.today()
    assert again.whole and again.figures(SALES, 20 * SECOND_US, 5 * SECOND_US) == {
        name: value for name, value in after.items() if name not in ("queue", "name")
    }


@rule("R-08.22")
def test_a_day_ends_at_midnight_of_the_pbx(api: Api, caller: Phone, boris: Phone) -> None:
    before = figures(api)["answered"]
    dialog, _ = caller.call("74951234567")
    wait_until(lambda: figures(api)["answered"] == before + 1)
    caller.hang_up(dialog)
    told = api.ask("GET", "/api/queues", "calls:read").json()
    zone = zones.parse(api.service.flow.head.zone)
    assert zone.local(told["since"]).strftime("%H:%M:%S") == "00:00:00" and str(zone.local(now()).date()) == told["day"]
    paths = api.client.get("/openapi.json").json()["paths"]
    shape = paths["/api/queues"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert shape["$ref"].endswith("QueuesToday")
    assert told["targets"] == {"service_level": 0.8} and told["whole"]
    day = QueueDay(api.service)
    assert day.today().figures(SALES, 0, 0)["offered"]
    tomorrow = day.today(told["since"] + 36 * 3600 * SECOND_US)
    assert tomorrow.figures(SALES, 0, 0)["offered"] == 0 and str(tomorrow.day) > told["day"]


@rule("R-19.5", "R-25.10")
def test_acts_on_calls_and_members_are_kept_with_the_name_of_the_person(api: Api, caller: Phone, boris: Phone) -> None:
    shared = api.token("workbench", "persons:name", "calls:write", "members:write")
    head = {"Authorization": f"Bearer {shared}", "X-PBX-Person": "oleg"}
    caller.call("74951234567")
    call = in_call(api)
    wait_until(lambda: api.service.view.talking_leg(call) is not None)
    posted = api.client.post(f"/api/calls/{call}/transfer", headers=head, json={"to": "89160000001"})
    assert posted.status_code == 202, posted.text
    caller.wait(lambda message: message.startswith("BYE "))  # no carrier takes it
    caller.call("74951234567")
    other = in_call(api)
    assert api.client.post(f"/api/calls/{other}/hangup", headers=head).status_code == 202
    wait_until(lambda: len(caller.heard("BYE ")) == 2)
    for action in ("pause", "unpause", "sign-out", "sign-in"):
        body = {"reason": "lunch"} if action == "pause" else {}
        answer = api.client.post(f"/api/users/102/{action}", headers=head, json=body)
        assert answer.status_code in (202, 409), answer.text
    assert api.client.post("/api/calls/none/hangup", headers=head).status_code == 404
    done = [(one["act"], one["details"], one["by"]) for one in acts(api)]
    by = "oleg via workbench"
    assert ("transfer", {"call": call, "to": "outside"}, by) in done
    assert ("hangup", {"call": other}, by) in done and ("pause", {"user": 102, "reason": "lunch"}, by) in done
    assert not any(one["details"].get("call") == "none" for one in acts(api)), "what was refused is no act"
    assert api.client.post("/api/users/102/pause", headers={"Authorization": f"Bearer {shared}"}).status_code == 403


@rule("R-11.8", "R-25.10")
def test_many_acts_on_members_do_not_bury_a_rule_that_is_held(api: Api) -> None:
    held = api.ask("POST", "/api/overrides/5400", "rules:write", json={"mode": "mismatch"})
    assert held.status_code == 202
    state = api.service.records.state
    for number in range(1001):
        state.keep_act(ManualAct(pbx="example", at=now(), act="pause", details=f'{{"user":{number}}}', by="crm"))
    assert api.ask("POST", "/api/users/102/unpause", "members:write").status_code == 202
    found = api.ask("GET", "/api/overrides", "calls:read").json()
    assert next(one for one in found if one["element"] == 5400)["mode"] == "mismatch"
    latest = acts(api)
    assert latest[0]["act"] == "unpause" and len(latest) == 100
    api.ask("POST", "/api/overrides/5400", "rules:write", json={"mode": "auto"})


def test_a_user_is_told_with_since_when_they_have_a_device(api: Api, boris: Phone) -> None:
    def told() -> dict[str, Any]:
        users = api.ask("GET", "/api/users", "calls:read").json()
        found: dict[str, Any] = next(one for one in users if one["user"] == 101)
        return found

    here = told()
    assert here["devices"] == 1 and 0 <= now() - here["devices_since"] < 8 * SECOND_US and here["state"] == "idle"
    boris.register(api.service.new_passwords[101], expires=0)
    wait_until(lambda: told()["devices"] == 0)
    assert told()["devices_since"] > here["devices_since"]
