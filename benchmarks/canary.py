"""The canary's rule on simulated calls: how often it rolls a good version back, and how soon a worse one (R-25.9).

    python benchmarks/canary.py                       everything, about 10 min on two cores
    python benchmarks/canary.py --healthy 200 --runs 50    fewer canaries
    python benchmarks/canary.py --level-alone         as if the service level were the only figure

Every canary is a simulated stretch of a busy centre, its calls drawn to both versions by the engine as live ones are; the notes
go to the figures and the test that a live canary has (`live_bridge/promotion`), looked at every half minute (outcomes are
taken in the order in which they were known, so looking more often gives the same alarms). The versions differ in
the length of their greeting alone: a longer one comes late to the queue, so its callers are answered late. The length for a
wished drop is read between those measured on 30,000 calls each. Callers of both versions wait in one
queue for the same people, so their waits hang together.

A drop is caught when the alarm is raised by so many canary calls whose level of service is known.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import numpy as np  # noqa: E402
import simpy  # noqa: E402

import engine  # noqa: E402, F401  # settles first whether what is compiled runs
from engine.contract import events as ev  # noqa: E402  # the project's folder is on the path only now
from engine.contract import notes as note  # noqa: E402
from engine.contract.ids import SECOND_US, Instant  # noqa: E402
from engine.loading.load import load  # noqa: E402
from engine.state.flow import Flow  # noqa: E402
from live_bridge.promotion.canary_figures import CanaryFigures  # noqa: E402
from live_bridge.promotion.canary_watch import WATCHED  # noqa: E402
from live_bridge.promotion.trial import Trial  # noqa: E402
from pbxsim.scenario.scenario import Scenario  # noqa: E402
from pbxsim.world import driver  # noqa: E402
from pbxsim.world.event_world import EventWorld  # noqa: E402
from pbxsim.world.world import World  # noqa: E402

GREETING_S = 4.0
MEMBERS = 24
CALLS_PER_H = 360.0


@dataclass(frozen=True)
class Setting:
    """One line of the table. The level is what the live version keeps without a canary, by its members' number."""

    name: str
    members: int
    drop: float
    within_calls: int


HEALTHY = (Setting("calm", 26, 0.0, 500), Setting("busy", 22, 0.0, 500))
DROPS = (
    Setting("busy", 22, 0.10, 200),
    Setting("middling", 24, 0.10, 200),
    Setting("calm", 26, 0.10, 200),
    Setting("quiet", 30, 0.10, 200),
    Setting("busy", 22, 0.03, 2_000),
    Setting("middling", 24, 0.03, 2_000),
    Setting("calm", 26, 0.03, 2_000),
    Setting("quiet", 30, 0.03, 2_000),
)
SHARE = 0.2
LONGER_S = (1.5, 3.0, 4.5, 6.0, 7.5, 9.0, 11.0)
LOOK_US = 30 * SECOND_US


@cache
def flow(members: int, longer_s: float, prompt: str) -> Flow:
    """A greeting by one of two prompts, then a queue."""
    numbers = [200 + i for i in range(members)]
    users = "\n".join(f"  {number}: {{}}" for number in numbers)
    return load(
        f"""
pbx: canary
zone: UTC
trunks: {{main: {{number: "74951234567", lines: unlimited, to: 5000}}}}
elements:
  5000: {{kind: greeting, prompt: {prompt}, next: 5200}}
  5200: {{kind: queue, members: {numbers}, strategy: longest_idle, wrap_up: 10, max_wait: 0, timeout: hangup}}
users:
{users}
prompts: {{music.wav: 20.0, welcome.wav: {GREETING_S}, longer.wav: {GREETING_S + longer_s:.3f}}}
"""
    )


def scenario(calls: float, seed: int) -> Scenario:
    """A stretch long enough for so many calls."""
    return Scenario.of(
        {
            "date": "2026-11-23",
            "zone": "UTC",
            "seed": seed,
            "hours": calls / CALLS_PER_H,
            "arrivals": {"main": {"trunk": "main", "per_hour": CALLS_PER_H}},
            "patience": {"default": {"kind": "exponential", "mean": 150}},
            "talk": {"default": {"kind": "lognormal", "mean": 200, "scv": 1.4}, "caller_hangs_up": 0.6},
            "answering": {"default": {"delay": {"kind": "lognormal", "mean": 5, "scv": 0.3}}},
        }
    )


class _Seen(Exception):
    """Enough was seen of this canary."""


