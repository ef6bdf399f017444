"""Session descriptions as far as a telephone call needs them: one audio stream, one codec, telephone events.

Decides which codec a call uses and how our offers and answers read. rtp.io does not transcode, so both legs of a call speak
the same codec with the same payload numbers. Leaves addresses and ports to `media/`.
Leaves what is particular to browsers to `media/secure.py`, to faxes to `fax_sdp.py`.
Sources: RFC 4566, RFC 3264 (offer/answer, hold), RFC 3551 (static payload types), RFC 4733 (telephone events), RFC 8829.
"""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

import msgspec

from engine.numbers.digits import is_digits
from live_bridge.media import sdes, secure
from live_bridge.sip.dialog import fax_sdp

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

G729: Final = 18
OPUS: Final = 256
"""Opus has no number of its own: each description gives it one of 96 to 127. This one stands for all of them and for none."""

NAMES: Final = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", G729: "G729/8000", OPUS: "opus/48000/2"}
"""Codecs by payload types that RFC 3551 fixes; G.722 says 8000 by a historic error. Opus: RFC 7587 section 7."""

PREFERRED: Final = (8, 0, 9)
"""Codecs our sounds exist in, best first: A-law is the network's own in this part of the world."""

PASSED: Final = (OPUS, G729)
"""Codecs that pass from party to party where both speak them, and in which nothing of ours can be heard or recorded."""

PLAIN: Final = ("RTP/AVP", "RTP/AVPF")
"""Protocols of media lines without encryption."""

MOST_LINES: Final = 1000
"""Of a session description; those of browsers with video have some two hundred."""

_PARAMETERS: Final = re.compile(r"[A-Za-z0-9=;,. _\-]{1,200}")
"""Of a codec, as they may stand in a description of ours."""

_MID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~\-]{1,32}")
"""Name of a stream: a token (RFC 5888 section 4)."""

_REVERSED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


class Unusable(ValueError):
    """The description is broken or offers nothing we can speak: a peer's matter, answered with 488."""


class Refusal(msgspec.Struct, frozen=True):
    """Why what a peer sent as its session description is not taken, and the status that says so."""

    why: str
    status: int = 488
    phrase: str = "Not Acceptable Here"


class Stream(msgspec.Struct, frozen=True):
    """One media line of an offer: what stands after `m=`, and the stream's name if it has one."""

    line: str
    mid: str = ""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The audio part of a session description."""

    opus: int | None = None
    """The number it gives to Opus."""
    parameters: tuple[tuple[int, str], ...] = ()
    """What it says of codecs that pass, by codec (`a=fmtp`)."""

    host: str
    """Where its sender wants to receive; `0.0.0.0` and `::` mean nowhere (RFC 3264 section 8.4, old hold)."""
    port: int
    payloads: tuple[int, ...]
    telephone_event: int | None = None
    direction: Direction = "sendrecv"
    lines: tuple[str, ...] = ()
    """`a=` lines of the audio section and then of the session that are not understood here (ICE, DTLS)."""
    protocol: str = "RTP/AVP"
    peer: secure.BrowserPeer | None = None
    """What a browser says of its keys and addresses; None for plain RTP."""
    key: sdes.Key | None = None
    """What its sender encrypts with; None for plain RTP and for browsers."""
    fax: fax_sdp.Fax | None = None
    """The description has no audio but a fax by T.38, whose `host` and `port` they are; a port of 0 refuses one of ours."""
    streams: tuple[Stream, ...] = ()
    """All media lines, in order: an answer has as many (RFC 3264 section 6)."""
    place: int = 0
    """Which of them this is about."""

    @property
    def held(self) -> bool:
        """Whether the sender put us on hold: it does not want to hear us."""
        return self.direction in ("sendonly", "inactive")


class Later(Enum):
    """An answer that takes a while."""

    LATER = "later"


LATER: Final = Later.LATER


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What both legs of a call speak."""

    codec: int
    telephone_event: int | None
    number: int | None = None
    """Payload type of Opus, the same on both legs, since packets pass as they are."""
    parameters: str = ""
    """What one end says of a codec that passes, for the other end."""

    @property
    def payload(self) -> int:
        """The payload type in packets."""
        return self.codec if self.number is None else self.number

    @property
    def passes(self) -> bool:
        """Whether it is a codec in which nothing of ours can be heard or recorded."""
        return self.codec in PASSED


