"""Special days of one's own: what a file may say, what is learned from past ones, and what is said of coming ones."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pbxsim.forecast import calendar_model, rolling
from pbxsim.forecast.calendars import Calendar
from pbxsim.forecast.methods import CALENDAR_MODEL, METHODS, LikeWeekdays
from pbxsim.forecast.outlook import outlook
from pbxsim.forecast.own_days import OwnDays, OwnDaysError

MAILINGS = ("2026-03-17", "2026-04-08", "2026-04-30", "2026-05-11")
COMING = {"2026-05-26": "mailing", "2026-05-27": "closed", "2026-05-28": "sale"}
FACTOR = 1.8


def given(count: int = 4) -> Calendar:
    return Calendar(own=OwnDays.of(dict.fromkeys(MAILINGS[:count], "mailing") | COMING))


@pytest.fixture(scope="module")
def history() -> pd.Series:
    """Twelve weeks, Monday to Friday, 1.8 times as many on days of a mailing."""
    days = pd.date_range("2026-03-02", periods=84)
    mean = [200 * (FACTOR if f"{day:%Y-%m-%d}" in MAILINGS else 1) * (day.day_of_week < 5) for day in days]
    return pd.Series(np.random.default_rng(1).poisson(mean), index=days).astype(float)


@pytest.mark.parametrize(
    "method", [one for one in METHODS if not isinstance(one, LikeWeekdays)], ids=lambda one: one.name
)
def test_a_coming_day_has_the_effect_of_its_name_and_a_closed_one_no_calls(history: pd.Series, method: object) -> None:
    days = pd.DatetimeIndex(["2026-05-25", *COMING])
    usual, mailing, closed, sale = method.fit(history[history > 0], given()).expected(days)  # type: ignore[attr-defined]
    assert usual == pytest.approx(200, rel=0.08) and sale == pytest.approx(usual, rel=0.08)
    assert 1.45 < mailing / usual < 2.0
    assert closed < 0.01


def test_few_days_of_a_name_are_drawn_to_none() -> None:
    days = pd.date_range("2026-03-02", periods=84)
    for noise, least in ((0.02, 0.5), (0.4, 0.2)):
        rng = np.random.default_rng(2)
        usual = 400 * np.exp(rng.normal(0, noise, len(days)))
        found = []
        for count in (1, 4):
            mailed = [f"{day:%Y-%m-%d}" in MAILINGS[:count] for day in days]
            calls = pd.Series(usual * np.where(mailed, FACTOR, 1.0), index=days)
            found.append(calendar_model.fit(calls, given(count), 30.0).own["mailing"] / math.log(FACTOR))
        assert least * 0.5 < found[0] < 0.85, "one day counts in part"
        assert found[0] < found[1] < 1.35


def test_what_is_learned_is_what_was_known_then(history: pd.Series) -> None:
    """Rolling: the first mailing comes as a surprise, the third is known from two."""
    judged = rolling.rolling(history, given(), "day", [CALENDAR_MODEL])
    without = rolling.rolling(history, Calendar(), "day", [CALENDAR_MODEL])
    first = pd.Timestamp(MAILINGS[1])
    early = history[history.index < pd.Timestamp(MAILINGS[0])]
    asked = pd.DatetimeIndex([MAILINGS[0]])
    assert calendar_model.fit(early, given(), 30.0).own == {}
    assert CALENDAR_MODEL.fit(early, given()).expected(asked) == pytest.approx(
        CALENDAR_MODEL.fit(early, Calendar()).expected(asked)
    )
    shares = judged[CALENDAR_MODEL.name] / judged["calls"]
    assert 0.7 < shares[first] < shares[pd.Timestamp(MAILINGS[3])] < 1.15, "one past day tells less than three"
    assert float(rolling.errors(judged).iloc[0]) < 0.7 * float(rolling.errors(without).iloc[0])


def test_the_outlook_names_its_days_and_tells_what_is_known_of_them(history: pd.Series) -> None:
    found = outlook(history, given(), 7, [CALENDAR_MODEL, LikeWeekdays(4)])
    assert found.days["special"][found.days["special"] != ""].to_dict() == {
        pd.Timestamp(day): name for day, name in COMING.items()
    }
    closed = found.days.loc["2026-05-27"]
    assert closed["calls"] == closed["p10"] == closed["p90"] == 0
    assert found.special["past_days"].to_dict() == {"mailing": 4, "closed": 0, "sale": 0}
    assert found.special.loc["mailing", "factor"] == pytest.approx(FACTOR, rel=0.1)
    assert found.special.loc["closed", "factor"] == 0 and math.isnan(found.special.loc["sale", "factor"])
    assert outlook(history, Calendar(), 7, [CALENDAR_MODEL]).special.empty


def test_a_closed_day_of_the_past_teaches_nothing(history: pd.Series) -> None:
    some = history.copy()
    some["2026-05-20"] = 30.0  # they rang, and nobody was there
    own = OwnDays.of({"2026-05-20": "closed"})
    gone = some.drop(pd.Timestamp("2026-05-20"))
    days = pd.DatetimeIndex(["2026-05-25"])
    assert CALENDAR_MODEL.fit(some, Calendar(own=own)).expected(days) == pytest.approx(
        CALENDAR_MODEL.fit(gone, Calendar()).expected(days)
    )


FILES = {
    "days.csv": "date,until,name,closed\n2026-11-27,,sale,\n2026-12-01,2026-12-03,mailing,no\n31.12.2026,,stocktaking,yes\n",
    "дни.csv": "Дата;Название;Закрыто\n27.11.2026;sale;\n2026-12-01 – 2026-12-03;mailing;нет\n2026-12-31;stocktaking;да\n",
    "names.yaml": "sale: 2026-11-27\nmailing: [2026-12-01..2026-12-03]\n",
    "list.yml": "- {date: 2026-11-27, name: sale}\n- {from: 2026-12-01, to: 2026-12-03, name: mailing}\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_csv_or_yaml(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    found = OwnDays.of(path)
    assert found.name(dt.date(2026, 11, 27)) == "sale" and not found.is_closed(dt.date(2026, 11, 27))
    assert [found.name(dt.date(2026, 12, day)) for day in range(1, 5)] == ["mailing"] * 3 + [""]
    assert found.is_closed(dt.date(2026, 12, 31)) == ("csv" in name)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("days.csv", "date,name\n2026-13-01,sale\n", "days.csv, row 2: `2026-13-01` is no date; write it as 2026-11-27"),
        ("days.csv", "date,name\n2026-11-27,\n", "row 2: the day has no name"),
        ("days.csv", "date,name\n2026-11-27,a\n2026-11-27,b\n", "row 3: 2026-11-27 is “a” already; a day has one name"),
        ("days.csv", "date,name\n2026-11-27,a\n2026-11-27,a\n", "row 3: 2026-11-27 is “a” already"),
        ("days.csv", "date,name\n2026-11-27,Sale\n2026-11-28,sale\n", "row 3: “sale” is called “Sale” before"),
        ("days.csv", "date,until,name\n2026-11-27,2026-11-20,a\n", "2026-11-27 to 2026-11-20 is no range of 1 to 366 days"),
        ("days.csv", "date,name,closed\n2026-11-27,a,perhaps\n", "`perhaps` says neither yes nor no of closed"),
        ("days.csv", "a,b\n1,2\n", "days.csv has no columns date and name; it has a, b"),
        ("days.csv", "date,name\n", "days.csv names no day"),
        ("days.csv", "", "days.csv has no columns date and name; it has –"),
        ("days.yaml", "sale: [\n", "days.yaml is no YAML"),
        ("days.yaml", "sale: 2026-11-27\nsale: 2026-11-28\n", "days.yaml is no YAML"),
        ("days.yaml", "- 2026-11-27\n", "days.yaml is no list of days: each needs date and name"),
        ("days.yaml", "- {date: 2026-11-27, nmae: sale}\n", "row 1: `nmae` is no field of a day"),
        ("days.yaml", "sale: soon\n", "row 1: `soon` is no date"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_in_words(name: str, text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OwnDaysError) as refused:
        OwnDays.load(path)
    assert told in str(refused.value)
    with pytest.raises(OwnDaysError, match="cannot be read"):
        OwnDays.load(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"date,name\n2026-11-27,\xff\xfe\n")
    with pytest.raises(OwnDaysError, match="is no text in UTF-8"):
        OwnDays.load(tmp_path / "bytes.csv")
