"""Cells of text with their line numbers, whatever file they stand in: CSV, a spreadsheet, JSON or XML.

Decides how a file becomes rows: separators, quoted cells, a header that does not stand in the first line, sheets, nested JSON;
and which lines a refusal shows.
Leaves spreadsheets to `spreadsheet.py`, records to `records.py`, and what columns mean to `table.py`.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from pbxsim.logs import records, spreadsheet
from pbxsim.logs.lines import LINE_BYTES, Source, content, name_of, opened, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.told import Told

HEADER_LINES: Final = 30
"""A header stands in one of the first so many lines: reports begin with titles and dates."""

CELL_LINES: Final = 50
"""A quoted cell runs over so many lines at most; a quote that is open for longer was torn."""

LINE: Final = "#"
"""The column of line numbers beside those of the file; no file's column is called so, see `unique`."""

FIRST_LINES: Final = 3
"""Lines of a log that a refusal shows."""

LINE_SHOWN: Final = 160
"""Characters of such a line."""

SEPARATORS: Final = (",", ";", "\t", "|")

TOTALS: Final = frozenset(
    {"total", "totals", "sum", "grand total", "average", "averages", "итого", "всего", "среднее", "summe", "gesamt"}
)
"""What stands in a row that sums others up."""

CUT: Final = "another number of columns than the header: the line was cut or torn"


@dataclasses.dataclass(frozen=True)
class Rows:
    """Rows of text, not yet a table: the header is one of the first, and not found yet."""

    rows: list[tuple[int, list[str]]]
    """Number of the line that a row begins on, from 1, and its cells."""
    continued: list[int]
    """Lines that only continue a quoted cell."""
    unit: str = "line"
    named: bool = False
    """Whether the first row is known to be the header, as keys of JSON are."""

    @property
    def total(self) -> int:
        """Lines, all of them."""
        return len(self.rows) + len(self.continued) - self.named


def plain(name: str) -> str:
    """A column's name as it is compared: without case, punctuation and spaces at its ends.

    >>> plain("  Call_Time "), plain("Ожидание, с")
    ('call time', 'ожидание с')
    """
    return " ".join(re.sub(r"[\W_]+", " ", name.casefold()).split())


def rows_of(source: Source, separator: str | None = None, sheet: str | None = None) -> Rows:
    """The rows of any file. Without a separator the one that makes most columns of the first lines is taken.

    Raises LogError if it is empty, or no file of rows.
    """
    raw = content(source)
    if spreadsheet.is_one(raw):
        return Rows(spreadsheet.rows(raw, name_of(source), sheet), [])
    text = text_of(source)
    if not text.strip():
        raise LogError(Told("{name} is empty", name=name_of(source)))
    found = records.rows(text, name_of(source))
    if found is not None:
        return Rows(found, [], unit="record", named=True)
    return _separated(text, separator or separator_of(text))


