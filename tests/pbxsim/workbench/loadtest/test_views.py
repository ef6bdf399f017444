"""Views of the results of a load test: what needs no browser."""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Any

import nbformat
import pandas as pd
import pytest

import pbxsim
from pbxsim.results.metrics import COUNTS
from pbxsim.results.plots import Plot
from pbxsim.results.results import Results, Sample
from pbxsim.runs.job import Job
from pbxsim.runs.run import simulate
from pbxsim.workbench.loadtest.page import scaled
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.loadtest.views import run_notebook, tables
from pbxsim.workbench.loadtest.views.heat import map_html
from pbxsim.workbench.loadtest.views.heat_table import heat_table
from pbxsim.workbench.loadtest.views.waits import QueueChart, WaitsChart, quantiles_told
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


# --- waits and files ----------------------------------------------------------------------------------------------------


def test_waits_are_told_as_the_language_writes_them(results: Results) -> None:
    told = quantiles_told(results.waits(), Texts("ru"))
    assert re.fullmatch(
        r"Из отвеченных ждали не дольше: 50 % – \d+ с, 80 % – \d+ с, 90 % – \d+ с, 95 % – \d+ с\.", told
    )
    chart = WaitsChart(Texts("ru"))
    chart.show(results.waits(), 20)
    at = list(chart.source.data["wait_s"]).index(20)
    share = results.figure("service_level_of_offered")
    assert chart.source.data["told"][at].startswith(f"≤ 20 с: отвечено {Texts('ru').number(100 * share.mean)} % (")
    assert chart.plot.x_range.end >= 30


def test_nobody_s_waits_are_drawn_as_nothing() -> None:
    nobody = made_up((), {1: "Sales"})
    assert quantiles_told(nobody.waits(), Texts()) == "Nobody was answered."
    chart, queue = WaitsChart(Texts()), QueueChart(Texts())
    chart.show(nobody.waits(), 20)
    queue.show(nobody.queue_length(), None, None)
    assert len(chart.source.data["told"]) == 0 and not queue.plot.visible


def test_tables_have_every_figure_with_its_bounds_and_units_and_are_the_same_as_parquet(results: Results) -> None:
    table = tables.intervals(results)
    day = results.day("answer_speed_s", 5200)
    mine = table[table["queue"] == 5200].reset_index(drop=True)
    assert mine["answer_speed_s_low"].equals(day["low"].rename("answer_speed_s_low"))
    assert {"offered_calls", "service_level_share_high", "waited_share", "wait_s", "waiting_calls_most_p90"} <= set(
        table
    )
    assert set(table["queue"]) == {0, *results.queues} and set(mine["queue_name"]) == {"Sales"}
    again = pd.read_parquet(tables.parquet(table))
    assert again["service_level_share"].equals(table["service_level_share"])
    assert again["interval_start"].iloc[0] == table["interval_start"].iloc[0]
    written = pd.read_csv(tables.csv(tables.waits(results)))
    assert written["answered_share"].max() == pytest.approx(
        results.figure("answered").mean / results.figure("offered").mean
    )
    totals = tables.totals(results).set_index(["queue", "figure"])
    assert totals.loc[(0, "occupancy"), "mean"] == results.figure("occupancy").mean


def test_a_notebook_runs_to_the_very_same_figures() -> None:
    flow, scenario = example()
    scenario = scaled(scenario, 1.3, seed=7, within_s=30)
    run = ShownRun(simulate(flow, scenario, 5, processes=1, keep_records=False).of([0, 1, 4]), flow, 1.3)
    made = nbformat.reads(run_notebook.notebook(run, 5200, Texts("ru")), as_version=4)
    nbformat.validate(made)
    assert "звонков × 1,3" in made.cells[0].source and "Sales" in made.cells[0].source
    names: dict[str, Any] = {}
    shown = []
    for cell in made.cells:
        if cell.cell_type == "code":
            *lines, last = ast.parse(cell.source).body
            exec(compile(ast.Module(lines, []), "cell", "exec"), names)
            if isinstance(last, ast.Expr):
                shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
            else:
                exec(compile(ast.Module([last], []), "cell", "exec"), names)
    assert names["flow"].digest == flow.digest and names["scenario"] == scenario
    assert names["results"].summary.equals(run.results.summary)
    assert names["results"].waits().equals(run.results.waits())
    assert sum(isinstance(one, Plot) for one in shown) == 3


def test_a_notebook_takes_texts_with_every_sign() -> None:
    flow, scenario = example()
    scenario = scenario.replace(about='He said """hello\\n""" and left')
    run = ShownRun(simulate(flow, scenario, 1, processes=1, keep_records=False), flow)
    source = next(
        c["source"] for c in json.loads(run_notebook.notebook(run, 0, Texts()))["cells"] if "SCENARIO" in str(c)
    )
    names: dict[str, Any] = {"pbxsim": pbxsim}
    exec("".join(source), names)
    assert names["scenario"] == scenario
