"""What cannot be believed although it can be read: refused with the reason, unless it is waved through by name.

Decides the doubts, their names and their bounds. Leaves what a line means to the readers.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs.cells import LINE
from pbxsim.logs.columns import INCOMING, OUTGOING, ColumnMap, word
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

DOUBTS: Final = {
    "units": "talk of hours, or waits of seconds by the thousand: the unit is another one",
    "wait": "a wait that is nearly the whole call: it holds the talk too",
    "days": "days that jump to and fro: day and month are swapped",
    "outgoing": "calls of the PBX's own phones among those that came in",
    "agents": "nearly as many agents as calls: it is not their names that the column holds",
    "outcomes": "a word of outcomes that nobody named, in more than one line of fifty: all calls of one kind would be left out",
    "directions": "a word of directions that is not known, in more than one line of fifty",
    "dropped": "most lines were dropped for a fault",
}
"""Name to what is doubted."""

LEAST_CALLS: Final = 20
"""Calls from which they are looked at as a whole."""

WHOLE_SHARE: Final = 0.97
WHOLE_REST_S: Final = 120.0
"""A wait that is nearly always the talk and up to this much more is the length of the whole call."""

MEDIAN_S: Final = {"wait": 1800.0, "talk": 5400.0}
"""Medians beyond which the unit is in doubt."""

SHORT_S: Final = 1.0
"""A mean talk below this is one in minutes, hours or days of a spreadsheet."""

LONG_SHARE: Final = 0.3
"""Share of calls dropped for being too long from which the unit is in doubt."""

TWO_WAYS: Final = r"^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
"""A date that could begin with the day or with the month."""

BACK_SHARE: Final = 0.25
"""Share of changes of day that go back, from which days are in doubt; so many changes are needed:"""
CHANGES: Final = 4

INSIDE_SHARE: Final = 0.3
"""Share of callers with a number of the PBX from which outgoing calls are suspected."""
INSIDE_DIGITS: Final = range(2, 6)

CALLED_SHARE: Final = 0.02
"""Share of calls from a number of the PBX to one outside, from which outgoing calls are found."""
QUEUES_MOST: Final = 20
"""Numbers outside that may be the queues' own."""

AGENTS_LEAST: Final = 100
AGENTS_SHARE: Final = 0.5
"""Agents per answered call from which the column holds something else; so many answered calls are needed."""
AGENTS_MOST: Final = 5000
"""Agents of the largest sites."""

DROPPED_SHARE: Final = 0.5


TOO_LONG: Final = "a wait or talk of more than {longest} s"
"""Why a line of a table is dropped whose lengths are a fault of the log, or of its map."""


UNNAMED: Final = "`{column}` holds an outcome the map does not name ({values})"
"""Why a line of a table is dropped whose outcome nobody knows."""

NO_DIRECTION: Final = "`{column}` holds a direction that is not known ({values}); name those of calls that came in"
"""Why a line of a table is dropped of which nobody knows whether it came in."""

_UNNAMED: Final = {
    UNNAMED: (
        "outcomes",
        "in {count} of {total} lines `{column}` holds an outcome that is not known ({values}): calls of a whole kind would be "
        "left out. Say what it means with `outcomes`: answered, abandoned, timed_out, left, refused, or drop for what is no call",
    ),
    NO_DIRECTION: (
        "directions",
        "in {count} of {total} lines `{column}` holds a direction that is not known ({values}); name the values of calls that "
        "came in with `incoming`",
    ),
}
"""Why lines were dropped, to the doubt that it is and what can be done."""

UNNAMED_SHARE: Final = 0.02
UNNAMED_LEAST: Final = 3
"""Lines, and their share of all, from which such words are doubted: what is left would tell of fewer lost calls, or of none."""


class Doubt(NamedTuple):
    """What is doubted and why."""

    name: str
    reason: Told


def names(anyway: Collection[str]) -> frozenset[str]:
    """Doubts that are waved through. Raises LogError for one that there is not."""
    strange = sorted(set(anyway) - DOUBTS.keys())
    if strange:
        text = "there is no doubt `{name}`; there are {known}"
        raise LogError(Told(text, name=strange[0], known=", ".join(DOUBTS)))
    return frozenset(anyway)


