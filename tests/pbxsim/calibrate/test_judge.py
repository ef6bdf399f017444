"""How errors are judged: what chance alone leaves, and a slack for the model and for the baseline, each its own."""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pytest

from pbxsim.calibrate import days as d
from pbxsim.calibrate import fitting, judge, staffing
from pbxsim.calibrate.staffing import Stretch
from tests.pbxsim.calibrate import synthetic as true

DAYS, REPS = 400, 40
SPREAD, BY_TALK = 0.01, 0.6
MEDIAN_OF_NORMAL = 0.6745


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """Days whose figures scatter normally by `SPREAD`, and by `BY_TALK` times what talks were longer."""
    rng = np.random.default_rng(11)
    longer = rng.normal(0, 0.03, (DAYS, REPS))
    lost = 0.2 + rng.normal(0, SPREAD, (DAYS, REPS)) + BY_TALK * longer
    wait = 60 * (1 + rng.normal(0, 0.1, (DAYS, REPS)))
    level = 0.7 + rng.normal(0, 0.02, (DAYS, REPS))
    named = {"abandoned": lost, "wait_s": wait, "within_20s": level, "talk": 200 * (1 + longer)}
    columns = {f"{name}_drawn": [tuple(row) for row in values] for name, values in named.items()}
    return pd.DataFrame({"calls": [1000] * DAYS, **columns})


def test_chance_alone_is_the_scatter_of_replications(drawn: pd.DataFrame) -> None:
    found = judge.floor(drawn, "arrivals")
    assert found is not None and found.days == DAYS
    whole = np.hypot(SPREAD, BY_TALK * 0.03)
    assert found.abandonment_points == pytest.approx(100 * MEDIAN_OF_NORMAL * whole, rel=0.04)
    assert found.wait_share == pytest.approx(MEDIAN_OF_NORMAL * 0.1, rel=0.05)
    assert found.service_points == pytest.approx(100 * MEDIAN_OF_NORMAL * 0.02, rel=0.04)


def test_chance_in_the_length_of_talks_does_not_count_where_their_level_is_given(drawn: pd.DataFrame) -> None:
    found = judge.floor(drawn, "load")
    assert found is not None
    assert found.abandonment_points == pytest.approx(100 * MEDIAN_OF_NORMAL * SPREAD, rel=0.04)


def test_two_replications_tell_nothing_about_chance(drawn: pd.DataFrame) -> None:
    few = drawn.assign(**{name: drawn[name].map(lambda row: row[:2]) for name in drawn.columns if name != "calls"})
    assert judge.floor(few, "load") is None


def test_slack_is_found_where_bias_changes_its_sign() -> None:
    def errors(slack_s: float) -> judge.Errors:
        return judge.Errors(10, 1.0, 0.1, 1.0, (137.0 - slack_s) / 10, (137.0 - slack_s) / 1000)

    assert fitting.unbiased_slack(errors) == pytest.approx(137.0, abs=15)


def test_the_baseline_has_the_slack_that_makes_it_unbiased_and_not_the_models() -> None:
    table = d.prepared(true.log(days=8).calls)
    found = fitting.fit(table, "Europe/Berlin", tuning_calls=2000)
    days = judge.judged_days(found, table, table, list(table["day"].unique()), "load")

    def bias(slack_s: float) -> float:
        errors = judge.errors_of_all(judge.baseline(found.with_slack(0.0, slack_s), days), "erlang_a")
        return abs(errors.abandonment_bias_points + errors.wait_bias_share / 0.15)

    assert found.baseline_slack_s != found.slack_s
    assert bias(found.baseline_slack_s) < min(bias(found.slack_s), bias(0.0), bias(fitting.BASELINE_AT_MOST_S))


def test_flex_is_found_where_too_many_calls_find_a_free_member() -> None:
    """Slack moves waits and calls answered at once together; flex moves the latter alone."""

    def errors(slack_s: float, flex_s: float) -> judge.Errors:
        waits = (160.0 - slack_s - flex_s / 5) / 100
        return judge.Errors(10, 1.0, 0.1, 1.0, waits, waits / 10, 3.0 - flex_s / 75)

    slack, flex = fitting.unbiased_presence(errors)
    assert flex == pytest.approx(225.0, abs=1)
    assert slack == pytest.approx(115.0, abs=15)


@pytest.mark.parametrize(
    ("bias", "spread"), [(-2.0, 1.0), (0.5, 0.1), (2.0, 3.0)], ids=["too low", "slight", "in doubt"]
)
def test_members_do_not_follow_the_queue_without_need(bias: float, spread: float) -> None:
    def errors(slack_s: float, flex_s: float) -> judge.Errors:
        return judge.Errors(10, 1.0, 0.1, 1.0, (80.0 - slack_s) / 100, 0.0, bias - flex_s / 75, spread)

    slack, flex = fitting.unbiased_presence(errors)
    assert (slack, flex) == (pytest.approx(80.0, abs=15), 0.0)


def test_a_days_random_numbers_are_its_own() -> None:
    """One seed for all days would make the same calls of every day long, and their errors no chance of one day."""
    table = d.prepared(true.log(days=8).calls)
    model = fitting.fit(table, "Europe/Berlin", tuning_calls=0)
    day = judge.judged_days(model, table, table, [table["day"].max()], "arrivals")[0]
    tomorrow = dataclasses.replace(day, date=day.date + datetime.timedelta(days=1))
    first, again, other = (judge.simulated(model, one, "arrivals", 1) for one in (day, day, tomorrow))
    assert np.array_equal(first, again)
    assert first[0, 3] != other[0, 3], "talks of the same calls differ between days"


def test_members_are_counted_by_the_minute_or_whole() -> None:
    hours = [("ann", 8.0, 9.5), ("ann", 9.75, 10.0), ("bob", 9.0, 9.5)]
    stretches = [Stretch(who, begin * 3600, end * 3600) for who, begin, end in hours]
    assert staffing.present_per_hour(stretches, 12)[8:].tolist() == [1.0, 1.25, 0.0, 0.0]
    assert staffing.heads_per_hour(stretches, 12)[8:].tolist() == [1.0, 2.0, 1.0, 0.0]


def test_both_baselines_are_told_beside_the_model() -> None:
    """Whoever is seen for a moment serves all the hour in the one, so it foretells fewer who give up than the other."""
    table = d.prepared(true.log(days=8).calls)
    found = fitting.fit(table, "Europe/Berlin", tuning_calls=0).with_slack(0.0, 0.0)
    days = judge.judged_days(found, table, table, list(table["day"].unique())[:2], "load")
    compared = judge.compare(found, days, "load", 1)
    for who in judge.WHO:
        assert judge.errors_of_all(compared, who).days == 2
    assert (compared["abandoned_erlang_a_heads"] < compared["abandoned_erlang_a"]).all()
