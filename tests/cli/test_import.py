"""`pbx import` and `pbx intervals`: what is read, what is told, in two languages."""

from __future__ import annotations

from pathlib import Path

from engine.loading.load import load
from tests.cli.conftest import Pbx


def test_the_commands_tell_it_in_two_languages(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "queues.conf").write_text(
        "[sales]\nstrategy = ringall\n\nstrategy = leastrecent\nmember => PJSIP/101,0,Anna\n"
    )
    ran = pbx("import", str(tmp_path / "queues.conf"), "--to", str(tmp_path / "pbx.yaml"))
    assert (
        ran.status == 1
        and "approximated queues.conf:4" in ran.err
        and load((tmp_path / "pbx.yaml").read_text(), "pbx.yaml")
    )
    assert "приближено queues.conf:4" in pbx("--lang", "ru", "import", str(tmp_path / "queues.conf")).err
    (tmp_path / "report.csv").write_text(
        "Interval,Queue,Offered,Answered,Abandoned,ASA,AHT\n2026-09-07 09:00,sales,30,28,2,12,240\n"
        "2026-09-07 09:30,sales,60,50,10,30,0:04:00\nTotal,sales,90,78,12,20,240\n"
    )
    ran = pbx("intervals", str(tmp_path / "report.csv"), "--zone", "Europe/Moscow", "--json")
    assert ran.status == 0
    assert [(row["calls"], row["aht_s"], row["members"]) for row in ran.json["weekdays"]] == [
        (30, 240, 6),
        (60, 240, 10),
    ]
    assert pbx("calibrate", str(tmp_path / "report.csv"), "--zone", "Europe/Moscow").status == 2
