"""`pbx backtest`: callers that really came, through another version of a PBX, beside the present one.

Decides which log, which versions, what is printed and the exit status. Leaves everything else to `pbxsim.backtest`.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.cli import arguments, bridge_requests, calibrate, destinations, documents, model, output
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused
from pbxsim.cli.recorded import bridge_exports

if TYPE_CHECKING:
    from pbxsim.backtest import Backtest
    from pbxsim.results.estimate import Estimate

Version = Annotated[
    str,
    typer.Argument(
        metavar="VERSION",
        help="The version to try: a file, the name of a PBX that comes with the project, or what the bridge calls it.",
    ),
]
Logs = Annotated[
    list[Path] | None,
    typer.Option("--log", metavar="FILE", help="Log of another system, as pbx calibrate reads it. May be repeated."),
]
Present = Annotated[
    str,
    typer.Option(
        "--present",
        metavar="VERSION",
        help="The version the log is of; that of the bridge or of the folder if left out.",
    ),
]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="Last days of the log whose callers are replayed.")]
Reps = Annotated[int, typer.Option("--reps", min=1, max=10_000, help="Replications of all these days.")]
Queue = Annotated[
    list[str] | None,
    typer.Option("--queue", metavar="NAME=NUMBER", help="What a queue of the log is in the present version."),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="NAME=TRUNK", help="By which trunk callers of a queue came, where the log does not tell."
    ),
]
Within = Annotated[float, typer.Option("--within", min=0.0, help="Seconds of the service level.")]
Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FILE", callback=destinations.file, help="Write every caller: where they end in both versions."
    ),
]

SHOWN = 12
"""Changes of place in the table; the rest is told by `--json`."""

NAMES = {
    "offered": "offered",
    "abandoned_of_offered": "abandoned",
    "service_level_of_offered": "answered within {within} s",
    "wait_s": "mean wait, s",
    "answer_speed_s": "speed of answer, s",
}
OUTCOMES = {
    "talked": "reached a person", "abandoned": "gave up waiting", "voicemail": "voice mailbox", "busy": "no line",
    "hung_up": "hung up before", "other": "ended otherwise",
}  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("backtest")(backtest)


def backtest(
    version: Version,
    log: Logs = None,
    history: bridge_exports.History = None,
    present: Present = "",
    days: Days = 28,
    reps: Reps = 10,
    within: Within = 20.0,
    queue: Queue = None,
    by: By = None,
    zone: calibrate.Zone = "",
    format: calibrate.Format = "auto",
    columns: calibrate.Columns = "",
    encoding: calibrate.Encoding = "",
    anyway: calibrate.Anyway = None,
    token_file: bridge_exports.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    seed: model.Seed = None,
    processes: calibrate.Processes = 1,
    csv: Csv = None,
    json: arguments.Json = False,
) -> None:
    """Send last month's callers through another version, beside the present one: where each goes, how long, who gives up.

    Callers come at their instants; members are there as they were; patience, talk and work after calls are learned from the log.
    Both versions have the same draws, so a difference is the version's. Ends with status 1 if callers end elsewhere.

    Example: pbx backtest new.yaml --history https://pbx.example:5080 --token-file learn.token --days 28
    """
    from pbxsim import logs
    from pbxsim.backtest import BacktestError
    from pbxsim.backtest import backtest as replay
    from pbxsim.calibrate import CalibrationError
    from pbxsim.scenario.scenario import ScenarioError

    try:
        if bool(log) == bool(history):
            raise CommandRefused(
                tr("Give either --log with the files of a log, or --history with the export of a bridge.")
            )
        document = ""
        if history:
            read, document = bridge_exports.read(history, zone, token_file, certificate)
        else:
            read = calibrate.read(log or [], [], format, zone, columns, encoding=encoding, anyway=anyway or ())
        addresses = [word for word in history or [] if bridge_exports.is_address(word)]
        flows = [_flow(word, document, addresses, token_file, certificate) for word in (present, version)]
        try:
            with output.progress(tr("Replaying callers"), 1.0, json) as bar:
                found = replay(
                    read, flows[0], flows[1], days=days, reps=reps, queues=pairs(queue or [], "--queue"),
                    origins=pairs(by or [], "--by"), within_s=within, seed=1 if seed is None else seed, processes=processes,
                    progress=bar.reached,
                )  # fmt: skip
        except (BacktestError, CalibrationError) as error:
            raise calibrate.refused_after(error.told(tr), read) from None
    except logs.LogError as error:
        raise calibrate.refused(error) from None
    except ScenarioError as error:
        raise CommandRefused(str(error)) from None
    written = _write(found, flows, csv) if csv is not None else []
    if json:
        output.print_json(as_data(found, flows, written))
    else:
        print_backtest(found, flows)
        for path in written:
            output.err.print(tr("Written: {name}.", name=path), markup=False)
    raise typer.Exit(output.FINDINGS if found.moved.mean > 0 else output.GOOD)


def _flow(word: str, document: str, addresses: list[str], token_file: Path, certificate: Path | None) -> Flow:
    """A version: the document beside the log, a file or name, or one that the bridge knows. Raises CommandRefused."""
    if not word:
        if not document:
            raise CommandRefused(tr("Say with --present which version the log is of."))
        return documents.compiled(document, bridge_exports.DOCUMENT)
    is_here = os.path.exists(word) or word in datasets.known()
    if addresses and not is_here:
        return documents.compiled(
            bridge_exports.version(word, addresses[0], token_file, certificate).decode("utf-8-sig"), word
        )
    return documents.load(word)


def pairs(words: list[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` as typed. Raises CommandRefused."""
    found = {}
    for word in words:
        name, sign, value = word.rpartition("=")
        if not (name and sign and value):
            raise CommandRefused(tr("{option} {word}: write it as NAME=VALUE.", option=option, word=word))
        found[name] = value
    return found


