"""`pbx backtest`: recorded callers through another version, told to people in two languages and to programs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.cli.conftest import Pbx
from tests.pbxsim.calibrate import bridge_days

NEW = bridge_days.PBX.replace('"4930111111", to: 5200', '"4930111111", to: 5201')


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("export")
    bridge_days.export(5, per_hour=0.3).write(folder)
    (folder / "pbx.yaml").write_text(bridge_days.PBX, encoding="utf-8")
    return str(folder)


def test_callers_who_move_are_counted_listed_and_written(export: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "new.yaml").write_text(NEW, encoding="utf-8")
    words = ("backtest", "new.yaml", "--history", export, "--reps", "2", "--days", "2")
    ran = pbx(*words, "--csv", "callers.csv", "--json")
    assert ran.status == 1, ran.err
    told = ran.json
    callers = pd.read_csv(tmp_path / "callers.csv")
    assert told["callers"] == len(callers) > 100 and told["replications"] == 2
    sales = int((callers["trunk"] == "sales").sum())
    assert told["moved"] == {"mean": sales, "low": sales, "high": sales}
    assert told["moves"][0]["from"] == "5200 Sales" and told["moves"][0]["to"] == "5201 Support"
    assert set(callers.loc[callers["trunk"] == "sales", "place"]) == {"5201 Support"}
    assert {row["queue"] for row in told["figures"]} == {0, 5200, 5201}
    people = pbx(*words, lang="ru_RU.UTF-8")
    assert people.status == 1 and "попадают в другое место" in people.out and "принято за 20 с" in people.out


def test_the_same_version_ends_well_and_what_is_missing_is_said(export: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "same.yaml").write_text(bridge_days.PBX, encoding="utf-8")
    ran = pbx("backtest", "same.yaml", "--history", export, "--reps", "1", "--days", "1")
    assert ran.status == 0 and "0 of" in ran.out
    assert "--history" in pbx("backtest", "same.yaml").err
    history = f"{export}/history.jsonl"
    refused = pbx("backtest", "same.yaml", "--history", history, "--zone", "Europe/Berlin")
    assert refused.status == 2 and "--present" in refused.err
    assert pbx("backtest", "nowhere.yaml", "--history", export).status == 2
    assert "NAME=VALUE" in pbx("backtest", "same.yaml", "--history", export, "--queue", "sales").err
