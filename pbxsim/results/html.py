"""Tables as HTML, and what a notebook shows of a result that is the last word of a cell: small tables with a heading.

Decides the form alone; what is shown is told by whoever is shown. Everything is escaped, nothing is loaded. The look that the
workbench gives its tables is in `workbench/shell/html_tables.py`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Final

from pbxsim.results.estimate import Estimate

ROWS_MOST: Final = 60
"""Rows of a table that are shown."""

_CELL: Final = "text-align:{};padding:2px 10px;border:0;border-bottom:1px solid rgba(128,128,128,.3)"


class Raw(str):
    """A cell that is HTML already."""


def grid(columns: Sequence[str], rows: Iterable[Sequence[str]], heads: Sequence[str], cells: Sequence[str]) -> str:
    """Head and body of a table; `heads` and `cells` are attributes of each column. A head without a word is left out.

    >>> grid(["a"], [["<"], [Raw("<b>1</b>")]], [""], [" class=x"])
    '<thead><tr><th>a</th></tr></thead><tbody><tr><td class=x>&lt;</td></tr><tr><td class=x><b>1</b></td></tr></tbody>'
    """
    top = "".join(f"<th{heads[n]}>{html.escape(name)}</th>" for n, name in enumerate(columns))
    body = "".join(
        "<tr>" + "".join(f"<td{cells[n]}>{escaped(cell)}</td>" for n, cell in enumerate(row)) + "</tr>" for row in rows
    )
    head = f"<thead><tr>{top}</tr></thead>" if any(columns) else ""
    return f"{head}<tbody>{body}</tbody>"


def escaped(cell: str) -> str:
    """A cell as HTML."""
    return cell if isinstance(cell, Raw) else html.escape(cell)


def block(title: str, lines: Iterable[str] = (), tables: Iterable[str] = ()) -> str:
    """A heading, some lines and tables that `table` made."""
    said = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    return f"<div><b>{html.escape(title)}</b>{said}{''.join(tables)}</div>"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts: the first column and that of meanings begin on the left, others end on the right."""
    sides = ["left" if i == 0 or name == "meaning" else "right" for i, name in enumerate(columns)]
    styles = [f' style="{_CELL.format(side)}"' for side in sides]
    more = f"<div>… {len(rows) - ROWS_MOST} more rows</div>" if len(rows) > ROWS_MOST else ""
    style = "border-collapse:collapse;margin:4px 0"
    return f'<table style="{style}">{grid(columns, rows[:ROWS_MOST], styles, styles)}</table>{more}'


def shown(value: float, unit: str) -> str:
    """A figure with its unit: shares in percent, seconds and counts as they are; – where there is none.

    >>> shown(0.8125, "share"), shown(12.345, "s"), shown(1234.0, "")
    ('81.2 %', '12.3 s', '1,234.0')
    """
    if math.isnan(value):
        return "–"
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.1f} {unit}".rstrip()


def estimated(found: Estimate, unit: str) -> tuple[str, str]:
    """A figure, and its interval."""
    if math.isnan(found.low) or math.isnan(found.high):
        return shown(found.mean, unit), ""
    scale = 100 if unit == "share" else 1
    return shown(found.mean, unit), f"{scale * found.low:,.1f} to {scale * found.high:,.1f}"
