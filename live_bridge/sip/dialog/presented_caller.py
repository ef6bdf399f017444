"""The caller as an INVITE of ours tells it: From, and for carriers the fields that name and hide numbers (R-04.11, R-04.12).

Decides which field has which number, by what the trunk's carrier reads. Leaves the numbers to the engine, sending to `leg.py`.
Sources: RFC 3261 section 8.1.1.3, RFC 3323, RFC 3325, RFC 4458, RFC 5806, RFC 7044, draft-ietf-sip-privacy-04. No sippy.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.contract import commands as cmd
from live_bridge.addresses import in_uri
from live_bridge.sip.dialog.caller_id import cleaned
from live_bridge.sip.dialog.message_parts import shown
from live_bridge.sip.settings import TrunkPeers

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY"
SUPPORTED: Final = "timer, replaces"
WITHOUT_TIMER: Final = "replaces"

NOBODY: Final = "anonymous"
NOWHERE: Final = "anonymous.invalid"
"""From of a caller who withholds their number (RFC 3323 section 4.1.1.3)."""

REASONS: Final = {"no_answer": "no-answer", "busy": "user-busy", "unreachable": "unavailable"}
"""Reasons of Diversion (RFC 5806)."""

CAUSES: Final = {"no_answer": 408, "busy": 486, "unreachable": 503}
"""Causes in a URI of History-Info (RFC 4458); 302 is unconditional."""

OUR_FIELDS: Final = (("Allow", ALLOW), ("Supported", SUPPORTED))


class ToldCaller(msgspec.Struct, frozen=True):
    """The caller of one INVITE. `domain` None is our own host; `fields` are header fields beside From."""

    user: str
    name: str = ""
    domain: str | None = None
    fields: tuple[tuple[str, str], ...] = OUR_FIELDS


def to_user(caller: str, name: str) -> ToldCaller:
    """To a user's phone, or to an address on the internet."""
    return ToldCaller(caller or NOBODY, shown(name))


def to_carrier(command: cmd.PlaceLeg, number: str, trunk: TrunkPeers, domain: str) -> ToldCaller:
    """To the carrier of a trunk, which is called for `number`; `domain` is our own.

    >>> anna = cmd.PlaceLeg(
    ...     leg="c.1", call="c", target=cmd.Outside(number="8916", trunk="t"), ring_timeout_us=1, caller="7495", withheld=True
    ... )
    >>> told = to_carrier(anna, "8916", TrunkPeers(number="7495", caller_in=("from", "p-asserted-identity")), "pbx.example")
    >>> told.user, told.domain, told.fields[2:]
    ('anonymous', 'anonymous.invalid', (('Privacy', 'id'), ('P-Asserted-Identity', '<sip:7495@pbx.example>')))
    """
    there = in_uri(trunk.host)
    host = there if trunk.login else domain
    name = shown(command.caller_name)
    own = trunk.login or cleaned(trunk.number)
    fields = [("Allow", ALLOW), ("Supported", SUPPORTED if trunk.session_timer else WITHOUT_TIMER)]
    if command.withheld:
        fields.append(("Privacy", "id"))
    if command.caller:
        address = f'"{name}" <sip:{command.caller}@{host}>' if name else f"<sip:{command.caller}@{host}>"
        for field in trunk.caller_in:
            if field == "p-asserted-identity":
                fields.append(("P-Asserted-Identity", address))
            elif field == "p-preferred-identity":
                fields.append(("P-Preferred-Identity", address))
            elif field == "remote-party-id":
                privacy = "full" if command.withheld else "off"
                fields.append(("Remote-Party-ID", f"{address};party=calling;screen=yes;privacy={privacy}"))
    if command.forwarded_from:
        fields.append(_forwarded(command, f"{number}@{there}", trunk, host))
    if "from" not in trunk.caller_in:
        return ToldCaller(own, name, host, tuple(fields))
    if command.withheld or not command.caller:
        return ToldCaller(NOBODY, "Anonymous", NOWHERE, tuple(fields))
    return ToldCaller(command.caller, name, host, tuple(fields))


def _forwarded(command: cmd.PlaceLeg, called: str, trunk: TrunkPeers, host: str) -> tuple[str, str]:
    """The field that names the number a call was forwarded from, and why it was."""
    first = f"<sip:{command.forwarded_from}@{host}>"
    if trunk.forwarded_in == "diversion":
        reason = REASONS.get(command.because, "unconditional")
        return "Diversion", f"{first};reason={reason};counter=1;privacy=off"
    second = f"<sip:{called};cause={CAUSES.get(command.because, 302)}>"
    return "History-Info", f"{first};index=1, {second};index=1.1;mp=1"
