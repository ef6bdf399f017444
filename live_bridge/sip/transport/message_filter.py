"""The gate in front of the SIP stack: which datagrams it may see at all, and the answer to those it may not.

Decides by the text alone, in one pass, before any parser of the stack runs: broken requests get a 4xx or 5xx built from their
own headers, broken responses and fragments are dropped, and what passes is known to have the shape the stack relies on.
The form of single fields is in `header_rules.py`.
Sources: RFC 3261 sections 7, 8.1.1, 8.2, 16.3, 18.3, 20; RFC 4475. Leaves the meaning of a good request to `endpoint.py`.
"""

from __future__ import annotations

import re
import secrets
from typing import Final, NamedTuple

from engine.numbers.digits import is_digits
from live_bridge.sip.transport import header_rules

MESSAGE_BYTES: Final = 65_535
"""Largest message taken: what a UDP datagram can carry."""

HEAD_BYTES: Final = 16_384
"""Largest head (start line and header fields) taken; phones stay below 4 KiB."""

HEADER_LINES: Final = 200
"""Most header fields taken."""

SHORTEST: Final = 40
"""Anything shorter (keep-alives, probes) is no SIP message and is dropped without an answer."""

_REQUEST_LINE: Final = re.compile(r"([A-Za-z0-9\-.!%*_+`'~]{1,64}) (\S{1,2000}) SIP/2\.0")
_OTHER_VERSION: Final = re.compile(r".* SIP/[0-9]+\.[0-9]+")
_STATUS_LINE: Final = re.compile(r"SIP/2\.0 ([1-6][0-9][0-9])(?: .*)?")
_URI: Final = re.compile(
    r"(?:sips?:(?:[^\s<>@\"]{1,256}@)?(?:\[[0-9A-Fa-f:.]{2,64}\]|[A-Za-z0-9_](?:[A-Za-z0-9._\-]{0,254}))(?::[0-9]{1,5})?"
    r"(?:[;?][^\s<>\"]*)?|tel:[+0-9*#().\-A-Fa-f]{1,64}(?:;[^\s<>\"]*)?)",
    re.IGNORECASE | re.ASCII,
)
_ADDRESS: Final = re.compile(
    r"(?:(?:\"(?:[^\"\\]|\\.)*\"\s*|[^\"<>]*)<(?P<bracketed>[^<>\"\s]+)>|(?P<bare>[^<>\"\s;,]+))(?P<params>\s*(?:;.*)?)",
    re.DOTALL,
)
_TAG: Final = re.compile(r";\s*tag\s*=\s*[^\s;]+", re.IGNORECASE)
_VIA: Final = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*[A-Za-z\-]+\s+(?P<host>\[[0-9A-Fa-f:.]{2,64}\]|[A-Za-z0-9._\-]{1,255})"
    r"(?:\s*:\s*(?P<port>[0-9]{1,10}))?\s*(?P<params>;.*)?",
    re.DOTALL,
)
_NO_PLACE: Final = re.compile(r'(?:(?:"(?:[^"\\]|\\.)*"|[^<"]*)<)?\s*tel:', re.IGNORECASE)
"""A Contact that is a number and no place (RFC 3261 section 8.1.1.8): nothing could be sent there."""
_CSEQ: Final = re.compile(r"([0-9]{1,10})\s+(\S{1,64})")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]|\r(?!\n)|(?<!\r)\n")
"""What the stack would take for the end of a line, or could end a line somewhere else."""

_COMPACT: Final = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type",
    "e": "content-encoding", "k": "supported", "s": "subject", "r": "refer-to", "b": "referred-by", "x": "session-expires",
}  # fmt: skip
_SINGLE: Final = ("from", "to", "call-id", "cseq")
_ONCE_AT_MOST: Final = ("content-length", "content-type", "max-forwards", "expires")
_DIALOG_STARTERS: Final = ("INVITE", "SUBSCRIBE", "REFER")

Headers = list[tuple[str, str]]


class Verdict(NamedTuple):
    """What becomes of a message: `code` 0 lets it in, -1 drops it in silence, else it is the answer's status."""

    code: int
    reason: str
    headers: Headers

    @property
    def passes(self) -> bool:
        return self.code == 0


def split(text: str) -> tuple[str, Headers | None, str]:
    """Start line, header fields and body. Names are in lower case and long form, folded lines joined; no header fields at
    all if a line has no colon."""
    head, _, body = text.partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers: Headers = []
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not name or " " in name:
            return lines[0], None, body
        headers.append((_COMPACT.get(name, name), value.strip()))
    return lines[0], headers, body


