"""What a browser's session description says about encryption and reachability, read and written.

Decides what is taken from a stranger's text before it goes into a command of rtp.io: nothing that is not of the standard's own
form. Browsers encrypt (DTLS-SRTP), prove themselves by a certificate's fingerprint, and check paths (ICE); we answer such checks
and handshakes and begin neither, so who wants us to begin is refused. The addresses a browser names are not read: its checks show
where it is (`ice_agent.py`). Leaves the rest of a description to `sip/dialog/sdp.py`, the doing to `gateway.py`. Pure.
Sources: RFC 8122 (fingerprint), RFC 8842 (setup), RFC 8839 (ICE in SDP), RFC 8445 (ICE), RFC 8834 and 5761 (rtcp-mux).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

PROTOCOLS: Final = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")
"""Of media lines that are encrypted with keys from a DTLS handshake."""

PRIORITY: Final = 2_130_706_431
"""Of our only candidate (RFC 8445 section 5.1.2.1: host, one address, component 1)."""

_FINGERPRINT: Final = re.compile(r"sha-256 ([0-9A-F]{2}(?::[0-9A-F]{2}){31})", re.IGNORECASE)
_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,64}")
_PASSWORD: Final = re.compile(r"[A-Za-z0-9+/]{22,128}")


class BrowserPeer(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser says of itself. Every field is of the standard's form."""

    fingerprint: str
    """SHA-256 of its certificate, as pairs of capitals with colons."""
    ufrag: str
    """Of its checks (RFC 8839 section 5.4)."""


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
    for line in lines:
        name, _, value = line.partition(":")
        value = value.strip()
        values.setdefault(name, value)
        if name == "fingerprint":
            match = _FINGERPRINT.fullmatch(value)
            if match is not None:
                fingerprints.append(match.group(1).upper())
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
    return BrowserPeer(fingerprint=fingerprints[0], ufrag=values["ice-ufrag"])


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
