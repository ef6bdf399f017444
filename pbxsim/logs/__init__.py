"""Logs of real systems as one tidy table of calls, with an account of every line.

`read` finds the format; the readers stand beside it, one file a format.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from pbxsim.logs import bridge, cdr, connect, history, queue_log, table
from pbxsim.logs.calls import COLUMNS, Log, pseudonymised, tidy
from pbxsim.logs.lines import Source, name_of, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.presets import PRESETS
from pbxsim.logs.table import ColumnMap

FORMATS: Final = ("queue_log", "queue_log_table", "cdr", "history", "amazon_connect", "bridge", *PRESETS)
__all__ = [
    "COLUMNS", "FORMATS", "PRESETS", "ColumnMap", "Log", "LogError", "Losses", "bridge", "format_of", "pseudonymised", "read",
    "read_all", "tidy",
]  # fmt: skip


def read(source: Source, format: str = "auto", zone: str | None = None, columns: ColumnMap | None = None) -> Log:
    """Calls of one log. `format` is one of FORMATS, `table` with `columns`, or `auto`.

    `zone` is the zone whose clock the log's times show (queue_log and history: whose days to count in). Raises LogError.
    """
    if columns is not None:
        return table.read(source, columns, zone)
    found = format_of(source) if format == "auto" else format
    if found == "queue_log":
        return queue_log.read(source, zone or "UTC")
    if found == "queue_log_table":
        if zone is None:
            raise LogError("the times of a queue_log table have no zone: name it")
        return queue_log.read_table(source, zone)
    if found == "amazon_connect":
        return connect.read(source, zone or "UTC")
    if found == "history":
        return history.read(source, zone or "UTC")
    if found == "bridge":
        return bridge.read([source], zone)
    if found == "cdr":
        if zone is None:
            raise LogError("CDR times have no zone: name it, or UTC if the PBX has usegmtime=yes")
        return cdr.read(source, zone)
    if found in PRESETS:
        preset, repair = PRESETS[found]
        return table.read(source, preset, zone, repair)
    raise LogError(f"unknown format `{found}`; give one of {', '.join(FORMATS)}, or a map of columns")


def read_all(
    sources: Sequence[Source], format: str = "auto", zone: str | None = None, columns: ColumnMap | None = None
) -> Log:
    """Calls of several logs of one system as one; each keeps its own account. Raises LogError."""
    if not sources:
        raise LogError("no log was given")
    if columns is None and (format == "bridge" or (format == "auto" and format_of(sources[0]) == "bridge")):
        return bridge.read(sources, zone)  # calls and what members did belong together
    logs = [read(source, format, zone, columns) for source in sources]
    if len(logs) == 1:
        return logs[0]
    losses = Losses(f"{len(logs)} logs", unit=logs[0].losses.unit)
    for log in logs:
        losses.merge(log.losses)
    joined = pd.concat([log.calls for log in logs], ignore_index=True).sort_values("arrived_at", kind="stable")
    staff = pd.concat([log.staff for log in logs if len(log.staff)] or [logs[0].staff], ignore_index=True)
    return Log(joined.reset_index(drop=True), staff, losses)


def format_of(source: Source) -> str:
    """The format the first lines look like. Raises LogError if none."""
    head = text_of(source)[:65536].lstrip("\ufeff \r\n\t")
    if head[:1] in "[{" and head:
        if bridge.is_export(head):
            return "bridge"
        return "amazon_connect" if connect.MARK in head else "history"
    first = head.split("\n", 1)[0]
    if queue_log.is_table(first):
        return "queue_log_table"
    if cdr.named_columns(next(csv.reader([first]), [])):
        return "cdr"
    if "date_received" in first and "queue_name" in first:
        return "vanad_2014"
    if first.startswith("vru+line\t"):
        return "anonymous_bank_1999"
    sample = head.split("\n")[:50]
    if sum(line.count("|") >= 4 and line.split("|")[0].split(".")[0].isdigit() for line in sample) * 2 >= len(sample):
        return "queue_log"
    if sum(15 <= line.count(",") <= 40 for line in sample) * 2 >= len(sample):
        return "cdr"
    shown = name_of(source) if isinstance(source, (str, Path)) else "the log"
    raise LogError(
        f"{shown} is neither queue_log, CDR, history JSON nor a known table; give its format or a map of columns"
    )
