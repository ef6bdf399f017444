"""Bodies of several parts (RFC 5621): which of them is the session description, and whether the rest may be left aside.

Operators put ISUP parameters, locations or pictures beside the session description. Decides that the description is taken out of
`multipart/mixed`, `multipart/related` and, the last one we can read, `multipart/alternative`, so that everybody above sees a
plain one; that parts we do not understand are left aside unless their Content-Disposition says `handling=required`; and that an
INVITE whose parts must be understood keeps its body, for 415. RFC 3261 section 20.11 takes a part without the parameter for
required: operators send ISUP without it to telephones that know nothing of it, so a part must say so. Pure text, no state.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from sippy.MsgBody import MsgBody
from sippy.SipContentType import SipContentType

PARTS_MOST: Final = 32
DEPTH_MOST: Final = 3

DESCRIPTION: Final = "application/sdp"
CARRIERS: Final = frozenset(("INVITE", "UPDATE", "ACK", "PRACK"))
"""Methods whose bodies are session descriptions."""

_PARAMETER: Final = re.compile(r';\s*([A-Za-z0-9\-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_PLAIN_ENCODINGS: Final = ("", "7bit", "8bit", "binary")
_SESSION: Final = ("", "session")


class Broken(ValueError):
    """A body that says it has parts and cannot be taken apart: the peer's matter, answered with 400."""


class BodyPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part: its type in lower case, its parameters by name, its disposition, and what it holds."""

    kind: str
    parameters: dict[str, str]
    disposition: str
    handling: str
    """`required` or `optional`, empty when it does not say."""
    plain: bool
    """Whether it stands there as it is, in no transfer encoding."""
    text: str


class BodyChoice(msgspec.Struct, frozen=True):
    """What was found: the session description if there is one, and whether all that must be understood is."""

    description: str | None
    understood: bool


def parameters(value: str) -> dict[str, str]:
    """Parameters of a field, by name in lower case.

    >>> parameters('multipart/mixed;boundary="a b"')
    {'boundary': 'a b'}
    """
    return {
        name.lower(): (quoted.replace("\\", "") if quoted else bare) for name, quoted, bare in _PARAMETER.findall(value)
    }


def split(boundary: str, text: str) -> list[BodyPart]:
    """The parts of a body (RFC 2046 section 5.1.1). Raises `Broken` when there is none or the last one has no end."""
    if not boundary or len(boundary) > 70:
        raise Broken("a body of several parts without a boundary between them")
    pieces = re.split(rf"(?:^|\r?\n)--{re.escape(boundary)}(--)?[ \t]*(?=\r?\n|$)", text)
    # what stands before the first boundary, then by turns whether a boundary was the last one, and what follows it
    parts: list[BodyPart] = []
    for last, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if last:
            return parts
        if len(parts) >= PARTS_MOST:
            raise Broken("a body of too many parts")
        parts.append(_part(piece))
    raise Broken("a body of several parts that does not end")


def _part(piece: str) -> BodyPart:
    piece = piece.removeprefix("\r\n").removeprefix("\n") if piece.startswith(("\r\n", "\n")) else piece
    lines = re.split(r"\r?\n", piece)
    fields: dict[str, str] = {}
    end = next((i for i, line in enumerate(lines) if not line), None)
    if end is None:
        raise Broken("a part without an empty line behind its fields")
    for line in re.sub(r"\n[ \t]+", " ", "\n".join(lines[:end])).split("\n") if end else ():
        name, colon, value = line.partition(":")
        if not colon:
            raise Broken("a part with a line that is no field")
        fields[name.strip().lower()] = value.strip()
    kind = fields.get("content-type", fields.get("c", "text/plain"))
    disposition = fields.get("content-disposition", "")
    return BodyPart(
        kind=kind.partition(";")[0].strip().lower(),
        parameters=parameters(kind),
        disposition=disposition.partition(";")[0].strip().lower(),
        handling=parameters(disposition).get("handling", "").lower(),
        plain=fields.get("content-transfer-encoding", "").lower() in _PLAIN_ENCODINGS,
        text="\r\n".join(lines[end + 1 :]),
    )


def choose(kind: str, boundary: str, text: str, depth: int = 0) -> BodyChoice:
    """The session description in a body of type `kind`. Raises `Broken`."""
    if depth >= DEPTH_MOST:
        raise Broken("a body of parts within parts within parts")
    found: list[str] = []
    understood, silent = True, False
    for part in split(boundary, text):
        if part.kind.startswith("multipart/"):
            inner = choose(part.kind, part.parameters.get("boundary", ""), part.text, depth + 1)
            if inner.description is not None:
                found.append(inner.description)
            understood &= inner.understood or part.handling != "required"
        elif part.kind == DESCRIPTION and part.plain and part.disposition in _SESSION:
            found.append(part.text)
        elif part.handling == "required" and kind != "multipart/alternative":
            understood = False
        silent |= part.handling != "optional"
    if not found:
        return BodyChoice(None, understood and not silent)
    return BodyChoice(found[-1] if kind == "multipart/alternative" else found[0], understood)


def unwrap(message: Any, method: str) -> None:
    """Put the session description in the place of a message's parts, and nothing in that of a body of another type that may be
    passed over. What must be understood and is not leaves the body as it is. Raises `Broken`."""
    body = message.getBody()
    if body is None or method not in CARRIERS:
        return
    kind = str(body.mtype)
    if not kind.strip().lower().startswith("multipart/"):
        if kind.partition(";")[0].strip().lower() != DESCRIPTION and _may_be_passed_over(message):
            message.setBody(None)
        return
    chosen = choose(kind.partition(";")[0].strip().lower(), parameters(kind).get("boundary", ""), str(body))
    if not chosen.understood:
        return
    if chosen.description is None:
        message.setBody(None)
        return
    plain = SipContentType(DESCRIPTION)
    plain.parse()
    message.setBody(MsgBody(chosen.description, plain))


def _may_be_passed_over(message: Any) -> bool:
    """Whether the message says that its body need not be understood (RFC 3261 section 20.11)."""
    return any(
        parameters(str(field.body)).get("handling", "").lower() == "optional"
        for field in message.getHFs("content-disposition")
    )
