"""Fields that we act on and that do not hold: 400 before anything is touched; and their strange but right relatives."""

from __future__ import annotations

import pytest

from live_bridge.sip.transport import message_filter
from tests.live_bridge.sip.transport.test_torture import message

PROOF = 'Digest username="101",realm="r",nonce="n",uri="sip:x",response="0"'
CONTACT = "Contact: <sip:x@127.0.0.1>\r\n"

BROKEN = {
    "Refer-To without a value of a header": "Refer-To: <sip:101@x?Replaces>",
    "Refer-To with half a Replaces": "Refer-To: <sip:101@x?Replaces=a%3Bto-tag%3D1>",
    "Refer-To with two Replaces":
        "Refer-To: <sip:1@x?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    "Refer-To of a mailbox": "Refer-To: <mailto:a@b>",
    "two Refer-To": "Refer-To: <sip:1@x>\r\nRefer-To: <sip:2@x>",
    "an empty Refer-To": "Refer-To: ",
    "Replaces without tags": "Replaces: abc",
    "Replaces with a tag too many": "Replaces: abc;to-tag=1;to-tag=2;from-tag=3",
    "two Replaces": "Replaces: a;to-tag=1;from-tag=2\r\nReplaces: b;to-tag=1;from-tag=2",
    "credentials that are a scheme alone": "Authorization: Digest",
    "credentials cut off": 'Authorization: Digest username="101',
    "credentials with a name twice": f"Authorization: {PROOF},username=\"102\"",
    "credentials without a nonce": 'Authorization: Digest username="1",realm="r",uri="sip:x",response="0"',
    "credentials of a proxy that are a scheme alone": "Proxy-Authorization: Digest",
    "a session of no number": "Session-Expires: soon",
    "a session in digits of another script": "Session-Expires: ９００",
    "two sessions": "Session-Expires: 1800\r\nSession-Expires: 900",
    "a least session of no number": "Min-SE: -1",
    "a type without its second half": "Content-Type: application",
    "two types": "Content-Type: application/sdp\r\nContent-Type: text/plain",
    "option tags that are none": "Supported: <timer>",
    "a contact whose headers have no value": "Contact: <sip:x@127.0.0.1?a>",
    "a route whose port is none": "Route: <sip:127.0.0.1:99999;lr>",
}  # fmt: skip

STRANGE = {
    "credentials of a scheme nobody asked for": "Authorization: Bearer abc.def",
    "credentials that ask for a challenge": 'Authorization: Digest username="1",realm="r",nonce="",uri="sip:x",response=""',
    "two credentials": f'Authorization: {PROOF}\r\nAuthorization: {PROOF.replace("101", "102")}',
    "Replaces with spaces and a flag": "Replaces: a@b ; to-tag=1 ; from-tag=2 ; early-only",
    "Refer-To with a whole Replaces": "Refer-To: <sip:101@x?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    "a session with its refresher": "Session-Expires: 1800 ; refresher=uac",
    "no option tags": "Supported: ",
    "fields we do not act on": "Reason: ;;;\r\nDiversion: <\r\nP-Asserted-Identity: \"\r\nAlso: x\r\nRSeq: x\r\nWarning: w",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_field_is_refused(name: str) -> None:
    more = BROKEN[name] + "\r\n"
    text = message(
        method="REFER" if "Refer-To" in name else "OPTIONS", more=more + (CONTACT if "Refer-To" in name else "")
    )
    verdict = message_filter.inspect(text.replace("{port}", "5060"))
    assert verdict.code == 400, verdict


@pytest.mark.parametrize("name", STRANGE)
def test_strange_but_right_field_is_let_in(name: str) -> None:
    verdict = message_filter.inspect(message(more=STRANGE[name] + "\r\n").replace("{port}", "5060"))
    assert verdict.passes, verdict


def test_refer_without_its_target_is_refused() -> None:
    verdict = message_filter.inspect(message(method="REFER", more=CONTACT).replace("{port}", "5060"))
    assert (verdict.code, verdict.reason) == (400, "Missing Refer-To")
