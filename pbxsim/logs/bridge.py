"""The live bridge's own export: calls (`history.jsonl`, R-24.1) and what members did (`activity.jsonl`), read together.

Decides what a visit of a queue is to a calibration, and which rows of members are kept: sign-ins, pauses and their reasons,
phones, offers, talks, work after calls. Nothing is inferred here that the bridge says. Leaves fetching to the commands, and what
follows from the rows to `pbxsim/calibrate/known.py`. Both files are JSON lines, in any order and in any number of parts that may
overlap.
"""

from __future__ import annotations

import contextlib
import datetime
import zoneinfo
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs import cells
from pbxsim.logs.lines import Source, content, lines_of, name_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

INCOMING: Final = frozenset({"inbound", "missed"})
LEFT: Final = {"timeout": c.TIMED_OUT, "full": c.REFUSED, "join_empty": c.REFUSED}
"""What an exit of a queue means; any other is a caller who left it alive."""

CUT_OFF: Final = "CUT_OFF"
"""Cause of calls that the bridge itself cut off (R-24.2)."""

ENDINGS: Final = (".jsonl", ".jsonl.gz")
STAFF: Final = {"in": "in", "out": "out", "paused": "pause", "unpaused": "unpause"}
NEAR_S: Final = 1.0
"""Rows of one talk in both files are nearer to each other than this."""

ENTRY_COLUMNS: Final = ("call_id", "at", "trunk", "called", "caller", "choices")
"""Calls from outside as they came: `choices` are the greetings they passed, each with the exit taken (empty: rang off)."""

ACTIVITY_COLUMNS: Final = ("at", "agent", "event", "queue", "reason", "call", "lasted_s")
"""What members did, as the bridge has it; agent `0` is the bridge itself, queue None is none of them."""


class Visit(msgspec.Struct, frozen=True):
    """One element a call came to, as `history.jsonl` has it."""

    element: int
    kind: str
    enter: str
    answer: str | None = None
    leave: str | None = None
    output: str = ""
    answered_by: str = ""


class Call(msgspec.Struct, frozen=True):
    """A line of `history.jsonl`, as far as it is needed."""

    uuid: str
    start_stamp: str
    end_stamp: str
    accountcode: str
    events: tuple[Visit, ...]
    caller_id_number: str = ""
    destination_number: str = ""
    gateway: str = ""
    hangup_cause: str = ""


class Act(msgspec.Struct, frozen=True):
    """A line of `activity.jsonl`."""

    at: str
    member: int
    event: str
    queue: int | None = None
    reason: str = ""
    call: str = ""
    lasted: float | None = None


def files_in(folder: Path) -> list[Path]:
    """The parts of an export in a folder, and in those below it. Raises LogError if there are none."""
    found = sorted(path for path in folder.rglob("*") if path.name.endswith(ENDINGS) and path.is_file())
    if not found:
        text = "{name} holds no .jsonl file; export history.jsonl and activity.jsonl into it"
        raise LogError(Told(text, name=folder))
    return found


def is_export(head: str) -> bool:
    """Whether a text begins as one of the two files does."""
    return _kind(head.lstrip("\ufeff \r\n\t").split("\n", 1)[0]) is not None


def _kind(line: str) -> type[Call] | type[Act] | None:
    return type(found) if (found := _decoded(line)) is not None else None


def _decoded(line: str, kind: type[Call] | type[Act] | None = None) -> Call | Act | None:
    """A line as what it is, tried first as what the line before it was."""
    for one in (_AN_ACT, _A_CALL) if kind is Act else (_A_CALL, _AN_ACT):
        with contextlib.suppress(msgspec.DecodeError):
            return one.decode(line)
    return None


_A_CALL: Final[msgspec.json.Decoder[Call]] = msgspec.json.Decoder(Call)
_AN_ACT: Final[msgspec.json.Decoder[Act]] = msgspec.json.Decoder(Act)


def read(sources: Sequence[Source], zone: str | None = None) -> c.Log:
    """Calls, what members did, and the account of every line. `zone` is whose days to count in; without it the offset of the
    stamps is, if they have one only. Raises LogError, which holds the account of lines and the first of them."""
    if not sources:
        raise LogError("no export was given")
    with cells.beginning_shown(sources[0]):
        return _read(sources, zone)


