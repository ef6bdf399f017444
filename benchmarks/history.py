"""How long a page of the history takes among a million calls.

    python benchmarks/history.py                    a million calls: two minutes to write them, one to ask
    python benchmarks/history.py --calls 100000 --plans    fewer, and how SQLite finds them
    python benchmarks/history.py --folder DIR       keep the database there, and take it the next time

Fills a SQLite database with calls of three years (R-24.4) and asks for the first page, one in the middle and one at the end,
under each filter of the History page. Decides nothing of the queries: they are `live_bridge/store/history_rows.py`'s.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import sqlalchemy as sa  # noqa: E402

from engine.contract.causes import Cause, Party  # noqa: E402
from engine.contract.ids import SECOND_US, Instant  # noqa: E402
from engine.records.history import CallRecord, ElementVisit  # noqa: E402
from live_bridge.store import tables as t  # noqa: E402
from live_bridge.store.call_numbers import touched  # noqa: E402
from live_bridge.store.history_rows import CallFilter, Place, history_row, query  # noqa: E402
from live_bridge.store.store import Store  # noqa: E402

CALLS = 1_000_000
PAGE = 50
PBX = "example"
BEGIN: Instant = 1_700_000_000 * SECOND_US
EVERY_US = 90 * SECOND_US
"""Between two calls: a million fill 2.9 years."""
VERSIONS = tuple(f"{n:02x}" * 32 for n in range(40))
BATCH = 20_000

ASKED: dict[str, CallFilter] = {
    "everything": CallFilter(),
    "the number of everybody": CallFilter(number="+7 495 123-45-67"),
    "a caller of 50 calls": CallFilter(number="8 916 000-00-07"),
    "a number that never called": CallFilter(number="8 916 555-55-55"),
    "the large queue": CallFilter(touching=(5200,)),
    "the small queue": CallFilter(touching=(5300,)),
    "a member": CallFilter(touching=(104,)),
    "a member in the small queue": CallFilter(touching=(5300, 104)),
    "inbound": CallFilter(direction="inbound"),
    "local, 1 of 2000": CallFilter(direction="local"),
    "unanswered": CallFilter(outcome="unanswered"),
    "a rare cause, 1 of 5000": CallFilter(cause="INVALID_NUMBER_FORMAT"),
    "one version": CallFilter(flow=VERSIONS[3]),
    "unanswered in the large queue, one version": CallFilter(touching=(5200,), outcome="unanswered", flow=VERSIONS[20]),
}


def calls(count: int) -> Iterator[CallRecord]:
    """Calls of a made-up PBX, the oldest first; the same ones every time."""
    chance = random.Random(25)
    for n in range(count):
        start = BEGIN + n * EVERY_US
        queue, member = (5300 if n % 500 == 0 else 5200), 100 + chance.randrange(20)
        answered, local = chance.random() < 0.85, n % 2000 == 1
        cause = (
            Cause.INVALID_NUMBER_FORMAT
            if n % 5000 == 3
            else Cause.NORMAL_CLEARING
            if answered
            else Cause.ORIGINATOR_CANCEL
        )
        caller = "101" if local else f"8916{n * 7919 % (count // 50 or 1):07}"
        hours = ElementVisit(
            element=5400, kind="hours", enter=start, leave=start, output="match", to="5000", rule="R-11.3"
        )
        greeting = ElementVisit(
            element=5000,
            kind="greeting",
            enter=start,
            leave=start + 9 * SECOND_US,
            output="1",
            to=str(queue),
            rule="R-05.5",
        )
        waits = ElementVisit(
            element=queue, kind="queue", enter=start + 9 * SECOND_US, answer=start + 20 * SECOND_US if answered else None,
            leave=start + 200 * SECOND_US, rule="R-08.7", by=str(member) if answered else "",
        )  # fmt: skip
        yield CallRecord(
            uuid=f"{n:x}-{chance.getrandbits(48):012x}", caller_id_name="", caller_id_number=caller,
            destination_number="102" if local else "74951234567", from_host="sip.operator.example", to_host="example.onpbx.ru",
            start=start, end=start + 200 * SECOND_US, duration_us=200 * SECOND_US,
            user_talk_us=180 * SECOND_US if answered else 0, hangup_cause=cause, party=Party.CALLER,
            accountcode="local" if local else "inbound" if answered else "missed", gateway="moscow",
            flow=VERSIONS[n * len(VERSIONS) // count], rule="R-08.7", events=(hours, greeting, waits),
        )  # fmt: skip


def fill(store: Store, count: int) -> None:
    """Bring the calls into the database, as the feeder would but in larger steps."""
    batch: list[CallRecord] = []

    def write() -> None:
        with store.engine.begin() as connection:
            connection.execute(t.history.insert(), [history_row(one, PBX, 1) for one in batch])
            rows = [
                {"pbx": PBX, "number": number, "start_stamp": one.start, "uuid": one.uuid}
                for one in batch
                for number in touched(one)
            ]
            connection.execute(t.call_numbers.insert(), rows)
        batch.clear()
        store.checkpoint()

    for record in calls(count):
        batch.append(record)
        if len(batch) == BATCH:
            write()
    if batch:
        write()
    store.checkpoint()


def page_ms(store: Store, wanted: CallFilter, before: Place | None, most: int) -> tuple[float, list[CallRecord]]:
    """How long one page takes, as the bridge reads it, the best of three."""
    best, found = float("inf"), []
    for _ in range(3):
        begin = time.perf_counter()
        found = store.history(PBX, wanted, before=before, limit=most)
        best = min(best, time.perf_counter() - begin)
    return best * 1000, found


def plan(store: Store, wanted: CallFilter, before: Place | None = None) -> list[str]:
    """SQLite's plan of a page, a step a line."""
    compiled = query(PBX, wanted, before=before, limit=PAGE).compile(
        dialect=store.engine.dialect, compile_kwargs={"literal_binds": True}
    )
    with store.engine.connect() as connection:
        return [str(row[3]) for row in connection.execute(sa.text("EXPLAIN QUERY PLAN " + _escaped(str(compiled))))]


