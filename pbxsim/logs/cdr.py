"""Asterisk's CDR: `Master.csv`, the table of cdr_mysql with or without names of columns (FreePBX), and back.

Source: Asterisk documentation, "CDR Variables" and cdr_csv.c: no header; 16 columns, then `uniqueid`, `userfield`, and
`peeraccount`, `linkedid`, `sequence`, each only if switched on, so 16 to 21. Times are clock times without a zone (UTC under
`usegmtime`), whole seconds. A CDR knows no queue wait apart from ringing and menus: the wait is from `start` to `answer`, told by
the recorded lengths (`duration` less `billsec`), which a clock change leaves alone.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
import re
from collections import Counter
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from engine.numbers.digits import is_digits
from pbxsim.logs import calls as c
from pbxsim.logs import cells, times
from pbxsim.logs.lines import Source, name_of, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

BASE: Final = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
MYSQL: Final = (
    "start", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "duration", "billsec",
    "disposition", "amaflags", "accountcode", "uniqueid", "userfield",
)  # fmt: skip
"""The table of cdr_mysql, written out without its names. It has no times of answer and end: lengths tell them."""

NEEDED: Final = frozenset({"start", "src", "duration", "billsec", "disposition"})
"""Columns a table with names must have; `calldate` is `start`."""

OUTSIDE_DIGITS: Final = 6
"""Digits from which a number is one of the public network, and below which a source is a phone of the PBX."""

OUTGOING: Final = "outgoing: a phone of the PBX called a number outside"

LINKED: Final = ("peeraccount", "linkedid", "sequence")
DISPOSITIONS: Final = frozenset({"ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION"})

LONGEST_S = 31 * 86_400
"""A call is no longer."""
_EPOCH = re.compile(r"(?:^|-)(\d{9,11})\.\d+$")
_UNIQUE = re.compile(r"^(\S+-)?\d{6,}\.\d+$")


def columns_of(count: int, sample: list[list[str]]) -> tuple[str, ...]:
    """Names of `count` columns. With one column after the 16, what it holds tells whether it is the unique id.

    Raises LogError for counts that cdr_csv cannot write.
    """
    if count == 16:
        return BASE
    if count in (17, 20):
        unique = sum(1 for row in sample if _UNIQUE.match(row[16])) * 2 >= len(sample)
        extra: tuple[str, ...] = ("uniqueid",) if unique else ("userfield",)
        return BASE + extra + (LINKED if count == 20 else ())
    if count == 18:
        return (*BASE, "uniqueid", "userfield")
    if count == 19:
        return BASE + LINKED
    if count == 21:
        return (*BASE, "uniqueid", "userfield", *LINKED)
    raise LogError(Told("{count} columns; cdr_csv writes 16 to 21", count=count))


def read(source: Source, zone: str, queue: str = "auto") -> c.Log:
    """Calls and the account of every record; `zone` is that of the clock times (`UTC` under usegmtime).

    `queue` names the column that tells the queue; `auto` takes the queue of app Queue from `lastdata`, else `dcontext`.
    Records of one call are joined by `linkedid`, else `uniqueid`, else by same source and start. A call is answered if any
    record is; its wait runs from the first start to the first answer. Raises LogError if nothing is of this format.
    """
    clock = c.zone_named(zone)
    losses = Losses(name_of(source))
    parsed: list[tuple[int, list[str]]] = []
    found, total = _records(source, losses)
    header = named_columns(found[0][1]) if found else ()
    if header:
        losses.keep([found[0][0]])
    for number, row in found[1:] if header else found:
        if not row or row == [""]:
            losses.drop("empty", [number], meant=True)
        elif not header and (len(row) < 16 or len(row) > 21):
            losses.drop(Told("not a CDR record: 16 to 21 columns are needed"), [number])
        else:
            parsed.append((number, row))
    if not parsed:
        if total:
            raise LogError(Told("{source} holds no CDR record of 16 to 21 columns", source=losses.source), losses)
        return c.Log(c.tidy(_table([]), zone), c.no_staff(), losses)
    width = len(header) or Counter(len(row) for _, row in parsed).most_common(1)[0][0]
    sample = [row for _, row in parsed if len(row) == width][:200]
    names = header or (MYSQL if _is_mysql(sample) else columns_of(width, sample))

    seen: set[tuple[str, ...]] = set()
    groups: dict[tuple[str, ...], list[tuple[int, dict[str, str]]]] = {}
    for number, row in parsed:
        if len(row) != width:
            text = "{count} columns where the others have {width}: the line was cut"
            losses.drop(Told(text, count=len(row), width=width), [number])
            continue
        record = dict(zip(names, row, strict=True))
        problem = _problem(record)
        if problem:
            losses.drop(problem, [number])
        elif tuple(row) in seen:
            losses.drop("repeated", [number], meant=True)
        else:
            seen.add(tuple(row))
            groups.setdefault(_call_of(record, number), []).append((number, record))
    if "linkedid" not in names:
        by = "uniqueid" if "uniqueid" in names else "same source and start"
        text = "without linkedid, records are joined by {by}: transferred calls may count twice"
        losses.remark(Told(text, by=Told(by)), len(groups))
    rows = []
    phones = {
        phone
        for records in groups.values()
        for _, record in records
        if record.get("lastapp") == "Queue" and (phone := _agent(record.get("dstchannel", ""))) is not None
    }
    for call, records in groups.items():
        if all(_is_outgoing(record, phones) for _, record in records):
            losses.drop(Told(OUTGOING), [number for number, _ in records], meant=True)
            continue
        rows.append(_call(call, records, queue, clock))
        losses.keep(number for number, _ in records)
    starts = [records[0][1]["start"] for records in groups.values()]
    disorder = [
        min(r[0] for r in g) for g, a, b in zip(list(groups.values())[1:], starts, starts[1:], strict=False) if b < a
    ]
    losses.remark(
        Told("CDRs are written when calls end, so starts are not in order; put in order of start"), len(disorder)
    )
    losses.check(total)
    return c.Log(c.tidy(_table(rows), zone), c.no_staff(), losses)


def named_columns(row: list[str]) -> tuple[str, ...]:
    """Our names of a header's columns; empty if the row is no header of a CDR.

    >>> named_columns(["calldate", "src", "duration", "billsec", "disposition"])[0]
    'start'
    """
    names = tuple({"calldate": "start"}.get(cell.strip().lower(), cell.strip().lower()) for cell in row)
    return names if NEEDED <= set(names) and len(set(names)) == len(names) else ()


def is_bare(sample: list[list[str]]) -> bool:
    """Whether rows without names of columns are records of a CDR, in either order of columns."""
    good = sum(
        any(len(row) > place and row[place] in DISPOSITIONS for place in (BASE.index("disposition"), 11))
        for row in sample
    )
    return good * 2 >= len(sample) > 0


def _is_mysql(sample: list[list[str]]) -> bool:
    """Whether rows are those of the table of cdr_mysql: a time first, a disposition in the twelfth place."""
    good = sum(len(row) == len(MYSQL) and _time(row[0]) is not None and row[11] in DISPOSITIONS for row in sample)
    return good * 2 >= len(sample) > 0


def _is_outgoing(record: dict[str, str], phones: set[str]) -> bool:
    """Whether a phone of the PBX called a number outside, by the numbers or as it answers calls of queues elsewhere in the log;
    a call of a queue never is."""
    if record.get("lastapp") == "Queue":
        return False
    source, called = _digits(record.get("src", "")), _digits(record.get("dst", ""))
    by_phone = _agent(record.get("channel", "")) in phones
    return 0 < source < OUTSIDE_DIGITS <= called or (by_phone and called >= OUTSIDE_DIGITS)


def _digits(text: str) -> int:
    return sum(is_digits(mark) for mark in text) if re.fullmatch(r"\+?[0-9]+", text) else 0


def _records(source: Source, losses: Losses) -> tuple[list[tuple[int, list[str]]], int]:
    """Records with the number of the line each begins on, and the number of lines."""
    if not text_of(source).strip():
        return [], 0
    rows = cells.rows_of(source)
    losses.keep(rows.continued)
    found = [(number, [] if row == [""] else row) for number, row in rows.rows]
    return found, rows.total


def _problem(record: dict[str, str]) -> str:
    if record["disposition"] not in DISPOSITIONS:
        return Told("unknown disposition `{disposition}`", disposition=record["disposition"][:20])
    if _time(record["start"]) is None or ("end" in record and _time(record["end"]) is None):
        return Told("start or end is no time `YYYY-MM-DD HH:MM:SS`")
    if record.get("answer") and _time(record["answer"]) is None:
        return Told("answer is no time `YYYY-MM-DD HH:MM:SS`")
    if not all(is_digits(record[name]) and int(record[name]) <= LONGEST_S for name in ("duration", "billsec")):
        return Told("duration or billsec is no number of seconds")
    return ""


def _time(text: str) -> datetime.datetime | None:
    try:
        found = datetime.datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return found if found.year in times.YEARS else None


def _call_of(record: dict[str, str], number: int) -> tuple[str, ...]:
    for name in ("linkedid", "uniqueid"):
        if record.get(name):
            return (record[name],)
    return (record["src"], record["start"]) if record["src"] else ("line", str(number))


def _began(record: dict[str, str], zone: ZoneInfo) -> datetime.datetime:
    """The instant of a record's start, UTC. In the hour that the clock shows twice the recorded length tells which is meant,
    and where it fits both, the epoch in the unique id."""
    start, end = _time(record["start"]), _time(record.get("end", ""))
    assert start is not None
    length = datetime.timedelta(seconds=int(record["duration"]))
    second = datetime.timedelta(seconds=1)
    ends = [] if end is None else [end.replace(tzinfo=zone, fold=f).astimezone(datetime.UTC) for f in (0, 1)]
    begun = [start.replace(tzinfo=zone, fold=fold).astimezone(datetime.UTC) for fold in (0, 1)]
    fits = [one for one in begun if any(abs(over - one - length) <= second for over in ends)] or begun
    if fits[0] != fits[-1]:
        epoch = _EPOCH.search(record.get("uniqueid") or record.get("linkedid") or "")
        if epoch is not None:
            return min(fits, key=lambda one: abs(one.timestamp() - int(epoch[1])))
    return fits[0]


def _call(
    call: tuple[str, ...], records: list[tuple[int, dict[str, str]]], queue: str, zone: ZoneInfo
) -> tuple[object, ...]:
    """One call as a row. Lengths are the recorded ones: the clock may change within a call."""
    begun = {number: _began(record, zone) for number, record in records}
    number, first = min(records, key=lambda item: (begun[item[0]], item[0]))
    start = begun[number]
    answered = [
        (begun[n] + datetime.timedelta(seconds=int(record["duration"]) - int(record["billsec"])), record)
        for n, record in records
        if record["disposition"] == "ANSWERED" and record.get("answer", record["start"])
    ]
    talk = math.nan
    agent: str | None = None
    if answered:
        turned, best = min(answered, key=lambda one: one[0])
        talk = float(best["billsec"])
        agent = _agent(best.get("dstchannel", ""))
        outcome = c.ANSWERED
    else:
        turned = max(begun[n] + datetime.timedelta(seconds=int(record["duration"])) for n, record in records)
        best = first
        waited = any(record["disposition"] not in ("BUSY", "FAILED", "CONGESTION") for _, record in records)
        outcome = c.ABANDONED if waited else c.REFUSED
    wait = max(0.0, (turned - start).total_seconds())
    name = call[0] if len(call) == 1 else "/".join(call)
    return (
        name, start, _queue(best, queue), wait, outcome, talk, agent, first["src"] or None, min(n for n, _ in records)
    )  # fmt: skip


def _queue(record: dict[str, str], queue: str) -> str:
    if queue != "auto":
        if queue not in record:
            raise LogError(
                Told("there is no column `{queue}`; the columns are {known}", queue=queue, known=", ".join(record))
            )
        return record[queue]
    if record.get("lastapp") == "Queue" and record.get("lastdata"):
        return record["lastdata"].split(",", 1)[0]
    return record.get("dcontext") or record.get("dst", "")


def _agent(channel: str) -> str | None:
    """`SIP/101-0000a1b2` is agent `SIP/101`; Local channels lose their context and half too."""
    if "/" not in channel:
        return None
    return re.sub(r"-[0-9a-fA-F]{8}(;\d)?$", "", channel).split("@", 1)[0] or None


def _table(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    names = ["call_id", "arrived_at", "queue", "wait_s", "outcome", "talk_s", "agent", "caller", "line"]
    table = pd.DataFrame(rows, columns=names)
    table["arrived_at"] = pd.to_datetime(table["arrived_at"], utc=True)
    return table


# --- writing ---------------------------------------------------------------------------------------------------------


def write(calls: pd.DataFrame, zone: str | None = None, columns: int = 18) -> str:
    """The calls as cdr_csv text of 16 to 21 columns, a record a call, clock times of `zone` (of the table if None).

    `read` of 17 and more columns gives the same calls back for whole seconds, as far as a CDR can tell: timed out and left
    calls come back as abandoned, and a call id survives only as `uniqueid` or `linkedid`.
    """
    names = columns_of(columns, []) if columns not in (17, 20) else columns_of(columns, [[""] * 16 + ["1000000.1"]])
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    starts = calls["arrived_at"] if zone is None else calls["arrived_at"].dt.tz_convert(zone)
    for start, row in zip(starts.dt.tz_localize(None).dt.round("s"), calls.itertuples(index=False), strict=True):
        wait = round(row.wait_s)
        answered = row.outcome == c.ANSWERED
        talk = 0 if not answered or math.isnan(row.talk_s) else round(row.talk_s)
        turned = start + pd.Timedelta(seconds=wait)
        record = dict.fromkeys(names, "")
        record |= {
            "src": row.caller or "",
            "dst": row.queue,
            "dcontext": row.queue,
            "clid": f'"" <{row.caller or ""}>',
            "channel": f"SIP/trunk-{row.line:08x}",
            "dstchannel": f"{row.agent if '/' in row.agent else 'SIP/' + row.agent}-{row.line:08x}"
            if row.agent
            else "",
            "lastapp": "Queue",
            "lastdata": f"{row.queue},t",
            "start": f"{start:%Y-%m-%d %H:%M:%S}",
            "answer": f"{turned:%Y-%m-%d %H:%M:%S}" if answered else "",
            "end": f"{turned + pd.Timedelta(seconds=talk):%Y-%m-%d %H:%M:%S}",
            "duration": str(wait + talk),
            "billsec": str(talk),
            "disposition": "ANSWERED" if answered else "FAILED" if row.outcome == c.REFUSED else "NO ANSWER",
            "amaflags": "DOCUMENTATION",
        }
        if "uniqueid" in names:
            record["uniqueid"] = row.call_id
        if "linkedid" in names:
            record["linkedid"] = row.call_id
            record["sequence"] = str(row.line)
        table.writerow([safe(record[name]) for name in names])
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell without line ends, and without the letters that make spreadsheets run it as a formula at its front."""
    flat = cell.replace("\r", " ").replace("\n", " ")
    return "'" + flat if flat[:1] in ("=", "@", "\t") else flat
