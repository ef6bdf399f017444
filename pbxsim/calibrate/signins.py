"""Staffing in force as the log tells it: sign-ins, sign-outs and pauses of members become presence.

Decides when a member of such a log was there: signed in to a queue at least and not paused in it. What a log cannot know is
put right with what it shows: a member whose first line is a sign-out or a pause was there from the log's beginning; one
who was signed in all day and took no call was not at the phone; one who took calls while he was signed out by the log is
inferred as in a log without sign-ins. Leaves that inference to `staffing.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.calibrate import staffing
from pbxsim.calibrate.staffing import Stretch
from pbxsim.logs import calls as c

DAY_S: Final = 86_400.0
OUTSIDE: Final = 0.1
"""Share of a day's answers outside the told presence from which the log is not believed about that member and day."""

NEAR_S: Final = 5.0
"""Clocks: an answer so near to a sign-in or sign-out is within."""


@dataclasses.dataclass
class Roster:
    """Who was there on which day: as told where the log tells it, else inferred from answered calls.

    `told` holds spans of seconds after midnight by day and member, `paused` those of members who only ever pause; `queues` what
    members signed in to.
    """

    told: Mapping[pd.Timestamp, Mapping[str, list[tuple[float, float]]]] = dataclasses.field(default_factory=dict)
    paused: Mapping[pd.Timestamp, Mapping[str, list[tuple[float, float]]]] = dataclasses.field(default_factory=dict)
    queues: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    certain: bool = False
    """Whether `told` and `queues` are all there is to know: then nothing is inferred and nothing doubted."""

    @property
    def tells(self) -> bool:
        """Whether the log has sign-ins or pauses at all."""
        return bool(self.told or self.paused)

    def skills(self, served: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Queues by member: those served, and those signed in to."""
        if self.certain:
            return dict(self.queues)
        out = dict(served)
        for agent in served:
            out[agent] = served[agent] | self.queues.get(agent, frozenset())
        return out

    def presence(self, day: pd.DataFrame, date: pd.Timestamp, skilled: Mapping[str, frozenset[str]]) -> list[Stretch]:
        """Stretches of presence on `date`; `day` holds its calls. Uses who talked when, and nothing about waits."""
        if self.certain:
            spans = sorted(self.told.get(date, {}).items())
            return [Stretch(agent, begin, end, told=True) for agent, mine in spans for begin, end in mine]
        inferred = staffing.presence(day, dict(skilled))
        told = self.told.get(date, {})
        paused = self.paused.get(date, {})
        if not told and not paused:
            return inferred
        served = day[day["answered"] & day["agent"].notna()]
        answers = {str(agent): rows.to_numpy(dtype=float) for agent, rows in served.groupby("agent")["a"]}
        believed = {agent for agent, spans in told.items() if agent in answers and _agrees(spans, answers[agent])}
        out = [Stretch(agent, begin, end, told=True) for agent in sorted(believed) for begin, end in told[agent]]
        for one in inferred:
            if one.agent not in believed:
                out += [
                    Stretch(one.agent, begin, end)
                    for begin, end in without((one.begin, one.end), paused.get(one.agent, []))
                ]
        return out

    def account(self, table: pd.DataFrame) -> tuple[int, int, int]:
        """Members' days that are told and used, told and not believed, and told without any call taken."""
        used = doubted = idle = 0
        answers = table[table["answered"] & table["agent"].notna()].groupby(["day", "agent"])["a"]
        known = {name: rows.to_numpy(dtype=float) for name, rows in answers}
        for date, members in self.told.items():
            for agent, spans in members.items():
                taken = known.get((date, agent))
                if taken is None:
                    idle += 1
                elif _agrees(spans, taken):
                    used += 1
                else:
                    doubted += 1
        return used, doubted, idle


def _agrees(spans: list[tuple[float, float]], answers: npt.NDArray[np.float64]) -> bool:
    outside = sum(1 for at in answers if not any(begin - NEAR_S <= at <= end + NEAR_S for begin, end in spans))
    return outside <= OUTSIDE * len(answers)


def without(span: tuple[float, float], gaps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What is left of a span outside the gaps, in order.

    >>> without((0.0, 10.0), [(2.0, 3.0), (9.0, 12.0)])
    [(0.0, 2.0), (3.0, 9.0)]
    """
    out: list[tuple[float, float]] = []
    begin, end = span
    for gone, back in sorted(gaps):
        if back <= begin or gone > end:
            continue
        if gone > begin:
            out.append((begin, gone))
        begin = max(begin, back)
    if begin < end or (begin == end and not out):
        out.append((begin, end))
    return out


def roster(staff: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> Roster:
    """The roster of a log from `first` to `last` day; empty where the log tells nothing of members."""
    if staff.empty:
        return Roster()
    clock = pd.to_datetime(staff["at"]).dt.tz_localize(None)
    seconds = ((clock - first) / pd.Timedelta(seconds=1)).to_numpy(dtype=float)
    over = ((last - first) / pd.Timedelta(seconds=1)) + DAY_S
    told: dict[pd.Timestamp, dict[str, list[tuple[float, float]]]] = {}
    paused: dict[pd.Timestamp, dict[str, list[tuple[float, float]]]] = {}
    queues: dict[str, frozenset[str]] = {}
    events: dict[str, list[tuple[float, str, str]]] = {}
    rows = zip(seconds, staff["agent"], staff["queue"], staff["event"], strict=True)
    for at, agent, queue, event in sorted(rows, key=lambda row: row[0]):
        events.setdefault(str(agent), []).append(
            (at, "" if queue is None or pd.isna(queue) else str(queue), str(event))
        )
    for agent, mine in events.items():
        signs = any(event in ("in", "out") for *_, event in mine)
        there, away = _spans(mine, over, signs)
        by_day(told if signs else paused, first, agent, there if signs else away)
        named = frozenset(queue for _, queue, event in mine if queue and event in ("in", "out"))
        if named:
            queues[agent] = named
    return Roster(told, paused, queues)


def _spans(
    events: list[tuple[float, str, str]], over: float, signs: bool
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """When a member was there, and when he was not, in seconds of the log. Queue `""` is all of his queues."""
    signed: dict[str, bool] = {}
    paused: dict[str, bool] = {}
    for _, queue, event in events:
        if event in ("in", "out") and (queue or not signed):
            signed.setdefault(queue, event == "out")  # who leaves first of all had come before the log began
        elif not signs:
            signed[queue] = True  # a member of the configuration: always in, and heard of only by pauses
    if len(signed) > 1 and not signs:
        signed.pop("", None)

    def present() -> bool:
        return any(there and not paused.get(queue, paused.get("", False)) for queue, there in signed.items())

    there: list[tuple[float, float]] = []
    away: list[tuple[float, float]] = []
    since, was = 0.0, present()
    for at, queue, event in events:
        at = min(max(0.0, float(at)), over)
        if event in ("in", "out"):
            for name in [queue] if queue else list(signed):
                signed[name] = event == "in"
            if event == "in":  # a member added again is not paused, unless a later line says so
                for name in [queue] if queue else ["", *paused]:
                    paused[name] = False
        elif queue:
            paused[queue] = event == "pause"
        else:
            paused = {"": event == "pause"}
        now = present()
        if now != was:
            (there if was else away).append((since, at))
            since, was = at, now
    (there if was else away).append((since, over))
    return there, away


def by_day(
    out: dict[pd.Timestamp, dict[str, list[tuple[float, float]]]],
    first: pd.Timestamp,
    agent: str,
    spans: list[tuple[float, float]],
) -> None:
    """Cut spans of `agent`, in seconds after midnight of `first`, at every midnight, and add them to `out`."""
    for begin, end in spans:
        if end <= begin:
            continue
        for number in range(int(begin // DAY_S), int((end - 1e-6) // DAY_S) + 1):
            midnight = number * DAY_S
            day = out.setdefault(first + pd.Timedelta(days=number), {})
            day.setdefault(agent, []).append((max(begin, midnight) - midnight, min(end, midnight + DAY_S) - midnight))


def of_log(log: c.Log, table: pd.DataFrame) -> Roster:
    """The roster of a log whose prepared days are `table`."""
    return roster(log.staff, table["day"].min(), table["day"].max())
