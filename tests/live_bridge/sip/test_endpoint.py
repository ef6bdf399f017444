"""Requests outside dialogs: what answers tell strangers, and what a proof is worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import rule
from tests.live_bridge import live as lives
from tests.live_bridge.live import DOMAIN, OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, fields, status

MakePhone = Callable[..., Phone]

KNOWN, UNKNOWN = "101", "177"


def prove(phone: Phone, dialog: Dialog, name: str, secret: str, uri: str) -> str:
    """The answer to an INVITE sent once more, with a proof made for `uri`."""
    challenge = field(phone.final(dialog), "WWW-Authenticate")
    dialog.cseq += 1
    proof = digest(challenge, name, secret, "INVITE", uri)
    phone.send(phone.build("INVITE", dialog.target, dialog, phone.sdp(), f"Authorization: {proof}"))
    return phone.final(dialog)


@pytest.mark.parametrize("direct", [False, True])
def test_answers_to_an_invite_do_not_tell_which_users_there_are(
    direct: bool, phones: MakePhone, start_live: Callable[..., Live]
) -> None:
    live = start_live(direct=direct)
    said = []
    for name in (KNOWN, UNKNOWN):
        phone = phones(name, live)
        dialog, first = phone.call("5000")
        challenges = [re.sub(r'nonce="[^"]*"', "", value) for value in fields(first, "WWW-Authenticate")]
        second = prove(phone, dialog, name, "guessed", dialog.target)
        said.append(
            (status(first), challenges, status(second), sorted(line.split(":")[0] for line in second.split("\r\n")))
        )
    assert said[0] == said[1] and said[0][0] == 401 and said[0][2] == 403


@rule("R-10.3")
def test_extension_of_another_pbx_on_the_internet_is_no_user_of_ours(
    phones: MakePhone, start_live: Callable[..., Live], example_path: Path
) -> None:
    """It says so by its host; whether we have a user of that number plays no part."""
    zone = "zone: Asia/Yekaterinburg\n"
    engine = lives.example_engine(example_path, **{zone: zone + "settings: {direct_sip: true}\n"})
    live = start_live(engine, direct=True)
    for name in (KNOWN, UNKNOWN):
        phone = phones(name, live)
        dialog = Dialog(
            f"d{name}",
            f"<sip:{name}@other.example>;tag=1",
            f"<sip:5000@{DOMAIN}>",
            f"sip:5000@{DOMAIN}",
            live.address,
            1,
        )
        phone.dialogs[dialog.call_id] = dialog
        phone.send(phone.build("INVITE", dialog.target, dialog, phone.sdp()))
        assert status(phone.final(dialog)) == 200
        phone.hang_up(dialog)


def test_proof_made_for_another_number_calls_nobody(phones: MakePhone, bridge: Live) -> None:
    phone = phones("104", bridge)
    dialog, _ = phone.call("810441234567")
    answer = prove(phone, dialog, "104", password(104), "sip:5000@127.0.0.1")
    assert status(answer) == 400 and not bridge.driver.calls_in_progress()
    assert status(phone.call("5000", password=password(104))[1]) == 200, "no harm is done to who can prove it"


def test_call_of_an_operator_with_a_bare_digest_is_refused(operator: Phone, bridge: Live) -> None:
    _, answer = operator.call("78121234567", extra="Authorization: Digest")
    assert status(answer) == 400 and not bridge.driver.calls_in_progress()


@pytest.mark.parametrize("family", ["IP6 ::1", "IP4 ::1", "IP4 phone.example"])
def test_offer_with_an_address_our_media_cannot_reach_is_not_acceptable(
    family: str, phones: MakePhone, start_live: Callable[..., Live]
) -> None:
    live = start_live(media_six=False)
    operator = phones("84955551000", live, port=OPERATOR)
    body = operator.sdp().replace("c=IN IP4 127.0.0.1", f"c=IN {family}")
    assert status(operator.call("78121234567", body=body)[1]) == 488
