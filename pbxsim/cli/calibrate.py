"""`pbx calibrate`: from the log of a real system to a PBX and a scenario, with the error on weeks it has not seen.

Leaves reading to `pbxsim.logs` and learning to `pbxsim.calibrate`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbxsim.cli import arguments, bridge_requests, destinations, output
from pbxsim.cli.language import tr
from pbxsim.cli.recorded import bridge_exports

if TYPE_CHECKING:
    from pbxsim.calibrate import Calibration
    from pbxsim.calibrate.known import Known
    from pbxsim.logs import ColumnMap, Log, LogError

Logs = Annotated[
    list[Path] | None,
    typer.Argument(metavar="LOG...", help="Files of one system: queue_log, CDR, history JSON or a table."),
]
Format = Annotated[str, typer.Option("--format", help="Format of the log; found by itself if left out.")]
Zone = Annotated[str, typer.Option("--zone", help="Time zone of the log, such as Europe/Moscow.")]
Columns = Annotated[
    str, typer.Option("--columns", metavar="FILE", help="YAML file that says which column of a table tells what.")
]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of the log, such as cp1251; found by itself.")]
Anyway = Annotated[
    list[str] | None,
    typer.Option("--anyway", metavar="NAME", help="Go on although the log is doubted; the refusal names the doubt."),
]
Country = Annotated[str, typer.Option("--country", help="Country of the holiday calendar, such as RU.")]
Unseen = Annotated[int, typer.Option("--unseen", min=0, help="Last weeks that are kept unseen to measure the error.")]
Reps = Annotated[int, typer.Option("--reps", min=1, help="Replications of each unseen day.")]
Processes = Annotated[int, typer.Option("--processes", min=1, help="Processes that simulate at once.")]
Folder = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="FOLDER",
        callback=destinations.folder_named,
        help="Folder for pbx.yaml, scenario.yaml and the report.",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        callback=destinations.file,
        help="Draw every unseen day, real and simulated, as an HTML page.",
    ),
]
HideCallers = Annotated[
    str, typer.Option("--key", help="Replace callers' numbers by a keyed hash, so that nothing later sees them.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("calibrate")(calibrate)


def calibrate(
    files: Logs = None,
    history: bridge_exports.History = None,
    format: Format = "auto",
    zone: Zone = "",
    columns: Columns = "",
    encoding: Encoding = "",
    anyway: Anyway = None,
    country: Country = "",
    unseen: Unseen = 4,
    reps: Reps = 5,
    processes: Processes = 1,
    to: Folder = "",
    plot: Plot = None,
    key: HideCallers = "",
    token_file: bridge_exports.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    json: arguments.Json = False,
) -> None:
    """Learn from the log of a real system how its callers and members behave, and tell how far off a simulation is.

    The last weeks are kept unseen and simulated, beside Erlang A hour by hour. Every line of the log is accounted for. The export
    of a live bridge tells sign-ins, pauses and work after calls, so that nothing of them is inferred.

    Example: pbx calibrate queue_log --zone Europe/Moscow --country RU --to calibrated
    """
    import dataclasses

    from pbxsim import logs
    from pbxsim.calibrate import CalibrationError
    from pbxsim.calibrate import calibrate as learn

    with refusing(country):
        log = read(files or [], history or [], format, zone, columns, token_file, certificate, encoding, anyway or ())
        if key:
            hidden = [
                None if part is None else logs.pseudonymised(part, key.encode()) for part in (log.calls, log.entries)
            ]
            log = dataclasses.replace(log, calls=hidden[0], entries=hidden[1])
        name = "".join(letter for letter in (files[0].name.split(".")[0] if files else "") if letter.isalnum()) or "log"
        try:
            with output.progress(tr("Learning"), 1.0, json) as bar:
                found = learn(
                    log, name=name, country=country or None, unseen_weeks=unseen, reps=reps, processes=processes,
                    progress=lambda _, share: bar.reached(share),
                )  # fmt: skip
        except CalibrationError as error:
            raise refused_after(error.told(tr), log) from None
    written = found.write(Path(to), tr) if to else ()
    if plot is not None:
        from pbxsim.workbench.loadtest import calibrated

        try:
            plot.write_text(calibrated.page(found.unseen.get("load"), name), encoding="utf-8")
        except ValueError as error:
            raise output.CommandRefused(str(error)) from None
        written = (*written, plot)
    if json:
        output.print_json(as_data(found))
    else:
        output.out.print(found.report(tr), markup=False)
        for path in written:
            output.err.print(tr("Written: {name}.", name=str(path)), markup=False)


def read(
    files: list[Path],
    history: list[str],
    format: str = "auto",
    zone: str = "",
    columns: str = "",
    token_file: Path = Path("pbx.token"),
    certificate: Path | None = None,
    encoding: str = "",
    anyway: Sequence[str] = (),
) -> Log:
    """The log named, either way. Raises CommandRefused, pbxsim.logs.LogError."""
    from pbxsim import logs

    if bool(files) == bool(history):
        raise output.CommandRefused(tr("Give either the files of a log, or --history with the export of a bridge."))
    if history:
        return bridge_exports.read(history, zone, token_file, certificate)[0]
    mapped = map_of(columns) if columns else None
    return logs.read_all(files, format, zone or None, mapped, encoding=encoding or None, anyway=anyway)


def refused(error: LogError) -> output.CommandRefused:
    """Why a log is not read, with the account of its lines and the first of them, in the language in use."""
    told = error.told(tr)
    if error.doubt:
        told += "\n" + tr("--anyway {doubt} goes on all the same.", doubt=error.doubt)
    return output.CommandRefused(told)


def refused_after(reason: str, log: Log) -> output.CommandRefused:
    """Why a log that could be read does not serve, with the account of its lines."""
    return output.CommandRefused(f"{reason}\n{log.losses.report(tr)}")


@contextlib.contextmanager
def refusing(country: str) -> Iterator[None]:
    """What a log, or a country without a holiday calendar, is refused for, in the language in use. Raises CommandRefused."""
    from pbxsim.logs import LogError

    try:
        yield
    except LogError as error:
        raise refused(error) from None
    except NotImplementedError:
        raise output.CommandRefused(tr("There is no holiday calendar of “{country}”.", country=country)) from None


def map_of(path: str) -> ColumnMap:
    """A map of columns from a YAML file. Raises Refused."""
    from pbxsim.logs import ColumnMap, LogError

    try:
        return ColumnMap.load(path)
    except LogError as error:
        raise refused(error) from None


def as_data(found: Calibration) -> dict[str, object]:
    """Losses, what was learned and the errors, for programs."""
    import dataclasses

    from pbxsim.calibrate import judge

    errors = {}
    for given in found.unseen:
        judged = found.errors(given)  # type: ignore[arg-type]  # the keys are the degrees
        if judged is not None:
            errors[given] = {
                "model" if who == "simulated" else who: dataclasses.asdict(error) for who, error in judged.items()
            }
            chance = judge.floor(found.unseen[given], given)  # type: ignore[arg-type]  # the same
            if chance is not None:
                errors[given]["chance_alone"] = dataclasses.asdict(chance)
    return {
        "losses": found.log.losses.as_dict(),
        "calls": len(found.table),
        "unseen_from": found.unseen_from.isoformat() if found.unseen_from else None,
        "errors": errors,
        "patience_s": found.model.patience.mean_s,
        "talk_s": found.model.talk.mean_s,
        "head_start_s": dict(found.model.head_start_s),
        "day_cv": found.model.forecast.day_cv,
        "slack_s": found.model.slack_s,
        "flex_s": found.model.flex_s,
        "erlang_a_slack_s": found.model.baseline_slack_s,
        "known": None if found.known is None else _known(found.known),
    }


def _known(known: Known) -> dict[str, object]:
    """What the record of a bridge tells of its members."""
    pauses = known.pauses.groupby("reason")["minutes"]
    return {
        "members_days": sum(map(len, known.roster.told.values())),
        "pauses": {str(reason): {"count": len(rows), "minutes": float(rows.sum())} for reason, rows in pauses},
        "wrap_up_s": {queue: length.mean for queue, length in known.wrap_up.items()},
        "answer_s": known.phone.delay.mean,
        "no_answer": known.phone.no_answer,
        "staffing": [
            {
                "day": f"{row.day:%Y-%m-%d}",
                "begin_s": int(row.begin_s),
                "queue": row.queue,
                "members": round(row.members, 4),
            }
            for row in known.staffing.itertuples()
        ],
    }
