"""Logs of real systems as one tidy table of calls, with an account of every line.

`read` finds the format; the readers stand beside it, one file a format.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from pbxsim.logs import bridge, cdr, cells, connect, detect, doubts, genesys, history, queue_log, records, table
from pbxsim.logs.calls import COLUMNS, Log, pseudonymised, tidy
from pbxsim.logs.columns import ColumnMap
from pbxsim.logs.detect import format_of
from pbxsim.logs.doubts import DOUBTS
from pbxsim.logs.lines import LogContent, Source, files_of, name_of, opened, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.products import PRODUCTS, fitted
from pbxsim.logs.told import Told

FORMATS: Final = (
    "queue_log", "queue_log_table", "cdr", "history", "amazon_connect", "genesys_conversations", "bridge", *PRODUCTS,
    detect.BY_NAMES,
)  # fmt: skip

__all__ = [
    "COLUMNS", "DOUBTS", "FORMATS", "PRODUCTS", "ColumnMap", "Log", "LogError", "Losses", "bridge", "format_of",
    "pseudonymised", "read", "read_all", "tidy",
]  # fmt: skip


def read(
    source: Source,
    format: str = "auto",
    zone: str | None = None,
    columns: ColumnMap | None = None,
    *,
    encoding: str | None = None,
    anyway: Collection[str] = (),
) -> Log:
    """Calls of one log. `format` is one of FORMATS, `table` with `columns`, or `auto`.

    `zone` is the zone whose clock the log's times show (queue_log and history: whose days to count in). `encoding` is that of
    its text, found if empty. `anyway` are names of DOUBTS that are waved through. Raises LogError, which holds the account of
    lines and the first of them.
    """
    waved = doubts.names(anyway)
    with cells.beginning_shown(source, encoding):
        content = opened(source, encoding)
        log = _read(content, format, zone, columns, waved)
        doubt = None if log.entries is not None else doubts.look(log, waved)  # a bridge's own record is not doubted
        if doubt is not None:
            raise LogError(doubt.reason, log.losses, doubt.name)
    return log


def _read(source: Source, format: str, zone: str | None, columns: ColumnMap | None, waved: frozenset[str]) -> Log:
    if columns is not None:
        return table.read(source, columns, zone, anyway=waved)
    found = format_of(source) if format == "auto" else format
    if found == "queue_log":
        return queue_log.read(source, zone or "UTC")
    if found == "queue_log_table":
        if zone is None:
            raise LogError(Told("the times of a queue_log table have no zone: name it"))
        return queue_log.read_table(source, zone)
    if found == "amazon_connect":
        return connect.read(source, zone or "UTC")
    if found == "genesys_conversations":
        return genesys.read(source, zone or "UTC")
    if found == "history":
        return history.read(source, zone or "UTC")
    if found == "bridge":
        return bridge.read([source], zone)
    if found == "cdr":
        if zone is None:
            raise LogError(Told("CDR times have no zone: name it, or UTC if the PBX has usegmtime=yes"))
        return cdr.read(source, zone)
    if found in PRODUCTS or found == detect.BY_NAMES:
        rows = cells.rows_of(source)
        if found == detect.BY_NAMES:
            guessed = detect.by_names(rows, name_of(source))
            log = table.read(source, guessed, zone, anyway=waved, rows=rows)
            taken = ", ".join(f"{field}: {name}" for field, name in guessed.named().items())
            log.losses.remark(Told("columns were found by their names: {taken}", taken=taken), len(log.calls))
            return log
        product = fitted(found, detect.header(rows, found))
        return table.read(source, product.columns, zone, product.repair, waved, rows, product.made)
    text = "unknown format `{format}`; give one of {known}, or a map of columns"
    raise LogError(Told(text, format=found, known=", ".join(FORMATS)))


def read_all(
    sources: Sequence[Source],
    format: str = "auto",
    zone: str | None = None,
    columns: ColumnMap | None = None,
    *,
    encoding: str | None = None,
    anyway: Collection[str] = (),
) -> Log:
    """Calls of several logs of one system as one; each keeps its own account. A folder stands for its files, which are one log
    where each holds one call. Raises LogError."""
    sources = [one for source in sources for one in _whole(source)]
    if not sources:
        raise LogError(Told("no log was given"))
    if columns is None and (format == "bridge" or (format == "auto" and detect.is_bridge(sources[0]))):
        return bridge.read(sources, zone)  # calls and what members did belong together
    logs = [read(source, format, zone, columns, encoding=encoding, anyway=anyway) for source in sources]
    if len(logs) == 1:
        return logs[0]
    losses = Losses(f"{len(logs)} logs", unit=logs[0].losses.unit)
    for log in logs:
        losses.merge(log.losses)
    joined = pd.concat([log.calls for log in logs], ignore_index=True).sort_values("arrived_at", kind="stable")
    staff = pd.concat([log.staff for log in logs if len(log.staff)] or [logs[0].staff], ignore_index=True)
    return Log(joined.reset_index(drop=True), staff, losses)


def _whole(source: Source) -> list[Source]:
    """A log, or those of a folder."""
    if isinstance(source, bytes) or not Path(source).is_dir():
        return [source]
    files = files_of(Path(source))
    text = records.joined([text_of(opened(one)) for one in files]) if len(files) > 1 else None
    if text is None:
        return list(files)
    made = LogContent(text.encode())
    made.name = name_of(source)
    return [made]