def inspect(text: str, body_bytes: int | None = None) -> Verdict:
    """Judge one message. `body_bytes` is the length of its body as received, if the text is not byte for byte the same.

    >>> inspect("hello").code
    -1
    """
    if len(text) < SHORTEST:
        return Verdict(-1, "short", [])
    head_length = text.find("\r\n\r\n")
    if head_length < 0:
        return Verdict(-1, "no head", [])
    if head_length > HEAD_BYTES:
        return too_large(text)
    if _CONTROL.search(text, 0, head_length):
        return Verdict(-1, "control characters in the head", [])
    start, headers, body = split(text)
    if headers is None:
        return Verdict(-1, "no header fields", [])
    if len(headers) > HEADER_LINES:
        return too_large(text)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    if any(name not in values for name in ("via", *_SINGLE)):
        return Verdict(-1, "a mandatory header field is missing", headers)
    if any(len(values[name]) != 1 or not values[name][0] for name in _SINGLE):
        return _bad(start, headers, "Duplicate or Empty Header")
    if any(len(set(values.get(name, ()))) > 1 for name in _ONCE_AT_MOST):
        return _bad(start, headers, "Duplicate Header")
    length = len(body.encode()) if body_bytes is None else body_bytes
    if start.startswith("SIP/"):
        return _inspect_response(start, headers, values, length)
    return _inspect_request(start, headers, values, length)


def too_large(text: str) -> Verdict:
    """The verdict on a message that is larger than we take, of which `text` is the beginning: 513 (RFC 3261 section 21.5.7), and
    silence when it is a response or an ACK, or does not say where the answer goes."""
    head = text.partition("\r\n\r\n")[0][:HEAD_BYTES]
    if len(head) == HEAD_BYTES:
        head = head[: head.rfind("\r\n")]
    if _CONTROL.search(head):
        return Verdict(-1, "control characters in the head", [])
    start, headers, _ = split(head)
    names = [name for name, _ in headers or ()]
    if headers is None or "via" not in names or any(names.count(name) != 1 for name in _SINGLE):
        return Verdict(-1, "too large, and not to be answered", [])
    values = {name: [value for known, value in headers if known == name] for name in ("via", *_SINGLE)}
    if _REQUEST_LINE.fullmatch(start) is None or _fault_in_common(values, 0):
        return Verdict(-1, "too large, and not to be answered", headers)
    return _bad(start, headers, "Message Too Large", 513)


def _bad(start: str, headers: Headers, reason: str, code: int = 400) -> Verdict:
    """A refusal, or a drop where RFC 3261 allows no answer: to a response and to an ACK."""
    if start.startswith(("SIP/", "ACK ")):
        return Verdict(-1, reason, headers)
    return Verdict(code, reason, headers)


def _inspect_response(start: str, headers: Headers, values: dict[str, list[str]], length: int) -> Verdict:
    if not _STATUS_LINE.fullmatch(start):
        return Verdict(-1, "bad status line", headers)
    fault = _fault_in_common(values, length)
    return Verdict(-1, fault, headers) if fault else Verdict(0, "", headers)


def _inspect_request(start: str, headers: Headers, values: dict[str, list[str]], length: int) -> Verdict:
    line = _REQUEST_LINE.fullmatch(start)
    if line is None:
        if _OTHER_VERSION.fullmatch(start) and not start.endswith(" SIP/2.0"):
            return _bad(start, headers, "Version Not Supported", 505)
        return _bad(start, headers, "Bad Request Line")
    method, uri = line.group(1), line.group(2)
    fault = _fault_in_common(values, length)
    if fault:
        return _bad(start, headers, fault)
    scheme, colon, _ = uri.partition(":")
    if colon and scheme.isalpha() and scheme.lower() not in ("sip", "sips", "tel"):
        return _bad(start, headers, "Unsupported URI Scheme", 416)
    if not _uri_holds(uri):
        return _bad(start, headers, "Bad Request-URI")
    if _CSEQ.fullmatch(values["cseq"][0]).group(2) != method:  # type: ignore[union-attr]
        return _bad(start, headers, "CSeq Method Mismatch")
    if not _TAG.search(_parameters(values["from"][0])):
        return _bad(start, headers, "From Without Tag")
    forwards = values.get("max-forwards", ["70"])[0]
    if not is_digits(forwards) or len(forwards) > 9 or int(forwards) > 255:
        return _bad(start, headers, "Bad Max-Forwards")
    if int(forwards) == 0 and method not in ("OPTIONS", "ACK", "CANCEL", "BYE"):
        return _bad(start, headers, "Too Many Hops", 483)
    expires = values.get("expires", ["0"])[0]
    if method in ("INVITE", "REGISTER", "SUBSCRIBE") and not (is_digits(expires) and len(expires) <= 10):
        return _bad(start, headers, "Bad Expires")
    if method in _DIALOG_STARTERS and len(values.get("contact", ())) != 1:
        return _bad(start, headers, "Missing Contact")
    for value in values.get("contact", ()):
        if value == "*" and method == "REGISTER":
            continue
        if value == "" or not all(address_holds(part) and not _NO_PLACE.match(part) for part in _items(value)):
            return _bad(start, headers, "Bad Contact")
    for value in values.get("refer-to", ()):
        if not address_holds(value):
            return _bad(start, headers, "Bad Refer-To")
    fault = header_rules.fault_in_request(method, values)
    return _bad(start, headers, fault) if fault else Verdict(0, "", headers)


