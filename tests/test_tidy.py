"""The house is tidy: what may stand in a committed file, how long lines and files are, what the README promises.

Reads what git tracks (or, outside a repository, what lies here). Leaves imports to `test_imports.py`, style to ruff.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import warnings
from functools import cache
from pathlib import Path

import pytest

from tests import ports
from tests.conftest import REAL_TIME, SERIAL, runs_in_real_time, serial_group

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("engine", "pbxsim", "live_bridge")

TEXT = frozenset(
    """.py .md .toml .txt .yaml .yml .cfg .ini .css .jsx .js .html .json .csv .ipynb .xml
    .service .sql .mako .sh""".split()
) | {""}
"""Endings of files that people write; the empty one is that of Makefile, LICENSE and `.ci/run`."""

MADE = ("dist/", "package-lock.json")
"""Parts of paths of files that a tool makes: their lines are as long as the tool likes."""

LINE = 130
"""Characters no line of code or prose reaches beyond; the formatter breaks at 120. Links are free."""

LONG_FILE = 500
"""Lines from which a file is reported: a good moment to look for a second noun in it."""

TOO_LONG_FILE = 800
"""Lines no file of ours may reach."""

# Spelled in halves, so that this file does not contain what it forbids.
LEFT_UNDONE = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "W" + "IP"]) + r")\b")
MARKED_SKIP = re.compile(
    r"pytest\.(mark\.)?("
    + "|".join(["sk" + "ip", "xf" + "ail", "skip" + "if", "importor" + "skip"])
    + r")\b|unittest\.sk"
    + "ip"
)
MOCKS = re.compile(r"\bunittest\.mo" + r"ck\b|\bMagicMo" + r"ck\b|\bmonkeypatch\.setattr\(['\"]?engine\b")
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:"
    + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me/\\w", "Us" + "ers/\\w", "op" + "t/venv"])
    + r")(?:/|\b)"
)
REGISTRY = re.compile(
    "|".join(
        ["py" + r"pi\.org", "pythonho" + r"sted\.org", "registry\\.np" + r"mjs", "np" + r"mmirror", "index-" + "url"]
    )
)
OUTSIDE_NAMES = re.compile(
    r"\b("
    + "|".join(
        [
            "Chat" + "GPT",
            "Clau" + "de",
            "Copi" + "lot",
            "Anthro" + "pic",
            "Open" + "AI",
            "L" + "LM",
            "language mo" + "del",
        ]
    )
    + r")\b"
)
WRONG_WORDS = re.compile(
    r"\b("
    + "|".join(["black" + "list", "white" + "list", "sanity che" + "ck", "mas" + "ter/sl" + "ave"])
    + r")(s|ed)?\b",
    re.I,
)


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
    hidden = {".venv", "build", "node_modules", "__pycache__", "var"}
    return tuple(path for path in sorted(ROOT.rglob("*")) if path.is_file() and not hidden & set(path.parts))


def name_of(path: Path) -> str:
    """Path as people read it."""
    return path.relative_to(ROOT).as_posix()


def texts(*suffixes: str) -> list[Path]:
    """Text files people write, of the given endings or all."""
    wanted = set(suffixes) or TEXT
    return [path for path in tracked() if path.suffix in wanted and not any(part in name_of(path) for part in MADE)]


def places(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Where a pattern occurs."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    return found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (LEFT_UNDONE, "do it, or write an issue"),
        (WRONG_WORDS, "say what it is: denied, allowed, check"),
        (MACHINE_PATH, "no file knows the machine it was written on"),
        (REGISTRY, "where packages come from is the reader's choice"),
        (OUTSIDE_NAMES, "the project speaks of itself alone"),
    ],
    ids=["left undone", "wrong words", "machine paths", "registry hosts", "outside names"],
)
def test_no_file_holds(pattern: re.Pattern[str], why: str) -> None:
    found = places(pattern, texts())
    assert not found, f"{why}:\n" + "\n".join(found)


def test_texts_from_outside_are_asked_for_digits_by_one_function() -> None:
    """`isdigit` and `isdecimal` take `²` and `١`, and numbers of any length; `int` then fails, or reads what nobody wrote."""
    ours = [path for path in texts(".py") if name_of(path).startswith(("engine/", "pbxsim/", "live_bridge/"))]
    found = places(
        re.compile(r"\.is(?:digit|decimal|numeric)\("), [p for p in ours if name_of(p) != "engine/numbers/digits.py"]
    )
    assert not found, "use engine.numbers.digits.is_digits:\n" + "\n".join(found)


def test_no_test_is_left_out_and_none_replaces_the_engine() -> None:
    found = places(MARKED_SKIP, texts(".py")) + places(MOCKS, texts(".py"))
    assert not found, "\n".join(found)


def test_tests_that_share_a_port_are_kept_on_one_worker(request: pytest.FixtureRequest) -> None:
    """pytest-xdist reads a group from the end of a test's id, and says nothing when pytest keeps that from it."""
    spread = request.config.getoption("loadgroup", default=False)
    for item in request.session.items:
        group = serial_group(item.path)
        if group is not None:
            marker = item.get_closest_marker("xdist_group")
            assert marker is not None and marker.args == (group,), item.nodeid
            assert not spread or item.nodeid.endswith(f"@{group}"), item.nodeid


