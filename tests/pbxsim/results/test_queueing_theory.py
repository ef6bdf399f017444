"""The formulas of `pbxsim.results.queueing_theory` against rows computed elsewhere to 30 digits, and against figures
printed in the literature."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from pbxsim.results import queueing_theory
from pbxsim.scenario.distributions import Constant, Exponential, Never, Uniform, parse

REFERENCE = Path(__file__).parent / "reference"


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows("erlang_b_c.csv"))
def test_erlang_b_and_c_agree_with_the_reference_row(row: dict[str, str]) -> None:
    load, lines = float(row["offered_erl"]), int(row["lines"])
    assert queueing_theory.erlang_b(load, lines) == pytest.approx(float(row["erlang_b"]), rel=1e-10)
    assert queueing_theory.erlang_c(load, lines) == pytest.approx(float(row["erlang_c"]), rel=1e-10)


@pytest.mark.parametrize("row", rows("erlang_c_staffing.csv"))
def test_a_queue_without_patience_agrees_with_the_reference_row(row: dict[str, str]) -> None:
    found = queueing_theory.m_m_n(float(row["calls_per_hour"]) / 3600, 1 / float(row["aht_s"]), int(row["agents"]))
    assert found.wait_share == pytest.approx(float(row["wait_share"]), rel=1e-8)
    assert found.wait == pytest.approx(float(row["asa_s"]), rel=1e-8)
    assert found.answered_within(20) == pytest.approx(float(row["sl20"]), rel=1e-8)


@pytest.mark.parametrize("row", rows("erlang_a.csv"))
def test_erlang_a_agrees_with_the_reference_row(row: dict[str, str]) -> None:
    rates = (float(row["arrival_rate"]), float(row["service_rate"]), float(row["abandonment_rate"]))
    found = queueing_theory.erlang_a(*rates, int(row["agents"]))
    assert found.wait_share == pytest.approx(float(row["wait_share"]), rel=1e-8)
    assert found.abandoned_share == pytest.approx(float(row["abandoned_share"]), rel=1e-7)
    assert found.wait == pytest.approx(float(row["wait"]), rel=1e-7)
    assert found.answered_within(float(row["within"])) == pytest.approx(float(row["answered_within"]), rel=1e-8)


@pytest.mark.parametrize("row", rows("m_m_n_g.csv"), ids=lambda row: row["patience"])
def test_general_patience_agrees_with_the_reference_row(row: dict[str, str]) -> None:
    patience = parse(YAML(typ="safe").load(io.StringIO(row["patience"])))
    found = queueing_theory.m_m_n_g(100, 1, patience, 100)
    assert found.wait_share == pytest.approx(float(row["wait_share"]), rel=1e-7)
    assert found.abandoned_share == pytest.approx(float(row["abandoned_share"]), rel=1e-7)
    assert found.wait == pytest.approx(float(row["wait"]), rel=1e-7)
    assert found.waits_longer(float(row["longer_than"])) == pytest.approx(float(row["waits_longer"]), rel=1e-7)


def test_the_printed_example_of_garnett_mandelbaum_and_reiman_comes_out() -> None:
    """48 calls a minute, service 1 min, patience 2 min, 50 agents (Gans, Koole and Mandelbaum 2003)."""
    with_patience = queueing_theory.erlang_a(48, 1, 0.5, 50)
    assert with_patience.abandoned_share == pytest.approx(0.030912249, rel=1e-7)
    assert with_patience.wait * 60 == pytest.approx(3.709470, rel=1e-6)
    assert with_patience.waiting == pytest.approx(2.967576, rel=1e-6)
    without = queueing_theory.m_m_n(48, 1, 50)
    assert without.wait * 60 == pytest.approx(20.833668, rel=1e-6)
    assert without.waiting == pytest.approx(16.666935, rel=1e-6)
    ninety = without.wait * math.log(without.wait_share / 0.1) / without.wait_share
    assert ninety * 60 == pytest.approx(58.138742, rel=1e-6)
    fewer = queueing_theory.m_m_n(48 * (1 - 0.030912249), 1, 50)
    assert fewer.wait * 60 == pytest.approx(8.831703, rel=1e-6)


def test_pyworkforces_documented_case_needs_fourteen_agents() -> None:
    """100 calls in 30 minutes, 3 minutes each, 80 % within 20 s, occupancy at most 0.85."""

    def meets(found: queueing_theory.Waiting) -> bool:
        return found.answered_within(20) >= 0.8 and found.occupancy <= 0.85

    agents = queueing_theory.fewest_agents(meets, 100 / 1800, 1 / 180, None)
    assert agents == 14
    found = queueing_theory.m_m_n(100 / 1800, 1 / 180, agents)
    assert found.answered_within(20) == pytest.approx(0.88835002, rel=1e-7)
    assert found.occupancy == pytest.approx(0.7142857, rel=1e-6)
    assert found.wait_share == pytest.approx(0.17413193, rel=1e-7)


def test_fewest_agents_with_patience_is_fewer_than_without_and_one_less_fails() -> None:
    def meets(found: queueing_theory.Waiting) -> bool:
        return found.answered_within(20) >= 0.8

    patient = Exponential(mean=120)
    agents = queueing_theory.fewest_agents(meets, 0.5, 1 / 300, patient)
    assert meets(queueing_theory.m_m_n_g(0.5, 1 / 300, patient, agents))
    assert not meets(queueing_theory.m_m_n_g(0.5, 1 / 300, patient, agents - 1))
    assert agents < queueing_theory.fewest_agents(meets, 0.5, 1 / 300, None)


@pytest.mark.parametrize("load", [2.0, 10.0, 60.0])
def test_callers_who_never_give_up_make_erlang_c_of_the_formulas_with_patience(load: float) -> None:
    """Also in a mixture: those who never give up alone must not be a load the agents cannot carry."""

    def meets(found: queueing_theory.Waiting) -> bool:
        return found.answered_within(20 / 180) >= 0.8

    assert queueing_theory.fewest_agents(meets, load, 1, Never()) == queueing_theory.fewest_agents(meets, load, 1, None)
    agents = math.ceil(load) + 2
    assert queueing_theory.m_m_n_g(load, 1, Never(), agents).wait == queueing_theory.m_m_n(load, 1, agents).wait
    parts = [{"weight": 0.9, "of": {"kind": "never"}}, {"weight": 0.1, "of": {"kind": "exponential", "mean": 1}}]
    stubborn = parse({"kind": "mixture", "parts": parts})
    with pytest.raises(queueing_theory.Unstable, match="grow for ever"):
        queueing_theory.m_m_n_g(load, 1, stubborn, math.floor(0.8 * load))
    some = queueing_theory.fewest_agents(meets, load, 1, stubborn)
    assert 0.9 * load < some <= queueing_theory.fewest_agents(meets, load, 1, None)


@pytest.mark.parametrize(("load", "agents"), [(3.0, 5), (60.0, 50), (5.0, 60), (900.0, 1000)])
def test_mass_balance_holds_for_general_patience(load: float, agents: int) -> None:
    """Who abandons plus who is served is everybody: carried load is at most the agents, and P(Ab) at most P(W > 0)."""
    found = queueing_theory.m_m_n_g(load, 1, Uniform(low=0.0, high=2.0), agents)
    assert 0 <= found.abandoned_share <= found.wait_share <= 1
    assert found.occupancy == pytest.approx(load * (1 - found.abandoned_share) / agents)
    assert found.answered_within(1e6) == pytest.approx(1 - found.abandoned_share, abs=1e-9)


def test_endless_patience_is_erlang_c_and_refuses_an_overload() -> None:
    with_never = queueing_theory.m_m_n_g(9, 1, Never(), 10)
    assert with_never.wait_share == pytest.approx(queueing_theory.erlang_c(9, 10), rel=1e-9)
    assert with_never.abandoned_share == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="grows for ever"):
        queueing_theory.m_m_n_g(11, 1, Never(), 10)
    with pytest.raises(ValueError, match="grows for ever"):
        queueing_theory.m_m_n(10, 1, 10)


def test_square_root_grades_invert_their_limits() -> None:
    for wait_share in (0.05, 0.3, 0.8):
        grade = queueing_theory.halfin_whitt_grade(wait_share)
        large = 40_000
        agents = queueing_theory.square_root_agents(large, grade)
        assert queueing_theory.erlang_c(large, agents) == pytest.approx(wait_share, abs=0.01)
    assert queueing_theory.garnett_wait_share(0.0, 1.0) == pytest.approx(0.5)
    exact = queueing_theory.erlang_a(1000, 1, 1, 1000).wait_share
    assert queueing_theory.garnett_wait_share(0.0, 1.0) == pytest.approx(exact, abs=0.01)


def test_offered_load_follows_changing_rates_with_the_lag_of_service() -> None:
    rates = [0.0, 2.0, 0.0]
    loads = queueing_theory.offered_load(rates, 100.0, Exponential(mean=50.0), [100.0, 200.0, 300.0])
    assert loads[0] == pytest.approx(0.0)
    assert loads[1] == pytest.approx(100 * (1 - math.exp(-2)), rel=1e-6)
    assert loads[2] == pytest.approx(100 * (1 - math.exp(-2)) * math.exp(-2), rel=1e-6)
    flat = queueing_theory.offered_load([2.0] * 50, 100.0, Constant(seconds=30.0), [2500.0])
    assert flat[0] == pytest.approx(60.0, rel=1e-9)
    assert np.all(queueing_theory.offered_load([1.0], 10.0, Exponential(mean=5.0), [0.0]) == 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: queueing_theory.erlang_b(-1, 3),
        lambda: queueing_theory.erlang_b(1, -3),
        lambda: queueing_theory.m_m_n(1, 0, 3),
        lambda: queueing_theory.m_m_n(1, 1, 0),
        lambda: queueing_theory.erlang_a(1, 1, -1, 3),
        lambda: queueing_theory.offered_load([-1.0], 60, Exponential(mean=1), [1.0]),
        lambda: queueing_theory.square_root_agents(-1, 1),
        lambda: queueing_theory.halfin_whitt_grade(1.0),
    ],
)
def test_impossible_input_is_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError):
        call()
