"""`pbx intraday`: the rest of the day from its morning, and who would bring the service level back.

Leaves reading to `pbxsim.logs`, everything else to `pbxsim.today`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pbxsim.cli import arguments, bridge_requests, calibrate, documents, model, output, staff
from pbxsim.cli.language import tr
from pbxsim.cli.recorded import bridge_exports

if TYPE_CHECKING:
    from engine.state.flow import Flow
    from pbxsim.logs import Log
    from pbxsim.today.intraday import Intraday

At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Now, in the log's zone, such as 12:00; the log's last call if left out, of a running bridge the present moment.",
    ),
]
Planned = Annotated[
    str,
    typer.Option(
        "--pbx", metavar="PBX", help="Also say who would help: the PBX whose scenario is the day as it was planned."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("intraday")(intraday)


def intraday(
    files: calibrate.Logs = None,
    history: bridge_exports.History = None,
    at: At = "",
    pbx: Planned = "",
    scenario: model.ScenarioOption = None,
    service_level: staff.Level = 0.8,
    abandoned: staff.Abandoned = None,
    answer_speed: staff.Speed = None,
    target: staff.Of = None,
    per_day: staff.PerDay = False,
    format: calibrate.Format = "auto",
    zone: calibrate.Zone = "",
    columns: calibrate.Columns = "",
    encoding: calibrate.Encoding = "",
    anyway: calibrate.Anyway = None,
    country: calibrate.Country = "",
    reps: model.Reps = 20,
    processes: calibrate.Processes = 1,
    token_file: bridge_exports.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    json: arguments.Json = False,
) -> None:
    """Forecast the rest of the day again from its morning, and find who could stay longer or come to keep the targets.

    The log ends in the day meant; earlier days tell how mornings and the rest of days go together. With --pbx the day is
    simulated with its shifts, and status 1 tells that a target stays missed even with help.

    Example: pbx intraday queue_log --zone Europe/Moscow --at 12:00 --pbx example
    """
    flow = documents.load(pbx) if pbx else None
    day = model.read_scenario(pbx, scenario) if pbx else None
    if scenario is not None and not pbx:
        raise output.CommandRefused(tr("--scenario is the day of a PBX: name it with --pbx."))
    from pbxsim import ScenarioError
    from pbxsim.forecast.intraday import TooLittleHistory
    from pbxsim.staffing.targets import Targets
    from pbxsim.today.intraday import intraday as look

    targets = Targets(
        service_level=service_level, abandoned_share=abandoned, answer_speed_s=answer_speed,
        per="day" if per_day else "interval", **staff.targets_of_queues(target or []),
    )  # fmt: skip
    try:
        with calibrate.refusing(country):
            log = calibrate.read(
                files or [], history or [], format, zone, columns, token_file, certificate, encoding, anyway or ()
            )
            now, is_live = moment_meant(at, history or (), log)
            try:
                with output.progress(tr("Simulating the rest of the day"), 1.0, json or flow is None) as bar:
                    found = look(
                        log, now, flow, day, targets, country=country or None, reps=reps, processes=processes,
                        progress=bar.reached, is_complete=is_live,
                    )  # fmt: skip
            except TooLittleHistory as error:
                raise calibrate.refused_after(tr(str(error)), log) from None
    except (ScenarioError, ValueError) as error:
        raise output.CommandRefused(str(error)) from None
    if json:
        output.print_json(as_data(found))
    else:
        print_rest(found)
        if flow is not None and found.relief is not None:
            print_relief(found, flow)
    raise typer.Exit(output.GOOD if found.relief is None or found.relief.is_enough else output.FINDINGS)


def moment_meant(at: str, history: Sequence[str], log: Log) -> tuple[str | None, bool]:
    """What `--at` means of this log, and whether the log is complete up to it: what a running bridge gives is, also where nobody
    has called yet today, so a time alone is one of today."""
    if not any(bridge_exports.is_address(word) for word in history):
        return at or None, False
    import pandas as pd

    now = pd.Timestamp.now(log.calls["arrived_at"].dt.tz)
    return (f"{now:%Y-%m-%d} {at}" if 0 < len(at) <= len("12:00") else at or f"{now:%Y-%m-%d %H:%M}"), True


def as_data(found: Intraday) -> dict[str, Any]:
    """The rest of the day for programs."""
    rest = found.rest
    told: dict[str, Any] = {
        "date": f"{rest.date:%Y-%m-%d}",
        "at": found.now,
        "seen": float(rest.seen[:, : rest.from_slot].sum()),
        "unchanged_morning": float(rest.unchanged[:, : rest.from_slot].sum()),
        "rest": rest.whole,
        "learned_from_days": rest.learned_from_days,
        "intervals": rest.by_interval.reset_index().to_dict("records"),
        "kinds": rest.by_kind.reset_index().to_dict("records"),
        "kind_intervals": rest.by_kind_and_interval.reset_index().to_dict("records"),
    }
    if found.relief is not None:
        service = found.relief.service.to_dict("records")
        members = found.relief.members.to_dict("records")
        told["relief"] = {
            "enough": found.relief.is_enough,
            "hours": found.relief.hours,
            "members": [_plain(row, ("from", "to")) for row in members],
            "service": [_plain(row, ("interval",)) for row in service],
        }
    return told


def _plain(row: dict[Any, Any], instants: Sequence[str]) -> dict[str, Any]:
    return {
        str(key): value.isoformat() if key in instants else model.finite(value) if isinstance(value, float) else value
        for key, value in row.items()
    }


def print_rest(found: Intraday) -> None:
    """What is expected now, for people."""
    rest = found.rest
    seen, said = rest.seen[:, : rest.from_slot].sum(), rest.unchanged[:, : rest.from_slot].sum()
    words = "{date}, {at}: {seen} calls so far, {said} were expected; {calls} more are expected now, {before} the evening before"
    text = tr(
        words, date=f"{rest.date:%d.%m.%Y}", at=found.now, seen=f"{seen:.0f}", said=f"{said:.0f}",
        calls=f"{rest.whole['calls']:.0f}", before=f"{rest.whole['unchanged']:.0f}",
    )  # fmt: skip
    output.out.print(text, style="bold", markup=False)
    ranged = rest.learned_from_days > 0
    if ranged:
        words = "four days of five have {low} to {high}; learned from {days} days"
        limits = {"low": f"{rest.whole['p10']:.0f}", "high": f"{rest.whole['p90']:.0f}"}
        output.out.print(tr(words, **limits, days=rest.learned_from_days), markup=False)
    else:
        output.err.print(
            tr("Too few days are known to learn from: the forecast of the evening before stands."), style="yellow"
        )
    rows = [
        [
            str(start),
            f"{row['unchanged']:.1f}",
            f"{row['calls']:.1f}",
            f"{row['p10']:.0f}–{row['p90']:.0f}" if ranged else "–",
        ]
        for start, row in rest.by_interval.iterrows()
    ]
    heads = ("begins", "evening before", "now", "four days of five")
    output.out.print(output.table("", tuple(tr(head) for head in heads), rows, right=(1, 2, 3)))


def print_relief(found: Intraday, flow: Flow) -> None:
    """Who would help, for people."""
    relief = found.relief
    assert relief is not None

    def named(numbers: Sequence[int]) -> str:
        users = flow.document.head.users
        return ", ".join(
            f"{users[number].name} ({number})" if users[number].name else str(number) for number in numbers
        )

    rows = [
        [
            f"{row.interval:%H:%M}",
            row.name,
            f"{row.offered:.1f}",
            f"{row.service_level:.0%}",
            f"{row.service_level_then:.0%}",
            tr("missed") if row.missed_then else "",
        ]
        for row in relief.service.itertuples()
        if row.missed or row.missed_then
    ]
    if not rows:
        output.out.print(tr("The members planned keep the targets for the rest of the day."), style="bold")
        return
    heads = ("begins", "queue", "calls", "as planned", "with help", "")
    title = tr("Service level where the plan misses a target")
    output.out.print(output.table(title, tuple(tr(head) if head else "" for head in heads), rows, right=(2, 3, 4)))
    rows = [
        [
            row["team"],
            f"{row['from']:%H:%M}",
            f"{row['to']:%H:%M}",
            row["members"],
            *(named(row[name]) for name in ("stay", "come_earlier", "come")),
        ]
        for row in relief.members.to_dict("records")
    ]
    columns = ("team", "begins", "ends", "members more", "may stay", "may come earlier", "not planned")
    title = tr("Who would help: {hours} member hours", hours=f"{relief.hours:g}")
    output.out.print(output.table(title, tuple(tr(head) for head in columns), rows, right=(3,)))
