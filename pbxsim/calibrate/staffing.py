"""Who was there when: members' presence, skills and readiness, inferred from the calls they answered.

Decides what "staffing in force" means for a log without sign-ins. A member is *present* from the first answer of a
stretch of work to its last one; a stretch ends where the member was evidently away for `ABSENT_S` or more. Evidence is
being passed over: while he was free by the log, colleagues who became free later than he did took calls he also serves.
Only who talked when is used, never how long anybody waited or who gave up. Shorter absences (wrap-up, a moment's rest)
are drawn from their own distribution, which is learned from training days.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.calibrate import days as d
from pbxsim.calibrate.days import SHORT_WAIT_S
from pbxsim.scenario.distributions import Distribution, Empirical

ABSENT_S: Final = 600.0
"""Away for so long is told apart from wrap-up: it would stand in a roster."""

SILENT_S: Final = 3600.0
"""So long without a call is an absence even if nobody else had one."""

PASSED_OVER: Final = 2
"""Calls of colleagues that it takes to say that a free member was not there."""

MARGIN_S: Final = 10.0
"""Clocks and wrap-up: how much later than he a colleague must have become free."""

CLOSING_S: Final = 900.0
STAYS_ON_S: Final = 3600
"""Who answers within `CLOSING_S` of the day's last answer stays until the queue is empty."""

STRANGER: Final = "unknown "
"""Names calls that were answered by nobody the log knows: each is a helper who was there for that call."""

QUANTILES: Final = 200

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Stretch:
    """A member's presence, seconds of the day."""

    agent: str
    begin: float
    end: float
    told: bool = False
    """Whether the log's sign-ins say so; else it reaches from a first answer to a last one."""


def skills(calls: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, frozenset[str]]:
    """Queues that each member served between two days: at least three calls, or one in a hundred of theirs."""
    served = calls[calls["answered"] & calls["agent"].notna() & (calls["day"] >= first) & (calls["day"] <= last)]
    table = served.groupby(["agent", "queue"]).size().reset_index(name="n")
    whole = table.groupby("agent")["n"].transform("sum")
    enough = table[(table["n"] >= 3) | (table["n"] >= 0.01 * whole)]
    return {str(agent): frozenset(rows["queue"]) for agent, rows in enough.groupby("agent")}


def presence(day: pd.DataFrame, skilled: dict[str, frozenset[str]]) -> list[Stretch]:
    """Stretches of presence on one day, by member and time; `day` needs `agent`, `a`, `e` and `queue` of answered calls."""
    served = day[day["answered"]]
    known = served[served["agent"].notna()].sort_values(["agent", "a"], kind="stable")
    agent = known["agent"].to_numpy(dtype=object)
    begins, ends = known["a"].to_numpy(dtype=float), known["e"].to_numpy(dtype=float)
    queue = known["queue"].to_numpy(dtype=object)
    first = np.ones(len(known), dtype=bool)
    first[1:] = agent[1:] != agent[:-1]
    free_since = np.full(len(known), np.nan)
    for i in range(1, len(known)):
        if not first[i]:
            free_since[i] = max(ends[i - 1], free_since[i - 1]) if not first[i - 1] else ends[i - 1]
    order = np.argsort(begins, kind="stable")
    in_order = begins[order]
    stretches: list[Stretch] = []
    start = 0.0
    for i in range(len(known)):
        if first[i]:
            start = begins[i]
        elif begins[i] - free_since[i] >= ABSENT_S:
            since = free_since[i]
            between = order[np.searchsorted(in_order, since + MARGIN_S) : np.searchsorted(in_order, begins[i] - 0.5)]
            mine = skilled.get(agent[i], frozenset())
            over = [j for j in between if free_since[j] > since + MARGIN_S and queue[j] in mine]
            back = begins[over[-1]] if len(over) >= PASSED_OVER else since
            if begins[i] - since >= SILENT_S:
                back = begins[i]
            if back - since >= ABSENT_S:
                stretches.append(Stretch(agent[i], start, begins[i - 1]))
                start = back
        if i + 1 == len(known) or first[i + 1]:
            stretches.append(Stretch(agent[i], start, begins[i]))
    return stretches + list(_strangers(served[served["agent"].isna()]))


def _strangers(served: pd.DataFrame) -> Iterator[Stretch]:
    """Helpers for calls whose answerer the log does not name, as few as it takes."""
    busy_until: list[float] = []
    for begin, end in served.sort_values("a")[["a", "e"]].itertuples(index=False):
        place = next((i for i, until in enumerate(busy_until) if until <= begin), len(busy_until))
        if place == len(busy_until):
            busy_until.append(end)
        busy_until[place] = end
        yield Stretch(f"{STRANGER}{place + 1}", begin, begin)