OFFERED_EVENTS: Final = 101

OFFERED: Final = Choice(codec=8, telephone_event=OFFERED_EVENTS)
"""What we offer when the caller's INVITE offers nothing."""


def read(text: str, media_six: bool = True, encrypted: bool = False) -> Description | Refusal:
    """The one gate for session descriptions: what a peer wrote, as a value, or why it is refused. Raises nothing. `media_six` is
    whether our media can reach IPv6 addresses, `encrypted` whether streams with keys in the description itself are taken.

    >>> read("v=0").status
    488
    """
    try:
        found = parse(text, encrypted)
    except Unusable as fault:
        return Refusal(str(fault))
    if ":" in found.host and found.host != "::" and not media_six:
        return Refusal(f"{found.host} is an IPv6 address, and our media has none")
    return found


def parse(text: str, encrypted: bool = False) -> Description:
    """Read the first usable audio section, or where there is none the first fax.

    Raises `Unusable`, and nothing else, when there is neither, a number is not one, or an address is a name, of another family
    than it says, or of a group (RFC 4566 section 5.7).

    >>> parse("c=IN IP4 192.0.2.1\\r\\nm=audio 4000 RTP/AVP 8 101\\r\\na=rtpmap:101 telephone-event/8000").payloads
    (8,)
    """
    try:
        return _parse(text, (*PLAIN, *secure.PROTOCOLS, *(sdes.PROTOCOLS if encrypted else ())))
    except (ValueError, IndexError) as fault:
        if isinstance(fault, Unusable):
            raise
        raise Unusable(f"the session description cannot be read: {fault}") from fault


def _parse(text: str, protocols: tuple[str, ...]) -> Description:
    session_host = host = protocol = ""
    port = 0
    payloads: tuple[int, ...] = ()
    maps: dict[int, str] = {}
    said: dict[int, str] = {}
    session_direction: Direction | None = None
    direction: Direction | None = None
    others: list[str] = []
    keys: list[str] = []
    session_others: list[str] = []
    streams: list[Stream] = []
    place = 0
    image: tuple[int, int] | None = None
    """Place and port of a fax."""
    image_host = ""
    image_lines: list[str] = []
    section = "session"
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > MOST_LINES:
        raise Unusable(f"the session description has more than {MOST_LINES} lines")
    for line in lines:
        kind, value = line[:2], line[2:].strip()
        if kind == "m=":
            fields = value.split()
            if not value.isascii() or len(fields) < 3:
                raise Unusable(f"{value[:60]!r} is no media line, and an answer would have to repeat it")
            streams.append(Stream(value))
            usable = fields[0] == "audio" and fields[2] in protocols
            if usable and section != "audio" and port == 0 and fields[1].split("/")[0] != "0":
                place = len(streams) - 1
                section = "audio"
                port = _number(fields[1].split("/")[0], 65_535)
                protocol = fields[2]
                payloads = tuple(_number(item, 127) for item in fields[3:])
            elif image is None and fax_sdp.is_image(fields):
                image = len(streams) - 1, _number(fields[1], 65_535)
                section = "image"
            else:
                section = "other"
        elif kind == "c=" and section != "other":
            address = _address(value)
            if section == "audio":
                host = address
            elif section == "image":
                image_host = address
            else:
                session_host = address
        elif kind == "a=" and value.startswith("mid:") and streams:
            streams[-1] = Stream(streams[-1].line, value[4:] if _MID.fullmatch(value[4:]) else "")
        elif kind == "a=" and section == "image":
            image_lines.append(value)
        elif kind == "a=" and section != "other":
            if value in _REVERSED:
                if section == "audio":
                    direction = value
                else:
                    session_direction = value
            elif section == "audio" and value.startswith("rtpmap:"):
                number, _, name = value[7:].partition(" ")
                maps[_number(number, 127)] = name.strip().lower()
            elif section == "audio" and value.startswith("crypto:"):
                keys.append(value)
            elif section == "audio" and value.startswith("fmtp:"):
                number, _, name = value[5:].partition(" ")
                said[_number(number, 127)] = name.strip()
            else:
                (others if section == "audio" else session_others).append(value)
    host = host or session_host
    if image is not None and port == 0 and (image_host or session_host):
        return Description(
            host=image_host or session_host,
            port=image[1],
            payloads=(),
            protocol=fax_sdp.PROTOCOL,
            fax=fax_sdp.read(image_lines),
            streams=tuple(streams),
            place=image[0],
        )
    if not payloads or not host or port == 0:
        raise Unusable("the session description has no audio stream with an address and a port")
    events = [number for number in payloads if maps.get(number, "").startswith("telephone-event/8000")]
    known = tuple(
        number
        for number in payloads
        if number in NAMES
        and maps.get(number, NAMES[number].lower()).split("/")[:2] == NAMES[number].lower().split("/")[:2]
    )
    opus = next((number for number in payloads if number >= 96 and maps.get(number) == "opus/48000/2"), None)
    if opus is not None:
        known = tuple(OPUS if number == opus else number for number in payloads if number == opus or number in known)
    way: Direction = direction or session_direction or "sendrecv"
    peer: secure.BrowserPeer | None = None
    key: sdes.Key | None = None
    others += session_others
    if protocol in sdes.PROTOCOLS:
        try:
            key = sdes.read(keys)
        except ValueError as fault:
            raise Unusable(f"the encrypted audio stream cannot be used: {fault}") from fault
    if protocol in secure.PROTOCOLS:
        try:
            peer = secure.read(others)
        except ValueError as fault:
            raise Unusable(f"the encrypted audio stream cannot be used: {fault}") from fault
    elif host in ("0.0.0.0", "::") and way == "sendrecv":
        way = "sendonly"
    return Description(
        host=host,
        port=port,
        payloads=known,
        opus=opus,
        parameters=tuple(
            (codec, said[number])
            for codec, number in ((OPUS, opus), (G729, G729))
            if number is not None and _PARAMETERS.fullmatch(said.get(number, ""))
        ),
        telephone_event=events[0] if events else None,
        direction=way,
        lines=tuple(others),
        protocol=protocol,
        peer=peer,
        key=key,
        streams=tuple(streams),
        place=place,
    )


