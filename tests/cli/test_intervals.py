"""`pbx intervals` on a small report: names of weekdays for people, numbers for scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Pbx

REPORT = """queue,start,offered,aht
sales,2026-11-23 09:00,20,180
sales,2026-11-23 09:30,10,180
sales,2026-11-29 09:00,5,180
"""


def test_people_read_names_of_weekdays_and_scripts_their_numbers(pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text(REPORT, encoding="utf-8")
    asked = ("intervals", "report.csv", "--zone", "UTC")
    english, russian = pbx(*asked), pbx(*asked, lang="ru_RU.UTF-8")
    assert [line.split()[:2] for line in english.out.splitlines()[-3:]] == [
        ["mon", "09:00"],
        ["mon", "09:30"],
        ["sun", "09:00"],
    ]
    assert [line.split()[0] for line in russian.out.splitlines()[-3:]] == ["пн", "пн", "вс"]
    assert [row["weekday"] for row in pbx(*asked, "--json").json["weekdays"]] == [0, 0, 6]


CALLS_ALONE = "interval,calls\n2026-01-01 09:00,x\n2026-01-01 09:30,5\n"


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (CALLS_ALONE, (), ["the report tells no handling time", "`calls` is no number of calls, such as “x” (line 2)"]),
        (REPORT, ("--queue", "sails"), ["“sails” is no queue of the report; it has sales", "4 kept"]),
        ("a,b\n1,2\n", (), ["is no report by intervals"]),
        ("start,offered,aht\nnever,5,60\n", (), ["holds no interval", "`start` is no time, such as “never”"]),
    ],
)
def test_a_report_that_does_not_serve_shows_its_account_and_its_first_lines(
    pbx: Pbx, tmp_path: Path, text: str, options: tuple[str, ...], told: list[str]
) -> None:
    (tmp_path / "report.csv").write_text(text, encoding="utf-8")
    ran = pbx("intervals", "report.csv", "--zone", "UTC", *options)
    said = " ".join(ran.err.split())
    assert ran.status == 2
    assert not [words for words in [*told, "it begins: " + text.split("\n")[0]] if words not in said], ran.err


def test_the_refusal_of_a_report_is_told_in_russian(pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text(CALLS_ALONE, encoding="utf-8")
    said = " ".join(pbx("intervals", "report.csv", "--zone", "UTC", lang="ru_RU.UTF-8").err.split())
    for words in ("в отчёте нет времени обработки", "не число звонков, например «x»", "начинается так: interval,calls"):
        assert words in said


def test_an_odd_cell_among_a_days_hours_is_told(pbx: Pbx, tmp_path: Path) -> None:
    hours = ",".join(f"{hour:02}:00" for hour in range(9, 16))
    (tmp_path / "wide.csv").write_text(f"day,{hours}\n2026-11-23,1,2,x,4,5,6,7\n2026-11-24,1,2,3,,5,6,7\n")
    ran = pbx("intervals", "wide.csv", "--zone", "UTC", "--aht", "60")
    assert ran.status == 0, ran.err
    assert "`11:00` is no number of calls, such as “x”: the cell is left out (line 2)" in " ".join(ran.out.split())
