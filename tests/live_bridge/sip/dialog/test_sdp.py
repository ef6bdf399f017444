"""Session descriptions of browsers, and of telephones that offer more than we speak."""

from __future__ import annotations

import pytest

from live_bridge.media.secure import Local
from live_bridge.sip.dialog import sdp
from tests.live_bridge.media.test_secure import GOOD, PRINT

LOCAL = Local(ip="192.0.2.1", port=20000, fingerprint=PRINT, ufrag="abcd", password="x" * 24)

CHROMIUM = "\r\n".join(
    [
        "v=0", "o=- 8903966173125192956 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE audio video",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "c=IN IP4 0.0.0.0", "a=mid:audio",
        *(f"a={line}" for line in GOOD), "a=sendrecv",
        "a=rtpmap:111 opus/48000/2", "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:110 telephone-event/48000", "a=rtpmap:126 telephone-event/8000",
        "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:video", "a=rtpmap:96 VP8/90000", "",
    ]
)  # fmt: skip


def test_browsers_offer_is_read_and_an_address_of_zeros_is_no_hold() -> None:
    offer = sdp.parse(CHROMIUM)
    assert offer.peer is not None and offer.peer.ufrag == "cIoG"
    assert offer.payloads == (sdp.OPUS, 9, 0, 8) and (offer.opus, offer.telephone_event) == (111, 126)
    assert offer.direction == "sendrecv" and not offer.held
    assert [stream.mid for stream in offer.streams] == ["audio", "video"]


def test_keys_may_stand_for_the_whole_session() -> None:
    """Firefox writes its fingerprint there."""
    moved = [line for line in CHROMIUM.split("\r\n") if not line.startswith("a=fingerprint")]
    moved.insert(4, f"a=fingerprint:sha-256 {PRINT}")
    peer = sdp.parse("\r\n".join(moved)).peer
    assert peer is not None and peer.fingerprint == PRINT


def test_answer_has_as_many_streams_as_the_offer_and_its_protocol() -> None:
    offer = sdp.parse(CHROMIUM)
    text = sdp.build(LOCAL.ip, LOCAL.port, sdp.choose(offer), local=LOCAL, offer=offer)
    lines = text.split("\r\n")
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 20000 UDP/TLS/RTP/SAVPF 8 126",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
    ]
    assert [line for line in lines if line.startswith("a=mid")] == ["a=mid:audio", "a=mid:video"]
    assert "a=group:BUNDLE audio" in lines and "a=setup:passive" in lines
    back = text.replace("setup:passive", "setup:active").replace("a=ice-lite\r\n", "")
    assert sdp.parse(back).peer is not None, "what we write can be read"


def test_offer_for_a_browser_leaves_it_the_choice_of_roles() -> None:
    text = sdp.build(LOCAL.ip, LOCAL.port, sdp.OFFERED, local=LOCAL)
    assert "m=audio 20000 UDP/TLS/RTP/SAVPF 8 101" in text and "a=setup:actpass" in text and "a=mid:0" in text


def test_plain_stream_behind_one_with_keys_in_the_text_is_taken() -> None:
    """Some telephones offer both; RTP/SAVP is not spoken here, and its line is refused in its place."""
    offer = sdp.parse(
        "v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:1 x\r\nm=audio 4002 RTP/AVP 0\r\n"
    )
    assert (offer.port, offer.payloads, offer.peer) == (4002, (0,), None)
    text = sdp.build("192.0.2.1", 20000, sdp.choose(offer), offer=offer)
    assert [line for line in text.split("\r\n") if line.startswith("m=")] == [
        "m=audio 0 RTP/SAVP 8",
        "m=audio 20000 RTP/AVP 0",
    ]


@pytest.mark.parametrize("protocol", ["RTP/SAVP", "RTP/SAVPF", "TCP/RTP/AVP"])
def test_protocol_we_do_not_speak_is_refused(protocol: str) -> None:
    with pytest.raises(sdp.Unusable):
        sdp.parse(f"v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 {protocol} 8\r\n")


