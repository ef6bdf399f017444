"""What one event and one call cost the engine, and how that grows with members and with waiting calls.

    python benchmarks/engine.py [--calls 20000]

Prints microseconds of this process's CPU time: through `handle` with messages in and out, as a live call is decided, and
through the methods that take objects, as a simulated call is. Growth is a ratio within one run, so a noisy machine does not
matter: logarithmic growth from 10 to 1,000 is a factor of 3 at most, linear growth a factor of 100.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable

if __name__ == "__main__":  # this file must not stand before the package of its name
    sys.path[0] = os.environ.get("PYTHONPATH", "").split(os.pathsep)[0] or os.path.dirname(os.path.dirname(__file__))

from engine.analysis.check import check  # noqa: E402
from engine.contract import commands as cmd  # noqa: E402
from engine.contract import events as ev  # noqa: E402
from engine.contract.ids import SECOND_US, Instant  # noqa: E402
from engine.control.engine import Engine  # noqa: E402
from engine.loading.load import load
from engine.state.call import Call  # noqa: E402
from engine.state.flow import Flow  # noqa: E402
from engine.state.leg import Leg  # noqa: E402
from engine.state.sink import Sink  # noqa: E402

MENU = "  5000: {kind: greeting, prompt: w.wav, keys: {1: 5200, 2: 5300}, no_input: hangup, invalid: hangup}\n"


def flow_of(members: int, first: int, strategy: str = "longest_idle") -> Flow:
    """A PBX with a menu, a queue of so many members and a group of five."""
    users = "".join(f"  {1000 + i}: {{}}\n" for i in range(members))
    staff = ", ".join(str(1000 + i) for i in range(members))
    return load(
        f'pbx: bench\nzone: UTC\ntrunks: {{t: {{number: "74950000000", to: {first}}}}}\nelements:\n{MENU}'
        f"  5200: {{kind: queue, strategy: {strategy}, members: [{staff}], max_wait: 3600, timeout: hangup}}\n"
        "  5300: {kind: group, members: [1000, 1001, 1002, 1003, 1004], no_answer: hangup}\n"
        f"users:\n{users}prompts: {{w.wav: 5, music.wav: 10}}\n"
    )


class Bench:
    """An engine and a count of events."""

    def __init__(self, flow: Flow) -> None:
        self.engine = Engine(flow)
        self.at: Instant = 0
        self.events = 0
        for user in flow.head.users:
            self.tell(ev.DeviceRegistered(user=user))

    def tell(self, event: ev.Event) -> list[cmd.Command]:
        """One event a millisecond later; the commands that follow."""
        self.at += 1000
        self.events += 1
        return [m for _, m in self.engine.handle(self.at, event) if isinstance(m, cmd.Command)]

    def legs(self, said: list[cmd.Command]) -> list[str]:
        """Legs placed."""
        return [m.leg for m in said if isinstance(m, cmd.PlaceLeg)]

    def arrive(self, n: int) -> list[cmd.Command]:
        """Call number `n` comes in."""
        return self.tell(
            ev.CallArrived(call=f"c{n}", called="74950000000", trunk="t", caller="84950000001", draw_seed=n)
        )

    def queue_call(self, n: int) -> None:
        """A call is offered to a member, answered, and hung up by the caller: 4 events."""
        leg = self.legs(self.arrive(n))[0]
        self.tell(ev.LegAnswered(leg=leg))
        self.tell(ev.CallerHungUp(call=f"c{n}"))
        self.tell(ev.LegEnded(leg=leg))

    def menu_call(self, n: int) -> None:
        """A call presses 1 and gives up while a member's phone rings: 5 events."""
        self.arrive(n)
        leg = self.legs(self.tell(ev.DigitPressed(call=f"c{n}", digit="1")))[0]
        self.tell(ev.PromptEnded(play=f"c{n}.p1", reason="stopped"))
        self.tell(ev.CallerHungUp(call=f"c{n}"))
        self.tell(ev.LegFailed(leg=leg, cause="ORIGINATOR_CANCEL"))  # type: ignore[arg-type]

    def group_call(self, n: int) -> None:
        """Five phones ring, one answers, the caller hangs up: 8 events."""
        legs = self.legs(self.arrive(n))
        self.tell(ev.LegAnswered(leg=legs[0]))
        for leg in legs[1:]:
            self.tell(ev.LegFailed(leg=leg, cause="ORIGINATOR_CANCEL"))  # type: ignore[arg-type]
        self.tell(ev.CallerHungUp(call=f"c{n}"))
        self.tell(ev.LegEnded(leg=legs[0]))


def timed(work: Callable[[int], None], calls: int) -> float:
    """CPU seconds of `calls` calls."""
    began = time.process_time()
    for n in range(1, calls + 1):
        work(n)
    return time.process_time() - began


def by_messages(calls: int) -> None:
    """Cost of a call through `handle`."""
    print(f"{'through handle()':32}{'us/event':>10}{'us/call':>10}{'events':>8}")
    for name, first, work in (
        ("queue call, 10 members", 5200, Bench.queue_call),
        ("menu call", 5000, Bench.menu_call),
        ("group call, 5 phones", 5300, Bench.group_call),
    ):
        bench = Bench(flow_of(10, first))
        before = bench.events
        spent = timed(lambda n, b=bench, w=work: w(b, n), calls)  # type: ignore[misc]
        events = bench.events - before
        print(f"{name:32}{spent / events * 1e6:>10.2f}{spent / calls * 1e6:>10.2f}{events / calls:>8.1f}")


