"""Random numbers depend on seed, replication, purpose and row alone (R-25.3)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from pbxsim.scenario.distributions import Constant, Exponential, Never
from pbxsim.world.random_streams import BLOCK, BLOCKS_KEPT, NEVER_US, Streams


def test_a_row_is_the_same_whoever_asks_and_when() -> None:
    forwards = Streams(11, 3).lengths("patience", Exponential(mean=120))
    backwards = Streams(11, 3).lengths("patience", Exponential(mean=120))
    rows = [0, 1, BLOCK - 1, BLOCK, 5 * BLOCK + 617]
    assert [forwards.at(row) for row in rows] == [backwards.at(row) for row in reversed(rows)][::-1]


def test_another_seed_replication_or_purpose_gives_other_numbers() -> None:
    first = [Streams(1, 0).lengths("patience", Exponential(mean=120)).at(row) for row in range(8)]
    for streams, purpose in ((Streams(2, 0), "patience"), (Streams(1, 1), "patience"), (Streams(1, 0), "talk")):
        other = [streams.lengths(purpose, Exponential(mean=120)).at(row) for row in range(8)]
        assert all(a != b for a, b in zip(first, other, strict=True))


def test_a_block_that_was_dropped_is_drawn_again_alike() -> None:
    column = Streams(5, 0).lengths("talk", Exponential(mean=300))
    first = [column.at(row) for row in range(10)]
    for block in range(BLOCKS_KEPT + 2):
        column.at(block * BLOCK)
    assert [column.at(row) for row in range(10)] == first


def test_longer_means_stretch_the_same_draws() -> None:
    """Inverse transform: a caller who is patient in one design is patient in the other (common random numbers)."""
    short = Streams(5, 0).lengths("patience", Exponential(mean=100))
    long = Streams(5, 0).lengths("patience", Exponential(mean=200))
    for row in range(100):
        assert long.at(row) == pytest.approx(2 * short.at(row), abs=2)


def test_columns_have_the_mean_they_should_and_do_not_go_together() -> None:
    streams = Streams(3, 0)
    one = streams.uniforms("one", 0, 40_000)
    two = streams.uniforms("two", 0, 40_000)
    assert abs(one.mean() - 0.5) < 4 * (1 / 12 / 40_000) ** 0.5
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / 200
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 4 / 200


def test_choices_come_with_their_weights() -> None:
    column = Streams(3, 0).choices("keys", (6.0, 3.0, 1.0))
    drawn = np.bincount([column.at(row) for row in range(20_000)], minlength=3) / 20_000
    assert np.allclose(drawn, [0.6, 0.3, 0.1], atol=0.015)
    assert Streams(3, 0).choices("keys", (2.0,)).at(99) == 0


def test_constants_and_never_need_no_draw() -> None:
    streams = Streams(3, 0)
    assert streams.lengths("ring", Constant(seconds=2.5)).at(12_345) == 2_500_000
    assert streams.lengths("patience", Never()).at(7) == NEVER_US


def test_draws_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "from pbxsim.world.random_streams import Streams; from pbxsim.scenario.distributions import Exponential;"
        "print([Streams(1, 2).lengths('talk', Exponential(mean=9)).at(i) for i in (0, 1, 99999)])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
