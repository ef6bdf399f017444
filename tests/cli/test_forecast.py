"""`pbx forecast` on a made queue_log of eight weeks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Pbx

MONDAY = dt.datetime(2026, 3, 30, tzinfo=dt.UTC)
USUAL = (60, 50, 50, 50, 45)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls of Mondays to Fridays, as the weekday has them, with chance."""
    rng, lines = np.random.default_rng(5), []
    for day in range(56):
        date = MONDAY + dt.timedelta(days=day)
        for call in range(rng.poisson(USUAL[date.weekday()]) if date.weekday() < 5 else 0):
            at = int((date + dt.timedelta(seconds=float(rng.uniform(9, 17)) * 3600)).timestamp())
            id = f"{day}.{call}"
            lines += [
                (at, f"{at}|{id}|sales|NONE|ENTERQUEUE||79161234567|1"),
                (at + 10, f"{at + 10}|{id}|sales|SIP/100|CONNECT|10|{id}|5"),
                (at + 70, f"{at + 70}|{id}|sales|SIP/100|COMPLETECALLER|10|60|1"),
            ]
    path = tmp_path_factory.mktemp("forecast") / "queue_log"
    path.write_text("".join(f"{line}\n" for _, line in sorted(lines)), encoding="utf-8")
    return path


def test_days_after_the_log_are_told_with_ranges_and_the_errors_of_all_methods(
    pbx: Pbx, log: Path, tmp_path: Path
) -> None:
    spread = tmp_path / "half-hours.csv"
    done = pbx("forecast", str(log), "--zone", "UTC", "--days", "7", "--json", "--csv", str(spread))
    assert done.status == 0, done.err
    told = done.json
    assert [day["date"] for day in told["days"]] == [f"2026-05-{n}" for n in range(23, 30)]
    found = {dt.date.fromisoformat(day["date"]).weekday(): day for day in told["days"]}
    for weekday, usual in enumerate(USUAL):
        assert found[weekday]["calls"] == pytest.approx(usual, rel=0.25)
        assert found[weekday]["p10"] < found[weekday]["calls"] < found[weekday]["p90"]
    assert found[5]["calls"] == found[6]["calls"] == 0
    assert found[0]["horizon"] == "week" and told["judged_days"]["day"] == 20
    assert {"last like weekday", "exponential smoothing", "calendar model"} <= set(told["errors_percent"])
    table = pd.read_csv(spread)
    assert table.groupby("date")["calls"].sum()["2026-05-25"] == pytest.approx(found[0]["calls"], abs=0.1)
    assert (table["p10"] <= table["calls"]).all() and (table["calls"] < table["p90"] + 1).all()
    talk = told["handling"]["talk_s"]
    assert [one["date"] for one in talk] == [day["date"] for day in told["days"]]
    assert all(one["p10"] <= one["expected"] <= one["p90"] and one["expected"] == pytest.approx(60) for one in talk)
    assert set(table["start"].str[:2].astype(int)) <= set(range(9, 17))


def test_it_is_told_in_russian_with_holidays_of_the_country(pbx: Pbx, log: Path) -> None:
    done = pbx("forecast", str(log), "--zone", "UTC", "--country", "RU", "--days", "21", lang="ru_RU.UTF-8")
    assert done.status == 0, done.err
    assert "модель календаря" in done.out and "четыре дня из пяти" in done.out and "12.06.2026" in done.out
    assert "разговор, с" in done.out


def test_a_log_without_enough_calls_is_refused(pbx: Pbx, tmp_path: Path) -> None:
    short = tmp_path / "queue_log"
    short.write_text("1772442000|1.1|sales|NONE|ENTERQUEUE||79161234567|1\n1772442010|1.1|sales|NONE|ABANDON|1|1|10\n")
    done = pbx("forecast", str(short), "--zone", "UTC")
    assert done.status == 2 and "worked" in done.err and "Traceback" not in done.err


def test_a_log_too_thin_to_forecast_shows_its_account(pbx: Pbx, log: Path, tmp_path: Path) -> None:
    thin = tmp_path / "queue_log"
    thin.write_text("".join(log.read_text().splitlines(True)[:30]) + "torn\n", encoding="utf-8")
    for lang, words in (("C.UTF-8", "no day has 20 calls"), ("ru_RU.UTF-8", "ни в одном дне нет 20 звонков")):
        done = pbx("forecast", str(thin), "--zone", "UTC", lang=lang)
        assert done.status == 2 and words in done.err and "queue_log: " in done.err and "31" in done.err


def test_own_days_are_told_by_name_and_what_is_wrong_with_their_file_in_words(
    pbx: Pbx, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "days.yaml").write_text("mailing: [2026-05-18, 2026-05-25]\nclosed: [2026-05-26]\n", encoding="utf-8")
    words = ("forecast", str(log), "--zone", "UTC", "--days", "4", "--special")
    done = pbx(*words, "days.yaml", "--json", "--csv", "half-hours.csv")
    assert done.status == 0, done.err
    told = {day["date"]: (day["special"], day["calls"]) for day in done.json["days"]}
    assert told["2026-05-25"][0] == "mailing" and told["2026-05-26"] == ("closed", 0.0)
    assert [(one["name"], one["past_days"]) for one in done.json["special"]] == [("mailing", 1), ("closed", 0)]
    assert set(pd.read_csv(tmp_path / "half-hours.csv")["date"]) == {"2026-05-25"}
    (tmp_path / "days.yaml").write_text("mailing: [soon]\n", encoding="utf-8")
    for lang, said in (("C.UTF-8", "days.yaml, row 1: `soon` is no date"), ("ru_RU.UTF-8", "`soon` — не дата")):
        refused = pbx(*words, "days.yaml", lang=lang)
        assert refused.status == 2 and said in " ".join(refused.err.split())
