"""One public address for many PBXs: two domains behind a real Kamailio on loopback, over every transport (issue I).

Telephones and operators have addresses of loopback of their own, so that it shows whom a bridge believes a message came from.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.calls.call_controller import CallController
from live_bridge.hosting.front import DomainPlace
from live_bridge.media.session import Media
from live_bridge.sip.registrar.bindings import Binding
from live_bridge.sip.settings import CarrierAddress, TrunkPeers
from tests.live_bridge import live as lives
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.hosting.front_phone import FrontPhone
from tests.live_bridge.hosting.kamailio import Kamailio
from tests.live_bridge.live import Live, password
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, status
from tests.ports import free_port

pytestmark = pytest.mark.debian

DOMAINS = ("first.onpbx.ru", "second.onpbx.ru")
OPERATOR_HOST = "127.0.0.9"
WAYS = ("udp", "tcp", "tls", "wss")

MakePhone = Callable[..., FrontPhone]


class Town:
    """Kamailio and the bridges behind it."""

    def __init__(self, kamailio: Kamailio, bridges: dict[str, Live]) -> None:
        self.kamailio = kamailio
        self.bridges = bridges


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate, live_media: Media, example_path: Path
) -> Iterator[Town]:
    """Two domains."""
    kamailio = Kamailio(tmp_path_factory.mktemp("front"), certificate)
    peers = (CarrierAddress(host=OPERATOR_HOST),)
    front = (CarrierAddress(host=kamailio.inner[0], port=kamailio.inner[1]),)
    bridges: dict[str, Live] = {}
    try:
        for domain in DOMAINS:
            trunks = {"moscow": TrunkPeers(number="74951234567", peers=peers, host=OPERATOR_HOST, port=5060)}
            settings = lives.settings(
                free_port(), trunk_port=1, domain=domain, front=front, trunks=trunks, qualify_s=0, failures_to_ban=3
            )
            bridges[domain] = lives.start(lives.example_engine(example_path), settings, live_media)
        kamailio.start()
        kamailio.lead(
            [
                DomainPlace(number=number, domain=domain, address=f"127.0.0.1:{live.port}")
                for number, (domain, live) in enumerate(bridges.items(), 1)
            ]
        )
        yield Town(kamailio, bridges)
    finally:
        kamailio.close()
        for live in bridges.values():
            live.driver.stop()


@pytest.fixture
def phones(town: Town) -> Iterator[MakePhone]:
    """Make telephones that are put away after the test."""
    made: list[FrontPhone] = []

    def make(
        name: str, *, domain: str = DOMAINS[0], way: str = "udp", host: str = "127.0.0.2", **more: object
    ) -> FrontPhone:
        server = ("127.0.0.1", town.kamailio.ports[way])
        phone = FrontPhone(name, server, domain=domain, way=way, host=host, chain=town.kamailio.chain, **more)  # type: ignore[arg-type]
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.close()
    for live in town.bridges.values():
        live.wait_idle()
        live.forget()
        live.driver.ask_inside(lambda c: [c.endpoint.registrar.bindings.remove_all(user) for user in range(100, 107)])


def binding_of(live: Live, user: int) -> Binding | None:
    """Where a user's telephone is registered."""
    found = live.driver.ask_inside(lambda c: c.endpoint.registrar.bindings.of(user, time.monotonic()))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("way", "domain"), [*((way, DOMAINS[0]) for way in WAYS), ("udp", DOMAINS[1]), ("wss", DOMAINS[1])]
)
def test_a_telephone_registers_calls_and_hangs_up(town: Town, phones: MakePhone, way: str, domain: str) -> None:
    live = town.bridges[domain]
    callee = phones("103", domain=domain, host="127.0.0.3")
    assert status(callee.register(password(103))) == 200
    caller = phones("104", domain=domain, way=way, host="127.0.0.4")
    assert status(caller.register(password(104))) == 200
    bound = binding_of(live, 104)
    assert bound is not None and bound.front == town.kamailio.inner
    assert (bound.host, bound.port, bound.transport) == ("127.0.0.4", caller.port, way), "as it really came"
    dialog, answer = caller.call("103", password=password(104))
    assert status(answer) == 200 and live.wait_note(note.CallStarted).caller == "104"
    rung = callee.called()
    told = (*caller.messages, *callee.messages)
    assert not any("x-pbx" in message.lower() for message in told), (
        "what it says stays between the front and its bridges"
    )
    assert status(caller.request(dialog, "INVITE", caller.sdp(version=2))) == 200, "a re-INVITE of the caller"
    assert status(callee.request(rung, "INVITE", callee.sdp(version=2))) == 200, "and one of who was called"
    if domain == DOMAINS[0]:
        assert status(caller.hang_up(dialog)) == 200
        callee.wait(lambda m: m.startswith("BYE"))
    else:
        assert status(callee.hang_up(rung)) == 200
        caller.wait(lambda m: m.startswith("BYE"))