def _fault_in_common(values: dict[str, list[str]], length: int) -> str:
    """What is wrong with the fields requests and responses share; empty when nothing is."""
    for line in values["via"]:
        for value in _items(line):
            via = _VIA.fullmatch(value.strip())
            if via is None or (via.group("port") and not 0 < int(via.group("port")) < 65_536):
                return "Bad Via"
    for name in ("from", "to"):
        if not address_holds(values[name][0]):
            return f"Bad {name.capitalize()}"
    cseq = _CSEQ.fullmatch(values["cseq"][0])
    if cseq is None or int(cseq.group(1)) >= 2**31:
        return "Bad CSeq"
    if len(values["call-id"][0]) > 512 or " " in values["call-id"][0]:
        return "Bad Call-ID"
    for text in values.get("content-length", ()):
        if not is_digits(text) or len(text) > 6 or int(text) > length:
            return "Bad Content-Length"
    for name in ("record-route", "route"):
        for line in values.get(name, ()):
            if not all(address_holds(part) for part in _items(line)):
                return f"Bad {name.title()}"
    return ""


def _items(value: str) -> list[str]:
    """The values of a comma-separated field; commas in quotes and in angle brackets separate nothing. One pass."""
    if "," not in value:
        return [value]
    items: list[str] = []
    begin, quoted, bracketed, escaped = 0, False, False, False
    for place, c in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped = c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c == "<":
            bracketed = True
        elif c == ">":
            bracketed = False
        elif c == "," and not bracketed:
            items.append(value[begin:place])
            begin = place + 1
    return [*items, value[begin:]]


def _uri_holds(uri: str) -> bool:
    if _URI.fullmatch(uri) is None or ("?" in uri and not header_rules.uri_headers_hold(uri)):
        return False
    port = re.search(r"(?:@|^sips?:)(?:\[[^\]]*\]|[^\[\]:;?@]*):([0-9]{1,5})", uri, re.IGNORECASE)
    return port is None or 0 < int(port.group(1)) < 65_536


def address_holds(value: str) -> bool:
    """Whether the value of From, Contact and their like is an address with a URI that requests can go to."""
    parts = _ADDRESS.fullmatch(value.strip())
    return parts is not None and _uri_holds(parts.group("bracketed") or parts.group("bare"))


def _parameters(value: str) -> str:
    """The header parameters of an address: what stands after `>`, or after the first `;` of a bare address."""
    parts = _ADDRESS.fullmatch(value.strip())
    return parts.group("params") if parts is not None else ""


def answer(code: int, reason: str, headers: Headers, source: tuple[str, int]) -> str:
    """A stateless response to a request the stack never saw, built from the request's own fields (RFC 3261 section 8.2.6)."""
    lines = [f"SIP/2.0 {code} {reason}"]
    first = True
    for name, value in headers:
        if name == "via":
            if first:
                value = re.sub(
                    r";\s*rport(?=\s*(?:[;,]|$))", f";rport={source[1]}", value, count=1, flags=re.IGNORECASE
                )
                if "received=" not in value and "," not in value:
                    value += f";received={source[0].strip('[]')}"
            first = False
            lines.append(f"Via: {value}")
        elif name == "to":
            tagged = _TAG.search(_parameters(value)) is not None or ";tag=" in value
            lines.append(f"To: {value}" if tagged else f"To: {value};tag={secrets.token_hex(8)}")
        elif name in ("from", "call-id", "cseq"):
            lines.append(f"{ {'from': 'From', 'call-id': 'Call-ID', 'cseq': 'CSeq'}[name] }: {value}")
    return "\r\n".join([*lines, "Content-Length: 0", "", ""])
