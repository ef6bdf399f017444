"""Whether the targets can be kept at all, and what would help where they cannot.

Decides from a fixed number of days with members to spare in every team, whatever the search looks at: what is out of reach does
not depend on the replications asked for. A target is out of reach where it is missed for certain even then.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pbxsim.results.results import Results
from pbxsim.staffing.search import COUNT_AT, Counts, Search, tensor

DAYS: Final = 40
"""Days with members to spare."""

CERTAIN: Final = 3.0
"""Standard errors by which a target must be missed with members to spare."""

NAMED: Final = 3
"""Places named at most."""


def must_be_in_reach(search: Search) -> None:
    """Raises ValueError that names queue, interval and target that no number of members keeps, and what would help; leaves
    `search.spared` where a target cannot be kept by its margin on the search's callers."""
    full: Counts = np.full((len(search.teams), search.intervals), search.peak, dtype=np.int64)
    staffed_s = search.staffed_s(full)
    results = search.run(full, reps=DAYS)
    figures = search.figures(results, staffed_s)
    called = figures["offered"][0] > 0
    found: list[tuple[float, str]] = []
    for name, asked, sign in _targets(search):
        value, error = figures[name]
        missing = np.nan_to_num(sign * (asked - value), nan=0.0)
        margin = CERTAIN * np.nan_to_num(error) if asked < 1 or sign < 0 else 0.0
        for q, i in zip(*np.nonzero(called & (missing > margin)), strict=True):
            helps = _what_helps(search, results, int(q), int(i))
            place = "over the day" if search.targets.per == "day" else f"from {_clock(search, int(i))}"
            text = (
                f"queue {search.queues[q]} {place}: {name} {value[q, i]:.3g} with {search.peak} members in every team, "
                f"asked is {asked:g}; {helps}"
            )
            found.append((float(missing[q, i]), text))
            if search.targets.per == "day":
                break
    if found:
        texts = list(dict.fromkeys(text for _, text in sorted(found, key=lambda one: -one[0])))
        rest = f"\n... and {len(texts) - NAMED} more places" if len(texts) > NAMED else ""
        raise ValueError("the targets are out of reach:\n" + "\n".join(texts[:NAMED]) + rest)
    search.spared = search.shortfall(search.run(full), staffed_s) > 0


def _targets(search: Search) -> list[tuple[str, float, int]]:
    """(figure, what is asked, 1 where more is better and -1 where less is) of every target."""
    targets = search.targets
    asked = [
        ("service_level", targets.service_level, 1),
        ("abandoned_share", targets.abandoned_share, -1),
        ("answer_speed_s", targets.answer_speed_s, -1),
        ("occupancy", targets.occupancy, -1),
    ]
    return [(name, value, sign) for name, value, sign in asked if value is not None]


def _what_helps(search: Search, results: Results, q: int, i: int) -> str:
    """By where most of the calls go that members to spare do not answer in time."""
    counted = tensor(results, search.queues, search.intervals)[:, q].sum(axis=0)
    of = dict(zip(COUNT_AT, counted.sum(axis=0) if search.targets.per == "day" else counted[i], strict=True))
    losses = {
        "longer `max_wait`, or members who are there when it opens: calls leave by time-out or are refused": of[
            "refused"
        ]
        + of["timed_out"]
        + of["left"],
        "members who answer sooner (`answering`), a shorter `ring`, or a longer T: calls ring too long": of["answered"]
        - of["answered_within"],
        "callers who wait longer: they give up while phones ring": of["abandoned"],
    }
    most = max(losses, key=lambda words: losses[words])
    return f"what would help: {most}"


def _clock(search: Search, i: int) -> str:
    at = round(search.scenario.start) + i * search.interval_s
    return f"{at // 3600 % 24:02d}:{at // 60 % 60:02d}"
