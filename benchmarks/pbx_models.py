"""Models A, B, C and the busy day as PBXs and scenarios: what the full engine and the simulated world run in the
benchmark."""

from __future__ import annotations

from benchmarks.day import Day
from benchmarks.models import A, B, C
from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario

FIRST = 200
"""Internal number of the first member."""

Case = tuple[Flow, Scenario]


def _flow(elements: str, to: int, users: int, prompts: str = "", more_trunks: str = "") -> Flow:
    numbers = "\n".join(f"  {FIRST + i}: {{}}" for i in range(users))
    return load(
        f"""
pbx: benchmark
zone: UTC
trunks: {{main: {{number: "74951234567", to: {to}}}{more_trunks}}}
elements:
{elements}
users:
{numbers}
prompts: {{music.wav: 20.0{prompts}}}
"""
    )


def _exponential(mean: float) -> dict[str, object]:
    return {"kind": "exponential", "mean": mean}


def _plain(**fields: object) -> Scenario:
    base: dict[str, object] = {
        "date": "2026-11-23",
        "zone": "UTC",
        "answering": {"default": {"delay": 0}},
        "measure": {"interval_min": 60},
    }
    return Scenario.of({**base, **fields})


def model_a() -> Case:
    """M/M/100+M."""
    members = [FIRST + i for i in range(A.agents)]
    queue = f"  5200: {{kind: queue, members: {members}, max_wait: 0, timeout: hangup}}\n"
    scenario = _plain(
        hours=A.calls / A.rate / 3600,
        arrivals={"main": {"trunk": "main", "per_hour": A.rate * 3600}},
        patience={"default": _exponential(A.patience_s)},
        talk={"default": _exponential(A.service_s), "caller_hangs_up": 0},
        measure={"from_s": A.warm_up / A.rate, "interval_min": 60},
    )
    return _flow(queue, 5200, A.agents), scenario


def model_b() -> Case:
    """Two types and VIP calls on three groups: queues that share members, tiers for the order, a skill dropped
    after 60 s.

    One thing differs from the model: which queue a shared member serves first is a rule of the queue (R-08.20), so
    that group 1 takes overflowed type 0 calls before its own type. In the model it is the other way round.
    """
    groups = []
    first = FIRST
    for size in B.agents:
        groups.append(range(first, first + size))
        first += size

    def queue(number: int, weight: int, order: tuple[int, int, int]) -> str:
        own, shared, other = order
        members = [f"{{user: {u}, tier: 1, skills: {{t: 1}}}}" for u in groups[own]]
        members += [f"{{user: {u}, tier: 2, skills: {{t: 1}}}}" for u in groups[shared]]
        members += [f"{{user: {u}, tier: 3}}" for u in groups[other]]
        return (
            f"  {number}: {{kind: queue, members: [{', '.join(members)}], max_wait: 0, timeout: hangup, queue_weight: {weight}, "
            f"skills: {{t: 1}}, relax: [{{after: {B.overflow_s:g}, drop: t}}]}}\n"
        )

    elements = queue(5200, 3, (0, 2, 1)) + queue(5201, 1, (1, 2, 0)) + queue(5202, 5, (0, 2, 1))
    elements += '  5500: {kind: number_rule, entries: ["8900"], match: 5202, mismatch: 5200}\n'
    scenario = _plain(
        hours=B.calls / sum(B.rates) / 3600,
        arrivals={
            "type 0": {
                "trunk": "main",
                "per_hour": B.rates[0] * 3600,
                "classes": {"plain": 1 - B.vip_share, "vip": B.vip_share},
            },
            "type 1": {"trunk": "second", "per_hour": B.rates[1] * 3600, "classes": {"plain": 1}},
        },
        callers={"plain": {"numbers": ["84951112233"]}, "vip": {"numbers": ["89001112233"]}},
        patience={
            "default": _exponential(B.patience_s[0]),
            "queues": {5201: _exponential(B.patience_s[1])},
        },
        talk={
            "default": _exponential(B.service_s[0]),
            "queues": {5201: _exponential(B.service_s[1])},
            "caller_hangs_up": 0,
        },
        measure={"from_s": B.warm_up / sum(B.rates), "interval_min": 60},
    )
    second = ', second: {number: "74957654321", to: 5201}'
    return _flow(elements, 5500, sum(B.agents), more_trunks=second), scenario


def model_c() -> Case:
    """A day of 5-minute rates with shifts and breaks; the benchmark runs it `C.days` times.

    One thing differs from the model: those who are to leave are named members, who finish the call they are in. In the
    model the first to be free leaves, so capacity falls faster at each shift's end and break: P(wait) 0.253 there, 0.223
    here, which is what named agents give in a program without this engine, too (0.222, 60 days).
    """
    shifts = []
    first = FIRST
    for start, end, heads, rests in C.teams():
        shifts.append(
            {
                "members": list(range(first, first + heads)),
                "from": round(start * 3600),
                "to": round(end * 3600),
                "breaks": [{"at": round(begin * 3600), "minutes": length * 60} for begin, length in rests],
            }
        )
        first += heads
    members = list(range(FIRST, first))
    settings = "max_wait: 0, timeout: hangup, join_when_empty: always"
    queue = f"  5200: {{kind: queue, members: {members}, {settings}}}\n"
    scenario = _plain(
        hours=C.periods * C.period_s / 3600,
        arrivals={"main": {"trunk": "main", "every_min": 5, "calls": [rate * C.period_s for rate in C.rates()]}},
        patience={"default": _exponential(C.patience_s)},
        talk={"default": _exponential(C.service_s), "caller_hangs_up": 0},
        shifts=shifts,
    )
    return _flow(queue, 5200, first - FIRST), scenario


def busy_day(day: Day) -> Case:
    """Working time, a greeting with a key, a queue idle-longest-first, ringing, patience and wrap-up."""
    members = [FIRST + i for i in range(day.members)]
    queue = (
        f"kind: queue, members: {members}, ring: {day.ring_s:g}, retry: {day.retry_s:g}, wrap_up: {day.wrap_up_s:g}, "
        f"max_wait: {day.max_wait_s:g}, timeout: hangup"
    )
    elements = f"""
  5400: {{kind: hours, days: mon-fri, open: "00:00-24:00", match: 5000, mismatch: hangup}}
  5000: {{kind: greeting, prompt: hello.wav, keys: {{1: 5200}}, no_input: 5200, invalid: 5200}}
  5200: {{{queue}}}
"""
    think = {"kind": "lognormal", "mean": day.think_mean_s, "scv": day.think_scv}
    answer = {"kind": "lognormal", "mean": day.answer_mean_s, "scv": day.answer_scv}
    scenario = _plain(
        hours=day.hours,
        arrivals={"main": {"trunk": "main", "per_hour": day.calls_per_h}},
        keys={5000: {"choices": {"1": 1 - day.hang_up_share, "hangup": day.hang_up_share}, "think": think}},
        patience={"default": _exponential(day.patience_s)},
        answering={"default": {"delay": answer, "no_answer": day.no_answer}},
        talk={
            "default": {"kind": "lognormal", "mean": day.talk_mean_s, "scv": day.talk_scv},
            "caller_hangs_up": 0,
        },
        measure={"interval_min": 30},
    )
    return _flow(elements, 5400, day.members, f", hello.wav: {day.prompt_s}"), scenario
