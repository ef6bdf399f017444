"""Whether the targets can be kept at all, and what would help where they cannot.

Decides from a fixed number of days with members to spare in every team, whatever the search looks at: what is out of reach does
not depend on the replications asked for. A target is out of reach where it is missed for certain even then.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from pbxsim.results.results import Results
from pbxsim.staffing.search import COUNT_AT, Floats, Search
from pbxsim.staffing.targets import SIGNS

DAYS: Final = 40
"""Days with members to spare."""

CERTAIN: Final = 3.0
"""Standard errors by which a target must be missed with members to spare; an error is at least that of as many single calls, so
that one call in forty days proves nothing."""

NAMED: Final = 3
"""Places named at most."""

HELPS: Final = {
    "room": "longer `max_wait`, or members who are there when it opens: calls leave by time-out or are refused",
    "phones": "members who answer sooner (`answering`), a shorter `ring`, or a longer T: calls ring too long",
    "patience": "callers who wait longer: they give up while phones ring",
}
"""What would help, by where most of the calls go that members to spare do not answer in time."""


class OutOfReachAt(NamedTuple):
    """A target that no number of members keeps."""

    queue: int
    at: str
    """Local time at which the interval begins; empty over the day."""
    target: str
    value: float
    asked: float
    members: int
    """Who serve the queue, or a queue of the group, to spare."""
    helps: str
    """What would help: a key of `HELPS`."""
    group: str = ""
    """Name of the group of queues that keeps the target together; `queue` says nothing then."""
    day: datetime.date | None = None
    """The day of a week; None where one day is planned."""

    def __str__(self) -> str:
        who = f"group {self.group}" if self.group else f"queue {self.queue}"
        when = f"from {self.at}" if self.at else "over the day"
        if self.day is not None:
            when = f"on {self.day} {when}"
        return (
            f"{who} {when}: {self.target} {self.value:.3g} with {self.members} members to serve it, "
            f"asked is {self.asked:g}; what would help: {HELPS[self.helps]}"
        )


class OutOfReach(ValueError):
    """No number of members keeps the targets; `details` has the worst places, and how many more there are."""

    def __init__(self, places: Sequence[OutOfReachAt], more: int) -> None:
        self.details = (tuple(places), more)
        rest = f"\n... and {more} more places" if more else ""
        super().__init__("the targets are out of reach:\n" + "\n".join(map(str, places)) + rest)

    def on(self, day: datetime.date) -> OutOfReach:
        """The same of a day of a week."""
        places, more = self.details
        return OutOfReach([place._replace(day=day) for place in places], more)


def must_be_in_reach(search: Search) -> Floats:
    """Raises OutOfReach that names queue, interval and target that no number of members keeps, and what would help. Returns the
    calls a day that each queue's targets are counted from, by interval, or in one column over the day."""
    full = search.everybody()
    staffed_s = search.staffed_s(full)
    results = search.run(full, reps=DAYS)
    figures = search.figures(results, staffed_s)
    offered = figures["offered"][0]
    called = offered > 0
    found: dict[OutOfReachAt, float] = {}
    for name, asked, sign in _targets(search):
        value, error = figures[name]
        missing = np.nan_to_num(sign * (asked - value), nan=0.0)
        least = _error_of_single_calls(name, value, asked, offered * DAYS)
        margin = np.where((asked < 1) | (sign < 0), CERTAIN * np.fmax(np.nan_to_num(error), least), 0.0)
        for r, i in zip(*np.nonzero(called & (missing > margin)), strict=True):
            at = "" if search.targets.per == "day" else _clock(search, int(i))
            helps, row = _what_helps(search, results, int(r), int(i)), search.rows[r]
            members = sum(
                int(most)
                for most, team in zip(search.most, search.teams, strict=True)
                if set(team.queues) & set(row.queues)
            )
            place = OutOfReachAt(row.queue, at, name, float(value[r, i]), float(asked[r, 0]), members, helps, row.group)
            found.setdefault(place, float(missing[r, i]))
            if search.targets.per == "day":
                break
    if found:
        places = sorted(found, key=lambda place: -found[place])
        raise OutOfReach(places[:NAMED], max(0, len(places) - NAMED))
    own = offered[: len(search.queues)]
    return own[:, :1] if search.targets.per == "day" else own


def spare(search: Search) -> None:
    """Leave in `search.spared` where a target cannot be kept by its margin on the search's callers."""
    full = search.everybody()
    search.spared = search.shortfall(search.run(full), search.staffed_s(full)) > 0


def _error_of_single_calls(name: str, value: Floats, asked: Floats, calls: Floats) -> Floats:
    """Standard error of a figure of so many calls that know nothing of each other, if the target were just kept."""
    if name == "occupancy":
        return np.zeros(calls.shape)
    spread = np.nan_to_num(value) if name == "answer_speed_s" else np.sqrt(np.nan_to_num(asked * (1 - asked)))
    return np.asarray(spread / np.sqrt(np.maximum(calls, 1.0)))


def _targets(search: Search) -> list[tuple[str, Floats, int]]:
    """(figure, what is asked by row, 1 where more is better and -1 where less is) of every target."""
    occupancy = search.targets.occupancy
    everywhere = np.full((len(search.rows), 1), math.nan if occupancy is None else occupancy)
    return [(name, search.asked.get(name, everywhere), sign) for name, sign in SIGNS.items()]


def _what_helps(search: Search, results: Results, r: int, i: int) -> str:
    """A key of `HELPS`."""
    counted = search.counted(results)[:, r].sum(axis=0)
    of = dict(zip(COUNT_AT, counted.sum(axis=0) if search.targets.per == "day" else counted[i], strict=True))
    losses = {
        "room": of["refused"] + of["timed_out"] + of["left"],
        "phones": of["answered"] - of["answered_within"],
        "patience": of["abandoned"],
    }
    return max(losses, key=lambda helps: losses[helps])


def _clock(search: Search, i: int) -> str:
    at = round(search.scenario.start) + i * search.interval_s
    return f"{at // 3600 % 24:02d}:{at // 60 % 60:02d}"
