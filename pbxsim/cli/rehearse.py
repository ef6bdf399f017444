"""`pbx rehearse`: sampled callers of a scenario as real SIP calls on a bridge on loopback, each held against its simulation.

Decides which version and which callers, and how the report is told. Leaves the plan to `pbxsim.runs.rehearsal_plan`, the play to
the bridge's own command, which runs as a process of its own: nothing of the bridge is imported.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from engine.contract.ids import SECOND_US, Instant
from engine.document.faults import errors
from engine.loading import load as loading
from engine.records import traces
from engine.records.rehearsal import Difference, Plan, PlanError, Report, decode_report, encode_plan
from engine.state.flow import Flow
from pbxsim.cli import arguments, bridge_requests, destinations, documents, model, output, run
from pbxsim.cli.children import Child, Family
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused
from pbxsim.cli.recorded import bridge_exports

if TYPE_CHECKING:
    from pbxsim.scenario.scenario import Scenario

SHOWN = 20
"""Differences in the table; the rest is told by `--json`."""

SHORT = 12
"""Letters of a digest that people see."""

LOOK_S = 0.1

Version = Annotated[
    str,
    typer.Argument(
        metavar="VERSION",
        help="A file or the name of a PBX that comes with the project; with --bridge v7, a name, live or the start of a digest.",
    ),
]
Calls = Annotated[int, typer.Option("--calls", "-n", min=1, max=5000, help="Callers that are sampled.")]
At = Annotated[
    str,
    typer.Option("--at", metavar="TIME", help="Take callers from this time on; where the seed says if left out."),
]
BridgeOption = Annotated[
    str, typer.Option("--bridge", metavar="URL", help="Fetch the version from this running bridge.")
]
Prompts = Annotated[
    Path | None,
    typer.Option("--prompts", help="Folder of the document's sounds; what is not there is silence of its length."),
]
Pace = Annotated[
    float,
    typer.Option(
        "--pace", min=0.0, help="Seconds of the calls in one real second at most, 1 to listen in; 0 waits for nothing."
    ),
]
KeepFolder = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="FOLDER",
        callback=destinations.folder,
        help="Keep what the bridge recorded of each day, as pbx history reads it.",
    ),
]
PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", callback=destinations.file, help="Keep the plan, JSON.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("rehearse")(rehearse)


def rehearse(
    version: Version,
    scenario: model.ScenarioOption = None,
    calls: Calls = 200,
    seed: model.Seed = None,
    at: At = "",
    bridge: BridgeOption = "",
    token_file: bridge_requests.TokenFile = Path("pbx.token"),
    prompts: Prompts = None,
    pace: Pace = 0.0,
    plan: PlanFile = None,
    keep: KeepFolder = None,
    report: arguments.ReportFile = None,
    json: arguments.Json = False,
) -> None:
    """Rehearse a version: simulated callers become real SIP calls on a bridge on this machine, and nothing leaves it.

    Callers, members' phones and carriers are played by telephones of ours. Every note of every call is compared with the
    simulation, its instant too; each difference is listed with its cause. Ends with status 1 when one has none.

    Example: pbx rehearse example --calls 200
    """
    flow, text = _version(version, bridge, token_file)
    made = _plan(flow, text, _scenario(version, scenario, seed, bool(bridge)), calls, at)
    if plan is not None:
        destinations.keep(plan, encode_plan(made))
    if keep is not None and os.path.lexists(keep):
        raise CommandRefused(tr("{name} is there already; name a new folder.", name=str(keep)))
    found = play(made, prompts, pace, quiet=json, keep=keep)
    if report is not None:
        destinations.keep(report, msgspec.json.encode(found))
    if json:
        output.print_json({**msgspec.structs.asdict(found), "unexplained": found.unexplained})
    else:
        print_report(found)
    raise typer.Exit(output.FINDINGS if found.unexplained else output.GOOD)


# --- the version and its callers -------------------------------------------------------------------------------------


def _version(word: str, bridge: str, token_file: Path) -> tuple[Flow, str]:
    """The flow and its text. Raises CommandRefused."""
    if not bridge:
        data, name = documents.read(word)
    else:
        data, name = bridge_exports.version(word, bridge, token_file), word
    flow, faults = loading.examine(data, name)
    if flow is None:
        found = errors(faults)
        raise CommandRefused(documents.counted(len(found), name), found)
    return flow, data.decode("utf-8-sig")


def _scenario(word: str, named: Path | None, seed: int | None, fetched: bool) -> Scenario:
    if named is None and fetched:
        raise CommandRefused(
            tr("A version of a bridge has no scenario beside it; name one with --scenario."), rule="R-25.3"
        )
    found = model.read_scenario(word, named)
    return found if seed is None else found.replace(seed=seed)


def _plan(flow: Flow, text: str, scenario: Scenario, calls: int, at: str) -> Plan:
    from pbxsim.runs import rehearsal_plan
    from pbxsim.scenario.scenario import ScenarioError

    try:
        return rehearsal_plan.make(flow, text, scenario, calls, _instant(at, flow, scenario))
    except ScenarioError as error:
        raise CommandRefused(str(error), rule="R-25.3") from None


def _instant(at: str, flow: Flow, scenario: Scenario) -> Instant | None:
    """What `--at` means: a time of the scenario's day, or a date and time. CommandRefused."""
    if not at:
        return None
    day = f"{scenario.date} " if ":" in at and "-" not in at else ""
    return arguments.instant(day + at, scenario.zone_of(flow))


