"""The bridge's command about what members did: `pbx activity`.

Decides options, what is printed and the exit status. Leaves rows and files to `store/activity_export.py`; `commands.py` takes the
command in.
"""

from __future__ import annotations

import itertools
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from engine.contract.ids import SECOND_US, Instant
from engine.loading.load import load
from live_bridge.cli.console import Where, err, open_store, out, refusals
from live_bridge.cli.translations import system_said, tr
from live_bridge.config import ConfigError, find_document

if TYPE_CHECKING:
    from live_bridge.store.history_export import Form

TABLE_MOST = 50
"""Rows in a table when nobody says how many."""


def activity(
    pbx: Annotated[
        str, typer.Argument(help=tr("Document: a file, a folder, or the name of a PBX that comes with us."))
    ] = "example",
    database: Where = "var",
    since: Annotated[
        str, typer.Option(help=tr("What happened at or after this time (2026-11-23 or 2026-11-23T09:00)."))
    ] = "",
    until: Annotated[str, typer.Option(help=tr("What happened before this time."))] = "",
    member: Annotated[int | None, typer.Option(help=tr("Internal number of one member."))] = None,
    rows: Annotated[
        Literal["text", "csv", "json", "parquet"] | None,
        typer.Option("--format", help=tr("Write text, CSV, JSON or Parquet.")),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=tr("File to write; its name tells the form."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=tr("One JSON value per line, for programs."))] = False,
) -> None:
    """List what members did, the earliest first: sign-ins, pauses with reasons, offers, talks and work after calls.

    With the calls of `pbx history` this is all that `pbx calibrate --history` needs.

    Example: pbx activity example --since 2026-11-23 --output activity.jsonl
    """
    from live_bridge.store import activity_export
    from live_bridge.store.history_export import form_of

    form = "json" if as_json else rows or (output and form_of(output)) or ("text" if output is None else "")
    with refusals():
        if form in ("", "text") and output is not None:
            words = tr("{path}: a file is written as .csv, .json or .parquet; name one with --format.", path=output)
            raise ConfigError(words)
        path = find_document(pbx)
        flow = load(path.read_bytes(), str(path))
        zone = ZoneInfo(flow.head.zone)
        fields = activity_export.rows(
            open_store(database), flow.head.pbx, zone, since=_instant(since, zone), until=_instant(until, zone),
            member=member,
        )  # fmt: skip
        if form == "text":
            _print(list(itertools.islice(fields, TABLE_MOST)))
        elif output is None:
            activity_export.write(fields, cast("Form", form), sys.stdout.buffer)
        else:
            try:
                with output.open("wb") as file:
                    count = activity_export.write(fields, cast("Form", form), file)
            except OSError as error:
                raise ConfigError(f"{output}: {system_said(error)}") from None
            err.print(tr("{count} rows written to {path}.", count=count, path=output), markup=False)


def _print(fields: list[dict[str, object]]) -> None:
    if not fields:
        out.print(tr("Nothing is recorded."))
        return
    heads = (tr("When"), tr("Member"), tr("What"), tr("Queue"), tr("Reason"), tr("Seconds"), "uuid")
    table = Table(*heads, box=None, pad_edge=False)
    for one in fields:
        lasted = one["lasted"]
        table.add_row(
            str(one["at"])[:19], str(one["member"] or ""), str(one["event"]), str(one["queue"] or ""),
            str(one["reason"])[:40], f"{lasted:.1f}" if isinstance(lasted, float) else "", str(one["call"]),
        )  # fmt: skip
    out.print(table, markup=False)


def _instant(word: str, zone: ZoneInfo) -> Instant | None:
    if not word:
        return None
    try:
        when = datetime.fromisoformat(word)
    except ValueError:
        raise ConfigError(tr("{word!r} is no time: write 2026-11-23 or 2026-11-23T09:00.", word=word)) from None
    when = when.replace(tzinfo=zone) if when.tzinfo is None else when
    return round(when.timestamp() * SECOND_US)


COMMANDS = (activity,)
