"""Scenarios that come with the project have Russian words; a person's own keep theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbxsim import datasets
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.loadtest import days, scenario_names

SHIPPED = sorted([*datasets.folder().glob("scenarios/*.yaml"), *datasets.folder().glob("pbx/*/scenario.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_is_shipped_is_told_in_both_languages(path: Path) -> None:
    scenario = Scenario.load(path)
    for english, russian in (
        (scenario.scenario, scenario_names.named(scenario.scenario, "ru")),
        (scenario.about, scenario_names.about(scenario, "ru")),
    ):
        assert any("а" <= letter <= "я" for letter in russian), english
    assert scenario_names.named(scenario.scenario, "en") == scenario.scenario
    assert scenario_names.about(scenario, "en") == scenario.about


def test_a_scenario_of_ones_own_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "my_monday.yaml").write_text("", encoding="utf-8")
    files = days.scenarios(tmp_path / "pbx.yaml")
    shown = scenario_names.options(files, "ru")
    assert shown == {"my monday": "my monday", "будний день, пример": "example weekday"}
    assert scenario_names.options(files, "en") == {name: name for name in files}
