"""`pbx diff`: two versions of a PBX as calls that would land elsewhere, over a year and over a log of one's own.

Decides what is printed and the exit status. Leaves reading a log to `pbxsim.logs.call_log`, comparing to
`engine.analysis.compare`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.analysis import compare, reach
from engine.analysis.compare import Comparison
from pbxsim.cli import arguments, documents, output
from pbxsim.cli.language import tr

New = Annotated[str, typer.Argument(metavar="NEW", help="The new version: a file or a name.")]
Old = Annotated[str, typer.Argument(metavar="OLD", help="The old version: a file or a name.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("diff")(diff)


def diff(
    old: Old, new: New, since: arguments.Since = "", log: documents.CallLog = None, json: arguments.Json = False
) -> None:
    """Compare two versions: the times, numbers and kinds of callers whose calls would land elsewhere.

    With a log, how many of its calls would have landed elsewhere, with examples.

    Example: pbx diff example my-pbx.yaml --log calls.csv
    """
    before, after = documents.load(old), documents.load(new)
    start, end = reach.year(before, arguments.first_day(since, before.zone))
    calls, unread = (None, []) if log is None else documents.logged(log, before)
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
