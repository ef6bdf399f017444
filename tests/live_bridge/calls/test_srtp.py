"""Sound encrypted with keys from the session description (SRTP, SDES): baresip over TLS as a real peer, and what is refused."""

from __future__ import annotations

import base64
import logging
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.config import LiveConfig
from live_bridge.config_sections import TrunkConfig
from live_bridge.media import sdes
from live_bridge.sip.dialog import sdp
from live_bridge.sip.settings import CarrierAddress, Listen, PhoneMedia, TrunkPeers
from tests.live_bridge.calls.baresip_phone import running
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.live import Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.talk import port_in
from tests.ports import free_port

SECRET = bytes(range(30))
LINE = f"crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{base64.b64encode(SECRET).decode()}"
STRONG: dict[str, Any] = {"modules": ("srtp",), "account": "audio_codecs=PCMU/8000/1;mediaenc=srtp-mand"}


@pytest.fixture
def begin(start_live: Callable[..., Live], certificate: Certificate) -> Callable[..., tuple[Live, int]]:
    """Start a bridge that speaks TLS as well; it and the port of TLS."""

    def start(trunks: Mapping[str, TrunkPeers] | None = None, **media: PhoneMedia) -> tuple[Live, int]:
        port, tls = free_port(), free_port()
        lines = (
            Listen(host="127.0.0.1", port=port),
            Listen(
                host="127.0.0.1",
                port=tls,
                transport="tls",
                certificate=str(certificate.chain),
                key=str(certificate.key),
            ),
        )
        own = {int(name[1:]): value for name, value in media.items()}
        more = {} if trunks is None else {"trunks": trunks}
        return start_live(listen=lines, algorithms=("MD5",), phones_of=own, **more), tls

    return start


def registered(live: Live, count: int) -> None:
    come = lambda: sum(isinstance(event, ev.DeviceRegistered) for _, event in live.journal)  # noqa: E731
    assert live.wait_until(lambda: come() >= count), live.journal


