"""Rows and counts to pandas DataFrames: one tidy table per thing, seconds as floats, instants with their zone.

Decides the columns (`COLUMNS`), which a live day's tables share. Leaves the rows to `world/recording_world.py`, the figures to
`metrics.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from engine.calendar.zones import Zone
from engine.contract.ids import Instant

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "calls": {
        "replication": "int",
        "call": "text",
        "source": "name",
        "caller_class": "name",
        "attempt": "int",
        "caller": "text",
        "called": "name",
        "trunk": "name",
        "arrived": "instant",
        "answered": "instant",
        "ended": "instant",
        "cause": "name",
        "party": "name",
        "rule": "name",
        "wait_s": "length",
        "talk_s": "length",
        "member": "int",
        "number": "name",
        "element": "int",
        "outcome": "name",
    },
    "visits": {
        "replication": "int",
        "call": "text",
        "queue": "int",
        "entered": "instant",
        "left": "instant",
        "outcome": "name",
        "wait_s": "length",
        "member": "int",
        "position": "int",
    },
    "offers": {
        "replication": "int",
        "call": "text",
        "queue": "int",
        "member": "int",
        "offered": "instant",
        "outcome": "name",
        "ring_s": "length",
        "cause": "name",
    },
    "legs": {
        "replication": "int",
        "leg": "text",
        "call": "text",
        "member": "int",
        "number": "name",
        "trunk": "name",
        "placed": "instant",
        "answered": "instant",
        "ended": "instant",
        "ring_s": "length",
        "talk_s": "length",
        "cause": "name",
    },
    "elements": {
        "replication": "int",
        "call": "text",
        "element": "int",
        "kind": "name",
        "entered": "instant",
        "left": "instant",
        "output": "name",
        "to": "name",
        "rule": "name",
    },
    "members": {
        "replication": "int",
        "member": "int",
        "state": "name",
        "reason": "name",
        "begins": "instant",
        "ends": "instant",
        "length_s": "length",
    },
}
"""Tables, their columns in order, and what a column holds. `member` 0 is nobody, or an outside number.

calls     one row a call. `wait_s`: from arrival until the first person answers, or to the end of the call
visits    one row a stay in a queue: answered, abandoned, timeout, exit_key, leave_empty, or refused as full or
join_empty offers    one row an attempt of a queue to bring a call to a member: answered, missed or withdrawn
legs      one row a phone that rang
elements  one row an element a call came to, with the output it left by and the rule of it
members   one row a state a user was in (R-08.4)
"""


def table(name: str, rows: Sequence[tuple[Any, ...]], replication: int, zone: Zone) -> pd.DataFrame:
    """One table of one replication; microseconds become seconds and zone-aware instants."""
    columns = COLUMNS[name]
    values: list[Any] = [[replication] * len(rows)]
    values += [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(len(columns) - 1)]
    made = {}
    for (label, what), column in zip(columns.items(), values, strict=True):
        if what == "instant":
            made[label] = instants(column, zone)
        elif what == "length":
            made[label] = np.asarray(column, dtype=np.float64) / 1e6
        elif what == "int":
            made[label] = np.asarray(column, dtype=np.int64)
        elif what == "name":
            made[label] = pd.Categorical(column)
        else:
            made[label] = pd.array(column, dtype="str")
    return pd.DataFrame(made)


def instants(micros: Sequence[Instant | None], zone: Zone) -> pd.DatetimeIndex:
    """Microseconds since the epoch as zone-aware instants; None becomes NaT."""
    absent = np.iinfo(np.int64).min
    raw = np.asarray([absent if at is None else at for at in micros], dtype=np.int64)
    return pd.DatetimeIndex(raw.view("datetime64[us]")).tz_localize("UTC").tz_convert(zone.tzinfo)


def tables(rows: Mapping[str, Sequence[tuple[Any, ...]]], replication: int, zone: Zone) -> dict[str, pd.DataFrame]:
    """All tables of one replication, from its rows by the name of the table."""
    return {name: table(name, rows[name], replication, zone) for name in COLUMNS}


def join(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of several replications."""
    if len(parts) == 1:
        return parts[0]
    joined = {}
    for label in parts[0].columns:
        columns = [part[label] for part in parts]
        if isinstance(columns[0].dtype, pd.CategoricalDtype):
            joined[label] = pd.Series(pd.api.types.union_categoricals(columns))
        else:
            joined[label] = pd.concat(columns, ignore_index=True)
    return pd.DataFrame(joined)


def write(folder: str | Path, frames: dict[str, pd.DataFrame], form: str) -> list[Path]:
    """Each table as `<name>.parquet` or `<name>.csv` in `folder`, which is made; gives the paths written.

    Raises ValueError for another form and OSError where the folder cannot be written to.
    """
    if form not in ("parquet", "csv"):
        raise ValueError(f"tables are written as parquet or csv, not {form}")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in frames.items():
        path = target / f"{name}.{form}"
        if form == "parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False)
        written.append(path)
    return written
