"""Operators known by name: their servers found as RFC 3263 says, tried in order, and the next one when one is not there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from engine.contract import notes as note
from engine.contract.causes import Cause
from live_bridge.sip.loop import the_loop
from live_bridge.sip.settings import CarrierAddress, TrunkPeers
from live_bridge.sip.transport.dns import Resolver, ServerRecord, Target, by_weight
from tests.harness import rule
from tests.live_bridge.live import WAIT_S, Live, password
from tests.live_bridge.sip.name_server import NameServer
from tests.live_bridge.sip.phone import Phone, field, status
from tests.ports import free_port

NAME = "sip.operator.test"

MakePhone = Callable[..., Phone]
StartLive = Callable[..., Live]


@pytest.fixture
def zone() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def names(zone: NameServer, clock: list[float]) -> Iterator[Resolver]:
    found = Resolver(the_loop().post, transports=("udp", "tcp", "tls"), servers=(zone.address,), now_s=lambda: clock[0])
    yield found
    the_loop().call(found.close)


def ask(names: Resolver, host: str, port: int | None = None, transport: str | None = None) -> tuple[Target, ...]:
    told: list[tuple[Target, ...]] = []
    news = threading.Event()

    def found(targets: tuple[Target, ...]) -> None:
        told.append(targets)
        news.set()

    the_loop().call(names.find, host, port, transport, found)
    assert news.wait(WAIT_S), "no answer"
    return told[0]


def test_address_needs_no_name_server(names: Resolver, zone: NameServer) -> None:
    assert ask(names, "192.0.2.7") == (Target("192.0.2.7", 5060, "udp"),)
    assert ask(names, "[2001:db8::7]", None, "tls") == (Target("2001:db8::7", 5061, "tls"),)
    assert zone.asked == []


def test_naptr_names_the_transport_and_srv_the_servers_in_their_order(names: Resolver, zone: NameServer) -> None:
    """RFC 3263 section 4.1: what we cannot speak is left out, the rest by order and preference, then by priority."""
    zone.records = {
        (NAME, "NAPTR"): [
            f'20 50 "s" "SIP+D2U" "" _sip._udp.{NAME}.',
            f'10 50 "s" "SIPS+D2T" "" _sips._tcp.{NAME}.',
            '5 50 "s" "SIP+D2S" "" _sip._sctp.operator.test.',
        ],
        (f"_sips._tcp.{NAME}", "SRV"): ["20 0 5071 second.operator.test.", "10 0 5061 first.operator.test."],
        (f"_sip._udp.{NAME}", "SRV"): ["10 0 5060 first.operator.test."],
        ("first.operator.test", "A"): ["192.0.2.1"],
        ("first.operator.test", "AAAA"): ["2001:db8::1"],
        ("second.operator.test", "A"): ["192.0.2.2"],
    }
    assert ask(names, NAME) == (
        Target("192.0.2.1", 5061, "tls"), Target("2001:db8::1", 5061, "tls"), Target("192.0.2.2", 5071, "tls"),
        Target("192.0.2.1", 5060, "udp"), Target("2001:db8::1", 5060, "udp"),
    )  # fmt: skip
    assert ("_sip._sctp.operator.test", "SRV") not in zone.asked


def test_transport_given_asks_for_no_naptr_and_port_given_for_no_srv(names: Resolver, zone: NameServer) -> None:
    """RFC 3263 sections 4.1 and 4.2."""
    zone.records = {
        (f"_sip._tcp.{NAME}", "SRV"): ["1 1 5080 first.operator.test."],
        (NAME, "A"): ["192.0.2.9"],
        ("first.operator.test", "A"): ["192.0.2.1"],
    }
    assert ask(names, NAME, None, "tcp") == (Target("192.0.2.1", 5080, "tcp"),)
    assert ask(names, NAME, 5099) == (Target("192.0.2.9", 5099, "udp"),)
    assert not [kind for _, kind in zone.asked if kind == "NAPTR"]


def test_name_without_srv_is_its_own_server(names: Resolver, zone: NameServer) -> None:
    zone.records = {(NAME, "A"): ["192.0.2.9"]}
    assert ask(names, NAME) == (Target("192.0.2.9", 5060, "udp"),)
    assert ask(names, "nobody.operator.test") == ()


def test_weights_are_shares_of_the_first_tries() -> None:
    """RFC 2782: of one priority by lot in proportion to the weights, a weight of 0 with hardly any chance."""
    servers = [ServerRecord(0, 1, weight, (Target(f"192.0.2.{weight}", 5060, "udp"),)) for weight in (0, 10, 30)]
    firsts = [by_weight(servers, lambda lot=lot: lot / 400)[0].weight for lot in range(1, 400)]  # type: ignore[misc]
    assert (firsts.count(10), firsts.count(30)) == (100, 299)
    assert sorted(server.weight for server in by_weight(servers)) == [0, 10, 30]


def test_answer_is_kept_for_its_time_and_no_longer(names: Resolver, zone: NameServer, clock: list[float]) -> None:
    zone.records = {(NAME, "A"): ["192.0.2.1"]}
    zone.ttl_s = 60
    assert ask(names, NAME)[0].host == "192.0.2.1"
    asked = len(zone.asked)
    zone.records = {(NAME, "A"): ["192.0.2.2"]}
    clock[0] += 59
    assert ask(names, NAME)[0].host == "192.0.2.1" and len(zone.asked) == asked
    clock[0] += 2
    assert ask(names, NAME)[0].host == "192.0.2.2"


def test_name_server_that_is_gone_leaves_the_last_answer_and_blocks_nobody(
    names: Resolver, zone: NameServer, clock: list[float]
) -> None:
    """RFC 8767; the loop goes on while a look-up waits."""
    zone.records = {(NAME, "A"): ["192.0.2.1"]}
    zone.ttl_s = 60
    ask(names, NAME)
    zone.silent = True
    clock[0] += 61
    told: list[tuple[Target, ...]] = []
    news = threading.Event()

    def found(targets: tuple[Target, ...]) -> None:
        told.append(targets)
        news.set()

    the_loop().call(names.find, NAME, None, None, found)
    assert the_loop().call(lambda: not told), "the loop answers while the name server is waited for"
    assert news.wait(WAIT_S) and told == [(Target("192.0.2.1", 5060, "udp"),)]


def test_server_that_failed_is_tried_last_until_it_answers(
    names: Resolver, zone: NameServer, clock: list[float]
) -> None:
    zone.records = {
        (f"_sip._udp.{NAME}", "SRV"): ["1 0 5060 first.operator.test.", "2 0 5060 second.operator.test."],
        ("first.operator.test", "A"): ["192.0.2.1"],
        ("second.operator.test", "A"): ["192.0.2.2"],
    }
    first, second = ask(names, NAME)
    the_loop().call(names.told, first, False)
    assert ask(names, NAME) == (second, first)
    the_loop().call(names.told, first, True)
    assert ask(names, NAME) == (first, second)
    the_loop().call(names.told, first, False)
    clock[0] += 61
    assert ask(names, NAME) == (first, second)


# --- calls and registrations -----------------------------------------------------------------------------------------


def two_servers(zone: NameServer, first: int, second: int) -> dict[str, TrunkPeers]:
    zone.records = {
        (f"_sip._udp.{NAME}", "SRV"): [f"1 0 {first} host.operator.test.", f"2 0 {second} host.operator.test."],
        ("host.operator.test", "A"): ["127.0.0.1"],
        (NAME, "A"): ["127.0.0.1"],
    }
    return {"moscow": TrunkPeers(number="74951234567", host=NAME, peers=(CarrierAddress(host=NAME, port=second),))}


@rule("R-04.10")
def test_call_goes_to_the_next_server_when_the_first_says_503(
    zone: NameServer, phones: MakePhone, start_live: StartLive
) -> None:
    """RFC 3263 section 4.3; the next call does not ask the one that refused first."""
    ports = free_port(), free_port()
    live = start_live(trunks=two_servers(zone, *ports), dns=(zone.address,))
    first, second = phones("first", live, port=ports[0]), phones("second", live, port=ports[1])
    first.on_invite = [(0.0, 503)]
    caller = phones("104", live)
    for _ in range(2):
        dialog, answer = caller.call("89161234567", password=password(104))
        assert status(answer) == 200
        caller.hang_up(dialog)
    assert len(first.heard("INVITE")) == 1
    assert second.called().invite.startswith(f"INVITE sip:89161234567@{NAME} "), "the name, not the address"
    live.wait_idle()


def test_call_goes_to_the_next_server_when_the_first_is_silent(
    zone: NameServer, phones: MakePhone, start_live: StartLive
) -> None:
    live = start_live(trunks=two_servers(zone, free_port(), second := free_port()), dns=(zone.address,))
    operator = phones("operator", live, port=second)
    caller = phones("104", live)
    dialog, answer = caller.call("89161234567", password=password(104))
    assert status(answer) == 200
    live.wait_note(note.CallAnswered, number="89161234567")
    caller.hang_up(dialog)
    operator.wait(lambda m: m.startswith("BYE"))
    live.wait_idle()


def test_name_that_leads_nowhere_ends_the_call_with_its_cause(
    zone: NameServer, phones: MakePhone, start_live: StartLive
) -> None:
    live = start_live(
        trunks={"moscow": TrunkPeers(number="74951234567", host="nowhere.operator.test")}, dns=(zone.address,)
    )
    _, answer = phones("104", live).call("89161234567", password=password(104))
    assert status(answer) == 503
    assert live.wait_note(note.CallEnded).cause is Cause.REQUESTED_CHAN_UNAVAIL
    live.wait_idle()


def test_caller_who_hangs_up_while_the_name_is_looked_up_leaves_nothing_behind(
    zone: NameServer, phones: MakePhone, start_live: StartLive
) -> None:
    zone.silent = True
    live = start_live(trunks=two_servers(zone, free_port(), free_port()), dns=(zone.address,))
    zone.silent = True
    caller = phones("104", live)
    threading.Thread(target=caller.call, args=("89161234567",), kwargs={"password": password(104)}, daemon=True).start()
    live.wait_note(note.LegStarted)
    caller.cancel(next(d for d in caller.dialogs.values()))
    live.wait_note(note.CallEnded)
    live.wait_idle()


def test_call_from_the_address_of_an_operators_name_is_the_operators(
    zone: NameServer, phones: MakePhone, start_live: StartLive
) -> None:
    live = start_live(trunks=two_servers(zone, free_port(), second := free_port()), dns=(zone.address,))
    live.wait_inside(lambda controller: controller.endpoint.operators.of(("127.0.0.1", second)) == ["moscow"])
    operator = phones("84955551000", live, port=second)
    dialog, answer = operator.call("74951234567")
    assert status(answer) == 200
    operator.hang_up(dialog)


@rule("R-04.10")
def test_registration_goes_to_the_next_server_of_the_name(
    zone: NameServer, phones: MakePhone, start_live: StartLive
) -> None:
    ports = free_port(), free_port()
    trunks = two_servers(zone, *ports)
    operator = Phone("operator", ("127.0.0.1", 9), port=ports[1])
    try:
        live = start_live(
            trunks={"moscow": TrunkPeers(number=trunks["moscow"].number, host=NAME, login="acct", register=True)},
            dns=(zone.address,),
        )
        asked = operator.wait(lambda m: m.startswith("REGISTER"))
        assert asked.startswith(f"REGISTER sip:{NAME} ") and field(asked, "To").startswith(f"<sip:acct@{NAME}>")
        live.wait_note(note.TrunkChanged, state="registered")
        live.driver.stop()
        operator.wait(lambda m: m.startswith("REGISTER") and field(m, "Expires") == "0")
    finally:
        operator.close()


@rule("R-04.10")
def test_operator_that_falls_silent_is_unregistered_and_comes_back_by_itself(
    phones: MakePhone, start_live: StartLive
) -> None:
    port = free_port()
    live = start_live(trunks={"moscow": TrunkPeers(number="74951234567", host="127.0.0.1", port=port)}, qualify_s=0.3)
    operator = Phone("operator", live.address, port=port)
    try:
        operator.wait(lambda m: m.startswith("OPTIONS sip:127.0.0.1"))
        first = field(operator.heard("OPTIONS")[0], "Call-ID")
        operator.wait(lambda m: m.startswith("OPTIONS") and field(m, "Call-ID") != first)
    finally:
        operator.close()
    live.wait_note(note.TrunkChanged, state="unregistered")
    _, answer = phones("104", live).call("89161234567", password=password(104))
    assert status(answer) == 503
    assert live.wait_note(note.CallEnded).cause is Cause.REQUESTED_CHAN_UNAVAIL
    phones("operator", live, port=port)
    live.wait_note(note.TrunkChanged, state="registered")


def test_operator_that_knows_no_options_stays(start_live: StartLive) -> None:
    live = start_live(
        trunks={"moscow": TrunkPeers(number="74951234567", host="127.0.0.1", port=free_port())}, qualify_s=0.2
    )

    def asked_in_vain(controller: object) -> bool:
        presence = controller.endpoint.operators._presences["moscow"]  # type: ignore[attr-defined]
        return bool(presence._round > 8 and presence.there)

    live.wait_inside(asked_in_vain)
    assert not [n for n in live.notes if isinstance(n, note.TrunkChanged)]