@pytest.mark.debian
def test_phone_that_encrypts_talks_with_one_that_does_not(
    begin: Callable[..., tuple[Live, int]],
    phones: Callable[..., Phone],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """baresip, which takes nothing but SRTP, is rung and calls; keys stand in no line of the log."""
    caplog.set_level(logging.DEBUG)
    live, tls = begin(u103=PhoneMedia(srtp="required"))
    with running(tmp_path / "one", 103, tls, transport="tls", **STRONG) as strong:
        registered(live, 1)
        plain = phones("104", live)
        dialog, answer = plain.call("103", password=password(104), timeout_s=15.0)
        assert status(answer) == 200 and "crypto" not in answer, strong.log
        live.wait_note(note.CallAnswered, user=103)
        plain.media.say(tone(600, 2.0), port_in(answer))
        plain.media.wait_pitch(1000)
        assert status(plain.hang_up(dialog)) == 200
        live.wait_idle()
        strong.wait_pitch(600)
        assert status(plain.register(password(104), algorithm="MD5")) == 200
        strong.command("dial", f"sip:104@127.0.0.1:{tls}")
        invite = plain.called().invite
        live.wait_note(note.CallAnswered, user=104)
        plain.media.forget()
        plain.media.say(tone(1700, 2.0), port_in(invite))
        plain.media.wait_pitch(1000)
        strong.wait_pitch(1700)
        strong.press("7")
        plain.media.wait_digits("7")
        strong.command("hangup", "")
        live.wait_idle()
    assert "inline" not in caplog.text and "AES_CM" not in caplog.text


@pytest.mark.debian
def test_two_phones_that_encrypt_hear_each_other(begin: Callable[..., tuple[Live, int]], tmp_path: Path) -> None:
    live, tls = begin(u103=PhoneMedia(srtp="optional"), u104=PhoneMedia(srtp="required"))
    with (
        running(tmp_path / "one", 103, tls, transport="tls", pitch_hz=700, **STRONG) as one,
        running(tmp_path / "two", 104, tls, transport="tls", pitch_hz=1500, **STRONG) as two,
    ):
        registered(live, 2)
        one.command("dial", f"sip:104@127.0.0.1:{tls}")
        live.wait_note(note.CallAnswered, user=104)
        one.wait_pitch(1500)
        two.wait_pitch(700)
        one.command("hangup", "")
        live.wait_idle()


@pytest.mark.debian
@pytest.mark.parametrize("policy", ["optional", "required"])
def test_phone_without_encryption_over_tls(begin: Callable[..., tuple[Live, int]], phones: Callable[..., Phone],
                                           tmp_path: Path, policy: Any) -> None:  # fmt: skip
    """Optional: it refuses keys and is rung again without. Required: it is not talked with."""
    live, tls = begin(u103=PhoneMedia(srtp=policy))
    with running(tmp_path / "one", 103, tls, transport="tls") as weak:
        registered(live, 1)
        plain = phones("104", live)
        dialog, answer = plain.call("103", password=password(104), timeout_s=15.0)
        talks = [n for n in live.notes if isinstance(n, note.CallAnswered)]
        if policy == "optional":
            assert status(answer) == 200, weak.log
            plain.media.wait_pitch(1000)
        else:
            assert not talks
        plain.hang_up(dialog)
        live.wait_idle()


@pytest.mark.debian
def test_supervisor_is_heard_by_a_phone_that_encrypts_and_hears_it(
    begin: Callable[..., tuple[Live, int]], phones: Callable[..., Phone], tmp_path: Path
) -> None:
    live, tls = begin(u103=PhoneMedia(srtp="required"))
    caller, chief = phones("104", live), phones("105", live)
    assert status(chief.register(password(105), algorithm="MD5")) == 200
    with running(tmp_path / "one", 103, tls, transport="tls", **STRONG) as strong:
        registered(live, 2)
        dialog, answer = caller.call("103", password=password(104), timeout_s=15.0)
        assert status(answer) == 200, strong.log
        call = live.wait_note(note.CallAnswered, user=103).call
        live.driver.supervise(call, 105, "barge", 103)
        here = chief.called()
        chief.reply(here.invite, 200, chief.sdp())
        speech = [
            threading.Thread(target=phone.media.say, args=(tone(pitch, 8.0, peak=0.2), to))
            for phone, pitch, to in ((caller, 600, port_in(answer)), (chief, 1700, port_in(here.invite)))
        ]
        for one in speech:
            one.start()
        strong.wait_pitch(1700)
        caller.media.wait_pitch(1700)
        chief.media.wait_pitch(1000)
        for one in speech:
            one.join()
        assert status(caller.hang_up(dialog)) == 200
        chief.wait(lambda m: m.startswith("BYE"))
        live.wait_idle()


def pair_of_ports() -> int:
    """A free port whose next one is free as well."""
    before, found = 0, free_port()
    while found != before + 1:
        before, found = found, free_port()
    return before


def operator_at(port: int, srtp: Any, *, calls_from: int | None) -> dict[str, TrunkPeers]:
    """The example's trunks at an operator with TLS, who calls in from a port (None: from any)."""
    peers = (CarrierAddress(host="127.0.0.1", port=calls_from),)
    numbers = {"moscow": "74951234567", "spb": "78121234567"}
    return {
        name: TrunkPeers(number=number, peers=peers, host="127.0.0.1", port=port, transport="tls", srtp=srtp)
        for name, number in numbers.items()
    }


@pytest.fixture
def operators_files(certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How baresip is an operator whose certificate the bridge trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
    both = tmp_path / "operator.pem"
    both.write_text(certificate.key.read_text() + certificate.chain.read_text())
    return {"settings": f"sip_certificate {both}\n", "register_s": 0, "transport": "tls"}


@pytest.mark.debian
@pytest.mark.parametrize(
    ("policy", "theirs"), [("required", "srtp-mand"), ("optional", "srtp-mand"), ("optional", ""), ("required", "")]
)
def test_operator_over_tls_is_called_with_keys_and_without_where_it_may_be(
    begin: Callable[..., tuple[Live, int]], phones: Callable[..., Phone], tmp_path: Path, operators_files: dict[str, Any],
    policy: str, theirs: str,
) -> None:  # fmt: skip
    """baresip is the operator; without `theirs` it knows no SRTP and refuses it (488)."""
    port = pair_of_ports()
    live, _ = begin(operator_at(port + 1, policy, calls_from=free_port()))
    account = "audio_codecs=PCMU/8000/1" + (f";mediaenc={theirs}" if theirs else "")
    modules = ("srtp",) if theirs else ()
    files = {**operators_files, "account": account, "modules": modules, "sip_port": port}
    with running(tmp_path / "operator", 89161234567, port, **files) as operator:
        operator.wait_log("ready")
        plain = phones("104", live)
        dialog, answer = plain.call("89161234567", password=password(104), timeout_s=30.0)
        if policy == "required" and not theirs:
            assert status(answer) not in (0, 200), operator.log
            assert not [n for n in live.notes if isinstance(n, note.CallAnswered)]
        else:
            assert status(answer) == 200 and "crypto" not in answer, operator.log
            live.wait_note(note.CallAnswered, number="89161234567")
            plain.media.say(tone(600, 2.0), port_in(answer))
            plain.media.wait_pitch(1000)
            operator.wait_pitch(600, 10.0)
            legs = live.driver.ask_inside(lambda c: [one.winner for one in c.executor.legs.values() if one.winner])
            assert [bool(leg.encrypts) for leg in legs] == [bool(theirs)]
            plain.hang_up(dialog)
        live.wait_idle()


@pytest.mark.debian
def test_operator_over_tls_calls_in_with_keys(
    begin: Callable[..., tuple[Live, int]], tmp_path: Path, operators_files: dict[str, Any]
) -> None:
    """Its call reaches the greeting, is heard there, and its keys are pressed through the encryption."""
    port = pair_of_ports()
    live, tls = begin(operator_at(port + 1, "required", calls_from=None))
    live.driver.submit(ev.OverrideSet(element=5400, mode="match"))  # working hours, whatever the hour
    files = {**operators_files, **STRONG, "sip_port": port}
    with running(tmp_path / "operator", 79161234567, port, **files) as operator:
        operator.wait_log("ready")
        operator.command("dial", f"sip:74951234567@127.0.0.1:{tls};transport=tls")
        live.wait_event(ev.CallArrived)
        live.wait_note(note.CallStarted)
        operator.press("2")
        pressed = live.wait_event(ev.DigitPressed)
        assert isinstance(pressed, ev.DigitPressed) and pressed.digit == "2"
        operator.command("hangup", "")
        live.wait_idle()


def test_without_tls_no_key_is_taken_and_required_refuses(
    begin: Callable[..., tuple[Live, int]], phones: Callable[..., Phone]
) -> None:
    live, _ = begin(u103=PhoneMedia(srtp="required"), u104=PhoneMedia(srtp="optional"))
    strong, plain, other = phones("103", live), phones("104", live), phones("105", live)
    keyed = plain.sdp().replace("RTP/AVP", "RTP/SAVP") + f"a={LINE}\r\n"
    assert status(plain.call("105", password=password(104), body=keyed)[1]) == 488, "keys over UDP"
    assert status(strong.call("105", password=password(103))[1]) == 488, "no keys"
    assert status(strong.register(password(103), algorithm="MD5")) == 200
    other.call("103", password=password(105))
    assert not strong.heard("INVITE"), "it came without TLS"


def test_descriptions_with_keys() -> None:
    text = f"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:x\r\na={LINE}\r\n"
    assert isinstance(sdp.read(text), sdp.Refusal), "not where signalling is open"
    found = sdp.read(text, encrypted=True)
    assert isinstance(found, sdp.Description) and found.key is not None
    assert (found.key.tag, found.key.suite, found.key.secret) == (2, sdes.SUITES[1], SECRET)
    assert base64.b64encode(SECRET).decode() not in repr(found) and "secret" not in repr(found.key)
    ours = sdes.made(found.key)
    answer = sdp.build("192.0.2.9", 5000, sdp.Choice(codec=8, telephone_event=None), key=ours, offer=found)
    assert "m=audio 5000 RTP/SAVP 8" in answer and re.search(
        r"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:\S{40}\r\n", answer
    )
    assert sdes.made().secret != sdes.made().secret
    for broken in (LINE + " UNENCRYPTED_SRTP", LINE + "|2^20|1:4", LINE[:-4], LINE.replace("_32", "_16")):
        with pytest.raises(ValueError, match="no key of a suite") as fault:
            sdes.read([broken])
        assert "inline" not in str(fault.value)
    assert sdes.read([LINE + "|2^31"]).tag == 2


def test_trunk_with_srtp_must_be_over_tls() -> None:
    assert TrunkConfig(host="sip.example", transport="tls", srtp="required").srtp == "required"
    with pytest.raises(ValueError, match="transport: tls"):
        TrunkConfig(host="sip.example", srtp="optional")
    config = LiveConfig.model_validate({"phones": {"srtp": "optional", "users": {101: {"srtp": "required"}}}})
    assert (config.phones.srtp, config.phones.users[101].srtp) == ("optional", "required")
