"""How long conversations last: by kind of call, by member, and by time of day.

Decides the model: a kind's own distribution (a spike of talks under ten seconds and a lognormal body with the mean and
the variation observed), times a member's factor, times a factor of the hour. Source: Brown et al. (2005), section 4:
lognormal once the very short talks are set apart.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.scenario.distributions import Distribution, Lognormal, parse

HALF_LIFE_DAYS: Final = 45.0
SPIKE_S: Final = 10.0
LONGEST_S: Final = 3600.0
"""Longer talks are faults of the log (Brown et al. 2005 drop them); they count as this long."""

PRIOR_TALKS: Final = 20.0
"""Talks of average length that a member's own factor is weighed against."""

BAND: Final = 0.04
"""Hours whose factors differ by less are told as one."""


@dataclasses.dataclass(frozen=True)
class TalkFit:
    """Talk by kind, member and hour of day."""

    kinds: dict[str, Distribution]
    means_s: dict[str, float]
    mean_s: float
    members: dict[str, float]
    """Factor of each member on the kind's length; a new one has 1."""
    hours: dict[int, float]
    """Factor of each hour of the day, in steps of `BAND`."""

    def of(self, kind: str) -> Distribution:
        """The distribution of a kind; an unknown one talks as the average."""
        return self.kinds.get(kind) or Lognormal.model_validate({"mean": max(1.0, self.mean_s), "scv": 1.0})

    def expected_s(self, calls: pd.DataFrame) -> np.ndarray:
        """Expected length of each answered call, seconds."""
        kind = calls["kind"].map(self.means_s).fillna(self.mean_s).to_numpy(dtype=float)
        member = calls["agent"].map(self.members).astype(float).fillna(1.0).to_numpy(dtype=float)
        hour = (calls["t"] // 3600).astype(int).map(self.hours).astype(float).fillna(1.0).to_numpy(dtype=float)
        return np.asarray(kind * member * hour)


def fit(train: pd.DataFrame, reference: pd.Timestamp) -> TalkFit:
    """Talk of all kinds and members; days near `reference` weigh more. Raises ValueError if no talk has a length."""
    talks = train[train["answered"] & train["talk"].notna()].copy()
    if talks.empty:
        raise ValueError("no call of the log has a talk time, so nothing tells how long conversations last")
    talks["talk"] = talks["talk"].clip(upper=LONGEST_S)
    talks["w"] = d.weights(talks["day"], reference, HALF_LIFE_DAYS)
    talks["lw"] = talks["talk"] * talks["w"]
    mean = float(talks["lw"].sum() / talks["w"].sum())
    sums = talks.groupby("kind")[["lw", "w"]].sum()
    prior = talks["w"].mean() * PRIOR_TALKS
    means = (sums["lw"] + prior * mean) / (sums["w"] + prior)
    talks["expected"] = talks["kind"].map(means)
    talks["hour"] = (talks["t"] // 3600).astype(int)
    raw = _factors(talks, "hour", 5 * PRIOR_TALKS)
    hours = {int(hour): round(1 + BAND * round((factor - 1) / BAND), 2) for hour, factor in raw.items()}
    talks["expected"] *= talks["hour"].map(hours)
    members = _factors(talks.dropna(subset=["agent"]), "agent", PRIOR_TALKS)
    talks["expected"] *= talks["agent"].map(members).fillna(1.0)
    again = (
        talks.assign(ew=talks["expected"] / talks["kind"].map(means) * talks["w"]).groupby("kind")[["lw", "ew"]].sum()
    )
    means = (again["lw"] + prior * mean) / (again["ew"] + prior)
    relative = talks.assign(relative=talks["talk"] / talks["expected"])
    kinds = {}
    for kind, rows in relative.groupby("kind"):
        source = rows if len(rows) >= 50 else relative
        kinds[str(kind)] = shape(source["relative"].to_numpy(dtype=float) * means[kind], float(means[kind]))
    means_s = {str(kind): float(value) for kind, value in means.items()}
    return TalkFit(kinds, means_s, mean, {name: round(factor, 4) for name, factor in members.items()}, hours)


def _factors(talks: pd.DataFrame, by: str, prior: float) -> dict[str, float]:
    """Observed over expected of each value of column `by`, drawn towards 1."""
    expected = talks.assign(ew=talks["expected"] * talks["w"])
    sums = expected.groupby(by)[["lw", "ew"]].sum()
    unit = prior * float(talks["w"].mean()) * float(talks["expected"].mean())
    return {str(name): float(factor) for name, factor in ((sums["lw"] + unit) / (sums["ew"] + unit)).items()}


def shape(lengths: np.ndarray, mean_s: float) -> Distribution:
    """A spike below ten seconds and a lognormal body, with the mean given and the variation of `lengths`."""
    lengths = np.clip(lengths, 0, LONGEST_S)
    short = lengths < SPIKE_S
    share = float(short.mean())
    body = lengths[~short]
    if len(body) < 10:
        return Lognormal.model_validate({"mean": max(1.0, round(mean_s, 2)), "scv": 1.0})
    spike = float(lengths[short].mean()) if share else 0.0
    body_mean = max(1.0, (mean_s - share * spike) / (1 - share))
    scv = max(0.01, float(body.var() / body.mean() ** 2))
    lognormal = {"kind": "lognormal", "mean": round(body_mean, 2), "scv": round(scv, 4)}
    if share < 0.005:
        return parse(lognormal)
    return parse(
        {
            "kind": "mixture",
            "parts": [
                {"weight": round(share, 4), "of": {"kind": "uniform", "low": 0.0, "high": round(2 * spike, 2)}},
                {"weight": round(1 - share, 4), "of": lognormal},
            ],
        }
    )
