"""The one table all logs are read into: a row per stay of a call in a queue.

Decides columns, units and what a valid table is. Leaves formats to the readers beside it, and what is learned from the table
to `pbxsim.calibrate`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import zoneinfo
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from engine.numbers.digits import has_digit
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

ANSWERED: Final = "answered"
ABANDONED: Final = "abandoned"
TIMED_OUT: Final = "timed_out"
LEFT: Final = "left"
REFUSED: Final = "refused"
OUTCOMES: Final = (ANSWERED, ABANDONED, TIMED_OUT, LEFT, REFUSED)
"""answered by a person; abandoned: hung up while waiting; timed_out: left by the wait limit; left: by key, or because the
queue was empty; refused: never let in."""

COLUMNS: Final = {
    "call_id": "str",
    "arrived_at": "instant the call began to wait, zone-aware",
    "queue": "queue or call type, as the log names it",
    "wait_s": "seconds waited, to the answer or to the end of waiting",
    "outcome": "one of " + ", ".join(OUTCOMES),
    "talk_s": "seconds of talk, NaN if not answered or not known",
    "agent": "who answered, None if nobody or not known",
    "caller": "the caller's number or surrogate, None if not known",
    "ring_s": "seconds the answering phone rang, NaN if not known",
    "priority": "class of the caller as the log has it, empty if it has none",
    "line": "first line of the log that tells of the call, from 1",
}

STAFF_COLUMNS: Final = ("at", "agent", "queue", "event")
"""What members did: event is in, out, pause, unpause; queue None is all of theirs."""


@dataclasses.dataclass(frozen=True)
class Log:
    """What a reader gives: calls, what members did as far as the log tells, and the account of every line.

    Only the export of a bridge has more: everything its members did (`bridge.ACTIVITY_COLUMNS`), and every call from outside as
    it came (`bridge.ENTRY_COLUMNS`), those that waited nowhere included.
    """

    calls: pd.DataFrame
    staff: pd.DataFrame
    losses: Losses
    activity: pd.DataFrame | None = None
    entries: pd.DataFrame | None = None


def no_staff() -> pd.DataFrame:
    """A log that tells nothing of members."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in STAFF_COLUMNS})


def want_log(log: object) -> None:
    """Raises TypeError where something else stands for a log, such as the path of a file."""
    if not isinstance(log, Log):
        shown = f"the path {log}" if isinstance(log, (str, Path)) else type(log).__name__
        raise TypeError(f"a log is wanted here and not {shown}; read it first, such as pbxsim.logs.read('queue_log')")


def zone_named(zone: str) -> zoneinfo.ZoneInfo:
    """The zone of an IANA name. Raises LogError, as times without a zone are never guessed to be UTC."""
    try:
        return zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        text = "`{zone}` is no time zone; name the log's zone as IANA does, such as Europe/Amsterdam"
        raise LogError(Told(text, zone=zone)) from None


def tidy(table: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Put columns into order, type and time order; missing optional ones become unknown.

    Raises LogError if a required column is missing or holds what cannot be.
    """
    missing = [name for name in ("arrived_at", "queue", "wait_s", "outcome") if name not in table]
    if missing:
        raise LogError(Told("the table of calls lacks {missing}", missing=", ".join(missing)))
    calls = table.copy()
    for name, default in (("talk_s", np.nan), ("ring_s", np.nan), ("agent", None), ("caller", None), ("priority", "")):
        if name not in calls:
            calls[name] = default
    if "line" not in calls:
        calls["line"] = np.arange(1, len(calls) + 1)
    if "call_id" not in calls:
        calls["call_id"] = [f"r{line}" for line in calls["line"]]
    arrived = pd.to_datetime(calls["arrived_at"])
    zone_named(zone)
    calls["arrived_at"] = arrived.dt.tz_convert(zone) if arrived.dt.tz is not None else localised(arrived, zone)
    for name in ("wait_s", "talk_s", "ring_s"):
        calls[name] = pd.to_numeric(calls[name]).astype("float64")
    for name in ("queue", "outcome", "priority", "call_id"):
        calls[name] = calls[name].astype("str")
    for name in ("agent", "caller"):
        known = calls[name].notna()
        calls[name] = calls[name].astype("object").where(known, None)
        calls.loc[known, name] = calls.loc[known, name].astype("str")
    calls["line"] = calls["line"].astype("int64")
    strange = sorted(set(calls["outcome"]) - set(OUTCOMES))
    if strange:
        raise LogError(f"unknown outcomes {', '.join(strange)}; a call is {', '.join(OUTCOMES)}")
    if bool((calls["wait_s"] < 0).any()) or bool(calls["wait_s"].isna().any()):
        raise LogError("every call has a wait of 0 s or more; drop or repair the others in the reader")
    calls = calls.sort_values(["arrived_at", "line"], kind="stable")
    return calls[list(COLUMNS)].reset_index(drop=True)


def localised(times: pd.Series, zone: str) -> pd.Series:
    """Clock times of `zone` as instants. An hour that the clock shows twice is taken as its first showing where the order
    does not tell, one that it skips as the first instant after it."""
    try:
        return times.dt.tz_localize(zone, ambiguous="infer", nonexistent="shift_forward")
    except ValueError:
        return localised_first(times, zone)


def localised_after(times: pd.Series, earlier: pd.Series, zone: str) -> pd.Series:
    """Clock times of `zone` as instants that are not before `earlier`, row by row: in the hour that the clock shows twice its
    second showing is meant where the first one would lie before."""
    first = localised_first(times, zone)
    second = times.dt.tz_localize(zone, ambiguous=np.zeros(len(times), dtype=bool), nonexistent="shift_forward")
    return first.where(~(first < earlier), second)


def localised_first(times: pd.Series, zone: str) -> pd.Series:
    """Clock times of `zone` as instants, in the hour that the clock shows twice those of its first showing."""
    return times.dt.tz_localize(zone, ambiguous=np.ones(len(times), dtype=bool), nonexistent="shift_forward")


def pseudonymised(calls: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """The same calls with callers replaced by a keyed hash that keeps length and the first two characters' class.

    The same number gives the same surrogate under the same key; without the key nobody can go back. Digits stay digits, so
    number rules of a flow still see a number of the same length. Raises ValueError on an empty key.
    """
    if not key:
        raise ValueError("a key of at least one byte is needed; keep it apart from the table")
    out = calls.copy()
    known = out["caller"].notna()
    unique = {number: surrogate(number, key) for number in set(out.loc[known, "caller"])}
    out.loc[known, "caller"] = out.loc[known, "caller"].map(unique)
    return out


def surrogate(number: str, key: bytes) -> str:
    """A keyed stand-in of one number: a leading plus and the first digit stay, the rest is a hash, digit for digit.

    >>> surrogate("+79161234567", b"k")[:2], len(surrogate("+79161234567", b"k"))
    ('+7', 12)
    """
    digest = hmac.new(key, number.encode(), hashlib.sha256).digest()
    stream = int.from_bytes(digest, "big")
    out: list[str] = []
    kept = 0
    for letter in number:
        if has_digit(letter):
            if kept == 0:
                out.append(letter)
            else:
                stream, digit = divmod(stream, 10)
                out.append(str(digit))
            kept += 1
        elif letter.isalpha():
            stream, step = divmod(stream, 26)
            out.append(chr(ord("a") + step))
        else:
            out.append(letter)
    return "".join(out)
