"""A bridge beside a CRM that is a process of its own: names on displays, cards, tasks, delays, failures (R-16, R-18.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from live_bridge.config_sections import GenericCrmConfig, RetailCrmConfig
from live_bridge.sip.dialog import sdp
from tests.harness import rule
from tests.live_bridge.api.test_api import Api, read
from tests.live_bridge.integrations.crm_sandbox import KEY, Crm
from tests.live_bridge.sip.phone import Phone, field, status

CONTACTS = "/contacts?phone={number}"


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    made = Crm()
    yield made
    made.close()


@pytest.fixture(scope="module")
def api(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("crm")
    secrets = folder / "secrets.yaml"
    secrets.touch(mode=0o600)
    secrets.write_text(f"crm_key: {KEY}\n", encoding="utf-8")
    url = crm.url + CONTACTS
    configs = {
        "sales": RetailCrmConfig(kind="retailcrm", url=crm.url, key_name="crm_key"),
        "own": GenericCrmConfig(kind="generic", name_url=url, name_at="data.0.name", user_url=url,
                                user_at="data.0.owner.extension", key_name="crm_key"),
    }  # fmt: skip

    class WithCrm(Api):
        settings = {"secrets": secrets, "integrations": configs}
        changes = {
            "elements:\n": "elements:\n"
            "  5700: {kind: contact_manager, crm_address: crm:sales, default: 105}\n"
            "  5600: {kind: http_request, address: crm:own, default: 104}\n",
            "lines: 30, to: 5000": "lines: 30, to: 5700",
            "lines: 10, to: 5400": "lines: 10, to: 5600",
        }

    made = WithCrm(folder)
    yield made
    made.close()


@pytest.fixture
def phone_of(api: Api) -> Iterator[Callable[..., Phone]]:
    made: list[Phone] = []

    def make(user: int) -> Phone:
        phone = Phone(str(user), api.sip, payload=sdp.OFFERED.codec)
        made.append(phone)
        assert status(phone.register(api.service.new_passwords[user])) == 200
        phone.on_invite = []
        return phone

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def caller(api: Api) -> Iterator[Phone]:
    phone = Phone("89161234567", api.sip, payload=sdp.OFFERED.codec)
    yield phone
    phone.close()


@rule("R-16.1", "R-16.5", "R-18.2")
def test_a_known_caller_rings_their_manager_with_the_name_on_the_display_and_a_card(
    api: Api, crm: Crm, caller: Phone, phone_of: Callable[..., Phone]
) -> None:
    crm.mood()
    manager = phone_of(101)
    dialog = caller.begin("74951234567")
    here = manager.called()
    assert "Ivan Petrov" in field(here.invite, "From") and "89161234567" in field(here.invite, "From")
    crm.wait(lambda: bool(crm.told("telephony/call/event")))
    card = crm.told("telephony/call/event")[0]["event"]
    assert card["type"] == "in" and card["codes"] == ["101"] and card["phone"] == "79161234567"
    manager.reply(here.invite, 200, manager.sdp())
    assert status(caller.final(dialog)) == 200
    caller.hang_up(dialog)
    crm.wait(lambda: bool(crm.told("telephony/calls/upload")))
    (kept,) = crm.told("telephony/calls/upload")[0]["calls"]
    assert kept["code"] == "101" and kept["externalId"] == card["callExternalId"]


@rule("R-16.5", "R-18.5")
@pytest.mark.parametrize("mood", [{"delay_s": 20.0}, {"status": 500}])
def test_a_crm_that_is_slow_or_fails_keeps_no_call_longer_than_two_seconds(
    api: Api, crm: Crm, caller: Phone, phone_of: Callable[..., Phone], mood: dict[str, Any]
) -> None:
    crm.mood(**mood)
    try:
        other = phone_of(105)
        began_s = time.monotonic()
        dialog = caller.begin("74951234567")
        here = other.called()
        other.reply(here.invite, 180)
        assert time.monotonic() - began_s < 15.0 and "Ivan" not in field(here.invite, "From")
        caller.cancel(dialog)
        other.wait(lambda m: m.startswith("CANCEL"))
    finally:
        crm.mood()


@rule("R-16.1")
def test_a_missed_call_becomes_a_task_also_after_the_crm_was_away(
    api: Api, crm: Crm, caller: Phone, phone_of: Callable[..., Phone]
) -> None:
    crm.mood()
    before = len(crm.told("tasks/create"))
    manager = phone_of(101)
    dialog = caller.begin("74951234567")
    manager.reply(manager.called().invite, 180)
    crm.mood(status=503)
    caller.cancel(dialog)
    manager.wait(lambda m: m.startswith("CANCEL"))
    time.sleep(1.0)  # it is told of the call meanwhile, and fails
    crm.mood()
    crm.wait(lambda: len(crm.told("tasks/create")) > before)
    assert crm.told("tasks/create")[-1]["task"]["phone"] == "79161234567"


@rule("R-16.1", "R-16.5")
def test_an_http_request_to_a_generic_crm_puts_the_name_on_the_display(
    api: Api, crm: Crm, caller: Phone, phone_of: Callable[..., Phone]
) -> None:
    other = phone_of(104)
    dialog = caller.begin("78121234567")
    here = other.called()
    assert "Ivan Petrov" in field(here.invite, "From")
    other.reply(here.invite, 180)
    caller.cancel(dialog)
    other.wait(lambda m: m.startswith("CANCEL"))


def test_keys_stand_in_no_log_and_no_answer_of_the_api(api: Api, crm: Crm) -> None:
    assert KEY not in api.ask("GET", "/api/status", "calls:read").text
    assert KEY not in api.ask("GET", "/api/versions/live/document", "versions:read").text
    with api.events() as stream:
        assert KEY not in str(read(stream, "hello"))
