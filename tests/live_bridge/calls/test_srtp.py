"""Sound encrypted with keys from the session description (SRTP, SDES): baresip over TLS as a real peer, and what is refused."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.config import LiveConfig
from live_bridge.config_sections import TrunkConfig
from live_bridge.media import sdes
from live_bridge.sip.dialog import sdp
from live_bridge.sip.settings import Listen, PhoneMedia
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

    def start(**media: PhoneMedia) -> tuple[Live, int]:
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
        return start_live(listen=lines, algorithms=("MD5",), phones_of=own), tls

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
        strong.wait_pitch(600, 5.0)
        assert status(plain.register(password(104), algorithm="MD5")) == 200
        strong.command("dial", f"sip:104@127.0.0.1:{tls}")
        invite = plain.called().invite
        live.wait_note(note.CallAnswered, user=104)
        plain.media.forget()
        plain.media.say(tone(1700, 2.0), port_in(invite))
        plain.media.wait_pitch(1000)
        strong.wait_pitch(1700, 5.0)
        strong.press("7")
        assert plain.media.digits_heard() == ["7"]
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
