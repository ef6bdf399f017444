"""What adapters ask CRMs, how they read answers, and what they tell (R-16.1, R-16.3, R-16.5)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_bridge.config_sections import GenericCrmConfig, RetailCrmConfig
from live_bridge.integrations.crm import Answer, Person, Request
from live_bridge.integrations.generic import GenericCrm
from live_bridge.integrations.retailcrm import RetailCrm
from tests.harness import rule

ZONE = ZoneInfo("Europe/Moscow")
RETAIL = RetailCrmConfig(
    kind="retailcrm", url="https://demo.retailcrm.ru/", key_name="k", site="shop", task_performer=7
)
GENERIC = GenericCrmConfig(
    kind="generic", name_url="https://crm.example/c?phone={number}", name_at="data.0.name",
    user_url="https://crm.example/c?phone={number}", user_at="data.0.owner.extension",
)  # fmt: skip
FACTS: dict[str, Any] = {
    "direction": "inbound", "caller": "89161234567", "callee": "101", "uuid": "c1", "date": 1_795_415_400,
    "call_duration": 70, "dialog_duration": 60, "hangup_cause": "NORMAL_CLEARING",
}  # fmt: skip


def retail() -> RetailCrm:
    return RetailCrm(RETAIL, "secret", ZONE)


def said(request: Request) -> tuple[str, dict[str, Any]]:
    """The method of a request to retailCRM, and what its form holds."""
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    return request.url.removeprefix("https://demo.retailcrm.ru/api/v5/"), form


@rule("R-16.3", "R-16.5")
def test_one_request_to_retailcrm_answers_both_questions() -> None:
    (asked,) = retail().questions("79161234567")
    assert (
        asked.url.startswith("https://demo.retailcrm.ru/api/v5/telephony/manager?") and "phone=79161234567" in asked.url
    )
    assert ("X-API-KEY", "secret") in asked.headers and "secret" not in asked.url
    body = {
        "success": True,
        "manager": {"code": "101", "firstName": "Anna"},
        "customer": {"firstName": "Иван", "lastName": "Петров"},
    }
    assert retail().read([Answer(200, json.dumps(body).encode())]) == Person(name="Иван Петров", user="101")


@rule("R-16.5")
@pytest.mark.parametrize(
    "answer",
    [None, Answer(500, b"{}"), Answer(200, b"no json"), Answer(200, b"[]"), Answer(200, b'{"manager":[],"customer":null}'),
     Answer(200, b'{"success":true}'), Answer(200, b"[" * 100_000)],
)  # fmt: skip
def test_whatever_a_crm_answers_else_is_nobody(answer: Answer | None) -> None:
    assert retail().read([answer]) == Person()
    assert GenericCrm(GENERIC, "").read([answer]) == Person()


@given(body=st.binary(max_size=200))
def test_no_answer_breaks_an_adapter(body: bytes) -> None:
    assert isinstance(retail().read([Answer(200, body)]), Person)


@rule("R-16.5")
def test_a_generic_crm_is_asked_by_url_and_read_by_a_mapping() -> None:
    crm = GenericCrm(GENERIC, "secret")
    (asked,) = crm.questions("79161234567")  # both answers stand behind one address
    assert asked.url == "https://crm.example/c?phone=79161234567"
    assert asked.headers == (("Authorization", "Bearer secret"),)
    body = {"data": [{"name": "Anna", "owner": {"extension": 101}}]}
    assert crm.read([Answer(200, json.dumps(body).encode())]) == Person(name="Anna", user="101")
    two = GENERIC.model_copy(update={"user_url": "https://crm.example/u/{number}", "user_at": "ext"})
    crm = GenericCrm(two, "")
    assert len(crm.questions("7916")) == 2
    assert crm.read([None, Answer(200, b'{"ext": "102"}')]) == Person(user="102"), "what came in time counts"


@rule("R-16.1")
def test_a_card_opens_while_the_phone_rings_and_the_call_is_kept() -> None:
    (ringing,) = retail().told({**FACTS, "event": "call_ringing"})
    method, form = said(ringing)
    assert method == "telephony/call/event"
    assert json.loads(form["event"]) == {
        "phone": "79161234567", "type": "in", "callExternalId": "c1", "codes": ["101"],
    }  # fmt: skip
    hangup, kept = retail().told({**FACTS, "event": "call_end", "download_url": "https://pbx.example/r.wav"})
    assert json.loads(said(hangup)[1]["event"])["hangupStatus"] == "answered"
    (call,) = json.loads(said(kept)[1]["calls"])
    assert call["code"] == "101" and call["result"] == "answered" and call["recordUrl"] == "https://pbx.example/r.wav"
    assert call["date"] == "2026-11-23 09:28:50" and call["duration"] == 60


@rule("R-16.1")
def test_a_missed_call_leaves_a_task_and_a_call_within_the_pbx_nothing() -> None:
    missed = {**FACTS, "event": "call_missed", "callee": "74951234567", "dialog_duration": 0}
    (task,) = retail().told(missed)
    method, form = said(task)
    assert method == "tasks/create" and form["site"] == "shop"
    assert json.loads(form["task"]) == {
        "text": "Перезвонить 79161234567", "datetime": "2026-11-23 09:45", "performerId": 7, "phone": "79161234567",
    }  # fmt: skip
    for event in ("call_start", "call_ringing", "call_missed", "call_end"):
        assert list(retail().told({**FACTS, "event": event, "direction": "local"})) == []
    out = {**FACTS, "event": "call_start", "direction": "outbound", "caller": "101", "callee": "89161234567"}
    assert json.loads(said(retail().told(out)[0])[1]["event"])["codes"] == ["101"]


@pytest.mark.parametrize("url", ["http://crm.example.org/{number}", "ftp://x/", "https://", "http://127.0.0.1.evil/"])
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        GenericCrmConfig(kind="generic", name_url=url)
