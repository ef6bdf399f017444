"""What is known of carriers: their servers, how they want numbers written, and where they read the caller's (R-04.4, R-04.11).

Decides the presets, as data. A trunk's own fields win over its preset, and «Другой» changes nothing; a name that is not here is
taken for it. Leaves the number that a call presents to `control/presented_caller.py`, the fields of SIP to the live bridge.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from engine.numbers.phone_numbers import Form

CallerField = Literal["from", "p-asserted-identity", "p-preferred-identity", "remote-party-id"]
"""A header field that may tell a carrier the caller's number (RFC 3261, RFC 3325, draft-ietf-sip-privacy-04)."""

Forwarding = Literal["diversion", "history-info"]
"""The header field that names the number a call was forwarded from: RFC 5806, RFC 7044."""

Codec = Literal["PCMA", "PCMU", "G722", "G729", "opus"]


class CarrierPreset(msgspec.Struct, frozen=True, kw_only=True):
    """One carrier. What is not known about it is as with any other."""

    operator: str
    """Its name, as the field *Operator* has it."""
    host: str = ""
    """Where calls and registrations go when `live.yaml` names a login at this trunk and no host."""
    port: int | None = None
    transport: Literal["udp", "tcp", "tls"] | None = None
    register: bool = False
    """Whether it sends calls only to a registered contact."""
    expires_s: int = 300
    called_form: Form = "off"
    caller_form: Form = "off"
    caller_in: tuple[CallerField, ...] = ("from",)
    """Without `from`, From has the login: the carrier knows the line by it."""
    forwarded_in: Forwarding = "diversion"
    codecs: tuple[Codec, ...] = ()
    """What it is offered, best first; empty is what the caller speaks."""
    session_timer: bool = True
    """Whether session timers (RFC 4028) are offered to it."""
    source: str = ""
    """What this was taken from."""


OTHER: Final = CarrierPreset(operator="Другой")
"""The default choice: nothing is rewritten, and From tells the number."""

PRESETS: Final = (
    OTHER,
    CarrierPreset(
        operator="Мультифон",
        host="sbc.megafon.ru",
        port=5060,
        transport="udp",
        register=True,
        caller_form="7",
        caller_in=("p-asserted-identity",),
        source="MegaFon's settings for a SIP device: From is the account's own number, which is its login",
    ),
    CarrierPreset(operator="Дом.ру", source="the name alone: with which operator it was first used (R-04.4)"),
    CarrierPreset(operator="voximplant", source="partner carrier, R-03.14: full numbers with country and area code"),
    CarrierPreset(
        operator="Telnyx",
        host="sip.telnyx.com",
        called_form="+7",
        caller_form="+7",
        caller_in=("from", "p-asserted-identity"),
        source="developers.telnyx.com, SIP trunking, caller ID policy: E.164 with a plus across borders",
    ),
    CarrierPreset(
        operator="Twilio",
        called_form="+7",
        caller_form="+7",
        source="twilio.com, errors 32100, 32101 and 32204: E.164 in the Request-URI and in From; the host is the account's own",
    ),
    CarrierPreset(
        operator="DIDWW",
        source="doc.didww.com, outbound trunks, call forwarding: Diversion names our number; the host is the account's",
    ),
)

_BY_NAME: Final = {preset.operator.casefold(): preset for preset in PRESETS}


def preset_of(operator: str) -> CarrierPreset:
    """The preset of an operator's name, in any case; that of «Другой» for a name without one.

    >>> preset_of("мультифон").host, preset_of("Somebody").caller_in
    ('sbc.megafon.ru', ('from',))
    """
    return _BY_NAME.get(operator.strip().casefold(), OTHER)
