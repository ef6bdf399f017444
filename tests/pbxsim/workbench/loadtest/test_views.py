"""Views of the results of a load test: what needs no browser."""

from __future__ import annotations

import math

import pytest

from pbxsim.results.metrics import COUNTS
from pbxsim.results.results import Results, Sample
from pbxsim.runs.job import Job
from pbxsim.runs.run import simulate
from pbxsim.workbench.loadtest.views.heat import map_html
from pbxsim.workbench.loadtest.views.heat_table import heat_table
from pbxsim.workbench.shell.texts import Texts
from tests.pbxsim.worlds import example


@pytest.fixture(scope="module")
def results() -> Results:
    return simulate(*example(), 4, processes=1, keep_records=False)


def counts(**counted: int) -> tuple[int, ...]:
    return tuple(counted.get(name, 0) for name in COUNTS)


def made_up(cells: tuple[tuple[int, int, tuple[int, ...]], ...], queues: dict[int, str], hours: float = 24) -> Results:
    """Results of one replication in which this was counted."""
    flow, scenario = example()
    scenario = scenario.model_copy(update={"hours": hours})
    whole = Job(flow, scenario, keep_records=False).results([Sample(0, cells, (0,) * 9, (0,) * 4, 0)])
    return Results(scenario, whole.flow_digest, queues, whole.begin, whole.zone, whole.samples)


def test_a_cell_of_the_heat_map_is_the_figure_of_its_interval(results: Results) -> None:
    table = heat_table(results, "service_level", 30)
    day = results.day("service_level")
    shown = [value for value in table.values[0] if not math.isnan(value)]
    assert shown == pytest.approx(day["mean"].dropna().tolist())
    assert table.offered[0].sum() == pytest.approx(results.figure("offered").mean)
    assert (table.columns[0], table.step_min, table.by_days) == (9 * 60, 30, False)


def test_an_hour_of_the_heat_map_is_a_ratio_of_sums_and_not_a_mean_of_ratios() -> None:
    cells = (
        (1, 18, counts(offered=1, answered=1, answered_within=1)),
        (1, 19, counts(offered=3, answered=3, answered_within=0)),
        (2, 18, counts(offered=4, answered=4, answered_within=4)),
        (2, 21, counts(offered=2)),
    )
    table = heat_table(made_up(cells, {1: "Sales", 2: "Help"}), "service_level", 60)
    assert table.rows == (0, 1, 2) and table.columns == (9 * 60, 10 * 60)
    assert table.values[:, 0].tolist() == [5 / 8, 0.25, 1.0]
    assert math.isnan(table.values[1, 1]) and table.offered[1, 1] == 0
    shown = map_html(table, "service_level", {1: "Sales", 2: "Help"}, Texts("ru"), dark=False)
    assert 'title="1 Sales, 09:00 – 10:00: уровень сервиса 25,0 %, звонков в день: 4,0">25<' in shown
    assert 'class="none" title="1 Sales, 10:00 – 11:00: звонков не было"' in shown


def test_a_scenario_of_several_days_has_a_row_a_day_of_the_queue_that_is_chosen() -> None:
    cells = ((1, 18, counts(offered=2)), (1, 48 + 18, counts(offered=6)), (2, 48 + 20, counts(offered=9)))
    table = heat_table(made_up(cells, {1: "Sales", 2: "Help"}, hours=48), "offered", 60, queue=1)
    assert table.by_days and table.columns == (9 * 60,)
    assert table.values[:, 0].tolist() == [2, 6]


def test_a_day_without_a_call_has_words_in_place_of_a_map() -> None:
    table = heat_table(made_up((), {1: "Sales"}), "service_level", 30)
    assert "Nobody called" in map_html(table, "service_level", {}, Texts(), dark=True)
