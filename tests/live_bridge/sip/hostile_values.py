"""What hostile messages may say, field by field: broken, strange, empty, too long, of another script, and now and then right."""

from __future__ import annotations

from tests.live_bridge.live import DOMAIN

CALLED = ("74951234567", "78121234567")

NUMBERS = (
    "0",
    "-1",
    "99999999999999999999",
    "1e3",
    "",
    "٣٤",
    "４",
    "²",
    "0x10",
    "1_0",
    " 7",
    "4294967296",
    "2147483648",
    "NaN",
)
TEXTS = (
    "",
    " ",
    "*",
    ";",
    ",",
    "<",
    ">",
    "<>",
    '"',
    '"a',
    "\\",
    "%00",
    "%",
    "ж",
    "\u202e",
    "\ufeffa",
    "a" * 3000,
    ";;,,=",
    "=",
    "\t",
)
HOSTS = (
    "127.0.0.1",
    "[::1]",
    "[::",
    "phone.invalid",
    "",
    "256.1.1.1",
    "127.0.0.1:0",
    "127.0.0.1:99999",
    "h" * 300,
    "a b",
    "-",
    "ж.рф",
)
URIS = tuple(
    f"{scheme}{user}{host}{rest}"
    for scheme in ("sip:", "sips:", "tel:", "", "mailto:", "SIP:")
    for user in ("", "101@", "%40%0d%0a@", "a;b=c@", ":@", "ж@", "101:pw@")
    for host in HOSTS[:6]
    for rest in ("", ";lr", "?Replaces", "?a=b&c", ";transport=UDP", ";transport=sctp", "?Replaces=a%3Bto-tag%3D1")
)
ADDRESSES = (
    *TEXTS,
    "<sip:101@127.0.0.1>;tag",
    "<sip:101@127.0.0.1>;tag=",
    '"A <sip:1@h>',
    "sip:1@h;tag=1;tag=2",
    "<sip:a@b>;expires=x",
)
REPLACES = (
    "",
    "a",
    "a;to-tag=1",
    "a;to-tag=1;from-tag=2",
    ";to-tag;from-tag",
    "a;to-tag=1;to-tag=1;from-tag=2",
    "x" * 900,
)
DIGESTS = (
    "", "Digest", "Digest ", "Digest username", "Digest username=", 'Digest username="101', "Basic MTAxOng=",
    "Digest ,,,", "ж",
    'Digest username="101",realm="' + DOMAIN + '",nonce="x",uri="sip:x",response="y"',
    'Digest username="101",realm="' + DOMAIN + '",nonce="",uri="",response=""',
    'Digest username="101",username="102",realm="x",nonce="x",uri="x",response="x"',
    'Digest username="ж",realm="' + DOMAIN + '",nonce="////",uri="\\"",response="' + "f" * 5000 + '",qop=auth,nc=zz,cnonce=',
)  # fmt: skip
CHALLENGES = (
    "", "Digest", 'Digest realm="x"', 'Digest nonce="x"', 'Digest realm="x",nonce="y"', 'Digest realm="x",nonce="y",stale=true',
    'Digest realm="x",nonce="y",qop="auth",algorithm=SHA-256', 'Digest realm="x",nonce="y",qop="auth-int"',
    "Digest realm=,nonce=,",
    'Digest realm="x",nonce="y",algorithm=ROT13', 'Digest realm="a\\"b",nonce="y",qop="auth,auth-int",opaque="\\\\"', "NTLM", "ж",
)  # fmt: skip
TIMERS = (
    *NUMBERS,
    "90",
    "89",
    "1800;refresher=uac",
    "1800;refresher=uas",
    "1800;refresher=nobody",
    "100;;;",
    "90;refresher",
)
MEDIA = (
    "m=audio 40000 RTP/AVP 8 101", "m=audio 0 RTP/AVP 8", "m=audio 40000 RTP/SAVP 8", "m=audio", "m=", "m=audio x RTP/AVP 8",
    "m=audio 40000 RTP/AVP", "m=audio 40000 RTP/AVP 300", "m=video 40000 RTP/AVP 96", "m=audio 99999 RTP/AVP 8",
    "m=audio 40000/2 RTP/AVP 8", "m=audio ４ RTP/AVP 8", "m=audio 40000 UDP/TLS/RTP/SAVPF 8", "m=image 40000 udptl t38",
    "m=audio 40000 RTP/AVP 18", "m=audio 40000 RTP/AVP 0 8 9 101",
)  # fmt: skip
PLACES = (
    "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", "c=IN IP6 ::1", "c=IN IP4 ::1", "c=IN IP4 phone.example", "c=IN", "c=", "",
    "c=IN IP4 224.0.0.1/3", "c=IN IP4 999.1.1.1", "c=IN IP6 fe80::1%lo", "c=ATM NSAP 47",
)  # fmt: skip
ATTRIBUTES = (
    "a=sendonly", "a=inactive", "a=recvonly", "a=sendrecv", "a=rtpmap:8 PCMA/8000", "a=rtpmap:x",
    "a=rtpmap:101 telephone-event/8000",
    "a=rtpmap:99999 x", "a=mid:ж", "a=fingerprint:sha-256 00", "a=candidate:", "a=ptime:0", "a=", "b=AS:x", "zzz",
    "a=setup:active",
)  # fmt: skip
TYPES = ("application/sdp", "application/sdp", "text/plain", "multipart/mixed;boundary=x", "multipart/mixed", "", "/", "a/b/c",
         "APPLICATION/SDP", "application/dtmf-relay", "message/sipfrag")  # fmt: skip
