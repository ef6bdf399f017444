"""Callers that really came, through another version and through the present one: where each goes, how long, and what differs.

Decides what is compared: the same callers at the same instants, the same members, and the same draws in both versions,
replication by replication, so that a difference is the version's. A caller has *moved* in a replication if the call ends at
another element. Intervals are over replications: they tell what chance in patience, talks and ringing does to these callers,
and not how next month's callers will differ. Leaves scenarios to `replay.py`, figures to `pbxsim/results`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.state.flow import Flow
from pbxsim.backtest import recorded, replay
from pbxsim.backtest.recorded import BacktestError
from pbxsim.calibrate import days as d
from pbxsim.calibrate import fitting, signins
from pbxsim.calibrate.known import haste
from pbxsim.calibrate.known import known as known_of
from pbxsim.logs import Log
from pbxsim.logs.told import Told
from pbxsim.results import estimate, html
from pbxsim.results.estimate import Estimate
from pbxsim.results.results import ALL_QUEUES, Results, Sample
from pbxsim.runs.bars import with_bar
from pbxsim.runs.job import Job, context
from pbxsim.scenario.check import check

DAYS: Final = 28
REPS: Final = 10
FIGURES: Final = ("offered", "abandoned_of_offered", "service_level_of_offered", "wait_s", "answer_speed_s")
OUTCOMES: Final = ("talked", "abandoned", "voicemail", "busy", "hung_up", "other")

NEVER_THERE: Final = "members of the version who were never there in these days, and are not in the simulation: {what}"
UNKNOWN_QUEUES: Final = "queues without calls in the log, with patience and talk of all: {what}"
NO_WAY: Final = "none of the {count} callers finds a way into both versions: their trunks and numbers are {ways}"
WORK: Final = "work after calls of {what} is as it was, and not the {seconds} s that the version sets"

Place = int
"""Number of the element a call ended at; 0 is none."""

Progress = Callable[[float], None]


@dataclasses.dataclass(frozen=True)
class Ends:
    """How the callers of one replication ended in one version, in order of the callers."""

    places: npt.NDArray[np.int32]
    outcomes: npt.NDArray[np.int8]
    waits_s: npt.NDArray[np.float32]


Pair = tuple[Sample, Ends, Sample, Ends]
"""One replication: the present version, then the other."""


@dataclasses.dataclass(frozen=True)
class Backtest:
    """What the two versions make of the same callers."""

    present: Results
    other: Results
    callers: pd.DataFrame
    """One row a caller: call_id, at, trunk, called, caller; of the first replication present_place, place, their outcomes and
    waits in seconds; and moved_share, the share of replications in which the call ends elsewhere."""
    moved: Estimate
    """Callers who end elsewhere, of all."""
    by_change: tuple[tuple[Place, Place, Estimate], ...]
    """From, to, and how many callers; most first."""
    outcomes: Mapping[str, tuple[Estimate, Estimate, Estimate]]
    """By what became of calls: how many in the present version, in the other, and the difference."""
    really: Mapping[int, Mapping[str, float]]
    """What the log itself says of each queue."""
    days: tuple[pd.Timestamp, ...]
    left_out: int
    """Callers to whom one of the versions gives no way in."""
    notes: tuple[Told, ...]

    def figures(self) -> pd.DataFrame:
        """One row a queue (0 is all of them) and figure: present and other with 95 % intervals, and the paired difference."""
        rows = []
        both = set(self.present.queues) & set(self.other.queues)
        for queue in (ALL_QUEUES, *sorted(set(self.present.queues) | set(self.other.queues))):
            for name in FIGURES:
                sides = [
                    one.figure(name, queue) if queue in (ALL_QUEUES, *one.queues) else _NOTHING
                    for one in (self.present, self.other)
                ]
                change = _NOTHING
                if queue == ALL_QUEUES or queue in both:
                    change = estimate.paired_ratio(self.present.parts(name, queue), self.other.parts(name, queue))
                log = self.really.get(queue, {}).get(name, math.nan)
                rows.append((queue, name, log, *_three(sides[0]), *_three(sides[1]), *_three(change)))
        names = [f"{side}{part}" for side in ("present", "other", "change") for part in ("", "_low", "_high")]
        return pd.DataFrame(rows, columns=["queue", "figure", "log", *names])

    def _repr_html_(self) -> str:
        share = self.moved.mean / len(self.callers)
        said = [
            f"{html.shown(self.moved.mean, '')} of {len(self.callers):,} callers end elsewhere ({100 * share:.1f} %)",
            *([f"{self.left_out:,} more have no way into one of the versions"] if self.left_out else []),
            *map(str, self.notes),
        ]
        names = self.present.queue_names | self.other.queue_names
        figures = [
            [
                "all queues" if row.queue == ALL_QUEUES else f"{row.queue} {names[row.queue]}".strip(),
                row.figure,
                *(html.shown(value, _unit(row.figure)) for value in (row.log, row.present, row.other)),
                html.shown(row.change, _unit(row.figure)),
                html.estimated(Estimate(row.change, row.change_low, row.change_high, 0), _unit(row.figure))[1],
            ]
            for row in self.figures().itertuples()
        ]
        became = [[name, *(html.shown(one.mean, "") for one in three)] for name, three in self.outcomes.items()]
        moves = [[str(a), str(b), html.shown(count.mean, "")] for a, b, count in self.by_change]
        tables = [
            html.table(["queue", "figure", "log", "present", "other", "change", "95 % of the change"], figures),
            html.table(["calls", "present", "other", "change"], became),
            *([html.table(["from element", "to element", "callers"], moves)] if moves else []),
        ]
        return html.block(f"Callers of {self.days[0]:%Y-%m-%d} to {self.days[-1]:%Y-%m-%d}", said, tables)


_NOTHING: Final = Estimate(math.nan, math.nan, math.nan, 0)


def _unit(figure: str) -> str:
    """See `html.shown`."""
    return "share" if figure.endswith("_of_offered") else "s" if figure.endswith("_s") else ""


def _three(one: Estimate) -> tuple[float, float, float]:
    return one.mean, one.low, one.high


@with_bar("replaying callers")
def backtest(
    log: Log,
    present: Flow,
    other: Flow,
    *,
    days: int = DAYS,
    reps: int = REPS,
    queues: Mapping[str, str] | None = None,
    origins: Mapping[str, str] | None = None,
    within_s: float = 20.0,
    seed: int = 1,
    processes: int = 1,
    tuning_calls: int = fitting.TUNING_CALLS,
    progress: Progress | None = None,
) -> Backtest:
    """Send the callers of the last `days` days of a log through `other`, and through `present` beside it.

    `queues` says which number a queue of the log has in the present version, `origins` by which of its trunks the callers of a
    queue came, where the log does not tell. Everything is learned from the whole log; `tuning_calls` are simulated to learn how
    long members were there, where no sign-ins tell. Raises BacktestError, CalibrationError, and ScenarioError where a version
    cannot be given what was learned.
    """
    tell = progress or (lambda share: None)
    if log.calls.empty:
        raise BacktestError(Told("{source} holds no call of a queue", source=log.losses.source))
    log, numbers, notes = recorded.numbered(log, present, queues or {})
    plan, table = _learned(log, present, days, within_s, seed, processes, tuning_calls)
    tell(0.1)
    by_number = {numbers.get(queue, queue): trunk for queue, trunk in (origins or {}).items()}
    came = recorded.callers_of(log, present, by_number)
    came = came[(came["at"] >= plan.begin()) & (came["at"] < plan.end())].reset_index(drop=True)
    callers = _let_in(came, present, other)
    if callers.empty:
        ways = sorted({f"{t} {n}".strip() for t, n in zip(came["trunk"], came["called"], strict=True)})[:8]
        raise BacktestError(Told(NO_WAY, count=f"{len(came):,}", ways=", ".join(ways)))
    jobs = [Job(flow, plan.scenario(flow, callers, present), True) for flow in (present, other)]
    for job in jobs:
        check(job.scenario, job.flow)
    order = _order(plan, callers)
    pairs: list[Pair] = []
    for pair in _pairs(jobs[0], jobs[1], order, reps, processes, lambda share: tell(0.1 + 0.9 * share)):
        pairs.append(pair)
    results = [job.results([pair[2 * i] for pair in pairs]) for i, job in enumerate(jobs)]  # type: ignore[misc]
    notes += [*_doubts(plan, present, other), *_warned(results)]
    first = callers["at"].iloc[0].tz_localize(None).normalize()
    return _summed(
        callers,
        pairs,
        results,
        recorded.really(log, max(first, plan.days[0]), within_s),
        plan,
        len(came) - len(callers),
        notes,
    )


def _learned(
    log: Log, present: Flow, days: int, within_s: float, seed: int, processes: int, tuning_calls: int
) -> tuple[replay.Replay, pd.DataFrame]:
    """Everything that is learned from the log, and its last days."""
    zone = str(log.calls["arrived_at"].dt.tz)
    table = d.prepared(log.calls, seed)
    first, last = table["day"].min(), table["day"].max()
    known = known_of(log.activity, first, last, haste(table))
    roster = signins.of_log(log, table) if known is None else known.roster
    model = fitting.fit(
        table,
        zone,
        present.head.pbx,
        processes=processes,
        seed=seed,
        roster=roster,
        known=known,
        tuning_calls=tuning_calls,
    )
    chosen = tuple(pd.date_range(max(first, last - pd.Timedelta(days=days - 1)), last))
    there = replay.presence(model, table, roster, chosen)
    return replay.Replay(model, chosen, zone, there, recorded.choices(log), within_s, seed), table


def _let_in(came: pd.DataFrame, present: Flow, other: Flow) -> pd.DataFrame:
    """Callers with a way into both versions."""
    ways = came[["trunk", "called"]].drop_duplicates()
    good = {
        (trunk, called)
        for trunk, called in ways.itertuples(index=False)
        if all(recorded.entry(flow, trunk, called) is not None for flow in (present, other))
    }
    kept = [(trunk, called) in good for trunk, called in zip(came["trunk"], came["called"], strict=True)]
    return came[kept].reset_index(drop=True)


def _order(plan: replay.Replay, callers: pd.DataFrame) -> dict[str, int]:
    """Row of each caller by the name that the simulation gives their call: source and number in it."""
    level = callers["at"].dt.hour.map(plan.model.talk.hours).astype(float).fillna(1.0)
    seen: Counter[str] = Counter()
    rows = {}
    for i, (trunk, called, factor) in enumerate(zip(callers["trunk"], callers["called"], level, strict=True)):
        name = replay.source_name(trunk, called, factor)
        rows[f"{name}-{seen[name]}"] = i
        seen[name] += 1
    return rows


# --- replications ------------------------------------------------------------------------------------------------------


def _pairs(
    present: Job, other: Job, order: Mapping[str, int], reps: int, processes: int, tell: Progress
) -> Iterator[Pair]:
    """Every replication in both versions, in order."""
    if processes > 1 and reps > 1:
        with ProcessPoolExecutor(min(processes, reps), context()) as pool:
            work = [pool.submit(_pair, present, other, order, number) for number in range(reps)]
            for done, future in enumerate(work):
                yield future.result()
                tell((done + 1) / reps)
        return
    for number in range(reps):
        yield _pair(present, other, order, number, lambda share, number=number: tell((number + share) / reps))  # type: ignore[misc]


def _pair(present: Job, other: Job, order: Mapping[str, int], number: int, tell: Progress | None = None) -> Pair:
    """One replication in both versions. Tables stay here: a month of calls is not kept for each of them."""
    parts: list[tuple[Sample, Ends]] = []
    for half, job in enumerate((present, other)):
        beat = None if tell is None else (lambda share, half=half: tell((half + share) / 2))
        sample = job.one(number, beat)
        parts.append((dataclasses.replace(sample, tables={}), _ends(sample.tables["calls"], order)))
    return (*parts[0], *parts[1])


def _ends(calls: pd.DataFrame, order: Mapping[str, int]) -> Ends:
    names = [f"{source}-{call.rpartition('-')[2]}" for source, call in zip(calls["source"], calls["call"], strict=True)]
    rows = pd.Series(names).map(order).to_numpy()
    if len(rows) != len(order) or bool(pd.isna(rows).any()):
        raise AssertionError(f"{len(order)} callers were sent in, {len(rows)} calls came out")
    rows = rows.astype(np.int64)
    places = np.zeros(len(order), dtype=np.int32)
    outcomes = np.zeros(len(order), dtype=np.int8)
    waits = np.zeros(len(order), dtype=np.float32)
    places[rows] = calls["element"].to_numpy()
    outcomes[rows] = [OUTCOMES.index(str(one)) for one in calls["outcome"]]
    waits[rows] = calls["wait_s"].to_numpy()
    return Ends(places, outcomes, waits)


# --- sums --------------------------------------------------------------------------------------------------------------


def _summed(
    callers: pd.DataFrame,
    pairs: list[Pair],
    results: list[Results],
    really: dict[int, dict[str, float]],
    plan: replay.Replay,
    left_out: int,
    notes: list[Told],
) -> Backtest:
    moved_of = np.zeros(len(callers))
    moved: list[float] = []
    changes: list[Counter[tuple[int, int]]] = []
    for _, one, _, two in pairs:
        differs = one.places != two.places
        moved_of += differs
        moved.append(float(differs.sum()))
        changes.append(Counter(zip(one.places[differs].tolist(), two.places[differs].tolist(), strict=True)))
    every = {change for one in changes for change in one}
    by_change = [(a, b, estimate.mean_of([float(one[a, b]) for one in changes])) for a, b in every]
    outcomes = {}
    for i, name in enumerate(OUTCOMES):
        before, after = ([float((pair[side].outcomes == i).sum()) for pair in pairs] for side in (1, 3))  # type: ignore[union-attr]
        if any(before) or any(after):
            outcomes[name] = (estimate.mean_of(before), estimate.mean_of(after), estimate.paired(before, after))
    _, one, _, two = pairs[0]
    shown = callers.assign(
        present_place=one.places, place=two.places,
        present_outcome=[OUTCOMES[i] for i in one.outcomes], outcome=[OUTCOMES[i] for i in two.outcomes],
        present_wait_s=one.waits_s, wait_s=two.waits_s, moved_share=moved_of / len(pairs),
    )  # fmt: skip
    return Backtest(
        present=results[0],
        other=results[1],
        callers=shown,
        moved=estimate.mean_of(moved),
        by_change=tuple(sorted(by_change, key=lambda item: (-item[2].mean, item[0], item[1]))),
        outcomes=outcomes,
        really=really,
        days=plan.days,
        left_out=left_out,
        notes=tuple(notes),
    )


def _warned(results: list[Results]) -> list[Told]:
    """What a run warns of, each once: the parts of a trunk's callers are told apart by nobody but us."""
    texts = sorted({re.sub(r" of arrivals `[^`]*`", "", text) for one in results for text in one.warnings})
    return [Told("{text}", text=text) for text in texts]


def _doubts(plan: replay.Replay, present: Flow, other: Flow) -> list[Told]:
    """What a reader of the figures should know."""
    out: list[Told] = []
    known = {str(number) for number in plan.presence}
    serving = {one for element in other.elements.values() if element.is_queue for one in element.members()}
    new = sorted(serving - known)
    if new:
        out.append(Told(NEVER_THERE, what=", ".join(new)))
    queues = [number for number, element in other.elements.items() if element.is_queue]
    strange = [
        str(number) for number in queues if str(number) not in {plan.model.queue_of[k] for k in plan.model.kinds}
    ]
    if strange:
        out.append(Told(UNKNOWN_QUEUES, what=", ".join(strange)))
    for number in plan.work_as_it_was(other, present):
        was, will = replay.wrap_up_s(present, number), replay.wrap_up_s(other, number)
        if was != will and was is not None:
            out.append(Told(WORK, what=number, seconds=f"{will:g}"))
    return out
