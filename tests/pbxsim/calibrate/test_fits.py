"""What is learned from a log whose parameters are known: each part comes out as it went in."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from pbxsim.calibrate import arrivals, order, patience, redial, staffing, talk
from pbxsim.calibrate import days as d
from tests.pbxsim.calibrate import synthetic as true


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return d.prepared(true.log(days=40).calls)


@pytest.fixture(scope="module")
def skilled(table: pd.DataFrame) -> dict[str, frozenset[str]]:
    return staffing.skills(table, table["day"].min(), table["day"].max())


def test_the_log_is_busy_enough_to_learn_from(table: pd.DataFrame) -> None:
    assert 0.05 < table["abandoned"].mean() < 0.4


def test_patience_is_found_although_most_callers_are_answered_first(table: pd.DataFrame) -> None:
    found = patience.fit(table, table["day"].max())
    assert found.mean_s == pytest.approx(true.PATIENCE_S, rel=0.1)
    for at in (20.0, 60.0, 120.0):
        alive = found.other.survival(np.array([at]))[0]
        assert alive == pytest.approx(np.exp(-at / true.PATIENCE_S), abs=0.05)
    observed = table.loc[table["abandoned"], "wait"].mean()
    assert observed < 0.7 * true.PATIENCE_S, "the mean wait of those who left is no estimate of patience"


def test_kaplan_meier_shows_the_same_patience(table: pd.DataFrame) -> None:
    curve = patience.kaplan_meier(table).set_index("wait_s")["still_waiting"]
    assert curve.loc[:60].iloc[-1] == pytest.approx(np.exp(-60 / true.PATIENCE_S), abs=0.05)


def test_a_log_in_which_nobody_gave_up_says_so(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="nothing tells how long callers would wait"):
        patience.fit(table[~table["abandoned"]], table["day"].max())


def test_talk_is_found_by_queue_and_by_member(table: pd.DataFrame) -> None:
    found = talk.fit(table, table["day"].max())
    ratio = found.means_s["support/1"] / found.means_s["sales/1"]
    assert ratio == pytest.approx(true.TALK_S["support"] / true.TALK_S["sales"], rel=0.1)
    others = np.mean([factor for member, factor in found.members.items() if member != true.SLOW])
    assert found.members[true.SLOW] / others == pytest.approx(1.5, rel=0.1)
    assert found.of("sales/1").moments()[0] == pytest.approx(found.means_s["sales/1"], rel=0.02)


def test_a_spike_of_short_talks_is_kept_apart_and_the_mean_stays() -> None:
    rng = np.random.default_rng(5)
    lengths = np.concatenate([rng.uniform(0, 8, 60), rng.lognormal(5, 0.8, 940)])
    shape = talk.shape(lengths, float(lengths.mean()))
    assert shape.moments()[0] == pytest.approx(lengths.mean(), rel=0.02)
    assert 1 - shape.survival(np.array([10.0]))[0] == pytest.approx((lengths < 10).mean(), abs=0.01)


def test_wrap_up_is_found_from_calls_that_waited(table: pd.DataFrame) -> None:
    unready = staffing.unready(table).all
    assert np.median(unready.quantile(np.linspace(0.01, 0.99, 99))) == pytest.approx(true.WRAP_UP_S, abs=1.5)
    assert unready.moments()[0] == pytest.approx(true.WRAP_UP_S, abs=6)


def test_long_rests_are_found_although_most_next_calls_find_a_free_member() -> None:
    """Every fourth rest lasts 300 s; a log in which a call that waits tells of one rest in ten."""
    rng = np.random.default_rng(3)
    n = 20_000
    rest = np.where(rng.random(n) < 0.25, 300.0, 5.0)
    waits = rng.random(n) < 0.1
    gap = np.where(waits, rest, rest + rng.exponential(200, n))
    seen = rng.random(n) < 0.6  # a call was waiting within the rest, but another member took it
    gaps = pd.DataFrame({"gap": gap, "low": np.where(seen & ~waits, 0.9 * rest, 0.0), "exact": waits})
    found = staffing._turnbull(gaps, 0.0, 1800.0)
    assert found.survival(np.array([100.0]))[0] == pytest.approx(0.25, abs=0.04)
    blind = staffing._turnbull(gaps.assign(low=0.0), 0.0, 1800.0)
    assert blind.survival(np.array([100.0]))[0] < 0.12, "without the lower bounds long rests are hardly seen"


def test_a_member_is_not_ready_while_a_call_that_he_serves_waits_and_is_not_taken() -> None:
    calls = pd.DataFrame(
        [
            (0.0, 0.0, 50.0, "sales", "ann", True),
            (60.0, 0.0, 500.0, "sales", "bob", True),
            (70.0, 40.0, 600.0, "sales", "eve", True),  # waits from 70 to 110 s, while Ann rests
            (80.0, 300.0, 10.0, "other", "eve", True),  # Ann does not serve this queue
            (200.0, 0.0, 30.0, "sales", "ann", True),
            (230.0, 20.0, 30.0, "sales", "ann", True),  # waited for her: ready 20 s after her talk, just then
        ],
        columns=["t", "wait", "talk", "queue", "agent", "answered"],
    )
    calls["day"] = pd.Timestamp("2024-01-08")
    calls["a"] = calls["t"] + calls["wait"]
    calls["e"] = calls["a"] + calls["talk"]
    gaps = staffing.gaps(pd.concat([calls.assign(day=calls["day"] - pd.Timedelta(days=i)) for i in range(3)]))
    ann = gaps[gaps["gap"].isin((150.0, 20.0))].drop(columns="day").drop_duplicates()
    assert ann.set_index("gap")["exact"].to_dict() == {150.0: False, 20.0: True}
    assert ann.set_index("gap").loc[150.0, "low"] == pytest.approx(110 - 6 - 50)


def test_the_head_start_of_vips_is_found_from_the_order_of_answers(
    table: pd.DataFrame, skilled: dict[str, frozenset[str]]
) -> None:
    found = order.head_starts(table, skilled)
    for queue in ("sales", "support"):
        assert found[f"{queue}/2"] - found[f"{queue}/1"] == pytest.approx(true.VIP_HEAD_START_S, abs=25)


def test_where_order_is_by_arrival_alone_nobody_has_a_head_start(
    table: pd.DataFrame, skilled: dict[str, frozenset[str]]
) -> None:
    plain = table[table["kind"].str.endswith("/1")]
    assert set(order.head_starts(plain, skilled).values()) == {0.0}


def test_presence_shows_shift_and_lunch(table: pd.DataFrame, skilled: dict[str, frozenset[str]]) -> None:
    day = table[table["day"] == table["day"].unique()[10]]
    stretches = staffing.presence(day, skilled)
    for member in range(6):
        mine = [one for one in stretches if one.agent == f"a{member}"]
        lunch = true.SHIFT[0] + 2.5 * 3600 + member * 1800
        assert mine[0].begin == pytest.approx(true.SHIFT[0], abs=900)
        away = sum(
            max(0.0, min(b.begin, lunch + true.LUNCH_S) - max(a.end, lunch - 600))
            for a, b in zip(mine, mine[1:], strict=False)
        )
        assert away > 0.6 * true.LUNCH_S


def test_presence_uses_no_wait_and_no_abandonment(table: pd.DataFrame, skilled: dict[str, frozenset[str]]) -> None:
    day = table[table["day"] == table["day"].unique()[10]]
    blind = day.assign(wait=-1.0, abandoned=False)[day["answered"]]
    assert staffing.presence(blind, skilled) == staffing.presence(day, skilled)


def test_calls_answered_by_an_unknown_member_bring_their_own_helper() -> None:
    day = pd.DataFrame(
        {"answered": True, "agent": None, "queue": "sales", "a": [10.0, 20.0, 100.0], "e": [60.0, 30.0, 110.0]}
    )
    assert staffing.presence(day, {}) == [
        staffing.Stretch("unknown 1", 10.0, 10.0),
        staffing.Stretch("unknown 2", 20.0, 20.0),
        staffing.Stretch("unknown 1", 100.0, 100.0),
    ]


def test_slack_widens_and_joins_and_the_last_ones_stay() -> None:
    stretches = [staffing.Stretch("a", 100, 200), staffing.Stretch("a", 290, 400), staffing.Stretch("b", 100, 20_000)]
    wide = staffing.widened(stretches, 60)
    assert [(one.agent, one.begin, one.end) for one in wide] == [("a", 39.5, 460.5), ("b", 39.5, 23_660.5)]
    hours = staffing.present_per_hour([staffing.Stretch("a", 1800, 9000)])
    assert hours[:4].tolist() == [0.5, 1.0, 0.5, 0.0]


def test_the_forecast_knows_weekdays_level_and_the_busyness_of_days(table: pd.DataFrame) -> None:
    found = arrivals.fit(table)
    usual = table.groupby("day").size()
    monday = sum(float(calls.sum()) for calls in found.rates(datetime.date(2024, 3, 4)).values())
    tuesday = sum(float(calls.sum()) for calls in found.rates(datetime.date(2024, 3, 5)).values())
    assert monday / tuesday == pytest.approx(1.25, rel=0.12)
    assert tuesday == pytest.approx(usual[usual.index.day_of_week != 0].mean(), rel=0.15)
    assert found.rates(datetime.date(2024, 3, 3)) == {}
    assert found.day_cv == pytest.approx(0.1, abs=0.05)


def test_holidays_of_the_country_bring_few_calls(table: pd.DataFrame) -> None:
    found, plain = arrivals.fit(table, country="DE"), arrivals.fit(table)
    friday, tuesday = datetime.date(2024, 3, 29), datetime.date(2024, 3, 5)
    for date, least, most in ((friday, 0.2, 0.5), (tuesday, 0.97, 1.03)):
        ratio = sum(map(np.sum, found.rates(date).values())) / sum(map(np.sum, plain.rates(date).values()))
        assert least < ratio < most, (date, ratio)


def test_redials_are_counted_for_known_callers_only() -> None:
    calls = pd.DataFrame(
        {
            "day": pd.Timestamp("2024-01-08"),
            "caller": ["x", "x"] * 60 + [None] * 20,
            "t": [0.0, 300.0] * 60 + [0.0] * 20,
            "a": [30.0, 310.0] * 60 + [5.0] * 20,
            "e": [30.0, 400.0] * 60 + [9.0] * 20,
            "abandoned": [True, False] * 60 + [False] * 20,
            "answered": [False, True] * 60 + [True] * 20,
        }
    )
    calls.loc[:119, "caller"] = [f"c{i // 2}" for i in range(120)]
    found = redial.fit(calls)
    assert (found.after_abandon, found.abandon_delay_s, found.after_talk) == (1.0, 270.0, 0.0)
    assert redial.fit(calls[calls["caller"].isna()]).after_abandon is None


def test_priorities_recorded_only_of_those_who_waited_tell_nothing_about_waits() -> None:
    log = true.log(days=10)
    calls = log.calls.copy()
    calls.loc[calls["wait_s"] == 0, "priority"] = ""
    table = d.prepared(calls)
    again = d.redrawn_kinds(table, table, seed=3)
    share = again["kind"].str.endswith("/2").groupby(again["wait"] > 0).mean()
    assert share[True] == pytest.approx(share[False], abs=0.04)
