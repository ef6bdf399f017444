"""The picture of the rooms and the list of what each is for, made from the code: `python -m tests.rooms` writes both.

Reads imports and docstrings, and `ORDER` of `tests/test_imports.py` for the floors. `tests/test_architecture.py` holds that what
is committed is what this makes.
"""

from __future__ import annotations

import ast
from html import escape
from pathlib import Path

import networkx as nx

from tests.test_imports import DOORS, ORDER, ROOT, files_imported, rooms_imported, sources
from tests.test_tidy import name_of

PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "pictures" / "rooms.svg"
BEGIN, END = "<!-- rooms: made by `python -m tests.rooms` -->", "<!-- end of rooms -->"

PACKAGES = ("pbxsim", "engine", "live_bridge")
"""From left to right: both worlds look at the engine between them."""

COLUMN, FLOOR, TOP = 330, 58, 64
BOX = (112, 34)

COLORS = {"pbxsim": ("#e8f3ec", "#2f7d4f"), "engine": ("#e9effb", "#2b5fb3"), "live_bridge": ("#fbeee6", "#b3582b")}
"""Of a room and of its edge."""


def room_graph(package: str) -> nx.DiGraph:
    """Which room imports which, without the arrows that follow from others."""
    floors = [name for names in ORDER[package] for name in names.split()]
    graph = nx.DiGraph()
    graph.add_nodes_from(floors)
    graph.add_edges_from((here, room) for _, here, room in rooms_imported(package) if {here, room} <= set(floors))
    return nx.transitive_reduction(graph) if nx.is_directed_acyclic_graph(graph) else graph


def places(package: str, column: int) -> dict[str, tuple[float, float]]:
    """The middle of every room's box."""
    most = max(map(len, ORDER.values()))
    found = {}
    for floor, names in enumerate(ORDER[package]):
        rooms = names.split()
        for index, name in enumerate(rooms):
            x = COLUMN * (column + 0.5) + (index - (len(rooms) - 1) / 2) * (BOX[0] + 24)
            found[name] = (x, TOP + FLOOR * (most - floor - 0.5))
    return found


def arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """From the upper room to the lower one: straight to the next floor, else around the rooms between them."""
    (x, y), (to_x, to_y) = start, end
    floors = round((to_y - y) / FLOOR)
    if floors <= 1:
        return f"M {x:g} {y + BOX[1] / 2:g} L {to_x:g} {to_y - BOX[1] / 2 - 3:g}"
    side = 1 if to_x >= x and floors % 2 == 0 or to_x > x else -1
    x, to_x = x + side * BOX[0] / 2, to_x + side * (BOX[0] / 2 + 3)
    out = side * (14 + 9 * floors)
    return f"M {x:g} {y:g} C {x + out:g} {y:g}, {to_x + out:g} {to_y:g}, {to_x:g} {to_y:g}"


def picture() -> str:
    """All rooms as SVG: a room stands above those it may import, an arrow leads to what it does import."""
    height = TOP + FLOOR * max(map(len, ORDER.values())) + 26
    width = COLUMN * len(PACKAGES)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="14">',
        "<title>The rooms of engine, pbxsim and live_bridge, and which imports which</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M 0 0 L 8 4 L 0 8 z" fill="#555"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for column, package in enumerate(PACKAGES):
        fill, edge = COLORS[package]
        x = COLUMN * column
        lines.append(
            f'<rect x="{x + 8}" y="10" width="{COLUMN - 16}" height="{height - 20}" rx="10" fill="none" stroke="{edge}"/>'
            f'<text x="{x + COLUMN / 2:g}" y="36" text-anchor="middle" font-weight="bold" fill="{edge}">{package}</text>'
        )
        where = places(package, column)
        for here, room in sorted(room_graph(package).edges):
            path = arrow(where[here], where[room])
            lines.append(f'<path d="{path}" fill="none" stroke="#555" stroke-width="1.2" marker-end="url(#head)"/>')
        for name, (middle, y) in where.items():
            lines.append(
                f'<rect x="{middle - BOX[0] / 2:g}" y="{y - BOX[1] / 2:g}" width="{BOX[0]}" height="{BOX[1]}" rx="6" '
                f'fill="{fill}" stroke="{edge}"/><text x="{middle:g}" y="{y + 5:g}" text-anchor="middle">{escape(name)}</text>'
            )
    for x, step in ((COLUMN - 8, 16), (2 * COLUMN + 8, -16)):
        lines.append(
            f'<path d="M {x} 32 L {x + step - step / 8:g} 32" stroke="#555" stroke-width="3" marker-end="url(#head)"/>'
        )
    return "\n".join([*lines, "</svg>", ""])


def purpose(path: Path) -> str:
    """What a file or folder is for: the first paragraph of its docstring."""
    file = path / "__init__.py" if path.is_dir() else path
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def rooms(package: str) -> list[Path]:
    """The rooms of a package in the order in which they are read, each with the rooms inside it, then the doors."""
    found = []
    for name in [*(name for names in ORDER[package] for name in names.split()), *DOORS[package]]:
        folder = ROOT / package / name
        if not folder.is_dir() and not folder.with_suffix(".py").is_file():
            continue  # a module that the package makes up when it is asked for
        if folder.is_dir():
            found += sorted({folder, *(path.parent for path in folder.rglob("__init__.py"))})
        else:
            found.append(folder.with_suffix(".py"))
    return found


def tables() -> str:
    """What each room is for, package by package."""
    lines = []
    for package in ("engine", "pbxsim", "live_bridge"):
        lines += [f"### `{package}`", "", purpose(ROOT / package), "", "| room | is for |", "|---|---|"]
        for path in rooms(package):
            name = f"{path.relative_to(ROOT / package).as_posix()}/" if path.is_dir() else name_of(path)
            lines.append(f"| `{name}` | {purpose(path)} |")
        lines.append("")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}{END}{after}"


def figures() -> tuple[list[int], int, int]:
    """Sizes of the circles of files, files in the fullest folder, lines of the longest file."""
    circles = [len(knot) for knot in nx.strongly_connected_components(nx.DiGraph(files_imported())) if len(knot) > 1]
    files = [path for package in PACKAGES for path in sources(package)]
    folders = [path.parent for path in files if path.name != "__init__.py"]
    longest = max(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    return sorted(circles, reverse=True), max(map(folders.count, folders)), longest


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print("circles {}, fullest folder {}, longest file {}".format(*figures()))
