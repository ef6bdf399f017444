"""The peer: the day of `benchmarks/day.py` as people write it in SimPy, one generator process for each call.

The same work as the engine's: a greeting that a key cuts short, a queue that offers each call to the member idle
longest, ringing that may go unanswered, patience that runs on through all of it, talk, wrap-up, a longest wait, and
the same counts. Random numbers come from `random`, as in SimPy's own examples. Shift patterns and records are left
out on both sides.
"""

from __future__ import annotations

import random

import simpy

from benchmarks.day import Day


class Counts:
    """Offered, answered, abandoned, within 20 s, waits."""

    def __init__(self) -> None:
        self.offered = self.answered = self.abandoned = self.within = self.hung_up = self.timed_out = 0
        self.wait_s = 0.0
        self.talk_s = 0.0
        self.ring_s = 0.0


def run(day: Day, seed: int) -> tuple[int, Counts]:
    """One day; the number of calls and what was counted."""
    rng = random.Random(seed)
    exponential = rng.expovariate
    env = simpy.Environment()
    idle = simpy.PriorityStore(env)
    counts = Counts()
    calls = 0

    def call():  # type: ignore[no-untyped-def]
        draw = rng.random()
        heard = env.timeout(day.prompt_s + 5.0)
        pressed = env.timeout(rng.lognormvariate(day.think_mu, day.think_sigma))
        yield pressed | heard
        if draw < day.hang_up_share:
            counts.hung_up += 1
            return
        counts.offered += 1
        entered = env.now
        patience = env.timeout(exponential(1 / day.patience_s))
        longest = env.timeout(day.max_wait_s)
        while True:
            wanted = idle.get()
            got = yield wanted | patience | longest
            if wanted not in got:
                wanted.cancel()
                if patience in got:
                    counts.abandoned += 1
                else:
                    counts.timed_out += 1
                return
            member = wanted.value
            rang = env.now
            missed = rng.random() < day.no_answer
            answers = env.timeout(day.ring_s if missed else rng.lognormvariate(day.answer_mu, day.answer_sigma))
            got = yield answers | patience | longest
            counts.ring_s += env.now - rang
            if answers not in got:
                idle.put(simpy.PriorityItem(member.priority, member.item))
                if patience in got:
                    counts.abandoned += 1
                else:
                    counts.timed_out += 1
                return
            if missed:
                env.process(spare(member))
                continue
            break
        wait = env.now - entered
        counts.answered += 1
        counts.wait_s += wait
        if wait <= 20.0:
            counts.within += 1
        talk = rng.lognormvariate(day.talk_mu, day.talk_sigma)
        yield env.timeout(talk)
        counts.talk_s += talk
        ended = env.now
        yield env.timeout(day.wrap_up_s)
        idle.put(simpy.PriorityItem(ended, member.item))

    def spare(member):  # type: ignore[no-untyped-def]
        yield env.timeout(day.retry_s)
        idle.put(simpy.PriorityItem(member.priority, member.item))

    def source():  # type: ignore[no-untyped-def]
        nonlocal calls
        while True:
            yield env.timeout(exponential(day.calls_per_h / 3600))
            if env.now >= day.hours * 3600:
                return
            calls += 1
            env.process(call())

    for i in range(day.members):
        idle.put(simpy.PriorityItem(-1.0, i))
    env.process(source())
    env.run()
    return calls, counts