@pytest.mark.parametrize("way", WAYS)
def test_a_telephone_is_rung_over_the_connection_it_registered_by(town: Town, phones: MakePhone, way: str) -> None:
    callee = phones("103", way=way, host="127.0.0.3")
    if way == "wss":
        callee.on_invite = [(0.0, 180), (0.05, 486)]  # no browser: it has no encrypted sound
    assert status(callee.register(password(103))) == 200
    caller = phones("104", host="127.0.0.4")
    dialog = caller.begin("103", caller="104")
    asked = caller.final(dialog)
    dialog.cseq += 1
    proof = digest(field(asked, "WWW-Authenticate"), "104", password(104), "INVITE", dialog.target)
    dialog.invite = caller.build("INVITE", dialog.target, dialog, caller.sdp(), f"Authorization: {proof}")
    caller.send(dialog.invite)
    rung = callee.called()
    invite = callee.heard("INVITE")[0]
    assert invite.split()[1] == callee.contact.strip("<>"), "the Request-URI is the contact it registered"
    assert "Route" not in re.findall(r"^Route", invite, re.MULTILINE), "the Path was passed"
    if way == "wss":
        callee.wait(lambda m: m.startswith("ACK"))
        if status(caller.final(dialog)) == 200:  # a mailbox
            caller.hang_up(dialog)
        return
    assert status(caller.final(dialog)) == 200
    assert status(caller.request(dialog, "INVITE", caller.sdp(version=2))) == 200
    assert status(callee.request(rung, "INVITE", callee.sdp(version=2))) == 200
    assert status(callee.hang_up(rung)) == 200
    caller.wait(lambda m: m.startswith("BYE"))


def test_an_operator_calls_in_by_its_own_address_and_nobody_else_as_the_operator(town: Town, phones: MakePhone) -> None:
    live = town.bridges[DOMAINS[0]]
    operator = phones("84955551000", host=OPERATOR_HOST)
    dialog, answer = operator.call("74951234567")
    assert status(answer) == 200
    assert live.wait_note(note.CallStarted).trunk == "moscow"
    assert status(operator.hang_up(dialog)) == 200
    stranger = phones("84955551000", host="127.0.0.66")
    forged = f"X-PBX-Source: udp {OPERATOR_HOST} 5060"
    assert status(stranger.call("74951234567", extra=forged)[1]) == 403


def test_a_domain_that_is_not_here_is_refused_and_a_flood_is_not_answered(phones: MakePhone) -> None:
    stranger = phones("104", domain="nobody.onpbx.ru", host="127.0.0.61")
    assert status(stranger.register("x")) == 404
    for number in range(100):
        stranger.begin(str(number), caller="104")
    wait_until(lambda: len(stranger.heard("SIP/2.0 404")) > 10, 20)
    time.sleep(1.0)  # more would have come meanwhile
    assert len(stranger.heard("SIP/2.0 404")) < 60
    assert status(phones("104", host="127.0.0.61").register(password(104))) == 200, "domains that are here go on"


def test_one_attackers_lock_out_locks_nobody_else_behind_the_front(town: Town, phones: MakePhone) -> None:
    """What it forges counts nothing: neither through the front nor at the bridge itself."""
    live = town.bridges[DOMAINS[0]]
    good = phones("103", host="127.0.0.3")
    assert status(good.register(password(103))) == 200
    forged = "X-PBX-Source: tcp 127.0.0.3 5060\r\nx-pbx-SOURCE:\r\n udp 127.0.0.3 5060\r\n"
    bad = phones("103", host="127.0.0.67", way="tcp")
    for _ in range(3):
        challenge = bad._register_once(None, None, None, forged)
        proof = digest(field(challenge, "WWW-Authenticate"), "103", "wrong", "REGISTER", f"sip:{DOMAINS[0]}")
        assert status(bad._register_once(None, None, None, f"Authorization: {proof}\r\n{forged}")) == 403
    assert list(live.driver.ask_inside(lambda c: c.endpoint.doorkeeper.banned())) == ["127.0.0.67"]
    assert status(good.register(password(103))) == 200
    other = phones("104", host="127.0.0.4", way="tcp")
    assert status(other.register(password(104))) == 200
    with pytest.raises(AssertionError, match="did not hear"):
        phones("104", host="127.0.0.67")._register_once(None, None, None, "", timeout_s=0.5)

    direct = Phone("104", live.address, host="127.0.0.68", domain=DOMAINS[0])
    try:
        direct.contact = f"<sip:104@{direct.host}:{direct.port}>"
        challenge = direct._register_once(None, None, None, forged)
        proof = digest(field(challenge, "WWW-Authenticate"), "104", password(104), "REGISTER", f"sip:{DOMAINS[0]}")
        assert status(direct._register_once(None, None, None, f"Authorization: {proof}\r\n{forged}")) == 200
        found = live.driver.ask_inside(lambda c: c.endpoint.registrar.bindings.of(104, time.monotonic()))
        assert "127.0.0.68" in [one.host for one in found] and found[-1].path == ()
    finally:
        direct.close()
        live.driver.ask_inside(lambda c: c.endpoint.doorkeeper.pardon("127.0.0.67"))


