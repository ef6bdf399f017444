"""Whether a scenario still holds: arrivals, patience and talk against what is seen, at any moment of the day.

All three are counted the same way (one-sample log-rank, Breslow 1975; Andersen, Borgan, Gill, Keiding 1993, chapter V): so many
events were seen, and so many were expected given the time under observation, which is the cumulated rate of arrivals, or the sum
of the cumulated hazards of the waits and talks, those that are still under way included. If the scenario holds, the one is the
compensator of the other, whatever is censored.

Decides the test. It may be looked at every minute, as often as one likes: the likelihood ratio of "all comes `ratio` times as
fast", averaged over a gamma law of the ratio, is a martingale under the scenario, and exceeds 1 / a with a probability of at most
a at any time (Ville 1939; Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon 2021). Sources with a busyness are held against Poisson
calls of a gamma rate. `low` and `high` turn the same test round. A change of shape alone goes unseen. Leaves who feeds it to
`observer.py`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Final

from scipy.special import gammaln

from engine.records.forecast import Drift

SPREAD: Final = 4.0
"""Shape of the gamma law of the ratio, mean 1: most differences of interest lie between 0.3 and 2."""

ALPHA: Final = 0.05

RATIO_MOST: Final = 1e6


@dataclasses.dataclass
class Evidence:
    """Events seen and expected of one thing, and the strongest evidence against the scenario so far."""

    what: str
    of: str
    cv: float = 0.0
    """Of the gamma factor that the scenario itself allows; 0 for none."""
    seen: int = 0
    expected: float = 0.0
    under_way: float = 0.0
    """Of what has not ended, as of the last look."""
    strongest: float = 0.0
    """Logarithm of the largest ratio at any look."""

    def look(self, under_way: float = 0.0) -> None:
        """Weigh what is known now."""
        self.under_way = under_way
        self.strongest = max(self.strongest, self.weight())

    def weight(self) -> float:
        """Logarithm of the averaged likelihood ratio."""
        seen, expected = self.seen, self.expected + self.under_way
        if self.cv <= 0:
            return _mixed(seen, expected, SPREAD) + expected
        allowed = 1 / self.cv**2
        return _mixed(seen, expected, min(SPREAD, allowed / 4)) - _mixed(seen, expected, allowed)

    def interval(self) -> tuple[float, float]:
        """Ratios that the same test would not have refused: they hold the true one with 95 % certainty at all looks."""
        seen, expected = self.seen, self.expected + self.under_way
        if expected <= 0:
            return 0.0, RATIO_MOST
        level = _mixed(seen, expected, SPREAD) + math.log(ALPHA)

        def refused(ratio: float) -> bool:
            likelihood = (seen * math.log(ratio) if seen else 0.0) - ratio * expected
            return likelihood < level

        best = max(seen / expected, 1e-9)
        low, high = 0.0, RATIO_MOST
        if seen:
            low = _edge(best * 1e-6, best, refused)
        high = _edge(max(best * 1e6, 1e3 / expected), best, refused)
        return low, high

    def told(self, tests: int) -> Drift:
        """As a forecast tells it, one of `tests` that are made together."""
        expected = self.expected + self.under_way
        low, high = self.interval()
        p = min(1.0, tests * math.exp(-self.strongest))
        return Drift(
            what=self.what,
            of=self.of,
            seen=self.seen,
            expected=round(expected, 2),
            ratio=round(self.seen / expected, 3) if expected > 0 else 1.0,
            low=round(low, 3),
            high=round(high, 3),
            p=float(f"{p:.2g}"),
            flagged=p <= ALPHA,
        )


def _mixed(seen: float, expected: float, shape: float) -> float:
    """Logarithm of the likelihood averaged over a gamma law of the ratio with mean 1, the factor of the data left out."""
    return float(
        shape * math.log(shape) - gammaln(shape) + gammaln(shape + seen) - (shape + seen) * math.log(shape + expected)
    )


def _edge(outside: float, inside: float, refused: object) -> float:
    """Where between a refused ratio and one that is not the refusal begins, by halving the logarithm."""
    assert callable(refused)
    if not refused(outside):
        return outside
    for _ in range(60):
        middle = math.sqrt(outside * inside)
        if refused(middle):
            outside = middle
        else:
            inside = middle
    return inside