def _read(sources: Sequence[Source], zone: str | None) -> c.Log:
    if zone is not None:
        c.zone_named(zone)
    accounts = [Losses(name_of(source)) for source in sources]
    calls: dict[str, tuple[Call, int]] = {}
    acts: dict[Act, None] = {}
    for source, losses in zip(sources, accounts, strict=True):
        _read_one(source, losses, calls, acts)
    losses = _together(accounts)
    if not calls:
        text = "no line of the export is a call; give history.jsonl, as /api/history.jsonl and pbx history write it"
        raise LogError(text, losses)
    where = zone or _zone_of(call.start_stamp for call, _ in calls.values())
    doings = _activity(acts, where)
    stays, cut = _stays(calls)
    table = _with_talks(c.tidy(stays, where), doings)
    waited = stays["call_id"].nunique()
    losses.remark(
        "came from outside and waited in no queue: no part of what is learned about queues", len(_came(calls)) - waited
    )
    losses.remark("the bridge went down while they waited: left out", cut)
    return c.Log(table, _staff(doings), losses, doings, _entries(calls, where))


def _together(accounts: Sequence[Losses]) -> Losses:
    """The accounts of all parts as one."""
    if len(accounts) == 1:
        return accounts[0]
    losses = Losses(f"{len(accounts)} files of a bridge")
    for one in accounts:
        losses.merge(one)
    return losses


def _read_one(source: Source, losses: Losses, calls: dict[str, tuple[Call, int]], acts: dict[Act, None]) -> None:
    """The lines of one part; every one of them is accounted for."""
    if not content(source):
        return  # a span in which nothing happened
    total = 0
    kind: type[Call] | type[Act] | None = None
    for number, line in lines_of(source):
        total = number
        if not line.strip():
            losses.drop("empty line", [number])
            continue
        found = _decoded(line, kind)
        if found is None:
            losses.drop("neither a call nor what a member did, or torn", [number])
            continue
        kind = type(found)
        if isinstance(found, Act):
            if found in acts:
                losses.drop("repeated", [number])
                continue
            acts[found] = None
        elif found.uuid in calls:
            losses.drop("repeated", [number])
            continue
        elif found.accountcode not in INCOMING:
            losses.drop(Told("not an incoming call: {kind}", kind=found.accountcode[:20]), [number])
            continue
        else:
            calls[found.uuid] = (found, number)
        losses.keep([number])
    losses.check(total)


def _zone_of(stamps: Iterable[str]) -> str:
    """The zone of stamps that all have one offset. Raises LogError."""
    offsets = {datetime.datetime.fromisoformat(stamp).utcoffset() for stamp in stamps}
    hours = {offset.total_seconds() / 3600 for offset in offsets if offset is not None}
    if len(offsets) > 1 or len(hours) != 1 or not (hour := hours.pop()).is_integer():
        raise LogError("the stamps do not tell the zone whose days to count in: name it, such as Europe/Moscow")
    return "UTC" if hour == 0 else f"Etc/GMT{-int(hour):+d}"


def _came(calls: dict[str, tuple[Call, int]]) -> list[Call]:
    return [call for call, _ in calls.values() if call.gateway]


def _entries(calls: dict[str, tuple[Call, int]], zone: str) -> pd.DataFrame:
    rows = [
        (
            call.uuid, call.start_stamp, call.gateway, call.destination_number, call.caller_id_number,
            tuple((visit.element, visit.output) for visit in call.events if visit.kind == "greeting"),
        )
        for call in _came(calls)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(ENTRY_COLUMNS))
    table["at"] = _instants(table["at"], zone)
    return table.sort_values("at", kind="stable").reset_index(drop=True)


def _instants(stamps: pd.Series, zone: str) -> pd.Series:
    return pd.to_datetime(stamps, utc=True, format="ISO8601").dt.tz_convert(zoneinfo.ZoneInfo(zone))


