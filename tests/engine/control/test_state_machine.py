"""Random events against the engine, a naive judge beside it. What must hold stands in `tests/judge.py` and `tests/chaos.py`.

`make test` tells 20,000 events and more, always the same ones. `make nightly` tells 1,000,000; `PBX_RANDOM_EVENTS=5000000 make
nightly` as many as that says, and `PBX_RANDOM_SEED=7` begins elsewhere. A failure names its seed and step:
`run(seed, steps)` of this file does it again.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from hypothesis.stateful import rule as happening

from engine.records.journal import encode_said
from engine.state.sink import Stamped
from tests.chaos import Chaos, replayed, versions
from tests.harness import rule

STEPS = 200
FIRST_SEED = int(os.environ.get("PBX_RANDOM_SEED", "0"))
FLOWS = versions()
CHANCE = st.integers(min_value=0, max_value=(1 << 32) - 1)


def run(seed: int, steps: int = STEPS) -> Chaos:
    """One random day, to its end."""
    chance = random.Random(seed)
    chaos = Chaos(FLOWS)
    step = 0
    try:
        for step in range(steps):  # noqa: B007  # named in the message
            chaos.step(chance)
        chaos.drain()
    except Exception as error:
        raise AssertionError(f"seed {seed}, step {step}: {type(error).__name__}: {error}") from error
    return chaos


def run_many(events: int) -> int:
    """Random days until so many events were told; how many days."""
    told = 0
    day = 0
    while told < events:
        told += run(FIRST_SEED + day).events
        day += 1
    return day


def flat(said: list[list[Stamped]]) -> bytes:
    return encode_said([line for lines in said for line in lines])


@rule("R-08.5", "R-08.6", "R-08.7", "R-08.9", "R-08.15", "R-08.16", "R-25.6")
def test_twenty_thousand_random_events_break_no_rule() -> None:
    assert run_many(20_000) > 50


@pytest.mark.nightly
@rule("R-08.5", "R-08.6", "R-08.7", "R-08.9", "R-08.15", "R-08.16", "R-25.6")
def test_a_million_random_events_break_no_rule() -> None:
    run_many(int(os.environ.get("PBX_RANDOM_EVENTS", "1000000")))


@rule("R-25.2")
@pytest.mark.parametrize("seed", range(20))
def test_wake_ups_late_double_or_never_change_nothing_that_is_said(seed: int) -> None:
    chaos = run(seed)
    for how in ("never", "double", "early"):
        assert flat(replayed(chaos, how)) == flat(chaos.said), how


class Accidents(RuleBasedStateMachine):
    """The same world, its happenings chosen by Hypothesis so that what fails is made small."""

    def __init__(self) -> None:
        super().__init__()
        self.chaos = Chaos(FLOWS)

    def do(self, what: str, n: int) -> None:
        """One happening, after what is overdue."""
        self.chaos.wake_first()
        getattr(self.chaos, what)(random.Random(n))

    @happening(n=CHANCE)
    def time_goes_on(self, n: int) -> None:
        self.do("time_goes_on", n)

    @happening(n=CHANCE)
    def call_comes(self, n: int) -> None:
        self.do("call_comes", n)

    @happening(n=CHANCE)
    def leg_news(self, n: int) -> None:
        self.do("leg_news", n)

    @happening(n=CHANCE)
    def leg_news_again(self, n: int) -> None:
        self.do("leg_news", n)

    @happening(n=CHANCE)
    def media_news(self, n: int) -> None:
        self.do("media_news", n)

    @happening(n=CHANCE)
    def caller_acts(self, n: int) -> None:
        self.do("caller_acts", n)

    @happening(n=CHANCE)
    def member_acts(self, n: int) -> None:
        self.do("member_acts", n)

    @happening(n=CHANCE)
    def operator_acts(self, n: int) -> None:
        self.do("operator_acts", n)

    @happening(n=CHANCE)
    def driver_errs(self, n: int) -> None:
        self.do("driver_errs", n)

    @invariant()
    def engine_and_judge_count_the_same_calls(self) -> None:
        live = sum(not call.over for call in self.chaos.engine.tenant.calls.values())
        assert live == self.chaos.judge.calls_started - self.chaos.judge.calls_ended
        assert sum(version.calls for version in self.chaos.engine.versions.in_use.values()) == live

    def teardown(self) -> None:
        self.chaos.drain()


Accidents.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class TestAccidents(Accidents.TestCase):  # type: ignore[misc,valid-type]  # Hypothesis makes the base at run time
    """Run by pytest as one test."""
