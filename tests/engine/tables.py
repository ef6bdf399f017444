"""The specification's tables, read from `tests/tables/` as they stand."""

from __future__ import annotations

from pathlib import Path

TABLES = Path(__file__).resolve().parent.parent / "tables"


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a tab-separated table with a head line; lines that begin with `#` are remarks."""
    lines = [
        line for line in (TABLES / name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    head = lines[0].split("\t")
    return [dict(zip(head, [*line.split("\t"), *[""] * len(head)], strict=False)) for line in lines[1:]]


def columns(name: str) -> list[list[str]]:
    """Rows of a table whose cells hold no spaces and are separated by them; `# ` begins a remark line."""
    lines = (TABLES / name).read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("# ")]
