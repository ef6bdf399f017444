"""Which tests hold which rule of the specification: read from the tests, written to `docs/rules.md`.

    python -m tests.rule_index          # writes docs/rules.md and names rules without a test

A test holds the rules of its `@rule(...)` and those it names in its own text, docstring or the table it is run over. The
rules of the engine stand in `tests/tables/rules.tsv`, each with its beginning.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "tables" / "rules.tsv"
PAGE = ROOT / "docs" / "rules.md"
NUMBER = re.compile(r"R-\d\d\.\d+")


def rules() -> dict[str, str]:
    """Every rule that needs a test, with how it begins."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line)  # type: ignore[misc]


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
    tree = ast.parse(text)
    tables: dict[str, str] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name):
                tables[target.id] = ast.get_source_segment(text, node) or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            own = ast.get_source_segment(text, node) or ""
            decorators = " ".join(ast.get_source_segment(text, d) or "" for d in node.decorator_list)
            used = " ".join(tables.get(name, "") for name in set(re.findall(r"\b[A-Z_]{2,}\b", decorators)))
            yield node.name, sorted(set(NUMBER.findall(f"{own} {decorators} {used}")))


def page() -> str:
    """The text of `docs/rules.md`."""
    tests = held()
    lines = [
        "# Rules and their tests",
        "",
        "Made by `python -m tests.rule_index` from the tests; a rule without one fails the build.",
    ]
    section = ""
    for number, begins in rules().items():
        if number[:4] != section:
            section = number[:4]
            lines += ["", f"## {section}", ""]
        lines.append(f"- **{number}** {begins}")
        lines += [f"  - `{test}`" for test in tests.get(number, [])]
    return "\n".join(lines) + "\n"


def missing() -> list[str]:
    """Rules that no test holds."""
    tests = held()
    return [number for number in rules() if number not in tests]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    without = missing()
    print(f"{PAGE.relative_to(ROOT)}: {len(rules())} rules, {len(without)} without a test", *without)
    sys.exit(1 if without else 0)
