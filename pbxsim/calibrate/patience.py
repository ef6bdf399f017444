"""How long callers would wait, from calls that were answered before they gave up.

Decides the estimate: a rate of giving up by seconds waited, each piece events over seconds at risk (the maximum-likelihood
estimate under censoring by the answer), per kind of call and drawn towards all kinds where a kind has few. Source: Brown et al.
(2005), section 5; Kaplan and Meier (1958) for the curve shown to people.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

from pbxsim.calibrate import days as d
from pbxsim.distributions import PiecewiseHazard

Floats = npt.NDArray[np.float64]

FROM_S: Final = (0.0, 2, 5, 10, 20, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1800)
"""Beginnings of pieces, fine where announcements make callers think again."""

HALF_LIFE_DAYS: Final = 90.0

PRIOR_EVENTS: Final = 10.0
"""Abandoned calls that the shape of all kinds is worth in each piece of one kind."""

TRIMMED: Final = 0.1
"""Share of days left out at either end of the day's haste: outages and tests make callers ring off at once."""

LEAST_RATE: Final = 1e-5


@dataclasses.dataclass(frozen=True)
class Patience:
    """Patience by kind, and of a kind not seen before."""

    kinds: dict[str, PiecewiseHazard]
    other: PiecewiseHazard
    mean_s: float
    """Seconds waited over abandonments, all kinds: what an exponential would have."""

    def of(self, kind: str) -> PiecewiseHazard:
        """The patience of a kind of call."""
        return self.kinds.get(kind, self.other)


def fit(train: pd.DataFrame, reference: pd.Timestamp) -> Patience:
    """Patience of each kind; days near `reference` weigh more. Raises ValueError if nobody ever abandoned."""
    stays = train[train["wait"] > 0]
    if not bool(stays["abandoned"].any()):
        raise ValueError("no call of the log was abandoned, so nothing tells how long callers would wait")
    weight = d.weights(stays["day"], reference, HALF_LIFE_DAYS)
    codes, kinds = pd.factorize(stays["kind"], sort=True)
    for final in (False, True):
        events, risk = _table(stays, weight)
        base = np.maximum(events / np.maximum(risk, 1.0), LEAST_RATE)
        rates = {}
        for i, kind in enumerate(kinds):
            mine = codes == i
            rates[str(kind)] = _shrunk(*_table(stays[mine], weight[mine]), base)
        if not final:
            weight = weight * _usual(stays, codes, [rates[str(kind)] for kind in kinds])
    mean = float((stays["wait"] * weight).sum() / max(1e-9, float((stays["abandoned"] * weight).sum())))
    return Patience({kind: _distribution(rate) for kind, rate in rates.items()}, _distribution(base), mean)


def _table(stays: pd.DataFrame, weight: Floats) -> tuple[Floats, Floats]:
    """Abandonments in each piece, and seconds at risk."""
    begins = np.asarray(FROM_S)
    ends = np.append(begins[1:], np.inf)
    wait = stays["wait"].to_numpy(dtype=float)
    gave_up = stays["abandoned"].to_numpy(dtype=bool)
    piece = np.searchsorted(begins, wait, side="right") - 1
    events = np.bincount(piece[gave_up], weight[gave_up], len(begins))
    risk = np.array([(np.clip(wait - low, 0, high - low) * weight).sum() for low, high in zip(begins, ends, strict=True)])
    return np.asarray(events, dtype=np.float64), risk


def _shrunk(events: Floats, risk: Floats, base: Floats) -> Floats:
    """Rates of one kind: its own level on the shape of all kinds, and its own shape where it has the events for it."""
    level = (events.sum() + 5) / (float((base * risk).sum()) + 5)
    return np.asarray((events + PRIOR_EVENTS) / (risk + PRIOR_EVENTS / (base * level)))


def _usual(stays: pd.DataFrame, codes: npt.NDArray[np.intp], rates: list[Floats]) -> Floats:
    """1 for calls of days on which callers were as hasty as usual, 0 for the others."""
    begins = np.asarray(FROM_S)
    expected = np.zeros(len(stays))
    wait = stays["wait"].to_numpy(dtype=float)
    far = begins[-1] + 7200
    for i, rate in enumerate(rates):
        mine = codes == i
        total = np.concatenate([[0.0], np.cumsum(rate * np.diff(np.append(begins, far)))])
        expected[mine] = np.interp(wait[mine], np.append(begins, far), total)
    by_day = pd.DataFrame({"day": stays["day"].to_numpy(), "seen": stays["abandoned"].to_numpy(), "expected": expected})
    sums = by_day.groupby("day")[["seen", "expected"]].sum()
    haste = (sums["seen"] + 3) / (sums["expected"] + 3)
    enough = haste[sums["expected"] > 10]
    if len(enough) < 10:
        return np.ones(len(stays))
    low, high = enough.quantile([TRIMMED, 1 - TRIMMED])
    strange = haste.index[(haste < low) | (haste > high)]
    return np.where(stays["day"].isin(strange), 0.0, 1.0)


def _distribution(rates: Floats) -> PiecewiseHazard:
    return PiecewiseHazard.model_validate({"from": FROM_S, "rates": tuple(float(f"{rate:.4g}") for rate in rates)})


def kaplan_meier(train: pd.DataFrame) -> pd.DataFrame:
    """The share still willing to wait after `wait_s` seconds, `still_waiting`, with its standard error."""
    stays = train[train["wait"] > 0]
    curve = SurvfuncRight(stays["wait"].to_numpy(dtype=float), stays["abandoned"].to_numpy(dtype=int))
    return pd.DataFrame(
        {"wait_s": curve.surv_times, "still_waiting": curve.surv_prob, "standard_error": curve.surv_prob_se}
    )
