"""The compiled engine: it gives the figures of the interpreted one, and nothing but these sources ever runs for it.

Uses the one build of the checkout, which `make test` has made before; run alone, these tests make it first, in a minute.
Without a C compiler all of it runs interpreted, and that is what is then held here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SOURCE = "engine/state/call.py"
"""A source that is compiled."""

BAKED_IN = "engine/contract/limits.py"
"""A source that is not compiled, and whose constants the compiled ones have taken in."""

TELL = "import engine, engine.state.call as c, pbxsim.world.world as w; print(engine.compiled.running, c.__file__, w.__file__)"


def run(words: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a tree, with that tree's packages."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PBX_COMPILE", "LANG", "LC_ALL")}
    environment |= {"PYTHONPATH": str(folder), **settings}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def told(folder: Path, **settings: str) -> str:
    """What runs in a tree, and the files of two modules; or why nothing does."""
    ran = run(["-c", TELL], folder, **settings)
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def is_built() -> bool:
    """Whether there is a compiled engine for these sources; made if need be."""
    made = run(["setup.py", "-q", "compile"], ROOT)
    assert made.returncode == 0, made.stderr
    is_there = told(ROOT).startswith("compiled (mypyc")
    assert is_there or "The engine is not compiled: " in made.stdout
    assert is_there or not (shutil.which("cc") and (Path(sys.prefix) / "bin" / "mypyc").exists()), made.stdout
    return is_there


@pytest.fixture
def tree(is_built: bool, tmp_path: Path) -> Path:
    """A copy of the checkout with its build."""
    leave = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for name in ("engine", "pbxsim", "live_bridge"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    shutil.copytree(ROOT / "datasets" / "pbx", tmp_path / "datasets" / "pbx")
    shutil.copytree(ROOT / "build" / "compiled", tmp_path / "build" / "compiled")
    for name in ("setup.py", "mypyc.ini", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def test_figures_are_the_same_to_the_bit(is_built: bool) -> None:
    figures = []
    for compiled in ("0", "1") if is_built else ("0", ""):
        ran = run(["-m", "tests.figures"], ROOT, PBX_COMPILE=compiled)
        assert ran.returncode == 0, ran.stderr
        file, _, rest = ran.stdout.partition("\n")
        assert file.endswith(".so") == (compiled == "1"), file
        figures.append(rest)
    assert figures[0] == figures[1]
    assert len(figures[0]) > 10_000


def test_version_says_which_engine_runs(tree: Path, is_built: bool) -> None:
    for compiled, wanted in (
        ("", "engine: compiled by mypyc" if is_built else "engine: interpreted: "),
        ("0", "PBX_COMPILE=0"),
    ):
        assert wanted in run(["-m", "pbxsim.cli", "--version"], tree, PBX_COMPILE=compiled).stdout
    assert (
        "движок: интерпретируется"
        in run(["-m", "pbxsim.cli", "--version", "--lang", "ru"], tree, PBX_COMPILE="0").stdout
    )


@pytest.mark.parametrize("name", [SOURCE, BAKED_IN, "setup.py"])
def test_an_edit_puts_the_build_out_of_use_and_its_undoing_brings_it_back(
    name: str, tree: Path, is_built: bool
) -> None:
    before = told(tree)
    text = (tree / name).read_text(encoding="utf-8")
    (tree / name).write_text(text + "\n# an edit\n", encoding="utf-8")
    after = told(tree)
    assert after.count(".py") >= 2 and ".so" not in after
    if is_built:
        assert after.startswith(f"interpreted ({name} changed since it was compiled")
        assert before.startswith("compiled (mypyc") and before.count(EXTENSION_SUFFIXES[0]) == 2
        refused = run(["-c", TELL], tree, PBX_COMPILE="1")
        assert refused.returncode == 1 and f"{name} changed" in refused.stderr
    (tree / name).write_text(text, encoding="utf-8")
    assert told(tree) == before


def test_a_source_that_is_gone_puts_the_build_out_of_use(tree: Path, is_built: bool) -> None:
    (tree / "mypyc.ini").unlink()
    assert told(tree).startswith("interpreted (mypyc.ini changed" if is_built else "interpreted (")


def test_a_compiled_file_that_lies_beside_its_source_never_runs(tree: Path) -> None:
    before = told(tree)
    beside = (tree / SOURCE).with_suffix(EXTENSION_SUFFIXES[0])
    beside.write_bytes(b"not from these sources")
    assert told(tree) == before
    shutil.rmtree(tree / "build")
    assert told(tree).startswith("interpreted (nothing is compiled here") and ".so" not in told(tree)


def test_a_build_that_is_damaged_or_for_another_python_is_left_alone(tree: Path, is_built: bool) -> None:
    manifest = tree / "build" / "compiled" / "manifest.json"
    good = json.loads(manifest.read_text())
    for wrong in ("{", "[]", "{}", json.dumps(good | {"modules": 1, "why_not": "", "suffix": EXTENSION_SUFFIXES[0]})):
        manifest.write_text(wrong)
        assert told(tree).startswith(
            "interpreted (what is compiled cannot be loaded: build/compiled/manifest.json is damaged"
        )
    if not is_built:
        return
    manifest.write_text(json.dumps(good | {"suffix": ".cpython-39-elsewhere.so"}))
    assert told(tree).startswith("interpreted (what is compiled is for another Python, .cpython-39-elsewhere.so")
    manifest.write_text(json.dumps(good))
    (library,) = (tree / good["folder"]).glob("*.so")
    size = library.stat().st_size
    library.write_bytes(b"no machine code".ljust(size))
    assert told(tree).startswith("interpreted (what is compiled cannot be loaded: ")
    library.write_bytes(library.read_bytes()[:1000])
    assert told(tree).startswith(
        f"interpreted (what is compiled cannot be loaded: {library.name} is cut short or missing"
    )
    library.unlink()
    assert told(tree).startswith(
        f"interpreted (what is compiled cannot be loaded: {library.name} is cut short or missing"
    )


def test_parts_of_two_installations_never_run_together(
    tree: Path, is_built: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(tree / "pbxsim", other / "pbxsim")
    mixed = run(["-c", TELL], other, PYTHONPATH=str(tree))
    assert mixed.returncode == int(is_built)
    assert not is_built or "use one installation" in mixed.stderr


def broken_compiler(folder: Path) -> dict[str, str]:
    """A compiler that fails."""
    program = folder / "broken-cc"
    program.write_text("#!/bin/sh\necho 'trial.c:1: error: no disk space' >&2\nexit 1\n")
    program.chmod(0o755)
    return {"CC": str(program)}


@pytest.mark.parametrize(
    ("environment", "reason", "kept"),
    [
        (lambda folder: {"PATH": str(folder)}, "no C compiler (cc) in PATH", "no C compiler (cc) was found"),
        (broken_compiler, "trial.c:1: error: no disk space", "compiling failed: trial.c:1: error: no disk space"),
    ],
    ids=["no compiler", "broken compiler"],
)
def test_without_a_compiler_one_line_says_so_and_all_goes_on(
    environment: Callable[[Path], dict[str, str]], reason: str, kept: str, tree: Path
) -> None:
    settings = environment(tree)
    made = run(["setup.py", "-q", "compile"], tree, **settings)
    assert made.returncode == 0 and not made.stderr
    assert made.stdout.count("\n") == 1 and f"The engine is not compiled: {reason}" in made.stdout
    assert f"engine: interpreted: {kept}" in run(["-m", "pbxsim.cli", "--version"], tree).stdout
    wanted = run(["setup.py", "-q", "compile"], tree, PBX_COMPILE="1", **settings)
    assert wanted.returncode == 1 and reason in wanted.stderr


def test_a_build_of_these_sources_is_not_made_twice(tree: Path, is_built: bool) -> None:
    again = run(["setup.py", "-q", "compile"], tree)
    assert again.returncode == 0 and (not again.stdout if is_built else again.stdout.count("\n") == 1)
    assert run(["setup.py", "-q", "compile"], tree, PBX_COMPILE="0").stdout.startswith(
        "The engine is not compiled: PBX_COMPILE=0"
    )
    assert told(tree).startswith("compiled" if is_built else "interpreted"), "it stays for those who want it"
