"""Roles and what each may do: the one table, and three rights that a person is given or denied apart from it (R-23.12).

Decides nothing else. A person may have several roles and has the rights of all of them. Leaves who has which role to
`persons.py`, and asking to `visitors.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec


class Right(StrEnum):
    """One thing that may be done."""

    SEE = "see"
    """Flows, previews, maps, comparisons, figures, the running bridge."""

    CALLS = "calls"
    """Calls that are over: of an employee those that the bridge shows them (R-23.12)."""

    SIMULATE = "simulate"
    """Simulate, load-test, staff and calibrate: work for many processors."""

    FORESEE = "foresee"
    """Simulate the rest of today with its members: who would help."""

    SAVE_SCENARIO = "save_scenario"
    """Write scenarios and plans."""

    EDIT = "edit"
    """Change a document in edit."""

    SAVE = "save"
    """Write a document or its draft to its file."""

    PROMOTE = "promote"
    """Publish, promote and roll back versions of the running bridge, and hold a trial's plan."""

    ACT = "act"
    """Act on live calls, members, time rules, numbers and bans of the running bridge."""

    CALL = "call"
    """Call the flow with the phone of a page, and be a user's phone there."""

    LISTEN = "listen"
    """Listen to recordings, voice messages and calls in progress."""

    DOWNLOAD = "download"
    """Take recordings that may be heard away as files and links."""

    BALANCE = "balance"
    """See the balance of the account."""

    MANAGE = "manage"
    """Let persons in, give them roles and passwords, lock and remove them."""


class Role(StrEnum):
    """What a person is in the workbench."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


_VIEWER: Final = frozenset({Right.SEE, Right.CALLS})
_ANALYST: Final = _VIEWER | {Right.SIMULATE, Right.FORESEE, Right.SAVE_SCENARIO}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.ADMINISTRATOR: _ANALYST | {Right.EDIT, Right.SAVE, Right.MANAGE, Right.CALL},
    Role.OPERATOR: _VIEWER | {Right.FORESEE, Right.PROMOTE, Right.ACT, Right.CALL, Right.LISTEN},
}
"""Who draws a flow does not put it on live calls by that alone, and who puts it there does not change it."""

EMPLOYEE: Final = frozenset({Right.CALLS, Right.LISTEN, Right.DOWNLOAD, Right.BALANCE})
"""Who signed in by phone; which of the last three they have the bridge knows."""

ALL: Final = frozenset(Right)


class Grant(StrEnum):
    """How a right that is given apart stands."""

    ROLE = "role"
    """As the roles say."""
    YES = "yes"
    NO = "no"


APART: Final = (Right.LISTEN, Right.DOWNLOAD, Right.BALANCE)
"""Rights that a person is given or denied apart from their roles."""


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """How each right of `APART` stands with one person."""

    listen: Grant = Grant.ROLE
    download: Grant = Grant.ROLE
    balance: Grant = Grant.ROLE

    def of(self, right: Right) -> Grant:
        """How one of them stands."""
        found: Grant = getattr(self, right)
        return found

    def said(self) -> str:
        """In words, as they are kept; empty where the roles alone say it.

        >>> Apart(listen=Grant.NO, balance=Grant.YES).said(), apart_of("listen=no balance=yes shout=yes").balance
        ('listen=no balance=yes', <Grant.YES: 'yes'>)
        """
        return " ".join(f"{right}={self.of(right)}" for right in APART if self.of(right) is not Grant.ROLE)


def apart_of(said: str) -> Apart:
    """What `Apart.said` wrote; words that nobody knows are left out."""
    words = dict(word.split("=", 1) for word in said.split() if "=" in word)
    known = {str(grant) for grant in Grant}
    return Apart(**{right: Grant(words[right]) for right in APART if words.get(right) in known})


def rights_of(roles: Iterable[Role], apart: Apart | None = None) -> frozenset[Right]:
    """What a person of these roles may do, with what is given and denied apart; nothing without a role, and nothing is taken
    away as a file that may not be heard.

    >>> sorted(map(str, rights_of([Role.ANALYST]))), rights_of([], Apart(listen=Grant.YES))
    (['calls', 'foresee', 'save_scenario', 'see', 'simulate'], frozenset())
    >>> Right.DOWNLOAD in rights_of([Role.VIEWER], Apart(download=Grant.YES))
    False
    """
    found = frozenset[Right]().union(*(RIGHTS[role] for role in roles))
    if not found or apart is None:
        return found
    given = frozenset(right for right in APART if apart.of(right) is Grant.YES)
    found = (found | given) - frozenset(right for right in APART if apart.of(right) is Grant.NO)
    return found if Right.LISTEN in found else found - {Right.DOWNLOAD}
