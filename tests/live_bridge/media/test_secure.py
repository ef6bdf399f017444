"""What a browser's description must say, and what of it never reaches rtp.io's command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_bridge.media import secure
from live_bridge.media.secure import Local

PRINT = ":".join(f"{number:02X}" for number in range(32))

GOOD = (
    "ice-ufrag:cIoG",
    "ice-pwd:4EDYa01VOAQzupPVvcEzkM3q",
    f"fingerprint:sha-256 {PRINT.lower()}",
    "setup:actpass",
    "rtcp-mux",
    "candidate:3351587960 1 udp 2122194687 198.51.100.7 55078 typ host generation 0 network-id 1",
    "candidate:2 1 udp 1686052607 203.0.113.9 40000 typ srflx raddr 198.51.100.7 rport 55078",
    "candidate:3 1 udp 2122265343 0c1c2a3e-6a4b-4f5e-9d7a-b1d0c7a9f0e1.local 60234 typ host",
    "candidate:4 1 udp 2122265343 fd00::2 60235 typ host",
    "candidate:5 1 tcp 1518214911 198.51.100.7 9 typ host tcptype active",
    "candidate:6 2 udp 2122194686 198.51.100.7 55079 typ host",
)


def without(name: str, *instead: str) -> list[str]:
    """The good lines without those of one name."""
    return [line for line in GOOD if not line.startswith(name)] + list(instead)


def test_browsers_part_is_read() -> None:
    peer = secure.read(GOOD)
    assert (peer.fingerprint, peer.ufrag) == (PRINT, "cIoG")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (without("rtcp-mux"), "no rtcp-mux"),
        (without("fingerprint"), "fingerprint"),
        (without("fingerprint", "fingerprint:sha-1 AA:BB"), "fingerprint"),
        (without("fingerprint", f"fingerprint:sha-256 {PRINT}:00"), "fingerprint"),
        (without("setup", "setup:passive"), "setup:passive"),
        (without("setup"), "setup"),
        (without("ice-ufrag"), "ICE"),
        (without("ice-ufrag", "ice-ufrag:abc d"), "ICE"),
        (without("ice-pwd", "ice-pwd:short"), "ICE"),
        (without("ice-pwd", "ice-pwd:4EDYa01VOAQzupPVvcEzkM3q && X"), "ICE"),
        ([*GOOD, "ice-lite"], "ice-lite"),
    ],
)
def test_part_that_cannot_be_served_is_refused_with_its_reason(lines: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        secure.read(lines)


@given(
    name=st.sampled_from(["ice-ufrag", "ice-pwd", "fingerprint", "candidate", "setup", "mid", "rtcp-mux"]),
    value=st.text(alphabet=st.characters(blacklist_characters="\r\n"), max_size=80),
)
def test_nothing_strange_gets_through(name: str, value: str) -> None:
    """Every field goes into a command, whose parts are parted by spaces and ampersands."""
    try:
        peer = secure.read([f"{name}:{value}", *GOOD])
    except ValueError:
        return
    assert all(
        word.isascii() and word.isprintable() and " " not in word and "&" not in word
        for word in (peer.fingerprint, peer.ufrag)
    )


def test_our_part_answers_passively_and_offers_both() -> None:
    local = Local(ip="192.0.2.1", port=20000, fingerprint=PRINT, ufrag="abcd", password="x" * 24)
    answer, offer = (secure.media_lines(local, "audio", answering=way) for way in (True, False))
    assert "a=setup:passive" in answer and "a=setup:actpass" in offer
    assert "a=mid:audio" in answer and "a=rtcp-mux" in answer
    assert f"a=candidate:1 1 UDP {secure.PRIORITY} 192.0.2.1 20000 typ host" in answer
    assert secure.session_lines("audio") == ["a=ice-lite", "a=group:BUNDLE audio"]
