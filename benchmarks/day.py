"""The work of the simulation benchmark: one busy day behind a greeting, the same numbers for every program."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Day:
    """A greeting with a key, a queue of members, ringing, patience, talk and wrap-up. Times in seconds."""

    hours: float = 24.0
    calls_per_h: float = 1800.0
    members: int = 130
    prompt_s: float = 6.0
    think_mean_s: float = 4.0
    think_scv: float = 0.3
    hang_up_share: float = 0.03
    patience_s: float = 120.0
    max_wait_s: float = 300.0
    answer_mean_s: float = 5.0
    answer_scv: float = 0.3
    no_answer: float = 0.02
    ring_s: float = 15.0
    retry_s: float = 5.0
    talk_mean_s: float = 200.0
    talk_scv: float = 1.4
    wrap_up_s: float = 20.0

    @property
    def think_mu(self) -> float:
        return _mu(self.think_mean_s, self.think_scv)

    @property
    def think_sigma(self) -> float:
        return math.sqrt(math.log1p(self.think_scv))

    @property
    def answer_mu(self) -> float:
        return _mu(self.answer_mean_s, self.answer_scv)

    @property
    def answer_sigma(self) -> float:
        return math.sqrt(math.log1p(self.answer_scv))

    @property
    def talk_mu(self) -> float:
        return _mu(self.talk_mean_s, self.talk_scv)

    @property
    def talk_sigma(self) -> float:
        return math.sqrt(math.log1p(self.talk_scv))


def _mu(mean: float, scv: float) -> float:
    return math.log(mean) - math.log1p(scv) / 2
