"""`simulate` on the example PBX: books that balance, figures from definitions, the same run from the same inputs."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pbxsim
from engine.contract import events as ev
from pbxsim.results.frames import COLUMNS
from pbxsim.results.results import Results
from pbxsim.runs.run import simulate
from pbxsim.scenario.scenario import Scenario, ScenarioError
from pbxsim.world import driver
from pbxsim.world.recording_world import RecordingWorld
from pbxsim.world.world import World
from tests.pbxsim.worlds import FIRST, example, exponential, one_queue, steady


@pytest.fixture(scope="module")
def results() -> Results:
    flow, scenario = example()
    return simulate(flow, scenario, 4, processes=1)


def test_the_example_day_gives_every_figure_with_an_interval(results: Results) -> None:
    summary = results.summary.set_index(["queue", "figure"])
    assert results.replications == 4
    for figure in ("offered", "service_level", "answer_speed_s", "occupancy", "calls"):
        row = summary.loc[(0, figure)]
        assert row["low"] < row["mean"] < row["high"]
    assert 300 < summary.loc[(0, "calls"), "mean"] < 520
    assert 0 < summary.loc[(5200, "service_level"), "mean"] < 1
    assert 0.2 < summary.loc[(0, "occupancy"), "mean"] < 0.9


def test_every_stay_in_a_queue_is_counted_once(results: Results) -> None:
    for sums in results.sums():
        assert sums.offered == sums.answered + sums.abandoned + sums.refused + sums.timed_out + sums.left
        assert sums.calls == (
            sums.talked + sums.calls_abandoned + sums.hung_up + sums.busy + sums.barred + sums.voicemail + sums.other
        )
        assert sums.handled == sums.answered


def test_counts_and_records_tell_the_same(results: Results) -> None:
    kpis = results.kpis.set_index(["replication", "queue"])
    for number in range(4):
        visits = results.visits[results.visits["replication"] == number]
        row = kpis.loc[(number, 0)]
        assert row["offered"] == len(visits)
        assert row["answered"] == (visits["outcome"] == "answered").sum()
        assert row["abandoned"] == (visits["outcome"] == "abandoned").sum()
        answered = visits[visits["outcome"] == "answered"]
        assert row["answer_speed_s"] == pytest.approx(answered["wait_s"].mean())
        lost = visits[visits["outcome"] == "abandoned"]
        within = (answered["wait_s"] <= 20).sum()
        assert row["service_level"] == pytest.approx(within / (len(answered) + (lost["wait_s"] > 20).sum()))
        calls = results.calls[results.calls["replication"] == number]
        assert row["calls"] == len(calls)
        assert row["calls_talked"] == (calls["outcome"] == "talked").sum()
        members = results.members[
            (results.members["replication"] == number) & results.members["member"].isin([100, 101, 102])
        ]
        worked = members[members["state"].isin(["talking", "wrap_up"])]["length_s"].sum()
        idle = members[members["state"].isin(["idle", "retry_wait"])]["length_s"].sum()
        assert row["occupancy"] == pytest.approx(worked / (worked + idle), rel=0.01)


def test_tables_have_their_columns_units_and_zone(results: Results) -> None:
    for name, columns in COLUMNS.items():
        frame = results.table(name)
        assert list(frame.columns) == list(columns)
        assert len(frame) > 0
        for column, what in columns.items():
            if what == "instant":
                assert isinstance(frame[column].dtype, pd.DatetimeTZDtype)
                assert frame[column].dropna().iloc[0].utcoffset() == pd.Timedelta(hours=5)
            elif what == "length":
                assert frame[column].dtype == np.float64 and (frame[column] >= 0).all()
    assert results.intervals["interval"].iloc[0] == pd.Timestamp("2026-11-23 00:00", tz="Etc/GMT-5")
    assert len(results.intervals) == 4 * 2 * 48


def test_the_day_shows_a_band_for_each_interval(results: Results) -> None:
    day = results.day("service_level", 5200)
    assert len(day) == 48
    assert day["mean"].isna().sum() >= 24
    assert (day["mean"].dropna() <= 1).all()
    offered = results.day("offered")
    assert offered["mean"].sum() == pytest.approx(results.figure("offered").mean)


def test_shifts_and_breaks_are_kept_and_calls_finished_first(results: Results) -> None:
    members = results.members[results.members["member"] == 100]
    day = pd.Timestamp("2026-11-23", tz="Etc/GMT-5")
    for _, group in members.groupby("replication"):
        out = group[group["state"] == "out"]
        assert out["ends"].iloc[0] == day + pd.Timedelta(hours=9)
        paused = group[group["state"] == "paused"]["length_s"].sum()
        assert 0 < paused <= 45 * 60
    offers = results.offers[results.offers["member"] == 100]
    hours = offers["offered"].dt.hour
    assert hours.min() >= 9 and hours.max() < 18


def test_menu_keys_lead_where_the_flow_says(results: Results) -> None:
    left = results.elements[results.elements["element"] == 5000]
    keyed = left[left["output"] == "key 1"]
    assert set(keyed["to"]) == {"5200"}
    assert 0.5 < len(keyed) / len(left) < 0.85
    assert "R-05.3" in set(keyed["rule"])


def test_tables_are_written_and_read_back(results: Results, tmp_path: Path) -> None:
    paths = results.to_parquet(tmp_path / "parquet")
    assert {path.stem for path in paths} == {"summary", "kpis", "intervals", *COLUMNS}
    again = pd.read_parquet(tmp_path / "parquet" / "visits.parquet")
    pd.testing.assert_frame_equal(again, results.visits, check_categorical=False, check_dtype=False)
    written = results.to_csv(tmp_path / "csv")
    assert len(pd.read_csv(tmp_path / "csv" / "calls.csv")) == len(results.calls)
    assert all(path.stat().st_size > 0 for path in written)


# --- the same inputs give the same run -------------------------------------------------------------------------------


def test_results_with_figures_travel_between_processes(results: Results) -> None:
    """What was worked out once goes along, compiled and interpreted."""
    level = results.figure("service_level")
    again = pickle.loads(pickle.dumps(results))
    assert again.figure("service_level") == level and again.summary.equals(results.summary)


def test_counts_do_not_depend_on_records_or_on_processes(results: Results) -> None:
    flow, scenario = example()
    bare = simulate(flow, scenario, 4, processes=2, keep_records=False)
    assert [sample.cells for sample in bare.samples] == [sample.cells for sample in results.samples]
    assert [sample.times for sample in bare.samples] == [sample.times for sample in results.samples]
    assert bare.calls.empty


def test_a_run_can_be_gone_on_with(results: Results) -> None:
    flow, scenario = example()
    later = simulate(flow, scenario, 2, first=2, processes=1, keep_records=False)
    assert [sample.cells for sample in later.samples] == [sample.cells for sample in results.samples[2:]]


def test_two_hash_seeds_give_the_same_notes() -> None:
    program = (
        "from tests.pbxsim.worlds import example; from pbxsim.world.driver import simulate_once;"
        "from pbxsim.world.recording_world import RecordingWorld; import hashlib;"
        "w = simulate_once(*example(), make=RecordingWorld);"
        "print(hashlib.sha256(repr((w.calls, w.visits, w.offers, w.elements, w.members, w.notes)).encode()).hexdigest())"
    )
    root = Path(__file__).parents[3]
    told = set()
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        told.add(
            subprocess.run([sys.executable, "-c", program], env=env, cwd=root, capture_output=True, check=True).stdout
        )
    assert len(told) == 1


def test_two_designs_meet_the_same_callers() -> None:
    """Common random numbers: with a member more the same people call, with the same patience and talk (R-25.3)."""
    scenario = steady(60, 8, exponential(180), exponential(120), seed=5)
    small = simulate(one_queue(3), scenario, 2, processes=1)
    large = simulate(one_queue(4), scenario, 2, processes=1)
    one = small.calls.set_index(["replication", "call"])
    two = large.calls.set_index(["replication", "call"])
    assert (one["arrived"].sort_index() == two["arrived"].sort_index()).all()
    both = one.merge(two, left_index=True, right_index=True, suffixes=("", "_large"))
    talked = both[(both["outcome"] == "talked") & (both["outcome_large"] == "talked")]
    assert len(talked) > 300
    assert (talked["talk_s"] == talked["talk_s_large"]).all()


def test_another_seed_gives_another_day() -> None:
    flow, scenario = example()
    other = simulate(flow, scenario.replace(seed=2), 1, processes=1, keep_records=False)
    same = simulate(flow, scenario, 1, processes=1, keep_records=False)
    assert other.samples[0].cells != same.samples[0].cells


# --- progress and cancel ---------------------------------------------------------------------------------------------


def test_progress_rises_to_the_end() -> None:
    flow, scenario = example()
    seen: list[tuple[float, int]] = []
    simulate(
        flow, scenario, 2, processes=1, keep_records=False, progress=lambda done, total: seen.append((done, total))
    )
    done = [at for at, _ in seen]
    assert done == sorted(done) and done[-1] == 2 and len(done) > 20
    assert {total for _, total in seen} == {2}


@pytest.mark.parametrize("processes", [1, 2])
def test_a_cancelled_run_keeps_what_is_whole(processes: int) -> None:
    flow, scenario = example()
    stop = threading.Event()

    def enough(done: float, total: int) -> None:
        if done >= 2:
            stop.set()

    found = simulate(flow, scenario, 200, processes=processes, keep_records=False, progress=enough, cancel=stop)
    assert found.cancelled
    assert 2 <= found.replications < 200
    whole = simulate(flow, scenario, 1, processes=1, keep_records=False, first=found.samples[0].replication)
    assert whole.samples[0].cells == found.samples[0].cells


def test_a_run_cancelled_before_anything_is_whole_says_so() -> None:
    flow, scenario = example()
    stop = threading.Event()
    stop.set()
    with pytest.raises(pbxsim.Cancelled, match="0 of 3"):
        simulate(flow, scenario, 3, processes=1, cancel=stop)


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"shifts": [{"members": [999], "from": "09:00", "to": "12:00"}]}, "shifts: the flow has no user 999"),
        ({"absent": [998]}, "absent: the flow has no user 998"),
        ({"arrivals": {"m": {"trunk": "omsk", "per_hour": 1}}}, "the flow has no trunk `omsk`; it has `moscow`, `spb`"),
        ({"arrivals": {"m": {"called": "nobody", "per_hour": 1}}}, "`nobody` is neither"),
        ({"keys": {5200: {"choices": {"1": 1}}}}, "keys: queue 5200 asks for no key"),
        ({"talk": {"queues": {5999: 3}}}, "talk.queues: 5999 is no queue"),
        ({"talk": {"members": {5200: 2}}}, "talk.members: the flow has no user 5200"),
        ({"wrap_up": {5300: 3}}, "wrap_up: 5300 is no queue"),
        ({"prompts": {"no.wav": 3}}, "prompts: the flow has no prompt `no.wav`"),
        ({"outages": [{"trunk": "omsk", "from": "09:00", "minutes": 5}]}, "outages: the flow has no trunk"),
        ({"zone": "Mars/Olympus"}, "zone: "),
        ({"measure": {"from_s": 90000}}, "nothing is left to measure"),
        (
            {
                "shifts": [
                    {"members": [100], "from": "09:00", "to": "12:00"},
                    {"members": [100], "from": "11:00", "to": "13:00"},
                ]
            },
            "two shifts of user 100 overlap",
        ),
    ],
    ids=str,
)
def test_what_the_flow_does_not_have_is_refused_before_anything_runs(fields: dict[str, object], words: str) -> None:
    flow, scenario = example()
    with pytest.raises(ScenarioError, match=words):
        simulate(flow, scenario.replace(**fields), 1)


def test_impossible_numbers_are_refused() -> None:
    flow, scenario = example()
    with pytest.raises(ValueError, match="at least one replication"):
        simulate(flow, scenario, 0)
    with pytest.raises(ValueError, match="at least one process"):
        simulate(flow, scenario, 1, processes=0)


def test_an_unlimited_trunk_is_warned_of() -> None:
    """R-04.8."""
    found = simulate(one_queue(2), steady(10, 1, 60, 60), 1, processes=1)
    assert any(told.startswith("R-04.8") for told in found.warnings)


# --- scenario processes ----------------------------------------------------------------------------------------------


def test_an_analysts_process_may_send_any_event_and_wait_for_what_happens() -> None:
    """A SimPy process of one's own brings calls, pauses a member and finds the world as it is at `env.now`."""
    seen: list[tuple[float, int]] = []

    def campaign(world: World):  # type: ignore[no-untyped-def]  # SimPy's events are not typed
        yield world.env.timeout(100)
        for i in range(5):
            world.send(ev.CallArrived(call=f"campaign-{i}", called="74951234567", caller="89001112233", trunk="main"))
            seen.append((world.env.now, world.live))
            yield world.env.timeout(30)
        world.send(ev.MemberPaused(user=FIRST, reason="meeting"))
        event = world.env.event()
        world.trigger(event, "told")
        assert (yield event) == "told"

    scenario = steady(0, 1, 600, {"kind": "never"})
    world = driver.simulate_once(one_queue(2), scenario, processes=[campaign], make=RecordingWorld)
    assert isinstance(world, RecordingWorld)
    assert seen == [(100.0, 1), (130.0, 2), (160.0, 3), (190.0, 4), (220.0, 5)]
    assert [row[0] for row in sorted(world.calls, key=lambda row: str(row[0]))] == [f"campaign-{i}" for i in range(5)]
    waits = sorted(row[5] for row in world.visits if row[4] == "answered")  # type: ignore[type-var]
    assert waits[:2] == [0, 0] and waits[2] == 570_000_000
    assert any(row[1] == "paused" for row in world.members)


