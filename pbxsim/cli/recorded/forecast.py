"""`pbx forecast`: how many calls will come, by the usual method or one that was clearly nearer on the log itself.

Leaves reading to `pbxsim.logs`, methods and their judgement to `pbxsim.forecast`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pbxsim.cli import arguments, bridge_requests, calibrate, destinations, output
from pbxsim.cli.language import tr
from pbxsim.cli.recorded import bridge_exports

if TYPE_CHECKING:
    import pandas as pd

    from pbxsim.forecast.own_days import OwnDays

Days = Annotated[int, typer.Option("--days", min=1, max=366, help="How many days after the log's last one.")]
Special = Annotated[
    Path | None,
    typer.Option(
        "--special",
        metavar="FILE",
        help="Own days by name, past and coming: CSV with date, until, name and closed, or YAML with dates by name.",
    ),
]
Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        metavar="FILE",
        callback=destinations.file,
        help="Write expected calls of every half hour with their ranges, by queue, as a table.",
    ),
]


MEASURES: Final = {
    "talk_s": ("talk, s", 1, "s"),
    "after_call_share": ("after calls", 100, "%"),
    "not_ready_share": ("not ready", 100, "%"),
}
"""Heads, factors and units of what is told beside calls."""


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
    special: Special = None,
    days: Days = 14,
    csv: Csv = None,
    token_file: bridge_exports.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    json: arguments.Json = False,
) -> None:
    """Forecast the calls of the days after a log, with the range that holds four days of five, and how long talks are.

    Methods are judged on the last days of the log, each day by what was known one day, one week and four weeks before it, and the
    errors of all are shown. The usual method is used unless another was clearly nearer. What an own day does, such as a mailing,
    is learned from past days of its name.

    Example: pbx forecast queue_log --zone Europe/Moscow --country RU --days 14
    """
    from pbxsim.calibrate import arrivals, handling
    from pbxsim.calibrate import days as d
    from pbxsim.forecast import intraday
    from pbxsim.forecast.calendars import Calendar
    from pbxsim.forecast.outlook import outlook

    with calibrate.refusing(country):
        calendar = Calendar(country or None, own=_own(special))
        log = calibrate.read(
            files or [], history or [], format, zone, columns, token_file, certificate, encoding, anyway or ()
        )
        table = d.prepared(log.calls)
        try:
            with output.progress(tr("Judging methods"), 1.0, json) as bar:
                found = outlook(table.groupby("day").size(), calendar, days, progress=bar.reached)
        except ValueError as error:
            raise calibrate.refused_after(tr(str(error)), log) from None
        handled = handling.ahead(table, log.staff, found.days.index)
    if csv is not None:
        counted = intraday.counted(table)
        varies = intraday.learn(intraday.evenings(counted, calendar, intraday.LEARNS_DAYS))
        own = {} if varies is None else dict(zip(counted.kinds, varies.kinds.tolist(), strict=True))
        interval = varies.interval if varies is not None else 0.0
        spread = arrivals.by_interval(arrivals.fit(table, country or None), found.days, interval, own)
        with destinations.writing(csv):
            spread.to_csv(csv, index=False)
    if json:
        told = found.days.reset_index()
        told["date"] = told["date"].dt.strftime("%Y-%m-%d")
        errors = {
            name: {horizon: None if value != value else round(value, 2) for horizon, value in row.items()}
            for name, row in found.errors.to_dict("index").items()
        }
        output.print_json(
            {
                "days": told.to_dict("records"),
                "errors_percent": errors,
                "judged_days": found.judged_days,
                "special": [
                    {"name": name, "past_days": past, "factor": None if factor != factor else round(factor, 3)}
                    for name, past, factor in found.special.itertuples()
                ],
                "handling": {
                    name: [{"date": f"{date:%Y-%m-%d}"} | row.to_dict() for date, row in one.iterrows()]
                    for name, one in handled.items()
                },
            }
        )
        return
    told = [name for name in MEASURES if name in handled]
    rows = [
        [f"{date:%a %d.%m.%Y}", round(row.calls), f"{row.p10:.0f}–{row.p90:.0f}", tr(str(row.method))]
        + [", ".join(filter(None, (row.holiday, row.special)))]
        + [_ranged(handled[name].loc[date], *MEASURES[name][1:]) for name in told]
        for date, row in zip(found.days.index, found.days.itertuples(), strict=True)
    ]
    heads = (
        "date",
        "calls",
        "four days of five",
        "method",
        "holiday or own day",
        *(MEASURES[name][0] for name in told),
    )
    right = (1, 2, *range(5, 5 + len(told)))
    output.out.print(output.table("", tuple(tr(head) for head in heads), rows, right=right))
    if len(found.special):
        effects = [
            (name, past, "–" if factor != factor else f"{factor:.2f}")
            for name, past, factor in found.special.itertuples()
        ]
        titles = tuple(tr(head) for head in ("own day", "past days", "times the calls"))
        output.out.print(output.table(tr("Own days: what the log tells of them"), titles, effects, right=(1, 2)))
    rows = [
        [tr(str(name)), *("–" if value != value else f"{value:.1f}" for value in row)]
        for name, row in zip(found.errors.index, found.errors.to_numpy().tolist(), strict=True)
    ]
    title = tr("Error on the last days of the log, per cent of the calls")
    horizons = tuple(tr(head) for head in ("method", "day ahead", "week ahead", "four weeks ahead"))
    output.out.print(output.table(title, horizons, rows, right=(1, 2, 3)))


def _own(path: Path | None) -> OwnDays:
    """Own days of a file. Raises CommandRefused."""
    from pbxsim.forecast.own_days import OwnDays, OwnDaysError

    try:
        return OwnDays.of(path)
    except OwnDaysError as error:
        raise output.CommandRefused(tr(error.template, **error.values)) from None


def _ranged(row: pd.Series, factor: float, unit: str) -> str:
    """A figure with its range."""
    middle, low, high = (factor * row[name] for name in ("expected", "p10", "p90"))
    return f"{middle:.0f} ({low:.0f}–{high:.0f}){'' if unit == 's' else ' ' + unit}"
