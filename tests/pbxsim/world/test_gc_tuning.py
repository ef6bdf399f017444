"""Many runs need little more memory than one: the worlds of earlier runs are forgotten, and the collector is left as it was."""

from __future__ import annotations

import gc

import pytest

from pbxsim.runs.run import simulate
from pbxsim.world import gc_tuning
from pbxsim.world.world import World
from tests.pbxsim.worlds import exponential, one_queue, steady


def test_worlds_of_earlier_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc_tuning, "LOOK_EVERY_S", 0.0)
    simulate(one_queue(2), steady(20, 1, exponential(60), exponential(60)), 12, processes=1, keep_records=False)
    assert sum(isinstance(one, World) for one in gc.get_objects()) <= 2


def test_the_collector_is_put_back_as_it_was() -> None:
    before = gc.get_threshold()
    with gc_tuning.seldom():
        assert gc.get_threshold() == gc_tuning.THRESHOLDS
        with gc_tuning.seldom():
            assert gc.get_threshold() == gc_tuning.THRESHOLDS
        assert gc.get_threshold() == gc_tuning.THRESHOLDS
    assert gc.get_threshold() == before