def test_a_trunk_that_fails_loses_its_calls_and_refuses_new_ones() -> None:
    """R-04.10."""
    scenario = steady(
        120,
        1,
        exponential(300),
        {"kind": "never"},
        outages=[{"trunk": "main", "from": "00:30", "minutes": 10}],
        redial={"after_busy": {"share": 1.0, "delay": 60}, "most": 3},
    )
    world = driver.simulate_once(one_queue(15), scenario, make=RecordingWorld)
    assert isinstance(world, RecordingWorld)
    begin = world.begin
    out = [row for row in world.calls if str(row[10]) == "REQUESTED_CHAN_UNAVAIL"]
    cut = [row for row in out if row[9] == begin + 1800 * 1_000_000]
    refused = [row for row in out if row not in cut]
    assert len(cut) >= 5
    assert len(refused) >= 10
    assert all(begin + 1800 * 10**6 <= row[7] < begin + 2400 * 10**6 for row in refused)  # type: ignore[operator]
    assert {row[3] for row in world.calls} == {1, 2, 3}


def test_members_who_miss_offers_are_paused_and_come_back() -> None:
    """R-08.12: three unanswered offers in a row pause a member; the scenario says when they are back."""
    scenario = steady(
        30,
        2,
        exponential(60),
        {"kind": "never"},
        answering={"default": {"delay": 3}, "users": {FIRST: {"no_answer": 1}}, "back_s": 600},
    )
    flow = one_queue(2, ring=15, auto_pause=3, strategy="linear")
    world = driver.simulate_once(flow, scenario, make=RecordingWorld)
    assert isinstance(world, RecordingWorld)
    pauses = [row for row in world.members if row[0] == FIRST and row[1] == "paused"]
    assert len(pauses) >= 3
    assert all(row[5] == 595_000_000 for row in pauses[:-1]), "600 s, of which 5 are retry wait"


