"""The state table of a leg: every (state, event) pair, legal or refused."""

from __future__ import annotations

import itertools

import pytest

from engine.contract.errors import SecondEnding
from engine.state import leg as lg
from engine.state.call import Call
from engine.state.leg import Leg
from tests.harness import rule

LEGAL = {
    ("ringing", "rang"): "ringing",
    ("ringing", "picks_up"): "answered",
    ("ringing", "failed"): "over",
    ("ringing", "cancel"): "cancelling",
    ("cancelling", "rang"): "cancelling",  # the 180 was under way
    ("cancelling", "picks_up"): "ending",  # the 200 crossed our CANCEL, RFC 3261 section 9.1
    ("cancelling", "failed"): "over",
    ("cancelling", "cancel"): "cancelling",
    ("answered", "rang"): "answered",  # the 180 came after the 200
    ("answered", "ended"): "over",
    ("answered", "hang_up"): "ending",
    ("ending", "rang"): "ending",
    ("ending", "ended"): "over",
    ("ending", "hang_up"): "ending",
}


def leg_in(state: str) -> Leg:
    leg = Leg(Call("c1", "5200"), 1, None, 15_000_000, 0, None)
    leg.state = lg.STATES.index(state)
    return leg


@rule("R-06.10", "R-07.5")
@pytest.mark.parametrize(("state", "event"), list(itertools.product(lg.STATES, lg.EVENTS)))
def test_every_pair_of_state_and_event_of_a_leg(state: str, event: str) -> None:
    leg = leg_in(state)
    after = LEGAL.get((state, event))
    if after is not None:
        assert leg.move(lg.EVENTS.index(event)) == lg.STATES.index(after) == leg.state
        return
    with pytest.raises(SecondEnding, match=rf"`{event}` of leg c1\.1, which is {state}"):
        leg.move(lg.EVENTS.index(event))
    assert leg.state == lg.STATES.index(state)
    assert (leg.answered_at, leg.over_at, leg.call.live_legs) == (-1, -1, [])


def test_the_table_has_a_row_a_state_and_a_column_an_event() -> None:
    assert len(lg.TABLE) == len(lg.STATES) and {len(row) for row in lg.TABLE} == {len(lg.EVENTS)}


def test_an_over_leg_takes_nothing() -> None:
    assert set(lg.TABLE[lg.OVER]) == {lg.REFUSED}


def test_the_columns_kept_apart_are_those_of_the_table() -> None:
    assert [row[lg.PICKS_UP] for row in lg.TABLE] == lg.AFTER_PICKS_UP
    assert [row[lg.ENDED] for row in lg.TABLE] == lg.AFTER_ENDED
