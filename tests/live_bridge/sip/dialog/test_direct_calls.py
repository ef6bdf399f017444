"""Calls from and to the internet, without trunk and registration (R-06.7, R-10), and names that phones can show."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from live_bridge.sip.dialog.direct_calls import DirectCalls
from live_bridge.sip.settings import Listen
from tests.harness import rule
from tests.live_bridge import live as lives
from tests.live_bridge.live import DOMAIN, Live, password
from tests.live_bridge.sip.phone import Phone, field, status

MakePhone = Callable[..., Phone]


@pytest.fixture
def open_bridge(start_live: Callable[..., Live], example_path: Path) -> Live:
    """A bridge that takes direct calls, as its document says."""
    zone = "zone: Asia/Yekaterinburg\n"
    engine = lives.example_engine(example_path, **{zone: zone + "settings: {direct_sip: true}\n"})
    return start_live(engine, direct=True)


def test_direct_calls_are_refused_unless_the_document_allows_them(phones: MakePhone, bridge: Live) -> None:
    _, answer = phones("stranger", bridge).call("5000")
    assert status(answer) == 403


@rule("R-10.3")
def test_stranger_reaches_an_element_and_is_nobody_of_ours(phones: MakePhone, open_bridge: Live) -> None:
    stranger = phones("stranger", open_bridge)
    dialog, answer = stranger.call("5000")
    assert status(answer) == 200
    started = open_bridge.wait_note(note.CallStarted)
    assert (started.origin, started.called, started.caller, started.user, started.trunk) == (
        "direct",
        "5000",
        "",
        None,
        None,
    )
    stranger.hang_up(dialog)


@rule("R-10.2", "R-10.4")
def test_stranger_reaches_no_number_that_is_not_ours(phones: MakePhone, open_bridge: Live) -> None:
    stranger = phones("stranger", open_bridge)
    for number in ("89161234567", "+79161234567", "nobody"):
        _, answer = stranger.call(number)
        assert status(answer) == 404, number
    assert not [n for n in open_bridge.notes if isinstance(n, note.LegStarted)]


def test_stranger_who_claims_an_internal_number_must_prove_it(phones: MakePhone, open_bridge: Live) -> None:
    _, answer = phones("101", open_bridge).call("5000")
    assert status(answer) == 401


def test_we_are_nobodys_relay(phones: MakePhone, open_bridge: Live) -> None:
    _, answer = phones("stranger", open_bridge).call("5000", uri="sip:5000@elsewhere.example")
    assert status(answer) == 403


@rule("R-10.3")
def test_fourth_call_at_once_from_an_address_is_refused(phones: MakePhone, open_bridge: Live) -> None:
    stranger = phones("stranger", open_bridge)
    held = [stranger.call("5000") for _ in range(3)]
    assert [status(answer) for _, answer in held] == [200] * 3
    _, refused = stranger.call("5000")
    assert status(refused) == 503 and field(refused, "Retry-After") == "60"
    stranger.hang_up(held[0][0])
    again, answer = stranger.call("5000")
    assert status(answer) == 200
    for dialog in (held[1][0], held[2][0], again):
        stranger.hang_up(dialog)


@rule("R-10.3")
def test_eleventh_call_within_a_minute_is_refused_and_another_address_is_not() -> None:
    now = [0.0]
    calls = DirectCalls(lambda: now[0], a_minute=10, at_once=3)
    assert [calls.admits("192.0.2.1") for _ in range(11)] == [True] * 10 + [False]
    assert calls.admits("192.0.2.2")
    now[0] = 60.0
    assert calls.admits("192.0.2.1")


@rule("R-06.7", "R-10.5")
@pytest.mark.parametrize("allowed", [True, False])
def test_user_who_may_calls_an_address_on_the_internet(
    allowed: bool, phones: MakePhone, start_live: Callable[..., Live], example_path: Path
) -> None:
    engine = lives.example_engine(
        example_path, **{"{name: Daria,": f"{{name: Daria, direct_sip: {str(allowed).lower()},"}
    )
    live = start_live(engine, direct_users=frozenset({104}), direct_allow=(ip_network("127.0.0.2/32"),))
    friend = phones("friend", live, host="127.0.0.2")
    uri = f"sip:friend@127.0.0.2:{friend.port}"
    caller = phones("104", live)
    dialog, final = caller.call("friend", uri=uri, password=password(104))
    if not allowed:
        assert status(final) == 403
        return
    assert status(final) == 200
    assert friend.called().invite.startswith(f"INVITE {uri} ")
    assert live.wait_note(note.LegStarted).number == uri
    caller.hang_up(dialog)
    friend.wait(lambda m: m.startswith("BYE"))


@rule("R-06.2")
def test_display_names_reach_phones_in_latin_letters(phones: MakePhone, bridge: Live) -> None:
    phone = phones("104", bridge)
    assert status(phone.register(password(104))) == 200
    caller = phones("103", bridge)
    dialog, answer = caller.call("104", password=password(103), shown="Жанна Щукина")
    assert status(answer) == 200
    assert field(phone.called().invite, "From").startswith(f'"Zhanna Shchukina" <sip:103@{DOMAIN}')
    caller.hang_up(dialog)


@rule("R-10.5")
@pytest.mark.parametrize(
    "uri", ["sip:friend@127.0.0.2:5099", "sip:friend@10.1.2.3", "sip:friend@169.254.169.254", "sip:friend@[fe80::1]",
            "sip:friend@[::ffff:127.0.0.1]", "sip:friend@localhost"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_barred_unless_allowed(
    uri: str, phones: MakePhone, start_live: Callable[..., Live], example_path: Path
) -> None:
    engine = lives.example_engine(example_path, **{"{name: Daria,": "{name: Daria, direct_sip: true,"})
    live = start_live(engine, direct_users=frozenset({104}), direct_allow=(ip_network("192.168.7.0/24"),))
    _, final = phones("104", live).call("friend", uri=uri, password=password(104))
    assert status(final) in (403, 404)
    failed = live.wait_event(ev.LegFailed)
    assert isinstance(failed, ev.LegFailed)
    assert failed.cause in (Cause.OUTGOING_CALL_BARRED, Cause.NO_ROUTE_DESTINATION)
    live.wait_idle()


@rule("R-06.7")
def test_bridge_that_listens_everywhere_knows_its_own_address_and_takes_others_for_others(
    phones: MakePhone, start_live: Callable[..., Live], example_path: Path
) -> None:
    engine = lives.example_engine(example_path, **{"{name: Daria,": "{name: Daria, direct_sip: true,"})
    port = lives.free_port()
    live = start_live(
        engine, listen=(Listen(host="0.0.0.0", port=port),), direct_users=frozenset({104}),
        direct_allow=(ip_network("127.0.0.2/32"),),
    )  # fmt: skip
    friend = phones("friend", live, host="127.0.0.2")
    caller = phones("104", live)
    dialog, answer = caller.call("5000", password=password(104))
    assert status(answer) == 200
    assert live.wait_note(note.CallStarted).called == "5000", "an element of ours, by an address of ours"
    caller.hang_up(dialog)
    dialog, answer = caller.call("friend", uri=f"sip:friend@127.0.0.2:{friend.port}", password=password(104))
    assert status(answer) == 200
    friend.called()
    caller.hang_up(dialog)
    live.wait_idle()
