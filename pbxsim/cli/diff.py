"""`pbx diff`: two versions of a PBX as calls that would land elsewhere, over a year and over a log of one's own.

Decides how a log of dialled numbers is read from CSV. Leaves comparing to `engine.compare`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine import compare, reach
from engine.compare import Comparison, LoggedCall
from engine.flow import Flow
from pbxsim.cli import arguments, documents, output
from pbxsim.cli.language import tr
from pbxsim.cli.output import Refused

New = Annotated[str, typer.Argument(metavar="NEW", help="The new version: a file or a name.")]
Old = Annotated[str, typer.Argument(metavar="OLD", help="The old version: a file or a name.")]
LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Calls that came: CSV with the columns at, number and caller."),
]

AT = ("at", "arrived", "arrived_at", "started_at", "start")
NUMBER = ("called", "dst", "number")
CALLER = ("caller", "src")
"""Names a column may have; the first that is there is taken. `pbx simulate --csv` writes such a table, too."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("diff")(diff)


def diff(old: Old, new: New, since: arguments.Since = "", log: LogOption = None, json: arguments.Json = False) -> None:
    """Compare two versions: the times, numbers and kinds of callers whose calls would land elsewhere.

    With a log, how many of its calls would have landed elsewhere, with examples.

    Example: pbx diff example my-pbx.yaml --log calls.csv
    """
    before, after = documents.load(old), documents.load(new)
    start, end = reach.year(before, arguments.first_day(since, before.zone))
    unread: list[int] = []
    calls = None if log is None else list(logged(log, before, unread))
    found = compare.compare(before, after, start, end, calls)
    if json:
        output.print_json({"comparison": found, "unread_lines": unread})
    else:
        output.out.print(compare.as_text(found, before), markup=False)
        if unread:
            text = tr(
                "{count} lines of the log were not understood, the first is line {line}.",
                count=len(unread),
                line=unread[0],
            )
            output.err.print(text, style="yellow", markup=False)
    raise typer.Exit(output.FINDINGS if differs(found) else output.GOOD)


def differs(found: Comparison) -> bool:
    """Whether anything at all is different."""
    return bool(found.elements) or any(number.change != "same" for number in found.numbers)


def logged(path: Path, flow: Flow, unread: list[int]) -> Iterator[LoggedCall]:
    """The calls of a log; lines that cannot be read are noted in `unread`. Raises Refused for a file that is no such log."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            at, number, caller = (column(rows.fieldnames or (), names) for names in (AT, NUMBER, CALLER))
            if at is None or number is None:
                raise Refused(tr("{name} has no columns at and number; it has {columns}.", name=documents.shown(path),
                                 columns=", ".join(rows.fieldnames or ()) or "–"))  # fmt: skip
            for row in rows:
                try:
                    when = arguments.instant(row[at] or "", flow.zone)
                except Refused:
                    unread.append(rows.line_num)
                    continue
                yield LoggedCall(when, row[number] or "", (row[caller] or "") if caller else "")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(tr("{name} cannot be read: {reason}.", name=documents.shown(path), reason=reason)) from None


def column(names: Sequence[str], wanted: tuple[str, ...]) -> str | None:
    """The first wanted column there is."""
    return next((name for name in wanted if name in names), None)
