"""Who may import whom. Every import of every file is read by `ast`, so nothing is imported to find out.

The engine decides calls in three worlds and must therefore know none of them; simulator and bridge never import each
other; a library that could take over (a SIP stack, a web framework) stays in the one folder that speaks with it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

OURS = frozenset({"engine", "pbxsim", "live_bridge"})

IMPURE = frozenset(
    """asyncio builtins concurrent ctypes ftplib getpass glob http imaplib importlib io locale logging mmap
    multiprocessing os pathlib platform pty queue random runpy sched secrets select selectors shelve shutil signal
    smtplib socket socketserver
    sqlite3 ssl subprocess sys tempfile threading time urllib uuid webbrowser""".split()
)
"""Parts of the standard library that read a clock, draw by chance, touch files, processes or the network."""

ENGINE_LIBRARIES = {
    "msgspec": ("*",),
    "mypy_extensions": ("*",),
    "pydantic": ("document/*", "loading/*", "elements/*"),
    "networkx": ("state/flow.py", "loading/*", "analysis/*"),
    "ruamel": ("document/yaml_text.py",),
    "holidays": ("calendar/holidays.py",),
    "icalendar": ("calendar/ical_series.py",),
    "dateutil": ("calendar/ical_series.py",),
}
"""The libraries of the engine, and the files of it that may import them."""

ENGINE_EXCEPTIONS = {("calendar/holidays.py", "importlib"), ("elements/http_request.py", "urllib")}
"""Impure modules that one file of the engine may import; `importlib` gives the version of the holiday tables, and of
`urllib` only the pure `urllib.parse` is used."""

ONLY_IN = {
    "panel": ("pbxsim/workbench/*",),
    "panel_material_ui": ("pbxsim/workbench/*",),
    "bokeh": ("pbxsim/workbench/*",),
    "param": ("pbxsim/workbench/*",),
    "anywidget": ("pbxsim/workbench/*",),
    "sippy": ("live_bridge/sip/*", "live_bridge/media/*"),
    "rtpsynth": ("live_bridge/media/*",),
    "rtp": ("live_bridge/media/*",),
    "rtp_io": ("live_bridge/media/*",),
    "typer": ("pbxsim/cli/*", "live_bridge/cli/*"),
    "rich": ("pbxsim/cli/*", "live_bridge/cli/*"),
}
"""Libraries that stay in one place of ours."""

NEVER_IN = {
    "engine": {"pbxsim", "live_bridge"},
    "pbxsim": {"live_bridge", "sippy", "rtp", "rtp_io", "fastapi", "sqlalchemy"},
    "live_bridge": {"pbxsim", "simpy", "pandas", "panel", "bokeh"},
}


class Import(NamedTuple):
    """One imported module: where, in which line, and its dotted name."""

    path: Path
    line: int
    module: str
    names: tuple[str, ...]

    @property
    def top(self) -> str:
        """The package it belongs to."""
        return self.module.split(".")[0]

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"


def sources(folder: str) -> list[Path]:
    """Every Python file under `folder`, bundled JavaScript parts left out."""
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, those inside functions and under TYPE_CHECKING included."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name, ())
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            if node.level == 0 and node.module:
                yield Import(path, node.lineno, node.module, names)
            elif node.level:
                yield Import(
                    path, node.lineno, package_of(path, node.level) + (f".{node.module}" if node.module else ""), names
                )
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__", "find_spec"):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield Import(path, node.lineno, argument.value, ())


def package_of(path: Path, level: int) -> str:
    """What the dots of a relative import mean."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[: len(parts) - level])


def called(node: ast.Call) -> str:
    """The last part of what is called: `now` of `datetime.datetime.now()`."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def fits(path: Path, patterns: tuple[str, ...], base: str) -> bool:
    """Whether a file of `base` is one of `patterns`, where `folder/*` is everything under a folder."""
    name = path.relative_to(ROOT / base).as_posix()
    return any(p in ("*", name) or (p.endswith("/*") and name.startswith(p[:-1])) for p in patterns)


def all_imports(folder: str) -> list[Import]:
    """The imports of every file under a folder."""
    return [found for path in sources(folder) for found in imports(path)]


def test_every_package_has_files() -> None:
    """Guards the other tests: an empty folder would satisfy all of them."""
    assert all(sources(package) for package in OURS)


def test_engine_imports_no_clock_no_chance_no_files_and_no_network() -> None:
    wrong = [
        str(found)
        for found in all_imports("engine")
        if found.top in IMPURE
        and (found.path.relative_to(ROOT / "engine").as_posix(), found.top) not in ENGINE_EXCEPTIONS
    ]
    assert not wrong, "the engine is pure; let the world hand it in as an event:\n" + "\n".join(wrong)


def test_engine_imports_only_its_own_libraries_and_each_only_where_it_belongs() -> None:
    known = OURS | sys.stdlib_module_names | set(ENGINE_LIBRARIES)
    found = all_imports("engine")
    strange = [str(one) for one in found if one.top not in known]
    assert not strange, "a library new to the engine needs a reason and a line in ENGINE_LIBRARIES:\n" + "\n".join(
        strange
    )
    astray = [
        f"{one} (allowed in {', '.join(ENGINE_LIBRARIES[one.top])})"
        for one in found
        if one.top in ENGINE_LIBRARIES and not fits(one.path, ENGINE_LIBRARIES[one.top], "engine")
    ]
    assert not astray, "\n".join(astray)


def test_engine_neither_opens_files_nor_reads_the_clock() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {called(node)}()"
        for path in sources("engine")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (
            called(node) in ("now", "utcnow", "today")
            or (isinstance(node.func, ast.Name) and called(node) in ("open", "input", "print"))
        )
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", sorted(NEVER_IN))
def test_package_never_imports_what_another_world_owns(package: str) -> None:
    wrong = [str(found) for found in all_imports(package) if found.top in NEVER_IN[package]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_library_stays_in_its_folder(library: str) -> None:
    wrong = [
        str(found)
        for package in sorted(OURS)
        for found in all_imports(package)
        if found.top == library and not fits(found.path, ONLY_IN[library], ".")
    ]
    assert not wrong, f"{library} belongs to {', '.join(ONLY_IN[library])}:\n" + "\n".join(wrong)


def test_nobody_imports_the_tests() -> None:
    wrong = [str(found) for package in sorted(OURS) for found in all_imports(package) if found.top == "tests"]
    assert not wrong, "\n".join(wrong)


def test_tests_and_benchmarks_import_no_private_names_of_ours() -> None:
    wrong = [
        f"{found}: {name or 'a private module'}"
        for folder in ("tests", "benchmarks")
        for found in all_imports(folder)
        if found.top in OURS
        for name in (*found.names, *found.module.split("."))
        if name.startswith("_") and not name.startswith("__")
    ]
    assert not wrong, (
        "a test that needs a private name tests the wrong thing, or the name wants to be public:\n" + "\n".join(wrong)
    )


def test_packages_import_no_private_names_of_each_other() -> None:
    wrong = [
        f"{found}: {name}"
        for package in sorted(OURS)
        for found in all_imports(package)
        if found.top in OURS - {package}
        for name in (*found.names, *found.module.split("."))
        if name.startswith("_") and not name.startswith("__")
    ]
    assert not wrong, "\n".join(wrong)
