"""Calls that are over, in the live world's database: how they are found among a million, and how a record is a row (R-24.1).

Decides the order (the latest first), what may be asked for, and by which index the database finds it: pages go on behind the last
call of the one before (keyset) and cost the same wherever they are. Leaves which internal numbers a call touched to
`call_numbers.py`, files for other programs to `history_export.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from engine.account.call_rights import Ranges
from engine.contract.causes import Cause, Party
from engine.contract.ids import CallId, Instant
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits
from engine.records.history import CUT_OFF, AccountCode, CallRecord, ElementVisit
from live_bridge.store import tables as t
from live_bridge.store.rows import Rows

Direction = Literal["inbound", "outbound", "local"]
Outcome = Literal["answered", "unanswered"]

CODES: dict[Direction, tuple[AccountCode, ...]] = {
    "inbound": ("inbound", "missed"),
    "outbound": ("outbound",),
    "local": ("local",),
}
"""Which of R-24.1's account codes are calls in a direction: a missed call came in, too."""


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the history; what is left out asks for nothing."""

    since: Instant | None = None
    until: Instant | None = None
    """Calls that started in [since, until)."""
    number: str | None = None
    """The caller's number or the called, in any way of writing it (R-18.6)."""
    numbers: Sequence[str] = ()
    """One of these is the caller's or the called, as they are written."""
    parts: Sequence[str] = ()
    """One of these is in the caller's number or the called."""
    touching: Sequence[int] = ()
    """Internal numbers, all of which the call touched: queues, members."""
    direction: Direction | None = None
    accountcode: str | None = None
    outcome: Outcome | None = None
    """Whether a person talked with the caller."""
    cause: str | None = None
    """What ended the call (R-24.2)."""
    gateway: str | None = None
    flow: str | None = None
    """Digest of the version the call ran on (R-25.6)."""
    seen: Ranges | None = None
    """Only calls that touched a number in one of these ranges (R-23.12); None for all calls."""


class Place(msgspec.Struct, frozen=True):
    """Where a page ended: the next one begins behind this call."""

    start: Instant
    uuid: CallId

    def text(self) -> str:
        """For an address.

        >>> Place(1795415400000000, "c7").text()
        '1795415400000000.c7'
        """
        return f"{self.start}.{self.uuid}"


def place_of(text: str) -> Place:
    """What `Place.text` wrote. Raises ValueError."""
    start, dot, uuid = text.partition(".")
    if not dot or not uuid or not is_digits(start) or len(start) > 18:
        raise ValueError(f"{text[:40]!r} is no place in the history: take `next` of the page before")
    return Place(int(start), uuid)


def spellings(number: str) -> tuple[str, ...]:
    """The ways in which one number may stand in the history.

    >>> spellings("8 (916) 123-45-67")
    ('89161234567', '79161234567', '+79161234567', '9161234567')
    >>> spellings("101")
    ('101',)
    """
    bare = phone_numbers.bare(number)
    ten = phone_numbers.national(bare) if bare else None
    if not bare:
        return (number,)
    return (bare,) if ten is None else tuple(dict.fromkeys((bare, "8" + ten, "7" + ten, "+7" + ten, ten)))


