"""What a bridge's own record tells of its members without any inference: presence, pauses, staffing, work after calls, phones.

Decides when a member could be offered a call of a queue: signed in to it, not paused in it, a phone registered, not to be
disturbed, in no call of their own, while the bridge ran. A record that begins in the middle of a run tells the state before it by
its first words: whoever signs out first was signed in. Leaves reading to `pbxsim/logs/bridge.py`; logs of other systems, which
lack most of this, to `signins.py` and `staffing.py`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pbxsim.calibrate import signins
from pbxsim.calibrate.signins import Roster
from pbxsim.logs.told import Told, Translate, speaker
from pbxsim.scenario.distributions import Constant, Distribution, Empirical, Lognormal
from pbxsim.scenario.members import PhoneBehaviour

DAY_S: Final = signins.DAY_S
BRIDGE: Final = "0"
AWAY_S: Final = 60.0
"""A call of a member's own that is shorter stands in no roster."""

ANY: Final = ""
"""Stands for no queue in particular while rows are walked through."""

NEAR_S: Final = 1.0
"""Work after a call begins so near to the end of its talk."""

OWN_OFFERS: Final = 30
"""Offers from which a member's phone is told apart from everybody's."""

MOST_LOG_WEIGHT: Final = 2.0
"""No offer counts for more than so many (the exponential of it)."""

REJECTIONS: Final = ("CALL_REJECTED", "USER_BUSY")
QUANTILES: Final = 200
EVERY_MIN: Final = 30

Floats = npt.NDArray[np.float64]
Span = tuple[float, float]
Row = tuple[float, str, str, str, float]
"""Seconds after the first midnight, event, queue (empty: none), reason, length in seconds (NaN: none)."""