def widened(stretches: Iterable[Stretch], slack_s: float) -> list[Stretch]:
    """Presence begins before the first answer and ends after the last one: by `slack_s` each, overlaps joined.

    Those who answer near the end of the day stay on until the queue is empty. What sign-ins tell stays as it is.
    """
    ordered = sorted(stretches, key=lambda one: (one.agent, one.begin))
    last = max((one.end for one in ordered), default=0.0)
    out: list[Stretch] = []
    for one in ordered:
        if one.told:
            if out and out[-1].agent == one.agent and one.begin <= out[-1].end:
                out[-1] = dataclasses.replace(out[-1], end=max(one.end, out[-1].end))
            elif one.end > one.begin:
                out.append(one)
            continue
        stays = STAYS_ON_S if last - one.end < CLOSING_S and not one.agent.startswith(STRANGER) else 0.0
        begin, end = max(0.0, one.begin - slack_s - 0.5), one.end + slack_s + 0.5 + stays
        if out and out[-1].agent == one.agent and begin <= out[-1].end + 1:
            out[-1] = Stretch(one.agent, out[-1].begin, max(end, out[-1].end))
        else:
            out.append(Stretch(one.agent, begin, end))
    return out


def present_per_hour(stretches: Iterable[Stretch], hours: int = 24) -> Floats:
    """Mean number of members present in each hour of the day."""
    out = np.zeros(hours)
    for one in stretches:
        for hour in range(int(max(0.0, one.begin) // 3600), hours):
            if hour * 3600 >= one.end:
                break
            out[hour] += (min(one.end, (hour + 1) * 3600) - max(one.begin, hour * 3600)) / 3600
    return out


def heads_per_hour(stretches: Iterable[Stretch], hours: int = 24) -> Floats:
    """How many members were there in each hour of the day, each counted whole however short he was."""
    seen: set[tuple[int, str]] = set()
    for one in stretches:
        last = min(hours - 1, int(one.end // 3600))
        seen.update((hour, one.agent) for hour in range(int(max(0.0, one.begin) // 3600), last + 1))
    counts = np.bincount([hour for hour, _ in seen], minlength=hours)
    return np.asarray(counts, dtype=np.float64)


def answer_delay(train: pd.DataFrame) -> float:
    """Seconds from the offer to the answer when somebody is free: the usual wait of calls that hardly waited."""
    direct = train.loc[train["answered"] & (train["wait"] <= SHORT_WAIT_S), "wait"]
    return float(direct.median()) if len(direct) else 0.0


LONGEST_REST_S: Final = 1800.0
"""Members who are not passed over are present however long they rest; longer rests than this are faults of the log."""

SKILLS_DAYS: Final = 28
"""A member's queues are those served in the weeks before a day; a roster would tell them."""

ROUNDS: Final = 100
"""Of expectation and maximisation; more move the mean by less than a hundredth."""

FEWEST_GAPS: Final = 300
"""Gaps after which the next call had waited, below which quiet and busy times are told as one."""


@dataclasses.dataclass(frozen=True)
class Unready:
    """How long a member takes no call after a talk: when others wait as it ends, when nobody does, and over all talks."""

    busy: Distribution
    quiet: Distribution
    all: Distribution


def unready(train: pd.DataFrame, longest_s: float = LONGEST_REST_S) -> Unready:
    """Wrap-up, or a moment's rest, less than `longest_s`: members rest longer when nobody waits.

    From the gap to the same member's next call within a stretch of presence. If that call had waited, the member became ready
    just then; if it had not, he was ready before, by an unknown time, but not while a call that he serves was still waiting:
    so between the last such instant and his next call. The estimate is Turnbull's (1976) for such data, by expectation and
    maximisation.
    """
    rests = gaps(train)
    rests = rests[rests["gap"] < longest_s]
    ring = answer_delay(train)
    everything = _turnbull(rests, ring, longest_s)
    quiet = rests["left"] == 0
    if min(int((rests["exact"] & quiet).sum()), int((rests["exact"] & ~quiet).sum())) < FEWEST_GAPS:
        return Unready(everything, everything, everything)
    return Unready(_turnbull(rests[~quiet], ring, longest_s), _turnbull(rests[quiet], ring, longest_s), everything)


def gaps(train: pd.DataFrame) -> pd.DataFrame:
    """Gaps between two calls of a member who was present all the while: `gap`, and `low` from which on he may have been ready,
    both in seconds after the talk; `exact` if the next call had waited; `left`, how many waited as the talk ended; `day`."""
    rows = train.assign(left=d.waiting_at(train, "e"))
    served = rows[rows["answered"] & rows["agent"].notna()]
    window = pd.Timedelta(days=SKILLS_DAYS)
    parts = []
    for date, day in rows.groupby("day"):
        known = skills(served, date - window, date)
        ends: dict[str, list[float]] = {}
        for one in presence(day, known):
            ends.setdefault(one.agent, []).append(one.end)
        queued = day[day["wait"] > SHORT_WAIT_S]
        lines: dict[frozenset[str], tuple[Floats, Floats]] = {}
        for agent, mine in day[day["answered"] & day["agent"].notna()].groupby("agent"):
            if len(mine) < 2:
                continue
            mine = mine.sort_values("a", kind="stable")
            queues = known.get(str(agent), frozenset())
            if queues not in lines:
                lines[queues] = _waiting_spans(queued[queued["queue"].isin(queues)])
            answer, over = mine["a"].to_numpy(dtype=float), mine["e"].to_numpy(dtype=float)[:-1]
            exact = mine["wait"].to_numpy(dtype=float)[1:] > SHORT_WAIT_S
            until = answer[1:] - np.where(exact, SHORT_WAIT_S, 0.0)
            ended = np.sort(np.asarray(ends[str(agent)]))
            stayed = np.searchsorted(ended, answer[:-1] - 0.1) == np.searchsorted(ended, answer[1:] - 0.1)
            part = {
                "gap": np.maximum(0.0, answer[1:] - over),
                "low": np.maximum(0.0, _last_waiting(*lines[queues], until) - over),
                "exact": exact,
                "left": mine["left"].to_numpy()[:-1],
                "day": date,
            }
            parts.append(pd.DataFrame(part)[stayed])
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame({name: [] for name in ("gap", "low", "exact", "left", "day")})
    )


def _waiting_spans(queued: pd.DataFrame) -> tuple[Floats, Floats]:
    """Beginnings and ends of the spans in which any of these calls waited, less the seconds in which it was being answered."""
    begins = queued["t"].to_numpy(dtype=float) + 1.0
    ends = queued["a"].to_numpy(dtype=float) - np.where(queued["answered"].to_numpy(dtype=bool), SHORT_WAIT_S, 0.0)
    order = np.argsort(begins, kind="stable")
    begins, ends = begins[order], np.maximum.accumulate(ends[order]) if len(ends) else ends
    first = np.ones(len(begins), dtype=bool)
    first[1:] = begins[1:] > ends[:-1]
    last = np.append(first[1:], True)[: len(first)]
    return begins[first], ends[last]


def _last_waiting(begins: Floats, ends: Floats, instants: Floats) -> Floats:
    """The last moment before each instant at which a call waited; minus infinity if none did."""
    span = np.searchsorted(begins, instants, "left") - 1
    if not len(begins):
        return np.full(len(instants), -np.inf)
    return np.where(span >= 0, np.minimum(ends[np.maximum(span, 0)], instants), -np.inf)


def _turnbull(gaps: pd.DataFrame, ring_s: float, longest_s: float) -> Distribution:
    """The distribution of readiness: known where `exact`, else between `low` and `gap`."""
    exact = gaps["exact"].to_numpy(dtype=bool)
    if int(exact.sum()) < 20:
        return Empirical(values=(0.0,))
    grid = np.unique(np.concatenate([np.arange(0, 60, 1), np.arange(60, 180, 5), np.arange(180, longest_s + 1, 20)]))
    n = len(grid)
    high = np.searchsorted(grid, np.maximum(0.0, gaps["gap"].to_numpy(dtype=float) - ring_s), "right") - 1
    low = np.searchsorted(grid, np.maximum(0.0, gaps["low"].to_numpy(dtype=float) - ring_s), "right") - 1
    low = np.where(exact, high, np.minimum(low, high))
    pairs, counts = np.unique(low * n + high, return_counts=True)
    low, high = pairs // n, pairs % n
    mass = np.full(n, 1.0 / n)
    for _ in range(ROUNDS):
        cumulated = np.concatenate([[0.0], np.cumsum(mass)])
        each = counts / np.maximum(cumulated[high + 1] - cumulated[low], 1e-12)
        steps = np.bincount(low, each, n + 1) - np.bincount(high + 1, each, n + 1)
        mass = mass * np.cumsum(steps[:-1])
        mass = mass / mass.sum()
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    cumulated = np.concatenate([[0.0], np.cumsum(mass)])
    ends = np.append(grid, longest_s)
    values = np.interp(levels, cumulated, ends)
    mean = float((mass * (ends[:-1] + ends[1:]) / 2).sum())
    values = values * (mean / max(1e-9, float(values.mean())))
    return Empirical(values=tuple(float(f"{value:.4g}") for value in values))