# --- the play --------------------------------------------------------------------------------------------------------


def play(
    plan: Plan, prompts: Path | None = None, pace: float = 0.0, quiet: bool = False, keep: Path | None = None
) -> Report:
    """Have the bridge's process play a plan; its report. Raises CommandRefused with its last words when it cannot."""
    with tempfile.TemporaryDirectory(prefix="pbx-rehearse-") as name:
        folder = Path(name)
        files = {what: folder / f"{what}.json" for what in ("plan", "report", "progress")}
        files["plan"].write_bytes(encode_plan(plan))
        words = [*run.PBX, "rehearse-plan", str(files["plan"]), str(files["report"])]
        words += ["--progress", str(files["progress"]), "--pace", str(pace)]
        words += [] if prompts is None else ["--prompts", str(prompts.resolve())]
        words += [] if keep is None else ["--keep", str(keep.resolve())]
        of = sum(len(day.calls) for day in plan.days)
        with Family(folder / "log", run.environment()) as family, output.progress(tr("Rehearsing"), of, quiet) as bar:
            child = family.start("rehearsal", words)
            while child.status() is None:
                time.sleep(LOOK_S)
                bar.reached(_reached(files["progress"]))
            if child.status():
                raise CommandRefused(tr("The rehearsal broke off; its last words: {words}", words=_words(child)))
        try:
            return decode_report(files["report"].read_bytes())
        except (OSError, PlanError) as error:
            raise CommandRefused(tr("The rehearsal left no report: {reason}.", reason=error)) from None


def _words(child: Child) -> str:
    return child.last_words(6).strip() or str(child.status())


def _reached(file: Path) -> float:
    try:
        return float(file.read_text(encoding="ascii").partition(" ")[0])
    except (OSError, ValueError):
        return 0.0


# --- the report ------------------------------------------------------------------------------------------------------


def print_report(found: Report) -> None:
    """The report for people: figures, what was compressed and left out, and every difference with its cause."""
    rows: list[tuple[str, Any]] = [
        (tr("Version"), found.flow[:SHORT]),
        (tr("Scenario"), tr("{name}, seed {seed}", name=found.scenario, seed=found.seed)),
        (tr("Callers"), tr("{callers}, {calls} calls with those who dialled again", callers=found.callers, calls=found.calls)),
        (tr("Calls as simulated"), tr("{equal} of {of}", equal=found.equal, of=found.calls)),
        (tr("Members as simulated"), tr("{equal} of {of}", equal=found.members_equal, of=found.members)),
        (tr("Compared"), tr("{notes} notes, their instants to {ms:g} ms", notes=found.notes, ms=found.resolution_us / 1000)),
        (
            tr("Time"),
            tr(
                "{hours:.1f} h of calls in {seconds:.1f} s, {messages} SIP messages",
                hours=found.simulated_us / SECOND_US / 3600, seconds=found.real_s, messages=found.requests,
            ),
        ),
    ]  # fmt: skip
    output.out.print(output.table(tr("Rehearsal"), ("", ""), rows))
    output.out.print(
        tr(
            "The clock of the calls stood still while SIP and media did something, and skipped the time between. "
            "So nothing is said of how the machine bears many calls at once; lengths of recordings are compared to {ms:g} ms.",
            ms=found.media_us / 1000,
        ),
        style="dim",
    )
    for part in found.left_out:
        output.out.print(tr("Left out: {part}", part=part), style="yellow", markup=False)
    if found.differences:
        print_differences(found.differences)


def print_differences(differences: tuple[Difference, ...]) -> None:
    """A row for each of the first differences, and what the causes mean."""
    rows = [
        (one.call, one.step, one.expected or "–", one.seen or "–", " ".join(one.rules), tr(one.cause), one.detail)
        for one in differences[:SHOWN]
    ]
    columns = ("Call", "Step", "Simulated", "On the bridge", "Rules", "Cause", "Because")
    output.out.print(output.table(tr("Differences"), columns, rows, right=(1,)))
    if len(differences) > SHOWN:
        output.out.print(tr("{count} more are told by --json.", count=len(differences) - SHOWN), style="dim")
    for cause in dict.fromkeys(one.cause for one in differences):
        style = "bold red" if cause == "unexplained" else ""
        output.out.print(f"{tr(cause)}: {tr(traces.CAUSES[cause])}", style=style, markup=False)
