"""A simulated day as the canvas plays it: who is at which card when, and what moves along which line.

Decides what of a day's tables (R-24.1) travels to the browser, in tenths of a second from the day's begin. Leaves moving and
counting to `canvas/js/src/replay.js`, the day itself to the simulator. Imports no part of the web application.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from engine.calendar.zones import Zone
from engine.contract.ids import SECOND_US, Instant
from pbxsim.results.results import Results
from pbxsim.workbench.diagram import graph
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts

Json = dict[str, Any]
_Stay = tuple[int, int, int, int, int]
"""Places of call and card, begin, end, and when a person answered."""

TICK_US: Final = SECOND_US // 10
OUTCOMES: Final = ("talked", "voicemail", "lost")
"""How calls ended, as their dots are coloured."""

STATES: Final = ("out", "paused", "idle", "ringing", "talking", "wrap_up", "retry_wait")
"""States of a member (R-08.4) as the canvas knows them; any other is shown as the first."""

_ANSWERING: Final = ("queue", "group", "user")
"""Kinds where a call waits for a person."""

_NEVER: Final = -1
_CLOCK_STEP_S: Final = 900
"""Clocks are changed at whole quarters of an hour."""


def replay_of(tables: Mapping[str, pd.DataFrame], draft: Draft, texts: Texts, results: Results) -> Json:
    """One replication's tables `calls`, `elements`, `visits`, `legs` and `members` as what the canvas plays.

    `draft` holds the flow that ran, `results` are the run's. Times are tenths of a second since its begin; a stay has the call's
    place in `calls`, the card's in `cards`, when it began, when it ended, and when a person answered there (-1: nobody did).
    """
    start = pd.Timestamp(results.begin, unit="us", tz="UTC")
    scenario = results.scenario
    known = draft.ids()
    calls = tables["calls"].sort_values("arrived", kind="stable")
    places = {call: place for place, call in enumerate(calls["call"])}
    arrived, ended = _ticks(calls["arrived"], start), _ticks(calls["ended"], start)
    cards, edges = _Numbers(), _Numbers()
    stays: list[_Stay] = []
    on_trunks: list[_Stay] = []
    hops: list[tuple[int, int, int]] = []

    elements = tables["elements"]
    entered, left = _ticks(elements["entered"], start), _ticks(elements["left"], start)
    answered_at = _answers(tables["visits"], tables["legs"], start)
    first: dict[str, str] = {}
    ports: dict[tuple[str, str], str] = {}
    where: dict[str, list[tuple[int, int, str]]] = {}
    rows = zip(elements["call"], elements["element"], elements["output"], elements["to"], entered, left, strict=True)
    for call, number, output, to, begins, ends in rows:
        id = str(number)
        if id not in known:
            continue
        first.setdefault(call, id)
        where.setdefault(call, []).append((begins, ends, id))
        met = next((at for at in answered_at.get(call, ()) if begins <= at <= ends), _NEVER)
        stays.append((places[call], cards.of(id), begins, ends, met))
        if output and to:
            if (id, output) not in ports:
                ports[id, output] = graph.port_of(draft, id, output)
            if ports[id, output]:
                hops.append((places[call], edges.of(f"{id}|{ports[id, output]}|{to}"), ends))
    for place, (call, trunk) in enumerate(zip(calls["call"], calls["trunk"], strict=True)):
        id = f"trunk:{trunk}"
        if id in known:
            on_trunks.append((place, cards.of(id), arrived[place], ended[place], _NEVER))
            if call in first:
                hops.append((place, edges.of(f"{id}|to|{first[call]}"), arrived[place]))
    for call, member, at in _talks(tables["legs"], start):
        stands = next((id for begins, ends, id in where.get(call, ()) if begins <= at <= ends), "")
        if stands:
            hops.append((places[call], edges.of(f"{stands}|members|{member}"), at))
    length = max(round(scenario.hours * 36_000), max(ended, default=0) + 1)
    stays = sorted(
        on_trunks + stays, key=lambda stay: stay[2]
    )  # at an instant the trunk comes first, then as they were met
    hops.sort(key=lambda hop: hop[2])
    return {
        "length": length,
        "clock": _clock(results.begin, results.zone, length, texts),
        "within": round(scenario.measure.within_s * 10),
        "calls": {
            "caller": [texts("live.anonymous") if not caller else caller for caller in calls["caller"]],
            "at": arrived,
            "end": ended,
            "kind": [_kind(outcome) for outcome in calls["outcome"]],
        },
        "cards": cards.names,
        "queues": [id for id in cards.names if draft.kind(id) == "queue"],
        "answering": [id for id in cards.names if draft.kind(id) in _ANSWERING],
        "edges": edges.names,
        "stays": _columns(("call", "card", "from", "to", "met"), stays),
        "hops": _columns(("call", "edge", "at"), hops),
        "members": _members(tables["members"], start),
        "teams": {id: [who for who in draft.members(id) if who] for id in cards.names if draft.members(id)},
        "busiest": _busiest(stays, cards.names, draft),
        "words": {name: texts(f"replay.{name}", "{0}") for name in _WORDS},
    }


_WORDS: Final = (
    "play", "stop", "time", "speed", "busiest", "list", "nobody", "now", "total", "waiting", "talking", "lost", "working",
    "follow", "calls", "talked", "voicemail", "bar", "more", "times",
    *(f"state.{state}" for state in STATES),
)  # fmt: skip


class _Numbers:
    """Names in the order in which they were first met."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def of(self, name: str) -> int:
        return self._places.setdefault(name, len(self._places))

    @property
    def names(self) -> list[str]:
        return list(self._places)