def _escaped(statement: str) -> str:
    return statement.replace(":", "\\:")


def measure(
    store: Store, count: int, asked: dict[str, CallFilter] | None = None
) -> list[tuple[str, float, float, float, Any]]:
    """Name of each filter, milliseconds of the first page, of one in the middle and of the last, and the plan."""
    middle = Place(BEGIN + count // 2 * EVERY_US, "~")
    last = Place(BEGIN + min(200, count // 2) * EVERY_US, "~")
    found = []
    for name, wanted in (asked or ASKED).items():
        first, _ = page_ms(store, wanted, None, PAGE)
        in_the_middle, _ = page_ms(store, wanted, middle, PAGE)
        at_the_end, _ = page_ms(store, wanted, last, PAGE)
        found.append((name, first, in_the_middle, at_the_end, plan(store, wanted, middle)))
    return found


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--folder", type=Path, help="where the database is made, and kept")
    parser.add_argument("--plans", action="store_true", help="print the plans too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        file = (asked.folder or Path(scratch)) / "history.sqlite"
        there = file.exists()
        store = Store(f"sqlite:///{file}")
        if not there:
            begin = time.perf_counter()
            fill(store, asked.calls)
            print(
                f"{asked.calls} calls written in {time.perf_counter() - begin:.0f} s, {file.stat().st_size / 1e6:.0f} MB"
            )
        print(f"SQLite {sqlite3.sqlite_version}, pages of {PAGE} calls, ms: first, in the middle, last")
        for name, first, middle, last, steps in measure(store, asked.calls):
            print(f"{name:45} {first:8.1f} {middle:8.1f} {last:8.1f}")
            if asked.plans:
                print(*(f"    {step}" for step in steps), sep="\n")
        store.close()


if __name__ == "__main__":
    main()
