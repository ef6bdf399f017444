"""The draw of a call follows from its id, for ever the same and without favour (R-25.6)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from engine.contract.draws import seed_of
from engine.state.call import Call, share
from tests.harness import rule


def drawn(call: str) -> float:
    """What a canary's share is held against."""
    return share(Call(call, "", seed=seed_of(call)).draw(0, 0))


@rule("R-25.6")
def test_draw_of_an_id_is_the_same_in_every_version_of_this_program() -> None:
    """A change here moves calls that are told again, as a replay of a journal without seeds or a preview of a live call."""
    assert [seed_of(call) for call in ("", "c1", "65a1b2c3d4e5f-1a2b3c4d")] == [
        8203414616412130826, 7528638574156960877, 7609361778222090107,
    ]  # fmt: skip
    assert [round(drawn(call), 6) for call in ("c1", "65a1b2c3d4e5f-1a2b3c4d")] == [0.659288, 0.441582]


@rule("R-25.6")
@pytest.mark.parametrize("part", [0.01, 0.05, 0.2, 0.5, 0.9])
def test_share_of_calls_as_a_bridge_names_them_is_the_share_that_was_asked_for(part: float) -> None:
    """20,000 ids, one every 30 ms with 32 random bits: within 4 standard deviations, and no call pulls the next one along."""
    chance = random.Random(25)
    ids = [f"{1_795_422_600_000_000 + n * 30_000:x}-{chance.getrandbits(32):08x}" for n in range(20_000)]
    taken = [drawn(call) < part for call in ids]
    spread = (part * (1 - part) / len(ids)) ** 0.5
    assert abs(sum(taken) / len(ids) - part) < 4 * spread
    both = sum(one and other for one, other in pairwise(taken)) / len(ids)
    assert abs(both - part * part) < 4 * (part * part * (1 - part * part) / len(ids)) ** 0.5 * 1.5
