"""`pbx intervals`: a report by half hours as arrivals by weekday, and the members that Erlang A or C asks for.

Leaves reading to `pbxsim.logs.intervals`, formulas to `pbxsim.results.queueing_theory`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbxsim.cli import arguments, calibrate, output
from pbxsim.cli.language import tr

Report = Annotated[Path, typer.Argument(metavar="FILE", help="A report by intervals: CSV or an Excel workbook.")]
Zone = Annotated[str, typer.Option("--zone", help="Time zone of the report, such as Europe/Moscow.")]
Queue = Annotated[str, typer.Option("--queue", help="One queue of the report; all together if left out.")]
DateForm = Annotated[
    str, typer.Option("--date-format", help="Form of its dates, such as %d/%m/%Y %H:%M, where it is not told.")
]
Level = Annotated[
    float, typer.Option("--service-level", min=0.01, max=0.999, help="Share answered within T to be met.")
]
Within = Annotated[float, typer.Option("--within", min=0, help="T of the service level, seconds.")]
Patience = Annotated[
    float, typer.Option("--patience", min=0, help="Mean patience in seconds; 0: nobody gives up (Erlang C).")
]
Aht = Annotated[float, typer.Option("--aht", min=0, help="Mean handling time in seconds, where the report has none.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("intervals")(intervals)


def intervals(
    file: Report,
    zone: Zone,
    queue: Queue = "",
    date_format: DateForm = "",
    encoding: calibrate.Encoding = "",
    service_level: Level = 0.8,
    within: Within = 20.0,
    patience: Patience = 120.0,
    aht: Aht = 0.0,
    json: arguments.Json = False,
) -> None:
    """Read a report by intervals: mean arrivals of each weekday, and how many members they take by formula.

    Such a report tells arrivals and staffing alone: no call's wait, no patience, no members. A log of calls tells more.

    Example: pbx intervals report.xlsx --zone Europe/Moscow --service-level 0.8 --within 20
    """
    from engine.calendar.schedule import WEEKDAYS
    from pbxsim.logs import LogError
    from pbxsim.logs import intervals as reports
    from pbxsim.staffing.by_report import requirement

    try:
        found = reports.read(file, zone, date_format=date_format or None, encoding=encoding or None)
        table = requirement(
            found, queue or None, service_level=service_level, within_s=within, patience_s=patience, aht_s=aht
        )
    except LogError as error:
        raise calibrate.refused(error) from None
    if json:
        output.print_json(
            {"losses": found.losses.as_dict(), "interval_min": found.interval_min, "weekdays": table.to_dict("records")}
        )
        return
    output.out.print(found.losses.report(tr), markup=False)
    rows = [
        [
            tr(WEEKDAYS[row.weekday]),
            f"{row.start_min // 60:02}:{row.start_min % 60:02}",
            f"{row.calls:.1f}",
            f"{row.aht_s:.0f}",
            row.members,
        ]
        for row in table.itertuples()
    ]
    output.out.print(output.table("", ("weekday", "interval", "calls", "AHT, s", "members"), rows, right=(2, 3, 4)))
