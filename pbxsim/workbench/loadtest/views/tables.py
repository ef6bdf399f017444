"""Figures of a run as tables to take away: by interval, of the whole day, and waits.

Decides columns; each is named with its unit. Imports no part of the web application.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

import pandas as pd

from pbxsim.results.metrics import FIGURES
from pbxsim.results.results import ALL_QUEUES, Results

_UNITS: Final = {"share": "_share", "s": "", "": "_calls"}
"""What a column's name ends in; names of seconds end in `_s` already."""


def intervals(results: Results) -> pd.DataFrame:
    """One row a queue (0 is all) and interval: each figure of a simulated day with its 95 % interval, and callers waiting at
    once. Counts are of one day on average."""
    names = [figure.name for figure in FIGURES]
    units = {figure.name: _UNITS[figure.unit] for figure in FIGURES}
    parts = []
    for queue in (ALL_QUEUES, *results.queues):
        courses = results.courses(names, queue)
        columns: dict[str, object] = {"interval_start": courses[names[0]]["interval"]}
        for name, course in courses.items():
            title = name if name.endswith(units[name]) else name + units[name]
            columns |= {title: course["mean"], f"{title}_low": course["low"], f"{title}_high": course["high"]}
        length = results.queue_length(queue)
        if not length.empty:
            columns |= {
                "waiting_calls": length["mean"],
                "waiting_calls_low": length["low"],
                "waiting_calls_high": length["high"],
                "waiting_calls_most_p90": length["most_p90"],
            }
        parts.append(_of_queue(results, queue, pd.DataFrame(columns)))
    return pd.concat(parts, ignore_index=True)


def totals(results: Results) -> pd.DataFrame:
    """One row a queue (0 is all) and figure of the whole day, with its 95 % interval, unit and meaning."""
    made = results.summary
    made.insert(1, "queue_name", [results.queue_names.get(queue, "") for queue in made["queue"]])
    return made


def waits(results: Results) -> pd.DataFrame:
    """One row a queue (0 is all) and wait in seconds: of all calls, the share answered after at most so long and the share that
    had given up by then, each with its 95 % interval."""
    parts = []
    for queue in (ALL_QUEUES, *results.queues):
        shares = results.waits(queue)
        names = {
            name: name.replace(outcome, f"{outcome}_share")
            for outcome in ("answered", "abandoned")
            for name in shares
            if name.startswith(outcome)
        }
        parts.append(_of_queue(results, queue, shares.rename(columns=names)))
    return pd.concat(parts, ignore_index=True)


def _of_queue(results: Results, queue: int, table: pd.DataFrame) -> pd.DataFrame:
    table.insert(0, "queue", queue)
    table.insert(1, "queue_name", results.queue_names.get(queue, ""))
    return table


TABLES: Final[dict[str, Callable[[Results], pd.DataFrame]]] = {"intervals": intervals, "totals": totals, "waits": waits}
"""By the name of the file."""


def csv(table: pd.DataFrame) -> io.StringIO:
    """A table as CSV."""
    return io.StringIO(table.to_csv(index=False))


def parquet(table: pd.DataFrame) -> io.BytesIO:
    """A table as Parquet; instants keep their zone."""
    made = io.BytesIO()
    table.to_parquet(made, index=False)
    made.seek(0)
    return made
