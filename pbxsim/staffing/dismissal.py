"""Whether designs keep the targets, told after few days where they plainly do not.

Decides when a design is dismissed before all days of the search were run. Both it and the design it was made from meet the same
callers, so the difference of their targets' forms (`response.py`) on a few days, added to what the old design keeps on all days,
says what the new one will keep; a design that would still fall short with `STANDARD_ERRORS` added is dismissed. A design that is
wrongly dismissed costs the search a chance and never a target: what is accepted has met every day.

Source: paired differences under common random numbers, Nelson and Matejcik (1995); elimination of the inferior after a first
stage, Nelson, Swann, Goldsman and Song (2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from pbxsim.results.results import Results
from pbxsim.staffing.response import forms
from pbxsim.staffing.search import SURE, Floats, Search

FEW_DAYS: Final = 6
"""Days after which a design may be dismissed, at least."""

FEW_SHARE: Final = 0.3
"""Share of the search's days after which a design may be dismissed: where days are many, each has few calls."""

STANDARD_ERRORS: Final = 3.0
"""By which it must fall short then: on six days of normal differences one dismissal in 66 is wrong where the design is exactly
at the limit, and fewer the better it is."""

Run = Callable[[int, int], Results]
"""Runs a design on so many days from a first one on."""


class Dismissal:
    """Looks at designs beside one that keeps the targets."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self._old: Floats | None = None
        """The forms of the design that is known to keep the targets, by day."""
        self._last: Floats | None = None

    def known(self, results: Results, staffed_s: Floats) -> None:
        """This design keeps the targets; those to come are compared with it."""
        self._old = self._forms(results, staffed_s)

    def accept(self) -> None:
        """The design looked at last, which met every day, is the one to compare with."""
        self._old = self._last

    def missed(self, run: Run, staffed_s: Floats) -> Floats:
        """By row and interval, above 0 where a design misses a target on the search's callers, for certain or very likely."""
        search = self.search
        if self._old is None or search.reps < 2 * FEW_DAYS:
            results = run(0, search.reps)
        else:
            few = max(FEW_DAYS, round(FEW_SHARE * search.reps))
            results = run(0, few)
            hopeless = self._hopeless(self._forms(results, staffed_s))
            if hopeless.any():
                return hopeless
            results = results.joined(run(few, search.reps - few))
        missed = search.missed(results, staffed_s)
        self._last = None if missed.any() else self._forms(results, staffed_s)
        return missed

    def _forms(self, results: Results, staffed_s: Floats) -> Floats:
        form, _ = forms(self.search, results, staffed_s)
        return form.sum(axis=3, keepdims=True) if self.search.targets.per == "day" else form

    def _hopeless(self, new: Floats) -> Floats:
        assert self._old is not None
        days, few = len(self._old), len(new)
        change = new - self._old[:few]
        error = change.std(axis=0, ddof=1) * math.sqrt(1 / few - 1 / days)
        at_best = self._old.mean(axis=0) + change.mean(axis=0) + STANDARD_ERRORS * error
        asked = SURE * self._old.std(axis=0, ddof=1) / math.sqrt(days)
        found = ((change.mean(axis=0) < 0) & (at_best < asked)).any(axis=0)
        if self.search.spared is not None:
            found = found & ~self.search.spared
        return np.asarray(found, dtype=np.float64)
