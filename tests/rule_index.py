"""Which tests hold which rule of the specification: read from the tests, written to `docs/rules.md`.

    python -m tests.rule_index          # writes docs/rules.md and names rules without a test

A test holds the rules of its `@rule(...)` and those it names in its own text, docstring or the table it is run over. Every rule
of the specification stands in `tests/tables/rules.tsv` with its beginning; what is not built yet says so there and on the page.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "tables" / "rules.tsv"
PAGE = ROOT / "docs" / "rules.md"
NOT_BUILT = "not built"
"""The mark of a rule that is not built yet, a third column of the table."""

NUMBER = re.compile(r"R-\d\d\.\d+")


def rules() -> dict[str, str]:
    """Every rule of the specification, with how it begins."""
    return {number: begins for number, begins, _ in _rows()}


def not_built() -> list[str]:
    """Rules that are not built yet: marked so in the table, and held by no test."""
    tests = held()
    return [number for number, _, marked in _rows() if marked and number not in tests]


def _rows() -> Iterator[tuple[str, str, bool]]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        number, begins, *mark = line.split("\t")
        yield number, begins, mark == [NOT_BUILT]


@functools.cache
def held() -> dict[str, list[str]]:
    """By rule: the tests that hold it, as `file::test`, in order."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test, numbers in _tests(path):
            for number in numbers:
                found.setdefault(number, []).append(f"{path.relative_to(ROOT).as_posix()}::{test}")
    return found


def _tests(path: Path) -> Iterator[tuple[str, list[str]]]:
    text = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines()

    def source(node: ast.expr | ast.stmt) -> str:
        return "\n".join(lines[node.lineno - 1 : node.end_lineno])

    tables: dict[str, str] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name):
                tables[target.id] = source(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            own = source(node)
            decorators = " ".join(source(d) for d in node.decorator_list)
            used = " ".join(tables.get(name, "") for name in set(re.findall(r"\b[A-Z_]{2,}\b", decorators)))
            yield node.name, sorted(set(NUMBER.findall(f"{own} {decorators} {used}")))


def page() -> str:
    """The text of `docs/rules.md`."""
    tests = held()
    unbuilt = not_built()
    lines = [
        "# Rules and their tests",
        "",
        "Made by `python -m tests.rule_index` from the tests; a rule without one fails the build, unless it is not built yet.",
        "",
        "Every rule of the specification stands here. Not built yet, by number:",
        "",
        *_by_section(unbuilt),
    ]
    section = ""
    for number, begins in rules().items():
        if number[:4] != section:
            section = number[:4]
            lines += ["", f"## {section}", ""]
        lines.append(f"- **{number}** {begins}" + (" *(not built yet)*" if number in unbuilt else ""))
        lines += [f"  - `{test}`" for test in tests.get(number, [])]
    return "\n".join(lines) + "\n"


def _by_section(numbers: list[str]) -> Iterator[str]:
    """One line a section: `- R-20: 1, 2, 3`."""
    for section in dict.fromkeys(number[:4] for number in numbers):
        yield f"- {section}: " + ", ".join(number[5:] for number in numbers if number[:4] == section)


def missing() -> list[str]:
    """Rules that no test holds, though they are said to be built."""
    known = {*held(), *not_built()}
    return [number for number in rules() if number not in known]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    without = missing()
    print(
        f"{PAGE.relative_to(ROOT)}: {len(rules())} rules, {len(not_built())} not built, {len(without)} without a test",
        *without,
    )
    sys.exit(1 if without else 0)
