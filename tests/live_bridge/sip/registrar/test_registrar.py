"""Registration: who may, for how long, with how many devices, and what the engine hears of it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from live_bridge.sip import digest as proofs
from live_bridge.sip.digest import Account, Authenticator
from live_bridge.sip.registrar.bindings import Binding, Bindings, RegistrationRefused, device_key
from tests.live_bridge.live import DOMAIN, Live, password
from tests.live_bridge.sip.phone import Phone, digest, field, fields, status
from tests.ports import free_port

MakePhone = Callable[..., Phone]


def events(bridge: Live) -> list[ev.Event]:
    return [event for _, event in bridge.journal]


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_phone_registers_with_either_digest(algorithm: str, phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    answer = phone.register(password(101), algorithm=algorithm)
    assert status(answer) == 200
    assert f":{phone.port}" in field(answer, "Contact") and "expires=300" in field(answer, "Contact")
    assert isinstance(bridge.wait_event(ev.DeviceRegistered), ev.DeviceRegistered)


def test_challenges_come_strongest_first(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    answer = phone._register_once(None, None, None, "")
    assert [("SHA-256" in v, "MD5" in v) for v in fields(answer, "WWW-Authenticate")] == [(True, False), (False, True)]
    assert f'realm="{DOMAIN}"' in field(answer, "WWW-Authenticate")


def test_phone_that_gives_up_at_sha_256_is_offered_md5_alone_the_next_time(phones: MakePhone, bridge: Live) -> None:
    """baresip 1.0 is one; it goes on registering that way."""
    phone = phones("101", bridge)
    assert len(fields(phone._register_once(None, None, None, ""), "WWW-Authenticate")) == 2
    for _ in range(2):
        challenge = phone._register_once(None, None, None, "")
        assert ["MD5" in v for v in fields(challenge, "WWW-Authenticate")] == [True]
        proof = digest(field(challenge, "WWW-Authenticate"), "101", password(101), "REGISTER", "sip:127.0.0.1")
        assert status(phone._register_once(None, None, None, f"Authorization: {proof}\r\n")) == 200


@pytest.mark.parametrize("user", ["101", "999", "nobody", "we,ird", "5000", "000"])
def test_wrong_password_and_unknown_user_look_alike(user: str, phones: MakePhone, bridge: Live) -> None:
    phone = phones(user, bridge)
    assert status(phone.register("not the password")) == 403
    assert events(bridge) == []


def test_user_cannot_register_another_number(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    challenge = phone._register_once(None, "102", None, "")
    proof = digest(field(challenge, "WWW-Authenticate"), "101", password(101), "REGISTER", "sip:127.0.0.1")
    assert status(phone._register_once(None, "102", None, f"Authorization: {proof}\r\n")) == 403


def test_answer_to_a_challenge_works_once(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    challenge = phone._register_once(None, None, None, "")
    proof = digest(field(challenge, "WWW-Authenticate"), "101", password(101), "REGISTER", "sip:127.0.0.1")
    assert status(phone._register_once(None, None, None, f"Authorization: {proof}\r\n")) == 200
    again = phone._register_once(None, None, None, f"Authorization: {proof}\r\n")
    assert status(again) == 401 and "stale=true" in field(again, "WWW-Authenticate")


def test_refresh_is_no_news_and_unregistering_is(phones: MakePhone, bridge: Live) -> None:
    phone = phones("101", bridge)
    phone.register(password(101))
    phone.register(password(101))
    assert len(events(bridge)) == 1
    answer = phone.register(password(101), expires=0)
    assert status(answer) == 200 and not field(answer, "Contact")
    bridge.wait_event(ev.DeviceUnregistered)


def test_star_takes_every_device_out(phones: MakePhone, bridge: Live) -> None:
    one, two = phones("101", bridge), phones("101", bridge)
    one.register(password(101))
    assert len(fields(two.register(password(101)), "Contact")) == 2
    assert status(two.register(password(101), expires=0, contact="*")) == 200
    assert [type(e).__name__ for e in events(bridge)] == ["DeviceRegistered"] * 2 + ["DeviceUnregistered"] * 2


def test_sixth_device_is_refused(phones: MakePhone, bridge: Live) -> None:
    """R-06.10."""
    for _ in range(5):
        assert status(phones("101", bridge).register(password(101))) == 200
    assert status(phones("101", bridge).register(password(101))) == 403
    assert bridge.driver.sizes()["registrations"] == 5


def test_phone_that_registers_from_another_port_under_its_call_id_takes_its_own_place(
    phones: MakePhone, bridge: Live
) -> None:
    phone = phones("101", bridge)
    phone.register(password(101), contact=f"<sip:101@127.0.0.1:{free_port()}>")
    answer = phone.register(password(101))
    assert fields(answer, "Contact") == [f"<sip:101@127.0.0.1:{phone.port}>;expires=300"]
    assert [type(e).__name__ for e in events(bridge)] == ["DeviceRegistered", "DeviceUnregistered", "DeviceRegistered"]


def test_phone_that_restarts_on_other_ports_replaces_its_old_contacts(phones: MakePhone, bridge: Live) -> None:
    """Six restarts, each on a new port and with a new Call-ID: no dead contact is rung for long, and none counts against five."""
    for _ in range(6):
        phone = phones("101", bridge)
        assert status(phone.register(password(101))) == 200
        bridge.wait_inside(lambda board: len(board.endpoint.registrar.bindings.all()) == 1)
        phone.close()
    alive = phones("101", bridge)
    alive.register(password(101))
    bridge.wait_inside(lambda board: [b.port for b in board.endpoint.registrar.bindings.all()] == [alive.port])


def test_second_phone_of_the_same_make_on_the_same_host_stays(phones: MakePhone, bridge: Live) -> None:
    one, two = phones("101", bridge), phones("101", bridge)
    one.register(password(101))
    two.register(password(101))
    assert one.wait(lambda m: m.startswith("OPTIONS")), "it is asked whether it is still there"
    time.sleep(2.3)
    assert bridge.driver.sizes()["registrations"] == 2


def test_too_short_a_registration_gets_423_with_the_least(phones: MakePhone, bridge: Live) -> None:
    answer = phones("101", bridge).register(password(101), expires=30)
    assert (status(answer), field(answer, "Min-Expires")) == (423, "60")


def test_registration_that_runs_out_is_news(phones: MakePhone, bridge: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live_bridge.sip.registrar.registrar.EXPIRES_MOST_S", 1)
    phones("101", bridge).register(password(101))
    bridge.wait_event(ev.DeviceUnregistered)
    assert bridge.driver.sizes()["registrations"] == 0


def test_address_is_banned_after_ten_wrong_passwords(phones: MakePhone, bridge: Live) -> None:
    """R-15.9; a ban is for the address, whatever the port."""
    attacker = phones("101", bridge)
    for _ in range(9):
        assert status(attacker.register("guess")) == 403
    assert status(attacker.register(password(101))) == 200
    attacker.register("guess")
    attacker.send(attacker.build("OPTIONS", "sip:127.0.0.1", attacker.begin("100")))
    bridge.wait_inside(lambda board: list(board.endpoint.doorkeeper.banned()) == ["127.0.0.1"])
    count = len(attacker.messages)
    attacker._register_cseq += 1
    with pytest.raises(AssertionError, match="did not hear"):
        attacker.wait(lambda m: status(m) > 0, 0.5, start=count)
    bridge.driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.pardon("127.0.0.1"))
    assert status(attacker.register(password(101))) == 200


@pytest.mark.debian
def test_sipsak_registers(start_live: Callable[..., Live]) -> None:
    """An independent user agent. It takes only the first challenge, so MD5 has to stand first for phones as old."""
    bridge = start_live(algorithms=("MD5", "SHA-256"))
    done = subprocess.run(
        ["sipsak", "-U", "-s", f"sip:101@127.0.0.1:{bridge.port}", "-u", "101", "-a", password(101), "-x", "120",
         "-l", str(free_port()), "-C", f"sip:101@127.0.0.1:{free_port()}", "-vv"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


# --- without a socket -------------------------------------------------------------------------------------------------


def test_digest_of_rfc_7616_section_3_9_1() -> None:
    """The standard's own example, both algorithms."""
    given = {
        "username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html", "qop": "auth", "nc": "00000001",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    for algorithm, response in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        key = proofs.ha1(algorithm, "Mufasa", given["realm"], "Circle of Life")
        expected = proofs._response(algorithm, "GET", given)
        assert expected is not None and expected(key) == response


def test_an_account_may_have_a_password_for_each_of_its_phones() -> None:
    guard = Authenticator(DOMAIN, lambda: 1000.0)
    keys = [
        proofs.PhoneKeys(*(proofs.ha1(one, "101", DOMAIN, word) for one in ("SHA-256", "MD5")))
        for word in ("desk", "soft")
    ]
    account = Account(password="secret", phones=tuple(keys))

    def check(word: str, of: Account | None = account) -> str:
        proof = digest(guard.challenges()[1], "101", word, "REGISTER", "sip:x")
        return guard.check(proof, "REGISTER", lambda name: of).result

    assert [check(word) for word in ("secret", "desk", "soft", "other")] == ["good", "good", "good", "wrong"]
    assert check("desk", Account(phones=tuple(keys))) == "good" and check("desk", None) == "wrong"


def test_account_may_be_known_by_its_hashes_alone() -> None:
    key = proofs.ha1("SHA-256", "101", DOMAIN, "secret")
    guard = Authenticator(DOMAIN, lambda: 1000.0)
    challenge = guard.challenges()[0]
    proof = digest(challenge, "101", "secret", "REGISTER", "sip:x")
    assert guard.check(proof, "REGISTER", lambda name: Account(ha1_sha256=key)).result == "good"
    assert guard.check(digest(guard.challenges()[1], "101", "secret", "REGISTER", "sip:x"), "REGISTER",
                       lambda name: Account(ha1_sha256=key)).result == "wrong", "its MD5 is not known"  # fmt: skip


def test_old_challenge_is_stale_and_a_foreign_one_too() -> None:
    now = [1000.0]
    guard = Authenticator(DOMAIN, lambda: now[0])
    proof = digest(guard.challenges()[0], "101", "secret", "REGISTER", "sip:x")
    now[0] += proofs.NONCE_LIFE_S + 1
    assert guard.check(proof, "REGISTER", lambda name: Account(password="secret")).result == "stale"
    other = digest(Authenticator(DOMAIN, lambda: now[0]).challenges()[0], "101", "secret", "REGISTER", "sip:x")
    assert guard.check(other, "REGISTER", lambda name: Account(password="secret")).result == "stale"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('Digest username="a,b", realm="r"', {"username": "a,b", "realm": "r"}),
        ('digest  username="a\\"b",nc=00000001', {"username": 'a"b', "nc": "00000001"}),
        ("Basic dXNlcg==", None),
        ('Digest username="a', None),
        ("Digest a=b,a=c", None),
        ("Digest", {}),
    ],
)
def test_digest_parameters_are_read_with_quotes_and_commas(value: str, found: dict[str, str] | None) -> None:
    assert proofs.parameters(value) == found


