"""Callers: when they come, who they are, and what they would do.

Decides how a scenario's sources become a stream of calls, and which random number stands for which decision of a
caller. A call is a row of its source; a caller who dials again keeps the row and counts `attempt` up, so each
attempt has numbers of its own that no other call can move. Leaves to `world.py` the moment at which a decision is
asked for, and to `agents.py` everything about those who answer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from mypy_extensions import i32, i64, mypyc_attr

from engine.contract.ids import Duration, Instant
from engine.state.call import Call, Visitor
from engine.state.flow import Flow
from pbxsim.scenario.distributions import Distribution, Exponential, Floats, Gamma
from pbxsim.scenario.scenario import Arrivals, KeyChoice, Retry, Scenario
from pbxsim.world.random_streams import Column, Streams, words

if TYPE_CHECKING:
    from pbxsim.results.metrics import Tally

CHUNK: Final = 2048
"""Calls of one source drawn at once."""

REPEATS: Final = 32
"""Times the same decision is drawn from a column of its own; later ones come from distant rows of those columns."""

ROW_STEP: Final = 1 << 32
"""How far away those rows lie: further than any source has calls."""

TALK: Final = 0
PATIENCE: Final = 1 << 24
OWN: Final = 1 << 20
CROWD: Final = 1 << 15
"""Steps of haste, at most 30 of them, stay below `OWN`."""

KEYS: Final = 2 << 24
THINK: Final = 3 << 24
ANSWER: Final = 4 << 24
ANSWER_AT_ALL: Final = 5 << 24
OUTSIDE_ANSWER: Final = 6 << 24
OUTSIDE_ANSWER_AT_ALL: Final = 7 << 24
WRAP_UP: Final = 8 << 24
CELL: Final = 64 << 24
SKILL: Final = 32 << 24
WHO_ENDS: Final = 10 << 24
NO_MESSAGE: Final = 11 << 24
MESSAGE: Final = 12 << 24
WEB_LATENCY: Final = 13 << 24
WEB_FAILURE: Final = 14 << 24
AGAIN: Final = 15 << 24
AGAIN_DELAY: Final = 19 << 24
"""Codes of purposes; an internal number of at most four digits, or two of them, is added to tell distributions
apart."""


@mypyc_attr(free_list_len=1)
class Caller(Call):
    """One attempt of one caller: the engine's call, and what the world must remember about it.

    `Source.make` makes them; what few callers have stands in the class, as in `Call`.
    """

    __slots__ = (
        "source", "lot", "row", "attempt", "kind", "waits", "waited", "waits_at", "token", "offers", "talks", "tally",
        "tallied", "talked",
    )  # fmt: skip

    key_token: i64 = 0
    """Counts decisions at greetings: keys planned under an older one are not pressed."""
    rounds: dict[int, int] | None = None
    """Times keys were asked for, by element."""
    to_press: str = ""
    """Keys still to be pressed."""
    recording_from: Instant = 0

    def __init__(self, source: Source, lot: DrawColumns, row: i64, attempt: int, kind: int, number: str) -> None:
        super().__init__("", source.called, number, source.trunk, None, source.origin)
        self.source = source
        self.lot = lot
        self.tally: Tally | None = None
        """Where this stay in a queue is counted."""
        self.row: i64 = row
        self.attempt: i32 = attempt
        self.kind: i32 = kind
        """Index of the caller class."""
        self.waits_at: i32 = -1
        """Place of the element patience began at; -1 is an outside number."""
        self.token: i64 = 0
        """Counts ends of waiting: patience planned under an older one does not run out."""
        self.offers: i32 = 0
        self.talks: i32 = 0
        self.tallied: i32 = 0
        """Which entry into an element `tally` belongs to."""
        self.waits = False
        """Whether patience is running out."""
        self.waited = False
        """Whether it ever was."""
        self.talked = False

    def id_made(self) -> str:
        again = "" if self.attempt == 1 else f"r{self.attempt}"
        self.given_id = f"{self.source.prefix}{self.row}{again}"
        return self.given_id

    def entropy(self) -> int:
        return self.seed or self.source.seed + self.row + (int(self.attempt) << 40)


class CallerKind:
    """A caller class, compiled."""

    __slots__ = ("name", "numbers", "patience", "talk_factor")

    def __init__(self, name: str, numbers: list[str], patience: Distribution | None, talk_factor: float) -> None:
        self.name = name
        self.numbers = numbers
        self.patience = patience
        self.talk_factor = talk_factor


class KeyPlan:
    """What callers do at one greeting, compiled."""

    __slots__ = ("choices", "weights", "think", "gap_us", "keys_name", "think_name")

    def __init__(self, number: int, choice: KeyChoice) -> None:
        self.keys_name = f"keys {number}"
        self.think_name = f"think {number}"
        self.choices = tuple(choice.choices)
        self.weights = tuple(choice.choices.values())
        self.think = choice.think
        self.gap_us = round(choice.digit_gap * 1e6)


class DrawColumns:
    """The columns of one source and one attempt.

    A draw is named by its purpose for the random numbers, and by a code for finding the column: different
    distributions of one purpose have different codes and the same random numbers. `again` counts repeats of a
    decision within the call.
    """

    __slots__ = ("streams", "prefix", "columns", "talk_at", "patience_at")

    def __init__(self, streams: Streams, prefix: str, places: int) -> None:
        self.streams = streams
        self.prefix = prefix
        self.columns: list[dict[int, Column]] = [{}]
        """By how often a call took the decision before, then by code."""
        self.talk_at: list[Column | None] = [None] * places
        self.patience_at: list[Column | None] = [None] * places
        """First talks and patience by the place of the element, where nothing else decides; outside numbers stand last."""

    def column(self, purpose: str, code: int, distribution: Distribution, again: int = 0) -> Column:
        """Where a length is drawn."""
        columns = self._columns(again)
        column = columns.get(code)
        if column is None:
            column = columns[code] = self.streams.lengths(self._named(purpose, again), distribution)
        return column

    def length(self, purpose: str, code: int, distribution: Distribution, row: i64, again: int = 0) -> Duration:
        """A length in microseconds."""
        column = self.column(purpose, code, distribution, again)
        return column.at(row if again < REPEATS else row + ROW_STEP * (again // REPEATS))

    def choice(self, purpose: str, code: int, weights: tuple[float, ...], row: i64, again: int = 0) -> int:
        """An index into `weights`."""
        columns = self._columns(again)
        column = columns.get(code)
        if column is None:
            column = columns[code] = self.streams.choices(self._named(purpose, again), weights)
        return column.at(row if again < REPEATS else row + ROW_STEP * (again // REPEATS))

    def _columns(self, again: int) -> dict[int, Column]:
        """Those of one repeat, by code. The first time has columns of its own."""
        place = again if again < REPEATS else again % REPEATS or REPEATS
        while len(self.columns) <= place:
            self.columns.append({})
        return self.columns[place]

    def _named(self, purpose: str, again: int) -> str:
        return f"{self.prefix}{purpose}#{again % REPEATS}" if again else self.prefix + purpose


class Source:
    """One source of calls, compiled: makes its callers and knows their draws."""

    __slots__ = (
        "index",
        "name",
        "prefix",
        "called",
        "trunk",
        "origin",
        "widget",
        "page",
        "kinds",
        "streams",
        "lots",
        "places",
        "first_lot",
        "seed",
        "recorded",
        "_kind_column",
        "_number_columns",
    )

    def __init__(
        self, index: int, name: str, arrivals: Arrivals, scenario: Scenario, flow: Flow, streams: Streams
    ) -> None:
        self.index = index
        self.name = name
        self.prefix = name.replace(".", "-") + "-"
        self.trunk = arrivals.trunk
        self.called = arrivals.called or (flow.trunks[arrivals.trunk].number if arrivals.trunk is not None else "")
        self.widget = arrivals.widget or ""
        self.page = arrivals.page
        self.origin = "trunk" if arrivals.trunk is not None else "callback" if self.widget else "api"
        self.streams = streams
        self.seed = streams.word(f"{name}/draws")
        self.recorded: tuple[str, ...] = arrivals.recorded.callers if arrivals.recorded is not None else ()
        names = list(arrivals.classes) or list(scenario.callers)
        self.kinds: list[CallerKind] = []
        weights = []
        for label in names:
            wanted = scenario.callers[label]
            numbers = make_numbers(wanted.numbers, wanted.population, streams, label)
            self.kinds.append(CallerKind(label, numbers, wanted.patience, wanted.talk_factor))
            weights.append(arrivals.classes.get(label, wanted.weight))
        self.lots: list[DrawColumns] = []
        self.places = len(flow.elements) + 1
        self.first_lot = self.lot(1)
        self._kind_column: Column | None = None
        if len(names) > 1:
            self._kind_column = streams.choices(f"{name}/class", tuple(weights))
        self._number_columns: list[Column | None] = []
        for kind in self.kinds:
            column = (
                streams.choices(f"{name}/number of {kind.name}", (1.0,) * len(kind.numbers))
                if len(kind.numbers) > 1
                else None
            )
            self._number_columns.append(column)

    def lot(self, attempt: int) -> DrawColumns:
        """The columns of an attempt, the first being 1."""
        while len(self.lots) < attempt:
            number = len(self.lots) + 1
            prefix = f"{self.name}/" if number == 1 else f"{self.name}/attempt {number}/"
            self.lots.append(DrawColumns(self.streams, prefix, self.places))
        return self.lots[attempt - 1]

    def make(self, row: i64, attempt: int) -> Caller:
        """The caller of a row, at the given attempt."""
        kind = 0
        if self._kind_column is not None:
            kind = self._kind_column.at(row)
        number = ""
        if self.recorded:
            number = self.recorded[row]
        else:
            numbers = self.kinds[kind].numbers
            column = self._number_columns[kind]
            if column is not None:
                number = numbers[column.at(row)]
            elif numbers:
                number = numbers[0]
        caller = Caller(self, self.first_lot if attempt == 1 else self.lot(attempt), row, attempt, kind, number)
        if self.widget:
            caller.visitor = Visitor(self.widget, self.page)
        return caller


def make_numbers(patterns: tuple[str, ...], population: int, streams: Streams, name: str) -> list[str]:
    """The numbers of a caller class: plain ones as they are, and `population` in all made from patterns with `#`.

    The same population in every replication, and the same list: who calls is no noise a planner wants to see.
    """
    if not any("#" in pattern for pattern in patterns):
        return list(patterns)
    known = _POPULATIONS.get((patterns, population, name))
    if known is not None:
        return known
    made = _made_numbers(patterns, population, name)
    if len(_POPULATIONS) >= POPULATIONS_KEPT:
        _POPULATIONS.clear()
    _POPULATIONS[(patterns, population, name)] = made
    return made


_POPULATIONS: dict[tuple[tuple[str, ...], int, str], list[str]] = {}
POPULATIONS_KEPT: Final = 64
"""Populations of caller classes that are held for the replications to come."""


def _made_numbers(patterns: tuple[str, ...], population: int, name: str) -> list[str]:
    plain = [pattern for pattern in patterns if "#" not in pattern]
    wild = [pattern for pattern in patterns if "#" in pattern]
    made = list(plain)
    digits = Streams(0, 0).uniforms(f"numbers of {name}", 0, population * max(pattern.count("#") for pattern in wild))
    feed = iter((digits * 10).astype(int).tolist())
    for i in range(population):
        made.append("".join(str(next(feed)) if c == "#" else c for c in wild[i % len(wild)]))
    return made


# --- when calls come -------------------------------------------------------------------------------------------------


class _Times:
    """Arrival instants of one source, in blocks: a unit Poisson process through the inverse of the cumulated rate.

    So the n-th call of two scenarios is the same caller, and a higher rate brings the same callers sooner.
    """

    def __init__(
        self,
        name: str,
        arrivals: Arrivals,
        hours: float,
        streams: Streams,
        from_s: float = 0.0,
        first_row: int = 0,
        factors: dict[str, float] | None = None,
    ) -> None:
        self.key = f"{name}/arrivals"
        self.streams = streams
        self.next_row = 0
        self.sum = 0.0
        self.done = False
        self.instants: Floats | None = None
        self.edges = np.asarray([0.0, hours * 3600])
        self.cumulated = np.asarray([0.0, 0.0])
        if arrivals.recorded is not None:
            self.instants = np.asarray(arrivals.recorded.at_s, dtype=np.float64)
            self.next_row = int(np.searchsorted(self.instants, from_s))
            return
        if arrivals.per_hour is not None:
            expected = [arrivals.per_hour * hours]
        else:
            assert arrivals.every_min is not None
            expected = list(arrivals.calls)
            self.edges = np.arange(len(expected) + 1) * (arrivals.every_min * 60.0)
        factor = 1.0
        if arrivals.busyness is not None:
            shared = arrivals.busyness.shared
            if factors is not None and shared in factors:
                factor = factors[shared]
            else:
                busy = Gamma(mean=1.0, scv=arrivals.busyness.cv**2)
                factor = streams.one(f"busyness of {shared}", busy)
        self.cumulated = np.concatenate([[0.0], np.cumsum(expected)]) * factor
        self.sum = float(np.interp(from_s, self.edges, self.cumulated))
        self.next_row = first_row

    def block(self) -> tuple[Floats, int]:
        """The next arrivals in seconds after the start, and the row of the first; empty once there are no more."""
        first = self.next_row
        if self.instants is not None:
            block = self.instants[first : first + CHUNK]
            self.next_row += len(block)
            self.done = self.next_row >= len(self.instants)
            return block, first
        gaps = Exponential(mean=1.0).quantile(self.streams.uniforms(self.key, first, CHUNK))
        units = self.sum + np.cumsum(gaps)
        self.sum = float(units[-1])
        self.next_row += CHUNK
        if self.sum >= self.cumulated[-1]:
            self.done = True
            units = units[units < self.cumulated[-1]]
        return np.interp(units, self.cumulated, self.edges), first


class ArrivalStream:
    """All sources' calls in order of time, in chunks of lists.

    A stream may begin within the day, `from_s` seconds after `begin`, with callers from `first_row` on and with days as busy as
    `factors` say by the name of what sources share.
    """

    def __init__(
        self,
        scenario: Scenario,
        begin: Instant,
        streams: Streams,
        from_s: float = 0.0,
        first_row: int = 0,
        factors: dict[str, float] | None = None,
    ) -> None:
        self.begin = begin
        self._times = [
            _Times(name, source, scenario.hours, streams, from_s, first_row, factors)
            for name, source in scenario.arrivals.items()
        ]
        self._waiting: list[tuple[Floats, npt.NDArray[np.int64]]] = [
            (np.empty(0), np.empty(0, dtype=np.int64)) for _ in self._times
        ]

    def chunk(self) -> tuple[bytes, bytes, bytes] | None:
        """Instants, index of the source, and row of the next calls, each as `words`; None when no more will come."""
        while True:
            horizon = math.inf
            for i, times in enumerate(self._times):
                instants, rows = self._waiting[i]
                if not times.done and len(instants) == 0:
                    block, first = times.block()
                    instants, rows = block, np.arange(first, first + len(block))
                    self._waiting[i] = (instants, rows)
                if not times.done and len(instants):
                    horizon = min(horizon, float(instants[-1]))
            at: list[Floats] = []
            sources: list[npt.NDArray[np.int64]] = []
            numbers: list[npt.NDArray[np.int64]] = []
            for i, (instants, rows) in enumerate(self._waiting):
                cut = len(instants) if math.isinf(horizon) else int(np.searchsorted(instants, horizon, side="right"))
                at.append(instants[:cut])
                numbers.append(rows[:cut])
                sources.append(np.full(cut, i, dtype=np.int64))
                self._waiting[i] = (instants[cut:], rows[cut:])
            when = np.concatenate(at)
            if len(when):
                order = np.argsort(when, kind="stable")
                micros = self.begin + np.rint(when[order] * 1e6).astype(np.int64)
                return words(micros), words(np.concatenate(sources)[order]), words(np.concatenate(numbers)[order])
            if all(times.done for times in self._times):
                return None


# --- who calls again -------------------------------------------------------------------------------------------------


class Redialling:
    """Whether and when a caller tries again, compiled."""

    __slots__ = ("after_abandon", "after_busy", "after_talk", "most", "ever")

    def __init__(self, scenario: Scenario) -> None:
        redial = scenario.redial
        self.after_abandon = redial.after_abandon
        self.after_busy = redial.after_busy
        self.after_talk = redial.after_talk
        self.most = redial.most
        self.ever = redial.most > 1 and any((redial.after_abandon, redial.after_busy, redial.after_talk))

    def delay(self, caller: Caller, retry: Retry | None, purpose: str, code: int) -> Duration:
        """Microseconds until the next attempt; -1 if there is none. `code` 0 to 2 tells the reasons apart."""
        if retry is None or retry.share <= 0 or caller.attempt >= self.most:
            return -1
        if retry.share < 1 and caller.lot.choice(purpose, AGAIN + code, (retry.share, 1 - retry.share), caller.row):
            return -1
        return caller.lot.length(purpose + " delay", AGAIN_DELAY + code, retry.delay, caller.row)
