"""Files of Asterisk: sections, templates, includes, each entry with its line.

Source: Asterisk documentation, "Asterisk Configuration Files". `[name](!)` is a template, `[name](one,two)` inherits, `[name](+)`
adds to a section; `;` begins a comment; `#include` brings another file. Decides that includes stay within the folder of the first
file, and that `#exec` is never run.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pbxsim.importers import texts
from pbxsim.importers.draft import ImportRefused
from pbxsim.importers.losses import ImportLosses, Place
from pbxsim.logs.told import Told

BYTES_AT_MOST: Final = 16 * 1024**2
DEEPEST: Final = 10
"""Files within files."""
LINES_AT_MOST: Final = 200_000
"""Lines of all files that one includes, and settings of all sections with what they inherit."""

_SECTION = re.compile(r"^\[([^\]]+)\]\s*(?:\(([^)]*)\))?")
_INCLUDE = re.compile(r'^#(include|tryinclude|exec)\s+["<]?([^">]+)[">]?')


@dataclasses.dataclass(frozen=True)
class ConfigurationLine:
    """`key = value` or `key => value`."""

    key: str
    value: str
    place: Place


@dataclasses.dataclass
class Section:
    """A section with what it inherits, first things first."""

    name: str
    place: Place
    is_template: bool
    entries: list[ConfigurationLine]

    def last(self, key: str) -> ConfigurationLine | None:
        """The entry that counts of a key that is there once."""
        return next((entry for entry in reversed(self.entries) if entry.key.lower() == key), None)


def read(path: Path, losses: ImportLosses) -> list[Section]:
    """The sections of a file and of those it includes, templates among them. Raises ImportRefused."""
    sections: dict[str, Section] = {}
    order: list[Section] = []
    _read(path, path.resolve().parent, sections, order, losses, 0, itertools.count(1))
    return order


def _counted(lines: Iterator[int], place: Place) -> None:
    """One line or inherited setting more. Raises ImportRefused when there are too many."""
    if next(lines) > LINES_AT_MOST:
        raise ImportRefused(
            f"{place}: more than {LINES_AT_MOST:,} lines with what is included and inherited; is it a circle?"
        )


def _read(
    path: Path,
    root: Path,
    sections: dict[str, Section],
    order: list[Section],
    losses: ImportLosses,
    depth: int,
    count: Iterator[int],
) -> None:
    if depth > DEEPEST:
        raise ImportRefused(f"{path.name}: files include each other more than {DEEPEST} deep; is it a circle?")
    now: Section | None = order[-1] if order else None
    for number, text in enumerate(lines_of(path), start=1):
        place = Place(path.name, number)
        _counted(count, place)
        line = re.split(r"(?<!\\);", text, maxsplit=1)[0].replace("\\;", ";").strip()
        included = _INCLUDE.match(line)
        if included:
            _include(included, path, root, sections, order, losses, depth, place, count)
            now = order[-1] if order else None
            continue
        head = _SECTION.match(line)
        if head:
            now = _section(head, place, sections, order, losses, count)
        elif "=" in line and now is not None:
            key, _, value = line.partition("=")
            now.entries.append(ConfigurationLine(key.strip(), value.lstrip(">").strip(), place))
        elif line:
            losses.left_out(place, line[:60], "not understood")
            now = None if line.startswith("[") else now  # what follows a damaged heading belongs to no other section


def _section(
    head: re.Match[str],
    place: Place,
    sections: dict[str, Section],
    order: list[Section],
    losses: ImportLosses,
    count: Iterator[int],
) -> Section:
    name, options = head[1].strip(), [part.strip() for part in (head[2] or "").split(",") if part.strip()]
    if "+" in options and name in sections:
        return sections[name]
    made = Section(name, place, "!" in options, [])
    for parent in options:
        if parent in ("!", "+"):
            continue
        if parent in sections:
            for entry in sections[parent].entries:
                _counted(count, place)
                made.entries.append(entry)
        else:
            losses.left_out(place, f"[{name}]({parent})", Told("there is no template [{name}] before it", name=parent))
    sections[name] = made
    order.append(made)
    return made


def _include(
    found: re.Match[str], path: Path, root: Path, sections: dict[str, Section], order: list[Section],
    losses: ImportLosses, depth: int, place: Place, count: Iterator[int],
) -> None:  # fmt: skip
    kind, name = found[1], found[2].strip()
    if kind == "exec":
        losses.left_out(place, f"#exec {name}", "no program is run; what it would write is missing")
        return
    wanted = _named(path.parent, name)
    if not all(one.is_relative_to(root) for one in wanted):
        losses.left_out(place, f"#{kind} {name}", "outside the folder of the first file; copy it there")
    elif not wanted or not all(os.path.isfile(one) for one in wanted):
        losses.left_out(place, f"#{kind} {name}", "there is no such file")
    else:
        losses.mapped(place, f"#{kind} {name}")
        for one in wanted:
            _read(one, root, sections, order, losses, depth + 1, count)


def _named(folder: Path, name: str) -> list[Path]:
    """The files of a name, or of a pattern such as `queues.d/*.conf` in their order."""
    try:
        if any(mark in name for mark in "*?["):
            return sorted(one.resolve() for one in folder.glob(name))
        return [(folder / name).resolve()]
    except (ValueError, NotImplementedError, OSError, RuntimeError):  # a pattern or a name that no file can have
        return []


def lines_of(path: Path) -> list[str]:
    """The lines of a file. Raises ImportRefused."""
    return texts.text_of(path, BYTES_AT_MOST).split("\n")