@dataclasses.dataclass(frozen=True)
class Known:
    """Everything the record tells. Seconds count from midnight of `first`, by the clock on the wall."""

    first: pd.Timestamp
    last: pd.Timestamp
    free: Mapping[tuple[str, str], tuple[Span, ...]]
    """By member and queue: when calls of the queue could be offered."""
    pauses: pd.DataFrame
    """One row a pause: day, agent, begin_s (of the day), minutes, reason."""
    wrap_up: Mapping[str, Distribution]
    """Work after calls by queue; a call without any counts as 0 s."""
    phone: PhoneBehaviour
    phones: Mapping[str, PhoneBehaviour]
    """Of members with offers enough."""
    ring_s: Mapping[str, int]
    """How long phones ring at most, by queue, where a call was ever missed."""
    reachable: Mapping[str, tuple[Span, ...]]
    """When calls of no queue could reach each member: a phone registered, not to be disturbed."""

    @functools.cached_property
    def roster(self) -> Roster:
        """Presence by day: free for any queue."""
        told: dict[pd.Timestamp, dict[str, list[Span]]] = {}
        queues: dict[str, set[str]] = {}
        spans: dict[str, list[Span]] = {}
        for (agent, queue), mine in self.free.items():
            if mine:
                queues.setdefault(agent, set()).add(queue)
                spans.setdefault(agent, []).extend(mine)
        for agent, mine_all in sorted(spans.items()):
            signins.by_day(told, self.first, agent, union(mine_all))
        return Roster(told, {}, {agent: frozenset(mine) for agent, mine in queues.items()}, certain=True)

    @functools.cached_property
    def staffing(self) -> pd.DataFrame:
        """Mean number of members free for each queue, by day and interval of `EVERY_MIN`: day, begin_s, queue, members."""
        step = EVERY_MIN * 60
        days = (self.last - self.first).days + 1
        per_day = int(DAY_S // step)
        parts = []
        for queue in sorted({queue for _, queue in self.free}):
            total = np.zeros(days * per_day)
            for (_, mine), spans in self.free.items():
                if mine == queue:
                    _add(total, spans, step)
            number = np.flatnonzero(total)
            parts.append(
                pd.DataFrame(
                    {
                        "day": self.first + pd.to_timedelta(number // per_day, unit="D"),
                        "begin_s": number % per_day * step,
                        "queue": queue,
                        "members": total[number],
                    }
                )
            )
        return (
            pd.concat(parts, ignore_index=True)
            if parts
            else pd.DataFrame(columns=["day", "begin_s", "queue", "members"])
        )

    def report(self, translate: Translate = str) -> list[str]:
        """What was known, for people; in another language where it is known there."""
        say = speaker(translate)
        days = {(day, agent) for day, members in self.roster.told.items() for agent in members}
        out = [
            say(
                "the bridge's own record tells presence on {days:,} members' days, {spans:,} spans in queues; nothing of it is "
                "inferred",
                days=len(days),
                spans=sum(map(len, self.free.values())),
            )
        ]
        for reason, rows in sorted(self.pauses.groupby("reason"), key=lambda item: -float(item[1]["minutes"].sum())):
            out.append(
                say(
                    "pauses, {name}: {count:,}, {mean_min:.0f} min each, {day_min:.0f} min of a member's day",
                    name=str(reason) or Told("no reason given"),
                    count=len(rows),
                    mean_min=rows["minutes"].mean(),
                    day_min=rows["minutes"].sum() / max(1, len(days)),
                )
            )
        for queue, length in sorted(self.wrap_up.items()):
            out.append(say("work after calls of {queue}: {mean_s:.0f} s on average", queue=queue, mean_s=length.mean))
        out.append(
            say(
                "phones are answered after {delay_s:.1f} s; not answered {missed:.1f} %, rejected {rejected:.1f} % of offers",
                delay_s=self.phone.delay.mean,
                missed=100 * self.phone.no_answer,
                rejected=100 * self.phone.reject,
            )
        )
        hours = self.staffing.assign(hour=self.staffing["begin_s"] // 3600)
        for queue, rows in hours.groupby("queue"):
            # An interval in which nobody was free has no row: the mean is over the days of the queue, not over rows.
            mean = rows.groupby("hour")["members"].sum() / (3600 / (60 * EVERY_MIN)) / rows["day"].nunique()
            told = ", ".join(f"{int(hour):02d}:00 {members:.1f}" for hour, members in mean.items() if members >= 0.05)
            out.append(say("members free for {queue}, mean of its days: {hours}", queue=queue, hours=told))
        return out


def haste(table: pd.DataFrame) -> dict[str, float]:
    """Callers who gave up for each second waited, by queue, from prepared days (`days.prepared`)."""
    sums = table.groupby("queue")[["abandoned", "wait"]].sum()
    return {str(queue): float(lost) / waited for queue, lost, waited in sums.itertuples() if waited > 0}


def known(
    activity: pd.DataFrame | None, first: pd.Timestamp, last: pd.Timestamp, haste: Mapping[str, float] | None = None
) -> Known | None:
    """What a record tells of the days from `first` to `last`; None where there is no record of any member. `haste` is how many
    callers of each queue give up for a second waited: an offer that rings long is the seldomer in the record, as its caller may
    be gone before it is missed."""
    if activity is None or activity.empty or not bool((activity["agent"] != BRIDGE).any()):
        return None
    clock = activity["at"].dt.tz_localize(None)
    table = activity.assign(s=(clock - first) / pd.Timedelta(seconds=1))
    over = (last - first) / pd.Timedelta(seconds=1) + DAY_S
    free: dict[tuple[str, str], list[Span]] = {}
    pauses: list[tuple[str, float, float, str]] = []
    for begin, end, rows in _runs(table, over):
        everybody = any(event in ("reachable", "unreachable") for one in rows.values() for _, event, *_ in one)
        for agent, mine in rows.items():
            spans, rests = _Member(mine, begin, end, everybody).walk()
            for queue, span in spans.items():
                free.setdefault((agent, queue), []).extend(span)
            pauses += [(agent, *rest) for rest in rests]
    told = {key: tuple(_within(union(spans), 0.0, over)) for key, spans in free.items()}
    reachable = {agent: told.pop((agent, ANY)) for agent, queue in sorted(told) if queue == ANY}
    within = table[(table["s"] >= 0) & (table["s"] < over)]
    phone, phones, ring = _phones(within, haste or {})
    return Known(
        first, last, {key: spans for key, spans in sorted(told.items()) if spans}, _pauses(pauses, first, over),
        _wrap_up(within), phone, phones, ring, reachable,
    )  # fmt: skip


def _runs(table: pd.DataFrame, over: float) -> Iterable[tuple[float | None, float, dict[str, list[Row]]]]:
    """Runs of the bridge: begin (None: before the record), end, and each member's rows of it."""
    rows: dict[str, list[Row]] = {}
    begin: float | None = None
    is_open, at_least = True, 0.0
    values = zip(
        table["s"].tolist(), table["agent"].tolist(), table["event"].tolist(), table["queue"].tolist(),
        table["reason"].tolist(), table["lasted_s"].tolist(), strict=True,
    )  # fmt: skip
    for at, agent, event, queue, reason, lasted in values:
        if agent == BRIDGE:
            if event == "started":
                if is_open:
                    yield begin, at, rows
                rows, begin, is_open = {}, at, True
            elif event == "stopped" and is_open:
                yield begin, at, rows
                rows, is_open = {}, False
            continue
        at_least = at
        rows.setdefault(agent, []).append((at, event, queue if isinstance(queue, str) else "", reason, lasted))
    if is_open:
        yield begin, max(over, at_least), rows


class _Member:
    """One member in one run of the bridge: from rows to spans in which each queue may offer them calls."""

    def __init__(self, rows: Sequence[Row], begin: float | None, end: float, phones_are_told: bool) -> None:
        self._rows = rows
        self._begin = rows[0][0] if begin is None else begin
        self._end = end
        self._signed: dict[str, bool] = {ANY: True}
        self._paused: dict[str, str | None] = {}
        answered = [at for at, event, *_ in rows if event == "answered"]
        phone = next(((at, event) for at, event, *_ in rows if event in ("reachable", "unreachable")), None)
        if phone is None:
            self._reachable = bool(answered) or not phones_are_told
        else:
            self._reachable = phone[1] == "unreachable" or any(at < phone[0] for at in answered)
        self._silent = next((event for _, event, *_ in rows if event in ("dnd", "dnd_over")), "dnd") == "dnd_over"
        if begin is None:
            self._begin = min(self._begin, 0.0)
            self._first_words()

    def _first_words(self) -> None:
        """The state before the record begins."""
        for _, event, queue, _, _ in self._rows:
            if not queue:
                continue
            if event == "out" or event not in ("in", "out"):
                self._signed.setdefault(queue, True)
            else:
                self._signed.setdefault(queue, False)
            if event in ("paused", "unpaused"):
                self._paused.setdefault(queue, "" if event == "unpaused" else None)

    def walk(self) -> tuple[dict[str, list[Span]], list[tuple[float, float, str]]]:
        """Spans by queue, and pauses: begin, end, reason."""
        spans: dict[str, list[Span]] = {}
        open_: dict[str, float] = {}
        rests: list[tuple[float, float, str]] = []
        rest: tuple[float, str] | None = None
        away: list[Span] = []
        at = self._begin
        for at, event, queue, reason, lasted in [(self._begin, "", "", "", np.nan), *self._rows]:
            if event == "away" and lasted >= AWAY_S:
                away.append((at, at + lasted))
            self._take(event, queue, reason)
            for name in {*self._signed, *open_}:
                if self._is_free(name) and name not in open_:
                    open_[name] = at
                elif not self._is_free(name) and name in open_:
                    spans.setdefault(name, []).append((open_.pop(name), at))
            now = self._rests()
            if (rest is None) != (now is None) or (rest is not None and now is not None and rest[1] != now and now):
                if rest is not None:
                    rests.append((rest[0], at, rest[1]))
                rest = None if now is None else (at, now)
        for name, since in open_.items():
            spans.setdefault(name, []).append((since, self._end))
        if rest is not None:
            rests.append((rest[0], self._end, rest[1]))
        if away:
            spans = {
                name: [left for one in mine for left in signins.without(one, away)] for name, mine in spans.items()
            }
        return spans, rests

    def _take(self, event: str, queue: str, reason: str) -> None:
        if event in ("in", "out") and queue:
            self._signed[queue] = event == "in"
        elif event in ("paused", "unpaused") and queue:
            self._paused[queue] = reason if event == "paused" else None
        elif event in ("reachable", "unreachable"):
            self._reachable = event == "reachable"
        elif event in ("dnd", "dnd_over"):
            self._silent = event == "dnd"

    def _is_free(self, queue: str) -> bool:
        return (
            self._signed.get(queue, False) and self._paused.get(queue) is None and self._reachable and not self._silent
        )

    def _rests(self) -> str | None:
        """The reason of a pause in all queues signed in to; None while there is none, and while the phone is gone: a pause that
        was left on over night is no pause."""
        signed = [queue for queue, is_in in self._signed.items() if is_in and queue != ANY]
        reasons = [self._paused.get(queue) for queue in signed]
        told = [reason for reason in reasons if reason is not None]
        return max(told) if self._reachable and signed and len(told) == len(signed) else None


def union(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, overlapping ones joined, empty ones left out.

    >>> union([(5.0, 9.0), (1.0, 5.0), (3.0, 3.0), (20.0, 21.0)])
    [(1.0, 9.0), (20.0, 21.0)]
    """
    out: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((begin, end))
    return out


def _within(spans: Iterable[Span], low: float, high: float) -> list[Span]:
    return [(max(begin, low), min(end, high)) for begin, end in spans if end > low and begin < high]


def _add(total: Floats, spans: Iterable[Span], step: float) -> None:
    """Add the share of each interval that a member was there."""
    for begin, end in spans:
        first, last = int(begin // step), min(len(total) - 1, int(end // step))
        if first == last:
            total[first] += (end - begin) / step
            continue
        total[first] += (first + 1) - begin / step
        total[first + 1 : last] += 1.0
        total[last] += end / step - last if end < (last + 1) * step else 1.0


def _pauses(rows: list[tuple[str, float, float, str]], first: pd.Timestamp, over: float) -> pd.DataFrame:
    kept = [row for row in sorted(rows, key=lambda row: (row[1], row[0])) if row[2] > row[1] >= 0 and row[1] < over]
    begin = np.array([row[1] for row in kept], dtype=np.float64)
    end = np.array([row[2] for row in kept], dtype=np.float64)
    return pd.DataFrame(
        {
            "day": first + pd.to_timedelta(begin // DAY_S, unit="D"),
            "agent": pd.array([row[0] for row in kept], dtype="str"),
            "begin_s": begin % DAY_S,
            "minutes": (end - begin) / 60,
            "reason": pd.array([row[3] for row in kept], dtype="str"),
        }
    )


def _wrap_up(table: pd.DataFrame) -> dict[str, Distribution]:
    """Work after each talk of a queue: the member's own row where there is one, else nothing."""
    talks = table[(table["event"] == "talked") & table["queue"].notna()]
    if talks.empty:
        return {}
    ends = talks.assign(over=talks["s"] + talks["lasted_s"]).sort_values("over")[["over", "agent", "queue"]]
    work = table[table["event"] == "wrap_up"].sort_values("s")[["s", "agent", "lasted_s"]]
    joined = pd.merge_asof(ends, work, left_on="over", right_on="s", by="agent", tolerance=NEAR_S, direction="nearest")
    lengths = joined["lasted_s"].fillna(0.0)
    return {str(queue): told_by(rows.to_numpy(dtype=float)) for queue, rows in lengths.groupby(joined["queue"])}


def told_by(lengths: Floats) -> Distribution:
    """The lengths themselves as a distribution: `QUANTILES` of them, or one value where they are all alike."""
    if len(lengths) == 0 or float(np.ptp(lengths)) < 0.05:
        return Constant(seconds=round(float(lengths.mean()), 2) if len(lengths) else 0.0)
    if len(lengths) <= QUANTILES:
        return Empirical(values=tuple(float(f"{value:.4g}") for value in np.sort(lengths)))
    # Means of equal parts, and not quantiles between them: so the mean is that of all lengths.
    parts = np.array_split(np.sort(lengths), QUANTILES)
    return Empirical(values=tuple(float(f"{part.mean():.4g}") for part in parts))


def _phones(
    table: pd.DataFrame, haste: Mapping[str, float]
) -> tuple[PhoneBehaviour, dict[str, PhoneBehaviour], dict[str, int]]:
    """How phones are answered by everybody and by each member with offers enough; how long they ring."""
    offers = table[table["event"].isin(["answered", "missed"]) & table["lasted_s"].notna()]
    rate = offers["queue"].map(haste).astype(float).fillna(0.0)
    offers = offers.assign(weight=np.exp((rate * offers["lasted_s"]).clip(upper=MOST_LOG_WEIGHT)))
    phones = {
        str(agent): _phone(rows) for agent, rows in offers.groupby("agent") if len(rows) >= OWN_OFFERS
    }  # fmt: skip
    unanswered = offers[(offers["event"] == "missed") & (offers["reason"] == "NO_ANSWER")]
    ring = unanswered.groupby("queue")["lasted_s"].median()
    return _phone(offers), phones, {str(queue): max(1, round(float(s))) for queue, s in ring.items()}


def _phone(offers: pd.DataFrame) -> PhoneBehaviour:
    if offers.empty:
        return PhoneBehaviour()
    taken = offers[offers["event"] == "answered"]
    answered, weight = (taken[name].to_numpy(dtype=float) for name in ("lasted_s", "weight"))
    missed = offers[offers["event"] == "missed"].groupby("reason")["weight"].sum()
    count = float(offers["weight"].sum())
    mean = float(np.average(answered, weights=weight)) if len(answered) else 0.0
    spread = float(np.average((answered - mean) ** 2, weights=weight) / mean**2) if mean > 0.05 else 0.0
    delay: Distribution = (
        Lognormal.model_validate({"mean": round(mean, 2), "scv": round(min(spread, 9.0), 4)})
        if spread >= 0.001
        else Constant(seconds=round(mean, 2))
    )
    return PhoneBehaviour.model_validate(
        {
            "delay": delay,
            "no_answer": round(float(missed.get("NO_ANSWER", 0.0)) / count, 4),
            "reject": round(sum(float(missed.get(why, 0.0)) for why in REJECTIONS) / count, 4),
        }
    )
