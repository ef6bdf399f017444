"""Where the packages are, how the data travels, and what is compiled.

A checkout keeps `datasets/` beside the packages. A wheel carries the same folder as `engine/_datasets`: the engine is
the one package that both the simulator and the bridge know, so both find it with `Path(engine.__file__)` and nothing
else. Everything that is not about folders stands in `pyproject.toml`.

The files on the way of every simulated call are compiled by mypyc where there is a C compiler; the same files run
uncompiled. What holds pydantic models, message structs or generators of rare use stays interpreted.

    pip install .              a wheel with its compiled parts beside the sources, or a pure one
    python setup.py compile    for a checkout: the parts go to build/compiled, once for each state of the sources

PBX_COMPILE=0 compiles nothing; PBX_COMPILE=1 fails where the other two go on without. `engine/compiled.py` decides at import
whether what was compiled still belongs to the sources.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from setuptools import Command, Distribution, find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent

PACKAGES = find_packages(include=["engine", "engine.*", "pbxsim", "pbxsim.*", "live_bridge", "live_bridge.*"])

COMPILED = [
    f"{room}/{name}.py"
    for room, names in {
        "engine/state": "timers call leg member queue_state queue_settings actions element shared_members sink trunk version",
        "engine/control": "call_registry strategies dispatcher tenant transfers versions administration handlers call_flow "
        "engine contact_memory",
        "engine/elements": "queue queue_callback greeting hours number_rule outside",
        "engine/calendar": "schedule",
        "pbxsim/world": "event_list random_streams callers agents counting behaviour world recording_world roster",
        "pbxsim/results": "metrics stays",
    }.items()
    for name in names.split()
]
"""What mypyc compiles, as one group."""

CALLS_STAY_INSIDE = ["-fno-semantic-interposition", "-fvisibility=hidden"]
"""For GCC and Clang: nobody replaces a function of the group from outside, so its calls are direct and may be inlined."""

AT_MOST_S = 1800
"""Longest time a compilation may take; a minute is usual, seven beside much other work."""

TARGET = "PBX_MYPYC_TARGET"
"""Names the folder for C files to the process in which mypyc works."""

MADE_BY = "mypyc {}"

ASKED = os.environ.get("PBX_COMPILE", "")


class Obstacle(Exception):
    """Why nothing can be compiled: a word of `WHY_NOT` in `engine/compiled.py`, and what it is about."""

    def __init__(self, why_not: str, detail: str = "", log: str = "") -> None:
        super().__init__(why_not, detail)
        self.why_not = why_not
        self.detail = detail
        self.log = log

    def __str__(self) -> str:
        return {
            "asked": "PBX_COMPILE=0",
            "compiler": "no C compiler (cc) in PATH; Debian: apt-get install gcc",
            "headers": f"no Python headers at {self.detail}; Debian: apt-get install python3-dev",
            "mypyc": "no mypyc; pip install mypy",
        }.get(self.why_not, self.detail)


# --- what is compiled from what ---------------------------------------------------------------------------------------


def sources() -> list[str]:
    """The files to compile and every file of ours that they import, directly or not: mypyc takes types and constants from all."""
    found: set[str] = set()
    left = list(COMPILED)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += imported(ast.parse((ROOT / name).read_bytes(), name))
    return sorted(found)


def imported(tree: ast.Module) -> list[str]:
    """The files of ours that one file imports."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = [module.replace(".", "/") for module in modules]
    return [name for path in paths for name in (f"{path}.py", f"{path}/__init__.py") if (ROOT / name).is_file()]


def digest(name: str) -> str:
    """As `digest` of `engine/compiled.py`."""
    return hashlib.blake2b((ROOT / name).read_bytes(), digest_size=16).hexdigest()


def is_whole(path: Path, size: int) -> bool:
    """Whether a compiled file is there with all its bytes."""
    return path.is_file() and path.stat().st_size == size


def version(distribution: str) -> str:
    """Of an installed distribution; empty if it is not there."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def state(digests: dict[str, str]) -> str:
    """One word for everything a build depends on."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    known = [digests, version("mypy"), version("librt"), suffix, compiler(), os.environ.get("CFLAGS", "")]
    return hashlib.blake2b(json.dumps(known).encode(), digest_size=8).hexdigest()


# --- compiling --------------------------------------------------------------------------------------------------------


