"""Any table of calls, read through a map of its columns: CSV, a spreadsheet, JSON or XML.

Decides how clock times, lengths, outcomes, directions and unknown values of a foreign table become ours. Leaves files to
`cells.py`, the fields of a map to `columns.py`, what cannot be believed to `doubts.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs import cells, doubts, times
from pbxsim.logs.cells import LINE
from pbxsim.logs.columns import CAME_IN, INCOMING, LENGTHS, OUTGOING, ColumnMap, outcome_of, parts_of, word
from pbxsim.logs.lines import Source, name_of, opened
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

Repair = Callable[[pd.DataFrame, Losses], pd.DataFrame]
"""What a preset does to the raw text cells before they are mapped; may drop lines with a reason."""

CHANNEL = r"^(?:[A-Za-z0-9]+/)?([^/@]+?)(?:@[^/]*)?-[0-9a-fA-F]{8}(?:;\d)?$"
"""A channel of Asterisk: technology, device, and eight digits that make it this one call's."""


def read(
    source: Source,
    columns: ColumnMap,
    zone: str | None = None,
    repair: Repair | None = None,
    anyway: Collection[str] = (),
    rows: cells.Rows | None = None,
    made: Collection[str] = (),
) -> c.Log:
    """Calls and the account of every line (the header is line 1 and counts as kept).

    `zone` is that of clock times and whose days to count in; where the map names the clocks' zone, the latter alone. `anyway` are
    doubts that are waved through, see `doubts.py`; `rows` spares reading the file again; `made` are columns that `repair` makes.
    Raises LogError if a mapped column is missing or nothing can be read.
    """
    where = zone or columns.zone
    clocks = columns.zone or where
    losses = Losses(name_of(source))
    if columns.encoding is not None:
        source, rows = opened(source, columns.encoding), None
    if rows is None or columns.separator is not None or columns.sheet is not None:
        rows = cells.rows_of(source, columns.separator, columns.sheet)
    if columns.header:
        rows = dataclasses.replace(rows, rows=[(0, list(columns.header)), *rows.rows], named=True)
    holds = _holding(columns, made)
    header = cells.header_of(rows, holds)
    if header < 0:
        rows, header = cells.folded(rows, holds) or (rows, header)
    if header < 0:
        names = cells.unique(rows.rows[0][1])
        missing = [name for name in _wanted(columns, names, made) if _found(name, names) is None]
        raise LogError(
            Told(
                "{source} has no column {missing}; it has {names}",
                source=losses.source,
                missing=", ".join(f"`{name}`" for name in missing),
                names=", ".join(names[:40]),
            )
        )
    raw = cells.table_of(rows, header, losses)
    raw = raw.rename(columns=_names(columns, list(raw.columns)))
    if where is None:
        raise LogError(Told("name the zone of the table's clock times, such as Europe/Amsterdam; it is never guessed"))
    c.zone_named(where)
    c.zone_named(clocks or where)
    if columns.repeats == "drop":
        raw = _drop(raw, raw.drop(columns=LINE).duplicated(), "repeated", losses, meant=True)
    if repair is not None:
        raw = repair(raw, losses)
    for column, changes in columns.renamed.items():
        hit = raw[column].isin(list(changes))
        raw.loc[hit, column] = raw.loc[hit, column].map(changes)
        losses.repair(Told("{column}: damaged names put right", column=column), raw.loc[hit, LINE].tolist())
    for rule in columns.leave_out:
        hit = raw[rule.column].isin(rule.values)
        if rule.and_column is not None:
            hit &= raw[rule.and_column].isin(rule.and_values)
        raw = _drop(raw, hit, rule.reason, losses, meant=True)
    raw = _incoming(raw, columns, losses)
    calls = _mapped(raw, columns, clocks or where, losses)
    losses.keep_rest(calls["line"].tolist())
    losses.check(rows.total)
    told = (
        doubts.lengths(calls, columns, anyway)
        or doubts.directions(raw, columns, anyway)
        or doubts.days(calls, raw[columns.arrived_date or columns.arrived], anyway)
    )
    if told is not None:
        raise LogError(told.reason, losses, told.name)
    return c.Log(c.tidy(calls, where), c.no_staff(), losses)


def _found(wanted: str, names: list[str]) -> str | None:
    """The column that is meant, with or without the same case and marks; a nearly same name must be the only one."""
    if wanted in names:
        return wanted
    near = [name for name in names if cells.plain(name) == cells.plain(wanted)]
    return near[0] if len(near) == 1 and cells.plain(wanted) else None


def _wanted(columns: ColumnMap, there: list[str], made: Collection[str]) -> list[str]:
    """Columns that the file must have."""
    return [name for name in dict.fromkeys(columns.named(there).values()) if name not in made]


