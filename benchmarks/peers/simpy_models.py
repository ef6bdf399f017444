"""The peer: models A, B and C in SimPy, one generator process for each call, `random` for the draws, as in SimPy's
examples."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.models import AWT_S, A, B, C, Outcome

Steps = Generator[simpy.Event, Any, None]


def run_a(seed: int) -> Outcome:
    """M/M/n+M: one resource, patience beside the request."""
    exponential = random.Random(seed).expovariate
    env = simpy.Environment()
    agents = simpy.Resource(env, A.agents)
    found = Outcome()

    def call(i: int) -> Steps:
        arrived = env.now
        with agents.request() as request:
            got = yield request | env.timeout(exponential(1 / A.patience_s))
            answered = request in got
            if i >= A.warm_up:
                found.add(env.now - arrived, answered)
            if answered:
                yield env.timeout(exponential(1 / A.service_s))

    def source() -> Steps:
        for i in range(A.calls):
            yield env.timeout(exponential(A.rate))
            env.process(call(i))

    env.process(source())
    env.run()
    found.calls = A.calls
    return found


def run_b(seed: int) -> Outcome:
    """Two types, three groups: ask the pools at once, cancel the loser, widen to the third pool after a while."""
    rng = random.Random(seed)
    exponential = rng.expovariate
    env = simpy.Environment()
    pools = [simpy.PriorityResource(env, agents) for agents in B.agents]
    found = Outcome()
    total = sum(B.rates)

    def rank(kind: int, vip: bool, pool: int) -> int:
        if pool == 1:
            return 0 if kind == 1 else (1 if vip else 2)
        return (0 if vip else 1) if kind == 0 else 2

    def call(i: int, kind: int) -> Steps:
        vip = kind == 0 and rng.random() < B.vip_share
        arrived = env.now
        patience = env.timeout(exponential(1 / B.patience_s[kind]))
        requests: list[tuple[int, Any]] = []
        won: tuple[int, Any] | None = None
        for pool in (kind, 2):
            request = pools[pool].request(priority=rank(kind, vip, pool))
            requests.append((pool, request))
            if request.triggered:
                won = (pool, request)
                for _, other in requests[:-1]:
                    other.cancel()
                break
        if won is None:
            later = env.timeout(B.overflow_s)
            got = yield simpy.AnyOf(env, [*(request for _, request in requests), patience, later])
            if not any(request.triggered for _, request in requests) and patience not in got:
                request = pools[1 - kind].request(priority=rank(kind, vip, 1 - kind))
                requests.append((1 - kind, request))
                if not request.triggered:
                    yield simpy.AnyOf(env, [*(request for _, request in requests), patience])
            for pool, request in requests:
                if request.triggered and won is None:
                    won = (pool, request)
                elif request.triggered:
                    pools[pool].release(request)
                else:
                    request.cancel()
        if i >= B.warm_up:
            found.add(env.now - arrived, won is not None)
        if won is not None:
            yield env.timeout(exponential(1 / B.service_s[kind]))
            pools[won[0]].release(won[1])

    def source() -> Steps:
        for i in range(B.calls):
            yield env.timeout(exponential(total))
            env.process(call(i, 0 if rng.random() < B.rates[0] / total else 1))

    env.process(source())
    env.run()
    found.calls = B.calls
    return found


def run_c(seed: int) -> Outcome:
    """Days with shifts: who is away holds a unit of the resource at top priority, once a call is finished."""
    exponential = random.Random(seed).expovariate
    found = Outcome()
    steps = C.capacity()
    top = max(capacity for _, capacity in steps)
    rates = C.rates()
    for _ in range(C.days):
        env = simpy.Environment()
        agents = simpy.PriorityResource(env, top)

        def call(env: Any = env, agents: Any = agents) -> Steps:
            arrived = env.now
            with agents.request(priority=1) as request:
                got = yield request | env.timeout(exponential(1 / C.patience_s))
                answered = request in got
                found.add(env.now - arrived, answered)
                if answered:
                    yield env.timeout(exponential(1 / C.service_s))

        def away(request: Any, back: Any, agents: Any = agents) -> Steps:
            yield request
            yield back
            agents.release(request)

        def shifts(env: Any = env, agents: Any = agents, away: Any = away) -> Steps:
            absent: list[tuple[Any, Any]] = []
            capacity = top
            for at, wanted in [(0.0, steps[0][1]), *steps[1:]]:
                if at > env.now:
                    yield env.timeout(at - env.now)
                while capacity > wanted:
                    request, back = agents.request(priority=0), env.event()
                    absent.append((request, back))
                    env.process(away(request, back))
                    capacity -= 1
                while capacity < wanted:
                    ungranted = (j for j, (request, _) in enumerate(absent) if not request.triggered)
                    request, back = absent.pop(next(ungranted, len(absent) - 1))
                    capacity += 1
                    if request.triggered:
                        back.succeed()
                    else:
                        request.cancel()

        def source(env: Any = env, call: Any = call) -> Steps:
            for period, rate in enumerate(rates):
                t = period * C.period_s
                while True:
                    t += exponential(rate)
                    if t >= (period + 1) * C.period_s:
                        break
                    yield env.timeout(t - env.now)
                    env.process(call())
                    found.calls += 1

        env.process(shifts())
        env.process(source())
        env.run()
    return found


RUNS = {"A": run_a, "B": run_b, "C": run_c}
assert AWT_S == 20.0
