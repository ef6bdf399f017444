"""The codes of one version, and which of them was dialled (R-15.11).

Decides how codes and what follows them are told apart: a code without anything after it first, then the longest. Leaves what
they do to `control/services.py`.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from engine.document.code_models import Codes
from engine.numbers import phone_numbers

Service = Literal["group_pickup", "pickup", "park", "disturb_off", "disturb_on", "forward", "forward_off", "voicemail"]

FOLLOWED: Final[dict[Service, re.Pattern[str]]] = {
    "pickup": re.compile(r"[1-9][0-9]{2,3}"),
    "park": re.compile(r"[0-9]{1,2}"),
    "forward": re.compile(r"[0-9]{2,15}"),
}
"""What follows a code: a user's number, a slot, any number."""

SERVICES: Final[tuple[Service, ...]] = (
    "group_pickup", "pickup", "park", "disturb_off", "disturb_on", "forward", "forward_off", "voicemail",
)  # fmt: skip


class Dialled(msgspec.Struct, frozen=True):
    """A code, and what followed it."""

    service: Service
    argument: str = ""


class ServiceCodes:
    """The codes of one version."""

    __slots__ = ("_plain", "_followed", "confirm", "spoken")

    def __init__(self, codes: Codes) -> None:
        known = {service: getattr(codes, service) for service in SERVICES if getattr(codes, service) is not None}
        self._plain: Final[dict[str, Service]] = {code: name for name, code in known.items() if name not in FOLLOWED}
        self._followed: Final = sorted(
            ((code, name) for name, code in known.items() if name in FOLLOWED), key=lambda pair: -len(pair[0])
        )
        self.confirm: Final = codes.confirm
        self.spoken: Final = codes.spoken

    def find(self, number: str) -> Dialled | None:
        """The code in a dialled number; None if there is none."""
        if number[:1] not in "*#" or not number:
            return None
        text = phone_numbers.cleaned(number)
        if text is None:
            return None
        plain = self._plain.get(text)
        if plain is not None:
            return Dialled(plain)
        for code, name in self._followed:
            if text.startswith(code) and FOLLOWED[name].fullmatch(text[len(code) :]):
                return Dialled(name, text[len(code) :])
        return None

    def slot(self, number: str) -> str:
        """The slot that a call is sent to; empty if that is none."""
        found = self.find(number)
        return found.argument if found is not None and found.service == "park" else ""
