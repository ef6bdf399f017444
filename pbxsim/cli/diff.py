"""`pbx diff`: two versions of a PBX as calls that would land elsewhere, over a year and over a log of one's own.

Decides what is printed and the exit status. Leaves reading a log to `pbxsim.logs.call_log`, comparing to
`engine.analysis.compare`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.analysis import compare, reach
from engine.analysis.compare import Comparison, LoggedCall
from engine.state.flow import Flow
from pbxsim.cli import arguments, documents, output
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused
from pbxsim.logs import call_log

New = Annotated[str, typer.Argument(metavar="NEW", help="The new version: a file or a name.")]
Old = Annotated[str, typer.Argument(metavar="OLD", help="The old version: a file or a name.")]
LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Calls that came: CSV with the columns at, number and caller."),
]


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
    calls, unread = (None, []) if log is None else logged(log, before)
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


def logged(path: Path, flow: Flow) -> tuple[list[LoggedCall], list[int]]:
    """The calls of a log, and the lines that cannot be read. Raises CommandRefused for a file that is no such log."""
    name = documents.name_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            return call_log.read(text, flow.zone)
    except call_log.NoCallLog as error:
        if error.columns is None:
            raise CommandRefused(tr("{name} cannot be read: {reason}.", name=name, reason=error)) from None
        columns = ", ".join(error.columns) or "–"
        raise CommandRefused(
            tr("{name} has no columns at and number; it has {columns}.", name=name, columns=columns), rule="R-25.4"
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandRefused(tr("{name} cannot be read: {reason}.", name=name, reason=reason)) from None
