"""A call whose way a CRM decides: in preview and simulation by its answer, on real SIP by `pbx sandbox crm` (R-16.5, R-18.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from live_bridge.config_sections import RetailCrmConfig, WebConfig
from live_bridge.integrations.asking import CrmAsker
from live_bridge.integrations.retailcrm import RetailCrm
from live_bridge.outbound.http_client import WebClient
from tests.harness import rule
from tests.live_bridge.integrations.crm_sandbox import KEY, Crm
from tests.live_bridge.live import Live
from tests.live_bridge.sip.phone import Phone
from tests.parity.test_parity import agree
from tests.parity.worlds import Play

PBX = """
pbx: example
zone: UTC
trunks: {spb: {number: "78121234567", to: 5700}}
elements:
  5700: {kind: contact_manager, name: Manager, crm_address: crm:sales, default: 105}
users: {101: {name: Anna}, 105: {name: Boris}}
outgoing: {default: spb}
"""
CUSTOMER = "89161234567"


@pytest.fixture(scope="module")
def crm() -> Iterator[Crm]:
    made = Crm()
    yield made
    made.close()


@rule("R-16.5", "R-18.2", "R-18.5", "R-25.1")
@pytest.mark.parametrize(
    ("mood", "says", "lands"),
    [
        ({}, (200, '{"user": "101", "name": "Иван Петров"}'), 101),
        ({"status": 500}, (200, '{"user": null, "name": ""}'), 105),
        ({"delay_s": 5.0}, (0, ""), 105),
    ],
)
def test_a_crm_that_knows_the_caller_fails_or_is_late_decides_alike_in_all_worlds(
    mood: dict[str, float],
    says: tuple[int, str],
    lands: int,
    crm: Crm,
    start_live: Callable[..., Live],
    phones: Callable[..., Phone],
) -> None:
    adapter = RetailCrm(RetailCrmConfig(kind="retailcrm", url=crm.url, key_name="crm_key"), KEY, ZoneInfo("UTC"))
    client = WebClient(WebConfig(), b"key of the test")
    crm.mood(**mood)  # type: ignore[arg-type]
    try:
        play = Play(pbx=PBX, caller=CUSTOMER, answers_s={101: 0.5, 105: 0.5}, web=says)
        told = agree(play, start_live, phones, ask=CrmAsker(client, {"sales": adapter}).ask)
    finally:
        client.close()
        crm.mood()
    assert any("CallAnswered" in line and f"('user', {lands})" in line for line in told)
    assert any("DecisionMade" in line and "R-18" in line for line in told)