class HistoryRows(Rows):
    """The rows of calls that are over."""

    def history(
        self,
        pbx: str,
        wanted: CallFilter | None = None,
        *,
        before: Place | None = None,
        limit: int = 1000,
        offset: int = 0,
        **asked: Any,
    ) -> list[CallRecord]:
        """Calls of `pbx`, the latest first, behind the call at `before`. `asked` are fields of a CallFilter,
        for whoever has none."""
        filter_ = CallFilter(**asked) if wanted is None else wanted
        narrow = self._narrowed(pbx, filter_)
        return [_record(found) for found in self._all(query(pbx, narrow, before=before, limit=limit, offset=offset))]

    def _narrowed(self, pbx: str, wanted: CallFilter) -> CallFilter:
        """A version takes calls for some time and then no more: an index that does not know versions is followed no longer."""
        if wanted.flow is None or not (wanted.number or wanted.touching or _codes(wanted)):
            return wanted
        h = t.history.c
        ends = [
            self._all(sa.select(h.start_stamp).where(h.pbx == pbx, h.flow == wanted.flow).order_by(*order).limit(1))
            for order in ((h.start_stamp, h.uuid), (h.start_stamp.desc(), h.uuid.desc()))
        ]
        if not ends[0] or not ends[1]:
            return wanted
        first, last = int(ends[0][0].start_stamp), int(ends[1][0].start_stamp)
        since = first if wanted.since is None else max(first, wanted.since)
        until = last + 1 if wanted.until is None else min(last + 1, wanted.until)
        return msgspec.structs.replace(wanted, since=since, until=until)

    def call(self, uuid: str) -> CallRecord | None:
        """One call of the history, or None."""
        found = self._all(sa.select(t.history).where(t.history.c.uuid == uuid))
        return _record(found[0]) if found else None

    def run_of(self, uuid: str) -> int | None:
        """The run that took a call of the history, or None."""
        found = self._all(sa.select(t.history.c.run).where(t.history.c.uuid == uuid))
        return int(found[0].run) if found else None

    def numbers_of(self, uuid: str) -> list[int]:
        """Internal numbers that a call of the history touched (R-23.12)."""
        found = self._all(sa.select(t.call_numbers.c.number).where(t.call_numbers.c.uuid == uuid))
        return [int(one.number) for one in found]

    def count_history(self, pbx: str) -> int:
        """Calls in the history of `pbx`."""
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).where(t.history.c.pbx == pbx)).scalar_one())

    def calls_like(self, start: str) -> list[str]:
        """Ids of at most ten calls in the history that begin with `start`."""
        found = sa.select(t.history.c.uuid).where(t.history.c.uuid.startswith(start, autoescape=True)).limit(10)
        return [str(one.uuid) for one in self._all(found)]


# --- finding ---------------------------------------------------------------------------------------------------------

Condition = sa.ColumnElement[bool]


def query(
    pbx: str, wanted: CallFilter, *, before: Place | None = None, limit: int = 1000, offset: int = 0
) -> sa.Select[Any]:
    """The statement that finds calls, the latest first.

    One index gives calls in their order, and what else is asked for is looked at call by call. Where several values of it are
    asked for (a number in its spellings, as caller or called), each is followed as far as the page goes, and these are merged.
    """
    h = t.history.c
    wanted = _own_alone(wanted)
    touched = [(t.call_numbers.alias(f"touched{n}"), number) for n, number in enumerate(wanted.touching)]
    lead = touched.pop(0)[0] if touched and not wanted.number else None
    start, uuid = (h.start_stamp, h.uuid) if lead is None else (lead.c.start_stamp, lead.c.uuid)
    where = [*_within(start, uuid, wanted, before), *_looked_at(wanted)]
    where += [sa.exists().where(*_touches(table, pbx, number, h.start_stamp, h.uuid)) for table, number in touched]
    ways: list[list[Condition]]
    if lead is not None:
        where += [
            lead.c.pbx == pbx,
            lead.c.number == wanted.touching[0],
            h.uuid == uuid,
            *_one_of(h.accountcode, wanted),
        ]
        ways = [[]]
    else:
        where.append(h.pbx == pbx)
        if wanted.number:
            where += _one_of(h.accountcode, wanted)
            both = (h.caller_id_number, h.destination_number)
            ways = [[column == one] for one in spellings(wanted.number) for column in both]
        else:
            ways = [[h.accountcode == code] for code in _codes(wanted)] or [[]]
    if len(ways) == 1:
        found = sa.select(t.history).where(*where, *ways[0])
    else:
        first = [sa.select(uuid).where(*where, *way).order_by(start.desc(), uuid.desc()) for way in ways]
        each = [sa.select(one.limit(limit + offset).subquery().c.uuid) for one in first]
        found = sa.select(t.history).where(uuid.in_(sa.union(*each)))
    return found.order_by(start.desc(), uuid.desc()).limit(limit).offset(offset)


def _own_alone(wanted: CallFilter) -> CallFilter:
    """Who sees the calls of one number is given them by the index of numbers, like who asks for them."""
    if wanted.seen is None or len(wanted.seen) != 1 or wanted.seen[0][0] != wanted.seen[0][1]:
        return wanted
    return msgspec.structs.replace(wanted, seen=None, touching=(*wanted.touching, wanted.seen[0][0]))


