"""`pbx simulate` through the real command line. What the figures mean is tested with `pbxsim`; here, that they are told."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from tests.cli.conftest import Pbx

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "datasets" / "pbx" / "example" / "pbx.yaml"

SMALL = """\
scenario: small
date: 2026-11-23
start: "10:00"
hours: 2
arrivals: {a: {trunk: spb, per_hour: 30}}
keys: {5000: {choices: {1: 1}}}
"""


def test_simulate_tells_every_figure_with_its_interval(pbx: Pbx) -> None:
    ran = pbx("simulate", "example", "--reps", "3")
    assert ran.status == 0, ran
    for word in ("offered", "answered", "abandoned", "service level (20 s)", "answer speed", "occupancy", "95 %"):
        assert word in ran.out, word
    assert "3 days" in ran.out


def test_the_same_seed_gives_the_same_figures_and_another_one_others(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("simulate", "example", "--scenario", "small.yaml", "--reps", "2", "--json")
    first, second, other = pbx(*words), pbx(*words), pbx(*words, "--seed", "7")
    assert first.json["summary"] == second.json["summary"] != other.json["summary"]
    assert first.json["replications"] == 2 and first.json["calls"] > 20


def test_tables_are_written_as_parquet_and_csv(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    ran = pbx("simulate", "example", "-s", "small.yaml", "-r", "2", "--parquet", "p", "--csv", "c", "--json")
    assert ran.status == 0, ran
    calls = pd.read_parquet(tmp_path / "p" / "calls.parquet")
    assert len(calls) == ran.json["calls"] == len(pd.read_csv(tmp_path / "c" / "calls.csv"))
    assert {Path(path).name for path in ran.json["written"]} >= {"summary.parquet", "intervals.csv"}


def test_a_scenario_beside_the_document_is_taken(tmp_path: Path, pbx: Pbx) -> None:
    shutil.copy(EXAMPLE, tmp_path / "pbx.yaml")
    refused = pbx("simulate", "pbx.yaml", "--reps", "1")
    assert refused.status == 2 and "--scenario" in refused.err
    (tmp_path / "scenario.yaml").write_text(SMALL)
    assert pbx("simulate", "pbx.yaml", "--reps", "1", "--json").json["scenario"] == "small"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("per_hour: 30", "per_hour: -3"), "per_hour"),
        (("trunk: spb", "trunk: oslo"), "oslo"),
        (("hours: 2", "hours: 2\nshifts: [{members: [900], from: '09:00', to: '18:00'}]"), "900"),
        (("per_hour: 30", "calls: [1, 2], every_min: 30"), "cover"),
        (("hours: 2", "hours: ["), "YAML"),
        (("hours: 2", "hourz: 2"), "hourz"),
    ],
    ids=["negative rate", "unknown trunk", "unknown member", "rates that do not cover", "broken YAML", "unknown field"],
)
def test_a_scenario_that_is_wrong_is_refused(change: tuple[str, str], says: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "wrong.yaml").write_text(SMALL.replace(*change))
    ran = pbx("simulate", "example", "--scenario", "wrong.yaml", "--reps", "1", "--parquet", "p")
    assert ran.status == 2 and says in ran.err and "Traceback" not in ran.err, ran
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("words", [("--reps", "0"), ("--scenario", "nowhere.yaml"), ("--processes", "0")], ids=" ".join)
def test_options_that_cannot_be_are_refused(words: tuple[str, ...], pbx: Pbx) -> None:
    ran = pbx("simulate", "example", *words)
    assert ran.status == 2 and "Traceback" not in ran.err


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A Dask scheduler with two workers in processes of their own, on loopback."""
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None
    ) as made:
        yield made


@pytest.mark.xdist_group("dask")
def test_a_cluster_tells_the_figures_of_this_machine_to_the_bit(
    cluster: LocalCluster, tmp_path: Path, pbx: Pbx
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    words = ("simulate", "example", "--scenario", "small.yaml", "--reps", "5", "--json")
    near = pbx(*words, "--csv", "near")
    far = pbx(*words, "--csv", "far", "--dask", cluster.scheduler_address)
    assert far.status == 0, far
    assert far.json["summary"] == near.json["summary"] and far.json["calls"] == near.json["calls"]
    for table in ("calls", "members", "intervals"):
        assert (tmp_path / "far" / f"{table}.csv").read_bytes() == (tmp_path / "near" / f"{table}.csv").read_bytes()


@pytest.mark.xdist_group("dask")
def test_a_worker_that_is_killed_loses_and_repeats_no_day(
    cluster: LocalCluster, tmp_path: Path, pbx_process: Pbx, pbx: Pbx
) -> None:
    """The command runs in a process of its own; a worker is killed once it has work in hand."""
    (tmp_path / "small.yaml").write_text(SMALL.replace("per_hour: 30", "per_hour: 900"))
    words = ("simulate", "example", "--scenario", "small.yaml", "--reps", "40", "--json")
    address = cluster.scheduler_address
    with Client(address, set_as_default=False) as watcher, ThreadPoolExecutor(1) as runner:  # type: ignore[no-untyped-call]
        ran = runner.submit(pbx_process, *words, "--dask", address)
        busy: list[str] = []
        while not busy and not ran.done():
            busy = [worker for worker, tasks in watcher.processing().items() if tasks]  # type: ignore[no-untyped-call]
            Event().wait(0.01)
        assert busy, "the run was over before a worker had anything to do"
        pid = watcher.run(os.getpid, workers=busy[:1])[busy[0]]  # type: ignore[no-untyped-call]
        os.kill(pid, signal.SIGKILL)
        far = ran.result(timeout=120)
    assert far.status == 0, far
    near = pbx(*words)
    assert far.json["replications"] == 40
    assert far.json["calls"] == near.json["calls"] and far.json["summary"] == near.json["summary"]


def test_no_cluster_at_an_address_is_told(tmp_path: Path, pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pbxsim.runs.cluster.CONNECT_S", 0.5)
    (tmp_path / "small.yaml").write_text(SMALL)
    ran = pbx("simulate", "example", "--scenario", "small.yaml", "--dask", "tcp://127.0.0.1:9")
    assert ran.status == 2 and "no Dask scheduler answers at tcp://127.0.0.1:9" in ran.err
