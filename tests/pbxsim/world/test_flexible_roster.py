"""Members whose shifts follow the queue: they come earlier and leave later while many wait."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pbxsim.runs.run import simulate
from pbxsim.scenario.scenario import Scenario
from tests.pbxsim.worlds import FIRST, one_queue

TALK_S = 100.0
LATE = FIRST + 1
"""The member whose shift is told; the first one is there all day."""


def answered(calls_at_s: tuple[float, ...], **shift: Any) -> pd.DataFrame:
    """Queue calls in order of arrival; talks are all of one length, and nobody gives up."""
    scenario = Scenario.of(
        {
            "date": "2026-11-23",
            "zone": "UTC",
            "hours": 4,
            "arrivals": {"main": {"trunk": "main", "recorded": {"at_s": calls_at_s}}},
            "patience": {"default": {"kind": "never"}},
            "answering": {"default": {"delay": 0}},
            "talk": {"default": TALK_S, "caller_hangs_up": 0},
            "shifts": [{"members": [LATE], "from": "01:00", "to": "02:00", **shift}],
        }
    )
    return simulate(one_queue(2), scenario, 1, processes=1).visits.sort_values("entered")


def seconds(instants: pd.Series) -> list[float]:
    return ((instants.dt.tz_convert("UTC") - pd.Timestamp("2026-11-23", tz="UTC")) / pd.Timedelta(seconds=1)).tolist()


BEFORE = tuple(3000.0 + i for i in range(6))
"""Six calls ten minutes before the shift: one talks, five wait, and one is answered each 100 s."""


def test_a_member_comes_earlier_while_calls_wait() -> None:
    plain, flexible = answered(BEFORE), answered(BEFORE, flex_s=900)
    assert LATE not in set(plain["member"])
    late = flexible[flexible["member"] == LATE]
    assert not late.empty
    assert all(3000 < at < 3600 for at in seconds(late["left"]))
    assert max(seconds(flexible["left"])) < max(seconds(plain["left"])) - 200


ALWAYS = (0.0, 0.0, 0.0, *(100.0 * i for i in range(110)))
"""From the beginning on two or three wait, no more at any time than of late."""


@pytest.mark.parametrize(
    ("calls", "shift", "begins_s"),
    [
        (BEFORE, {"flex_s": 60}, 3600),
        (BEFORE[:2], {"flex_s": 900}, 3600),
        (ALWAYS, {"flex_s": 900, "from": "03:00", "to": "04:00"}, 10_800),
    ],
    ids=["his shift is too far", "one call waits", "as many wait as ever"],
)
def test_he_stays_away(calls: tuple[float, ...], shift: dict[str, Any], begins_s: float) -> None:
    left = answered(calls, **shift)
    assert not [at for at in seconds(left.loc[left["member"] == LATE, "left"]) if at < begins_s]


AFTER = (7150.0, 7150.5, *(7160.0 + i for i in range(10)))
"""Just before the shift ends at 7200 s two talk and ten wait."""


def test_a_member_stays_until_few_wait() -> None:
    plain, flexible = answered(AFTER), answered(AFTER, flex_s=900)
    assert (plain["member"] == LATE).sum() == 1
    mine = seconds(flexible.loc[flexible["member"] == LATE, "left"])
    assert mine == pytest.approx(
        [7150 if mine[0] < 7150.4 else 7150.5, *(mine[0] + 100 * i for i in range(1, 6))], abs=1
    )
    assert len(flexible) == len(AFTER)


def test_a_member_leaves_at_the_latest_when_his_time_is_over() -> None:
    many = (7150.0, 7150.5, *(7160.0 + i for i in range(40)))
    last = max(seconds(answered(many, flex_s=300).query("member == @LATE")["left"]))
    assert 7400 < last <= 7200 + 300 + 60


def test_calls_that_do_not_wait_leave_a_roster_as_it_is() -> None:
    rare = tuple(600.0 * i for i in range(1, 20))
    pd.testing.assert_frame_equal(answered(rare), answered(rare, flex_s=900))


def test_breaks_of_a_flexible_shift_are_taken() -> None:
    steady = tuple(3700.0 + 50 * i for i in range(60))
    at = seconds(answered(steady, flex_s=300, breaks=[{"at": "01:20", "minutes": 10}]).query("member == @LATE")["left"])
    assert not [one for one in at if 4800 < one < 5400]
    assert [one for one in at if 5400 <= one < 5600]
