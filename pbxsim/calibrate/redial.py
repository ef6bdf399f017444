"""Callers who come again: how many of those who abandoned, and of those who were served, and after how long.

Decides the estimate where the log knows its callers. A call within `WITHIN_S` of the end of an earlier one of the same
caller on the same day is a return. Shares are of calls whose caller is known.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import pandas as pd

WITHIN_S: Final = 3600.0
FEWEST: Final = 50
"""Abandoned calls of known callers below which nothing is said."""


@dataclasses.dataclass(frozen=True)
class Redials:
    """Shares who call again within the hour, and their mean delay in seconds; None where the log does not tell."""

    after_abandon: float | None
    abandon_delay_s: float
    after_talk: float | None
    talk_delay_s: float
    first_share: float = 1.0
    """Share of all calls that are no returns: arrivals that a simulation with redials must start from."""


def fit(train: pd.DataFrame) -> Redials:
    """Redials of known callers; a log without callers tells nothing."""
    known = train[train["caller"].notna()].sort_values(["caller", "day", "t"], kind="stable")
    group = known.groupby(["caller", "day"])["t"]
    over = known["a"].where(known["abandoned"], known["e"])
    delay = group.shift(-1) - over
    again = (delay >= 0) & (delay <= WITHIN_S)
    lost, served = known["abandoned"], known["answered"]
    if int(lost.sum()) < FEWEST:
        return Redials(None, 0.0, None, 0.0)
    after_abandon = float(again[lost].mean())
    after_talk = float(again[served].mean()) if bool(served.any()) else 0.0
    returning = after_abandon * float(train["abandoned"].mean()) + after_talk * float(train["answered"].mean())
    return Redials(
        after_abandon,
        float(delay[lost & again].mean()) if bool((lost & again).any()) else 0.0,
        after_talk,
        float(delay[served & again].mean()) if bool((served & again).any()) else 0.0,
        1 - returning,
    )
