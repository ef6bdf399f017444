"""Roles and what each may do: the one table.

Decides nothing else. A person may have several roles and has the rights of all of them. Leaves who has which role to
`persons.py`, and asking to `visitors.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """One thing that may be done."""

    SEE = "see"
    """Flows, previews, maps, comparisons, figures, the running bridge."""

    CALLS = "calls"
    """Calls that are over: of an employee those that the bridge shows them (R-23.12)."""

    SIMULATE = "simulate"
    """Simulate, load-test, staff and calibrate: work for many processors."""

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
    """Listen to recordings and voice messages."""

    MANAGE = "manage"
    """Let persons in, give them roles and passwords, lock and remove them."""


class Role(StrEnum):
    """What a person is in the workbench."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


_VIEWER: Final = frozenset({Right.SEE, Right.CALLS})
_ANALYST: Final = _VIEWER | {Right.SIMULATE, Right.SAVE_SCENARIO}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.ADMINISTRATOR: _ANALYST | {Right.EDIT, Right.SAVE, Right.MANAGE, Right.CALL},
    Role.OPERATOR: _VIEWER | {Right.PROMOTE, Right.ACT, Right.CALL, Right.LISTEN},
}
"""Who draws a flow does not put it on live calls by that alone, and who puts it there does not change it."""

EMPLOYEE: Final = frozenset({Right.CALLS, Right.LISTEN})
"""Who signed in by phone; whether they may listen the bridge knows."""

ALL: Final = frozenset(Right)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """What a person of these roles may do; nothing without a role.

    >>> sorted(map(str, rights_of([Role.ANALYST]))), rights_of([])
    (['calls', 'save_scenario', 'see', 'simulate'], frozenset())
    """
    return frozenset[Right]().union(*(RIGHTS[role] for role in roles))
