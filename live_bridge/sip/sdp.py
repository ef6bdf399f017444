"""Session descriptions as far as a telephone call needs them: one audio stream, one codec, telephone events.

Decides which codec a call uses and how our offers and answers read. rtp.io does not transcode, so both legs of a call speak
the same codec with the same payload numbers. Leaves addresses and ports to `media/`.
Sources: RFC 4566, RFC 3264 (offer/answer, hold), RFC 3551 (static payload types), RFC 4733 (telephone events).
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

STATIC: Final = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000"}
"""Payload types whose meaning RFC 3551 fixes and which our sounds exist in; G.722 says 8000 by a historic error."""

PREFERRED: Final = (8, 0, 9)
"""Codecs we take, best first: A-law is the network's own in this part of the world."""

_REVERSED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


class Unusable(ValueError):
    """The description is broken or offers nothing we can speak: a peer's matter, answered with 488."""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The audio part of a session description."""

    host: str
    """Where its sender wants to receive; `0.0.0.0` and `::` mean nowhere (RFC 3264 section 8.4, old hold)."""
    port: int
    payloads: tuple[int, ...]
    telephone_event: int | None = None
    direction: Direction = "sendrecv"
    lines: tuple[str, ...] = ()
    """`a=` lines of the audio section that are not understood here, for `media/` (ICE, DTLS)."""
    protocol: str = "RTP/AVP"

    @property
    def held(self) -> bool:
        """Whether the sender put us on hold: it does not want to hear us."""
        return self.direction in ("sendonly", "inactive")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What both legs of a call speak."""

    codec: int
    telephone_event: int | None


OFFERED: Final = Choice(codec=8, telephone_event=101)
"""What we offer when the caller's INVITE offers nothing."""


def parse(text: str) -> Description:
    """Read the first usable audio section.

    Raises `Unusable` when there is none or a number is not one.

    >>> parse("c=IN IP4 192.0.2.1\\r\\nm=audio 4000 RTP/AVP 8 101\\r\\na=rtpmap:101 telephone-event/8000").payloads
    (8,)
    """
    session_host = host = protocol = ""
    port = 0
    payloads: tuple[int, ...] = ()
    maps: dict[int, str] = {}
    session_direction: Direction | None = None
    direction: Direction | None = None
    others: list[str] = []
    section = "session"
    try:
        for line in text.replace("\r\n", "\n").split("\n"):
            kind, value = line[:2], line[2:].strip()
            if kind == "m=":
                fields = value.split()
                if fields[0] == "audio" and section != "audio" and port == 0 and fields[1].split("/")[0] != "0":
                    section = "audio"
                    port = int(fields[1].split("/")[0])
                    protocol = fields[2]
                    payloads = tuple(int(item) for item in fields[3:])
                else:
                    section = "other"
            elif kind == "c=" and section != "other":
                address = value.split()[2].split("/")[0]
                if section == "audio":
                    host = address
                else:
                    session_host = address
            elif kind == "a=" and section != "other":
                if value in _REVERSED:
                    if section == "audio":
                        direction = value
                    else:
                        session_direction = value
                elif section == "audio" and value.startswith("rtpmap:"):
                    number, _, name = value[7:].partition(" ")
                    maps[int(number)] = name.strip().lower()
                elif section == "audio":
                    others.append(value)
    except (ValueError, IndexError) as fault:
        raise Unusable(f"the session description cannot be read: {fault}") from fault
    host = host or session_host
    if not payloads or not host or not 0 < port < 65_536:
        raise Unusable("the session description has no audio stream with an address and a port")
    events = [number for number in payloads if maps.get(number, "").startswith("telephone-event/8000")]
    known = tuple(
        number
        for number in payloads
        if number in STATIC and maps.get(number, STATIC[number].lower()).split("/")[:2] == STATIC[number].lower().split("/")[:2]
    )
    way: Direction = direction or session_direction or "sendrecv"
    if host in ("0.0.0.0", "::") and way == "sendrecv":
        way = "sendonly"
    return Description(
        host=host,
        port=port,
        payloads=known,
        telephone_event=events[0] if events else None,
        direction=way,
        lines=tuple(others),
        protocol=protocol,
    )


def choose(offer: Description, preferred: tuple[int, ...] = PREFERRED) -> Choice:
    """The call's codec: the best of ours that is offered. Raises `Unusable` when none is (SIP: 488)."""
    for codec in preferred:
        if codec in offer.payloads:
            return Choice(codec=codec, telephone_event=offer.telephone_event)
    raise Unusable("none of PCMA, PCMU and G722 is offered")


def reverse(direction: Direction) -> Direction:
    """How an answer reads to an offer with `direction` (RFC 3264 section 6.1)."""
    return _REVERSED[direction]


def build(
    host: str,
    port: int,
    choice: Choice,
    *,
    direction: Direction = "sendrecv",
    session: int = 1,
    version: int = 1,
    ptime_ms: int = 20,
) -> str:
    """Our offer or answer, in ASCII: receive at `host`:`port` what `choice` says."""
    family = "IP6" if ":" in host else "IP4"
    host = host.strip("[]")
    numbers = [choice.codec] + ([] if choice.telephone_event is None else [choice.telephone_event])
    lines = [
        "v=0",
        f"o=- {session} {version} IN {family} {host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(map(str, numbers))}",
        f"a=rtpmap:{choice.codec} {STATIC[choice.codec]}",
    ]
    if choice.telephone_event is not None:
        lines += [
            f"a=rtpmap:{choice.telephone_event} telephone-event/8000",
            f"a=fmtp:{choice.telephone_event} 0-16",
        ]
    return "\r\n".join([*lines, f"a=ptime:{ptime_ms}", f"a={direction}", ""])
