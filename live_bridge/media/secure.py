"""What a browser's session description says about encryption and reachability, read and written.

Decides what is taken from a stranger's text before it goes into a command of rtp.io: nothing that is not of the standard's own
form. Browsers encrypt (DTLS-SRTP), prove themselves by a certificate's fingerprint, and check paths (ICE); rtp.io answers such
checks and handshakes and begins neither, so who wants us to begin is refused. Leaves the rest of a description to
`live_bridge/sip/dialog/sdp.py`, the doing to `gateway.py`. Pure.
Sources: RFC 8122 (fingerprint), RFC 8842 (setup), RFC 8839 (ICE in SDP), RFC 8445 (ICE), RFC 8834 and 5761 (rtcp-mux).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

import msgspec

PROTOCOLS: Final = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")
"""Of media lines that are encrypted with keys from a DTLS handshake."""

CANDIDATES: Final = 10
"""Most addresses of a browser that are told to rtp.io; a command has room for fifteen parts."""

PRIORITY: Final = 2_130_706_431
"""Of our only candidate (RFC 8445 section 5.1.2.1: host, one address, component 1)."""

_FINGERPRINT: Final = re.compile(r"sha-256 ([0-9A-F]{2}(?::[0-9A-F]{2}){31})", re.IGNORECASE)
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,64}")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9+/]{22,128}")
_CANDIDATE: Final = re.compile(
    r"\S{1,32} 1 udp \d{1,10} (?P<host>[0-9A-Za-z.:\-]{2,255}) (?P<port>\d{1,5}) typ (?:host|srflx|prflx|relay)(?: .*)?",
    re.IGNORECASE,
)


class Candidate(msgspec.Struct, frozen=True):
    """An address a browser may send from; `ip` is empty when it hides it behind a name of its own network (RFC 8828)."""

    ip: str
    port: int


class BrowserPeer(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser says of itself. Every field is of the standard's form and may stand in a command."""

    fingerprint: str
    """SHA-256 of its certificate, as pairs of capitals with colons."""
    ufrag: str
    password: str
    candidates: tuple[Candidate, ...] = ()

    def sources(self, signalling_ip: str) -> tuple[Candidate, ...]:
        """Addresses it may send from, as far as they are known: those it names, and where its signalling comes from with each
        port it names. rtp.io takes no address that nobody told it (peer-reflexive candidates, RFC 8445 section 7.3.1.3), so
        the second kind lets in browsers that hide their address, and those behind a translation that keeps ports."""
        named = [candidate for candidate in self.candidates if candidate.ip and ":" not in candidate.ip]
        guessed = [Candidate(signalling_ip, candidate.port) for candidate in self.candidates]
        found = named + ([] if ":" in signalling_ip or not signalling_ip else guessed)
        return tuple(dict.fromkeys(found))[:CANDIDATES]


class Local(msgspec.Struct, frozen=True, kw_only=True):
    """What we say of ourselves to one browser."""

    ip: str
    port: int
    fingerprint: str
    ufrag: str
    password: str


def read(lines: Iterable[str]) -> BrowserPeer:
    """A browser's part from the `a=` lines of its audio section, those of the session after them.

    Raises ValueError, with what is missing or unusable.

    >>> read(["setup:active"])
    Traceback (most recent call last):
        ...
    ValueError: no rtcp-mux
    """
    values: dict[str, str] = {}
    fingerprints: list[str] = []
    candidates: list[Candidate] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.strip()
        values.setdefault(name, value)
        if name == "fingerprint":
            match = _FINGERPRINT.fullmatch(value)
            if match is not None:
                fingerprints.append(match.group(1).upper())
        elif name == "candidate":
            found = _candidate(value)
            if found is not None and found not in candidates:
                candidates.append(found)
    if "rtcp-mux" not in values:
        raise ValueError("no rtcp-mux")
    if not fingerprints:
        raise ValueError("no SHA-256 fingerprint of a certificate")
    if values.get("setup") not in ("actpass", "active"):
        raise ValueError(f"setup:{values.get('setup', '')[:20]}: we answer handshakes and begin none")
    if not _UFRAG.fullmatch(values.get("ice-ufrag", "")) or not _PASSWORD.fullmatch(values.get("ice-pwd", "")):
        raise ValueError("no ICE user name and password, or not of their form")
    if "ice-lite" in values:
        raise ValueError("ice-lite: we only answer checks, and somebody must begin them")
    return BrowserPeer(
        fingerprint=fingerprints[0],
        ufrag=values["ice-ufrag"],
        password=values["ice-pwd"],
        candidates=tuple(candidates[:CANDIDATES]),
    )


def _candidate(value: str) -> Candidate | None:
    """A candidate for RTP over UDP; None for any other."""
    match = _CANDIDATE.fullmatch(value)
    if match is None or not 0 < int(match.group("port")) < 65_536:
        return None
    host = match.group("host")
    if host.lower().endswith(".local"):
        return Candidate("", int(match.group("port")))
    try:
        return Candidate(str(ipaddress.ip_address(host)), int(match.group("port")))
    except ValueError:
        return None


def session_lines(mid: str) -> list[str]:
    """Our `a=` lines before the first section, for a description whose only stream is `mid` (empty: it has no name)."""
    return ["a=ice-lite", f"a=group:BUNDLE {mid}"] if mid else ["a=ice-lite"]


def media_lines(local: Local, mid: str, *, answering: bool) -> list[str]:
    """Our `a=` lines of the audio section."""
    return [
        *([f"a=mid:{mid}"] if mid else []),
        "a=msid:pbx audio",
        "a=rtcp-mux",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{'passive' if answering else 'actpass'}",
        f"a=candidate:1 1 UDP {PRIORITY} {local.ip} {local.port} typ host",
        "a=end-of-candidates",
    ]