def _number(text: str, most: int) -> int:
    """A number in ASCII digits, 0 to `most`; Python's own reading takes signs, underscores and digits of any script."""
    if not (is_digits(text) and len(text) <= 5 and int(text) <= most):
        raise Unusable(f"{text[:20]!r} is no number from 0 to {most}")
    return int(text)


def _address(value: str) -> str:
    """The address of a `c=` line (RFC 4566 section 5.7), which must be one, of the family it says, and of one machine."""
    fields = value.split()
    if len(fields) != 3 or fields[0] != "IN" or fields[1] not in ("IP4", "IP6"):
        raise Unusable(f"{value[:60]!r} is no address of the Internet")
    text = fields[2].partition("/")[0]
    try:
        address = ip_address(text)
    except ValueError as fault:
        raise Unusable(f"{text[:60]!r} is no address: names are not looked up for media") from fault
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    if address.version != int(fields[1][2]) or "%" in text or mapped:
        raise Unusable(f"{text} is no address of the family {fields[1]}")
    if address.is_multicast or text == "255.255.255.255":
        raise Unusable(f"{text} is the address of a group; a call goes to one machine")
    return text


def choose(offer: Description, preferred: tuple[int, ...] = PREFERRED) -> Choice:
    """The call's codec: the best of ours that is offered. Raises `Unusable` when none is (SIP: 488)."""
    for codec in preferred:
        if codec in offer.payloads:
            return Choice(codec=codec, telephone_event=_events_number(offer))
    raise Unusable("none of PCMA, PCMU and G722 is offered")


def _events_number(offer: Description) -> int:
    """The payload type of telephone events in a call: the offer's, or one that is free there, for whoever is called may know
    events where the caller does not."""
    if offer.telephone_event is not None:
        return offer.telephone_event
    taken = offer.streams[offer.place].line.split()[3:] if offer.streams else []
    free = (number for number in (OFFERED_EVENTS, *range(96, 128)) if str(number) not in taken)
    return next(free, OFFERED_EVENTS)


def passing(offer: Description, codec: int, telephone_event: int | None) -> Choice:
    """A codec that is to pass, as `offer` has it."""
    number = offer.opus if codec == OPUS else None
    said = dict(offer.parameters).get(codec, "")
    return Choice(codec=codec, telephone_event=telephone_event, number=number, parameters=said)


