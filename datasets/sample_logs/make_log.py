"""Writes `synthetic_queue_log.gz`: five weeks of a small help desk, generated, not recorded.

    python make_log.py

Shares no code with the simulator of this project: a log made by the simulator would prove nothing about a calibration on it.
The parameters are known (see README), so that whoever calibrates can see how near he comes.
"""

from __future__ import annotations

import gzip
import heapq
import math
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

SEED = 1999
FIRST = datetime(2026, 9, 7, tzinfo=timezone(timedelta(hours=3)))  # Moscow keeps one time all the year
WEEKS = 5
OPEN_H, CLOSE_H = 9, 18

PER_HOUR = (31, 52, 62, 56, 42, 48, 58, 50, 34)
"""Calls in each hour from nine to eighteen on a usual day; Mondays a quarter more, Fridays a tenth less."""

WEEKDAY = (1.25, 1.0, 1.0, 0.95, 0.9)
DAY_CV = 0.12
QUEUES = {"sales": 0.6, "support": 0.4}
TALK_S = {"sales": (150, 0.8), "support": (260, 0.9)}
"""Mean and sigma of the logarithm."""

SHORT_TALKS = 0.04
PATIENCE_S = 170.0
RING_S = (2, 5)
WRAP_UP_S = (8, 30)
MEMBERS = {
    "anna": ("sales", 1.0), "boris": ("sales", 0.85), "vera": ("sales", 1.2),
    "galina": ("support", 1.0), "dmitry": ("support", 1.15),
    "elena": ("both", 1.0), "ivan": ("both", 0.9),
}  # fmt: skip
"""Queues served, and the factor on talks."""

SHIFTS = {"anna": 9, "boris": 9, "vera": 10, "galina": 9, "dmitry": 10, "elena": 9, "ivan": 10}
LUNCH_H = {"anna": 12, "boris": 13, "vera": 14, "galina": 12.5, "dmitry": 13.5, "elena": 13, "ivan": 14.5}
LUNCH_S = 2700


def serves(member: str, queue: str) -> bool:
    """Whether a member takes calls of a queue."""
    return MEMBERS[member][0] in (queue, "both")


def day(dice: random.Random, midnight: datetime, number: int) -> list[tuple[int, str]]:
    """Lines of one day with their instants."""
    lines: list[tuple[int, str]] = []
    epoch = int(midnight.timestamp())
    busy_ness = dice.gammavariate(1 / DAY_CV**2, DAY_CV**2) * WEEKDAY[midnight.weekday()]

    def line(at: float, call: str, queue: str, agent: str, event: str, *data: object) -> None:
        lines.append((epoch + int(at), "|".join(map(str, (epoch + int(at), call, queue, agent, event, *data)))))

    events: list[tuple[float, int, str, object]] = []
    count = 0

    def plan(at: float, what: str, who: object) -> None:
        nonlocal count
        count += 1
        heapq.heappush(events, (at, count, what, who))

    for member, begin in SHIFTS.items():
        out = CLOSE_H * 3600 + 900
        for at, what in (
            (begin * 3600 - 60, "in"), (LUNCH_H[member] * 3600, "pause"), (LUNCH_H[member] * 3600 + LUNCH_S, "back"), (out, "out")
        ):  # fmt: skip
            plan(at, what, member)
    calls: dict[int, dict[str, object]] = {}
    for hour, rate in enumerate(PER_HOUR):
        at = 0.0
        while (at := at + dice.expovariate(rate * busy_ness / 3600)) < 3600:
            key = len(calls)
            queue = "sales" if dice.random() < QUEUES["sales"] else "support"
            came = (OPEN_H + hour) * 3600 + at
            caller = f"7495{dice.randrange(10**7):07d}"
            calls[key] = {
                "id": f"{epoch + int(came)}.{number * 10_000 + key}",
                "queue": queue,
                "came": came,
                "caller": caller,
            }
            plan(came, "call", key)
    there: set[str] = set()
    idle: dict[str, float] = {}
    busy: set[str] = set()
    waiting: list[int] = []

    def offer(at: float) -> None:
        for key in list(waiting):
            call = calls[key]
            free = [member for member in idle if serves(member, str(call["queue"]))]
            if not free:
                continue
            member = min(free, key=lambda one: idle[one])
            del idle[member]
            busy.add(member)
            waiting.remove(key)
            ring = dice.randint(*RING_S)
            mean, sigma = TALK_S[str(call["queue"])]
            talk = (
                dice.uniform(2, 9)
                if dice.random() < SHORT_TALKS
                else dice.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)
            )
            talk = max(1, round(talk * MEMBERS[member][1]))
            call["taken"] = True
            answered = at + ring
            hold = int(epoch + answered) - int(epoch + float(str(call["came"])))
            line(answered, str(call["id"]), str(call["queue"]), member, "CONNECT", hold, f"{call['id']}1", ring)
            ends = int(answered) + talk
            line(
                ends,
                str(call["id"]),
                str(call["queue"]),
                member,
                dice.choice(("COMPLETECALLER", "COMPLETEAGENT")),
                hold,
                talk,
                1,
            )
            plan(ends + dice.uniform(*WRAP_UP_S), "free", member)

    while events:
        at, _, what, who = heapq.heappop(events)
        if what == "call":
            call = calls[who]  # type: ignore[index]
            line(at, call["id"], call["queue"], "NONE", "ENTERQUEUE", "", call["caller"], 1)  # type: ignore[arg-type]
            waiting.append(who)  # type: ignore[arg-type]
            plan(at + dice.expovariate(1 / PATIENCE_S), "lost", who)
        elif what == "lost":
            if who in waiting:
                call = calls[who]  # type: ignore[index]
                waiting.remove(who)  # type: ignore[arg-type]
                hold = int(epoch + at) - int(epoch + float(str(call["came"])))
                line(at, call["id"], call["queue"], "NONE", "ABANDON", 1, 1, hold)  # type: ignore[arg-type]
        else:
            member = str(who)
            queues = [queue for queue in QUEUES if serves(member, queue)]
            if what in ("in", "out"):
                for queue in queues:
                    line(at, "NONE", queue, member, "ADDMEMBER" if what == "in" else "REMOVEMEMBER", "")
            elif what in ("pause", "back"):
                for queue in queues:
                    line(
                        at,
                        "NONE",
                        queue,
                        member,
                        "PAUSE" if what == "pause" else "UNPAUSE",
                        "lunch" if what == "pause" else "",
                    )
            if what in ("in", "back"):
                there.add(member)
            elif what in ("pause", "out"):
                there.discard(member)
                idle.pop(member, None)
            elif what == "free":
                busy.discard(member)
            if member in there and member not in busy:
                idle.setdefault(member, at)
        offer(at)
    return lines


def main() -> None:
    """Write the file beside this one; the same bytes every time."""
    dice = random.Random(SEED)
    lines: list[tuple[int, str]] = []
    for number in range(7 * WEEKS):
        midnight = FIRST + timedelta(days=number)
        if midnight.weekday() < 5:
            lines += day(dice, midnight, number)
    lines.sort(key=lambda pair: pair[0])
    text = "".join(f"{line}\n" for _, line in lines)
    with (
        (Path(__file__).parent / "synthetic_queue_log.gz").open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
    ):
        packed.write(text.encode())


if __name__ == "__main__":
    main()