def test_every_worker_has_ports_of_its_own() -> None:
    assert f"\nWORKERS ?= {ports.WORKERS}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert ports.FIRST + ports.WORKERS * ports.EACH <= ports.MEDIA_FIRST
    assert ports.MEDIA_FIRST + ports.WORKERS * ports.MEDIA_EACH <= 20_000, "a bridge takes those above by itself"


def test_what_engine_and_simulator_say_is_never_asked_twice(request: pytest.FixtureRequest) -> None:
    assert REAL_TIME <= set(SERIAL.values())
    pure = tuple(
        ROOT / "tests" / folder for folder in ("engine", "drivers", "pbxsim/world", "pbxsim/runs", "pbxsim/results")
    )
    for item in request.session.items:
        if any(item.path.is_relative_to(folder) for folder in pure):
            assert not runs_in_real_time(item), item.nodeid


def test_lines_fit_the_page() -> None:
    found = []
    for path in texts(".py", ".toml", ".cfg", ".css", ".jsx", ".yaml"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = re.sub(r"  # (type: ignore|noqa|fmt).*", "", line)
            if len(code) > LINE and "http" not in line and "noqa: E501" not in line:
                found.append(f"{name_of(path)}:{number}: {len(line)} characters")
    assert not found, "\n".join(found)


def test_every_file_is_in_the_form_the_formatter_gives() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    told = subprocess.run(
        [ruff, "format", "--check", "--output-format=concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, f"run `ruff format .`:\n{told.stdout}{told.stderr}"


def test_no_file_is_too_long_and_long_ones_are_reported() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in texts(".py", ".jsx")}
    for name, lines in sorted(lengths.items(), key=lambda item: -item[1]):
        if lines > LONG_FILE:
            warnings.warn(f"{name} has {lines} lines: is there a noun in it that wants its own file?", stacklevel=1)
    assert not {name: lines for name, lines in lengths.items() if lines > TOO_LONG_FILE}


def test_every_module_of_ours_says_what_it_decides() -> None:
    silent = []
    for path in texts(".py"):
        if name_of(path).startswith((*(f"{package}/" for package in PACKAGES), "benchmarks/")):
            text = path.read_text(encoding="utf-8")
            if text.strip() and not ast.get_docstring(ast.parse(text)):
                silent.append(name_of(path))
    assert not silent, "a module's docstring says what the file decides and what it leaves to others:\n" + "\n".join(
        silent
    )


def test_every_public_class_and_function_has_a_docstring() -> None:
    silent = []
    for path in texts(".py"):
        if not name_of(path).startswith(tuple(f"{package}/" for package in PACKAGES)) or "migrations" in path.parts:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{name_of(path)}:{node.lineno}: {node.name}")
    assert not silent, "\n".join(silent)


def test_a_public_class_name_stands_for_one_thing_within_a_package() -> None:
    places: dict[tuple[str, str], list[str]] = {}
    for path in texts(".py"):
        package = path.relative_to(ROOT).parts[0]
        if package in PACKAGES:
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault((package, node.name), []).append(f"{name_of(path)}:{node.lineno}")
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert not twice, "\n".join(f"{name[1]}: {', '.join(found)}" for name, found in sorted(twice.items()))


def test_every_package_folder_is_a_package() -> None:
    folders = {path.parent for path in texts(".py") if name_of(path).startswith(tuple(f"{p}/" for p in PACKAGES))}
    bare = [
        name_of(folder)
        for folder in sorted(folders)
        if not (folder / "__init__.py").is_file() and "migrations" not in folder.parts
    ]
    assert not bare, "\n".join(bare)


def test_layout_is_what_the_readme_says() -> None:
    for name in ("notebooks", "pbxsim", "engine", "live_bridge", "datasets", "tests", "benchmarks", "docs"):
        assert (ROOT / name).is_dir(), name
    for name in ("pyproject.toml", "README.md", "Makefile", "LICENSE", "constraints.txt", ".ci/run"):
        assert (ROOT / name).is_file(), name


def test_ci_runs_the_tests_and_nothing_else() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script and script.strip().endswith("make test")


def test_constraints_pin_every_line_exactly() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line


def test_every_dependency_named_in_the_project_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonical(line.split("==")[0]) for line in lines if "==" in line}
    bare = {canonical(name_part(one)) for one in named}
    assert bare <= pinned, f"add with `make constraints`: {sorted(bare - pinned)}"


def test_every_library_imported_by_a_package_is_declared() -> None:
    """So that a clean install has everything: what happens to be there through another package is not enough."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    declared = {canonical(name_part(one)) for one in [*project["dependencies"], *extras]}
    provided = importlib.metadata.packages_distributions()
    missing = set()
    for path in texts(".py"):
        if not name_of(path).startswith(tuple(f"{package}/" for package in PACKAGES)):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules = [node.module]
            for module in modules:
                homes = {canonical(home) for home in provided.get(module.split(".")[0], ())} - {"pbx-workbench"}
                if homes and not homes & declared:
                    missing.add(f"{name_of(path)}: {module} comes with {', '.join(sorted(homes))}")
    assert not missing, "\n".join(sorted(missing))


def name_part(requirement: str) -> str:
    """`panel` of `panel>=1.9,<1.11`."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return found.group()


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_data_folder_says_source_licence_and_checksum() -> None:
    for folder in sorted(path for path in (ROOT / "datasets").iterdir() if path.is_dir()):
        readme = folder / "README.md"
        assert readme.is_file(), f"{name_of(folder)} has no README.md"
        text = readme.read_text(encoding="utf-8").lower()
        for word in ("source", "licence", "sha-256"):
            assert word in text, f"{name_of(readme)} does not name its {word}"


def test_checksums_of_the_data_are_those_written_down() -> None:
    for folder in sorted(path for path in (ROOT / "datasets").iterdir() if path.is_dir()):
        written = "".join(
            path.read_text(encoding="utf-8")
            for name in ("README.md", "SHA256SUMS")
            if (path := folder / name).is_file()
        )
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".csv", ".wav", ".gz", ".mp3", ".txt"):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                assert digest in written, f"{name_of(path)} has SHA-256 {digest}: write it into README.md or SHA256SUMS"


def test_only_data_that_may_be_shipped_lies_here() -> None:
    allowed = {"pbx", "prompts", "published_parameters", "cdr_sample", "holidays", "sample_logs", "scenarios"}
    assert {path.name for path in (ROOT / "datasets").iterdir() if path.is_dir()} <= allowed


def test_readme_names_the_two_commands_and_every_command_of_pbx() -> None:
    from typer.main import get_command

    from pbxsim.cli.app import build

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme and "make test" in readme
    commands = getattr(get_command(build()), "commands", {})
    assert commands
    unnamed = [name for name, command in commands.items() if not command.hidden and f"pbx {name}" not in readme]
    assert not unnamed, f"the README does not name: {unnamed}"


def test_readme_points_at_nothing_that_is_missing() -> None:
    for path in texts(".md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{name_of(path)} points at {target}"


def test_notebooks_are_committed_without_outputs() -> None:
    import nbformat

    for path in texts(".ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs") and cell.get("execution_count") is None, name_of(path)