def test_extensions_and_hang_ups_at_a_greeting_happen_as_weighed() -> None:
    flow = one_queue(30, trunk_to=5000)
    scenario = steady(
        300,
        4,
        exponential(60),
        {"kind": "never"},
        keys={5000: {"choices": {"1": 5, "hangup": 3, "none": 2}, "think": 4}},
    )
    found = simulate(flow, scenario, 1, processes=1)
    outcomes = found.calls["outcome"].value_counts(normalize=True)
    assert outcomes["talked"] == pytest.approx(0.5 + 0.2 * (0.5 + 0.2 * 0.5), abs=0.05)
    silent = found.elements[(found.elements["output"] == "no_input")]
    assert 0 < len(silent) / len(found.calls) < 0.03
    length = (silent["left"] - silent["entered"]).dt.total_seconds()
    assert length.to_numpy() == pytest.approx(3 * (6 + 5), abs=0.01), "three rounds of 6 s and 5 s (R-05.5, R-05.6)"


def test_wrap_up_of_the_scenario_replaces_that_of_the_flow() -> None:
    scenario = steady(40, 2, exponential(60), {"kind": "never"}, wrap_up={5200: 45})
    found = simulate(one_queue(3, wrap_up=10), scenario, 1, processes=1)
    rests = found.members[found.members["state"] == "wrap_up"]["length_s"]
    assert len(rests) > 40
    assert rests.to_numpy() == pytest.approx(45.0)


def test_the_scenario_of_the_package_is_the_one_an_analyst_writes() -> None:
    assert pbxsim.Scenario is Scenario
    assert pbxsim.simulate is simulate


def test_figures_do_not_depend_on_whether_anybody_watches() -> None:
    """Members without a shift are there to the end of the run, also where the last call is over before."""
    plain = steady(20, 2, exponential(60), exponential(60))
    quiet = simulate(one_queue(2), plain, 3, processes=1, keep_records=False)
    watched = simulate(one_queue(2), plain, 3, processes=1, keep_records=False, progress=lambda done, total: None)
    shared = simulate(one_queue(2), plain, 3, processes=2, keep_records=False)
    assert quiet.kpis.equals(watched.kpis) and quiet.kpis.equals(shared.kpis)
    assert quiet.figure("staffed_hours").mean == pytest.approx(4.0)
    records = simulate(one_queue(2, wrap_up=300), plain, 3, processes=1)
    told = simulate(one_queue(2, wrap_up=300), plain, 3, processes=1, progress=lambda done, total: None)
    assert records.members.equals(told.members)
