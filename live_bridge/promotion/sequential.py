"""Is a canary worse than the live version? A test that may look as often as it likes (R-25.9).

Decides when the difference between two versions that share one PBX is no chance any more, and how sure a figure is. Knows no
clock and no telephone: it takes one outcome after another, each from 0 (good) to 1 (bad), with the chance its call had to come
to the canary. Leaves to its caller what an outcome is and what follows from an alarm.

The method is a randomisation test (Fisher 1935) under an alpha-spending bound (Lan and DeMets, Biometrika 70, 1983). Which calls
go to the canary is decided by a draw for each call alone. If the version makes no difference, the outcomes would have been the
same under any other draws: so other draws are made, `PATHS` times, for the outcomes that were really seen, and the real
difference is ranked among those. That outcomes hang together (callers who wait behind each other, members whom both versions
share, a busy hour) changes nothing in this, as outcomes stay as they are and only the draws are made again; a formula for
independent calls would raise false alarms here. No distribution is assumed and no variance is estimated.

At every look a part of the allowed false alarms is spent: of the paths still in the race, those with the largest difference drop
out, as many as the bound allows by now, and the canary is worse if the real one is among them. The real path is one of many that
are alike if there is no difference, so it drops out with a probability of at most `alpha`, over the whole life of a canary and
however many looks there are. Several figures share the allowed false alarms (Bonferroni): `ALPHA`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np

Figure = Literal["service_level", "wait", "abandonment", "failed"]

ALPHA: Final[dict[str, float]] = {"service_level": 0.030, "wait": 0.008, "abandonment": 0.004, "failed": 0.003}
"""Probability of a false alarm of each figure over a canary's life."""

ALPHA_TARGETS: Final = 0.003
"""The same of all fixed targets together; with `ALPHA` it adds up to 4.8 %, below the 5 % of R-25.9."""

PATHS: Final = 2499
"""Draws made again; with the real one a round number."""

FIRST_CALLS: Final = 200
FIRST_SPENT: Final = 0.75
"""Of the false alarms allowed, this part is spent by so many canary calls, and the rest slowly over all that come after."""

LEAST_CALLS: Final = 20
"""Calls of the canary, and of the others, before anything is decided."""

LOOKS_GROW: Final = 1.04
"""The next look is when there are so many times the calls of the last one."""

REMEMBERED: Final = 100
"""Calls over which the usual outcome is averaged: a busy hour is no news after as many."""

BATCH: Final = 10
"""Calls in a row that count as one when it is asked how far an average can be trusted, as neighbours wait for the same."""

LEAST_BATCHES: Final = 5
"""Of these before an interval is given."""

LEVEL: Final = 0.95
"""Of the intervals that are shown."""


def spent(calls: float) -> float:
    """Part of the allowed false alarms that may be spent by so many canary calls: little at first, so that much is left for what
    shows in some hundred calls, and never all, so that a canary may live as long as it likes.

    >>> spent(50), spent(200), spent(2000)
    (0.09375, 0.75, 0.975)
    """
    if calls < FIRST_CALLS:
        return FIRST_SPENT * math.pow(calls / FIRST_CALLS, 1.5)
    return 1.0 - (1.0 - FIRST_SPENT) * FIRST_CALLS / calls


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """The test found the canary worse in one figure. Rates of bad outcomes, 0 to 1."""

    figure: str
    canary: float
    live: float
    calls_canary: int
    calls_live: int
    difference: float
    low: float
    high: float
    """The always-valid interval of the difference."""
    alpha: float
    """False alarms allowed to this figure."""


class Mean:
    """An average that grows, and its interval that holds at every moment at once.

    An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, Annals of Statistics 52, 2024) over
    batches of `BATCH` outcomes in a row, as neighbouring calls are not independent; tightest at about 50 batches."""

    __slots__ = ("count", "_sum", "_batches", "_batch", "_in_batch", "_mean", "_square")

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0.0
        self._batches = 0
        self._batch = 0.0
        self._in_batch = 0
        self._mean = 0.0
        self._square = 0.0

    def take(self, value: float) -> None:
        """One more outcome."""
        self.count += 1
        self._sum += value
        self._batch += value
        self._in_batch += 1
        if self._in_batch == BATCH:
            mean = self._batch / BATCH
            self._batches += 1
            off = mean - self._mean
            self._mean += off / self._batches
            self._square += off * (mean - self._mean)
            self._batch, self._in_batch = 0.0, 0

    @property
    def value(self) -> float | None:
        """The average; None before the first outcome."""
        return self._sum / self.count if self.count else None

    def interval(self, alpha: float = 1.0 - LEVEL) -> tuple[float, float] | None:
        """Low and high end, cut to 0 and 1; None while there are too few calls to say anything."""
        n = self._batches
        if n < LEAST_BATCHES:
            return None
        mean = self._sum / self.count
        # Few bad outcomes may be so by luck: two of each kind are added before the spread is believed (Agresti and Coull 1998).
        rate = (self._sum + 2.0) / (self.count + 4.0)
        spread = max(self._square / (n - 1), rate * (1.0 - rate) / BATCH)
        rho = 2.0 * math.log(1.0 / alpha) + math.log(1.0 + 2.0 * math.log(1.0 / alpha))
        tuned = rho / 50.0
        half = math.sqrt(
            spread * 2.0 * (n * tuned + 1.0) / (n * n * tuned) * math.log(math.sqrt(n * tuned + 1.0) / alpha)
        )
        return max(0.0, mean - half), min(1.0, mean + half)


