"""What moved since last week is found with size and interval; what did not is not said to have moved."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from pbxsim import logs
from pbxsim.calibrate import days as d
from pbxsim.calibrate.known import known
from pbxsim.calibrate.moved import ALL, Moved, moved
from tests.pbxsim.calibrate import bridge_days as true


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Moved]:
    """Two weeks; in the second callers of 5200 are a third more and have half the patience, talks of 5201 are a fifth shorter."""
    export = true.export(5)
    talk = {
        n: {"kind": "lognormal", "mean": s * (0.8 if n == 5201 else 1.0), "scv": true.TALK_SCV}
        for n, s in true.TALK_S.items()
    }
    patience = {n: {"kind": "exponential", "mean": s * (0.5 if n == 5200 else 1.0)} for n, s in true.PATIENCE_S.items()}
    more = [0.0] * 9 + [true.PER_HOUR["sales"] * 4 / 3] * 9 + [0.0] * 6
    usual = [0.0] * 9 + [true.PER_HOUR["support"]] * 9 + [0.0] * 6
    second = true.export(
        5, true.MONDAY + datetime.timedelta(days=7), talk={"queues": talk}, patience={"queues": patience},
        arrivals={
            "sales": {"trunk": "sales", "every_min": 60, "calls": more},
            "support": {"trunk": "support", "every_min": 60, "calls": usual},
        },
    )  # fmt: skip
    export.history += second.history
    export.activity += second.activity
    log = logs.read_all(export.write(tmp_path_factory.mktemp("two")), zone=true.ZONE)
    table = d.prepared(log.calls)
    found = moved(table, known(log.activity, table["day"].min(), table["day"].max()))
    return {(one.queue, one.figure): one for one in found}


def test_what_moved_is_sure_and_of_the_right_size(changes: dict[tuple[str, str], Moved]) -> None:
    calls = changes["5200", "calls_a_day"]
    assert calls.is_sure and calls.share == pytest.approx(1 / 3, abs=0.12) and calls.pairs == 5
    patience = changes["5200", "patience_s"]
    assert patience.is_sure and patience.share == pytest.approx(-0.5, abs=0.1)
    talk = changes["5201", "talk_s"]
    assert talk.is_sure and talk.share == pytest.approx(-0.2, abs=0.1)
    lost = changes["5200", "abandoned_share"]
    assert lost.is_sure and lost.change > 0.05 and lost.low < lost.change < lost.high


def test_what_stayed_lies_within_its_interval(changes: dict[tuple[str, str], Moved]) -> None:
    for key in (("5200", "talk_s"), ("5201", "patience_s"), ("5201", "calls_a_day")):
        assert not changes[key].is_sure, key
    assert changes["5200", "free_h"].change == changes["5201", "free_h"].change == 0
    assert changes["5200", "free_h"].before == pytest.approx(2 * 7.25 + 7.5)
    assert (ALL, "free_h") not in changes and (ALL, "wait_s") in changes


def test_days_that_only_vary_by_chance_seem_to_move_as_often_as_stated() -> None:
    """60 pairs of alike weeks; at 95 % four figures of each give 240 chances, of which 12 seem to move, give or take 3.4."""
    rng = np.random.default_rng(4)
    seen = count = 0
    for _ in range(60):
        parts = []
        for date in pd.bdate_range("2026-09-07", periods=10):
            n = rng.poisson(60)
            lost = rng.random(n) < 0.2
            parts.append(
                pd.DataFrame(
                    {
                        "day": date, "queue": "5200", "abandoned": lost, "answered": ~lost, "wait": rng.exponential(20, n),
                        "talk": np.where(lost, np.nan, rng.lognormal(4.5, 0.6, n)),
                    }
                )
            )  # fmt: skip
        for one in moved(pd.concat(parts, ignore_index=True)):
            if one.queue == ALL and one.figure in ("calls_a_day", "talk_s", "wait_s", "abandoned_share"):
                count += 1
                seen += one.is_sure
    assert count == 240 and 2 <= seen <= 26


def test_weeks_without_a_common_working_day_cannot_be_compared() -> None:
    table = pd.DataFrame(
        {
            "day": pd.Timestamp("2026-09-07"), "queue": "5200", "abandoned": False, "answered": True, "wait": 3.0,
            "talk": [60.0] * 30,
        }
    )  # fmt: skip
    assert moved(table) == []
    two = pd.concat([table, table.assign(day=pd.Timestamp("2026-09-14"))])
    assert not any(one.is_sure for one in moved(two)), "one pair of days has no interval"
