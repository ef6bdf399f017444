"""Callers of a log as they came, and where they come in: by which trunk, or straight to which queue, in each version.

Decides which callers a backtest has: those of the last days that both versions can take in. A bridge's record tells trunk,
number and caller of each call; any other log tells the queue alone, and its callers begin there unless a map says by which
trunk they came. Queues and members of such a log are found in the document by number or by name. Leaves what a version makes of
them to `replay.py`.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pandas as pd

from engine.contract.errors import PbxError
from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from pbxsim.logs import Log
from pbxsim.logs import calls as c
from pbxsim.logs.told import Told, Translate, in_language

COLUMNS: Final = ("call_id", "at", "trunk", "called", "caller")
"""Key of the trunk in the present version (empty: an internal number was called), the number called, the caller's number."""

KEY: Final = "key "
NOT_PRESSED: Final = {"no_input": "none", "next": "none", "": "hangup"}
"""Exits of a greeting that nobody pressed a key for, and what the caller chose then."""


class BacktestError(PbxError):
    """The log and the versions do not go together: the message says what is missing and what to do."""

    def told(self, translate: Translate) -> str:
        """The message in another language as far as it is known there."""
        return str(in_language(self.args[0], translate))


STRANGERS: Final = "members of the log that are no users of the present version: {what}"


@dataclasses.dataclass(frozen=True)
class Entry:
    """Where calls come in to a version: by a trunk, or at an internal number."""

    trunk: str | None
    called: str | None


def entry(flow: Flow, trunk: str, called: str) -> Entry | None:
    """The same way in, in a version: its trunk with the number that was called, else one of the same key; None if it has none."""
    if not trunk:
        return Entry(None, called) if flow.find(called) is not None else None
    key = flow.trunk_of(called) or (trunk if trunk in flow.trunks else None)
    return None if key is None else Entry(key, None)


def callers_of(log: Log, present: Flow, origins: Mapping[str, str]) -> pd.DataFrame:
    """Everybody who came from outside, in order of time. `origins` says by which trunk callers of a queue came, where the log
    does not tell. Raises BacktestError."""
    if log.entries is not None:
        return log.entries[list(COLUMNS)]
    calls = log.calls.drop_duplicates("call_id")
    unknown = sorted(set(origins.values()) - set(present.trunks))
    if unknown:
        text = "the present version has no trunk {name}; it has {trunks}"
        raise BacktestError(Told(text, name=", ".join(unknown), trunks=", ".join(present.trunks)))
    trunk = calls["queue"].map(lambda queue: origins.get(queue, ""))
    numbers = {key: one.number for key, one in present.trunks.items()}
    table = pd.DataFrame(
        {
            "call_id": calls["call_id"],
            "at": calls["arrived_at"],
            "trunk": trunk,
            "called": trunk.map(numbers).where(trunk != "", calls["queue"]),
            "caller": calls["caller"].where(calls["caller"].notna(), ""),
        }
    )
    return table.sort_values("at", kind="stable").reset_index(drop=True)


def numbered(log: Log, flow: Flow, queues: Mapping[str, str]) -> tuple[Log, dict[str, str], list[Told]]:
    """The log with internal numbers in place of its own names for queues and members; the numbers of its queues; and what was
    left out, for people.

    `queues` says what a queue of the log is; others are found by number or name. Members nobody finds are left out of the
    presence, their calls are not. Raises BacktestError for a queue that is not found.
    """
    if log.activity is not None:
        return log, {}, []
    known = {element.name.lower(): number for number, element in flow.elements.items() if element.kind == "queue"}
    of_queue = {}
    for name in sorted(set(log.calls["queue"])):
        told = str(queues.get(name, name))
        number = int(told) if is_digits(told) and int(told) in flow.elements else known.get(told.lower())
        if number is None or flow.elements[number].kind != "queue":
            text = (
                "queue `{name}` of the log is no queue of the present version, neither by number nor by name; say which one it "
                "is: {name}=NUMBER"
            )
            raise BacktestError(Told(text, name=name))
        of_queue[name] = str(number)
    users = {user.name.lower(): number for number, user in flow.head.users.items() if user.name}
    of_member: dict[str, str] = {}
    lost: list[str] = []
    for name in sorted(set(log.calls["agent"].dropna())):
        tail = name.rpartition("/")[2]  # SIP/100, PJSIP/100
        number = int(tail) if is_digits(tail) and int(tail) in flow.head.users else users.get(tail.lower())
        if number is None:
            lost.append(name)
        of_member[name] = name if number is None else str(number)
    calls = log.calls.assign(
        queue=log.calls["queue"].map(of_queue),
        agent=log.calls["agent"].map(of_member).astype(object).where(log.calls["agent"].notna(), None),
    )
    staff = log.staff.assign(
        queue=[of_queue.get(name, name) if name is not None else None for name in log.staff["queue"]],
        agent=[of_member.get(name, name) for name in log.staff["agent"]],
    )
    notes = [Told(STRANGERS, what=", ".join(lost))] if lost else []
    return dataclasses.replace(log, calls=calls, staff=staff), of_queue, notes


def choices(log: Log) -> dict[int, dict[str, float]]:
    """What callers did at each greeting: how often each key, nothing, or ringing off; empty where the log does not tell."""
    found: dict[int, Counter[str]] = {}
    if log.entries is None:
        return {}
    for passed in log.entries["choices"]:
        for element, exit_ in passed:
            choice = exit_.removeprefix(KEY) if exit_.startswith(KEY) else NOT_PRESSED.get(exit_)
            if choice is not None:
                found.setdefault(element, Counter())[choice] += 1
    return {
        element: {choice: float(n) for choice, n in sorted(counts.items())} for element, counts in sorted(found.items())
    }


def really(log: Log, first: pd.Timestamp, within_s: float) -> dict[int, dict[str, float]]:
    """What became of the calls of each queue from `first` on, by the log itself: offered, abandoned share, wait, share within."""
    out = {}
    calls = log.calls[log.calls["arrived_at"].dt.tz_localize(None) >= first]
    for queue, rows in calls.groupby("queue"):
        offered = len(rows)
        answered = rows["outcome"] == c.ANSWERED
        out[int(str(queue))] = {
            "offered": float(offered),
            "abandoned_of_offered": float((rows["outcome"] == c.ABANDONED).mean()),
            "wait_s": float(rows["wait_s"].mean()),
            "service_level_of_offered": float((answered & (rows["wait_s"] <= within_s)).mean()),
        }
    return out
