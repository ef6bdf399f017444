"""The tree compiled by mypyc gives the figures of the interpreted one to the bit, and passes the engine's own tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CARRIED = ("engine", "pbxsim", "live_bridge", "tests", "datasets", "docs", "benchmarks")
"""What the copy holds of the tree, besides the files at its top."""

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("compiled")]

DAY = """
import json
from engine.state import timers
from pbxsim.runs.run import simulate
from tests.pbxsim.worlds import example, exponential, one_queue, steady

cases = [example(), (one_queue(5, wrap_up=7, ring=9, max_wait=60), steady(
    130, 4, exponential(120), exponential(90),
    answering={"default": {"delay": {"kind": "lognormal", "mean": 6, "scv": 0.5}, "no_answer": 0.1}},
    redial={"after_abandon": {"share": 0.5, "delay": exponential(300)}, "most": 3},
))]
answering = {"default": {"delay": {"kind": "lognormal", "mean": 5, "scv": 0.5}, "no_answer": 0.1, "reject": 0.05}}
for strategy in ("ring_all", "linear", "round_robin", "fewest_calls", "least_talk", "random", "weighted_random", "progressive"):
    flow = one_queue(6, wrap_up=5, ring=8, max_wait=50, strategy=strategy)
    cases.append((flow, steady(100, 2, exponential(150), exponential(60), answering=answering)))
told = [timers.__file__]
for flow, scenario in cases:
    samples = simulate(flow, scenario, 2, processes=1, keep_records=False).samples
    told.append([[s.replication, s.cells, s.calls, s.times, s.started] for s in samples])
    records = simulate(flow, scenario, 1, processes=1)
    told.append([records.calls.to_csv(), records.legs.to_csv(), records.members.to_csv()])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, compiled in place: minutes of work, so once for all tests of the file."""
    copy = tmp_path_factory.mktemp("compiled")
    leave = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for name in CARRIED:
        shutil.copytree(ROOT / name, copy / name, ignore=leave)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, copy / path.name)
    told = run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], copy, PBX_COMPILE="1")
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    return copy


def run(command: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a tree, with that tree's packages."""
    env = {**os.environ, **settings, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_simulated_day_is_the_same_to_the_bit_when_compiled(compiled: Path) -> None:
    figures = []
    for folder, ending in ((ROOT, ".py"), (compiled, ".so")):
        told = run([sys.executable, "-c", DAY], folder)
        assert told.returncode == 0, told.stderr
        where, _, rest = told.stdout.partition('", ')
        assert where.endswith(ending), f"{where} is not the tree meant"
        figures.append(rest)
    assert figures[0] == figures[1]
    assert len(figures[0]) > 10_000


def test_the_engine_passes_its_own_tests_when_compiled(compiled: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--numprocesses", "0"]
    told = run([*command, "tests/engine", "tests/golden", "tests/drivers"], compiled)
    assert told.returncode == 0, told.stdout[-4000:]
