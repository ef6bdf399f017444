"""`pbx forecast`: how many calls will come, by the method that erred least on the log itself.

Leaves reading to `pbxsim.logs`, methods and their judgement to `pbxsim.forecast`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbxsim.cli import arguments, bridge_requests, calibrate, output
from pbxsim.cli.language import tr
from pbxsim.cli.recorded import bridge_exports

Days = Annotated[int, typer.Option("--days", min=1, max=366, help="How many days after the log's last one.")]
Csv = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write expected calls of every half hour, by queue, as a table."),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("forecast")(forecast)


def forecast(
    files: calibrate.Logs = None,
    history: bridge_exports.History = None,
    format: calibrate.Format = "auto",
    zone: calibrate.Zone = "",
    columns: calibrate.Columns = "",
    encoding: calibrate.Encoding = "",
    anyway: calibrate.Anyway = None,
    country: calibrate.Country = "",
    days: Days = 14,
    csv: Csv = None,
    token_file: bridge_exports.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    json: arguments.Json = False,
) -> None:
    """Forecast the calls of the days after a log, with the range that holds four days of five.

    Methods are judged on the last days of the log, each day by what was known one day, one week and four weeks before it; the
    best of each horizon is used, and the errors of all are shown.

    Example: pbx forecast queue_log --zone Europe/Moscow --country RU --days 14
    """
    from pbxsim.calibrate import arrivals
    from pbxsim.calibrate import days as d
    from pbxsim.forecast.calendars import Calendar
    from pbxsim.forecast.outlook import outlook

    try:
        with calibrate.refusing(country):
            log = calibrate.read(
                files or [], history or [], format, zone, columns, token_file, certificate, encoding, anyway or ()
            )
            table = d.prepared(log.calls)
            with output.progress(tr("Judging methods"), 1.0, json) as bar:
                found = outlook(table.groupby("day").size(), Calendar(country or None), days, progress=bar.reached)
    except ValueError as error:
        raise output.CommandRefused(str(error)) from None
    if csv is not None:
        try:
            arrivals.by_interval(arrivals.fit(table, country or None), found.days["calls"]).to_csv(csv, index=False)
        except OSError as error:
            raise output.CommandRefused(
                tr("{name} cannot be written: {reason}.", name=str(csv), reason=error.strerror or "")
            ) from None
    if json:
        told = found.days.reset_index()
        told["date"] = told["date"].dt.strftime("%Y-%m-%d")
        errors = {
            name: {horizon: None if value != value else round(value, 2) for horizon, value in row.items()}
            for name, row in found.errors.to_dict("index").items()
        }
        output.print_json({"days": told.to_dict("records"), "errors_percent": errors, "judged_days": found.judged_days})
        return
    rows = [
        [f"{date:%a %d.%m.%Y}", round(row.calls), f"{row.p10:.0f}–{row.p90:.0f}", tr(str(row.method)), row.holiday]
        for date, row in zip(found.days.index, found.days.itertuples(), strict=True)
    ]
    heads = ("date", "calls", "four days of five", "method", "holiday")
    output.out.print(output.table("", tuple(tr(head) for head in heads), rows, right=(1, 2)))
    rows = [
        [tr(str(name)), *("–" if value != value else f"{value:.1f}" for value in row)]
        for name, row in zip(found.errors.index, found.errors.to_numpy().tolist(), strict=True)
    ]
    title = tr("Error on the last days of the log, per cent of the calls")
    horizons = tuple(tr(head) for head in ("method", "day ahead", "week ahead", "four weeks ahead"))
    output.out.print(output.table(title, horizons, rows, right=(1, 2, 3)))
