"""Which format a log is of, by its first lines and the names of its columns.

Decides the order in which formats are tried, from those that cannot be mistaken to names of columns alone.
"""

from __future__ import annotations

import re
from typing import Final

from engine.numbers.digits import is_digits
from pbxsim.logs import bridge, cdr, cells, connect, genesys, guess, intervals, products, queue_log, spreadsheet
from pbxsim.logs.columns import ColumnMap, is_way
from pbxsim.logs.lines import Source, content, name_of, text_of
from pbxsim.logs.losses import LogError
from pbxsim.logs.told import Told

BY_NAMES: Final = "by_names"
"""The format of a table whose columns are known by their names alone."""

HEAD: Final = 65536
SAMPLE_LINES: Final = 50


def format_of(source: Source) -> str:
    """The format the first lines look like. Raises LogError if none."""
    if not spreadsheet.is_one(content(source)):
        head = text_of(source)[:HEAD].lstrip("\ufeff \r\n\t")
        if head[:1] in ("[", "{") and head:
            found = _of_json(head)
            if found:
                return found
        elif head[:1] != "<":
            sample = head.split("\n")[:SAMPLE_LINES]
            if sum(_is_queue_log(line) for line in sample) * 2 >= len(sample):
                return "queue_log"
    rows = cells.rows_of(source)
    for _, row in rows.rows[: 1 if rows.named else cells.HEADER_LINES]:
        names = cells.unique(row)
        if queue_log.is_table(row):
            return "queue_log_table"
        if products.known(names):
            return products.known(names)
        if cdr.named_columns(row) and not rows.named:
            return "cdr"
    if sum(15 <= len(row) <= 41 for _, row in rows.rows[:SAMPLE_LINES]) * 2 >= len(rows.rows[:SAMPLE_LINES]):
        if cdr.is_bare([row for _, row in rows.rows[:SAMPLE_LINES]]):
            return "cdr"
    by_names(rows, name_of(source))
    return BY_NAMES


def is_bridge(source: Source) -> bool:
    """Whether a log is the export of a live bridge."""
    raw = content(source)
    return not spreadsheet.is_one(raw) and bridge.is_export(text_of(source)[:HEAD])


def _is_queue_log(line: str) -> bool:
    """Time, call, queue, agent, event: the event is a word of capitals, as in no table of somebody else's."""
    parts = line.split("|", 5)
    return len(parts) >= 5 and is_digits(parts[0].split(".")[0]) and parts[4].isascii() and parts[4].isupper()


def _of_json(head: str) -> str:
    """A format with a reader of its own; empty if the records are a table like any other."""
    if bridge.is_export(head):
        return "bridge"
    if connect.MARK in head and '"EnqueueTimestamp"' in head:
        return "amazon_connect"
    if all(mark in head for mark in genesys.MARKS):
        return "genesys_conversations"
    is_answer = re.match(r'\{\s*"status"\s*:', head) is not None and '"data"' in head
    return "history" if is_answer or ('"start_stamp"' in head and '"accountcode"' in head) else ""


def header(rows: cells.Rows, product: str) -> list[str]:
    """The names of a product's columns as its table has them. Raises LogError if there is no such header."""
    place = cells.header_of(rows, lambda row: products.fits(product, cells.unique(row)))
    if place < 0:
        raise LogError(Told("there are no columns of {product}", product=product))
    return cells.unique(rows.rows[place][1])


def by_names(rows: cells.Rows, name: str) -> ColumnMap:
    """The map that names of columns tell. Raises LogError, with as much of a map as is told."""
    best: list[str] = []
    sample = [row[0].strip() for _, row in rows.rows[:SAMPLE_LINES] if row]
    if sum(cell in products.CHANNEL_EVENTS for cell in sample) * 2 > len(sample):
        raise LogError(Told(products.OF_CHANNELS))
    for _, row in rows.rows[: 1 if rows.named else cells.HEADER_LINES]:
        names = cells.unique(row)
        if intervals.is_report(names) or intervals.is_wide(names):
            text = "{name} is a report by intervals: it tells arrivals and staffing alone; read it with `pbx intervals`"
            raise LogError(Told(text, name=name))
        refusal = products.refusal(names)
        if refusal is not None:
            raise LogError(refusal)
        found = guess.columns_of(names)
        if found is not None:
            return _by_values(found, names, rows)
        if len(guess.fields_of(names)) > len(guess.fields_of(best)):
            best = names
    both = cells.folded(rows, lambda row: guess.columns_of(cells.unique(row)) is not None)
    if both is not None:
        held, place = both
        found = guess.columns_of(cells.unique(held.rows[place][1]))
        assert found is not None
        return _by_values(found, cells.unique(held.rows[place][1]), held)
    if len(guess.fields_of(best)) >= 2:
        text = (
            "{name} is a table of nobody known, and its names of columns do not tell enough; complete this map and give it "
            "with --columns: {map}; it has {names}"
        )
        raise LogError(Told(text, name=name, map=guess.told(best), names=", ".join(best[:40])))
    text = "{name} is neither queue_log, CDR, history JSON nor a known table; give its format or a map of columns"
    raise LogError(Told(text, name=name))


def _by_values(columns: ColumnMap, names: list[str], rows: cells.Rows) -> ColumnMap:
    """A map found by names, put right by values: a “type” may be the direction of calls, or a queue."""

    def values(column: str) -> list[str]:
        place = names.index(column)
        return [row[place] for _, row in rows.rows[:HEAD] if len(row) == len(names) and row[place] != column]

    if columns.direction is None and columns.queue is not None and is_way(values(columns.queue)):
        return columns.model_copy(update={"queue": None, "direction": columns.queue})
    is_type = columns.direction is not None and cells.plain(columns.direction) in (
        "type",
        "тип",
        "тип звонка",
        "тип вызова",
    )
    if is_type and columns.direction is not None and not is_way(values(columns.direction)):
        return columns.model_copy(update={"direction": None, "queue": columns.queue or columns.direction})
    return columns
