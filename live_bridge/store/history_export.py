"""History as files for other programs: CSV, JSON lines, Parquet (R-24.4), with the fields of R-24.1 and the call's version.

Decides columns and their types. Leaves which calls to `store.py`. Calls come in pages, so that three years fit in memory.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal
from zoneinfo import ZoneInfo

import msgspec

from engine.records.history import COLUMNS as CALL_COLUMNS
from engine.records.history import CallRecord
from engine.records.history import row as call_row
from live_bridge.store import audit, call_versions
from live_bridge.store.call_versions import Labels
from live_bridge.store.history_rows import CallFilter, Place
from live_bridge.store.store import Store

Form = Literal["csv", "json", "parquet"]

COLUMNS = (*CALL_COLUMNS, *call_versions.COLUMNS)
"""Fields of a row, in order."""

PAGE = 1000
"""Calls read at once; also the rows of one group of a Parquet file."""


def row(record: CallRecord, zone: ZoneInfo, language: str, labels: Labels) -> dict[str, Any]:
    """A call as R-24.1 has it, with its version (R-25.6): digest, number and name."""
    return {**call_row(record, zone, language), **call_versions.fields(record.flow, labels)}


def rows(
    store: Store,
    pbx: str,
    zone: ZoneInfo,
    language: str,
    wanted: CallFilter | None = None,
    *,
    limit: int = 0,
    labels: Labels | None = None,
    **asked: Any,
) -> Iterator[dict[str, Any]]:
    """Calls as `row` has them, the latest first; `limit` 0 means all, `asked` are fields of a CallFilter, for whoever has none.
    Without `labels`, numbers and names are those of the database.

    Calls that end meanwhile may be left out, none comes twice.
    """
    known = audit.labels(store, pbx) if labels is None else labels
    filter_ = CallFilter(**asked) if wanted is None else wanted
    given, before = 0, None
    while limit == 0 or given < limit:
        most = PAGE if limit == 0 else min(PAGE, limit - given)
        found = store.history(pbx, filter_, before=before, limit=most)
        yield from (row(record, zone, language, known) for record in found)
        given += len(found)
        if len(found) < most:
            return
        before = Place(found[-1].start, found[-1].uuid)


def write(fields: Iterable[dict[str, Any]], form: Form, file: BinaryIO) -> int:
    """Write calls in a form; how many there were."""
    return {"csv": _csv, "json": _json, "parquet": _parquet}[form](fields, file)


def csv_parts(fields: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The CSV of calls in parts, for whoever sends while it is read."""
    for number, page in enumerate(_pages(fields, whole=True)):
        part = io.BytesIO()
        _csv(page, part, head=number == 0)
        yield part.getvalue()


def form_of(path: Path) -> Form | None:
    """The form a file's name asks for, or None."""
    forms: dict[str, Form] = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}
    return forms.get(path.suffix.lower())


def plain_cell(text: str) -> str:
    """A text that a spreadsheet takes for no formula; numbers stay as they are.

    >>> plain_cell("=1+1"), plain_cell("+74951234567"), plain_cell("Anna")
    ("'=1+1", '+74951234567', 'Anna')
    """
    return "'" + text if text[:1] in _FORMULA and not _NUMBER.fullmatch(text) else text


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9*#]+")


def _csv(fields: Iterable[dict[str, Any]], file: BinaryIO, head: bool = True) -> int:
    count = 0
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.DictWriter(text, COLUMNS)
        if head:
            writer.writeheader()
        for one in fields:
            plain = {name: plain_cell(value) if isinstance(value, str) else value for name, value in one.items()}
            writer.writerow({**plain, "events": msgspec.json.encode(one["events"]).decode()})
            count += 1
    finally:
        text.detach()
    return count


def _json(fields: Iterable[dict[str, Any]], file: BinaryIO) -> int:
    count = 0
    for one in fields:
        file.write(msgspec.json.encode(one) + b"\n")
        count += 1
    return count


def _parquet(fields: Iterable[dict[str, Any]], file: BinaryIO) -> int:
    import pyarrow as pa  # a third of a second, needed by nobody else
    import pyarrow.parquet as pq

    numbers = {"duration": pa.float64(), "user_talk_time": pa.float64(), "version": pa.int64()}
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in COLUMNS])
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for page in _pages(fields):
            plain = [{**one, "events": msgspec.json.encode(one["events"]).decode()} for one in page]
            writer.write_table(pa.Table.from_pylist(plain, schema))
            count += len(page)
    return count


def _pages(fields: Iterable[dict[str, Any]], whole: bool = False) -> Iterator[list[dict[str, Any]]]:
    """Pages of rows; with `whole` there is one even if there are no rows."""
    page: list[dict[str, Any]] = []
    for one in fields:
        page.append(one)
        if len(page) == PAGE:
            yield page
            page, whole = [], False
    if page or whole:
        yield page
