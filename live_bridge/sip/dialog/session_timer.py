"""Session timers: who sees to it that a call whose far end has vanished comes to an end (RFC 4028).

Decides the interval and the refresher from what the peer says. Leaves the refreshing and the hanging up to `leg.py`. No sippy.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

LEAST_S: Final = 90
"""Shortest interval taken; shorter ones get 422 (RFC 4028 section 5)."""

_VALUE: Final = re.compile(r"\s*(\d{1,9})\s*((?:;[^,]*)?)\s*")
_REFRESHER: Final = re.compile(r";\s*refresher\s*=\s*(uac|uas)\b", re.IGNORECASE)

Refresher = Literal["us", "peer"]


class Terms(msgspec.Struct, frozen=True):
    """What holds for one dialog."""

    interval_s: int
    refresher: Refresher

    @property
    def act_after_s(self) -> float:
        """When the refresher refreshes (half the interval), or when the other side gives up (RFC 4028 section 10)."""
        if self.refresher == "us":
            return self.interval_s / 2
        return self.interval_s - min(32.0, self.interval_s / 3)


class TooShort(ValueError):
    """The peer asks for a shorter interval than we take: 422 with Min-SE."""


def read(value: str | None) -> tuple[int, str | None] | None:
    """Interval and refresher of a Session-Expires value; None if there is none or it cannot be read.

    >>> read("1800;refresher=uac"), read("90"), read("soon")
    ((1800, 'uac'), (90, None), None)
    """
    match = _VALUE.fullmatch(value) if value else None
    if match is None:
        return None
    refresher = _REFRESHER.search(match.group(2))
    return int(match.group(1)), refresher.group(1).lower() if refresher else None


def for_answer(value: str | None, peer_knows: bool, ours_s: int) -> Terms | None:
    """Terms of a call we answer: `value` is its Session-Expires, `peer_knows` whether it supports `timer`.

    `ours_s` 0 means we want none of our own; a peer that asks still gets its timer. Raises `TooShort`.

    >>> for_answer("600;refresher=uas", True, 1800)
    Terms(interval_s=600, refresher='us')
    """
    asked = read(value)
    if asked is None:
        return Terms(ours_s, "us") if ours_s else None
    interval, refresher = asked
    if interval < LEAST_S:
        if peer_knows:
            raise TooShort
        interval = LEAST_S
    if ours_s:
        interval = max(LEAST_S, min(interval, ours_s))
    return Terms(interval, "peer" if peer_knows and refresher != "uas" else "us")


def for_call(value: str | None, ours_s: int) -> Terms | None:
    """Terms of a call we placed, from the Session-Expires of its 2xx. Without one we refresh, if we want a timer at all.

    >>> for_call("600;refresher=uas", 1800), for_call(None, 1800)
    (Terms(interval_s=600, refresher='peer'), Terms(interval_s=1800, refresher='us'))
    """
    said = read(value)
    if said is None:
        return Terms(ours_s, "us") if ours_s else None
    return Terms(max(LEAST_S, said[0]), "peer" if said[1] == "uas" else "us")


def header_value(terms: Terms, *, answering: bool) -> str:
    """Session-Expires for a response (`answering`) or a request of ours.

    >>> header_value(Terms(600, "peer"), answering=True), header_value(Terms(600, "us"), answering=False)
    ('600;refresher=uac', '600;refresher=uac')
    """
    if answering:
        return f"{terms.interval_s};refresher={'uac' if terms.refresher == 'peer' else 'uas'}"
    return f"{terms.interval_s};refresher={'uac' if terms.refresher == 'us' else 'uas'}"