def canary(members: int, longer_s: float, canary_calls: int, seed: int, stop: bool = True) -> CanaryFigures:
    """One canary of `SHARE` until its alarm or so many calls of it; without `stop` to the last call. Its figures."""
    live, other = flow(members, longer_s, "welcome.wav"), flow(members, longer_s, "longer.wav")
    day = scenario(1.15 * canary_calls / SHARE + 100, seed)
    begun = day.begin(live)
    figures = CanaryFigures(other.digest, live.digest, Trial(begun_at=begun, shares=((begun, SHARE),)))
    looked = begun

    def tell(at: Instant, said: note.Note) -> None:
        nonlocal looked
        if at >= looked + LOOK_US:
            looked = at - at % SECOND_US
            figures.look(looked)
            if stop and (figures.test.alarms or figures.calls[0] >= canary_calls):
                raise _Seen
        if isinstance(said, WATCHED):
            figures.take(at, said)

    def promote(world: World) -> Generator[simpy.Event, Any, None]:
        world.engine.know(other)
        world.send(ev.FlowPublished(flow=other.digest))
        world.send(ev.FlowPromoted(flow=other.digest, share=SHARE))
        yield world.env.timeout(0)

    world = EventWorld(live, day, 0, tell)
    try:
        driver.run(world, [promote])
        figures.look(world.at + 600 * SECOND_US)
    except _Seen:
        pass
    return figures


def alarm_after(members: int, longer_s: float, canary_calls: int, seed: int, level_alone: bool) -> int | None:
    """Canary calls until it is rolled back; None when that does not come within `canary_calls`."""
    alarms = [
        alarm
        for alarm in canary(members, longer_s, canary_calls, seed, stop=not level_alone).test.alarms
        if alarm.figure == "service_level" or not level_alone
    ]
    calls = min((alarm.calls_canary for alarm in alarms), default=canary_calls + 1)
    return calls if calls <= canary_calls else None


def levels(members: int, longer_s: float, canary_calls: int, seed: int) -> tuple[float, float]:
    """Service level of live version and canary, of so many canary calls."""
    level = canary(members, longer_s, canary_calls, seed, stop=False).test.figures["service_level"]
    return 1.0 - (level.live.value or 0.0), 1.0 - (level.canary.value or 0.0)


def drops_of(members: int) -> tuple[list[float], list[float]]:
    """The live version's level and the canary's drop for each of `LONGER_S`."""
    told = [levels(members, longer_s, 6_000, 900_000) for longer_s in LONGER_S]
    return [live for live, _ in told], [live - other for live, other in told]


def longer_for(drop: float, drops: list[float]) -> float:
    """Seconds of greeting more for a drop of the level, between the measured ones."""
    return float(np.interp(drop, np.maximum.accumulate([0.0, *drops]), [0.0, *LONGER_S]))


def interval(hits: int, runs: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (JASA 22, 1927)."""
    z, rate = 1.96, hits / runs
    middle = (rate + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z * math.sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs)) / (1 + z * z / runs)
    return middle - half, middle + half


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--healthy", type=int, default=1_000, help="healthy canaries of each load")
    parser.add_argument("--runs", type=int, default=200, help="worse canaries of each line")
    parser.add_argument("--level-alone", action="store_true", help="as if no other figure were watched")
    parser.add_argument("--processes", type=int, default=2)
    wanted = parser.parse_args()
    begun = time.monotonic()
    print(f"a share of {SHARE:.0%}; level: answered by a person within 20 s of coming in; 95 % intervals")
    print(
        f"{'load':8} {'level':>6} {'drop':>6} {'longer s':>8} {'by calls':>8} {'rolled back':>11} {'interval':>13} {'median':>7}"
    )
    with ProcessPoolExecutor(wanted.processes) as pool:
        members = sorted({one.members for one in DROPS})
        measured = dict(zip(members, pool.map(drops_of, members), strict=True))
        drops = [(setting, wanted.runs) for setting in DROPS]
        for setting, runs in [(one, wanted.healthy) for one in HEALTHY] + drops:
            level = measured[setting.members][0][0]
            longer_s = longer_for(setting.drop, measured[setting.members][1])
            known = list(
                pool.map(
                    alarm_after,
                    itertools.repeat(setting.members, runs),
                    itertools.repeat(longer_s),
                    itertools.repeat(setting.within_calls),
                    range(runs),
                    itertools.repeat(wanted.level_alone, runs),
                    chunksize=4,
                )
            )
            caught = sorted(calls for calls in known if calls is not None)
            low, high = interval(len(caught), runs)
            median = f"{caught[len(caught) // 2]:>7,}" if caught else f"{'-':>7}"
            print(
                f"{setting.name:8} {level:6.1%} {setting.drop:6.1%} {longer_s:8.1f} {setting.within_calls:8,} "
                f"{len(caught) / runs:11.1%} {low:6.1%}–{high:.1%} {median}",
                flush=True,
            )
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