def _columns(names: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> Json:
    columns = zip(*rows, strict=True) if rows else [() for _ in names]
    return {name: [int(value) for value in column] for name, column in zip(names, columns, strict=True)}


def _ticks(column: pd.Series, start: pd.Timestamp) -> list[int]:
    """Tenths of a second since the begin; -1 where there is no instant."""
    ticks = ((column - start) // pd.Timedelta(TICK_US, unit="us")).to_numpy(dtype=float, na_value=float(_NEVER))
    return [int(tick) for tick in ticks]


def _kind(outcome: str) -> int:
    return OUTCOMES.index(outcome) if outcome in OUTCOMES else OUTCOMES.index("lost")


def _answers(visits: pd.DataFrame, legs: pd.DataFrame, start: pd.Timestamp) -> dict[str, list[int]]:
    """When people answered a call, in queues and elsewhere."""
    found: dict[str, list[int]] = {}
    answered = visits[visits["outcome"] == "answered"]
    talked = legs[legs["answered"].notna()]
    for calls, moments in ((answered["call"], answered["left"]), (talked["call"], talked["answered"])):
        for call, at in zip(calls, _ticks(moments, start), strict=True):
            found.setdefault(call, []).append(at)
    return {call: sorted(moments) for call, moments in found.items()}


def _talks(legs: pd.DataFrame, start: pd.Timestamp) -> list[tuple[str, int, int]]:
    """Call, member and moment of each answer of a user."""
    talked = legs[legs["answered"].notna() & (legs["member"] != 0)]
    moments = _ticks(talked["answered"], start)
    return [(call, int(member), at) for call, member, at in zip(talked["call"], talked["member"], moments, strict=True)]


def _members(members: pd.DataFrame, start: pd.Timestamp) -> dict[str, Json]:
    """By user: when each state began, and its place in `STATES`."""
    found: dict[str, Json] = {}
    begins = _ticks(members["begins"], start)
    order = np.lexsort((begins, members["member"].to_numpy()))
    who, state = members["member"].to_numpy(), members["state"].astype(str).to_numpy()
    for row in order:
        one = found.setdefault(str(who[row]), {"at": [], "state": []})
        one["at"].append(begins[row])
        one["state"].append(STATES.index(state[row]) if state[row] in STATES else 0)
    return found


def _busiest(stays: list[_Stay], cards: list[str], draft: Draft) -> int:
    """When most callers waited in queues together; 0 where nobody did."""
    queues = {place for place, id in enumerate(cards) if draft.kind(id) == "queue"}
    waits = [(begins, met if met >= 0 else ends) for _, card, begins, ends, met in stays if card in queues]
    moves = sorted([(begins, 1) for begins, _ in waits] + [(ends, -1) for _, ends in waits])
    waiting = most = moment = 0
    for at, step in moves:
        waiting += step
        if waiting > most:
            most, moment = waiting, at
    return moment


def _clock(begin: Instant, zone: Zone, length: int, texts: Texts) -> Json:
    """What the wall clock shows: from each of `from` on, the seconds since midnight of the day `day`, which runs on through
    midnights; `days` names the dates."""
    shown: list[tuple[int, int]] = []
    local = zone.local(begin).replace(tzinfo=None)
    midnight = dt.datetime.combine(local.date(), dt.time())
    for after_s in range(0, length // 10 + _CLOCK_STEP_S, _CLOCK_STEP_S):
        wall = zone.local(begin + after_s * SECOND_US).replace(tzinfo=None)
        ahead = round((wall - midnight).total_seconds()) - after_s
        if not shown or shown[-1][1] != ahead:
            shown.append((after_s * 10, ahead))
    last = ((length - 1) // 10 + shown[-1][1]) // 86_400
    days = [texts.date(local.date() + dt.timedelta(days=day)) for day in range(last + 1)]
    return {"from": [at for at, _ in shown], "ahead_s": [ahead for _, ahead in shown], "days": days}
