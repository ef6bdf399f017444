"""Which engine runs: the one that mypyc compiled from these sources, or the same sources interpreted.

Decides it once, when `engine` is imported, and before anything else of ours is. A build is taken only if every source it
was made from is still, byte for byte, what it was then, and if it was made for this Python and can be loaded: so nobody
runs yesterday's engine after an edit. Otherwise the sources run, with the same results to the bit.

    a wheel      its compiled parts lie beside the sources, and `engine/_compiled.json` names what they were made from
    a checkout   `setup.py compile` (which `make run` calls) puts them into `build/compiled/`, away from the sources

PBX_COMPILE=0 has the sources run, PBX_COMPILE=1 refuses to run them. Leaves how a build is made to `setup.py`, and how
this is told to people to the command line. The one file of the engine that reads files: its own sources.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

OURS = ("engine", "pbxsim", "live_bridge")
"""The packages whose modules are looked up here."""

BESIDE = "engine/_compiled.json"
"""Where a wheel names its compiled parts, from the folder that holds the packages."""

APART = "build/compiled/manifest.json"
"""Where a checkout names them."""

WHY_NOT = {
    "none": "nothing is compiled here; make compiled does it in a checkout",
    "asked": "PBX_COMPILE=0 asks for it",
    "pure": "PBX_COMPILE=0 asked for it when it was built",
    "changed": "{detail} changed since it was compiled; make compiled, or install again",
    "python": "what is compiled is for another Python, {detail}; make compiled, or install again",
    "broken": "what is compiled cannot be loaded: {detail}; make compiled, or install again",
    "compiler": "no C compiler (cc) was found when it was built",
    "headers": "the headers of Python were not found when it was built: {detail}",
    "mypyc": "mypyc was not found when it was built",
    "failed": "compiling failed: {detail}",
}
"""Why the sources run interpreted, by the word that stands in a manifest."""


class Running(NamedTuple):
    """What runs in this process."""

    made_by: str = ""
    """What compiled it, such as `mypyc 2.4.1`; empty if interpreted."""
    why_not: str = ""
    """A word of `WHY_NOT`; empty if compiled."""
    detail: str = ""

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled engine runs."""
        return bool(self.made_by)

    @property
    def is_passed_over(self) -> bool:
        """Whether there is a build, and it does not run because it does not belong to these sources or this Python."""
        return self.why_not in ("changed", "python", "broken")

    def __str__(self) -> str:
        if self.is_compiled:
            return f"compiled ({self.made_by})"
        return f"interpreted ({WHY_NOT[self.why_not].format(detail=self.detail)})"


running = Running(why_not="none")
"""What runs in this process."""


def digest(path: Path) -> str:
    """What a manifest holds of a source."""
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


class Finder:
    """Finds the modules of our packages: compiled where the build is good, else from their sources and never otherwise.

    Python itself prefers any compiled file that lies beside a source, however old it is.
    """

    def __init__(self, home: Path, compiled: dict[str, str]) -> None:
        self._home = home
        self._compiled = compiled

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The place of a module; None for one that is not ours. Raises ImportError for one of another installation."""
        place = self._compiled.get(name)
        if place is not None:
            if path is not None and not any(Path(folder).is_relative_to(self._home) for folder in path):
                raise ImportError(f"{name} lies in {path[0]}, but the engine in {self._home}: use one installation.")
            return spec_from_file_location(name, place, loader=ExtensionFileLoader(name, place))
        if path is None or name.partition(".")[0] not in OURS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and isinstance(spec.loader, ExtensionFileLoader):
            return spec_from_file_location(name, Path(spec.origin).parent / f"{name.rpartition('.')[2]}.py")
        return spec


def choose(home: Path) -> None:
    """Settle what runs, for the packages under `home`. Raises ImportError if PBX_COMPILE=1 and it cannot be had."""
    global running
    asked = os.environ.get("PBX_COMPILE", "")
    compiled: dict[str, str] = {}
    running = Running(why_not="asked")
    if asked != "0":
        running, compiled = examine(home)
    finder = Finder(home, compiled)
    sys.meta_path.insert(0, finder)
    if running.is_compiled:
        try:
            for name in compiled:
                if "." not in name:  # what holds all the code: the rest only names its parts
                    importlib.import_module(name)
        except ImportError as error:
            compiled.clear()
            running = Running(why_not="broken", detail=str(error))
    if asked == "1" and not running.is_compiled:
        sys.meta_path.remove(finder)
        raise ImportError(f"PBX_COMPILE=1 wants the compiled engine, but it would run {running}.")


def examine(home: Path) -> tuple[Running, dict[str, str]]:
    """What may run of the build for the sources under `home`, and where each compiled module of it lies."""
    for place in (BESIDE, APART):
        try:
            return judge(home, json.loads((home / place).read_bytes()))
        except OSError:
            continue
        except (ValueError, KeyError, TypeError, AttributeError):
            return Running(why_not="broken", detail=f"{place} is damaged"), {}
    return Running(why_not="none"), {}


def judge(home: Path, manifest: dict[str, Any]) -> tuple[Running, dict[str, str]]:
    """The same for one manifest, as `setup.py` wrote it. Raises KeyError and its like for any other."""
    if manifest["why_not"]:
        return Running(why_not=manifest["why_not"], detail=manifest["detail"]), {}
    if manifest["suffix"] != EXTENSION_SUFFIXES[0]:
        return Running(why_not="python", detail=manifest["suffix"]), {}
    changed = first_changed(home, manifest["sources"])
    if changed:
        return Running(why_not="changed", detail=changed), {}
    folder = home / manifest["folder"]
    compiled = {}
    for name, (path, size) in manifest["modules"].items():
        compiled[name] = str(folder / path)
        if size_of(folder / path) != size:
            return Running(why_not="broken", detail=f"{path} is cut short or missing"), {}
    return Running(manifest["made_by"]), compiled


def size_of(path: Path) -> int:
    """Bytes of a file; -1 if it is not there. A compiled file that was cut short would take Python down with it."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def first_changed(home: Path, sources: dict[str, str]) -> str:
    """The first of the sources that is not what it was, or is gone; empty if there is none."""
    for name, was in sources.items():
        try:
            if digest(home / name) != was:
                return name
        except OSError:
            return name
    return ""


choose(Path(__file__).parent.parent)
