"""Any table of calls, read through a map of its columns.

Decides how clock times, lengths, outcomes and unknown values of a foreign table become ours. The maps of the two research data
sets we calibrate on stand in `presets.py`; a map of one's own is a YAML file or a `ColumnMap`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final, Literal

import numpy as np
import pandas as pd
import pydantic
from pydantic import Field

from pbxsim.logs import calls as c
from pbxsim.logs.lines import Source, name_of, text_of
from pbxsim.logs.losses import LogError, Losses


class Rule(pydantic.BaseModel):
    """Lines left out on purpose: where `column` holds one of `values` (and `and_column` one of `and_values`)."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    reason: str
    column: str
    values: tuple[str, ...]
    and_column: str | None = None
    and_values: tuple[str, ...] = ()


class ColumnMap(pydantic.BaseModel):
    """Which column tells what. A wait comes from `wait_s`, or as answer (or end) less arrival; so does a talk."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    arrived: str = Field(description="Column of the instant a call began to wait: a date and time, or Unix seconds.")
    arrived_date: str | None = Field(
        default=None, description="Column of the date, if `arrived` holds a time of day only."
    )
    date_format: str | None = Field(default=None, description="strptime format of dates; ISO if empty.")
    queue: str | None = Field(default=None, description="Column of the queue or type; one queue `all` if empty.")
    answered: str | None = Field(
        default=None, description="Column of the instant of the answer; empty cell: not answered."
    )
    transferred: str | None = Field(default=None, description="Column of the instant the agent handed the call over.")
    ended: str | None = Field(default=None, description="Column of the instant the call ended.")
    wait_s: str | None = Field(
        default=None,
        description="Column of the time waited: seconds, H:MM:SS or 1500 ms; or a difference of two, such as "
        "`duration - billsec`.",
    )
    talk_s: str | None = Field(default=None, description="Column of the time talked, as `wait_s`.")
    outcome: str | None = Field(
        default=None, description="Column of the outcome; else answered if `answered` is filled."
    )
    outcomes: dict[str, Literal["answered", "abandoned", "timed_out", "left", "refused"]] = Field(default_factory=dict)
    agent: str | None = None
    caller: str | None = None
    priority: str | None = None
    call_id: str | None = None
    unknown: tuple[str, ...] = Field(default=("", "NULL", "NA", "NaN"), description="Cells that tell nothing.")
    unknown_agents: tuple[str, ...] = ()
    unknown_callers: tuple[str, ...] = ()
    renamed: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Column to damaged value to right one."
    )
    leave_out: tuple[Rule, ...] = ()
    separator: str = ","
    repeats: Literal["drop", "keep"] = "drop"
    longest_s: float = Field(default=14_400, gt=0, description="A wait or talk longer than this is a fault of the log.")
    zone: str | None = Field(default=None, description="Zone of clock times, if it is always the same.")


DOUBT_CALLS: Final = 20
"""Answered calls from which lengths are looked at as a whole."""

DOUBT_SHARE: Final = 0.97
DOUBT_REST_S: Final = 120.0
"""A wait that is nearly always the talk and up to this much more is the length of the whole call."""

DOUBT_MEDIAN_S: Final = {"wait": 3600.0, "talk": 7200.0}
"""Medians beyond which the unit is in doubt."""

Repair = Callable[[pd.DataFrame, Losses], pd.DataFrame]
"""What a preset does to the raw text cells before they are mapped; may drop lines with a reason."""


def read(source: Source, columns: ColumnMap, zone: str | None = None, repair: Repair | None = None) -> c.Log:
    """Calls and the account of every line (the header is line 1 and counts as kept).

    `zone` is that of clock times; the map may name it. Raises LogError if a mapped column is missing or nothing can be read.
    """
    where = zone or columns.zone
    if where is None:
        raise LogError("name the zone of the table's clock times, such as Europe/Amsterdam; it is never guessed")
    c.zone_named(where)
    losses = Losses(name_of(source))
    raw, total = _cells(source, columns, losses)
    wanted = {
        part
        for name, value in columns
        if name in _COLUMN_FIELDS and isinstance(value, str)
        for part in (parts_of(value) if name in _LENGTH_FIELDS and value not in raw else [value])
    }
    missing = sorted(wanted - set(raw.columns))
    if missing:
        raise LogError(
            f"{losses.source} has no column {', '.join(f'`{name}`' for name in missing)}; it has {', '.join(raw.columns[:-1])}"
        )
    if repair is not None:
        raw = repair(raw, losses)
    for column, changes in columns.renamed.items():
        hit = raw[column].isin(list(changes))
        raw.loc[hit, column] = raw.loc[hit, column].map(changes)
        losses.repair(f"{column}: damaged names put right", raw.loc[hit, "line"].tolist())
    for rule in columns.leave_out:
        hit = raw[rule.column].isin(rule.values)
        if rule.and_column is not None:
            hit &= raw[rule.and_column].isin(rule.and_values)
        raw = _drop(raw, hit, rule.reason, losses)
    calls = _mapped(raw, columns, where, losses)
    losses.keep_rest(calls["line"].tolist())
    losses.check(total)
    return c.Log(c.tidy(calls, where), c.no_staff(), losses)


_LENGTH_FIELDS = frozenset({"wait_s", "talk_s"})

_COLUMN_FIELDS = frozenset(
    {
        "arrived", "arrived_date", "queue", "answered", "transferred", "ended", "wait_s", "talk_s", "outcome", "agent",
        "caller", "priority", "call_id",
    }
)  # fmt: skip


def _cells(source: Source, columns: ColumnMap, losses: Losses) -> tuple[pd.DataFrame, int]:
    """All cells as stripped text with their line numbers; lines of another width are dropped."""
    text = text_of(source)
    lines = text.removesuffix("\n").split("\n")
    if not text.strip():
        raise LogError(f"{losses.source} is empty")
    header = next(
        iter(pd.read_csv(io.StringIO(lines[0]), sep=columns.separator, header=None, dtype=str).values.tolist())
    )
    losses.keep([1])
    width = len(header)
    marks = pd.Series(
        [line.count(columns.separator) for line in lines[1:]], index=range(2, len(lines) + 1), dtype="int64"
    )
    quoted = pd.Series(['"' in line for line in lines[1:]], index=marks.index, dtype=bool)
    blank = pd.Series([not line.strip() for line in lines[1:]], index=marks.index, dtype=bool)
    losses.drop("empty", marks.index[blank].tolist())
    wrong = ~blank & ~quoted & (marks != width - 1)
    losses.drop("another number of columns than the header: the line was cut or torn", marks.index[wrong].tolist())
    good = marks.index[~blank & ~wrong]
    body = "\n".join(lines[number - 1] for number in good)
    table = pd.read_csv(
        io.StringIO(body), sep=columns.separator, header=None, names=header, dtype=str, keep_default_na=False,
        index_col=False, on_bad_lines="error", skip_blank_lines=False,
    )  # fmt: skip
    if len(table) != len(good):
        raise LogError(f"{losses.source}: quoted cells run over line ends; write it with one line a call")
    table = table.apply(lambda cells: cells.str.strip()) if len(table) else table
    table["line"] = np.asarray(good, dtype=np.int64)
    if columns.repeats == "drop":
        table = _drop(table, table.drop(columns="line").duplicated(), "repeated", losses)
    return table, len(lines)


def _drop(table: pd.DataFrame, hit: pd.Series, reason: str, losses: Losses) -> pd.DataFrame:
    losses.drop(reason, table.loc[hit, "line"].tolist())
    return table[~hit]


def _times(cells: pd.Series, dates: pd.Series | None, columns: ColumnMap) -> pd.Series:
    """Clock times; NaT where there is none."""
    text = cells.where(~cells.isin(columns.unknown))
    if dates is not None:
        return pd.to_datetime(dates, format=columns.date_format, errors="coerce") + pd.to_timedelta(
            text, errors="coerce"
        )
    number = pd.to_numeric(text, errors="coerce")
    if bool(number.notna().any()) and bool((number.notna() | text.isna()).all()):
        return pd.to_datetime(number, unit="s", utc=True)
    return pd.to_datetime(text, format=columns.date_format or "ISO8601", errors="coerce")


def _doubt(table: pd.DataFrame, columns: ColumnMap, losses: Losses) -> None:
    """Raises LogError where the lengths cannot be what the map takes them for."""
    served = table[(table["outcome"] == c.ANSWERED) & (table["talk_s"] > 0)]
    if len(served) < DOUBT_CALLS:
        return
    if columns.wait_s is not None and bool((served["wait_s"] >= served["talk_s"]).mean() > DOUBT_SHARE):
        if float((served["wait_s"] - served["talk_s"]).median()) < DOUBT_REST_S:
            raise LogError(
                f"{losses.source}: `{columns.wait_s}` is at least as long as `{columns.talk_s}` in nearly every answered "
                f"call, so it holds the talk too; map the wait as the difference, `wait_s: {columns.wait_s} - {columns.talk_s}`"
            )
    for name, column in (("wait", columns.wait_s), ("talk", columns.talk_s)):
        middle = float(served[f"{name}_s"].median())
        if middle > DOUBT_MEDIAN_S[name]:
            raise LogError(
                f"{losses.source}: half of the answered calls have a {name} of more than {middle:,.0f} s; is `{column}` in "
                "milliseconds? Write its cells with `ms`, or correct the map"
            )


def parts_of(name: str) -> list[str]:
    """The columns a length is made of: `duration - billsec` is the first less the second.

    >>> parts_of("duration - billsec"), parts_of("wait-time")
    (['duration', 'billsec'], ['wait-time'])
    """
    return [part.strip() for part in name.split(" - ")]


def _seconds(cells: pd.Series) -> pd.Series:
    """Lengths as seconds: numbers with a point or a comma, `H:MM:SS`, `MM:SS`, or with `ms` or `s` behind them."""
    text = cells.astype("str").str.strip().where(cells.notna())
    milliseconds = text.str.endswith("ms", na=False)
    bare = text.str.replace(r"\s*m?s$", "", regex=True)
    value = pd.to_numeric(bare.str.replace(",", ".", regex=False), errors="coerce")
    clock = bare.str.extract(r"^(?:(\d+):)?(\d{1,3}):(\d{2}(?:[.,]\d+)?)$")
    parts = clock.apply(lambda part: pd.to_numeric(part.str.replace(",", ".", regex=False), errors="coerce"))
    shown = parts[0].fillna(0) * 3600 + parts[1] * 60 + parts[2]
    value = value.where(value.notna(), shown)
    return value.where(~milliseconds, value / 1000)


def _mapped(raw: pd.DataFrame, columns: ColumnMap, zone: str, losses: Losses) -> pd.DataFrame:
    """The tidy columns; rows that cannot be placed in time are dropped."""
    dates = raw[columns.arrived_date] if columns.arrived_date is not None else None
    arrived = _times(raw[columns.arrived], dates, columns)
    raw = _drop(raw, arrived.isna(), f"`{columns.arrived}` is no time", losses)
    arrived = arrived[raw.index]
    clock = arrived
    if clock.dt.tz is None:
        arrived = c.localised(clock, zone)

    def instant(name: str | None, earlier: pd.Series) -> pd.Series:
        times = _times(raw[name], None, columns) if name is not None else pd.Series(pd.NaT, index=raw.index)
        return times if times.dt.tz is not None else c.localised_after(times, earlier, zone)

    answered_at = instant(columns.answered, arrived)
    begun = answered_at.fillna(arrived)
    ended_at, handed_at = instant(columns.ended, begun), instant(columns.transferred, begun)
    if (
        clock.dt.tz is None
    ):  # of an hour that is there twice, the first showing where what follows lies before the second
        arrived = arrived.where(~(answered_at.fillna(ended_at) < arrived), c.localised_first(clock, zone))
    if columns.outcome is not None:
        outcome = raw[columns.outcome].map(columns.outcomes)
        known = outcome.notna()
        raw = _drop(raw, ~known, f"`{columns.outcome}` holds an outcome the map does not name", losses)
    else:
        outcome = pd.Series(np.where(answered_at.notna(), c.ANSWERED, c.ABANDONED), index=raw.index)
    kept = raw.index
    arrived, outcome = arrived[kept], outcome[kept]
    served = outcome == c.ANSWERED

    def seconds(name: str) -> pd.Series:
        first, *less = (_seconds(raw[part].where(~raw[part].isin(columns.unknown))) for part in parts_of(name))
        for one in less:
            first = first - one
        return first

    def between(late: pd.Series, early: pd.Series) -> pd.Series:
        return (late[kept] - early[kept]) / pd.Timedelta(seconds=1)

    if columns.wait_s is not None:
        wait = seconds(columns.wait_s)
    else:
        wait = between(answered_at.fillna(ended_at), arrived)
    if columns.talk_s is not None:
        talk = seconds(columns.talk_s)
    else:
        talk = between(pd.concat([handed_at[kept], ended_at[kept]], axis=1).min(axis=1), answered_at)
    table = pd.DataFrame({"line": raw["line"], "arrived_at": arrived, "outcome": outcome, "wait_s": wait})
    table["talk_s"] = talk.where(served)
    _doubt(table, columns, losses)
    table["queue"] = raw[columns.queue] if columns.queue is not None else "all"
    for ours, theirs, nothing in (
        ("agent", columns.agent, columns.unknown_agents),
        ("caller", columns.caller, columns.unknown_callers),
    ):
        if theirs is not None:
            table[ours] = raw[theirs].where(~raw[theirs].isin((*columns.unknown, *nothing)), None)
    if "agent" in table:
        table["agent"] = table["agent"].where(served, None)
    if columns.priority is not None:
        table["priority"] = raw[columns.priority].where(~raw[columns.priority].isin(columns.unknown), "")
    table["call_id"] = (
        raw[columns.call_id] if columns.call_id is not None else f"{losses.source}:" + raw["line"].astype("str")
    )
    table = _drop(table, table["wait_s"].isna(), "nothing tells how long the call waited", losses)
    table = _drop(table, (table["wait_s"] < 0) | (table["talk_s"] < 0), "the call ends before it begins", losses)
    long = (table["wait_s"] > columns.longest_s) | (table["talk_s"] > columns.longest_s)
    return _drop(table, long, f"a wait or talk of more than {columns.longest_s:g} s", losses)
