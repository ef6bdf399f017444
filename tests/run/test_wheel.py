"""What travels in a wheel: the packages, the data, the built canvas. Installed elsewhere, `pbx` works without the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pure wheel, built from a copy, so that nothing is left behind here."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    rest = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for name in ("engine", "pbxsim", "live_bridge", "datasets"):
        shutil.copytree(ROOT / name, copy / name, ignore=rest)
    words = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-qq",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        "out",
        ".",
    ]
    subprocess.run(words, cwd=copy, env=os.environ | {"PBX_COMPILE": "0"}, check=True)
    (made,) = (copy / "out").glob("*.whl")
    return made


def test_wheel_carries_data_canvas_and_migrations_and_no_sources_of_the_canvas(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    sounds = {f"engine/_datasets/prompts/{name}" for name in ("welcome.wav", "welcome-ru.wav", "texts.tsv")}
    assert {"engine/_datasets/pbx/example/pbx.yaml", *sounds} <= set(names)
    assert any(name.startswith("pbxsim/workbench/canvas/dist/") and name.endswith(".js") for name in names)
    assert any(name.startswith("pbxsim/workbench/pages/") for name in names)
    assert any(name.startswith("live_bridge/migrations/versions/") and name.endswith(".py") for name in names)
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def test_pbx_works_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTHONPATH"] = str(tmp_path / "site")
    words = ["-m", "pbxsim.cli", "simulate", "example", "--reps", "1", "--json"]
    run = subprocess.run(
        [sys.executable, "-P", *words], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    where = [sys.executable, "-P", "-c", "from pbxsim.cli import datasets; print(datasets.folder())"]
    folder = (
        subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, check=True).stdout.decode().strip()
    )
    assert Path(folder) == tmp_path / "site" / "engine" / "_datasets"
