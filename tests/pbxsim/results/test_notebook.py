"""What a notebook shows of results: tables that say what the figures say, and pictures of the same numbers."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest
from bokeh.models import ColumnDataSource

import pbxsim
from pbxsim import datasets
from pbxsim.results.plots import NothingToPlot, Plot
from pbxsim.results.results import Results
from pbxsim.scenario.scenario import Scenario

QUEUE = 5200


class Cells(HTMLParser):
    """The texts of a table's cells; fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.cells.append(data)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load(datasets.folder() / "scenarios" / "example_weekday.yaml")


@pytest.fixture(scope="module")
def results(scenario: Scenario) -> Results:
    return pbxsim.simulate(pbxsim.load_flow(datasets.find("example")), scenario, 3, processes=1)


def source(plot: Plot, renderer: int) -> dict[str, np.ndarray]:
    """The data one curve of a picture is drawn of."""
    found = plot.figure.renderers[renderer].data_source
    assert isinstance(found, ColumnDataSource)
    return {name: np.asarray(values) for name, values in found.data.items()}


def test_results_show_their_first_figures_with_intervals(results: Results) -> None:
    shown = Cells(results._repr_html_()).cells
    level = results.figure("service_level")
    assert f"example weekday: 3 days, {results.simulated_calls:,} calls" in shown
    place = shown.index("service_level")
    assert shown[place + 1] == f"{100 * level.mean:.1f} %"
    assert shown[place + 2] == f"{100 * level.low:,.1f} to {100 * level.high:,.1f}"


def test_what_a_scenario_is_called_is_escaped(results: Results) -> None:
    named = Results(
        results.scenario.replace(scenario="<script>alert(1)</script>"), results.flow_digest, results.queues, results.begin,
        results.zone, results.samples,
    )  # fmt: skip
    assert "<script>" not in named._repr_html_()


def test_a_comparison_of_two_runs_is_the_comparison_of_their_designs(results: Results, scenario: Scenario) -> None:
    flow = pbxsim.load_flow(datasets.find("evening"))
    other = pbxsim.simulate(flow, scenario, 2, processes=1, keep_records=False)
    compared = pbxsim.compare(results, other)
    assert compared.first.replications == compared.second.replications == 2
    designs = (pbxsim.load_flow(datasets.find("example")), scenario), (flow, scenario)
    again = pbxsim.compare(*designs, 2, processes=1)
    assert compared.figure("service_level") == again.figure("service_level")
    shown = Cells(compared._repr_html_()).cells
    assert f"{100 * compared.figure('service_level').mean:+,.1f}" == shown[shown.index("service_level") + 3]


def test_only_runs_of_the_same_callers_are_compared(results: Results, scenario: Scenario) -> None:
    other = pbxsim.simulate(
        pbxsim.load_flow(datasets.find("example")), scenario.replace(seed=99), 2, processes=1, keep_records=False
    )
    with pytest.raises(ValueError, match="seeds 1 and 99"):
        pbxsim.compare(results, other)
    with pytest.raises(ValueError, match="two designs are compared, or two runs"):
        pbxsim.compare(results, (pbxsim.load_flow(datasets.find("example")), scenario))


def test_the_day_is_drawn_as_it_was_counted(results: Results) -> None:
    course = results.day("service_level", QUEUE).dropna(subset=["mean"])
    drawn = source(results.plot.day(queue=QUEUE, target=0.8), 2)
    assert np.array_equal(drawn["mean"], course["mean"].to_numpy())


def test_waits_end_at_the_shares_answered_and_abandoned(results: Results) -> None:
    visits = results.visits[results.visits["queue"] == QUEUE]
    plot = results.plot.waits(QUEUE)
    for renderer, outcome in ((1, "answered"), (3, "abandoned")):
        mine = visits[visits["outcome"] == outcome]
        drawn = source(plot, renderer)
        assert drawn[outcome][-1] == pytest.approx(len(mine) / len(visits))
        assert drawn["wait_s"][-1] >= mine["wait_s"].max()
        assert (np.diff(drawn[outcome]) >= 0).all()


def test_the_queue_by_the_clock_adds_up_to_the_waits(results: Results) -> None:
    """Little's law of a day: the mean queue over all intervals times their length is the time waited."""
    length = results.plot.queue_length(QUEUE)
    visits = results.visits[results.visits["queue"] == QUEUE]
    step_s = results.scenario.measure.interval_min * 60
    assert length["mean"].sum() * step_s * results.replications == pytest.approx(visits["wait_s"].sum(), rel=1e-6)
    assert (length["most_p90"] >= 0).all() and length["most_p90"].max() >= 1
    assert len(source(results.plot.queue(QUEUE), 0)["at"]) == len(length)


def test_pictures_of_waits_need_no_records(results: Results, scenario: Scenario) -> None:
    bare = pbxsim.simulate(pbxsim.load_flow(datasets.find("example")), scenario, 3, processes=1, keep_records=False)
    assert bare.waits(QUEUE).equals(results.waits(QUEUE)) and bare.visits.empty
    assert np.array_equal(source(bare.plot.waits(), 0)["answered"], source(results.plot.waits(), 0)["answered"])
    assert bare.plot.queue_length(QUEUE).equals(results.plot.queue_length(QUEUE))


def test_a_picture_of_nobody_s_waits_says_so(results: Results) -> None:
    nobody = pbxsim.simulate(
        pbxsim.load_flow(datasets.find("example")),
        results.scenario.replace(arrivals={"moscow": {"trunk": "moscow", "per_hour": 0}}),
        1,
        processes=1,
    )
    with pytest.raises(NothingToPlot, match="nobody was answered"):
        nobody.plot.waits()
    with pytest.raises(NothingToPlot, match="nobody called"):
        nobody.plot.queue()
    with pytest.raises(KeyError, match="no queue of the flow"):
        results.plot.queue(7)
    with pytest.raises(KeyError, match="no queue of the flow"):
        results.plot.waits("Purchase")


def test_a_queue_is_named_in_a_picture_as_in_a_figure(results: Results) -> None:
    assert np.array_equal(
        source(results.plot.waits("sales"), 0)["wait_s"], source(results.plot.waits(QUEUE), 0)["wait_s"]
    )
    assert results.plot.queue("Sales").figure.title.text == results.plot.queue(QUEUE).figure.title.text
    assert results.plot.day(queue="Sales").figure.title.text == results.plot.day(queue=QUEUE).figure.title.text
