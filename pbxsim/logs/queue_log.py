"""Asterisk's `queue_log`: a pipe-separated line an event, read into calls and back.

Source: Asterisk documentation, "Queue Logs" (app_queue.c writes it): `epoch|call|queue|agent|event|data1|...`. A call has
an ENTERQUEUE and then one ending: CONNECT and COMPLETECALLER, COMPLETEAGENT or a transfer; ABANDON; EXITWITHTIMEOUT;
EXITWITHKEY; EXITEMPTY. Within one second the order of the file is the truth, as long as it can have happened: a caller may
leave a queue and enter it again in the same second. Lines may also be in any order: events of one second that cannot have
happened in the order of the file are put into one in which they can. One call id may wait several times, each its own row.
Wrap-up is not in this log.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs.cells import header_of, rows_of
from pbxsim.logs.lines import LINE_BYTES, Source, lines_of, name_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

ENDINGS: Final = {
    "ABANDON": (c.ABANDONED, 2),
    "EXITWITHTIMEOUT": (c.TIMED_OUT, 2),
    "EXITEMPTY": (c.LEFT, 2),
    "EXITWITHKEY": (c.LEFT, 3),
}
"""Event to outcome and to the place of the waited seconds among its data."""

TALK_ENDS: Final = {
    "COMPLETECALLER": (0, 1),
    "COMPLETEAGENT": (0, 1),
    "BLINDTRANSFER": (2, 3),
    "TRANSFER": (2, 3),
    "ATTENDEDTRANSFER": (2, 3),
}
"""Event to the places of hold time and talk time among its data."""

STAFF: Final = {
    "ADDMEMBER": "in",
    "REMOVEMEMBER": "out",
    "AGENTLOGIN": "in",
    "AGENTCALLBACKLOGIN": "in",
    "AGENTLOGOFF": "out",
    "AGENTCALLBACKLOGOFF": "out",
    "PAUSE": "pause",
    "PAUSEALL": "pause",
    "UNPAUSE": "unpause",
    "UNPAUSEALL": "unpause",
}

NOT_ABOUT_CALLS: Final = frozenset(
    {
        "QUEUESTART", "CONFIGRELOAD", "SYSCOMPAT", "PENALTY", "RINGINUSE", "DID", "INFO", "URL", "MEMBERSTATUS",
        "AGENTDUMP", "PAUSEREASON", "CALLSTATUS", "SETQUEUEPRIO", "CONTACT",
    }
)  # fmt: skip

REFUSALS: Final = frozenset({"JOINEMPTY", "FULL", "JOINUNAVAIL"})

SECOND_LINES: Final = 5000
"""Lines of one second that are put in order; a log with more of them in one second has no order to find."""

AWAY: Final = 0
WAITING: Final = 1
TALKING: Final = 2

_STEPS: Final[dict[str, tuple[int, int]]] = {
    "ENTERQUEUE": (AWAY, WAITING),
    "RINGNOANSWER": (WAITING, WAITING),
    "RINGCANCELED": (WAITING, WAITING),
    "CONNECT": (WAITING, TALKING),
    **dict.fromkeys(TALK_ENDS, (TALKING, AWAY)),
    **dict.fromkeys(ENDINGS, (WAITING, AWAY)),
}
"""Where a call is in a queue when an event of it can happen, and where it is afterwards."""

NOBODY: Final = frozenset({"", "NONE", "REALTIME"})


class _Stay:
    """One call in one queue while its lines are gathered."""

    __slots__ = (
        "call",
        "queue",
        "lines",
        "entered",
        "caller",
        "connected",
        "agent",
        "hold",
        "ring",
        "end",
        "talk",
        "outcome",
    )

    def __init__(self, call: str, queue: str) -> None:
        self.call = call
        self.queue = queue
        self.lines: list[int] = []
        self.entered: float | None = None
        self.caller: str | None = None
        self.connected: float | None = None
        self.agent: str | None = None
        self.hold: float | None = None
        self.ring = math.nan
        self.end: float | None = None
        self.talk: float | None = None
        self.outcome: str | None = None


TIMES: Final = ("time", "created", "datetime")
TABLE: Final = ("callid", "queuename", "agent", "event")
"""Columns that a table of queue_log has beside its `time` (Asterisk's realtime backend and FreePBX write one)."""


def is_table(names: Sequence[str]) -> bool:
    """Whether these are the columns of a queue_log table."""
    plain = {name.strip().lower() for name in names}
    return set(TABLE) <= plain and not plain.isdisjoint(TIMES)


def read_table(source: Source, zone: str) -> c.Log:
    """Calls and members' doings of a queue_log kept as a table with names of columns; `time` is a date and time of `zone` or
    Unix seconds, the data stand in `data1` to `data5` or, joined by `|`, in `data`. Raises LogError."""
    c.zone_named(zone)
    found = rows_of(source)
    top = header_of(found, is_table)
    if top < 0:
        text = "{name} has no columns time, callid, queuename, agent and event"
        raise LogError(Told(text, name=name_of(source)))
    header = [name.strip().lower() for name in found.rows[top][1]]
    rows = found.rows[top + 1 :]
    place = {name: n for n, name in enumerate(header)}
    when = next(place[name] for name in TIMES if name in place)
    times = pd.Series([row[when] if len(row) == len(header) else "" for _, row in rows], dtype="object")
    epochs = _epochs_of(times, zone)
    data = [place[name] for name in ("data1", "data2", "data3", "data4", "data5", "data") if name in place]
    known = [number for number, _ in found.rows[: top + 1] if number] + found.continued
    lines = []
    for (number, row), epoch in zip(rows, epochs, strict=True):
        if not row or row == [""]:
            lines.append((number, ""))
        elif len(row) != len(header):
            lines.append((number, "cut"))
        else:
            told = "|".join(row[n] for n in data).rstrip("|")
            lines.append((number, "|".join([epoch, *(row[place[name]] for name in TABLE), told])))
    return _read(lines, name_of(source), zone, known)


def _epochs_of(times: pd.Series, zone: str) -> list[str]:
    """Unix seconds of cells that hold them or clock times; what is neither stays as it is and is no line then."""
    number = pd.to_numeric(times, errors="coerce")
    clock = pd.to_datetime(times.where(number.isna()), format="ISO8601", errors="coerce")
    instants = c.localised(clock, zone) if clock.dt.tz is None else clock
    epoch = (instants - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    value = number.where(number.notna(), epoch)
    return [cell if math.isnan(found) else f"{found:.6f}" for cell, found in zip(times, value, strict=True)]


def read(source: Source, zone: str = "UTC") -> c.Log:
    """Calls, members' doings and the account of every line.

    `zone` says whose clock the days and hours of the calls follow; the log itself is in UTC. Repeated lines are dropped,
    lines out of order are used and counted, a call whose beginning was cut off gets it back from the hold time that its
    later lines tell, and one without an ending is dropped. Raises LogError if no line is of this format.
    """
    return _read(lines_of(source), name_of(source), zone)


def _read(lines: Iterable[tuple[int, str]], name: str, zone: str, header: Sequence[int] = ()) -> c.Log:
    c.zone_named(zone)
    losses = Losses(name)
    losses.keep(header)
    events: list[tuple[float, int, list[str]]] = []
    seen: set[str] = set()
    latest = -math.inf
    count = len(header)
    shuffled: list[int] = []
    for number, line in lines:
        count += 1
        fields = line.split("|")
        at = _number(fields[0])
        if not line.strip():
            losses.drop("empty", [number], meant=True)
        elif len(line) > LINE_BYTES or len(fields) < 5 or math.isnan(at) or not fields[4]:
            losses.drop(Told("not a queue_log line: epoch, call, queue, agent and event are needed"), [number])
        elif line in seen:
            losses.drop("repeated", [number], meant=True)
        else:
            seen.add(line)
            if at < latest:
                shuffled.append(number)
            latest = max(latest, at)
            events.append((at, number, fields))
    if count and not events:
        text = "{source} holds no queue_log line: `epoch|call|queue|agent|event|...` is expected"
        raise LogError(Told(text, source=losses.source), losses)
    events = _in_order(events)

    stays: list[_Stay] = []
    open_stays: dict[tuple[str, str], _Stay] = {}
    staff: list[tuple[float, str, str | None, str]] = []
    refused: list[tuple[_Stay, float]] = []
    for at, number, fields in events:
        call, queue, agent, event = fields[1], fields[2], fields[3], fields[4]
        data = fields[5:]
        key = (call, queue)
        if event in STAFF:
            member = _name(agent)
            if member is None:
                losses.drop(Told("{event} without an agent", event=event), [number])
            else:
                staff.append((at, member, None if queue in NOBODY else queue, STAFF[event]))
                losses.keep([number])
        elif event in NOT_ABOUT_CALLS:
            losses.drop(Told("not about calls or members: {event}", event=event), [number], meant=True)
        elif event == "ENTERQUEUE":
            stay = open_stays.get(key)
            if stay is not None and stay.entered is not None and stay.outcome is None:
                _unfinished(stay, losses)
                stays.remove(stay)
            stay = open_stays[key] = _Stay(call, queue)
            stay.entered = at
            stay.caller = (data[1] if len(data) > 1 else "") or None
            stay.lines.append(number)
            stays.append(stay)
        elif event in REFUSALS:
            stay = _Stay(call, queue)
            stay.lines.append(number)
            refused.append((stay, at))
        elif event in ("RINGNOANSWER", "RINGCANCELED"):
            found = open_stays.get(key)
            if found is None:
                losses.drop(Told("{event} of a call that is not in the log", event=event), [number])
            else:
                found.lines.append(number)
        elif event == "CONNECT" or event in TALK_ENDS or event in ENDINGS:
            problem = _ends(at, number, fields, open_stays, stays)
            if problem:
                losses.drop(problem, [number])
        else:
            losses.drop(Told("unknown event {event}", event=event[:40]), [number])

    rows = [row for stay in stays if (row := _row(stay, losses)) is not None]
    for stay, at in refused:
        rows.append((stay.call, at, stay.queue, 0.0, c.REFUSED, math.nan, None, None, math.nan, stay.lines[0]))
        losses.keep(stay.lines)
    if shuffled:
        used = losses.kept
        losses.repair(Told("out of order: put back by its time"), [number for number in shuffled if number in used])
    losses.check(count)
    names = ["call_id", "arrived_at", "queue", "wait_s", "outcome", "talk_s", "agent", "caller", "ring_s", "line"]
    table = pd.DataFrame(rows, columns=names)
    table["arrived_at"] = pd.to_datetime(table["arrived_at"].astype("float64"), unit="s", utc=True)
    told = pd.DataFrame(staff, columns=list(c.STAFF_COLUMNS))
    told["at"] = pd.to_datetime(told["at"].astype("float64"), unit="s", utc=True).dt.tz_convert(zone)
    return c.Log(c.tidy(table, zone), told, losses)


def _in_order(events: list[tuple[float, int, list[str]]]) -> list[tuple[float, int, list[str]]]:
    """By time; within one second as the file has them, but for events of a call that cannot have happened so."""
    events.sort(key=lambda event: event[:2])
    where: dict[tuple[str, str], int] = {}
    ordered: list[tuple[float, int, list[str]]] = []
    for _, same in itertools.groupby(events, key=lambda event: event[0]):
        left = list(same)
        look = len(left) <= SECOND_LINES
        while left:
            place = next((n for n, event in enumerate(left) if _can_happen(event[2], where)), 0) if look else 0
            event = left.pop(place)
            step = _STEPS.get(event[2][4])
            if step is not None:
                where[event[2][1], event[2][2]] = step[1]
            ordered.append(event)
    return ordered


def _can_happen(fields: list[str], where: dict[tuple[str, str], int]) -> bool:
    step = _STEPS.get(fields[4])
    return step is None or where.get((fields[1], fields[2]), AWAY) == step[0]


def _ends(
    at: float, number: int, fields: list[str], open_stays: dict[tuple[str, str], _Stay], stays: list[_Stay]
) -> str | None:
    """Put one ending or connect to its stay; the reason if it cannot be."""
    key = (fields[1], fields[2])
    event, data = fields[4], fields[5:]
    stay = open_stays.get(key)
    if stay is None:
        stay = open_stays[key] = _Stay(*key)
        stays.append(stay)
    if event == "CONNECT":
        if stay.connected is not None or stay.outcome is not None:
            return Told("a second CONNECT of one call in one queue")
        stay.connected = at
        stay.agent = _name(fields[3])
        stay.hold = _known(data, 0)
        stay.ring = _number(data[2]) if len(data) > 2 else math.nan
    elif stay.outcome is not None:
        return Told("a second ending of one call in one queue")
    elif event in TALK_ENDS:
        hold_place, talk_place = TALK_ENDS[event]
        if event == "ATTENDEDTRANSFER":
            hold_place, talk_place = _attended(data)
        stay.outcome = c.ANSWERED
        stay.end = at
        stay.agent = stay.agent or _name(fields[3])
        stay.hold = stay.hold if stay.hold is not None else _known(data, hold_place)
        stay.talk = _known(data, talk_place)
    else:
        outcome, wait_place = ENDINGS[event]
        if stay.connected is not None:
            return Told("{event} of a call that was connected", event=event)
        stay.outcome = outcome
        stay.end = at
        stay.hold = _known(data, wait_place)
    stay.lines.append(number)
    return None


def _attended(data: list[str]) -> tuple[int, int]:
    """Places of hold and talk time: the three last numbers are hold, talk, position (Asterisk 12 on)."""
    return (len(data) - 3, len(data) - 2) if len(data) >= 3 else (2, 3)


def _row(stay: _Stay, losses: Losses) -> tuple[object, ...] | None:
    """A finished stay as a row; None, and its lines dropped, if it cannot be placed in time."""
    if stay.connected is None and stay.outcome is None:
        _unfinished(stay, losses)
        return None
    answered = stay.connected is not None or stay.outcome == c.ANSWERED
    turned = stay.connected
    if turned is None and stay.end is not None:
        turned = stay.end - (stay.talk or 0.0) if answered else stay.end
    repaired: list[str] = []
    entered = stay.entered
    if entered is None:
        if stay.hold is None or turned is None:
            losses.drop(Told("the call's beginning is missing and no hold time tells it"), stay.lines)
            return None
        entered = turned - stay.hold
        repaired.append("ENTERQUEUE missing: arrival taken from the hold time")
    wait = turned - entered if turned is not None else stay.hold
    if wait is None or wait < 0:
        losses.drop(Told("the call ends before it begins"), stay.lines)
        return None
    talk = math.nan
    if answered:
        if stay.talk is not None:
            talk = stay.talk
        elif stay.end is not None and stay.connected is not None:
            talk = stay.end - stay.connected
            repaired.append("talk time missing: taken from the lines' times")
        else:
            repaired.append("the end of the talk is missing: its length is unknown")
        if stay.connected is None:
            repaired.append("CONNECT missing: answer taken from the talk time")
    if repaired:
        losses.repair("; ".join(repaired), stay.lines)
    else:
        losses.keep(stay.lines)
    outcome = c.ANSWERED if answered else stay.outcome
    agent = stay.agent if answered else None
    return (stay.call, entered, stay.queue, wait, outcome, talk, agent, stay.caller, stay.ring, min(stay.lines))


def _unfinished(stay: _Stay, losses: Losses) -> None:
    losses.drop(Told("a call without an ending: the log was cut, or the call was still waiting"), stay.lines)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _known(data: list[str], place: int) -> float | None:
    if not 0 <= place < len(data):
        return None
    value = _number(data[place])
    return None if math.isnan(value) or value < 0 else value


def _name(agent: str) -> str | None:
    return None if agent in NOBODY else agent


# --- writing ---------------------------------------------------------------------------------------------------------


def write(calls: pd.DataFrame, staff: pd.DataFrame | None = None) -> str:
    """The calls as queue_log text, in order of time, whole seconds; `read` gives the same calls back.

    What the log cannot say is left out: priority, and parts of a second. Fields may hold neither `|` nor line ends;
    such letters become `_`.
    """
    lines: list[tuple[int, int, int, str]] = []
    epochs = _epochs(calls["arrived_at"])
    for i, row in enumerate(calls.itertuples(index=False)):
        call, queue = _field(row.call_id), _field(row.queue)
        entered = epochs[i]
        wait = round(row.wait_s)
        if row.outcome == c.REFUSED:
            lines.append((entered, 1, i, f"{entered}|{call}|{queue}|NONE|JOINEMPTY"))
            continue
        lines.append((entered, 1, i, f"{entered}|{call}|{queue}|NONE|ENTERQUEUE||{_field(row.caller or '')}|1"))
        turned = entered + wait
        if row.outcome == c.ANSWERED:
            agent = _field(row.agent) if row.agent else "NONE"
            ring = "" if math.isnan(row.ring_s) else f"{round(row.ring_s)}"
            lines.append((turned, 3, i, f"{turned}|{call}|{queue}|{agent}|CONNECT|{wait}|{call}.1|{ring}"))
            if not math.isnan(row.talk_s):
                talk = round(row.talk_s)
                end = turned + talk
                lines.append((end, 4, i, f"{end}|{call}|{queue}|{agent}|COMPLETECALLER|{wait}|{talk}|1"))
        else:
            event, data = {
                c.ABANDONED: ("ABANDON", f"1|1|{wait}"),
                c.TIMED_OUT: ("EXITWITHTIMEOUT", f"1|1|{wait}"),
                c.LEFT: ("EXITWITHKEY", f"0|1|1|{wait}"),
            }[row.outcome]
            lines.append((turned, 4, i, f"{turned}|{call}|{queue}|NONE|{event}|{data}"))
    if staff is not None and len(staff):
        words = {"in": "ADDMEMBER", "out": "REMOVEMEMBER", "pause": "PAUSE", "unpause": "UNPAUSE"}
        for i, (at, doing) in enumerate(zip(_epochs(staff["at"]), staff.itertuples(index=False), strict=True)):
            queue = _field(doing.queue) if isinstance(doing.queue, str) and doing.queue else "NONE"
            text = f"{at}|NONE|{queue}|{_field(doing.agent)}|{words[doing.event]}|"
            lines.append((at, 0, i, text))
    lines.sort()
    return "".join(line + "\n" for *_, line in lines)


def _epochs(instants: pd.Series) -> list[int]:
    utc = instants.dt.tz_convert("UTC").dt.tz_localize(None)
    return [round(value) for value in (utc - pd.Timestamp(0)) / pd.Timedelta(seconds=1)]


def _field(text: object) -> str:
    return str(text).replace("|", "_").replace("\n", "_").replace("\r", "_")