def binding(device: str, expires_at_s: float, cseq: int = 1, call_id: str = "a") -> Binding:
    return Binding(
        user=101, device=device, contact=f"sip:{device}", host="h", port=1, transport="udp", expires_at_s=expires_at_s,
        call_id=call_id, cseq=cseq,
    )  # fmt: skip


def test_bindings_come_expire_and_are_never_older_than_known() -> None:
    table = Bindings(devices_at_most=2)
    assert [c.kind for c in table.bind(binding("a", 10), 0)] == ["came"]
    assert table.bind(binding("a", 20, cseq=2), 0) == []
    with pytest.raises(RegistrationRefused):
        table.bind(binding("a", 30, cseq=2), 0)
    assert table.bind(binding("a", 20, cseq=1, call_id="after a restart"), 0) == []
    table.bind(binding("b", 5), 0)
    with pytest.raises(RegistrationRefused):
        table.bind(binding("c", 5), 0)
    assert table.next_expiry_s() == 5
    assert [(c.kind, c.device) for c in table.expire(5)] == [("went", "b")]
    assert [b.device for b in table.of(101, 6)] == ["a"]
    assert table.of(101, 20) == ()


def test_device_keeps_its_name_over_refreshes_and_restarts() -> None:
    assert device_key("sip:101@h:1;transport=udp") == device_key("sip:101@H:1;ob")
    assert device_key("sip:101@h:1", "<urn:uuid:1>") == device_key("sip:101@h:2", "<urn:uuid:1>")
    assert device_key("sip:101@h:1") != device_key("sip:101@h:2")
