"""SIP messages of the rehearsal's telephones: as much of RFC 3261 as a telephone on this machine needs, and nothing else.

Decides how such a message is written and read. Whoever reads them comes from this program: a bridge proper speaks through
`sip/`, which trusts nobody. Leaves who says what to `telephones.py`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence

import msgspec

from live_bridge.sip.digest import ha1, parameters

REASONS = {100: "Trying", 180: "Ringing", 200: "OK", 486: "Busy Here", 487: "Request Terminated", 603: "Decline"}


class Message(msgspec.Struct, frozen=True):
    """One request or answer."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @property
    def status(self) -> int:
        """The status of an answer; 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """The method of a request, or of the request that is answered."""
        return self.get("CSeq").partition(" ")[2] if self.status else self.first.partition(" ")[0]

    @property
    def number(self) -> int:
        """Number of CSeq."""
        return int(self.get("CSeq").partition(" ")[0] or 0)

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The first value of a header; empty when there is none."""
        return next(iter(self.all(name)), "")

    @property
    def call_id(self) -> str:
        return self.get("Call-ID")


def read(data: bytes) -> Message:
    """A message from the wire. ValueError when it is none."""
    head, _, body = data.decode("utf-8").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    if not first.startswith("SIP/2.0 ") and not first.endswith(" SIP/2.0"):
        raise ValueError(f"no SIP message: {first[:60]!r}")
    return Message(first, headers, body)


def write(first: str, headers: Sequence[tuple[str, str]], body: str = "", kind: str = "application/sdp") -> bytes:
    """A message for the wire; `kind` is the type of its body."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join([*lines, f"Content-Length: {len(body.encode())}", "", body]).encode()


def branch() -> str:
    """A new branch of a Via (RFC 3261 section 8.1.1.7)."""
    return f"z9hG4bK{secrets.token_hex(8)}"


def uri_in(value: str) -> str:
    """The address between the brackets of a Contact, To or From."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.partition(";")[0].strip()


def answer(request: Message, status: int, contact: str, tag: str, body: str = "") -> bytes:
    """An answer to a request."""
    to = request.get("To")
    if status > 100 and ";tag=" not in to:
        to += f";tag={tag}"
    headers = [("Via", via) for via in request.all("Via")]
    headers += [("Record-Route", route) for route in request.all("Record-Route")]
    headers += [("From", request.get("From")), ("To", to), ("Call-ID", request.call_id), ("CSeq", request.get("CSeq"))]
    headers.append(("Contact", contact))
    return write(f"SIP/2.0 {status} {REASONS.get(status, 'Answer')}", headers, body)


def proof(challenge: Message, user: str, password: str, method: str, uri: str) -> str:
    """The Authorization for a 401 (RFC 7616, with SHA-256). ValueError when it offers nothing we can do."""
    for value in challenge.all("WWW-Authenticate"):
        asked = parameters(value)
        if asked is None or asked.get("algorithm", "MD5").upper() != "SHA-256":
            continue
        client = secrets.token_hex(8)
        first = ha1("SHA-256", user, asked["realm"], password)
        second = hashlib.sha256(f"{method}:{uri}".encode()).hexdigest()
        whole = f"{first}:{asked['nonce']}:00000001:{client}:auth:{second}"
        response = hashlib.sha256(whole.encode()).hexdigest()
        return (
            f'Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm=SHA-256, cnonce="{client}", nc=00000001, qop=auth'
        )
    raise ValueError("the bridge asks for no proof by SHA-256")


def description(ip: str, port: int) -> str:
    """A session description: G.711 and keys (RFC 3551, RFC 4733)."""
    return (
        f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
    )


def media_of(body: str) -> tuple[str, int] | None:
    """Where a session description wants RTP; None when it says nothing."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    return (host.group(1), int(port.group(1))) if host and port else None
