"""Which package may import which. Every import of every file is read by `ast`, so nothing is imported to find out.

The engine decides calls in three worlds and must therefore know none of them; simulator and bridge never import each
other; a library that could take over (a SIP stack, a web framework) stays in the one folder that speaks with it.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import networkx as nx
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

ENGINE_EXCEPTIONS = {
    ("calendar/holidays.py", "importlib"),
    ("elements/http_request.py", "urllib"),
    *(("compiled.py", module) for module in ("importlib", "os", "pathlib", "sys")),
}
"""Impure modules that one file of the engine may import; `importlib` gives the version of the holiday tables, and of
`urllib` only the pure `urllib.parse` is used. `compiled.py` compares the engine's own sources with what was compiled from
them, before any of them is imported."""

ONLY_IN = {
    "panel": ("pbxsim/workbench/*",),
    "panel_material_ui": ("pbxsim/workbench/*",),
    "bokeh": ("pbxsim/workbench/*", "pbxsim/results/plots.py", "pbxsim/results/days_plot.py"),
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


ORDER: dict[str, tuple[str, ...]] = {
    "engine": (
        "contract", "numbers", "document", "calendar", "account", "state", "elements", "loading control", "records",
        "translations", "analysis",
    ),
    "pbxsim": (
        "datasets forecast logs russian_logs showing", "importers scenario", "results", "world", "runs",
        "staffing calibrate twin", "backtest today rostering", "workbench", "cli",
    ),
    "live_bridge": (
        "addresses", "config_sections", "config payments provisioning", "media", "store", "outbound", "integrations", "sip",
        "calls", "promotion", "service", "callback",
        "api rehearsal", "hosting sandbox", "cli",
    ),
}  # fmt: skip
"""The rooms of each package: a room imports only from those before it. Rooms named together do not know each other."""

DOORS = {
    "engine": ("engine", "source", "compiled"),
    "pbxsim": ("teams",),
    "live_bridge": ("migrations",),
}
"""Files and folders of a package for programs outside it: they may import every room, and no room imports them. Through
`compiled.py` the package itself is entered: it settles whether what is compiled runs."""

ONLY_FOR = {"engine/translations": ("engine/document", "engine/analysis")}
"""Rooms that only some rooms of the same package may import, and everybody outside it."""

ROOM_EXCEPTIONS: frozenset[tuple[str, str]] = frozenset()
"""(file, module) that break the order today. It may only shrink."""

CIRCLE = frozenset(
    f"engine/state/{name}.py"
    for name in ("actions", "call", "element", "flow", "leg", "member", "queue_state", "timers", "version")
)
"""The one circle of files, of types alone: call, leg, member, queue, version, flow, element and its actions are one graph of
objects, and compiled code reaches one from another without a look-up only if each knows the other's class. It may only shrink."""

START = "commands start quickly: each loads only what it runs"
OPTIONAL = "a library that only this function needs, and that takes long to load or may be missing"
THREAD = "the loop's thread loads the SIP stack, once its settings are made"

LOCAL_IMPORTS = {
    "pbxsim/__init__.py": START,
    "pbxsim/cli/*": START,
    "live_bridge/cli/*": START,
    "pbxsim/calibrate/patience.py": OPTIONAL,
    "pbxsim/forecast/methods.py": OPTIONAL,
    "pbxsim/logs/spreadsheet.py": OPTIONAL,
    "pbxsim/results/results.py": OPTIONAL,
    "pbxsim/runs/bars.py": OPTIONAL,
    "pbxsim/runs/cluster.py": OPTIONAL,
    "pbxsim/workbench/serve.py": OPTIONAL,
    "live_bridge/hosting/pages/document_pages.py": OPTIONAL,
    "live_bridge/media/audiofile.py": OPTIONAL,
    "live_bridge/media/recording.py": OPTIONAL,
    "live_bridge/store/store.py": START,
    "live_bridge/store/history_export.py": OPTIONAL,
    "live_bridge/store/activity_export.py": OPTIONAL,
    "live_bridge/sip/loop.py": THREAD,
    "live_bridge/calls/call_controller.py": THREAD,
    "live_bridge/calls/callbacks.py": THREAD,
    "live_bridge/calls/ringing/device_ringing.py": THREAD,
    "live_bridge/service/service.py": THREAD,
    "live_bridge/service/registrations.py": THREAD,
}
"""Files that may import inside functions, and why. No file of the engine does."""


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


@functools.cache
def sources(folder: str) -> list[Path]:
    """Every Python file under `folder`, bundled JavaScript parts left out."""
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


