"""A small call centre with known parameters, simulated by forty lines that share nothing with the product.

If the simulator made the log it is calibrated on, an agreement of the two would prove nothing.
"""

from __future__ import annotations

import heapq
import math
import random

import numpy as np
import pandas as pd

from pbxsim.logs import Log, Losses, tidy
from pbxsim.logs import calls as c

PATIENCE_S = 150.0
TALK_S = {"sales": 120.0, "support": 200.0}
WRAP_UP_S = 12.0
VIP_HEAD_START_S = 120.0
SLOW = "a0"
"""Talks half as long again as the others."""

SHIFT = (9 * 3600, 17 * 3600)
LUNCH_S = 3600


def log(
    days: int = 30,
    members: int = 6,
    per_hour: float = 95.0,
    seed: int = 1,
    first: str = "2024-01-08",
    signed: bool = False,
) -> Log:
    """Calls of `days` working days, Monday to Friday, 9 to 17 h; two queues, each with plain and VIP callers."""
    dice = random.Random(seed)
    rows: list[dict[str, object]] = []
    staff: list[tuple[pd.Timestamp, str, str | None, str]] = []
    for date in pd.bdate_range(first, periods=days):
        level = dice.gammavariate(1 / 0.1**2, 0.1**2) * (1.25 if date.day_of_week == 0 else 1.0)
        rows += [
            {**row, "at": date + pd.Timedelta(seconds=float(row.pop("t")))}
            for row in _day(dice, members, per_hour * level)
        ]
        if signed:
            staff += [(date + pd.Timedelta(seconds=at), *what) for at, *what in _doings(members)]  # type: ignore[misc]
    table = pd.DataFrame(rows)
    table["arrived_at"] = table.pop("at").dt.round("s")
    calls = tidy(table, "Europe/Berlin")
    losses = Losses("synthetic")
    losses.keep(calls["line"].tolist())
    told = pd.DataFrame(staff, columns=list(c.STAFF_COLUMNS)) if staff else c.no_staff()
    if staff:
        told["at"] = told["at"].dt.tz_localize("Europe/Berlin")
    return Log(calls, told, losses)


def lunch_at(member: int) -> float:
    """Beginning of a member's lunch, seconds of the day."""
    return SHIFT[0] + 2.5 * 3600 + member * 1800


def _doings(members: int) -> list[tuple[float, str, str | None, str]]:
    """What members did on a day: signed in to both queues, paused for lunch in all of them, signed out."""
    out: list[tuple[float, str, str | None, str]] = []
    for i in range(members):
        for queue in TALK_S:
            out += [(SHIFT[0], f"a{i}", queue, "in"), (SHIFT[1] + 3600, f"a{i}", queue, "out")]
        out += [(lunch_at(i), f"a{i}", None, "pause"), (lunch_at(i) + LUNCH_S, f"a{i}", None, "unpause")]
    return sorted(out, key=lambda row: row[0])


def _day(dice: random.Random, members: int, per_hour: float) -> list[dict[str, object]]:
    """One day: first come, first served but for the VIPs' head start; the member idle longest answers."""
    events: list[tuple[float, int, str, int]] = []
    t = float(SHIFT[0])
    calls: list[dict[str, object]] = []
    while (t := t + dice.expovariate(per_hour / 3600)) < SHIFT[1] - 600:
        queue = "sales" if dice.random() < 0.6 else "support"
        vip = dice.random() < 0.4
        events.append((t, len(events), "call", len(calls)))
        calls.append(
            {"t": t, "queue": queue, "priority": "2" if vip else "1", "caller": f"7916{dice.randrange(4000):07d}"}
        )
    lunch = {i: lunch_at(i) for i in range(members)}
    for i in range(members):
        for at, what in (
            (SHIFT[0], "in"), (lunch[i], "out"), (lunch[i] + LUNCH_S, "in"), (SHIFT[1] + 3600, "out")
        ):  # fmt: skip
            events.append((at, len(events), what, i))
    heapq.heapify(events)
    idle: dict[int, float] = {}
    there: set[int] = set()
    busy: set[int] = set()
    waiting: list[tuple[float, int]] = []
    gone: set[int] = set()

    def plan(at: float, what: str, who: int) -> None:
        heapq.heappush(events, (at, len(calls) * 10 + len(events) + dice.randrange(1 << 30), what, who))

    def talk(at: float, member: int, call: int) -> None:
        mine = calls[call]
        mean = TALK_S[str(mine["queue"])] * (1.5 if f"a{member}" == SLOW else 1.0)
        length = dice.lognormvariate(math.log(mean) - 0.5 * 0.7**2, 0.7)
        mine |= {"wait_s": round(at - float(str(mine["t"]))), "outcome": c.ANSWERED}
        mine |= {"talk_s": round(length), "agent": f"a{member}"}
        idle.pop(member, None)
        busy.add(member)
        plan(at + length + WRAP_UP_S, "free", member)

    def free(at: float, member: int) -> None:
        while waiting and waiting[0][1] in gone:
            heapq.heappop(waiting)
        if member not in there or member in busy:
            return
        if waiting:
            talk(at, member, heapq.heappop(waiting)[1])
        else:
            idle[member] = at

    while events:
        at, _, what, who = heapq.heappop(events)
        if what == "call":
            if idle:
                talk(at, min(idle, key=lambda member: idle[member]), who)
            else:
                bonus = VIP_HEAD_START_S if calls[who]["priority"] == "2" else 0.0
                heapq.heappush(waiting, (at - bonus, who))
                plan(at + dice.expovariate(1 / PATIENCE_S), "lost", who)
        elif what == "lost":
            if "outcome" not in calls[who]:
                gone.add(who)
                calls[who] |= {
                    "wait_s": round(at - float(str(calls[who]["t"]))),
                    "outcome": c.ABANDONED,
                    "talk_s": np.nan,
                }
        elif what == "in":
            there.add(who)
            free(at, who)
        elif what == "out":
            there.discard(who)
            idle.pop(who, None)
        else:
            busy.discard(who)
            free(at, who)
    return calls
