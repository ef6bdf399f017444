"""Keys of encrypted media that stand in the session description itself (SDES): read, made, written.

Decides which suites are taken, and that a key shows in no text but the description that carries it. Such a key is as secret as
the signalling it travels in, so whether a description with keys is taken at all is for those to say who know the transport.
Leaves the rest of a description to `live_bridge/sip/dialog/sdp.py`, packets to `srtp.py`. Source: RFC 4568 sections 6 and 9.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterable
from typing import Final

import msgspec

PROTOCOLS: Final = ("RTP/SAVP", "RTP/SAVPF")
"""Of media lines that are encrypted with keys from the description."""

SUITES: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""What is taken, best first; the first one is offered."""

KEY_BYTES: Final = 30
"""Of a master key and its salt, in both suites (RFC 4568 section 6.2)."""

_CRYPTO: Final = re.compile(
    r"(?P<tag>[1-9][0-9]{0,8}) (?P<suite>[A-Z0-9_]{1,40}) inline:(?P<key>[A-Za-z0-9+/]{40}=*)(?P<rest>\S{0,60})(?P<more>(?: .*)?)"
)

_LIFE: Final = re.compile(r"(?:\|(?:2\^)?[0-9]{1,20})?")
"""Lifetime of a key; none is changed by us. Another key by its name (MKI) is not spoken."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """The key that one end encrypts with."""

    tag: int
    suite: str
    secret: bytes
    """Master key and salt."""

    def __repr__(self) -> str:
        return f"Key(tag={self.tag}, suite={self.suite!r})"

    def line(self) -> str:
        """The attribute that tells it, without `a=`."""
        return f"crypto:{self.tag} {self.suite} inline:{base64.b64encode(self.secret).decode()}"


def made(offered: Key | None = None) -> Key:
    """A key of our own: by the tag and suite of what was offered, or for an offer of ours.

    >>> made()
    Key(tag=1, suite='AES_CM_128_HMAC_SHA1_80')
    """
    tag, suite = (1, SUITES[0]) if offered is None else (offered.tag, offered.suite)
    return Key(tag=tag, suite=suite, secret=secrets.token_bytes(KEY_BYTES))


def read(lines: Iterable[str]) -> Key:
    """The best key in the attributes of an audio section. Raises ValueError, which has no key in it, when there is none that can
    be used: session parameters of our own (unencrypted or unauthenticated packets, other key changes) are not spoken.

    >>> read(["crypto:1 AES_256_CM_HMAC_SHA1_80 inline:x"])
    Traceback (most recent call last):
        ...
    ValueError: no key of a suite that is spoken here
    """
    found = [key for line in lines if line.startswith("crypto:") and (key := _key(line[7:].strip())) is not None]
    if not found:
        raise ValueError("no key of a suite that is spoken here")
    return min(found, key=lambda key: SUITES.index(key.suite))


def _key(value: str) -> Key | None:
    match = _CRYPTO.fullmatch(value)
    if match is None or match["suite"] not in SUITES or not _LIFE.fullmatch(match["rest"]) or match["more"].strip():
        return None
    try:
        secret = base64.b64decode(match["key"], validate=True)
    except binascii.Error:
        return None
    return None if len(secret) != KEY_BYTES else Key(tag=int(match["tag"]), suite=match["suite"], secret=secret)
