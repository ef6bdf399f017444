"""FusionPBX's tables as rows: a dump of its PostgreSQL database (`pg_dump`, plain), or tables as CSV with names of columns.

Source: PostgreSQL's documentation of COPY, and FusionPBX's own schema. Decides which tables are looked at, and which PBX is meant
where a dump has several. A dump is read line by line, and tables of other things are passed over. Leaves what a row means to
`fusionpbx.py`.
"""

from __future__ import annotations

import bz2
import csv
import dataclasses
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pbxsim.importers import texts
from pbxsim.importers.draft import ImportRefused
from pbxsim.importers.losses import Place

DOMAINS: Final = "v_domains"
QUEUES: Final = "v_call_center_queues"
AGENTS: Final = "v_call_center_agents"
TIERS: Final = "v_call_center_tiers"
GROUPS: Final = "v_ring_groups"
GROUP_DESTINATIONS: Final = "v_ring_group_destinations"
MENUS: Final = "v_ivr_menus"
MENU_OPTIONS: Final = "v_ivr_menu_options"
EXTENSIONS: Final = "v_extensions"
DESTINATIONS: Final = "v_destinations"
FOLLOWED: Final = "v_follow_me_destinations"

KNOWN_BY: Final = {
    QUEUES: {"queue_name", "queue_strategy"}, AGENTS: {"agent_name", "agent_contact"}, TIERS: {"tier_level"},
    GROUPS: {"ring_group_strategy"}, GROUP_DESTINATIONS: {"ring_group_uuid", "destination_number"},
    MENUS: {"ivr_menu_name", "ivr_menu_uuid"}, MENU_OPTIONS: {"ivr_menu_option_digits"},
    EXTENSIONS: {"extension", "effective_caller_id_name"}, DESTINATIONS: {"destination_type", "destination_number"},
    FOLLOWED: {"follow_me_uuid", "follow_me_destination"}, DOMAINS: {"domain_uuid", "domain_name"},
}  # fmt: skip
"""Columns that tell which table a CSV file is, the first that fits."""

PACKED: Final[dict[str, Callable[..., Any]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
CSV_BYTES_AT_MOST: Final = 64 * 1024**2
ROWS_MOST: Final = 200_000
_COPY: Final = re.compile(r'COPY (?:\w+\.)?"?(\w+)"? \(([^)]*)\) FROM stdin;')
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


@dataclasses.dataclass(frozen=True)
class TableRow:
    """A row with the line it stands in; what is empty or NULL is not there."""

    values: dict[str, str]
    place: Place

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    @property
    def is_off(self) -> bool:
        """Whether it is switched off, by its own column."""
        return any(
            name.endswith("enabled") and not name.startswith(("forward", "ring_group_forward", "follow_me"))
            and value.lower() in ("f", "false", "0", "no")
            for name, value in self.values.items()
        )  # fmt: skip


Tables = dict[str, list[TableRow]]


def plain_suffix(path: Path) -> str:
    """How a file's name ends, without the end that a packer added."""
    suffix = path.suffix.lower()
    return path.with_suffix("").suffix.lower() if suffix in PACKED else suffix


def read(paths: Iterable[Path]) -> Tables:
    """The rows of the known tables of all files. Raises ImportRefused."""
    tables: Tables = {name: [] for name in KNOWN_BY}
    count = 0
    for path in paths:
        try:
            for table, row in _dumped(path) if plain_suffix(path) == ".sql" else _listed(path):
                tables[table].append(row)
                count += 1
                if count > ROWS_MOST:
                    raise ImportRefused(f"{path.name}: more than {ROWS_MOST:,} rows of a PBX; is it another database?")
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise ImportRefused(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return tables


def of_domain(tables: Tables, wanted: str) -> Tables:
    """The rows of one PBX: of the domain of this name, or of the only one that has any. Raises ImportRefused."""
    names = {row["domain_uuid"]: row["domain_name"] for row in tables[DOMAINS]}
    present = dict.fromkeys(row["domain_uuid"] for name in (QUEUES, GROUPS, MENUS) for row in tables[name])
    told = ", ".join(sorted(names.get(one) or one or "without a domain" for one in present))
    if wanted:
        found = [one for one in present if wanted in (one, names.get(one))]
        if not found:
            raise ImportRefused(
                f"there is no domain {wanted} with queues, groups or menus; there are: {told or 'none'}"
            )
    elif len(present) > 1:
        raise ImportRefused(f"these are {len(present)} PBXs; say which one with --domain: {told}")
    else:
        found = list(present)
    kept = set(found)
    return {
        name: [row for row in rows if not row["domain_uuid"] or row["domain_uuid"] in kept]
        for name, rows in tables.items()
    }


def _dumped(path: Path) -> Iterator[tuple[str, TableRow]]:
    table = ""
    columns: list[str] = []
    is_copied = False
    opener = PACKED.get(path.suffix.lower(), open)
    with opener(path, "rb") as file:
        if file.read(5) == b"PGDMP":
            raise ImportRefused(f"{path.name} is in a format of pg_dump's own; dump again without --format")
    with opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="\n") as lines:
        for number, text in enumerate(lines, start=1):
            line = text.rstrip("\n")
            if is_copied and line == "\\.":
                is_copied = False
            elif is_copied:
                if table in KNOWN_BY:
                    cells = [None if cell == "\\N" else _plain(cell) for cell in line.split("\t")]
                    values = {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
                    yield table, TableRow(values, Place(path.name, number))
            elif head := _COPY.match(line):
                is_copied, table = True, head[1]
                columns = [name.strip().strip('"') for name in head[2].split(",")]
            elif line.startswith("INSERT INTO") and any(name in line[:200] for name in KNOWN_BY):
                raise ImportRefused(
                    f"{path.name}:{number} inserts rows one by one; dump again with pg_dump without --inserts"
                )


def _plain(cell: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), cell)


def _listed(path: Path) -> Iterator[tuple[str, TableRow]]:
    content = texts.text_of(path, CSV_BYTES_AT_MOST)
    head = content[: content.find("\n")]
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=max(",;\t|", key=head.count))
    try:
        columns = set(reader.fieldnames or ())
        table = next((name for name, needed in KNOWN_BY.items() if needed <= columns), "")
        if not table:
            raise ImportRefused(
                f"{path.name} is no table of FusionPBX's call centre, ring groups, menus, extensions or destinations: its "
                "first line must be the names of their columns"
            )
        for row in reader:
            values = {name: cell for name, cell in row.items() if name and isinstance(cell, str) and cell}
            yield table, TableRow(values, Place(path.name, reader.line_num))
    except csv.Error as error:
        raise ImportRefused(f"{path.name}:{reader.line_num} is no CSV: {error}") from None
