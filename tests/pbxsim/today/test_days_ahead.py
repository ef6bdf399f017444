"""The days after a log for notebooks: the figures of `pbx forecast`, as a table and a picture."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pbxsim
from pbxsim import logs
from pbxsim.forecast.calendars import Calendar, Floats
from pbxsim.forecast.methods import LikeWeekdays
from pbxsim.forecast.outlook import outlook

FIRST = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
"""A Monday; the last day is Sunday 28 December, and New Year comes within a week of it."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> logs.Log:
    rng, lines = np.random.default_rng(3), []
    for day in range(56):
        date = FIRST + dt.timedelta(days=day)
        for n, second in enumerate(sorted(rng.uniform(9 * 3600, 18 * 3600, 40 if date.weekday() < 5 else 25))):
            at, call = int(date.timestamp() + second), f"{day}.{n}"
            lines += [f"{at}|{call}|sales|NONE|ENTERQUEUE||79161234567|1", f"{at + 5}|{call}|sales|NONE|ABANDON|1|1|5"]
    path = tmp_path_factory.mktemp("ahead") / "queue_log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return logs.read(path, zone="UTC")


@pytest.fixture(scope="module")
def ahead(log: logs.Log) -> pbxsim.DaysAhead:
    return pbxsim.days_ahead(log, 7, country="NL")


def test_the_figures_are_those_of_the_forecast(ahead: pbxsim.DaysAhead) -> None:
    assert ahead.history.tolist() == ([40] * 5 + [25, 25]) * 8
    alone = outlook(ahead.history, Calendar("NL"), 7)
    pd.testing.assert_frame_equal(ahead.days, alone.days)
    pd.testing.assert_frame_equal(ahead.errors, alone.errors)
    assert [f"{day:%Y-%m-%d}" for day in ahead.days.index] == ["2025-12-29", "2025-12-30", "2025-12-31"] + [
        f"2026-01-0{day}" for day in range(1, 5)
    ]
    assert ahead.days["holiday"].ne("").sum() == 1 and ahead.days.loc["2026-01-01", "holiday"]
    assert (ahead.days["p10"] < ahead.days["calls"]).all() and (ahead.days["calls"] < ahead.days["p90"]).all()


def test_a_notebook_shows_every_day_and_how_far_methods_were_off(ahead: pbxsim.DaysAhead) -> None:
    shown = ahead._repr_html_()
    assert "7 days after Sunday 2025-12-28" in shown and shown.count("<tr>") == 2 + 7 + len(ahead.errors)
    assert all(f"{day:%Y-%m-%d}" in shown for day in ahead.days.index)
    assert all(name in shown for name in ahead.errors.index) and "nan" not in shown.casefold()


def test_the_picture_has_what_came_what_is_expected_and_the_holiday(ahead: pbxsim.DaysAhead) -> None:
    made: Any = ahead.plot().figure
    drawn = made.renderers
    names = [item.label.value for item in made.legend[0].items]
    assert names == ["came", "four days of five", "expected", "special"] and len(drawn) == 5
    assert len(drawn[0].data_source.data["x"]) == 42
    assert list(drawn[2].data_source.data["calls"]) == ahead.days["calls"].tolist()
    assert made.y_range.start == 0 and made.xaxis.axis_label == "day" and made.yaxis.axis_label == "calls"


def test_what_cannot_be_asked_is_told(log: logs.Log) -> None:
    with pytest.raises(ValueError, match="one at least"):
        pbxsim.days_ahead(log, 0)
    with pytest.raises(NotImplementedError):
        pbxsim.days_ahead(log, country="XX")
    assert math.isfinite(pbxsim.days_ahead(log, 1).days["calls"].iloc[0])


def test_a_holiday_is_no_usual_day_where_a_mean_of_like_weekdays_was_nearer() -> None:
    """The methods to choose from may be such means alone, but for the usual one, which is far off here."""
    days = pd.date_range("2025-10-06", "2025-12-28")
    rng = np.random.default_rng(5)
    history = pd.Series(rng.poisson(np.where(days.day_of_week < 5, 300, 100)).astype(float), index=days)
    far = Always(100.0)
    found = outlook(history, Calendar("NL"), 7, (far, LikeWeekdays(4)))
    assert set(found.days["method"]) == {"always", "mean of 4 like weekdays"}
    assert found.days.loc["2026-01-01", "method"] == "always" and found.days.loc["2026-01-01", "calls"] == 100
    assert (found.days.drop(pd.Timestamp("2026-01-01"))["method"] == "mean of 4 like weekdays").all()


@dataclasses.dataclass(frozen=True)
class Always:
    """A method that says the same of every day."""

    calls: float
    name: str = "always"

    def fit(self, history: pd.Series, calendar: Calendar) -> Always:
        """Nothing to learn."""
        return self

    def expected(self, days: pd.DatetimeIndex) -> Floats:
        """Of every day."""
        return np.full(len(days), self.calls)


def test_own_days_are_named_in_the_table_and_in_the_picture(log: logs.Log) -> None:
    ahead = pbxsim.days_ahead(
        log, 4, special={"2025-12-22": "mailing", "2025-12-30": "mailing", "2025-12-31": "closed"}
    )
    assert (
        ahead.days["special"].tolist() == ["", "mailing", "closed", ""] and ahead.days.loc["2025-12-31", "calls"] == 0
    )
    shown = ahead._repr_html_()
    assert "times the calls" in shown and "mailing" in shown and "nan" not in shown.casefold()
    assert [item.label["value"] for item in ahead.plot().figure.legend.items][-1] == "special"  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="`2025-12-32` is no date"):
        pbxsim.days_ahead(log, 4, special={"2025-12-32": "mailing"})
