"""What stands in messages of a peer, as far as a leg asks: option tags, keys, dialogs to be replaced; and names for displays.

Decides how much of it is understood. Leaves what follows from it to `leg.py`. No state.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from anyascii import anyascii

from live_bridge.sip.dialog import sdp

_KEY_LINE: Final = re.compile(r"^\s*signal\s*=\s*([0-9A-D*#]{1,2})\s*$", re.IGNORECASE | re.MULTILINE)
_KEY_NUMBERS: Final = {"10": "*", "11": "#"}
KEYS: Final = frozenset("0123456789*#")


def description_in(body: Any, media_six: bool = True, encrypted: bool = False) -> sdp.Description | sdp.Refusal | None:
    """The session description a message carries, read once for all; None if it has no body, a refusal if it cannot be used.
    `media_six` is whether our media can reach IPv6 addresses, `encrypted` whether a stream with keys in the description is
    taken."""
    if body is None:
        return None
    if body.getType() != "application/sdp":
        return sdp.Refusal(f"a body of type {body.getType()[:60]}", 415, "Unsupported Media Type")
    return sdp.read(str(body), media_six, encrypted)


def supported_by(request: Any) -> set[str]:
    """Option tags a peer supports."""
    return {
        tag.strip().lower()
        for field in request.headers
        if field.name in ("supported", "k")
        for tag in str(field.body).split(",")
    }


def key_of(body: Any) -> str | None:
    """The key in the body of an INFO, if it is one we know."""
    text = str(body)
    if body.getType() == "application/dtmf":
        found = text.strip()
    else:
        match = _KEY_LINE.search(text)
        found = match.group(1) if match else ""
    found = _KEY_NUMBERS.get(found, found)
    return found if found in KEYS else None


class Replaces(NamedTuple):
    """The dialog that a Replaces names (RFC 3891), and whether it is meant only while it rings."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False


def replaced(value: str | None) -> Replaces | None:
    """A Replaces value; None if there is none or it is not one.

    >>> replaced("a@b;to-tag=7;from-tag=9;early-only")
    Replaces(call_id='a@b', to_tag='7', from_tag='9', early_only=True)
    """
    if not value:
        return None
    call_id, *rest = value.split(";")
    tags = dict(item.strip().split("=", 1) for item in rest if "=" in item)
    if "to-tag" not in tags or "from-tag" not in tags:
        return None
    return Replaces(
        call_id.strip(), tags["to-tag"], tags["from-tag"], any(item.strip() == "early-only" for item in rest)
    )


def shown(name: str) -> str:
    """A display name in Latin letters, for many phones show no others (R-06.2), and such that it cannot leave its quotes: no
    control characters, quotes or backslashes, at most 64 characters.

    >>> shown('Жанна "Ж" Щукина')
    'Zhanna Zh Shchukina'
    """
    return "".join(c for c in anyascii(name) if c.isprintable() and c not in '"\\<>')[:64]
