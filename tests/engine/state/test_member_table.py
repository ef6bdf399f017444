"""The state table of a member: every (state, event) pair, legal or refused."""

from __future__ import annotations

import itertools

import pytest

from engine.contract.errors import EngineBug
from engine.state import member as m
from engine.state.member import UserState
from tests.harness import Scene, rule

BUSY = ("ringing", "talking", "away")
LEGAL = {
    **{(state, "rings"): "ringing" for state in ("idle", "ringing", "wrap_up", "retry_wait")},
    ("talking", "rings"): "talking",
    ("away", "rings"): "away",
    **{(state, "picks_up"): "talking" for state in BUSY},
    **{(state, "dials"): "away" for state in ("idle", "wrap_up", "retry_wait", "away")},
    ("ringing", "dials"): "ringing",
    ("talking", "dials"): "talking",
    **{(state, "only_dials"): "away" for state in BUSY},
    **{(state, "free"): "idle" for state in m.STATES},
    **{(state, "works_on"): "wrap_up" for state in m.STATES},
    **{(state, "waits_to_retry"): "retry_wait" for state in m.STATES},
}


@rule("R-08.4")
@pytest.mark.parametrize(("state", "event"), list(itertools.product(m.STATES, m.EVENTS)))
def test_every_pair_of_state_and_event_of_a_member(state: str, event: str) -> None:
    user = UserState(101)
    user.state = m.STATES.index(state)
    after = LEGAL.get((state, event))
    if after is not None:
        assert user.move(m.EVENTS.index(event)) is (after != state)
        assert m.STATES[user.state] == after
        return
    with pytest.raises(EngineBug, match=f"member 101 is {state} and cannot take `{event}`"):
        user.move(m.EVENTS.index(event))
    assert m.STATES[user.state] == state and user.legs == 0


@rule("R-08.4", "R-08.5")
def test_one_who_dialled_while_a_phone_rang_is_away_when_that_leg_is_over() -> None:
    scene = Scene("5200: {kind: queue, members: [101], timeout: hangup}")
    scene.arrives(0)
    scene.dials(2, 101, "102", "own")
    scene.fails(3, "c1.1")
    assert scene.states(101) == ["ringing", "away"]
    scene.hangs_up(4, "own")
    assert scene.states(101)[-1] == "retry_wait"


def test_nobody_picks_up_without_having_been_rung() -> None:
    refused = {(s, e) for s, e in itertools.product(m.STATES, m.EVENTS) if (s, e) not in LEGAL}
    assert refused == {(s, e) for s in ("idle", "wrap_up", "retry_wait") for e in ("picks_up", "only_dials")}


def test_the_columns_kept_apart_are_those_of_the_table() -> None:
    assert [row[m.RINGS] for row in m.TABLE] == m.AFTER_RINGS
    assert [row[m.PICKS_UP] for row in m.TABLE] == m.AFTER_PICKS_UP
    assert [row[m.FREE] for row in m.TABLE] == m.AFTER_FREE


@rule("R-06.11")
@pytest.mark.parametrize(
    ("devices", "legs", "own", "waiting", "disturb", "busy"),
    [
        (1, 0, 0, False, False, False),
        (1, 1, 0, False, False, True),
        (1, 0, 1, False, False, True),
        (2, 1, 0, False, False, False),  # not every device is in a call
        (2, 1, 1, False, False, True),
        (1, 1, 0, True, False, False),
        (1, 0, 0, True, True, True),  # do-not-disturb counts as busy
        (0, 0, 0, False, False, False),  # unreachable is another condition
    ],
)
def test_busy_is_every_device_in_a_call_or_do_not_disturb(
    devices: int, legs: int, own: int, waiting: bool, disturb: bool, busy: bool
) -> None:
    user = UserState(101)
    user.devices = {str(n): None for n in range(devices)}
    user.legs = legs
    user.own_calls = own
    user.call_waiting = waiting
    user.do_not_disturb = disturb
    assert (user.busy(), user.reachable()) == (busy, devices > 0)
