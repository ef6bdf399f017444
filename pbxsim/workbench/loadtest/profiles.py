"""How the calls of a day are spread over its half hours, for a PBX that has no scenario of its own yet.

Decides three shapes. That of the call centre is measured: the Anonymous Bank's weekdays of 1999
(`datasets/published_parameters`). Those of the office and the shop are assumptions, told as such: two humps around lunch, and a
rise towards the evening.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Final

from pbxsim import datasets

HALF_HOURS: Final = 48

MEASURED: Final = "computed_anonymous_bank_weekday_hourly_arrivals.csv"

ASSUMED: Final[dict[str, tuple[int, tuple[float, ...]]]] = {
    "office": (17, (2, 5, 8, 10, 10, 9, 8, 6, 5, 6, 8, 9, 9, 8, 7, 6, 4, 2, 1)),
    "shop": (19, (2, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 7, 8, 9, 10, 10, 10, 9, 8, 6, 4, 2)),
}
"""First half hour, and weights from there on."""

NAMES: Final = ("office", "shop", "call_centre", "even")


def weights(name: str) -> tuple[float, ...]:
    """Weights of the 48 half hours of a day. Raises KeyError for no such profile.

    >>> sum(weights("even")), weights("office")[16:19]
    (48.0, (0.0, 2, 5))
    """
    if name == "even":
        return (1.0,) * HALF_HOURS
    if name == "call_centre":
        with (datasets.folder() / "published_parameters" / MEASURED).open(encoding="utf-8", newline="") as file:
            hourly = [float(row["ALL"]) for row in csv.DictReader(file)]
        return tuple(value / 2 for value in hourly for _ in range(2))
    first, shape = ASSUMED[name]
    return (0.0,) * first + shape + (0.0,) * (HALF_HOURS - first - len(shape))


def spread(name: str, calls: float) -> tuple[float, ...]:
    """Expected calls in each half hour of a day with `calls` in all.

    >>> round(sum(spread("shop", 120)), 2), max(spread("even", 96))
    (120.0, 2.0)
    """
    shape = weights(name)
    return tuple(round(calls * weight / sum(shape), 4) for weight in shape)


def smooth(rates: Sequence[float]) -> tuple[float, ...]:
    """Rates of whole numbers of half hours as 48 half hours: hours are halved, quarters added up. Raises ValueError."""
    if len(rates) == HALF_HOURS:
        return tuple(rates)
    if len(rates) == HALF_HOURS // 2:
        return tuple(rate / 2 for rate in rates for _ in range(2))
    if len(rates) == 2 * HALF_HOURS:
        return tuple(rates[i] + rates[i + 1] for i in range(0, len(rates), 2))
    raise ValueError(f"{len(rates)} rates are no day of hours, half hours or quarters")