def _holding(columns: ColumnMap, made: Collection[str]) -> Callable[[Sequence[str]], bool]:
    """Whether a row names all columns that the map does."""

    def holds(row: Sequence[str]) -> bool:
        names = cells.unique(row)
        return all(_found(name, names) is not None for name in _wanted(columns, names, made))

    return holds


def _names(columns: ColumnMap, there: list[str]) -> dict[str, str]:
    """Columns under the names that the map has for them."""
    out = {}
    for wanted in columns.named(there).values():
        found = _found(wanted, there)
        if found is not None and found != wanted:
            out[found] = wanted
    return out


def _drop(table: pd.DataFrame, hit: pd.Series, reason: str, losses: Losses, meant: bool = False) -> pd.DataFrame:
    losses.drop(reason, table.loc[hit, LINE if LINE in table else "line"].tolist(), meant)
    return table[~hit]


def _incoming(raw: pd.DataFrame, columns: ColumnMap, losses: Losses) -> pd.DataFrame:
    """The rows of calls that came in."""
    if columns.direction is None:
        return raw
    value = raw[columns.direction]
    if columns.incoming:
        came = value.isin(columns.incoming)
        return _drop(raw, ~came, Told("`{column}`: not an incoming call", column=columns.direction), losses, meant=True)
    plain = value.map(word)
    first = plain.str.split(" ").str[0]
    out = plain.isin(OUTGOING) | first.isin(OUTGOING)
    raw = _drop(raw, out, Told("`{column}`: not an incoming call", column=columns.direction), losses, meant=True)
    lost = plain.isin(CAME_IN)  # a type such as “missed” or “abandoned” tells of a call that came in
    strange = ~(plain[raw.index].isin(INCOMING) | first[raw.index].isin(INCOMING) | lost[raw.index])
    reason = Told(doubts.NO_DIRECTION, column=columns.direction, values=_most(value[raw.index][strange]))
    return _drop(raw, strange, reason, losses)


def _most(values: pd.Series) -> str:
    """The values that are there most often."""
    return ", ".join(f"`{value[:30]}`" for value in values.value_counts().index[:5].tolist())


def _instants(cell: pd.Series, columns: ColumnMap, dates: pd.Series | None = None) -> pd.Series:
    """Clock times or instants; NaT where there is none."""
    text = cell.where(~cell.isin(columns.unknown))
    if dates is None:
        return times.instants(text, columns.date_format, str(cell.name))
    clock = times.time_of_day(text)
    if bool(clock.notna().mean() < 0.5):  # the column has the date, too, and the other one only repeats it
        return times.instants(text, columns.date_format, str(cell.name))
    day = times.instants(dates.where(~dates.isin(columns.unknown)), columns.date_format, str(dates.name))
    return day + clock


def seconds_of(raw: pd.DataFrame, name: str, columns: ColumnMap) -> pd.Series:
    """A length of the map in seconds: a column, or a sum and difference of some, where an empty addend is nothing."""
    parts = [(1, name)] if name in raw else parts_of(name)
    total: pd.Series | None = None
    for sign, part in parts:
        text = raw[part].where(~raw[part].isin(columns.unknown))
        value = times.seconds(text, columns.units.get(part) or times.unit_in(part))
        total = value if total is None else total + sign * value.fillna(0)
    assert total is not None
    return total


def _outcomes(raw: pd.DataFrame, columns: ColumnMap, losses: Losses) -> tuple[pd.DataFrame, pd.Series]:
    """Rows whose outcome is known, and what it is."""
    assert columns.outcome is not None
    cell = raw[columns.outcome]
    if columns.outcomes:
        loose = {word(value): outcome for value, outcome in columns.outcomes.items()}
        outcome = cell.map(columns.outcomes)
        outcome = outcome.where(outcome.notna(), cell.map(word).map(loose))
    else:
        outcome = cell.map({value: outcome_of(value) for value in cell.unique()})
    meant = outcome == "drop"
    raw = _drop(raw, meant, Told("`{column}`: no call that waited", column=columns.outcome), losses, meant=True)
    outcome = outcome[raw.index]
    unknown = outcome.isna()
    if bool(unknown.any()):
        reason = Told(doubts.UNNAMED, column=columns.outcome, values=_most(cell[raw.index][unknown]))
        raw = _drop(raw, unknown, reason, losses)
    return raw, outcome[raw.index]


