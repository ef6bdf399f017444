"""`pbx intervals` on a small report: names of weekdays for people, numbers for scripts."""

from __future__ import annotations

from pathlib import Path

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
