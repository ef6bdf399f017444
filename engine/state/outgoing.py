"""Calls to outside numbers: which rule fires, through which trunk, and what is sent (R-14, R-04.7).

Decides all of an outgoing call that follows from the document, the dialled number and the originator. Leaves the
state of trunks (registered, full, R-04.8, R-04.10) and trying the failover trunk (R-14.20) to the tenant.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.contract import limits
from engine.contract.causes import Cause
from engine.document import models
from engine.document.models import Head
from engine.numbers import masks, phone_numbers
from engine.numbers.digits import is_digits


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a dialled number. Exactly one of `inside`, `trunk` and `cause` is set."""

    rule: str
    """The rule of the specification that decided: `R-14.7`."""
    name: str = ""
    """The outgoing rule that fired, as people call it; empty if none did."""
    index: int | None = None
    """Its place in the list, counted from 0."""
    inside: int | None = None
    """The internal number it is delivered to, without ever reaching the rules (R-14.9)."""
    trunk: str | None = None
    """Key of the trunk the call leaves by."""
    failover: str | None = None
    """Trunk to try when that one is down, full or barred (R-14.20)."""
    number: str = ""
    """The number as it is sent."""
    cause: Cause | None = None
    """Why the call ends here."""
    emergency: bool = False
    caller_number: str | None = None
    """The number that the rule lets the call present (R-04.12)."""
    anonymous: bool = False
    """Whether the rule lets it present none."""


class Rule:
    """One outgoing rule, compiled."""

    __slots__ = ("anonymous", "caller_number", "failover", "index", "mask", "name", "only", "output", "trunk", "users")

    def __init__(self, index: int, rule: models.OutgoingRule) -> None:
        self.index = index
        self.name = rule.name or f"rule {index + 1}"
        self.mask = masks.parse(rule.mask)
        self.output = masks.parse_output(rule.output, self.mask)
        self.trunk = rule.operator
        self.failover = rule.failover
        self.only = rule.mode == "only"
        self.users = users_of(rule.users)
        self.caller_number = rule.caller_number
        self.anonymous = rule.anonymous

    def works_for(self, originator: int | None) -> bool:
        """The user condition (R-14.5, R-14.8); without an originator only *except* rules work (R-14.10)."""
        return (originator in self.users) == self.only


def users_of(text: str) -> frozenset[int]:
    """The internal numbers of a list `100;101`; spaces and empty items are ignored (R-14.8).

    >>> sorted(users_of(" 100; ;101"))
    [100, 101]
    """
    items = (phone_numbers.visible(item).strip() for item in text.split(";"))
    return frozenset(int(item) for item in items if len(item) <= limits.NUMBER_LENGTH and is_digits(item))


class OutgoingRoutes:
    """The outgoing settings of one version."""

    def __init__(self, head: Head, inside: Iterable[int] = ()) -> None:
        self.default = head.outgoing.default
        self.rules = tuple(Rule(index, rule) for index, rule in enumerate(head.outgoing.rules))
        self._by_first = {
            char: tuple(rule for rule in self.rules if char in rule.mask.first) for char in phone_numbers.DIALLED + "+"
        }
        self._emergency = frozenset(head.settings.emergency)
        self._inside = {str(number): number for number in inside}
        self._barred_trunks = frozenset(key for key, trunk in head.trunks.items() if not trunk.outgoing_allowed)

    def route(
        self,
        dialled: str,
        originator: int | None = None,
        same_trunk: str | None = None,
        among: Iterable[Rule] | None = None,
    ) -> Route:
        """What becomes of `dialled` when `originator` calls it.

        `originator` is the dialling or forwarding user; None for groups, and for callbacks without a user (R-14.10).
        `same_trunk` is the trunk a forwarded call came in on, if that one asks to be used again (R-04.5, R-04.7).
        `among` are the rules that may fit, in order, for who knows already that all others do not.
        """
        number = phone_numbers.cleaned(dialled)
        if number is None:
            return Route(rule="R-14.11", cause=Cause.INVALID_NUMBER_FORMAT, number=dialled)
        if number in self._emergency:
            return self._by_default(number, "R-14.9", emergency=True)
        inside = self._inside.get(number)
        if inside is not None:
            return Route(rule="R-14.9", inside=inside, number=number)
        for rule in self._by_first[number[0]] if among is None else among:
            if same_trunk is not None and rule.trunk != same_trunk:
                continue
            if not rule.works_for(originator):
                continue
            captured = rule.mask.captured(number)
            if captured is not None:
                return self.fired(rule, captured)
        if same_trunk is not None:
            return self._through(Route(rule="R-04.7", trunk=same_trunk, number=number))
        return self._by_default(number, "R-14.2")

    def is_emergency(self, dialled: str) -> bool:
        """Whether a number is one of the account's emergency numbers, which nothing bars (R-02.8, R-14.9)."""
        return phone_numbers.cleaned(dialled) in self._emergency

    def fired(self, rule: Rule, captured: str) -> Route:
        """What becomes of a number whose capture is `captured` when `rule` fires."""
        if rule.output.bars:
            barred = Cause.OUTGOING_CALL_BARRED
            return Route(rule="R-14.21", name=rule.name, index=rule.index, cause=barred, number=rule.output.text)
        number = rule.output.number(captured)
        if phone_numbers.cleaned(number) != number:
            return Route(
                rule="R-14.19", name=rule.name, index=rule.index, cause=Cause.INVALID_NUMBER_FORMAT, number=number
            )
        return self._through(
            Route(
                rule="R-14.7",
                name=rule.name,
                index=rule.index,
                trunk=rule.trunk,
                failover=rule.failover,
                number=number,
                caller_number=rule.caller_number,
                anonymous=rule.anonymous,
            )
        )

    def _by_default(self, number: str, reason: str, emergency: bool = False) -> Route:
        if self.default is None:
            return Route(rule="R-14.1", cause=Cause.NO_ROUTE_DESTINATION, number=number, emergency=emergency)
        route = Route(rule=reason, trunk=self.default, number=number, emergency=emergency)
        return route if emergency else self._through(route)

    def _through(self, route: Route) -> Route:
        """The same route, unless its trunk takes no outgoing calls (R-03.16)."""
        if route.trunk not in self._barred_trunks:
            return route
        return Route(
            rule="R-03.16", name=route.name, index=route.index, cause=Cause.OUTGOING_CALL_BARRED, number=route.number
        )
