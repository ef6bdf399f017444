"""What a session description says about a fax by T.38: one image stream over UDPTL, and attributes that pass from end to end.

Decides which lines count as such a stream, and which of its attributes go on to the other party: those of the standard, in its
own form, for a stranger's text goes into messages of ours. Leaves the rest of a description to `sdp.py`, who is asked to
`calls/fax_calls.py`. Pure. Sources: ITU-T T.38 annex D.2.3 (attributes), RFC 3264 section 8.3.3 (change of the media type).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

PROTOCOL: Final = "udptl"
"""T.38 over UDP in packets of its own; over TCP and over RTP is not spoken here."""

MOST_LINES: Final = 20
"""Of attributes that are passed on; T.38 has twelve."""

_ATTRIBUTE: Final = re.compile(r"(?:T38[A-Za-z0-9]{1,30}|TCAP|LossOfData)(?::[A-Za-z0-9 ._/\-]{0,60})?", re.IGNORECASE)


class Fax(msgspec.Struct, frozen=True):
    """What one end says of how it sends a fax: its attributes, as they go on to the other end."""

    lines: tuple[str, ...] = ()


def is_image(fields: Sequence[str]) -> bool:
    """Whether the words after `m=` are a T.38 stream over UDPTL.

    >>> is_image("image 4000 udptl t38".split()), is_image("image 4000 tcp t38".split())
    (True, False)
    """
    return len(fields) == 4 and (fields[0], fields[2].lower(), fields[3].lower()) == ("image", PROTOCOL, "t38")


def read(lines: Iterable[str]) -> Fax:
    """The `a=` lines of an image stream; what is not T.38's own is left out.

    >>> read(["T38FaxVersion:0", "sendrecv", "T38FaxFillBitRemoval", "x:y"]).lines
    ('T38FaxVersion:0', 'T38FaxFillBitRemoval')
    """
    known = [line for line in lines if _ATTRIBUTE.fullmatch(line)]
    return Fax(tuple(known[:MOST_LINES]))