def compiler() -> str:
    """The C compiler to call: $CC, the one that compiled Python, or one by a usual name; empty if there is none."""
    usual = [os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"]
    return next((words for words in usual if words and shutil.which(shlex.split(words)[0])), "")


def check_tools() -> None:
    """Raises Obstacle if anything that compiling needs is missing or does not work."""
    if ASKED == "0":
        raise Obstacle("asked")
    if not compiler():
        raise Obstacle("compiler")
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").is_file():
        raise Obstacle("headers", str(headers))
    if not version("mypy"):
        raise Obstacle("mypyc")
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder, "trial.c")
        trial.write_text("#include <Python.h>\nint trial(void) { return Py_IsInitialized(); }\n")
        words = [
            *shlex.split(compiler()),
            "-fPIC",
            "-shared",
            f"-I{headers}",
            str(trial),
            "-o",
            str(trial.with_suffix(".so")),
        ]
        run(words, timeout_s=60)


def run(words: list[str], timeout_s: float, **settings: str) -> None:
    """Run a program here. Raises Obstacle, which carries what it said, if it fails."""
    try:
        told = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Obstacle("failed", str(error)) from error
    if told.returncode:
        log = told.stdout + told.stderr
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        faults = [line for line in lines if re.search(r"\berror\b", line, re.I)]
        raise Obstacle("failed", (faults or lines or [f"{words[0]} ended with status {told.returncode}"])[0][:300], log)


def compile_into(folder: Path) -> dict[str, object]:
    """Compile, and give the manifest of what then lies in `folder`. Raises Obstacle."""
    before = {name: digest(name) for name in sources()}
    with tempfile.TemporaryDirectory() as work:
        run(
            [
                sys.executable,
                "setup.py",
                "-q",
                "build_ext",
                "--build-lib",
                str(folder),
                "--build-temp",
                f"{work}/objects",
            ],
            AT_MOST_S,
            **{TARGET: f"{work}/c", "MYPY_CACHE_DIR": f"{work}/cache", "CC": compiler()},
        )
    if before != {name: digest(name) for name in sources()}:
        raise Obstacle("failed", "sources changed while they were compiled; run it again")
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.so"))
    return {
        "made_by": MADE_BY.format(version("mypy")),
        "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
        "why_not": "",
        "detail": "",
        "sources": before,
        "modules": {path.split(".")[0].replace("/", "."): (path, (folder / path).stat().st_size) for path in paths},
    }


def failed(obstacle: Obstacle) -> dict[str, object]:
    """The manifest of a build that there is none of."""
    return {
        "made_by": "",
        "suffix": "",
        "why_not": obstacle.why_not,
        "detail": obstacle.detail,
        "sources": {},
        "modules": {},
    }


def extensions() -> list:
    """The compiled modules, in the process that `compile_into` starts."""
    if TARGET not in os.environ:
        return []
    from mypyc.build import mypycify

    modules = mypycify(
        ["--config-file=mypyc.ini", *COMPILED], opt_level="3", debug_level="0", target_dir=os.environ[TARGET]
    )
    if os.name == "posix":
        for module in modules:
            module.extra_compile_args += CALLS_STAY_INSIDE
    return modules


# --- a checkout -------------------------------------------------------------------------------------------------------


