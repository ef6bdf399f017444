"""What members did as files for other programs: CSV, JSON lines, Parquet; and the pages that the API gives.

Decides columns, their types and the order. Leaves what a row means to `member_activity.py`. Rows come in pages, so that a
year fits in memory.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from engine.contract.ids import SECOND_US, Instant
from engine.records.history import stamp
from live_bridge.store import tables as t
from live_bridge.store.history_export import Form, plain_cell
from live_bridge.store.member_activity import Activity
from live_bridge.store.store import Store, StoreError, first_line

PAGE = 5000
"""Rows read at once."""

COLUMNS = ("at", "member", "event", "queue", "reason", "call", "lasted")

Place = tuple[Instant, int]
"""Instant and number of a row: where the next page begins."""


def page(
    store: Store,
    pbx: str,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    member: int | None = None,
    event: str | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> list[tuple[Place, Activity]]:
    """What members of `pbx` did in [since, until), the earliest first, beginning after the row `after`. Raises StoreError."""
    c = t.member_activity.c
    query = sa.select(t.member_activity).where(c.pbx == pbx).order_by(c.at, c.id).limit(limit)
    if since is not None:
        query = query.where(c.at >= since)
    if until is not None:
        query = query.where(c.at < until)
    if member is not None:
        query = query.where(c.member == member)
    if event is not None:
        query = query.where(c.event == event)
    if after is not None:
        query = query.where(sa.or_(c.at > after[0], sa.and_(c.at == after[0], c.id > after[1])))
    try:
        with store.engine.connect() as connection:
            found = connection.execute(query).all()
    except SQLAlchemyError as error:
        raise StoreError(f"the database does not answer: {first_line(error)}") from error
    names = msgspec.structs.fields(Activity)
    return [((row.at, row.id), Activity(**{one.name: getattr(row, one.name) for one in names})) for row in found]


def rows(
    store: Store,
    pbx: str,
    zone: ZoneInfo,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    member: int | None = None,
) -> Iterator[dict[str, Any]]:
    """All rows of a span, the earliest first, as `shown` gives them. Raises StoreError."""
    after: Place | None = None
    while True:
        found = page(store, pbx, since=since, until=until, member=member, after=after)
        yield from (shown(one, zone) for _, one in found)
        if len(found) < PAGE:
            return
        after = found[-1][0]


def shown(one: Activity, zone: ZoneInfo) -> dict[str, Any]:
    """A row for people and programs: the instant in the account's zone, the length in seconds.

    >>> shown(Activity(at=0, member=100, event="wrap_up", queue=5200, lasted=1_500_000), ZoneInfo("UTC"))["lasted"]
    1.5
    """
    return {
        "at": stamp(one.at, zone),
        "member": one.member,
        "event": one.event,
        "queue": one.queue,
        "reason": one.reason,
        "call": one.call,
        "lasted": None if one.lasted is None else one.lasted / SECOND_US,
    }


def write(fields: Iterable[dict[str, Any]], form: Form, file: BinaryIO) -> int:
    """Write rows in a form; how many there were."""
    return {"csv": _csv, "json": _json, "parquet": _parquet}[form](fields, file)


def json_lines(fields: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Rows as JSON lines in parts, for whoever sends while it is read."""
    part: list[bytes] = []
    for one in fields:
        part.append(msgspec.json.encode(one) + b"\n")
        if len(part) >= 1000:
            yield b"".join(part)
            part = []
    yield b"".join(part)


def _json(fields: Iterable[dict[str, Any]], file: BinaryIO) -> int:
    count = 0
    for part in json_lines(fields):
        file.write(part)
        count += part.count(b"\n")
    return count


def _csv(fields: Iterable[dict[str, Any]], file: BinaryIO) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    count = 0
    try:
        writer = csv.DictWriter(text, COLUMNS)
        writer.writeheader()
        for one in fields:
            writer.writerow({k: plain_cell(v) if isinstance(v, str) else v for k, v in one.items()})
            count += 1
    finally:
        text.detach()
    return count


def _parquet(fields: Iterable[dict[str, Any]], file: BinaryIO) -> int:
    import pyarrow as pa  # a third of a second, needed by nobody else
    import pyarrow.parquet as pq

    kinds = {"member": pa.int32(), "queue": pa.int32(), "lasted": pa.float64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    count = 0
    part: list[dict[str, Any]] = []
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for one in fields:
            part.append(one)
            count += 1
            if len(part) == PAGE:
                writer.write_table(pa.Table.from_pylist(part, schema))
                part = []
        writer.write_table(pa.Table.from_pylist(part, schema))
    return count