def lengths(calls: pd.DataFrame, columns: ColumnMap, anyway: Collection[str]) -> Doubt | None:
    """A wait that holds the talk, told with the columns that put it right."""
    served = calls[(calls["outcome"] == c.ANSWERED) & (calls["talk_s"] > 0)]
    if len(served) < LEAST_CALLS or columns.wait_s is None or columns.talk_s is None or "wait" in anyway:
        return None
    if float(served["talk_s"].mean()) >= SHORT_S and bool((served["wait_s"] >= served["talk_s"]).mean() > WHOLE_SHARE):
        if float((served["wait_s"] - served["talk_s"]).median()) < WHOLE_REST_S:
            text = (
                "`{wait}` is at least as long as `{talk}` in nearly every answered call, so it holds the talk too; map the "
                "wait as the difference, `wait_s: {wait} - {talk}`"
            )
            return Doubt("wait", Told(text, wait=columns.wait_s, talk=columns.talk_s))
    return None


def directions(raw: pd.DataFrame, columns: ColumnMap, anyway: Collection[str]) -> Doubt | None:
    """A column that tells incoming from outgoing calls, and that the map does not name."""
    if columns.direction is not None or "outgoing" in anyway or len(raw) < LEAST_CALLS:
        return None
    for name in raw.columns:
        if name == LINE or raw[name].nunique() > 6:
            continue
        values = {word(value) for value in raw[name].unique()} - {"0", "1"}
        if values & INCOMING and values & OUTGOING:
            text = "column `{name}` tells incoming from outgoing calls, and the map does not name it; add `direction: {name}`"
            return Doubt("outgoing", Told(text, name=name))
    return None


def days(calls: pd.DataFrame, dates: pd.Series, anyway: Collection[str]) -> Doubt | None:
    """Days that go to and fro in the order of the lines, where `dates` could be read in two ways. One direction is that of the
    log, newest first or last."""
    if "days" in anyway or not bool(dates.str.contains(TWO_WAYS).any()):
        return None
    order = calls.sort_values("line", kind="stable")["arrived_at"].dt.normalize()
    step = order.diff().dropna()
    forth, back = int((step > pd.Timedelta(0)).sum()), int((step < pd.Timedelta(0)).sum())
    if forth + back >= CHANGES and min(forth, back) > BACK_SHARE * (forth + back):
        text = "the days jump to and fro {count} times from line to line: are day and month swapped? Say it with `date_format`"
        return Doubt("days", Told(text, count=min(forth, back)))
    known = order.drop_duplicates()
    months = known.dt.month + 12 * known.dt.year
    if len(known) >= 3 and known.dt.day.nunique() == 1 and months.nunique() == len(known):
        text = "all calls came on day {day} of {count} months: are day and month swapped? Say it with `date_format`"
        return Doubt("days", Told(text, day=int(known.dt.day.iloc[0]), count=len(known)))
    return None


def look(log: c.Log, anyway: Collection[str] = ()) -> Doubt | None:
    """The first thing about a log that cannot be believed."""
    found = (
        _unnamed(log.losses, anyway),
        _dropped(log.losses) if "dropped" not in anyway else None,
        _units(log) if "units" not in anyway else None,
        _whole(log.calls) if "wait" not in anyway else None,
        _outgoing(log.calls) if "outgoing" not in anyway else None,
        _agents(log.calls) if "agents" not in anyway else None,
    )
    return next((one for one in found if one is not None), None)


def _unnamed(losses: Losses, anyway: Collection[str]) -> Doubt | None:
    total = losses.faulty_count() + losses.kept_count + losses.repaired_count
    for reason, lines in losses.dropped.items():
        if not isinstance(reason, Told) or reason.template not in _UNNAMED:
            continue
        name, text = _UNNAMED[reason.template]
        if name not in anyway and len(lines) >= max(UNNAMED_LEAST, UNNAMED_SHARE * total):
            return Doubt(name, Told(text, count=f"{len(lines):,}", total=f"{total:,}", **reason.values))
    return None


def _dropped(losses: Losses) -> Doubt | None:
    faulty = losses.faulty_count()
    used = losses.kept_count + losses.repaired_count
    if faulty + used < LEAST_CALLS or faulty <= DROPPED_SHARE * (faulty + used):
        return None
    text = "{faulty} of {total} lines were dropped for a fault: what is left is hardly the whole"
    return Doubt("dropped", Told(text, faulty=f"{faulty:,}", total=f"{faulty + used:,}"))