def speaks(description: Description, choice: Choice) -> bool:
    """Whether a party that describes itself so takes packets of what both legs speak, numbers and all."""
    numbers_fit = choice.number is None or description.opus == choice.number
    return choice.codec in description.payloads and numbers_fit


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
    local: secure.Local | None = None,
    key: sdes.Key | None = None,
    offer: Description | None = None,
) -> str:
    """Our offer, or our answer to `offer`, in ASCII: receive at `host`:`port` what `choice` says.

    With `local` it is for a browser, with `key` for a phone that encrypts. Streams of the offer besides the audio are refused,
    each in its place; where that was a fax, audio takes its place again.
    """
    events = choice.telephone_event
    if offer is not None and offer.fax is None and offer.telephone_event != events:
        events = None  # a party that has none of its own reads them as a codec, or not at all
    numbers = [choice.payload] + ([] if events is None else [events])
    spoken = None if offer is None or offer.fax is not None else offer.protocol
    protocol = spoken or (PLAIN[0] if key is None else sdes.PROTOCOLS[0])
    if spoken is None and local is not None:
        protocol = secure.PROTOCOLS[0]
    place = 0 if offer is None else _audio_place(offer)
    mid = offer.streams[place].mid if offer is not None and offer.streams else "0"
    section = [
        f"m=audio {port} {protocol} {' '.join(map(str, numbers))}",
        *([] if local is None else secure.media_lines(local, mid, answering=offer is not None)),
        *([] if key is None else [f"a={key.line()}"]),
        f"a=rtpmap:{choice.payload} {NAMES[choice.codec]}",
        *([f"a=fmtp:{choice.payload} {choice.parameters}"] if choice.parameters else []),
    ]
    if events is not None:
        section += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-16"]
    section += [f"a=ptime:{ptime_ms}", f"a={direction}"]
    of_session = [] if local is None else secure.session_lines(mid)
    return _whole(host, section, of_session, place, offer, session=session, version=version)


def build_fax(
    host: str, port: int, fax: fax_sdp.Fax, *, offer: Description | None = None, session: int = 1, version: int = 1
) -> str:
    """Our offer of a fax, or our answer to one, to a party whose last description is `offer`: its other streams are refused, each
    in its place."""
    section = [f"m=image {port} {fax_sdp.PROTOCOL} t38", *(f"a={line}" for line in fax.lines)]
    place = 0 if offer is None else _fax_place(offer)
    return _whole(host, section, [], place, offer, session=session, version=version)


def _fax_place(offer: Description) -> int:
    """Which stream is the fax: the one that was read, that was offered beside audio, or that takes the audio's place."""
    if offer.fax is not None:
        return offer.place
    faxes = (place for place, stream in enumerate(offer.streams) if fax_sdp.is_image(stream.line.split()))
    return next(faxes, offer.place)


def _audio_place(offer: Description) -> int:
    """Which stream is the audio: the one that was read, or that a fax has taken the place of."""
    if offer.fax is None:
        return offer.place
    audio = (place for place, stream in enumerate(offer.streams) if stream.line.startswith("audio "))
    return next(audio, offer.place)


def _whole(
    host: str,
    section: list[str],
    of_session: list[str],
    place: int,
    offer: Description | None,
    *,
    session: int,
    version: int,
) -> str:
    """A description with one section of ours at `place`, between refusals of what else was offered."""
    family = "IP6" if ":" in host else "IP4"
    host = host.strip("[]")
    before = _refused(offer.streams[:place]) if offer is not None else []
    after = _refused(offer.streams[place + 1 :]) if offer is not None else []
    head = ["v=0", f"o=- {session} {version} IN {family} {host}", "s=-", f"c=IN {family} {host}", "t=0 0"]
    return "\r\n".join([*head, *of_session, *before, *section, *after, ""])


def _refused(streams: tuple[Stream, ...]) -> list[str]:
    """Media lines that refuse streams (RFC 3264 section 6): port 0, their first format."""
    lines: list[str] = []
    for stream in streams:
        fields = stream.line.split()
        if not all(field.isascii() for field in fields):
            raise Unusable("a media line that is not ASCII")
        lines.append(" ".join(["m=" + fields[0], "0", *fields[2:4]]))
        if stream.mid:
            lines.append(f"a=mid:{stream.mid}")
    return lines