METHODS = (
    "INVITE",
    "UPDATE",
    "REFER",
    "INFO",
    "NOTIFY",
    "PRACK",
    "OPTIONS",
    "MESSAGE",
    "SUBSCRIBE",
    "BYE",
    "FOO",
    "CANCEL",
)
STATUSES = (100, 180, 183, 200, 200, 200, 202, 299, 300, 301, 302, 400, 401, 404, 407, 408, 415, 422, 480, 481, 486, 487, 488,
            491, 500, 503, 600, 603, 606, 699)  # fmt: skip
OTHERS: dict[str, tuple[str, ...]] = {
    "Contact": ADDRESSES,
    "Refer-To": (*ADDRESSES, *(f"<{uri}>" for uri in URIS)),
    "Referred-By": ADDRESSES,
    "Replaces": REPLACES,
    "Authorization": DIGESTS,
    "Proxy-Authorization": DIGESTS,
    "WWW-Authenticate": CHALLENGES,
    "Proxy-Authenticate": CHALLENGES,
    "Session-Expires": TIMERS,
    "Min-SE": TIMERS,
    "Expires": NUMBERS,
    "Min-Expires": NUMBERS,
    "Max-Forwards": NUMBERS,
    "Route": ADDRESSES,
    "Record-Route": ADDRESSES,
    "Require": (*TEXTS, "timer", "100rel", "replaces"),
    "Supported": TEXTS,
    "Allow": TEXTS,
    "Reason": (*TEXTS, "Q.850;cause=x", "Q.850;cause=", "SIP;cause=200", "Q.850;cause=16;text=", "Q.850;text=1"),
    "P-Asserted-Identity": ADDRESSES,
    "Diversion": ADDRESSES,
    "User-Agent": TEXTS,
    "Server": TEXTS,
    "Event": TEXTS,
    "RSeq": NUMBERS,
    "RAck": NUMBERS,
    "Retry-After": NUMBERS,
    "Warning": TEXTS,
    "Also": ADDRESSES,
    "Content-Encoding": TEXTS,
    "Content-Length": NUMBERS,
}
"""Fields that may be put into any message, and what they may say."""
