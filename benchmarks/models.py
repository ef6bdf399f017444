"""Models A, B and C, on which simulators are compared: parameters, and what each run counts.

A: M/M/100 with exponential patience (Erlang A, 95 erlangs). B: two call types, three groups of agents, VIP
priority, patience, overflow to the other specialists after 60 s. C: 12-hour days with 5-minute Poisson rates and
shifts with breaks; agents finish their call, then leave. The exact figures of A are those of Erlang A; those of C
come from Kolmogorov's equations: P(wait) 0.25310, P(abandon) 0.059478, E[W] 7.1373 s. B has no formula; ten million
calls elsewhere gave P(wait) 0.4665, P(abandon) 0.07107, E[W] 10.527 s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

AWT_S = 20.0


@dataclass(frozen=True)
class ModelA:
    calls: int = 60_000
    warm_up: int = 5_000
    rate: float = 95.0 / 300.0
    service_s: float = 300.0
    patience_s: float = 120.0
    agents: int = 100


@dataclass(frozen=True)
class ModelB:
    calls: int = 60_000
    warm_up: int = 5_000
    rates: tuple[float, float] = (0.14, 0.10)
    service_s: tuple[float, float] = (300.0, 400.0)
    patience_s: tuple[float, float] = (120.0, 180.0)
    agents: tuple[int, int, int] = (30, 30, 20)
    vip_share: float = 0.1
    overflow_s: float = 60.0


@dataclass(frozen=True)
class ModelC:
    days: int = 8
    periods: int = 144
    period_s: float = 300.0
    service_s: float = 300.0
    patience_s: float = 120.0
    shifts: tuple[tuple[float, float, int, tuple[tuple[float, float], ...]], ...] = (
        (0.0, 8.0, 38, ((2.0, 0.25), (4.0, 0.5), (6.0, 0.25))),
        (1.5, 4.0, 24, ((2.0, 0.25),)),
        (2.0, 4.0, 20, ((2.0, 0.25),)),
        (4.0, 8.0, 48, ((2.0, 0.25), (4.0, 0.5), (6.0, 0.25))),
        (6.0, 6.0, 30, ((3.0, 0.25),)),
    )
    """Start h, length h, heads, breaks (offset h, length h); half of each team takes its breaks half an hour later."""

    def rates(self) -> list[float]:
        """Calls per second in each period."""
        hours = [(period + 0.5) * self.period_s / 3600 for period in range(self.periods)]
        return [
            0.10 + 0.16 * math.exp(-(((t - 2.5) / 1.8) ** 2)) + 0.12 * math.exp(-(((t - 7.5) / 2.2) ** 2))
            for t in hours
        ]

    def teams(self) -> list[tuple[float, float, int, tuple[tuple[float, float], ...]]]:
        """(start h, end h, heads, breaks (start h, length h)) of the two halves of each shift."""
        made = []
        for start, length, heads, breaks in self.shifts:
            for half, later in ((heads // 2, 0.0), (heads - heads // 2, 0.5)):
                rests = tuple((start + offset + later, rest) for offset, rest in breaks)
                made.append((start, start + length, half, rests))
        return made

    def capacity(self) -> list[tuple[float, int]]:
        """(second, agents wanted) steps; the last one holds until the last call is over."""
        changes: dict[float, int] = {}
        for start, end, heads, rests in self.teams():
            at = start
            for begin, length in rests:
                changes[at * 3600] = changes.get(at * 3600, 0) + heads
                changes[begin * 3600] = changes.get(begin * 3600, 0) - heads
                at = begin + length
            changes[at * 3600] = changes.get(at * 3600, 0) + heads
            changes[end * 3600] = changes.get(end * 3600, 0) - heads
        steps, now = [], 0
        for at in sorted(changes):
            if at >= self.periods * self.period_s:
                break
            now += changes[at]
            if changes[at]:
                steps.append((at, now))
        return steps


A, B, C = ModelA(), ModelB(), ModelC()


class Outcome:
    """What a run of a model counted."""

    def __init__(self) -> None:
        self.calls = 0
        self.counted = self.waited = self.abandoned = self.within = 0
        self.wait_s = 0.0

    def add(self, wait_s: float, answered: bool) -> None:
        """One call, answered or gone."""
        self.counted += 1
        self.wait_s += wait_s
        self.waited += wait_s > 0
        self.abandoned += not answered
        self.within += answered and wait_s <= AWT_S

    def figures(self) -> dict[str, float]:
        """P(wait), P(abandon), E[W] in seconds, and the share answered within 20 s."""
        n = max(1, self.counted)
        return {
            "P(wait)": self.waited / n,
            "P(abandon)": self.abandoned / n,
            "E[W] s": self.wait_s / n,
            "within 20 s": self.within / n,
        }
