"""A number is bought from the partner operator's stand-in, a process of its own; a call comes in on it and a phone rings."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from engine.account.refusals import AccountRefused
from engine.loading.load import load
from live_bridge.hosting import attaching, billing, numbers, pbx_folder
from live_bridge.hosting.attaching import Attacher
from live_bridge.hosting.numbers import BoughtNumber, Offer
from live_bridge.hosting.partner import PartnerAway, PartnerOperator, PartnerRefused
from live_bridge.sandbox.operator import operator_app
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.test_bridges import House
from tests.live_bridge.service.test_end_to_end import PBX, environment, wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[str]:
    """Address of a running stand-in."""
    port = free_port()
    with (tmp_path / "operator.log").open("wb") as log:
        process = subprocess.Popen(
            [*PBX, "sandbox", "operator", "--port", str(port), "--shop", "demo"],
            stdout=log, stderr=log, env={**environment(), "OPERATOR_KEY": "key"},
        )  # fmt: skip
    base = f"http://127.0.0.1:{port}"

    def there() -> bool:
        assert process.poll() is None, (tmp_path / "operator.log").read_text()
        try:
            return httpx.get(base, trust_env=False, verify=False).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_until(there, 60)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def told_once(folder: Path) -> Path:
    """The document an account begins with, but for its greeting, which asks for nothing: who presses nothing hears one that
    asks three times (R-05.6), and the phone rings half a minute later."""
    text = pbx_folder.TEMPLATES["ru"].read_text(encoding="utf-8")
    asks = "    dial_extension: true\n    no_input: 5300\n    invalid: 5300\n"
    assert asks in text
    (folder / "template.yaml").write_text(text.replace(asks, "    next: 5300\n"), encoding="utf-8")
    return folder / "template.yaml"


@rule("R-03.1", "R-03.2", "R-03.4", "R-03.5", "R-15.4")
def test_a_call_comes_in_on_a_bought_number_and_a_phone_rings(operator: str, tmp_path: Path) -> None:
    setup = {"account": "demo", "url": f"{operator}/platform_api", "sip_host": "127.0.0.1", "sip_port": 5061}
    house = House(tmp_path, template=told_once(tmp_path), operator=setup)
    partner = PartnerOperator(f"{operator}/platform_api", "demo", "key", "pbx")
    attacher = Attacher(house.database, house.config, partner)
    phone = None
    try:
        id = house.open("first")
        house.keeper.look()
        assert {one.name for one in partner.regions()} == {"Москва", "Санкт-Петербург"}
        offer = partner.offers("москва")[0]
        assert (offer.number[:4], offer.fee) == ("7495", Decimal("200.00"))
        with house.database.writing() as connection, pytest.raises(AccountRefused):
            numbers.buy(connection, id, offer, house.now)
        found = people.invoice(house.database, id, people.payer(house.database, id), "300.00", balance="numbers")
        with house.database.writing() as connection:
            billing.receive(connection, _receipt(house), found.id)
            numbers.buy(connection, id, offer, house.now)
        before = partner.balance()
        wait_until(lambda: house.answers(0), 60)
        assert attacher.look(house.now) == 1 and attacher.look(house.now) == 0
        assert before - partner.balance() == offer.fee
        assert offer.number not in [one.number for one in partner.offers("москва")]

        with house.database.reading() as connection:
            bridge = attaching.bridge_of(connection, id)
        made = attaching.ask_bridge(bridge, "POST", "/api/users/100/password").json()["password"]
        phone = Phone("100", ("127.0.0.1", house.place("first", 0).sip_port))
        assert status(phone.register(made)) == 200
        called = httpx.post(f"{operator}/call/{offer.number}", data={"caller": "79161234567"}, trust_env=False)
        assert called.status_code == 303
        phone.called(60)
        assert "79161234567" in "".join(phone.heard("INVITE"))
        calls = f"{operator}/calls"
        wait_until(lambda: httpx.get(calls, trust_env=False, verify=False).json()[0]["state"] == "up", 20)
        phone.wait(lambda message: message.startswith("ACK "), 20)  # a greeting answers the call before the phone does
        httpx.post(f"{operator}/hang-up", trust_env=False)
        phone.wait(lambda message: message.startswith("BYE "), 20)
    finally:
        if phone is not None:
            phone.close()
        partner.close()
        house.close()


def _receipt(house: House) -> billing.Receipt:
    return billing.Receipt(system="robokassa", provider_id="1", amount=Decimal("300.00"), at=house.now)


def served(key: str = "key", balance: str = "10000.00") -> PartnerOperator:
    """An adapter that asks a stand-in without a port."""
    made = PartnerOperator("http://testserver/platform_api", "demo", key, "pbx")
    made._client = TestClient(operator_app("demo", "key", Decimal(balance)), follow_redirects=True)
    return made


@rule("R-03.1", "R-03.8")
def test_operator_says_what_is_wrong_and_has_a_number_back() -> None:
    with pytest.raises(PartnerRefused, match="Authorization"):
        served(key="wrong").regions()
    with pytest.raises(PartnerRefused, match="Insufficient"):
        served(balance="100.00").attach("74951230000", "Москва")
    one = served()
    with pytest.raises(PartnerRefused, match="not available"):
        one.attach("74950000000", "Москва")
    with pytest.raises(PartnerRefused, match="no region"):
        one.attach("74951230000", "Тверь")
    one.attach("74951230000", "Москва")
    one.attach("74951230000", "Москва")
    assert one.balance() == Decimal("9800.00"), "bought once"
    one.release("74951230000")
    one.release("74951230000")
    assert "74951230000" in [offer.number for offer in one.offers("Москва")]
    away = PartnerOperator("http://127.0.0.1:1/platform_api", "demo", "key", "pbx")
    with pytest.raises(PartnerAway, match="try again"):
        away.offers()


@rule("R-03.4", "R-03.5")
def test_a_number_that_the_operator_does_not_give_costs_nothing(tmp_path: Path) -> None:
    setup = {"account": "demo", "sip_host": "127.0.0.1"}
    house = House(tmp_path, operator=setup)
    id = house.open("first")
    found = people.invoice(house.database, id, people.payer(house.database, id), "300.00", balance="numbers")
    with house.database.writing() as connection:
        billing.receive(connection, _receipt(house), found.id)
        numbers.buy(connection, id, Offer(number="74950000000", city="Москва", fee=Decimal(200)), house.now)
    attacher = Attacher(house.database, house.config, served())
    assert attacher.look(house.now) == 1 and attacher.look(house.now) == 0
    with house.database.reading() as connection:
        assert billing.number_balance(connection, id) == Decimal("300.00")
        assert numbers.held_by(connection, id) == []
    house.close()


@rule("R-03.4", "R-14.9")
def test_trunk_of_a_bought_number_leads_to_the_greeting_and_changes_nothing_else() -> None:
    one = BoughtNumber(
        id=1, account=1, number="74951230001", city="Москва", trunk="bought74951230001", fee=Decimal(200), bought_at=0,
        paid_until=date(2026, 12, 31), lost_at=None,
    )  # fmt: skip
    text = pbx_folder.TEMPLATES["ru"].read_text(encoding="utf-8")
    after = attaching.with_trunk(text, one, "203.0.113.1", 5060)
    assert attaching.with_trunk(after, one, "203.0.113.1", 5060) == after
    flow = load(after, "pbx.yaml")
    assert flow.head.trunks["bought74951230001"].to == "5000"
    gone = {line for line in text.splitlines() if line.strip()} - set(after.splitlines())
    assert gone == {"trunks: {}"}, "comments and order stay"
    two = BoughtNumber(**{name: getattr(one, name) for name in one.__struct_fields__} | {"trunk": "second"})
    assert load(attaching.with_trunk(after, two, "203.0.113.1", 5060), "pbx.yaml").head.trunks.keys() == {
        "bought74951230001",
        "second",
    }
