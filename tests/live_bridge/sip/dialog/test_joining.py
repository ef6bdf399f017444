"""Transfers by whoever placed the call, calls of every kind joined, places taken by INVITE with Replaces, and music for whoever
is held; with the sound going where the calls go (RFC 5589, RFC 3891)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from engine.contract import notes as note
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, status
from tests.live_bridge.sip.talk import hear_each_other, port_in

MakePhone = Callable[..., Phone]


def tag(value: str) -> str:
    return value.split(";tag=")[1].split(";")[0]


def replaces(dialog: Dialog) -> str:
    """The dialog as a Replaces names it, seen by its phone: to-tag is the tag of whom the INVITE will reach."""
    return f"{dialog.call_id};to-tag={tag(dialog.theirs)};from-tag={tag(dialog.mine)}"


def refer(phone: Phone, dialog: Dialog, to: str, other: Dialog | None = None) -> int:
    extra = "" if other is None else "?Replaces=" + quote(replaces(other), safe="")
    return status(phone.request(dialog, "REFER", extra=f"Refer-To: <sip:{to}@example.onpbx.ru{extra}>"))


def done(phone: Phone, *dialogs: Dialog) -> None:
    """The transfer is told as done, and the dialogs are hung up."""
    phone.wait(lambda m: m.startswith("NOTIFY") and "200 OK" in m)
    for dialog in dialogs:
        phone.wait(lambda m, d=dialog: m.startswith("BYE") and field(m, "Call-ID") == d.call_id)  # type: ignore[misc]


def told_port(phone: Phone, call_id: str, invite: str) -> str:
    """What the phone was told last of where to send: a re-INVITE if one came, else the first description."""
    offers = [m for m in phone.messages if field(m, "Call-ID") == call_id and "m=audio" in m]
    return offers[-1] if offers else invite


def registered(phones: MakePhone, bridge: Live, *users: int) -> list[Phone]:
    made = []
    for user in users:
        phone = phones(str(user), bridge)
        phone.on_invite = [(0.0, 200)]
        assert status(phone.register(password(user))) == 200
        made.append(phone)
    return made


def talk(caller: Phone, callee: Phone, bridge: Live) -> tuple[Dialog, Dialog]:
    """`caller` calls `callee`, who answers: both dialogs."""
    before = len(callee.heard("INVITE"))
    dialog, answer = caller.call(callee.name, password=password(int(caller.name)))
    assert status(answer) == 200
    invite = callee.wait(lambda m: m.startswith("INVITE") and ";tag=" not in field(m, "To"), start=0)
    assert len(callee.heard("INVITE")) > before
    invite = [m for m in callee.heard("INVITE") if ";tag=" not in field(m, "To")][-1]
    called = callee.dialogs[field(invite, "Call-ID")]
    assert bridge.wait_until(
        lambda: any(isinstance(n, note.CallAnswered) and n.user == int(callee.name) for n in bridge.notes)
    )
    callee.wait(lambda m: m.startswith("ACK") and field(m, "Call-ID") == called.call_id)
    return dialog, called


def in_talk(one: Phone, d1: Dialog, other: Phone, d2: Dialog) -> None:
    hear_each_other(
        one, port_in(told_port(one, d1.call_id, d1.invite)), other, port_in(told_port(other, d2.call_id, d2.invite))
    )


def test_user_who_placed_the_call_sends_the_other_party_on(phones: MakePhone, bridge: Live) -> None:
    a, b, c = registered(phones, bridge, 100, 101, 103)
    mine, theirs = talk(a, b, bridge)
    assert refer(a, mine, "103") == 202
    done(a, mine)
    bridge.wait_note(note.CallAnswered, user=103)
    b.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    c.wait(lambda m: m.startswith("ACK"))
    in_talk(b, theirs, c, c.called())
    b.hang_up(theirs)
    c.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_user_who_placed_both_calls_joins_the_two(phones: MakePhone, bridge: Live) -> None:
    a, b, c = registered(phones, bridge, 100, 101, 103)
    first, at_b = talk(a, b, bridge)
    a.request(first, "INVITE", a.sdp("sendonly", 2))
    second, at_c = talk(a, c, bridge)
    assert refer(a, first, "103", second) == 202
    done(a, first, second)
    for phone in (b, c):
        phone.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    in_talk(b, at_b, c, at_c)
    c.hang_up(at_c)
    b.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_transfer_to_somebody_whose_phone_still_rings_is_declined_and_the_talk_goes_on(
    phones: MakePhone, bridge: Live
) -> None:
    """What rings is no talk that could be joined: the transferor is told, and both calls go on."""
    a, b, c = registered(phones, bridge, 100, 101, 103)
    c.on_invite = [(0.0, 180)]
    first, at_b = talk(a, b, bridge)
    second = a.begin("103")
    challenge = a.final(second)
    second.cseq += 1
    proof = digest(field(challenge, "WWW-Authenticate"), "100", password(100), "INVITE", second.target)
    second.invite = a.build("INVITE", second.target, second, a.sdp(), f"Authorization: {proof}")
    a.send(second.invite)
    ringing = a.wait(lambda m: status(m) == 180 and field(m, "Call-ID") == second.call_id)
    early = Dialog(second.call_id, second.mine, field(ringing, "To"), second.target, second.address, second.cseq)
    assert refer(a, first, "103", early) == 202
    a.wait(lambda m: m.startswith("NOTIFY") and "603 Decline" in m)
    in_talk(a, first, b, at_b)
    a.cancel(second)
    assert status(a.final(second)) == 487
    a.hang_up(first)
    bridge.wait_idle()


@pytest.mark.parametrize("on", ["placed", "received"])
def test_user_joins_who_called_with_whom_they_called(on: str, phones: MakePhone, bridge: Live) -> None:
    a, b, c = registered(phones, bridge, 100, 101, 103)
    at_b, received = talk(b, a, bridge)
    a.request(received, "INVITE", a.sdp("sendonly", 2))
    placed, at_c = talk(a, c, bridge)
    ask, other = (placed, received) if on == "placed" else (received, placed)
    assert refer(a, ask, "103", other) == 202
    done(a, placed, received)
    c.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    in_talk(b, at_b, c, at_c)
    b.hang_up(at_b)
    bridge.wait_idle()


def test_two_who_called_the_same_user_are_joined(
    phones: MakePhone, start_live: Callable[..., Live], example_path: object
) -> None:
    from pathlib import Path

    from tests.live_bridge.live import example_engine

    assert isinstance(example_path, Path)
    engine = example_engine(example_path)
    bridge = start_live(engine)
    bridge.driver.ask_inside(lambda board: setattr(board.engine.tenant.users[100], "call_waiting", True))  # type: ignore[attr-defined]
    a, b, c = registered(phones, bridge, 100, 101, 103)
    at_b, from_b = talk(b, a, bridge)
    a.request(from_b, "INVITE", a.sdp("sendonly", 2))
    at_c, from_c = talk(c, a, bridge)
    assert refer(a, from_b, "103", from_c) == 202
    done(a, from_b, from_c)
    c.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    in_talk(b, at_b, c, at_c)
    c.hang_up(at_c)
    b.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_who_placed_the_call_may_not_send_on_to_nobody_and_the_talk_goes_on(phones: MakePhone, bridge: Live) -> None:
    a, b = registered(phones, bridge, 100, 101)
    mine, theirs = talk(a, b, bridge)
    assert refer(a, mine, "nobody") == 202
    assert "603" in a.wait(lambda m: m.startswith("NOTIFY") and "terminated" in field(m, "Subscription-State"))
    in_talk(a, mine, b, theirs)
    a.hang_up(mine)
    bridge.wait_idle()


def test_whom_the_caller_holds_hears_music_until_taken_back(phones: MakePhone, bridge: Live) -> None:
    a, b = registered(phones, bridge, 100, 101)
    mine, theirs = talk(a, b, bridge)
    assert "a=recvonly" in a.request(mine, "INVITE", a.sdp("sendonly", 2))
    bridge.wait_note(note.CallHeld)
    b.media.forget()
    assert b.media.wait_heard(20).any(), "music, though nobody speaks"
    assert "a=sendrecv" in a.request(mine, "INVITE", a.sdp("sendrecv", 3))
    bridge.wait_note(note.CallResumed)
    in_talk(a, mine, b, theirs)
    a.hang_up(mine)
    bridge.wait_idle()


# --- INVITE with Replaces ---------------------------------------------------------------------------------------------


def invite_in_place(phone: Phone, user: int, named: str) -> tuple[Dialog, str]:
    return phone.call("x", caller=str(user), password=password(user), extra=f"Replaces: {named}")


def other_way(dialog: Dialog) -> str:
    """The dialog as it is named to us by somebody else: to-tag is ours."""
    return f"{dialog.call_id};to-tag={tag(dialog.theirs)};from-tag={tag(dialog.mine)}"


@pytest.mark.parametrize("whose", ["called", "caller"])
@pytest.mark.parametrize("user", ["own", "other"])
def test_invite_with_replaces_takes_the_place_of_a_party(
    whose: str, user: str, phones: MakePhone, bridge: Live
) -> None:
    a, b, c = registered(phones, bridge, 100, 101, 103)
    mine, theirs = talk(a, b, bridge)
    taken, left, at_left = (theirs, a, mine) if whose == "called" else (mine, b, theirs)
    number = 103 if user == "other" else (101 if whose == "called" else 100)
    dialog, answer = invite_in_place(c, number, other_way(taken))
    assert status(answer) == 200
    (b if whose == "called" else a).wait(lambda m: m.startswith("BYE") and field(m, "Call-ID") == taken.call_id)
    if whose == "caller":
        b.wait(lambda m: m.startswith("INVITE") and ";tag=" in field(m, "To"))
    assert not [m for m in left.heard("BYE")]
    in_talk(c, dialog, left, at_left)
    c.hang_up(dialog)
    left.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_ringing_phone_of_a_colleague_is_answered_for_them(phones: MakePhone, bridge: Live) -> None:
    a, b, c = registered(phones, bridge, 100, 101, 103)
    b.on_invite = [(0.0, 180)]
    mine = a.begin("101")
    challenge = a.final(mine)
    mine.cseq += 1
    proof = digest(field(challenge, "WWW-Authenticate"), "100", password(100), "INVITE", mine.target)
    mine.invite = a.build("INVITE", mine.target, mine, a.sdp(), f"Authorization: {proof}")
    a.send(mine.invite)
    ringing = b.called()
    a.wait(lambda m: status(m) == 180)
    dialog, answer = invite_in_place(c, 103, other_way(ringing) + ";early-only")
    for _ in range(20):  # a's phone may be told of the ringing before b's own answer has come in
        if status(answer) != 481:
            break
        time.sleep(0.1)
        dialog, answer = invite_in_place(c, 103, other_way(ringing) + ";early-only")
    assert status(answer) == 200 and status(a.final(mine)) == 200
    b.wait(lambda m: m.startswith("CANCEL"))
    in_talk(a, mine, c, dialog)
    a.hang_up(mine)
    c.wait(lambda m: m.startswith("BYE"))
    bridge.wait_idle()


def test_replaces_of_no_dialog_of_ours_gets_481_and_one_that_only_rings_is_not_meant_gets_486(
    operator: Phone, phones: MakePhone, bridge: Live
) -> None:
    a, b, c = registered(phones, bridge, 100, 101, 103)
    mine, theirs = talk(a, b, bridge)
    assert status(invite_in_place(c, 103, "nobody;to-tag=1;from-tag=2")[1]) == 481
    assert status(invite_in_place(c, 103, re.sub("from-tag=.*", "from-tag=x", other_way(mine)))[1]) == 481
    assert status(invite_in_place(c, 103, other_way(mine) + ";early-only")[1]) == 486
    assert status(operator.call("78121234567", extra=f"Replaces: {other_way(theirs)}")[1]) == 481, "no user of ours"
    in_talk(a, mine, b, theirs)
    a.hang_up(mine)
    bridge.wait_idle()