class FigureTest:
    """The test of one figure."""

    def __init__(self, figure: str, alpha: float, seed: int, paths: int = PATHS) -> None:
        self.figure = figure
        self.alpha = alpha
        self.canary = Mean()
        self.live = Mean()
        self.alarm: Alarm | None = None
        """Stays when it was once raised."""
        self.looks = 0
        self._seen = 0
        self._usual = 0.0
        self._expected = 0.0
        self._expected_live = 0.0
        """Calls of either version to be expected by their chances: the draws do not move it."""
        self._next_look = float(LEAST_CALLS)
        self._real = 0.0
        self._weight = 0.0
        self._variance = 0.0
        self._new: list[tuple[float, float]] = []
        """Chance and surprise of outcomes since the last look."""
        self._chance = np.random.Generator(np.random.SFC64(seed))
        self._sums = np.zeros(paths)
        """Of the paths still in the race."""
        self._paths = paths
        self._dropped = 0

    def take(self, on_canary: bool, share: float, bad: float) -> None:
        """The outcome of one call that had the chance `share` to come to the canary, from 0 to 1, 1 being as bad as can be."""
        (self.canary if on_canary else self.live).take(bad)
        if not 0.0 < share < 1.0:
            return  # nobody drew: it says nothing of what another draw had brought
        self._seen += 1
        self._usual += (bad - self._usual) / min(self._seen, REMEMBERED)
        surprise = bad - self._usual
        self._expected += share
        self._expected_live += 1.0 - share
        self._real += ((1.0 if on_canary else 0.0) - share) * surprise
        self._weight += share * (1.0 - share)
        self._variance += share * (1.0 - share) * surprise * surprise
        self._new.append((share, surprise))
        if self._expected >= self._next_look and self._expected_live >= LEAST_CALLS:
            self._look()

    def _look(self) -> None:
        self.looks += 1
        self._next_look = max(self._expected * LOOKS_GROW, self._expected + 1.0)
        shares, surprises = np.array(self._new, dtype=np.float32).T
        self._new.clear()
        draws = self._chance.random((len(self._sums), len(shares)), dtype=np.float32) < shares
        self._sums += draws @ surprises - float(shares @ surprises)
        allowed = int((self._paths + 1) * self.alpha * spent(self._expected)) - self._dropped
        if allowed <= 0:
            return
        # Those drop out that fewer than `allowed` of the others reach; of equals none does, and what is left is for later looks.
        order = np.sort(self._sums)[::-1]
        bound = order[min(allowed, len(order) - 1)]
        stays = self._sums <= bound + 1e-6
        if self.alarm is None and self._real > bound + 1e-6 and int((self._sums >= self._real - 1e-6).sum()) < allowed:
            self.alarm = self._raised()
        self._dropped += int((~stays).sum())
        self._sums = self._sums[stays]

    def _raised(self) -> Alarm:
        low, high = self.difference() or (0.0, 0.0)
        return Alarm(
            figure=self.figure, canary=self.canary.value or 0.0, live=self.live.value or 0.0,
            calls_canary=self.canary.count, calls_live=self.live.count, difference=self._real / self._weight,
            low=low, high=high, alpha=self.alpha,
        )  # fmt: skip

    def difference(self) -> tuple[float, float] | None:
        """The always-valid interval of how much worse the canary is (rates of bad outcomes), None before the first look.

        By the draws alone, so calls that hang together do not narrow it (Ham, Bojinov, Lindon and Tingley, arXiv 2210.08639)."""
        if not self.looks or self._variance <= 0.0:
            return None
        rho, alpha = 0.16 * LEAST_CALLS / 2, 1.0 - LEVEL
        grown = self._variance + rho
        half = math.sqrt(grown * math.log(grown / (rho * alpha * alpha))) / self._weight
        middle = self._real / self._weight
        return max(-1.0, middle - half), min(1.0, middle + half)


class SequentialTest:
    """All figures of one canary. The same outcomes in the same order, under the same seed, always give the same answer."""

    def __init__(self, seed: int, alphas: Mapping[str, float] | None = None, paths: int = PATHS) -> None:
        self.figures = {
            name: FigureTest(name, alpha, seed + place, paths)
            for place, (name, alpha) in enumerate((ALPHA if alphas is None else alphas).items())
        }

    def take(self, figure: str, on_canary: bool, share: float, bad: float) -> None:
        """One outcome of one figure."""
        self.figures[figure].take(on_canary, share, bad)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What was found worse so far."""
        return tuple(test.alarm for test in self.figures.values() if test.alarm is not None)


def breaks(mean: Mean, most_bad: float, targets: int) -> bool:
    """Whether an average is surely worse than a fixed target of at most `most_bad`, one of `targets` that share
    `ALPHA_TARGETS`."""
    found = mean.interval(2.0 * ALPHA_TARGETS / max(targets, 1))
    return found is not None and found[0] > most_bad
