"""Calls that came, read from CSV: when, which number, which caller. What `pbx diff --log` and the Compare page judge.

Decides the columns and how a date is read. Leaves judging to `engine/analysis/compare.py`, other logs of real systems to
`pbxsim/logs`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import TextIO

from engine.analysis.compare import LoggedCall
from engine.calendar import zones
from engine.calendar.zones import Zone

AT = ("at", "arrived", "arrived_at", "started_at", "start")
NUMBER = ("called", "dst", "number")
CALLER = ("caller", "src")
"""Names a column may have; the first that is there is taken. `pbx simulate --csv` writes such a table, too."""


class NoCallLog(ValueError):
    """A file that is no log of calls. `columns` are those it has; None when it is no CSV text at all, as the message says."""

    def __init__(self, message: str, columns: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.columns = columns


def read(text: TextIO, zone: Zone) -> tuple[list[LoggedCall], list[int]]:
    """The calls of a log, and the lines that were not understood, counted from 1. Raises NoCallLog.

    Dates without an offset are local times in `zone`.
    """
    calls: list[LoggedCall] = []
    unread: list[int] = []
    try:
        rows = csv.DictReader(text)
        names = tuple(rows.fieldnames or ())
        at, number, caller = (_column(names, wanted) for wanted in (AT, NUMBER, CALLER))
        if at is None or number is None:
            raise NoCallLog("no columns at and number", names)
        for row in rows:
            try:
                calls.append(
                    LoggedCall(
                        zones.instant(row[at] or "", zone), row[number] or "", (row[caller] or "") if caller else ""
                    )
                )
            except (ValueError, OverflowError):
                unread.append(rows.line_num)
    except UnicodeDecodeError as error:
        raise NoCallLog(str(error)) from None
    except csv.Error as error:
        raise NoCallLog(str(error)) from None
    return calls, unread


def _column(names: Sequence[str], wanted: tuple[str, ...]) -> str | None:
    return next((name for name in wanted if name in names), None)