def test_browser_without_keys_is_refused_with_the_reason() -> None:
    with pytest.raises(sdp.Unusable, match="fingerprint"):
        sdp.parse("\r\n".join(line for line in CHROMIUM.split("\r\n") if not line.startswith("a=fingerprint")))


@pytest.mark.parametrize("name", ["a b", "ж", "x" * 40, "<script>"])
def test_stream_with_a_strange_name_is_answered_without_it_or_in_ascii(name: str) -> None:
    """The answer goes into a message of ours, whose characters are bytes."""
    offer = sdp.parse(CHROMIUM.replace("a=mid:audio", f"a=mid:{name}"))
    sdp.build(LOCAL.ip, LOCAL.port, sdp.choose(offer), local=LOCAL, offer=offer).encode("ascii")


PLAIN = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=audio 4000 RTP/AVP 8 101"]

UNUSABLE = {
    "no address": ("c=IN IP4 192.0.2.9", ""),
    "a name": ("c=IN IP4 192.0.2.9", "c=IN IP4 phone.example"),
    "an address of another family than it says": ("c=IN IP4 192.0.2.9", "c=IN IP6 192.0.2.9"),
    "an IPv6 address that says it is IPv4": ("c=IN IP4 192.0.2.9", "c=IN IP4 2001:db8::9"),
    "an address with a part too large": ("c=IN IP4 192.0.2.9", "c=IN IP4 192.0.2.999"),
    "an address of one machine's own wire": ("c=IN IP4 192.0.2.9", "c=IN IP6 fe80::1%eth0"),
    "an IPv4 address in the clothes of IPv6": ("c=IN IP4 192.0.2.9", "c=IN IP6 ::ffff:192.0.2.9"),
    "an address in octal": ("c=IN IP4 192.0.2.9", "c=IN IP4 0300.0.02.011"),
    "an address in one number": ("c=IN IP4 192.0.2.9", "c=IN IP4 3221225993"),
    "an address in digits of another script": ("c=IN IP4 192.0.2.9", "c=IN IP4 １９２.0.2.9"),
    "a group's address": ("c=IN IP4 192.0.2.9", "c=IN IP4 224.2.1.1/127"),
    "everybody's address": ("c=IN IP4 192.0.2.9", "c=IN IP4 255.255.255.255"),
    "another network": ("c=IN IP4 192.0.2.9", "c=ATM NSAP 47.0091"),
    "a connection line cut off": ("c=IN IP4 192.0.2.9", "c=IN"),
    "port 0": ("m=audio 4000", "m=audio 0"),
    "a port beyond the last": ("m=audio 4000", "m=audio 70000"),
    "a negative port": ("m=audio 4000", "m=audio -4000"),
    "a port with an underscore": ("m=audio 4000", "m=audio 4_000"),
    "a port in digits of another script": ("m=audio 4000", "m=audio ４０００"),
    "a media line cut off": ("m=audio 4000 RTP/AVP 8 101", "m=audio"),
    "an empty media line": ("m=audio 4000 RTP/AVP 8 101", "m="),
    "no format": ("RTP/AVP 8 101", "RTP/AVP"),
    "a format that is no number": ("RTP/AVP 8 101", "RTP/AVP eight"),
    "a format beyond the last": ("RTP/AVP 8 101", "RTP/AVP 8 999999999999999999999"),
    "keys in the description itself": ("RTP/AVP", "RTP/SAVP"),
    "video alone": ("m=audio", "m=video"),
    "nothing": ("\r\n".join(PLAIN), ""),
    "a second media line that no answer could repeat": ("RTP/AVP 8 101", "RTP/AVP 8 101\r\nm=видео 1 RTP/AVP 96"),
    "a flood of lines": ("t=0 0", "\r\n".join(["b=AS:1"] * 2000)),
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_unusable_description_is_a_refusal_that_says_why(fault: str) -> None:
    old, new = UNUSABLE[fault]
    text = "\r\n".join(PLAIN)
    assert isinstance(sdp.read(text), sdp.Description) and old in text
    refused = sdp.read(text.replace(old, new))
    assert isinstance(refused, sdp.Refusal) and refused.status == 488 and refused.why