def separator_of(text: str) -> str:
    """What separates cells: the mark that cuts most of the first lines into the same number of cells, at least two."""
    head = [line for line in text.split("\n", HEADER_LINES)[:HEADER_LINES] if line.strip()]
    best, most = ",", 0.0
    for mark in SEPARATORS:
        counts = Counter(len(_row(line, mark, strict=False) or ()) for line in head)
        width, times = max(counts.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        score = times * (width > 1) + width / 1000
        if score > most:
            best, most = mark, score
    return best


def _separated(text: str, separator: str) -> Rows:
    lines = text.removesuffix("\n").split("\n")
    if '"' not in text:
        return Rows([(n, line.removesuffix("\r").split(separator)) for n, line in enumerate(lines, 1)], [])
    closed = Counter(len(_row(line, separator) or ()) for line in lines[:400] if line.strip() and not _is_open(line))
    width = closed.most_common(1)[0][0] if closed else 0
    rows: list[tuple[int, list[str]]] = []
    continued: list[int] = []
    place = 0
    while place < len(lines):
        line = lines[place].removesuffix("\r")
        last = place
        if _is_open(line):
            ahead = range(place + 1, min(place + CELL_LINES, len(lines)))
            last = next((n for n in ahead if _is_open(lines[n])), place)
        joined = line if last == place else "\n".join(part.removesuffix("\r") for part in lines[place : last + 1])
        row = _row(joined, separator)
        if last > place and (row is None or len(row) != width):
            last, row = place, None
        rows.append((place + 1, row if row is not None else [line]))
        continued.extend(range(place + 2, last + 2))
        place = last + 1
    return Rows(rows, continued)


def _is_open(line: str) -> bool:
    return line.count('"') % 2 == 1


def _row(line: str, separator: str, strict: bool = True) -> list[str] | None:
    if "\0" in line or len(line) > LINE_BYTES:
        return None
    try:
        return next(csv.reader(line.split("\n"), delimiter=separator, strict=strict), [])
    except csv.Error:
        return None


def header_of(rows: Rows, is_header: Callable[[Sequence[str]], bool]) -> int:
    """The place of the header among the rows; -1 if none of the first is one."""
    first = rows.rows[: 1 if rows.named else HEADER_LINES]
    return next((place for place, (_, row) in enumerate(first) if is_header(row)), -1)


def folded(rows: Rows, is_header: Callable[[Sequence[str]], bool]) -> tuple[Rows, int] | None:
    """The rows with a header of two lines made one, as reports have it with merged cells, and its place; None if there is none.

    A lower cell names its column; where it is empty the upper one does. Else both do, an upper cell for all to its right.
    """
    if rows.named:
        return None
    for place, ((_, upper), (number, lower)) in enumerate(itertools.pairwise(rows.rows[:HEADER_LINES])):
        if len(upper) != len(lower) or not any(upper) or not any(lower):
            continue
        over = list(upper)
        for column in range(1, len(over)):
            over[column] = over[column] if over[column].strip() else over[column - 1]
        either = [below if below.strip() else above for above, below in zip(upper, lower, strict=True)]
        both = [f"{above} {below}".strip() for above, below in zip(over, lower, strict=True)]
        for names in (either, both):
            if is_header(names):
                held = [*rows.rows[: place + 1], (number, names), *rows.rows[place + 2 :]]
                return dataclasses.replace(rows, rows=held), place + 1
    return None


def table_of(rows: Rows, header: int, losses: Losses) -> pd.DataFrame:
    """The rows below a header as stripped text cells with their `LINE`; lines of another width are dropped.

    One empty cell behind the last column is no fault where nearly every line has it: programs end lines with a separator.
    """
    losses.unit = rows.unit
    losses.keep(rows.continued)
    names = unique(rows.rows[header][1])
    if not rows.named:
        losses.keep([rows.rows[header][0]])
    losses.drop("a title above the names of columns", [number for number, _ in rows.rows[:header]], meant=True)
    empty: list[int] = []
    cut: list[int] = []
    numbers: list[int] = []
    body: list[list[str]] = []
    width = len(names)
    ended = [len(row) == width + 1 and not row[-1] for _, row in rows.rows[header + 1 :]]
    spare = sum(ended) > 0.9 * len(ended)
    for number, row in rows.rows[header + 1 :]:
        if not any(cell.strip() for cell in row):
            empty.append(number)
            continue
        if spare and len(row) == width + 1 and not row[-1]:
            row = row[:width]
        if len(row) != width:
            cut.append(number)
            continue
        numbers.append(number)
        body.append(row)
    losses.drop("empty", empty, meant=True)
    losses.drop(CUT, cut)
    table = pd.DataFrame(body, columns=names, dtype="object")
    for name in names:
        table[name] = table[name].astype("str").str.strip() if body else table[name]
    table[LINE] = np.asarray(numbers, dtype=np.int64)
    return table


def are_totals(table: pd.DataFrame) -> pd.Series:
    """The rows that sum others up: a cell says so."""
    marked = pd.Series(False, index=table.index)
    for name in table.columns.drop(LINE):
        values = table[name].drop_duplicates()
        marked |= table[name].isin([value for value in values if plain(str(value)) in TOTALS])
    return marked


def unique(names: Iterable[str]) -> list[str]:
    """Names of columns, stripped; one that is there twice gets a number, an empty one a name.

    >>> unique(["a", " a", "", "#"])
    ['a', 'a (2)', 'column 3', '# (2)']
    """
    out: list[str] = []
    for place, name in enumerate(names, start=1):
        bare = " ".join(name.split()) or f"column {place}"
        times, made = 1, bare
        while made in out or made == LINE:
            times += 1
            made = f"{bare} ({times})"
        out.append(made)
    return out


@contextlib.contextmanager
def beginning_shown(source: Source, encoding: str | None = None) -> Iterator[None]:
    """A LogError within shows the first lines of `source`, unless it has some already."""
    try:
        yield
    except LogError as error:
        if not error.first_lines:
            error.first_lines = first_lines(source, encoding)
        raise


def first_lines(source: Source, encoding: str | None = None) -> tuple[str, ...]:
    """The lines a log begins with, cut and printable; nothing if it cannot be read."""
    try:
        content = opened(source, encoding)
        if content[:2] in (b"PK", b"\xd0\xcf"):
            lines = [" | ".join(row) for _, row in rows_of(content).rows[:FIRST_LINES]]
        else:
            lines = text_of(content)[: FIRST_LINES * 4096].split("\n")[:FIRST_LINES]
    except LogError:
        return ()
    shown = ("".join(mark if mark.isprintable() else "·" for mark in line.strip("\r\n")) for line in lines)
    return tuple(line[:LINE_SHOWN] + ("…" if len(line) > LINE_SHOWN else "") for line in shown if line.strip())