def _write(found: Backtest, flows: list[Flow], file: Path) -> list[str]:
    with destinations.writing(file):
        found.callers.assign(
            present_place=[place(flows[0], one) for one in found.callers["present_place"]],
            place=[place(flows[1], one) for one in found.callers["place"]],
        ).to_csv(file, index=False, float_format="%.2f")
    return [str(file)]


def place(flow: Flow, number: int) -> str:
    """Where a call ended: the number and name of the element."""
    element = flow.elements.get(number)
    return f"{number} {element.name}".strip() if element is not None else tr("nowhere")


# --- what is told ------------------------------------------------------------------------------------------------------


def as_data(found: Backtest, flows: list[Flow], written: list[str]) -> dict[str, Any]:
    """Everything for programs."""
    figures = [
        {key: model.finite(value) for key, value in row.items()}
        for row in found.figures().to_dict("records")  # fmt: skip
    ]
    return {
        "present": flows[0].digest,
        "version": flows[1].digest,
        "from": f"{found.days[0]:%Y-%m-%d}",
        "to": f"{found.days[-1]:%Y-%m-%d}",
        "callers": len(found.callers),
        "left_out": found.left_out,
        "replications": found.present.replications,
        "moved": _estimate(found.moved),
        "moves": [
            {
                "from": place(flows[0], a),
                "to": place(flows[1], b),
                "from_element": a,
                "to_element": b,
                "callers": _estimate(n),
            }
            for a, b, n in found.by_change
        ],
        "outcomes": {
            name: {"present": _estimate(one), "version": _estimate(two), "change": _estimate(change)}
            for name, (one, two, change) in found.outcomes.items()
        },
        "figures": figures,
        "notes": [str(note) for note in found.notes],
        "written": written,
    }


def _estimate(one: Estimate) -> dict[str, object]:
    return {name: model.finite(getattr(one, name)) for name in ("mean", "low", "high")}


def print_backtest(found: Backtest, flows: list[Flow]) -> None:
    """Figures of each queue, where callers moved, what became of calls."""
    callers = len(found.callers)
    output.out.print(
        tr("{callers} callers, {first} to {last}, {reps} replications; present {present}, version {version}.",
           callers=f"{callers:,}", first=f"{found.days[0]:%Y-%m-%d}", last=f"{found.days[-1]:%Y-%m-%d}",
           reps=found.present.replications, present=flows[0].digest[:12], version=flows[1].digest[:12]),
        style="bold", markup=False,
    )  # fmt: skip
    if found.left_out:
        text = tr("{count} more have no way into one of the versions.", count=found.left_out)
        output.err.print(text, style="yellow", markup=False)
    table = found.figures()
    within = f"{found.present.scenario.measure.within_s:g}"
    for queue, rows in table.groupby("queue"):
        if len(table["queue"].unique()) == 2 and queue == 0:
            continue  # one queue: all of them are it
        number = int(str(queue))
        name = tr("all queues") if number == 0 else place(flows[1] if number in flows[1].elements else flows[0], number)
        lines = [_line(row, within) for row in rows.to_dict("records")]
        heads = ("", "log", "present", "version", "change")
        output.out.print(output.table(name, heads, lines, right=(1, 2, 3, 4)))
    moved = tr("{count} of {callers} callers end elsewhere ({share})", count=_count(found.moved), callers=f"{callers:,}",
               share=f"{found.moved.mean / callers:.1%}")  # fmt: skip
    lines = [(place(flows[0], a), place(flows[1], b), _count(n)) for a, b, n in found.by_change[:SHOWN]]
    if lines:
        output.out.print(output.table(moved, ("from", "to", "callers"), lines, right=(2,)))
        rest = len(found.by_change) - len(lines)
        if rest:
            output.out.print(tr("… and {count} more changes", count=rest), style="dim")
    else:
        output.out.print(moved, markup=False)
    became = [
        (tr(OUTCOMES[name]), _count(one), _count(two), _count(change, signed=True))
        for name, (one, two, change) in found.outcomes.items()
    ]
    output.out.print(
        output.table(tr("What becomes of calls"), ("", "present", "version", "change"), became, right=(1, 2, 3))
    )
    for note in found.notes:
        output.err.print(note.translated(tr), style="yellow", markup=False)


def _line(row: dict[Any, Any], within: str) -> tuple[str, ...]:
    name = str(row["figure"])
    is_share = name.endswith("_of_offered")

    def told(value: float, signed: bool = False) -> str:
        sign = "+" if signed else ""
        if math.isnan(value):
            return "–"
        return f"{100 * value:{sign}.1f} %" if is_share else f"{value:{sign},.1f}"

    def side(key: str, signed: bool = False) -> str:
        mean, low, high = (float(row[f"{key}{part}"]) for part in ("", "_low", "_high"))
        if math.isnan(low):
            return told(mean, signed)
        return f"{told(mean, signed)} [{told(low, signed)} … {told(high, signed)}]"

    words = tr(NAMES[name], within=within) if "{" in NAMES[name] else tr(NAMES[name])
    return words, told(float(row["log"])), side("present"), side("other"), side("change", signed=True)


def _count(one: Estimate, signed: bool = False) -> str:
    sign = "+" if signed else ""
    if math.isnan(one.low):
        return f"{one.mean:{sign},.0f}"
    return f"{one.mean:{sign},.0f} [{one.low:{sign},.0f} … {one.high:{sign},.0f}]"
