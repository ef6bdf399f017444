"""States of an account and what moves it between them (R-01.9).

    trial          trial over, money there                  active
    trial          trial over, nothing paid                 blocked_debt
    active         a day's charge leaves it below its limit blocked_debt
    blocked_debt   the button                               extended_24h
    extended_24h   24 h are over                            blocked_debt
    blocked_debt,  a payment that covers the debt           active
    extended_24h
    any            closed                                   closed, for ever

A payment during the extension that covers the debt makes the account active; the use counts (R-22.10). A smaller one is credited
and changes no state, as before. During an extension a day's charge changes no state: that one is over exactly when it is over.

Decides the states alone. Leaves when something moves to `standing.py`.
"""

from __future__ import annotations

from typing import Final, Literal

State = Literal["trial", "active", "blocked_debt", "extended_24h", "closed"]
Move = Literal["trial_over", "trial_over_unpaid", "debt", "covered", "extended", "extension_over", "closed"]

STATES: Final[tuple[State, ...]] = ("trial", "active", "blocked_debt", "extended_24h", "closed")
MOVES: Final[tuple[Move, ...]] = (
    "trial_over", "trial_over_unpaid", "debt", "covered", "extended", "extension_over", "closed",
)  # fmt: skip

BARRED: Final[frozenset[State]] = frozenset({"blocked_debt", "closed"})
"""States in which no new call starts (R-01.10)."""

CHARGED: Final[frozenset[State]] = frozenset({"active", "extended_24h"})
"""States in which a day is charged: a trial is free, and a blocked account gets no service to pay for."""

NEXT: Final[dict[tuple[State, Move], State]] = {
    ("trial", "trial_over"): "active",
    ("trial", "trial_over_unpaid"): "blocked_debt",
    ("trial", "covered"): "trial",
    ("trial", "closed"): "closed",
    ("active", "debt"): "blocked_debt",
    ("active", "covered"): "active",
    ("active", "closed"): "closed",
    ("blocked_debt", "covered"): "active",
    ("blocked_debt", "extended"): "extended_24h",
    ("blocked_debt", "closed"): "closed",
    ("extended_24h", "debt"): "extended_24h",
    ("extended_24h", "covered"): "active",
    ("extended_24h", "extension_over"): "blocked_debt",
    ("extended_24h", "closed"): "closed",
    ("closed", "covered"): "closed",
}
"""Every move there is; any other is a mistake of the caller's and changes nothing."""


class WrongMove(ValueError):
    """An account in this state has no such move."""


def moved(state: State, move: Move) -> State:
    """The state after a move. Raises WrongMove.

    >>> moved("blocked_debt", "extended")
    'extended_24h'
    """
    try:
        return NEXT[state, move]
    except KeyError:
        raise WrongMove(f"an account that is {state} cannot be moved by “{move}” (R-01.9)") from None
