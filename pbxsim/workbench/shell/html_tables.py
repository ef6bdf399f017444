"""Tables of words and figures as HTML, light and dark. Decides their look alone; cells are made by `pbxsim/results/html.py`."""

from __future__ import annotations

import html
from collections.abc import Sequence

from pbxsim.results.html import Raw, escaped, grid

STYLE = """
:host { font-family: Roboto, sans-serif; }
.wb { color: #0f172a; --mute: #55657c; --line: #dde4ee; --link: #2563eb; font-size: 13px; line-height: 18px; }
.wb.dark { color: #e8eef9; --mute: #9fb0ca; --line: #2b3a56; --link: #60a5fa; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; font-size: 12px; color: var(--mute); padding: 0 10px 6px 0;
  border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: none; }
th:first-letter { text-transform: uppercase; }
th:last-child, td:last-child { padding-right: 0; }
.right + td:not(.right), .right + th:not(.right) { padding-left: 12px; }
.facts th { width: 1%; font-size: 13px; padding: 5px 18px 5px 0; vertical-align: top; }
tr:last-child th[scope=row] { border-bottom: none; }
.wb { overflow-x: auto; }
@media (max-width: 560px) {
  th, th.whole, td.whole { white-space: normal; }
  .wide thead { display: none; }
  .wide tr { display: block; border-bottom: 1px solid var(--line); padding: 6px 0; }
  .wide td { display: block; border: none; padding: 1px 0; text-align: left; white-space: normal; }
  .wide .right + td:not(.right) { padding-left: 0; }
  .wide td[data-name]::before { content: attr(data-name) ": "; color: var(--mute); }
}
.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.whole { white-space: nowrap; font-variant-numeric: tabular-nums; }
.key { display: flex; gap: 8px; }
.key i { flex: none; width: 10px; height: 10px; border-radius: 3px; margin-top: 4px; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; border-radius: 2px; }
p { margin: 4px 0 0; color: var(--mute); }
"""


WIDE = 5
"""A table of so many columns is a list on a telephone, each cell with the name of its column."""


def swatch(color: str, text: str) -> Raw:
    """A text with a square of its colour before it."""
    return Raw(f'<div class="key"><i style="background:{color}"></i><span>{html.escape(text)}</span></div>')


def link(address: str, text: str) -> Raw:
    """A text that leads somewhere."""
    return Raw(f'<a href="{html.escape(address)}">{html.escape(text)}</a>')


def facts(rows: Sequence[tuple[str, str]], dark: bool) -> str:
    """Names and what they are, a line each."""
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{escaped(value)}</td></tr>' for name, value in rows
    )
    return f'<div class="wb facts{" dark" if dark else ""}"><table><tbody>{body}</tbody></table></div>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    dark: bool,
    right: Sequence[int] = (),
    whole: Sequence[int] = (),
    after: str = "",
) -> str:
    """Rows under a head; columns in `right` are figures, those in `whole` are not broken. `after` is a last quiet line.

    A head without a word is left out.
    """
    kind = ["right" if n in right else "whole" if n in whole else "" for n in range(len(head))]
    named = [
        f' data-name="{html.escape(name[0].upper() + name[1:])}"' if name and len(head) >= WIDE else "" for name in head
    ]
    classes = [f' class="{one}"' for one in kind]
    cells = [one + name for one, name in zip(classes, named, strict=True)]
    last = f"<p>{html.escape(after)}</p>" if after else ""
    whole_table = f"<table>{grid(head, rows, classes, cells)}</table>"
    wide = " wide" if len(head) >= WIDE else ""
    return f'<div class="wb{wide}{" dark" if dark else ""}">{whole_table}{last}</div>'
