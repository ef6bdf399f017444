"""The caller's number on the wire to a carrier: From, identities, privacy, who forwarded. R-04.11, R-04.12."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.config import LiveConfig, Secrets
from live_bridge.config_sections import TrunkConfig
from live_bridge.service.sip_configuration import sip_settings
from live_bridge.sip.settings import CarrierAddress, TrunkPeers
from tests.harness import rule
from tests.live_bridge.live import DOMAIN, OPERATOR, Live, password
from tests.live_bridge.sip.phone import Phone, field, status

MakePhone = Callable[..., Phone]
StartLive = Callable[..., Live]

OWN, MOBILE, CUSTOMER = "74951234567", "89161234567", "84955551000"

DOCUMENT = """
pbx: example
trunks: {moscow: {number: "74951234567", to: 102, forward_caller: original}}
users:
  101: {name: Anna}
  102: {forwarding: [{when: busy, to: 89161234567}], voicemail: false}
  103: {anonymous: true}
outgoing: {default: moscow}
"""


def trunk(**changes: object) -> dict[str, TrunkPeers]:
    values: dict[str, object] = {
        "number": OWN, "host": "127.0.0.1", "port": OPERATOR, "peers": (CarrierAddress(host="127.0.0.1", port=OPERATOR),),
    }  # fmt: skip
    return {"moscow": TrunkPeers(**{**values, **changes})}  # type: ignore[arg-type]


def invite(start_live: StartLive, phones: MakePhone, user: str, **changes: object) -> str:
    """The INVITE that a carrier gets when a user calls a mobile."""
    live = start_live(Engine(load(DOCUMENT)), trunks=trunk(**changes))
    carrier = phones("carrier", live, port=OPERATOR)
    carrier.on_invite = [(0.0, 486)]
    _, answer = phones(user, live).call(MOBILE, password=password(int(user)), shown=f"Anna {user}")
    assert status(answer) == 486
    return carrier.called().invite


@rule("R-14.26")
@pytest.mark.parametrize("dialled", ["*21%23", "*21#"])
def test_service_code_of_the_operator_is_escaped_on_the_way_out(
    start_live: StartLive, phones: MakePhone, dialled: str
) -> None:
    """R-14.26: `#` may not stand in a user part (RFC 3261 25.1); a phone may send it either way."""
    live = start_live(Engine(load(DOCUMENT)), trunks=trunk())
    carrier = phones("carrier", live, port=OPERATOR)
    carrier.on_invite = [(0.0, 486)]
    _, answer = phones("101", live).call(dialled, password=password(101))
    assert status(answer) == 486
    invite = carrier.called().invite
    assert invite.split()[1].startswith("sip:*21%23@")
    assert field(invite, "To").startswith("<sip:*21%23@")


@rule("R-04.12")
def test_number_stands_in_from_and_nothing_tells_the_internal_one(start_live: StartLive, phones: MakePhone) -> None:
    """R-04.12: not in From, not in a name, not in Contact, nowhere in the message but in the ports."""
    message = invite(start_live, phones, "101")
    assert field(message, "From").startswith(f"<sip:{OWN}@{DOMAIN}>;tag=")
    assert field(message, "Contact").startswith(f"<sip:{OWN}@")
    head = message.split("\r\n\r\n")[0].replace(f":{OPERATOR}", "")
    assert "sip:101" not in head and "Anna" not in head
    assert not any(field(message, name) for name in ("P-Asserted-Identity", "Privacy", "Diversion", "Remote-Party-ID"))


@rule("R-04.11", "R-04.12")
def test_number_stands_where_the_carrier_reads_it(start_live: StartLive, phones: MakePhone) -> None:
    """R-04.11: where From is the login, every field that was asked for has the number; no session timer is offered."""
    fields = ("p-asserted-identity", "p-preferred-identity", "remote-party-id")
    message = invite(start_live, phones, "101", login="acct", caller_in=fields, session_timer=False)
    assert field(message, "From").startswith("<sip:acct@127.0.0.1>;tag=")
    address = f"<sip:{OWN}@127.0.0.1>"
    assert field(message, "P-Asserted-Identity") == field(message, "P-Preferred-Identity") == address
    assert field(message, "Remote-Party-ID") == f"{address};party=calling;screen=yes;privacy=off"
    assert field(message, "Supported") == "replaces"


@rule("R-04.12")
def test_withheld_number_is_for_the_carrier_alone(start_live: StartLive, phones: MakePhone) -> None:
    """R-04.12, RFC 3323, RFC 3325."""
    message = invite(start_live, phones, "103", caller_in=("from", "p-asserted-identity"))
    assert field(message, "From").startswith("Anonymous <sip:anonymous@anonymous.invalid>;tag=")
    assert (field(message, "Privacy"), field(message, "P-Asserted-Identity")) == ("id", f"<sip:{OWN}@{DOMAIN}>")
    assert OWN not in field(message, "Contact")


@rule("R-04.12")
def test_withheld_number_is_told_to_no_carrier_that_reads_from_alone(start_live: StartLive, phones: MakePhone) -> None:
    """R-04.12: such a carrier knows the line by its address or login, and may show whatever else it is told."""
    message = invite(start_live, phones, "103")
    assert field(message, "Privacy") == "id"
    assert OWN not in message


@rule("R-04.12", "R-06.8")
@pytest.mark.parametrize("told_in", ["diversion", "history-info"])
def test_forwarded_call_names_its_first_caller_and_who_forwarded(
    start_live: StartLive, phones: MakePhone, told_in: str
) -> None:
    """R-04.12, RFC 5806, RFC 7044, RFC 4458; also when the carrier asks for a proof first."""
    live = start_live(Engine(load(DOCUMENT)), trunks=trunk(forwarded_in=told_in, login="acct", password="geheim"))
    carrier, busy = phones(CUSTOMER, live, port=OPERATOR), phones("102", live)
    busy.on_invite = [(0.0, 486)]
    assert status(busy.register(password(102))) == 200
    carrier.on_invite = []
    call = threading.Thread(target=carrier.call, args=(OWN,), kwargs={"shown": "Ivan"})
    call.start()
    first = carrier.called().invite
    carrier.reply(first, 401, extra='WWW-Authenticate: Digest realm="carrier",nonce="n1",algorithm=MD5,qop="auth"')
    second = carrier.wait(lambda m: m.startswith("INVITE") and field(m, "Authorization") != "")
    carrier.reply(second, 486)
    call.join()
    for message in (first, second):
        assert field(message, "From").startswith(f"Ivan <sip:{CUSTOMER}@127.0.0.1>;tag=")
        if told_in == "diversion":
            told = f"<sip:{OWN}@127.0.0.1>;reason=user-busy;counter=1;privacy=off"
            assert (field(message, "Diversion"), field(message, "History-Info")) == (told, "")
        else:
            there = f"<sip:{MOBILE}@127.0.0.1;cause=486>;index=1.1;mp=1"
            told = f"<sip:{OWN}@127.0.0.1>;index=1, {there}"
            assert (field(message, "History-Info"), field(message, "Diversion")) == (told, "")


@rule("R-04.11")
def test_carrier_is_offered_the_codec_it_wants(start_live: StartLive, phones: MakePhone) -> None:
    """R-04.11: the caller speaks A-law and mu-law, and the carrier is asked for mu-law first."""
    live = start_live(Engine(load(DOCUMENT)), trunks=trunk(codecs=("PCMU",)))
    carrier = phones("carrier", live, port=OPERATOR)
    carrier.on_invite = [(0.0, 486)]
    caller = phones("101", live)
    body = caller.sdp().replace("RTP/AVP 0 101", "RTP/AVP 8 0 101")
    caller.call(MOBILE, password=password(101), body=body)
    assert " RTP/AVP 0 101" in carrier.called().invite


@rule("R-04.11")
def test_preset_fills_in_what_live_yaml_leaves_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-04.11: servers only for a trunk with a login; what stands in the file or at the trunk holds."""
    monkeypatch.setenv("PBX_SECRET_LINE", "geheim")
    flow = load("""
pbx: example
trunks:
  mobile: {number: 79261234567, operator: Мультифон}
  other: {number: 79267654321, operator: Мультифон, caller_in: [from]}
  none: {number: 79260000000, operator: Мультифон}
""")

    class Nobody:
        def accounts(self, pbx: str, /) -> dict[int, object]:
            return {}

        def phones(self, pbx: str, /) -> list[object]:
            return []

    config = LiveConfig(
        folder=tmp_path,
        trunks={
            "mobile": TrunkConfig(login="79261234567", password_name="line"),
            "other": TrunkConfig(login="x", host="192.0.2.1", register=False),
            "none": TrunkConfig(),
        },
    )
    made = sip_settings(config, [flow], Nobody(), Secrets(None)).trunks  # type: ignore[arg-type]
    mobile, other = made["mobile"], made["other"]
    assert (mobile.host, mobile.port, mobile.transport, mobile.register) == ("sbc.megafon.ru", 5060, "udp", True)
    assert (mobile.caller_in, other.caller_in) == (("p-asserted-identity",), ("from",))
    assert (other.host, other.port, other.register, made["none"].host) == ("192.0.2.1", None, False, "")