class Compile(Command):
    """`python setup.py compile`: have build/compiled hold what these sources compile to, if it does not yet."""

    description = "compile the engine into build/compiled, unless it is there"
    user_options = [("again", None, "try again what failed with the same sources")]
    boolean_options = ["again"]

    def initialize_options(self) -> None:
        """The options, before they are read."""
        self.again = False

    def finalize_options(self) -> None:
        """Nothing follows from the options."""

    def run(self) -> None:
        """Compile if anything changed, in one process at a time, and say so in one line."""
        place = ROOT / "build" / "compiled"
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                check_tools()
                self.bring_up_to_date(place)
            except Obstacle as obstacle:
                if obstacle.why_not != "asked":
                    self.keep(place, failed(obstacle), "")
                if obstacle.log:
                    (place / "compile.log").write_text(obstacle.log)
                where = " (more in build/compiled/compile.log)" if obstacle.log else ""
                told = f"The engine is not compiled: {obstacle}{where}."
                if ASKED == "1":
                    sys.exit(told)
                print(f"{told} It runs interpreted, slower and with the same results.", flush=True)

    def bring_up_to_date(self, place: Path) -> None:
        """Compile, unless the last build is of these sources. Raises Obstacle, also the one that met the same sources before."""
        now = state({name: digest(name) for name in [*sources(), "setup.py", "mypyc.ini"]})
        manifest = place / "manifest.json"
        try:
            last = json.loads(manifest.read_bytes())
        except (OSError, ValueError):
            last = {}
        if last.get("state") == now:
            if last["why_not"] and not self.again:
                raise Obstacle(last["why_not"], last["detail"])
            if last["modules"] and all(
                is_whole(ROOT / last["folder"] / path, size) for path, size in last["modules"].values()
            ):
                return
        print("Compiling the engine, about a minute ...", flush=True)
        start = time.monotonic()
        folder = place / now
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=place) as work:
            try:
                made = compile_into(Path(work))
            except Obstacle as obstacle:
                self.keep(place, failed(obstacle), now)
                raise
            os.rename(work, folder)
            os.mkdir(work)
        folder.chmod(0o755)
        made["sources"] |= {name: digest(name) for name in ("setup.py", "mypyc.ini")}
        self.keep(place, {**made, "folder": folder.relative_to(ROOT).as_posix()}, now)
        for old in sorted((path for path in place.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)[
            :-2
        ]:
            shutil.rmtree(old)  # the last but one stays, for processes that still run it
        print(f"Compiled in {time.monotonic() - start:.0f} s.", flush=True)

    def keep(self, place: Path, manifest: dict[str, object], state: str) -> None:
        """Write the manifest, at once and as a whole."""
        written = place / "manifest.new"
        written.write_text(json.dumps({**manifest, "state": state}, indent=1) + "\n")
        written.replace(place / "manifest.json")


# --- a wheel ----------------------------------------------------------------------------------------------------------


class Wheel(Distribution):
    """Knows whether compiled parts come along: then the wheel is for this Python and this kind of machine only."""

    parts: Path | None = None
    """A folder with the compiled parts, if any, and their manifest."""

    def has_ext_modules(self) -> bool:
        """Asked before anything is built."""
        return bool(self.ext_modules) or (self.parts is not None and any(self.parts.glob("*.so")))


class BuildPy(build_py):
    """The sources, and beside them the compiled parts and their manifest."""

    def run(self) -> None:
        """Copy all of it to the place from which the wheel is made, and nothing that an earlier wheel left there."""
        parts = self.distribution.parts
        if parts is not None:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        if parts is not None:
            shutil.copytree(parts, self.build_lib, dirs_exist_ok=True)


def parts_of_wheel(folder: Path) -> Path:
    """Fill `folder` with what a wheel holds besides the sources. With PBX_COMPILE=1 an obstacle ends it all."""
    start = time.monotonic()
    (folder / "engine").mkdir()
    place = folder / "engine" / "_compiled.json"
    try:
        check_tools()
        print("Compiling the engine, about a minute ...", flush=True)
        manifest = {**compile_into(folder), "folder": "."}
        print(f"Compiled in {time.monotonic() - start:.0f} s.", flush=True)
    except Obstacle as obstacle:
        if ASKED == "1":
            sys.exit(f"The engine is not compiled: {obstacle}.\n{obstacle.log[-4000:]}")
        print(f"The engine is not compiled: {obstacle}. It runs interpreted.\n{obstacle.log[-4000:]}", flush=True)
        manifest = failed(Obstacle("pure") if obstacle.why_not == "asked" else obstacle)
    place.write_text(json.dumps(manifest, indent=1) + "\n")
    return folder


def main() -> None:
    """What setuptools is told."""
    with tempfile.TemporaryDirectory() as folder:
        Wheel.parts = parts_of_wheel(Path(folder)) if "bdist_wheel" in sys.argv else None
        setup(
            ext_modules=extensions(),
            distclass=Wheel,
            cmdclass={"build_py": BuildPy, "compile": Compile},
            packages=[*PACKAGES, "engine._datasets"],
            package_dir={"engine._datasets": "datasets"},
            package_data={
                "": ["py.typed", "*.sql", "*.mako", "*.ini", "*.html", "*.css", "*.svg", "*.json", "*.wav"],
                "engine._datasets": ["**/*"],
                "pbxsim.workbench": ["canvas/dist/*", "phone/dist/*", "pages/*", "static/**/*"],
                "live_bridge": [
                    "migrations/**/*",
                    "hosting/migrations/**/*",
                    "callback/*.js",
                    "hosting/pages/templates/*",
                    "hosting/templates/*",
                ],
            },
        )


main()
