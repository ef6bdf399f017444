"""The numbers that outside calls of one version may present, and how each carrier wants them (R-04.11, R-04.12).

Decides what a document says of them: trunk by trunk with its preset, user by user. Leaves which one a call presents to
`control/presented_caller.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from engine.document.carrier_presets import CallerField, Codec, Forwarding, preset_of
from engine.document.models import Head, Trunk
from engine.numbers import phone_numbers
from engine.numbers.phone_numbers import Form

Reason = Literal["", "unconditional", "no_answer", "busy", "unreachable"]
"""Why a call was forwarded; empty where it was not."""


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """What one outside leg tells its carrier of the caller, as it is to be written."""

    number: str = ""
    """Empty when there is none to tell: a first caller who withheld theirs."""
    name: str = ""
    withheld: bool = False
    """Whether the number is for the carrier alone (RFC 3323)."""
    forwarded_from: str = ""
    """The number of ours that the call was forwarded from, if the carrier is told."""
    because: Reason = ""
    text: str = ""
    """Whose number it is, in a few words."""


class CarrierManner(msgspec.Struct, frozen=True, kw_only=True):
    """One trunk as its carrier wants it: the trunk's own fields, else those of the operator's preset."""

    number: str
    called_form: Form
    caller_form: Form
    caller_in: tuple[CallerField, ...]
    forwarded_in: Forwarding
    original: bool
    """Whether forwarded calls present the first caller's number."""
    codecs: tuple[Codec, ...] = ()
    session_timer: bool = True


def manner_of(trunk: Trunk) -> CarrierManner:
    """How calls go out through a trunk."""
    preset = preset_of(trunk.operator)
    return CarrierManner(
        number=trunk.number,
        called_form=preset.called_form if trunk.called_form is None else trunk.called_form,
        caller_form=preset.caller_form if trunk.caller_form is None else trunk.caller_form,
        caller_in=preset.caller_in if trunk.caller_in is None else trunk.caller_in,
        forwarded_in=preset.forwarded_in if trunk.forwarded_in is None else trunk.forwarded_in,
        original=trunk.forward_caller == "original",
        codecs=preset.codecs,
        session_timer=preset.session_timer,
    )


class CallerNumbers:
    """The numbers of one version."""

    __slots__ = ("_allowed", "_own", "anonymous", "manners", "of_users")

    def __init__(self, head: Head) -> None:
        self.manners: Final = {key: manner_of(trunk) for key, trunk in head.trunks.items()}
        self.of_users: Final = {
            user: settings.outside_number
            for user, settings in head.users.items()
            if settings.outside_number is not None
        }
        self.anonymous: Final = frozenset(user for user, settings in head.users.items() if settings.anonymous)
        self._own: Final = own_numbers(head)
        self._allowed: Final = {
            key: frozenset(map(phone_numbers.subscriber, trunk.allowed_numbers)) for key, trunk in head.trunks.items()
        }

    def may_present(self, number: str, trunk: str) -> bool:
        """Whether calls through a trunk may present a number: one of a trunk of the account, or one listed at this trunk."""
        same = phone_numbers.subscriber(number)
        return same in self._own or same in self._allowed[trunk]


def own_numbers(head: Head) -> frozenset[str]:
    """The numbers of the account's trunks, each in one way of writing it."""
    return frozenset(phone_numbers.subscriber(trunk.number) for trunk in head.trunks.values())


def presentable(head: Head, number: str, trunks: Iterable[str]) -> bool:
    """Whether at least one of these trunks lets a number be presented (R-04.12)."""
    same = phone_numbers.subscriber(number)
    return same in own_numbers(head) or any(
        phone_numbers.is_same(number, allowed)
        for key in trunks
        if key in head.trunks
        for allowed in head.trunks[key].allowed_numbers
    )