def _within(start: Any, uuid: Any, wanted: CallFilter, before: Place | None) -> list[Condition]:
    """The span, as far as it is left behind the last page."""
    found: list[Condition] = []
    if wanted.since is not None:
        found.append(start >= wanted.since)
    # One upper end alone: of two a database may go along the wrong one, through all pages that were read before.
    if wanted.until is not None and (before is None or wanted.until <= before.start):
        found.append(start < wanted.until)
    elif before is not None:
        found.append(sa.tuple_(start, uuid) < sa.tuple_(sa.literal(before.start), sa.literal(before.uuid)))
    return found


def _looked_at(wanted: CallFilter) -> list[Condition]:
    """What is asked of every call that an index gives."""
    h = t.history.c
    both = (h.caller_id_number, h.destination_number)
    found: list[Condition] = []
    if wanted.numbers:
        found.append(sa.or_(*(column.in_(wanted.numbers) for column in both)))
    if wanted.parts:
        found.append(sa.or_(*(column.contains(part, autoescape=True) for part in wanted.parts for column in both)))
    if wanted.outcome is not None:
        found.append(h.user_talk_time > 0 if wanted.outcome == "answered" else h.user_talk_time == 0)
    if wanted.seen is not None:
        n = t.call_numbers.c
        ranges = [n.number.between(first, last) for first, last in wanted.seen]
        found.append(sa.exists().where(n.uuid == h.uuid, sa.or_(sa.false(), *ranges)))
    for column, value in ((h.hangup_cause, wanted.cause), (h.gateway, wanted.gateway), (h.flow, wanted.flow)):
        if value is not None:
            found.append(column == value)
    return found


def _codes(wanted: CallFilter) -> list[str]:
    """Account codes that are asked for; none when any does."""
    codes: list[str] = [] if wanted.direction is None else list(CODES[wanted.direction])
    if wanted.accountcode is None:
        return codes
    return [wanted.accountcode] if not codes or wanted.accountcode in codes else [""]  # no call has the last one


def _one_of(column: Any, wanted: CallFilter) -> list[Condition]:
    codes = _codes(wanted)
    return [column.in_(codes)] if codes else []


def _touches(table: Any, pbx: str, number: int, start: Any, uuid: Any) -> list[Condition]:
    return [table.c.pbx == pbx, table.c.number == number, table.c.start_stamp == start, table.c.uuid == uuid]


# --- records as rows -------------------------------------------------------------------------------------------------

_VISITS = msgspec.json.Decoder(tuple[ElementVisit, ...])


def _record(found: Any) -> CallRecord:
    code: AccountCode = found.accountcode
    return CallRecord(
        uuid=found.uuid,
        caller_id_name=found.caller_id_name,
        caller_id_number=found.caller_id_number,
        destination_number=found.destination_number,
        from_host=found.from_host,
        to_host=found.to_host,
        start=found.start_stamp,
        end=found.end_stamp,
        duration_us=found.duration,
        user_talk_us=found.user_talk_time,
        hangup_cause=CUT_OFF if found.hangup_cause == CUT_OFF else Cause(found.hangup_cause),
        party=Party(found.party),
        accountcode=code,
        gateway=found.gateway,
        flow=found.flow,
        rule=found.rule,
        events=_VISITS.decode(found.events),
        recordings=tuple(found.recordings.split()),
    )


def history_row(record: CallRecord, pbx: str, run: int) -> dict[str, Any]:
    """A record as a row of the table `history`."""
    return {
        "uuid": record.uuid,
        "pbx": pbx,
        "run": run,
        "caller_id_name": record.caller_id_name,
        "caller_id_number": record.caller_id_number[:64],
        "destination_number": record.destination_number[:128],
        "from_host": record.from_host,
        "to_host": record.to_host,
        "start_stamp": record.start,
        "end_stamp": record.end,
        "duration": record.duration_us,
        "user_talk_time": record.user_talk_us,
        "hangup_cause": str(record.hangup_cause),
        "party": str(record.party),
        "accountcode": record.accountcode,
        "gateway": record.gateway,
        "flow": record.flow,
        "rule": record.rule,
        "events": msgspec.json.encode(record.events),
        "recordings": " ".join(record.recordings),
    }
