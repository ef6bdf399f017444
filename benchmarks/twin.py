"""The twin: how long a forecast takes from a full queue, and how often its bands hold what then happens.

    python benchmarks/twin.py [--days 6] [--reps 199]

Prints the time of one forecast of 60 minutes, on one core, from 50 waiting callers and all members talking; then, on simulated
days of the example PBX that stand for real ones, the share of half-hours whose mean wait lay within the 80 % band that was made
an hour before their end. The days have seeds of their own; the twin learns of them what it would learn of a bridge.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

if __name__ == "__main__":  # this file must not stand before the package of its name
    sys.path[0] = os.environ.get("PYTHONPATH", "").split(os.pathsep)[0] or os.path.dirname(os.path.dirname(__file__))

from engine import compiled  # noqa: E402
from engine.contract.ids import SECOND_US  # noqa: E402
from engine.control.present import (  # noqa: E402
    Present,
    PresentCall,
    PresentLeg,
    PresentMember,
    PresentSeat,
    PresentWait,
)
from engine.loading.load import load  # noqa: E402
from engine.state.flow import Flow  # noqa: E402
from pbxsim import datasets  # noqa: E402
from pbxsim.scenario.scenario import Scenario  # noqa: E402
from pbxsim.twin import backtest  # noqa: E402
from pbxsim.twin.forecast import forecast  # noqa: E402
from pbxsim.world.resumed_world import Start  # noqa: E402

FIRST_DAY = 500


def example() -> tuple[Flow, Scenario]:
    """The example PBX and its weekday."""
    folder = datasets.folder()
    flow = load((folder / "pbx" / "example" / "pbx.yaml").read_text(encoding="utf-8"))
    return flow, Scenario.load(folder / "scenarios" / "example_weekday.yaml")


def full(flow: Flow, scenario: Scenario, queue: int, waiting: int) -> Present:
    """Half past ten: so many callers wait in a queue, the first for four minutes, and all its members talk."""
    at = scenario.begin(flow) + round(10.5 * 3600) * SECOND_US
    staff = [int(member) for member in flow.elements[queue].members()]
    members, calls = [], []
    for n, number in enumerate(staff):
        since = at - (30 + 60 * n) * SECOND_US
        leg = PresentLeg(n=1, user=number, queue=queue, placed_at=since, answered_at=since, ring_us=15 * SECOND_US)
        seats = (PresentSeat(queue=queue, signed_in=True),)
        members.append(PresentMember(user=number, state="talking", since=since, devices=1, seats=seats))
        calls.append(
            PresentCall(
                id=f"t{n}", started_at=since, trunk="moscow", element=queue, kind="queue", answered=True, placed=1,
                talking=1, legs=(leg,),
            )
        )  # fmt: skip
    for n in range(waiting):
        entered = at - round(240 * (1 - n / waiting)) * SECOND_US
        wait = PresentWait(queue=queue, entered_at=entered, since=entered)
        calls.append(
            PresentCall(
                id=f"w{n}", started_at=entered, trunk="moscow", element=queue, kind="queue", answered=True, wait=wait
            )
        )
    return Present(at=at, flow=flow.digest, members=tuple(members), calls=tuple(calls))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=6)
    parser.add_argument("--reps", type=int, default=199)
    args = parser.parse_args()
    flow, scenario = example()
    print("engine: compiled" if compiled.running.is_compiled else "engine: interpreted")
    present = full(flow, scenario, 5200, 50)
    forecast(flow, scenario, Start(present), 2)
    began, cpu = time.perf_counter(), time.process_time()
    made = forecast(flow, scenario, Start(present), 200)
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    (queue,) = made.queues
    print(f"one forecast from {queue.waiting} waiting callers, 60 min ahead, 200 replications, one core:")
    print(f"  {wall_s:6.2f} s   ({cpu_s:.2f} s of CPU, {cpu_s / 200 * 1000:.1f} ms a replication)")
    print(f"  of them a member answers {queue.to_answer.low:.0f} to {queue.to_answer.high:.0f} (80 %)")
    began, cpu = time.perf_counter(), time.process_time()
    days = range(FIRST_DAY, FIRST_DAY + args.days)
    judged = backtest.judge(flow, scenario, days, 9.0, 20.0, args.reps)
    cpu_s = time.process_time() - cpu
    levels = [(one.service_band, one.service_level) for one in judged]
    told = [band.holds(level) for band, level in levels if band is not None and level is not None]
    print(f"{args.days} simulated days, {len(judged)} half-hours, forecast an hour before their end:")
    print(f"  mean wait within the 80 % band    {backtest.share_held(judged):6.1%}")
    print(f"  service level within its band     {sum(told) / max(1, len(told)):6.1%}")
    print(f"  {cpu_s:.0f} s of CPU, {time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
