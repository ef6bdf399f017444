"""Messages in the manner of RFC 4475: strange but right ones are handled, broken ones get their 4xx or silence.

The bridge must answer an OPTIONS after each, and its guard must have caught nothing unexpected.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable

import pytest

from live_bridge.sip.loop import the_loop
from live_bridge.sip.transport import message_filter
from tests.live_bridge.live import Live
from tests.live_bridge.sip.phone import Phone, field, status
from tests.live_bridge.sip.transport.test_sippy_patches import alive, options

SILENCE = 0

HEAD = (
    "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{branch};rport\r\nMax-Forwards: 70\r\n"
    "From: {from_}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n{more}Content-Length: {length}\r\n\r\n{body}"
)


def message(**parts: str) -> str:
    """A message with some parts replaced."""
    values = {
        "method": "OPTIONS",
        "uri": "sip:127.0.0.1",
        "via": "127.0.0.1:{port}",
        "branch": secrets.token_hex(6),
        "from_": "<sip:x@127.0.0.1>;tag=1",
        "to": "<sip:127.0.0.1>",
        "call_id": secrets.token_hex(8),
        "cseq": f"1 {parts.get('method', 'OPTIONS')}",
        "more": "",
        "body": "",
        **parts,
    }
    values.setdefault("length", str(len(values["body"])))
    return HEAD.format(**values)


VALID = {
    "short forms of header names, and folded lines": lambda: (
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:{port};\r\n  branch=z9hG4bKa"
        + secrets.token_hex(4)
        + "\r\n"
        'f: "A \\"B\\" C"\r\n <sip:x@127.0.0.1>  ;  tag=7\r\nt: <sip:127.0.0.1>\r\ni: ' + secrets.token_hex(8) + "\r\n"
        "CSEQ: 0009\r\n   OPTIONS\r\nMAX-FORWARDS: 68\r\nl: 0\r\n\r\n"
    ),
    "escaped characters in an address": lambda: message(uri="sip:sips%3Auser%40example.com@127.0.0.1"),
    "an address without brackets": lambda: message(from_="sip:x@127.0.0.1;tag=88"),
    "a display name with commas and angles": lambda: message(from_='"I, <Me> & you" <sip:x@127.0.0.1>;tag=9'),
    "letters of another script in a name": lambda: message(from_='"Игорь" <sip:x@127.0.0.1>;tag=9'),
    "several Via values in a line": lambda: message(
        via="127.0.0.1:{port};branch=z9hG4bKq" + secrets.token_hex(5) + ";rport, SIP/2.0/TCP 192.0.2.2"
    ),
    "an unknown header": lambda: message(
        more="NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
    ),
    "a long request": lambda: message(more="".join(f"X-Long-{n}: {'y' * 60}\r\n" for n in range(80))),
    "a telephone number as address": lambda: message(uri="tel:+74951234567"),
    "no Max-Forwards": lambda: message().replace("Max-Forwards: 70\r\n", ""),
    "an IPv6 address": lambda: message(uri="sip:[2001:db8::10]:5070"),
    "a parameter nobody knows": lambda: message(uri="sip:127.0.0.1;unknown=x;lr"),
}

INVALID = {
    "two From fields": (lambda: message(more="From: <sip:y@127.0.0.1>;tag=2\r\n"), (400,)),
    "two Call-IDs": (lambda: message(more="Call-ID: another\r\n"), (400,)),
    "no Call-ID": (lambda: message().replace("Call-ID:", "Call-Ix:"), (SILENCE,)),
    "no From": (lambda: message().replace("From:", "Frxm:"), (SILENCE,)),
    "From without a tag": (lambda: message(from_="<sip:x@127.0.0.1>"), (400,)),
    "CSeq that is not a number": (lambda: message(cseq="one OPTIONS"), (400,)),
    "CSeq beyond 31 bits": (lambda: message(cseq="36893488147419103232 OPTIONS"), (400,)),
    "CSeq of another method": (lambda: message(cseq="1 INVITE"), (400,)),
    "negative Content-Length": (lambda: message(length="-999"), (400,)),
    "Content-Length beyond the packet": (lambda: message(length="9999"), (400,)),
    "two different Content-Lengths": (lambda: message(more="Content-Length: 5\r\n"), (400,)),
    "quote that is not closed": (lambda: message(to='"Mr. J. User <sip:j@127.0.0.1>'), (400,)),
    "angle that is not closed": (lambda: message(to="<sip:j@127.0.0.1"), (400,)),
    "Request-URI in angles": (lambda: message(uri="<sip:127.0.0.1>"), (400,)),
    "white space in the Request-URI": (lambda: message(uri="sip:127.0.0.1; lr"), (400,)),
    "two spaces in the request line": (lambda: message(uri=" sip:127.0.0.1"), (400,)),
    "words after the version": (lambda: message().replace("SIP/2.0\r\n", "SIP/2.0  \r\n", 1), (400, 505)),
    "unknown scheme": (lambda: message(uri="nobodyKnowsThisScheme:totallyopaque"), (416,)),
    "known but foreign scheme": (lambda: message(uri="soap.beep://192.0.2.103:3002"), (400, 416)),
    "version 7.0": (lambda: message().replace("SIP/2.0\r\n", "SIP/7.0\r\n", 1), (505,)),
    "unknown method": (lambda: message(method="NEWMETHOD"), (501,)),
    "Max-Forwards above 255": (lambda: message().replace("Max-Forwards: 70", "Max-Forwards: 300"), (400,)),
    "Max-Forwards of letters": (lambda: message().replace("Max-Forwards: 70", "Max-Forwards: many"), (400,)),
    "loop": (lambda: message(method="MESSAGE").replace("Max-Forwards: 70", "Max-Forwards: 0"), (483,)),
    "Via of another protocol": (lambda: message().replace("SIP/2.0/UDP", "HTTP/1.1/UDP"), (400,)),
    "Via with port 0": (lambda: message(via="127.0.0.1:0"), (400,)),
    "unknown extension": (lambda: message(more="Require: nothingSupportsThis\r\n"), (420,)),
    "unknown proxy extension": (lambda: message(more="Proxy-Require: noProxiesSupportThis\r\n"), (420,)),
    "REGISTER with a bad contact": (
        lambda: message(method="REGISTER", to="<sip:100@127.0.0.1>", more="Contact: <sip:x@\r\n"), (400,),
    ),
    "REGISTER with an endless expiry": (
        lambda: message(method="REGISTER", to="<sip:100@127.0.0.1>", more="Expires: 99999999999999\r\n"), (400,),
    ),
    "INVITE with a body of an unknown type": (
        lambda: message(
            method="INVITE", uri="sip:78121234567@127.0.0.1", body="x",
            more="Contact: <sip:x@127.0.0.1>\r\nContent-Type: application/unknown\r\n",
        ),
        (415,),
    ),
    "request in a dialog that never was": (lambda: message(method="BYE", to="<sip:127.0.0.1>;tag=3"), (481,)),
    "response nobody asked for": (lambda: message().replace("OPTIONS sip:127.0.0.1 SIP/2.0", "SIP/2.0 200 OK", 1), (SILENCE,)),
    "response with status 4294967301": (
        lambda: message().replace("OPTIONS sip:127.0.0.1 SIP/2.0", "SIP/2.0 4294967301 better not break", 1), (SILENCE,),
    ),
    "a NUL in the head": (lambda: message(more="Subject: a\0b\r\n"), (SILENCE,)),
    "a line that ends in LF alone": (lambda: message(more="Subject: a\nVia: b\r\n"), (SILENCE,)),
    "a Unicode line separator": (lambda: message(more="Subject: a\u2028Via: b\r\n"), (SILENCE,)),
    "nothing but letters": (lambda: "hello, is there anybody in there, please answer me\r\n\r\n", (SILENCE,)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_reported_before() -> None:
    """Exceptions of other tests do not count here."""
    reports()


@pytest.mark.parametrize("name", VALID)
def test_strange_but_valid_message_is_answered(name: str, phones: Callable[..., Phone], bridge: Live) -> None:
    phone = phones("x", bridge)
    text = VALID[name]().replace("{port}", str(phone.port))
    phone.send(text)
    answer = phone.wait(lambda m: status(m) >= 200)
    assert status(answer) == 200
    assert field(answer, "Call-ID") == (field(text, "Call-ID") or field(text, "i"))


@pytest.mark.parametrize("name", INVALID)
def test_broken_message_gets_its_answer_or_silence(name: str, phones: Callable[..., Phone], bridge: Live) -> None:
    phone = phones("x", bridge)
    make, wanted = INVALID[name]
    phone.send(make().replace("{port}", str(phone.port)))
    if wanted == (SILENCE,):
        probe = options(phone)
        phone.send(probe)
        first = phone.wait(lambda m: status(m) >= 200)
        assert field(first, "Call-ID") == field(probe, "Call-ID"), "silence, and then the answer to what came after"
    else:
        assert status(phone.wait(lambda m: status(m) >= 200)) in wanted
        assert alive(phone)
    assert reports() == 0


def reports() -> int:
    """Exceptions the stack caught by itself since the last look."""

    def take() -> int:
        from live_bridge.sip import sippy_patches

        total, sippy_patches.reports.total = sippy_patches.reports.total, 0
        return total

    return the_loop().call(take)


@pytest.mark.parametrize("count", [800, pytest.param(8000, marks=pytest.mark.nightly)])
def test_mutated_messages_leave_no_traceback_and_nothing_behind(
    count: int, phones: Callable[..., Phone], start_live: Callable[..., Live]
) -> None:
    """Seeded mutations of good messages: every byte may be another, parts may be missing or doubled."""
    bridge = start_live(requests_per_s=1e6, requests_burst=10**6, failures_to_ban=10**6)
    phone = phones("x", bridge)
    dice = random.Random(20261123)
    reports()
    seeds = [make().replace("{port}", str(phone.port)) for make in VALID.values()]
    seeds.append(phone.build("INVITE", "sip:78121234567@127.0.0.1", phone.begin("78121234567"), phone.sdp()))
    for number in range(count):
        data = bytearray(dice.choice(seeds).encode())
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(data))
            what = dice.random()
            if what < 0.5:
                data[place] = dice.randrange(256)
            elif what < 0.75:
                del data[place : place + dice.randint(1, 20)]
            else:
                data[place:place] = data[place : place + dice.randint(1, 30)]
            if not data:
                data = bytearray(b"x")
        phone.send(bytes(data))
        if number % 200 == 199:
            assert alive(phone), "and nothing is lost in a full buffer"
    assert alive(phone)
    assert reports() == 0
    # Mutations that are still good calls live on: their caller never says anything more.
    bridge.driver.ask_inside(lambda controller: controller.hang_up_all())
    bridge.wait_inside(
        lambda controller: not controller.executor.calls and not controller.endpoint.sizes()["dialogs"], 60.0
    )


@pytest.mark.parametrize("size", [1000, 16000])
def test_judging_a_hostile_header_takes_time_in_proportion_to_its_length(size: int) -> None:
    for hostile in (
        "Contact: " + "," * size,
        'Contact: "' + "\\" * size,
        "Via: " + 'SIP/2.0/UDP a;b=",' * (size // 18),
        "Route: " + "<" * size,
        "From: " + '"' * size,
        "Record-Route: " + '"a"<' * (size // 4),
    ):
        text = message(more=hostile[:size] + "\r\n")
        message_filter.inspect(text)
