"""Who is at the other end of a page or request, and what they may do.

Decides that rights are looked up whenever they are asked for, so that a role taken away, or a session that is over, counts at
once in pages that are open. Leaves who is let in to `gate.py`.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Final

from engine.account import call_rights
from pbxsim.workbench.access import rights
from pbxsim.workbench.access.rights import Apart, Right, Role
from pbxsim.workbench.shell.texts import Texts

ATTRIBUTE: Final = "pbx_visitor"
"""Where a request carries who sent it. A page's session keeps its request, and with it who opened the page."""


class Visitor:
    """Somebody. `roles` gives their roles as they are now, and None for who may do everything as there are no persons;
    `apart` what they are given and denied apart;
    `secret` is that of their session, empty without one; who signed in with a password that somebody else gave them has none of
    their own, and sets it first."""

    def __init__(
        self,
        name: str,
        roles: Callable[[], tuple[Role, ...] | None],
        secret: str = "",
        *,
        has_own_password: bool = True,
        calls: Callable[[], str] | None = None,
        apart: Callable[[], Apart | None] = lambda: None,
    ) -> None:
        if calls is not None:
            self.calls = calls
        self._apart = apart
        self.name, self.roles, self.secret, self.has_own_password = name, roles, secret, has_own_password

    calls: Callable[[], str] = staticmethod(lambda: call_rights.ALL)
    """Whose calls of the bridge they see now, a filter as in R-23.12."""

    @property
    def sees_all_calls(self) -> bool:
        """Whether no filter keeps calls from them."""
        return call_rights.ALL in self.calls().split(";")

    user: int | None = None
    """Internal number of who signed in by phone; None for persons."""

    def may(self, right: Right) -> bool:
        """Whether they may do something now."""
        roles = self.roles()
        return roles is None or right in rights.rights_of(roles, self._apart() if right in rights.APART else None)

    @property
    def is_signed_in(self) -> bool:
        """Whether they signed in; nobody does in single-user mode."""
        return bool(self.secret)


class Employee(Visitor):
    """A user of the PBX who signed in by phone, as long as `is_there` says that their session goes on. They have no role."""

    def __init__(self, user: int, address: str, is_there: Callable[[], bool], secret: str) -> None:
        super().__init__(address, lambda: (), secret)
        self.user, self._is_there = user, is_there

    def may(self, right: Right) -> bool:
        """See Visitor."""
        return right in rights.EMPLOYEE and self._is_there()


def owner() -> Visitor:
    """Who runs this process: in notebooks, and on a workbench without persons."""
    return Visitor(own_name(), lambda: None)


def nobody() -> Visitor:
    """A request that no gate let in."""
    return Visitor("", lambda: ())


def own_name() -> str:
    """The name of the user who started this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "owner"


def refusal(right: Right, texts: Texts) -> str:
    """Why somebody may not, and who may."""
    return texts(f"refused.{right}")