def test_the_front_relays_for_nobody_to_anywhere(town: Town, phones: MakePhone) -> None:
    """Neither by a Route of one's own, nor by the parameters that it writes for its bridges."""
    inner = f"{town.kamailio.inner[0]}:{town.kamailio.inner[1]}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.70", 0))
        victim.settimeout(1.0)
        port = victim.getsockname()[1]
        stranger = phones("104", host="127.0.0.62")
        flow = f"<sip:{inner};lr;f=s1*udp*127.0.0.70*{port};d={DOMAINS[0]}>"
        for extra in (f"Route: <sip:127.0.0.70:{port};lr>", f"Route: {flow}, <sip:127.0.0.70:{port};lr>"):
            for uri in (f"sip:103@{DOMAINS[0]}", f"sip:103@127.0.0.70:{port}"):
                stranger.begin("103", caller="104", extra=extra, uri=uri)
                dialog = stranger.begin("103", caller="104", extra=extra, uri=uri)
                dialog.theirs += ";tag=x"
                stranger.send(stranger.build("BYE", uri, dialog, "", extra))
                stranger.send(stranger.build("BYE", uri, dialog, "", extra), town.kamailio.inner)
        with pytest.raises(TimeoutError):
            victim.recv(2000)


@pytest.mark.parametrize("way", ["tcp", "wss"])
def test_a_registration_goes_with_its_connection(town: Town, phones: MakePhone, way: str) -> None:
    live = town.bridges[DOMAINS[0]]
    phone = phones("103", way=way, host="127.0.0.3")
    assert status(phone.register(password(103))) == 200 and binding_of(live, 103) is not None
    phone.socket.close()
    live.wait_event(ev.DeviceUnregistered)
    assert binding_of(live, 103) is None


def test_a_connection_that_the_front_lost_unheard_is_found_by_asking(town: Town, phones: MakePhone) -> None:
    live = town.bridges[DOMAINS[0]]
    phone = phones("103", way="tcp", host="127.0.0.3")
    assert status(phone.register(password(103))) == 200
    bound = binding_of(live, 103)
    assert bound is not None
    gone = msgspec.structs.replace(
        bound, path=(bound.path[0].replace(f"*{phone.port}", "*9"),), port=9, cseq=bound.cseq + 1
    )
    live.driver.ask_inside(lambda c: c.endpoint.registrar.bindings.bind(gone, time.monotonic()))
    live.driver.ask_inside(lambda c: c.endpoint.qualifier._ask(gone))
    live.wait_event(ev.DeviceUnregistered)


def test_a_call_follows_a_page_that_comes_back(town: Town, phones: MakePhone) -> None:
    live = town.bridges[DOMAINS[0]]
    first = phones("103", way="wss", host="127.0.0.3")
    assert status(first.register(password(103))) == 200
    assert status(first.call("5001", password=password(103))[1]) == 200
    call = live.wait_note(note.CallStarted).call
    second = phones("103", way="wss", host="127.0.0.5")
    assert status(second.register(password(103))) == 200
    first.socket.close()

    def moved(controller: CallController) -> bool:
        return controller.executor.calls[call].leg.far == ("127.0.0.5", second.port)

    live.driver.ask_inside(lambda c: setattr(c.endpoint.connections, "grace_s", 0.5))
    live.wait_inside(moved)
    live.driver.submit(ev.HangupRequested(call=call))
    second.wait(lambda m: m.startswith("BYE"))


def test_a_page_from_elsewhere_is_refused(phones: MakePhone) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        phones("103", way="wss", origin="https://elsewhere.example.org")
    assert status(phones("103", way="wss", origin=None).register(password(103))) == 200, "a program has no page"


def test_a_lamp_behind_the_front_is_told(phones: MakePhone) -> None:
    watcher, watched = phones("103", way="tcp", host="127.0.0.3"), phones("104", host="127.0.0.4")
    uri = f"sip:104@{DOMAINS[0]}"
    dialog = Dialog("lamp-1", f"<sip:103@{DOMAINS[0]}>;tag=w1", f"<{uri}>", uri, watcher.server, 1)
    watcher.send(watcher.build("SUBSCRIBE", uri, dialog, "", "Event: presence\r\nExpires: 300"))
    asked = watcher.wait(lambda m: status(m) == 401)
    proof = digest(field(asked, "WWW-Authenticate"), "103", password(103), "SUBSCRIBE", uri)
    dialog.cseq = 2
    more = f"Event: presence\r\nExpires: 300\r\nAuthorization: {proof}"
    watcher.send(watcher.build("SUBSCRIBE", uri, dialog, "", more))
    watcher.wait(lambda m: m.startswith("NOTIFY"))
    assert status(watched.register(password(104))) == 200
    watcher.wait(lambda m: m.startswith("NOTIFY") and ">ready<" in m)
