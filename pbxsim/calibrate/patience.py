"""How long callers would wait, from calls that were answered before they gave up.

Decides the estimate: a rate of giving up by seconds waited, each piece events over seconds at risk (the maximum-likelihood
estimate under censoring by the answer), per kind of call and drawn towards all kinds where a kind has few; times a factor of
how many waited already as the caller came (proportional hazards). Source: Brown et al. (2005), section 5; Cox (1972); Kaplan
and Meier (1958) for the curve shown to people.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.scenario.distributions import PiecewiseHazard
from pbxsim.scenario.scenario import Crowd

Floats = npt.NDArray[np.float64]

FROM_S: Final = (0.0, 2, 5, 10, 20, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1800)
"""Beginnings of pieces, fine where announcements make callers think again."""

HALF_LIFE_DAYS: Final = 90.0

PRIOR_EVENTS: Final = 10.0
"""Abandoned calls that the shape of all kinds is worth in each piece of one kind."""

TRIMMED: Final = 0.1
"""Share of days left out at either end of the day's haste: outages and tests make callers ring off at once."""

LEAST_RATE: Final = 1e-5

AHEAD: Final = (0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128)
"""Beginnings of steps of callers who wait already."""

CROWD_PRIOR: Final = 30.0
"""Abandoned calls of no haste that each step's factor is weighed against."""

ROUNDS: Final = 4
"""Times rates and factors are fitted in turn; they settle to a few in a thousand."""


@dataclasses.dataclass(frozen=True)
class PatienceFit:
    """Patience by kind, and of a kind not seen before."""

    kinds: dict[str, PiecewiseHazard]
    other: PiecewiseHazard
    mean_s: float
    """Seconds waited over abandonments, all kinds: what an exponential would have."""
    crowd: Crowd
    """Haste by how many waited already."""

    def of(self, kind: str) -> PiecewiseHazard:
        """The patience of a kind of call."""
        return self.kinds.get(kind, self.other)


def fit(train: pd.DataFrame, reference: pd.Timestamp) -> PatienceFit:
    """Patience of each kind; days near `reference` weigh more. Raises ValueError if nobody ever abandoned."""
    stays = train[train["wait"] > 0]
    if not bool(stays["abandoned"].any()):
        raise ValueError("no call of the log was abandoned, so nothing tells how long callers would wait")
    weight = d.weights(stays["day"], reference, HALF_LIFE_DAYS)
    codes, kinds = pd.factorize(stays["kind"], sort=True)
    step = np.searchsorted(AHEAD, d.waiting_at(train, "t")[(train["wait"] > 0).to_numpy()], side="right") - 1
    factors = np.ones(len(AHEAD))
    usual = np.ones(len(stays))
    for _ in range(ROUNDS):
        now = weight * usual
        haste = factors[step]
        events, risk = _table(stays, now, haste)
        base = np.maximum(events / np.maximum(risk, 1.0), LEAST_RATE)
        rates = [
            _shrunk(*_table(stays[codes == i], now[codes == i], haste[codes == i]), base) for i in range(len(kinds))
        ]
        plain = _expected(stays, codes, rates)
        usual = _usual(stays, plain * haste)
        factors = _factors(stays, plain, step, weight * usual)
    now = weight * usual
    mean = float((stays["wait"] * now).sum() / max(1e-9, float((stays["abandoned"] * now).sum())))
    found = {str(kind): _distribution(rate) for kind, rate in zip(kinds, rates, strict=True)}
    crowd = Crowd(ahead=AHEAD, factors=tuple(float(f"{factor:.4g}") for factor in factors))
    return PatienceFit(found, _distribution(base), mean, crowd)


def _factors(stays: pd.DataFrame, plain: Floats, step: npt.NDArray[np.intp], weight: Floats) -> Floats:
    """Abandoned over expected for each step of callers ahead, drawn towards no haste."""
    unit = CROWD_PRIOR * float(weight.mean())
    seen = np.bincount(step, stays["abandoned"].to_numpy(dtype=float) * weight, len(AHEAD))
    expected = np.bincount(step, plain * weight, len(AHEAD))
    return np.asarray((seen + unit) / (expected + unit))


def _table(stays: pd.DataFrame, weight: Floats, haste: Floats) -> tuple[Floats, Floats]:
    """Abandonments in each piece, and seconds at risk, those of hastier callers counting more."""
    begins = np.asarray(FROM_S)
    ends = np.append(begins[1:], np.inf)
    wait = stays["wait"].to_numpy(dtype=float)
    gave_up = stays["abandoned"].to_numpy(dtype=bool)
    piece = np.searchsorted(begins, wait, side="right") - 1
    events = np.bincount(piece[gave_up], weight[gave_up], len(begins))
    at_risk = weight * haste
    risk = np.array(
        [(np.clip(wait - low, 0, high - low) * at_risk).sum() for low, high in zip(begins, ends, strict=True)]
    )
    return np.asarray(events, dtype=np.float64), risk


def _shrunk(events: Floats, risk: Floats, base: Floats) -> Floats:
    """Rates of one kind: its own level on the shape of all kinds, and its own shape where it has the events for it."""
    level = (events.sum() + 5) / (float((base * risk).sum()) + 5)
    return np.asarray((events + PRIOR_EVENTS) / (risk + PRIOR_EVENTS / (base * level)))


def _expected(stays: pd.DataFrame, codes: npt.NDArray[np.intp], rates: list[Floats]) -> Floats:
    """Abandonments to be expected of each call in the time it waited, without haste."""
    begins = np.asarray(FROM_S)
    expected = np.zeros(len(stays))
    wait = stays["wait"].to_numpy(dtype=float)
    far = begins[-1] + 7200
    for i, rate in enumerate(rates):
        mine = codes == i
        total = np.concatenate([[0.0], np.cumsum(rate * np.diff(np.append(begins, far)))])
        expected[mine] = np.interp(wait[mine], np.append(begins, far), total)
    return expected


def _usual(stays: pd.DataFrame, expected: Floats) -> Floats:
    """1 for calls of days on which callers were as hasty as usual, 0 for the others."""
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
    from statsmodels.duration.survfunc import SurvfuncRight

    stays = train[train["wait"] > 0]
    curve = SurvfuncRight(stays["wait"].to_numpy(dtype=float), stays["abandoned"].to_numpy(dtype=int))
    return pd.DataFrame(
        {"wait_s": curve.surv_times, "still_waiting": curve.surv_prob, "standard_error": curve.surv_prob_se}
    )