class Quiet(Sink):
    """A sink that remembers the last leg placed."""

    wants_moves = False
    leg: Leg

    def place_leg(self, leg: Leg) -> None:
        self.leg = leg


def by_objects(calls: int) -> float:
    """Cost of a queue call through the methods that take objects, in microseconds."""
    out = Quiet()
    engine = Engine(flow_of(10, 5200), out)
    for user in engine.tenant.users.values():
        engine.device_registered(0, user)
    at = 0

    def work(n: int) -> None:
        nonlocal at
        at += SECOND_US
        call = Call(str(n), "74950000000", "", "t", None, "trunk", n)
        engine.arrive(at, call)
        leg = out.leg
        engine.leg_answered(at, leg)
        engine.leg_ended(at, leg)

    return timed(work, calls) / calls * 1e6


def grown_members(calls: int, members: int, strategy: str) -> float:
    """Microseconds of a queue call with so many members."""
    bench = Bench(flow_of(members, 5200, strategy))
    return timed(bench.queue_call, calls) / calls * 1e6


def grown_waiting(calls: int, waiting: int) -> float:
    """Microseconds of a call that is taken from a queue in which so many wait, all members busy."""
    bench = Bench(flow_of(10, 5200))
    busy = [bench.legs(bench.arrive(n))[0] for n in range(1_000_001, 1_000_011)]
    for leg in busy:
        bench.tell(ev.LegAnswered(leg=leg))
    for n in range(2_000_001, 2_000_001 + waiting):
        bench.arrive(n)

    def work(n: int) -> None:
        leg = busy.pop(0)
        said = bench.tell(ev.LegEnded(leg=leg))
        offered = bench.legs(said)[0]
        bench.tell(ev.LegAnswered(leg=offered))
        busy.append(offered)
        bench.arrive(n)

    return timed(work, calls) / calls * 1e6


def hostile_rules(kind: str) -> Flow:
    """A flow of 500 outgoing rules that are hard to judge."""
    chance = random.Random(1)
    rules: list[tuple[str, str, str, str]] = []
    if kind == "bars and prefixes":
        rules += [(f"{{8|7|p7|}}916{n:03d}+", "000", str(2000 + n), "only") for n in range(250)]
        rules += [(f"{{9|}}{n:03d}(+)", "$", "", "except") for n in range(250)]
    elif kind == "no fixed beginning":
        rules += [(f"{'d?' * 8}{n:03d}{'d?' * 8}+", "000" if n % 2 else "8", "", "except") for n in range(500)]
    else:
        pieces = ("d?", "+", "1", "2", "8", "9", "{1|22|}", "d")
        for _ in range(500):
            mask = "".join(chance.choice(pieces) for _ in range(chance.randint(3, 12)))
            captured = chance.random() < 0.7
            output = chance.choice(("$", "8$", "+7$", "000", "00000") if captured else ("000", "89161234567", "112"))
            users = ";".join(str(chance.randint(2000, 2249)) for _ in range(chance.randint(0, 4)))
            rules.append((mask + "(+)" * captured, output, users, chance.choice(("only", "except"))))
    users = "".join(f"  {number}: {{name: U{number}}}\n" for number in range(2000, 2250))
    written = "".join(
        f'    - {{mask: "{mask}", output: "{output}", operator: m, users: "{users}", mode: {mode}}}\n'
        for mask, output, users, mode in rules
    )
    return load(
        f'pbx: hostile\nzone: UTC\ntrunks: {{m: {{number: "74951234567", to: 2000}}}}\nusers:\n{users}'
        f"outgoing:\n  default: m\n  rules:\n{written}"
    )


def checks() -> None:
    """CPU seconds that `pbx check` takes for 500 hostile outgoing rules."""
    print(f"\n{'check of 500 outgoing rules':32}{'CPU s':>10}{'findings':>10}")
    for kind in ("bars and prefixes", "no fixed beginning", "at random"):
        flow = hostile_rules(kind)
        began = time.process_time()
        found = check(flow)
        print(f"{kind:32}{time.process_time() - began:>10.2f}{len(found):>10}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000, help="calls a figure is taken over")
    calls: int = parser.parse_args().calls
    kind = "interpreted" if type(Engine.arrive).__name__ == "function" else "compiled"
    print(f"engine {kind}, {calls} calls a figure\n")
    by_messages(calls)
    print(f"\nqueue call through objects      {by_objects(calls):>20.2f} us/call")
    print(f"\n{'us/call by members':32}{'10':>10}{'100':>10}{'1000':>10}{'1000/10':>10}")
    for strategy in ("longest_idle", "fewest_calls", "linear", "round_robin"):
        few, some, many = (grown_members(calls // 4, members, strategy) for members in (10, 100, 1000))
        print(f"{strategy:32}{few:>10.2f}{some:>10.2f}{many:>10.2f}{many / few:>10.2f}")
    few, some, many = (grown_waiting(calls // 4, waiting) for waiting in (10, 100, 500))
    print(f"\n{'us/call by waiting calls':32}{'10':>10}{'100':>10}{'500':>10}{'500/10':>10}")
    print(f"{'longest_idle':32}{few:>10.2f}{some:>10.2f}{many:>10.2f}{many / few:>10.2f}")
    checks()


if __name__ == "__main__":
    main()
