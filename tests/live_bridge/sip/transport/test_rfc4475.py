"""Every message of RFC 4475, section by section, written again from the standard's descriptions (its names in brackets).

Valid ones (3.1.1) are handled, invalid ones (3.1.2) get a 4xx or nothing, the others what the standard says of them. The bridge
must answer an OPTIONS after each, and nothing may have fallen inside it. More of the kind is in `test_torture.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from tests.live_bridge.live import Live
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.transport.test_sippy_patches import alive, options
from tests.live_bridge.sip.transport.test_torture import SILENCE, message, reports

Make = Callable[[], str]

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n"
OURS = "sip:78121234567@127.0.0.1"
CONTACT = "Contact: <sip:x@127.0.0.1:{port}>\r\n"
FORBIDDEN, CHALLENGED, REFUSED = (403,), (401,), (400,)


def invite(extra: str = "", /, **parts: str) -> str:
    """An INVITE from nobody we know: 403 shows that it was understood."""
    values = {
        "method": "INVITE",
        "uri": OURS,
        "body": SDP,
        "more": f"{CONTACT}Content-Type: application/sdp\r\n{extra}",
        **parts,
    }
    return message(**values)


def register(extra: str = "", /, **parts: str) -> str:
    """A REGISTER without proof: 401 shows that it was understood."""
    values = {
        "method": "REGISTER",
        "to": "<sip:100@127.0.0.1>",
        "from_": "<sip:100@127.0.0.1>;tag=8",
        "more": extra,
        **parts,
    }
    return message(**values)


def answer(line: str, **parts: str) -> str:
    """A response nobody asked for."""
    return line + "\r\n" + message(method="INVITE", **parts).split("\r\n", 1)[1]


MESSAGES: dict[str, tuple[Make, tuple[int, ...]]] = {
    "3.1.1.1 a short tortuous INVITE (wsinv)": (
        lambda: (
            f"INVITE {OURS};unknownparam SIP/2.0\r\nTO :\r\n <{OURS}> ;   tag    = \r\n".replace(" ;   tag    = ", "")
            + 'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\n'
            "Call-ID: wsinv." + secrets.token_hex(8) + "\r\nContent-Length   : 0\r\ncseq: 0009\r\n  INVITE\r\n"
            "Via  : SIP  /   2.0\r\n /UDP\r\n    127.0.0.1:{port};branch=z9hG4bK" + secrets.token_hex(5) + "\r\ns :\r\n"
            "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\nUnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
            "Contact:\r\n <sip:x@127.0.0.1:{port}>\r\n\r\n"
        ),
        (400, 403),
    ),
    "3.1.1.2 a wide range of valid characters (intmeth)": (
        lambda: message(method="!interesting-Method0123456789_*+`.%indeed'~",
            to='"BEL:\u0007 NUL:x DEL:\u007f" <sip:1@127.0.0.1>'),
        (400, 501, SILENCE),  # control characters in a head are not looked at: no telephone writes them
    ),
    "3.1.1.3 valid use of the % escaping mechanism (esc01)": (
        lambda: invite(uri="sip:sips%3Auser%40example.com@127.0.0.1", to="sip:%75se%72@127.0.0.1"), FORBIDDEN,
    ),
    "3.1.1.4 escaped nulls in URIs (escnull)": (
        lambda: register("Contact: <sip:%00@127.0.0.1:{port}>\r\n", to="sip:null-%00-null@127.0.0.1",
            from_="sip:null-%00-null@127.0.0.1;tag=8"),
        CHALLENGED,
    ),
    "3.1.1.5 % that is no escape (esc02)": (lambda: message(method="RE%47IST%45R"), (501,)),
    "3.1.1.6 no white space between name and angle (lwsdisp)": (
        lambda: message(from_="caller<sip:x@127.0.0.1>;tag=323"),
        (200,),
    ),
    "3.1.1.7 long values (longreq)": (
        lambda: invite("".join(f"Extension-{n}: {'long' * 20}\r\n" for n in range(20)),
            uri=OURS + ";" + "p" * 400 + "=" + "v" * 400),
        FORBIDDEN,
    ),
    "3.1.1.8 octets behind the message (dblreq)": (
        lambda: register() + "INVITE sip:joe@127.0.0.1 SIP/2.0\r\n\r\n",
        CHALLENGED,
    ),
    "3.1.1.9 semicolons in the user part (semiuri)": (lambda: message(uri="sip:user;par=u%40example.net@127.0.0.1"), (200,)),
    "3.1.1.10 varied transports in Via (transports)": (
        lambda: message(
            via="127.0.0.1:{port};branch=z9hG4bKa" + secrets.token_hex(4) + "\r\nVia: SIP/2.0/SCTP 192.0.2.1;branch=z9hG4bK1"
            "\r\nVia: SIP/2.0/UNKNOWN 192.0.2.2;branch=z9hG4bK2\r\nVia: SIP/2.0/TLS 192.0.2.3",
        ),
        (200,),
    ),
    "3.1.1.11 a multipart body (mpart01)": (
        lambda: invite(
            body="--7a9\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9\r\n"
            "Content-Type: application/octet-stream\r\n\r\nxyz\r\n--7a9--",
            more=CONTACT + "Content-Type: multipart/mixed;boundary=7a9\r\n",
        ),
        (400, 415),
    ),
    "3.1.1.12 an unusual reason phrase (unreason)": (
        lambda: answer("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять"),
        (SILENCE,),
    ),
    "3.1.1.13 an empty reason phrase (noreason)": (lambda: answer("SIP/2.0 100 "), (SILENCE,)),
    "3.1.2.1 extraneous separators (badinv01)": (
        lambda: invite(via="127.0.0.1:{port};;,;,,", more='Contact: "Joe" <sip:x@127.0.0.1>;;;;\r\n'), REFUSED,
    ),
    "3.1.2.2 Content-Length beyond the message (clerr)": (lambda: invite(length="9999"), REFUSED),
    "3.1.2.3 negative Content-Length (ncl)": (lambda: invite(length="-999"), REFUSED),
    "3.1.2.4 scalars that overflow in a request (scalar02)": (
        lambda: register("Expires: 1000000000000000000000000000000\r\n", cseq="36893488147419103232 REGISTER"), REFUSED,
    ),
    "3.1.2.5 scalars that overflow in a response (scalarlg)": (
        lambda: answer("SIP/2.0 503 Service Unavailable", cseq="9292394834772304023312 OPTIONS",
            more="Retry-After: 9" + "4" * 30 + "\r\n"),
        (SILENCE,),
    ),
    "3.1.2.6 a quote that is not closed (quotbal)": (lambda: invite(to=f'"Mr. J. User <{OURS}>'), REFUSED),
    "3.1.2.7 angles around the Request-URI (ltgtruri)": (lambda: invite(uri=f"<{OURS}>"), REFUSED),
    "3.1.2.8 white space in the Request-URI (lwsruri)": (lambda: invite(uri=OURS + "; lr"), REFUSED),
    "3.1.2.9 spaces in the request line (lwsstart)": (lambda: invite(uri=" " + OURS + " "), REFUSED),
    "3.1.2.10 spaces after the request line (trws)": (
        lambda: message().replace("SIP/2.0\r\n", "SIP/2.0  \r\n", 1), (400,
        505),
    ),
    "3.1.2.11 escaped headers in the Request-URI (escruri)": (
        lambda: invite(uri=OURS + "?Route=%3Csip:example.com%3E"), (400,
        403),
    ),
    "3.1.2.12 another time zone in Date (baddate)": (lambda: invite("Date: Fri, 01 Jan 2010 16:00:00 EST\r\n"), (400, 403)),
    "3.1.2.13 a name-addr without angles (regbadct)": (
        lambda: register("Contact: sip:user@127.0.0.1?Route=%3Csip:sip.example.com%3E\r\n"), (400, 401),
    ),
    "3.1.2.14 spaces within an address (badaspec)": (
        lambda: message(to='"Watson, Thomas" < sip:t.watson@127.0.0.1 >'), (200,
        400),
    ),
    "3.1.2.15 letters that are no token in a name (baddn)": (
        lambda: message(from_="Bell, Alexander <sip:a@127.0.0.1>;tag=43"),
        (400,),
    ),
    "3.1.2.16 an unknown version (badvers)": (lambda: message().replace("SIP/2.0\r\n", "SIP/7.0\r\n", 1), (505,)),
    "3.1.2.17 another method in CSeq (mismatch01)": (lambda: message(cseq="8 INVITE"), REFUSED),
    "3.1.2.18 unknown method, another one in CSeq (mismatch02)": (
        lambda: message(method="NEWMETHOD", cseq="8 INVITE"), (400,
        501),
    ),
    "3.1.2.19 an overlarge response code (bigcode)": (
        lambda: answer("SIP/2.0 4294967301 better not break the receiver"),
        (SILENCE,),
    ),
    "3.2.1 a branch that is only the cookie (badbranch)": (lambda: message(branch=""), (200,)),
    "3.3.1 missing header fields (insuf)": (
            lambda: f"INVITE {OURS} SIP/2.0\r\nCSeq: 193942 INVITE\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{{port}};branch=z9hG4bKkdj\r\n\r\n", (400, SILENCE),
    ),
    "3.3.2 an unknown scheme (unkscm)": (lambda: message(uri="nobodyKnowsThisScheme:totallyopaquecontent"), (416,)),
    "3.3.3 a known scheme that is not ours (novelsc)": (lambda: message(uri="soap.beep://192.0.2.103:3002"), (400, 416)),
    "3.3.4 unknown schemes in header fields (unksm2)": (
        lambda: register("Contact: <name:John_Smith>\r\n", to="isbn:2983792873",
            from_="<http://www.example.com>;tag=3"), (400, 401, 403),
    ),
    "3.3.5 Proxy-Require and Require (bext01)": (
        lambda: message(more="Require: nothingSupportsThis, nothingSupportsThisEither\r\n"
            "Proxy-Require: noProxiesSupportThis\r\n"), (420,),
    ),
    "3.3.6 an unknown content type (invut)": (
        lambda: invite(body="<audio>", more=CONTACT + "Content-Type: application/unknownformat\r\n"), (415,),
    ),
    "3.3.7 an unknown authorization scheme (regaut01)": (
        lambda: register("Authorization: NoOneKnowsThisScheme opaque-data=here\r\n"), (401, 403),
    ),
    "3.3.8 several values where one may be (multi01)": (
            lambda: invite("CSeq: 59 INVITE\r\nCall-ID: another\r\nTo: <sip:other@127.0.0.1>\r\n"
            "From: <sip:o@127.0.0.1>;tag=4\r\n"), REFUSED,
    ),
    "3.3.9 several Content-Lengths (mcl01)": (lambda: message(more="Content-Length: 13\r\n"), REFUSED),
    "3.3.10 a response by way of the broadcast address (bcast)": (
        lambda: answer("SIP/2.0 200 OK", via="192.0.2.198;branch=z9hG4bK1;received=255.255.255.255"), (SILENCE,),
    ),
    "3.3.11 Max-Forwards of zero (zeromf)": (lambda: message().replace("Max-Forwards: 70", "Max-Forwards: 0"), (200, 483)),
    "3.3.12 a parameter of the contact field (cparam01)": (
        lambda: register("Contact: sip:+19725552222@127.0.0.1:{port};unknownparam\r\n"), CHALLENGED,
    ),
    "3.3.13 a parameter of the contact's URI (cparam02)": (
        lambda: register("Contact: <sip:+19725552222@127.0.0.1:{port};unknownparam>\r\n"), CHALLENGED,
    ),
    "3.3.14 headers in the contact's URI (regescrt)": (
        lambda: register("Contact: <sip:user@127.0.0.1:{port}?Route=%3Csip:sip.example.com%3E>\r\n"), CHALLENGED,
    ),
    "3.3.15 an Accept nobody can meet (sdp01)": (lambda: invite("Accept: text/nobodyKnowsThis\r\n"), (403, 406)),
    "3.4.1 an INVITE of RFC 2543 (inv2543)": (
        lambda: (
            f"INVITE {OURS} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{{port}}\r\n"
            f"From: <sip:iuser@127.0.0.1>;tag=43\r\nTo: <{OURS}>\r\n"
            "Record-Route: <sip:UserB@127.0.0.1;maddr=ss1.example.com>\r\nCall-ID: inv2543." + secrets.token_hex(6) + "\r\n"
            "Contact: <sip:x@127.0.0.1:{port}>\r\nCSeq: 56 INVITE\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(SDP)}\r\n\r\n{SDP}"
        ),
        FORBIDDEN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_message_of_the_standard_is_judged_and_leaves_us_alive(
    name: str, phones: Callable[..., Phone], bridge: Live
) -> None:
    reports()
    phone = phones("x", bridge)
    make, wanted = MESSAGES[name]
    phone.send(make().replace("{port}", str(phone.port)))
    probe = options(phone)
    phone.send(probe)
    call_id = probe.split("Call-ID: ")[1].split("\r\n")[0]
    phone.wait(lambda m: status(m) == 200 and call_id in m)
    heard = [status(m) for m in phone.messages if call_id not in m and status(m) >= 200]
    assert (heard[0] if heard else SILENCE) in wanted, phone.messages
    assert alive(phone)
    assert reports() == 0
    assert bridge.driver.calls_in_progress() == 0