def _units(log: c.Log) -> Doubt | None:
    served = log.calls[log.calls["outcome"] == c.ANSWERED]
    talked = served[served["talk_s"] > 0]
    reasons = log.losses.dropped.items()
    too_long = sum(len(lines) for reason, lines in reasons if isinstance(reason, Told) and reason.template == TOO_LONG)
    if too_long >= LEAST_CALLS / 2 and too_long > LONG_SHARE * (too_long + len(log.calls)):
        text = (
            "{count} of {total} calls have a wait or talk of hours: the unit of the lengths is another one, such as ms"
        )
        return Doubt("units", Told(text, count=f"{too_long:,}", total=f"{too_long + len(log.calls):,}"))
    if len(talked) < LEAST_CALLS:
        return None
    for name in ("wait", "talk"):
        middle = float(talked[f"{name}_s"].median())
        if middle > MEDIAN_S[name]:
            text = "half of the answered calls have a {name} of more than {middle} s: is it in milliseconds? Say so with `units`"
            return Doubt("units", Told(text, name=Told(name), middle=f"{middle:,.0f}"))
    mean = float(talked["talk_s"].mean())
    if mean < SHORT_S:
        text = "the mean talk is {mean} s: is it in minutes, hours or days of a spreadsheet? Say so with `units`"
        return Doubt("units", Told(text, mean=f"{mean:.3g}"))
    if bool((talked["talk_s"] < 30).mean() > 0.99) and mean < 15 and bool((talked["talk_s"] % 1 != 0).mean() > 0.5):
        text = "nearly all talks are shorter than half a minute and not whole seconds: are they in minutes? Say so with `units`"
        return Doubt("units", Told(text))
    return None


def _whole(calls: pd.DataFrame) -> Doubt | None:
    served = calls[(calls["outcome"] == c.ANSWERED) & (calls["talk_s"] > 0)]
    if len(served) < LEAST_CALLS or bool((served["wait_s"] >= served["talk_s"]).mean() <= WHOLE_SHARE):
        return None
    if float((served["wait_s"] - served["talk_s"]).median()) >= WHOLE_REST_S:
        return None
    text = "the wait is at least as long as the talk in nearly every answered call, so it holds the talk too"
    return Doubt("wait", Told(text))


def _outgoing(calls: pd.DataFrame) -> Doubt | None:
    known = calls["caller"].dropna()
    if len(known) < LEAST_CALLS:
        return None
    inside = known.str.fullmatch(r"\d+") & known.str.len().isin(INSIDE_DIGITS)
    inside |= known.isin(set(calls["agent"].dropna()))
    called = calls.loc[known.index, "queue"].str.fullmatch(r"\+?\d{7,15}") & inside
    if int(called.sum()) >= LEAST_CALLS and called.mean() > CALLED_SHARE and calls["queue"].nunique() > QUEUES_MOST:
        text = (
            "{count} of {total} calls go from a number of the PBX, such as {example}, to one outside: outgoing calls are among "
            "them. Name the column that tells, with `direction`, or leave them out with `leave_out`"
        )
        example = known[called].value_counts().index[0]
        return Doubt("outgoing", Told(text, count=f"{int(called.sum()):,}", total=f"{len(known):,}", example=example))
    if float(inside.mean()) <= INSIDE_SHARE:
        return None
    text = (
        "{count} of {total} callers have a number of the PBX itself, such as {example}: are outgoing calls among them? "
        "Name the column that tells, with `direction`, or leave them out with `leave_out`"
    )
    example = known[inside].value_counts().index[0]
    return Doubt("outgoing", Told(text, count=f"{int(inside.sum()):,}", total=f"{len(known):,}", example=example))


def _agents(calls: pd.DataFrame) -> Doubt | None:
    served = calls.loc[calls["outcome"] == c.ANSWERED, "agent"].dropna()
    count = served.nunique()
    if len(served) < AGENTS_LEAST or (count <= AGENTS_SHARE * len(served) and count <= AGENTS_MOST):
        return None
    text = (
        "{count} agents answered {calls} calls, such as {example}: the column holds something else than their names; map "
        "another, or find the name within it with `agent_pattern`"
    )
    example = ", ".join(f"`{name}`" for name in served.drop_duplicates().iloc[:2])
    return Doubt("agents", Told(text, count=f"{count:,}", calls=f"{len(served):,}", example=example))