@functools.cache
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


@functools.cache
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


# --- rooms -----------------------------------------------------------------------------------------------------------


def room_of(package: str, path: Path) -> str:
    """The room a file of a package stands in; empty for the package's own `__init__.py`, which looks out on all of them."""
    parts = path.relative_to(ROOT / package).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def floors(package: str) -> dict[str, int]:
    """The floor of every room, from below."""
    return {name: floor for floor, names in enumerate(ORDER[package]) for name in names.split()}


def rooms_imported(package: str) -> Iterator[tuple[Import, str, str]]:
    """Every import of one room by another within a package: the import, the room it stands in, the room it names."""
    for found in all_imports(package):
        parts = found.module.split(".")
        if parts[0] != package:
            continue
        here = room_of(package, found.path)
        for room in {parts[1]} if len(parts) > 1 else set(found.names):
            known = (ROOT / package / room).is_dir() or (ROOT / package / f"{room}.py").is_file()
            if known and here != room:
                yield found, here, room


@pytest.mark.parametrize("package", sorted(ORDER))
def test_every_file_stands_in_a_room(package: str) -> None:
    known = {*floors(package), *DOORS[package], ""}
    wrong = {path.relative_to(ROOT).as_posix() for path in sources(package) if room_of(package, path) not in known}
    assert not wrong, f"name its room in ORDER: {sorted(wrong)}"


@pytest.mark.parametrize("package", sorted(ORDER))
def test_a_room_imports_only_from_rooms_before_it(package: str) -> None:
    """Imports for types alone and inside functions count like all others."""
    floor = floors(package)
    wrong = {
        (found.path.relative_to(ROOT).as_posix(), found.module): str(found)
        for found, here, room in rooms_imported(package)
        if here in floor and here != room and (room not in floor or floor[room] >= floor[here])
    }
    new = [text for key, text in wrong.items() if key not in ROOM_EXCEPTIONS]
    assert not new, f"the order is {' < '.join(ORDER[package])}:\n" + "\n".join(new)
    done = {key for key in ROOM_EXCEPTIONS if key[0].startswith(f"{package}/")} - wrong.keys()
    assert not done, f"these exceptions are no longer needed, remove them: {sorted(done)}"


def test_translations_are_read_by_those_who_speak_with_people() -> None:
    wrong = [
        str(found)
        for room, allowed in ONLY_FOR.items()
        for found, here, named in rooms_imported(room.split("/")[0])
        if named == room.split("/")[1] and f"{room.split('/')[0]}/{here}" not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def files_imported() -> dict[Path, set[Path]]:
    """The files of ours that each file of ours imports, `__init__.py` left out."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for package in OURS
        for path in sources(package)
        if path.name != "__init__.py"
    }
    graph: dict[Path, set[Path]] = {path: set() for path in modules.values()}
    for found in (found for package in OURS for found in all_imports(package) if found.path in graph):
        for name in (found.module, *(f"{found.module}.{name}" for name in found.names)):
            if modules.get(name, found.path) != found.path:
                graph[found.path].add(modules[name])
    return graph


def test_no_circle_of_files_is_left_but_the_one_of_the_state() -> None:
    graph = nx.DiGraph(files_imported())
    circles = [
        frozenset(path.relative_to(ROOT).as_posix() for path in knot)
        for knot in nx.strongly_connected_components(graph)
        if len(knot) > 1
    ]
    assert all(circle <= CIRCLE for circle in circles), f"new circles of files: {[sorted(c - CIRCLE) for c in circles]}"
    assert circles == [CIRCLE], "the circle has shrunk: let CIRCLE shrink too"


def local_imports(path: Path) -> Iterator[int]:
    """Lines of a file's imports that stand inside a function."""
    for function in ast.walk(tree(path)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    yield node.lineno


def test_no_import_stands_in_a_function_unless_it_is_listed_with_its_reason() -> None:
    held = {path: sorted(set(local_imports(path))) for package in sorted(OURS) for path in sources(package)}
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, lines in held.items()
        for line in lines
        if not fits(path, tuple(LOCAL_IMPORTS), ".")
    ]
    assert not wrong, "move it to the head of the file, or list the file in LOCAL_IMPORTS with a reason:\n" + "\n".join(
        wrong
    )
    idle = [
        pattern
        for pattern in LOCAL_IMPORTS
        if not any(lines and fits(path, (pattern,), ".") for path, lines in held.items())
    ]
    assert not idle, f"nothing of these imports inside a function any more: {idle}"
