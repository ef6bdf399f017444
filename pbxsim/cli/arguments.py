"""Arguments and options that several commands share, so that one word means one thing everywhere."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.calendar import zones
from engine.contract.ids import SECOND_US, Instant
from pbxsim.cli import destinations
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused

Pbx = Annotated[
    str, typer.Argument(metavar="PBX", help="A PBX: a file, or the name of one that comes with the project.")
]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for programs.")]

ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", callback=destinations.file, help="Keep the report, JSON.")
]

Since = Annotated[
    str,
    typer.Option("--from", metavar="TIME", help="First day of the year looked at; 1 January of this year if left out."),
]


def instant(text: str, zone: zones.Zone) -> Instant:
    """A date and time as people write it; without an offset it is local time in `zone`.

    A time that a clock change skips is moved to where the clock jumps to, one that occurs twice is the first of the
    two. Raises CommandRefused.

    >>> instant("2026-11-23 09:30", zones.parse("GMT+5")) == instant("2026-11-23T04:30Z", zones.parse("GMT+3"))
    True
    """
    try:
        return zones.instant(text, zone)
    except ValueError:
        raise CommandRefused(
            tr("“{text}” is no date and time; write it as 2026-11-23 09:30.", text=text), rule="R-25.4"
        ) from None


def first_day(since: str, zone: zones.Zone) -> Instant:
    """The instant from which a year is looked at: what `--from` says, or the first of January. Raises CommandRefused."""
    return instant(since or f"{local(time.time_ns() // 1000, zone).year}-01-01", zone)


def local(at: Instant, zone: zones.Zone) -> datetime:
    """An instant as the account's local time."""
    return datetime.fromtimestamp(at / SECOND_US, zone.tzinfo)
