"""`docs/architecture.md` is true: its picture and tables are made from the code, and every stop it names is there.

The same for docstrings: every file they name exists. Prints circles, fullest folder and longest file.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.rooms import PACKAGES, PAGE, PICTURE, figures, page, picture
from tests.test_imports import ROOT
from tests.test_tidy import name_of, texts, tracked

STOP = re.compile(r"`([\w/.-]+\.py)`\s+`([\w.]+)`")
"""A file and what to read in it."""

NAMED = re.compile(r"(?<![\w/.<-])((?:[a-z_]\w*/)*[a-z_]\w*\.py)\b(?![\w/-])")
"""A Python file in prose."""

NOT_OURS = {"engine/elements/split.py", "split.py"}
"""Files that a page has its reader make."""


@cache
def names_in(path: Path) -> frozenset[str]:
    """What a file defines: functions, classes, methods, and values with a name."""
    found: set[str] = set()

    def take(nodes: list[ast.stmt], within: str) -> None:
        for node in nodes:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(within + node.name)
                if isinstance(node, ast.ClassDef):
                    take(node.body, f"{within}{node.name}.")
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found.update(within + target.id for target in targets if isinstance(target, ast.Name))

    take(ast.parse(path.read_text(encoding="utf-8")).body, "")
    return frozenset(found)


def test_picture_and_tables_are_those_of_the_code() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run `python -m tests.rooms`"
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "run `python -m tests.rooms`"


def test_every_stop_of_every_walk_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    stops = STOP.findall(text)
    assert len(stops) > 40
    wrong = [
        f"{file} {name}" for file, name in stops if not (ROOT / file).is_file() or name not in names_in(ROOT / file)
    ]
    assert not wrong, "moved or renamed: follow the walk again:\n" + "\n".join(wrong)


def test_every_walk_stays_short_and_every_recipe_names_its_files() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", text, re.M | re.S))
    walks = [name for name, body in sections.items() if len(re.findall(r"^\d+\. ", body, re.M)) >= 7]
    assert len(walks) == 5, walks
    for name in list(sections)[-3:]:
        assert "Opened: " in sections[name] and "Edited: " in sections[name].replace("Edited:\n", "Edited: "), name


@pytest.mark.parametrize("package", PACKAGES)
def test_the_docstring_of_each_package_points_at_the_page(package: str) -> None:
    text = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    assert "docs/architecture.md" in (ast.get_docstring(ast.parse(text)) or "")
    assert "docs/architecture.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def prose(path: Path) -> Iterator[str]:
    """Docstrings of a file: of modules, classes, functions and values."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


@functools.cache
def by_name() -> dict[str, list[Path]]:
    """Tracked files by their last name."""
    found: dict[str, list[Path]] = {}
    for path in tracked():
        found.setdefault(path.name, []).append(path)
    return found


def is_there(name: str, path: Path) -> bool:
    """Whether a file of this name stands beside `path`, below it, at the root, or is the only one of its name there is."""
    if any((folder / name).is_file() for folder in (ROOT, path.parent, *path.parents) if folder.is_relative_to(ROOT)):
        return True
    alike = by_name().get(name.rpartition("/")[2], ())
    named = [other for other in alike if f"/{name_of(other)}".endswith(f"/{name}")]
    return len(named) == 1 or any(other.is_relative_to(path.parent) for other in named)


def test_every_file_that_a_docstring_or_a_page_names_exists() -> None:
    wrong = [
        f"{name_of(path)} names {name}"
        for path in texts(".py", ".md")
        if "migrations" not in path.parts and path != Path(__file__)
        for text in (prose(path) if path.suffix == ".py" else [path.read_text(encoding="utf-8")])
        for name in NAMED.findall(text)
        if name not in NOT_OURS and not is_there(name, path)
    ]
    assert not wrong, "renamed, moved or ambiguous: write it as it stands now:\n" + "\n".join(sorted(set(wrong)))


def test_the_house_stays_as_planned(capsys: pytest.CaptureFixture[str]) -> None:
    """At most one circle of files; about 20 files in a folder at most, and lines of a file as `test_tidy.py` allows."""
    circles, fullest, longest = figures()
    with capsys.disabled():
        print(
            f"\nrooms: {len(circles)} circles of files {circles}, fullest folder {fullest}, longest file {longest} lines"
        )
    assert len(circles) <= 1 and fullest <= 25
