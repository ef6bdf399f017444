"""A simulated day as the canvas plays it: every call, stay and answer of the day is there, at its moment, on lines that exist."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pbxsim
from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.results.results import Results, Sample
from pbxsim.runs.job import Job
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.diagram.day_replay import OUTCOMES, STATES, replay_of
from pbxsim.workbench.diagram.graph import picture
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.loadtest import chunks
from pbxsim.workbench.shell.texts import Texts

ROOT = Path(__file__).resolve().parents[4]
WEEKDAY = ROOT / "datasets" / "scenarios" / "example_weekday.yaml"


@pytest.fixture(scope="module")
def flow() -> Flow:
    return load((ROOT / "datasets/pbx/example/pbx.yaml").read_bytes())


@pytest.fixture(scope="module")
def day(flow: Flow) -> tuple[Results, Sample]:
    job = Job(flow, Scenario.load(WEEKDAY), keep_records=True)
    sample = job.one(3)
    return job.results([sample]), sample


@pytest.fixture(scope="module")
def draft() -> Draft:
    return Draft.open(ROOT / "datasets/pbx/example/pbx.yaml")


@pytest.fixture(scope="module")
def played(day: tuple[Results, Sample], draft: Draft) -> dict[str, Any]:
    results, sample = day
    return replay_of(sample.tables, draft, Texts("en"), results)


def rows(columns: dict[str, list[int]]) -> list[tuple[int, ...]]:
    return list(zip(*columns.values(), strict=True))


def test_every_call_is_there_with_its_end(day: tuple[Results, Sample], played: dict[str, Any]) -> None:
    calls = day[1].tables["calls"]
    assert len(played["calls"]["at"]) == len(calls) == day[1].started
    assert played["calls"]["at"] == sorted(played["calls"]["at"])
    found = Counter(OUTCOMES[kind] for kind in played["calls"]["kind"])
    told = Counter(one if one in ("talked", "voicemail") else "lost" for one in calls["outcome"])
    assert found == told and set(found) == set(OUTCOMES)


def test_a_stay_is_there_for_every_element_a_call_came_to_and_for_its_trunk(
    day: tuple[Results, Sample], played: dict[str, Any]
) -> None:
    tables = day[1].tables
    per_card = Counter(played["cards"][card] for _, card, *_ in rows(played["stays"]))
    trunks = Counter(f"trunk:{trunk}" for trunk in tables["calls"]["trunk"])
    assert per_card == Counter(str(element) for element in tables["elements"]["element"]) + trunks
    for call in (0, 40, len(tables["calls"]) - 1):  # from the trunk on, as it went
        way = [played["cards"][card] for one, card, *_ in rows(played["stays"]) if one == call]
        id = tables["calls"].sort_values("arrived", kind="stable")["call"].iloc[call]
        mine = tables["elements"][tables["elements"]["call"] == id]
        assert way[0].startswith("trunk:") and way[1:] == [str(element) for element in mine["element"]]


def test_answers_and_waits_of_a_queue_are_those_of_its_visits(
    day: tuple[Results, Sample], played: dict[str, Any]
) -> None:
    visits = day[1].tables["visits"]
    here = played["cards"].index("5200")
    stays = [stay for stay in rows(played["stays"]) if stay[1] == here]
    answered = visits[(visits["queue"] == 5200) & (visits["outcome"] == "answered")]
    waits = sorted(met - begins for _, _, begins, _, met in stays if met >= 0)
    assert len(waits) == len(answered)
    for told, real in zip(waits, sorted(answered["wait_s"]), strict=True):
        assert abs(told / 10 - real) <= 0.1


def test_calls_move_along_lines_that_the_picture_has(draft: Draft, played: dict[str, Any]) -> None:
    drawn = {edge["id"] for edge in picture(draft, Texts("en"), people=True, editable=False)["edges"]}
    assert set(played["edges"]) <= drawn
    moved = {played["edges"][edge] for _, edge, _ in rows(played["hops"])}
    assert {"trunk:moscow|to|5500", "5400|match|5000", "5000|keys.1|5200", "5200|members|100"} <= moved


def test_members_have_a_state_at_every_moment(day: tuple[Results, Sample], played: dict[str, Any]) -> None:
    members = day[1].tables["members"]
    assert set(played["members"]) == {str(member) for member in members["member"]}
    anna = played["members"]["100"]
    assert anna["at"] == sorted(anna["at"]) and anna["at"][0] == 0
    assert Counter(STATES[place] for place in anna["state"]) == Counter(members[members["member"] == 100]["state"])
    assert played["teams"]["5200"] == ["100", "101", "102"]


def test_the_busiest_moment_is_when_most_wait(day: tuple[Results, Sample], played: dict[str, Any]) -> None:
    visits = day[1].tables["visits"]
    begin = pd.Timestamp(day[0].begin, unit="us", tz="UTC")
    came = ((visits["entered"] - begin).dt.total_seconds() * 10) // 1
    went = ((visits["left"] - begin).dt.total_seconds() * 10) // 1
    waiting = [int(((came <= at) & (went > at)).sum()) for at in came]
    at = played["busiest"]
    assert int(((came <= at) & (went > at)).sum()) == max(waiting) > 1


def test_the_clock_of_a_day_on_which_clocks_are_changed(flow: Flow, draft: Draft) -> None:
    data = Scenario.load(WEEKDAY).model_dump(mode="python", by_alias=True)
    scenario = Scenario.of({**data, "zone": "Europe/Berlin", "date": dt.date(2026, 3, 29)})
    job = Job(flow, scenario, keep_records=True)
    sample = job.one(0)
    played = replay_of(sample.tables, draft, Texts("ru"), job.results([sample]))
    assert played["clock"]["from"] == [0, 2 * 36_000] and played["clock"]["ahead_s"] == [0, 3600]
    assert played["clock"]["days"][0] == "29.03.2026"


def test_a_day_written_down_is_the_day_of_the_run(flow: Flow, day: tuple[Results, Sample]) -> None:
    scenario = Scenario.load(WEEKDAY)
    [bare] = chunks.work(chunks.cut(flow, scenario, 4, size=4)[0])[3:]
    [written] = chunks.work(chunks.recorded(flow, scenario, 3))
    assert bare.cells == written.cells == day[1].cells and bare.started == written.started
    assert not bare.tables and len(written.tables["calls"]) == written.started


def test_a_notebook_plays_a_day_of_results_without_records(flow: Flow) -> None:
    results = pbxsim.simulate(flow, Scenario.load(WEEKDAY), reps=2)
    widget = pbxsim.replay(flow, results, day=2)
    assert '"stays"' in widget.replay and widget.graph["nodes"]
    with pytest.raises(ValueError, match="there is no day 3: the results have 2, from 1 to 2"):
        pbxsim.replay(flow, results, day=3)
    other = load((ROOT / "datasets/pbx/office/pbx.yaml").read_bytes())
    with pytest.raises(ValueError, match="give the flow that was simulated"):
        pbxsim.replay(other, results)
