"""Rows of an Excel workbook as text cells: dates as ISO, lengths as H:MM:SS, numbers as they are.

Source: openpyxl, read-only, values and not formulas. Decides which sheet is read and what cannot be. Leaves what columns mean to
`table.py`.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any, Final

from pbxsim.logs.lines import ZIP
from pbxsim.logs.losses import LogError
from pbxsim.logs.told import Told

UNPACKED_BYTES_AT_MOST: Final = 2 * 1024**3
"""What a workbook may unpack to; more is an attack or no log."""

ROWS_AT_MOST: Final = 1_048_576
"""Rows of a sheet. Source: Excel specifications and limits."""

_OLD = b"\xd0\xcf\x11\xe0"


def is_one(raw: bytes) -> bool:
    """Whether these are the bytes of a workbook; other archives are unpacked already, see `lines.py`."""
    return raw[:4] in (ZIP, _OLD)


def rows(raw: bytes, name: str, sheet: str | None = None) -> list[tuple[int, list[str]]]:
    """The rows of one sheet with their numbers: the one named, else the one with the most cells in its first rows.

    Raises LogError for old or damaged workbooks and for sheets that are not there.
    """
    if raw[:4] == _OLD:
        raise LogError(Told("{name} is a workbook of the old kind (.xls); save it as .xlsx or CSV", name=name))
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > UNPACKED_BYTES_AT_MOST:
            raise LogError(Told("{name} unpacks to {size} bytes; save the sheet as CSV", name=name, size=f"{size:,}"))
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        try:
            names = [one.title for one in book.worksheets]
            if sheet is not None and sheet not in names:
                known = ", ".join(f"`{one}`" for one in names)
                raise LogError(
                    Told("{name} has no sheet `{sheet}`; it has {known}", name=name, sheet=sheet, known=known)
                )
            chosen = sheet if sheet is not None else max(names, key=lambda one: _cells(book[one]), default=None)
            if chosen is None:
                raise LogError(Told("{name} is empty", name=name))
            book[chosen].reset_dimensions()
            found = [
                (number, [_text(cell) for cell in row])
                for number, row in enumerate(book[chosen].iter_rows(values_only=True, max_row=ROWS_AT_MOST), start=1)
            ]
        finally:
            book.close()
    except LogError:
        raise
    except Exception as error:  # openpyxl raises what its parsers raise: KeyError, ValueError, ParseError and others
        raise LogError(Told("{name} is a damaged workbook: {reason}", name=name, reason=error)) from None
    width = max((len(row) for _, row in found), default=0)
    while found and not any(found[-1][1]):
        found.pop()
    if not found:
        raise LogError(Told("{name} is empty", name=name))
    return [(number, row + [""] * (width - len(row))) for number, row in found]


def _cells(sheet: Any) -> int:
    """Filled cells of a sheet's first rows."""
    sheet.reset_dimensions()
    return sum(cell is not None for row in sheet.iter_rows(max_row=50, values_only=True) for cell in row)


def _text(value: Any) -> str:
    """A cell as text. A length is written by Excel as a time of day or as a stretch of time."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds(), 3)
        whole = int(seconds)
        part = f"{seconds - whole:.3f}"[1:].rstrip("0").rstrip(".") if seconds != whole else ""
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}{part}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
