"""`pbx intraday` on a made queue_log whose last morning has half as many calls again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Pbx

MONDAY = dt.datetime(2026, 8, 31, tzinfo=dt.timezone(dt.timedelta(hours=5)))
"""Twelve weeks before the day of the example's scenario."""
A_DAY, BUSY = 300, 1.5


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calls of Mondays to Fridays between 9 and 21 o'clock, up to the morning of 23 November."""
    rng, lines = np.random.default_rng(7), []
    for day in range(85):
        date = MONDAY + dt.timedelta(days=day)
        level = BUSY if day == 84 else rng.gamma(30, 1 / 30)
        for call in range(rng.poisson(A_DAY * level) if date.weekday() < 5 else 0):
            clock = float(rng.uniform(9, 21))
            if day == 84 and clock > 14.2:
                continue
            at = int((date + dt.timedelta(hours=clock)).timestamp())
            id = f"{day}.{call}"
            lines += [
                (at, f"{at}|{id}|sales|NONE|ENTERQUEUE||79161234567|1"),
                (at + 10, f"{at + 10}|{id}|sales|SIP/100|CONNECT|10|{id}|5"),
                (at + 70, f"{at + 70}|{id}|sales|SIP/100|COMPLETECALLER|10|60|1"),
            ]
    path = tmp_path_factory.mktemp("intraday") / "queue_log"
    path.write_text("".join(f"{line}\n" for _, line in sorted(lines)), encoding="utf-8")
    return path


def test_a_busy_morning_makes_the_rest_of_the_day_busier_and_says_who_could_stay(pbx: Pbx, log: Path) -> None:
    done = pbx(
        "intraday", str(log), "--zone", "Asia/Yekaterinburg", "--pbx", "example", "--reps", "8", "--service-level", "0.6",
        "--json",
    )  # fmt: skip
    assert done.status in (0, 1), done.err
    told = done.json
    assert (told["date"], told["at"]) == ("2026-11-23", "14:00")
    busier, rest = told["seen"] / told["unchanged_morning"], told["rest"]
    assert 1.3 < busier < 1.9, "days vary by 18 %, and so does what the evening before said"
    assert 1.2 < rest["calls"] / rest["unchanged"] < busier
    assert rest["p10"] < A_DAY * BUSY * 7 / 12 < rest["p90"]
    assert sum(row["calls"] for row in told["intervals"]) == pytest.approx(rest["calls"], rel=1e-6)
    relief = told["relief"]
    assert relief["enough"] == (done.status == 0) and relief["hours"] > 0
    assert all(row["from"] >= "2026-11-23T14:00" for row in relief["members"])
    assert any(100 in row["stay"] for row in relief["members"]), "the shift of 100 ends at 18 o'clock"
    missed = [row for row in relief["service"] if row["missed"]]
    assert missed and all(row["service_level_then"] > row["service_level"] for row in missed)


def test_without_a_pbx_the_forecast_alone_is_told_in_russian_too(pbx: Pbx, log: Path) -> None:
    done = pbx("intraday", str(log), "--zone", "Asia/Yekaterinburg", "--at", "12:00", lang="ru_RU.UTF-8")
    assert done.status == 0, done.err
    assert "23.11.2026, 12:00: звонков пока" in done.out and "четыре дня из пяти" in done.out
    assert "могут остаться" not in done.out


@pytest.mark.parametrize(
    "options, words",
    [
        (["--at", "25:90"], "is no time"),
        (["--at", "2026-12-24 12:00"], "ends on 2026-11-23"),
        (["--at", "2026-11-22 12:00"], "no Sunday"),
        (["--at", "00:10"], "part of the day"),
        (["--scenario", "nowhere.yaml"], "--pbx"),
    ],
)
def test_what_cannot_be_is_refused(pbx: Pbx, log: Path, options: list[str], words: str) -> None:
    done = pbx("intraday", str(log), "--zone", "Asia/Yekaterinburg", *options)
    assert done.status == 2 and words in done.err and "Traceback" not in done.err