def _mapped(raw: pd.DataFrame, columns: ColumnMap, zone: str, losses: Losses) -> pd.DataFrame:
    """The tidy columns; rows that cannot be placed in time are dropped."""
    dates = raw[columns.arrived_date] if columns.arrived_date is not None else None
    arrived = _instants(raw[columns.arrived], columns, dates)
    if bool(arrived.isna().all()) and bool(times.time_of_day(raw[columns.arrived]).notna().mean() > 0.5):
        text = "column `{column}` holds a time of day without a date; name the column of the date with `arrived_date`"
        raise LogError(Told(text, column=columns.arrived), losses)
    total = cells.are_totals(raw) & arrived.isna()
    raw = _drop(raw, total, Told("a sum of other rows"), losses, meant=True)
    arrived = arrived[raw.index]
    raw = _drop(raw, arrived.isna(), Told("`{column}` is no time", column=columns.arrived), losses)
    arrived = arrived[raw.index]
    clock = arrived
    if clock.dt.tz is None:
        arrived = c.localised(clock, zone)

    def instant(name: str | None, earlier: pd.Series) -> pd.Series:
        found = _instants(raw[name], columns) if name is not None else pd.Series(pd.NaT, index=raw.index)
        found = found if found.dt.tz is not None else c.localised_after(found, earlier, zone)
        return found.dt.tz_convert("UTC")

    answered_at = instant(columns.answered, arrived)
    begun = answered_at.fillna(arrived)
    ended_at, handed_at = instant(columns.ended, begun), instant(columns.transferred, begun)
    if (
        clock.dt.tz is None
    ):  # of an hour that is there twice, the first showing where what follows lies before the second
        arrived = arrived.where(~(answered_at.fillna(ended_at) < arrived), c.localised_first(clock, zone))
    told = {name: seconds_of(raw, text, columns) for name in LENGTHS if (text := getattr(columns, name)) is not None}
    if columns.outcome is not None:
        raw, outcome = _outcomes(raw, columns, losses)
    else:
        is_served = answered_at.notna() if columns.answered is not None else told.get("talk_s", arrived.isna()) > 0
        outcome = pd.Series(np.where(is_served, c.ANSWERED, c.ABANDONED), index=raw.index)
    kept = raw.index
    arrived, outcome = arrived[kept], outcome[kept]
    served = outcome == c.ANSWERED

    def between(late: pd.Series, early: pd.Series) -> pd.Series:
        return (late[kept] - early[kept]) / pd.Timedelta(seconds=1)

    wait = told["wait_s"][kept] if "wait_s" in told else between(answered_at.fillna(ended_at), arrived)
    if "talk_s" in told:
        talk = told["talk_s"][kept]
    elif columns.answered is None and columns.ended is not None:
        talk = between(ended_at, arrived) - wait
    else:
        talk = between(pd.concat([handed_at[kept], ended_at[kept]], axis=1).min(axis=1), answered_at)
    table = pd.DataFrame({"line": raw[LINE], "arrived_at": arrived, "outcome": outcome, "wait_s": wait})
    table["talk_s"] = talk.where(served)
    table["queue"] = raw[columns.queue] if columns.queue is not None else "all"
    for ours, theirs, nothing in (
        ("agent", columns.agent, columns.unknown_agents),
        ("caller", columns.caller, columns.unknown_callers),
    ):
        if theirs is not None:
            table[ours] = raw[theirs].where(~raw[theirs].isin((*columns.unknown, *nothing)), None)
    if "agent" in table:
        table["agent"] = _agents(table["agent"].where(served, None), columns, losses)
    if columns.priority is not None:
        table["priority"] = raw[columns.priority].where(~raw[columns.priority].isin(columns.unknown), "")
    table["call_id"] = (
        raw[columns.call_id] if columns.call_id is not None else f"{losses.source}:" + raw[LINE].astype("str")
    )
    table = _drop(table, table["wait_s"].isna(), Told("nothing tells how long the call waited"), losses)
    backward = (table["wait_s"] < 0) | (table["talk_s"] < 0)
    table = _drop(table, backward, Told("the call ends before it begins"), losses)
    long = (table["wait_s"] > columns.longest_s) | (table["talk_s"] > columns.longest_s)
    reason = Told(doubts.TOO_LONG, longest=f"{columns.longest_s:g}")
    return _drop(table, long, reason, losses)


def _agents(cell: pd.Series, columns: ColumnMap, losses: Losses) -> pd.Series:
    """Agents as they are called: what the pattern finds, or the device within a channel's name."""
    known = cell.dropna()
    if columns.agent_pattern is not None:
        return cell.str.extract(columns.agent_pattern, expand=False).where(cell.notna(), None)
    device = known.str.extract(CHANNEL, expand=False)
    if len(known) == 0 or float(device.notna().mean()) < 0.9:
        return cell
    losses.remark(Told("agents are taken out of the names of their channels"), len(known))
    return cell.where(cell.isna(), device.reindex(cell.index).fillna(cell))