def _stays(calls: dict[str, tuple[Call, int]]) -> tuple[pd.DataFrame, int]:
    """One row a visit of a queue, and how many visits the bridge itself cut off."""
    rows: list[tuple[Any, ...]] = []
    cut = 0
    for call, line in calls.values():
        for visit in call.events:
            if visit.kind != "queue":
                continue
            over = visit.leave or call.end_stamp
            if visit.answer is None and not visit.output and call.hangup_cause == CUT_OFF:
                cut += 1
                continue
            outcome = c.ANSWERED
            if visit.answer is None:
                outcome = LEFT.get(visit.output, c.LEFT) if visit.output else c.ABANDONED
            rows.append(
                (
                    call.uuid, visit.enter, visit.answer or over, over, str(visit.element), outcome,
                    visit.answered_by or None, call.caller_id_number or None, line,
                )
            )  # fmt: skip
    names = ["call_id", "arrived_at", "_answer", "_over", "queue", "outcome", "agent", "caller", "line"]
    table = pd.DataFrame(rows, columns=names)
    for name in ("arrived_at", "_answer", "_over"):
        table[name] = pd.to_datetime(table[name], utc=True, format="ISO8601")
    second = pd.Timedelta(seconds=1)
    table["wait_s"] = ((table["_answer"] - table["arrived_at"]) / second).clip(lower=0.0)
    talked = ((table["_over"] - table["_answer"]) / second).clip(lower=0.0)
    table["talk_s"] = talked.where(table["outcome"] == c.ANSWERED)
    return table.drop(columns=["_answer", "_over"]), cut


def _activity(acts: Iterable[Act], zone: str) -> pd.DataFrame:
    rows = [
        (
            act.at,
            str(act.member),
            act.event,
            None if act.queue is None else str(act.queue),
            act.reason,
            act.call,
            act.lasted,
        )
        for act in acts
    ]
    table = pd.DataFrame(rows, columns=list(ACTIVITY_COLUMNS))
    table["at"] = _instants(table["at"], zone)
    table["queue"] = table["queue"].astype(object).where(table["queue"].notna(), None)
    table["lasted_s"] = pd.to_numeric(table["lasted_s"]).astype("float64")
    # Rows of one instant stay as the bridge wrote them: `started` stands before the sign-ins that it brings.
    return table.sort_values("at", kind="stable").reset_index(drop=True)


def _staff(doings: pd.DataFrame) -> pd.DataFrame:
    """Sign-ins and pauses as every log has them."""
    mine = doings[doings["event"].isin(list(STAFF))]
    if mine.empty:
        return c.no_staff()
    return pd.DataFrame(
        {"at": mine["at"], "agent": mine["agent"], "queue": mine["queue"], "event": mine["event"].map(STAFF)}
    ).reset_index(drop=True)


def _with_talks(calls: pd.DataFrame, doings: pd.DataFrame) -> pd.DataFrame:
    """Length of ringing and talk of each answered call, as the member's own rows have them: a visit lasts longer than its talk
    where the call goes on to somebody else."""
    answered = np.flatnonzero((calls["outcome"] == c.ANSWERED).to_numpy())
    keys = list(zip(calls["call_id"], calls["agent"], strict=True))
    answer = _seconds(calls["arrived_at"]) + calls["wait_s"].to_numpy(dtype=float)
    for event, column in (("answered", "ring_s"), ("talked", "talk_s")):
        mine = doings[(doings["event"] == event) & doings["lasted_s"].notna()]
        lengths = mine["lasted_s"].to_numpy(dtype=float)
        picked_up = _seconds(mine["at"]) + (lengths if event == "answered" else 0.0)
        known: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for call, agent, at, lasted in zip(
            mine["call"], mine["agent"], picked_up.tolist(), lengths.tolist(), strict=True
        ):
            known.setdefault((call, agent), []).append((at, lasted))
        values = calls[column].to_numpy(dtype=float).copy()
        for i in answered:
            near = [lasted for at, lasted in known.get(keys[i], ()) if abs(at - answer[i]) <= NEAR_S]
            if near:
                values[i] = near[0]
        calls[column] = values
    return calls


def _seconds(instants: pd.Series) -> npt.NDArray[np.float64]:
    """Seconds since the epoch."""
    plain = instants.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray((plain - pd.Timestamp(0)) / pd.Timedelta(seconds=1), dtype=np.float64)
