"""The compiled engine at length: every strategy to the bit, the engine's own tests, and a compiled wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("compiled")]


def run(words: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with that folder's packages."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **settings}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The compiled engine of these sources: a minute of work, if it is not there yet."""
    made = run(["setup.py", "-q", "compile"], ROOT, PBX_COMPILE="1")
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_simulated_day_is_the_same_to_the_bit_when_compiled() -> None:
    figures = []
    for compiled in ("0", "1"):
        ran = run(["-m", "tests.figures", "all"], ROOT, PBX_COMPILE=compiled)
        assert ran.returncode == 0, ran.stderr
        file, _, rest = ran.stdout.partition("\n")
        assert file.endswith(".so") == (compiled == "1"), file
        figures.append(rest)
    assert figures[0] == figures[1]
    assert len(figures[0]) > 10_000


def test_the_engine_passes_its_own_tests_when_compiled() -> None:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--numprocesses", "0", "tests/engine", "tests/drivers"]
    ran = run(words, ROOT, PBX_COMPILE="1")
    assert ran.returncode == 0, ran.stdout[-4000:]


def copy_of_the_sources(folder: Path) -> Path:
    """What a wheel is made from."""
    leave = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for name in ("engine", "pbxsim", "live_bridge", "datasets"):
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    for name in ("pyproject.toml", "setup.py", "mypyc.ini", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    return folder


WHEEL = ["-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "--wheel-dir", "out", "."]


def test_a_compiled_wheel_runs_compiled_and_interpreted_after_an_edit(tmp_path: Path) -> None:
    copy = copy_of_the_sources(tmp_path / "copy")
    made = run(WHEEL, copy, PBX_COMPILE="1")
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = (copy / "out").glob("*.whl")
    assert "-cp311-cp311-linux_" in wheel.name
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    tell = ["-m", "pbxsim.cli", "--version"]
    assert "engine: compiled by mypyc" in run(tell, site).stdout
    with (site / "engine" / "state" / "call.py").open("a") as source:
        source.write("# an edit\n")
    assert "interpreted: engine/state/call.py changed" in run(tell, site).stdout
    day = run(["-m", "pbxsim.cli", "simulate", "example", "--reps", "1", "--json"], site)
    assert day.returncode == 0, day.stderr


def test_a_fault_that_mypyc_finds_is_one_line_and_a_pure_wheel(tmp_path: Path) -> None:
    copy = copy_of_the_sources(tmp_path)
    with (copy / "engine" / "state" / "call.py").open("a") as source:
        source.write('number: int = "one"\n')
    made = run(["setup.py", "-q", "compile"], copy)
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("\n") == 2 and "engine/state/call.py:" in made.stdout.splitlines()[1]
    assert run(["setup.py", "-q", "compile"], copy).stdout.count("\n") == 1, "the same sources are not tried again"
    assert run(WHEEL, copy).returncode == 0
    (wheel,) = (copy / "out").glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
