"""`pbx simulate`: a PBX under load, day after day, with intervals of confidence.

Decides which scenario a PBX gets when none is named, and how figures are told. Leaves running to `pbxsim.runs.run`, the
definition of every figure to `pbxsim.results.metrics`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.cli import arguments, destinations, documents, output
from pbxsim.cli.language import system_said, tr
from pbxsim.cli.output import CommandRefused

if TYPE_CHECKING:
    from pbxsim.results.results import Results
    from pbxsim.scenario.scenario import Scenario

ScenarioOption = Annotated[
    Path | None, typer.Option("--scenario", "-s", help="Who calls and who answers: a YAML file.")
]
Reps = Annotated[int, typer.Option("--reps", "-r", min=1, max=1_000_000, help="Days simulated.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of all chance; the scenario's if left out.")]
Processes = Annotated[
    int | None, typer.Option("--processes", "-p", min=1, help="Processes; as many as pay if left out.")
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="Run on a Dask cluster, by the address of its scheduler."),
]
Parquet = Annotated[
    Path | None,
    typer.Option("--parquet", metavar="FOLDER", callback=destinations.folder, help="Write every table as Parquet."),
]
Events = Annotated[
    Path | None,
    typer.Option(
        "--events", metavar="FILE", callback=destinations.file, help="Write the first day's events as JSON lines."
    ),
]
Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="FOLDER", callback=destinations.folder, help="Write every table as CSV.")
]

SHOWN = (
    "offered",
    "answered",
    "abandoned",
    "service_level",
    "answer_speed_s",
    "abandoned_share",
    "timed_out",
    "refused",
)
SHOWN_OF_ALL = (*SHOWN, "occupancy", "calls", "calls_voicemail", "calls_busy", "calls_barred")
SELDOM = ("calls_barred",)
"""Shown only where there are any."""
WHOLE = 0
"""Stands for all queues together, as in `pbxsim.results.results.ALL_QUEUES`."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("simulate")(simulate)


def simulate(
    pbx: arguments.Pbx,
    scenario: ScenarioOption = None,
    reps: Reps = 20,
    seed: Seed = None,
    processes: Processes = None,
    dask: Dask = None,
    parquet: Parquet = None,
    csv: Csv = None,
    events: Events = None,
    json: arguments.Json = False,
) -> None:
    """Load-test a PBX: simulated callers, members and lines around the engine that decides live calls.

    Prints calls offered, answered and abandoned, service level, speed of answer and occupancy, each with its 95 % interval.

    Example: pbx simulate example --reps 20 --parquet results
    """
    flow = documents.load(pbx)
    plan = read_scenario(pbx, scenario)
    if seed is not None:
        plan = plan.replace(seed=seed)
    keep = parquet is not None or csv is not None
    results = run(flow, plan, reps, processes, keep_records=keep, quiet=json, dask=dask)
    written = []
    if parquet is not None:
        written += results.to_parquet(parquet)
    if csv is not None:
        written += results.to_csv(csv)
    if events is not None:
        written.append(_write_events(flow, plan, events))
    if json:
        output.print_json(as_data(results, written))
        return
    print_results(flow, results)
    for path in written:
        output.out.print(str(path), style="dim", markup=False)


def _write_events(flow: Flow, plan: Scenario, path: Path) -> Path:
    from pbxsim.runs.events import write_events

    with destinations.writing(path):
        write_events(flow, plan, path)
    return path


NO_SCENARIO = "There is no scenario for {word}: put scenario.yaml beside the document, or name one with --scenario."
NO_DAY = "There is no scenario for {word}: put scenario.yaml beside the document, or simulate no day with --reps 0."


def read_scenario(word: str, named: Path | None, without: str = NO_SCENARIO) -> Scenario:
    """The scenario named, or the one that lies beside the PBX. Raises CommandRefused, in the words of `without`."""
    from pbxsim.scenario.scenario import Scenario, ScenarioError

    path = named if named is not None else scenario_of(word, without)
    try:
        return Scenario.load(path)
    except ScenarioError as error:
        raise CommandRefused(str(error), rule="R-25.3") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = system_said(error) if isinstance(error, OSError) else str(error)
        raise CommandRefused(
            tr("{name} cannot be read: {reason}.", name=documents.name_of(path), reason=reason)
        ) from None


def scenario_of(word: str, without: str = NO_SCENARIO) -> Path:
    """Where the scenario of a PBX lies when none is named: `scenario.yaml` beside the document, or among those that come
    with the project. Raises CommandRefused when there is none.
    """
    document = documents.find(word)
    beside = document.with_name("scenario.yaml")
    if beside.is_file():
        return beside
    if word in datasets.known():
        for path in sorted((datasets.folder() / "scenarios").glob(f"{word}*.yaml")):
            return path
    text = tr(
        without,
        word=word,
    )
    raise CommandRefused(text, rule="R-25.3")


def run(
    flow: Flow,
    scenario: Scenario,
    reps: int,
    processes: int | None = None,
    keep_records: bool = False,
    quiet: bool = False,
    dask: str | None = None,
) -> Results:
    """Simulate with a progress bar. Raises CommandRefused when flow and scenario do not fit, or no cluster answers."""
    import pbxsim
    from pbxsim.runs.cluster import NoCluster

    try:
        with output.progress(tr("Simulating days"), reps, quiet) as bar:
            return pbxsim.simulate(
                flow,
                scenario,
                reps,
                processes=processes,
                keep_records=keep_records,
                progress=lambda done, _: bar.reached(done),
                dask=dask,
            )
    except (pbxsim.ScenarioError, NoCluster) as error:
        raise CommandRefused(str(error), rule="R-25.3") from None


def show_day(word: str, flow: Flow, reps: int) -> None:
    """Simulate some days of a PBX and tell the figures: what `pbx run` begins with."""
    print_results(flow, run(flow, read_scenario(word, None, NO_DAY), reps))


def as_data(results: Results, written: list[Path]) -> dict[str, object]:
    """Results for programs."""
    summary = results.summary.drop(columns=["meaning"])
    rows = [{str(key): finite(value) for key, value in row.items()} for row in summary.to_dict("records")]
    return {
        "scenario": results.scenario.scenario,
        "version": results.flow_digest,
        "seed": results.scenario.seed,
        "replications": results.replications,
        "calls": results.simulated_calls,
        "elapsed_s": round(results.elapsed_s, 3),
        "warnings": results.warnings,
        "summary": rows,
        "written": [str(path) for path in written],
    }


def finite(value: object) -> object:
    """JSON knows no NaN: a figure nobody could count is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_results(flow: Flow, results: Results) -> None:
    """The figures for people: all queues first, then each."""
    scenario = results.scenario
    count = results.replications
    title = tr("{scenario}: {count} days, {calls} calls in {seconds} s", scenario=scenario.scenario, count=count,
               calls=f"{results.simulated_calls:,}", seconds=f"{results.elapsed_s:.1f}")  # fmt: skip
    output.out.print(title, style="bold", markup=False)
    summary = results.summary.set_index(["queue", "figure"])
    several = len(results.queues) > 1
    for queue in (WHOLE, *results.queues) if several else (WHOLE,):
        names = SHOWN_OF_ALL if queue == WHOLE else SHOWN
        rows = [
            line(name, summary.loc[(queue, name)], scenario.measure.within_s)
            for name in names
            if (queue, name) in summary.index and (name not in SELDOM or summary.loc[(queue, name)]["mean"] > 0)
        ]
        head = "" if queue == WHOLE else f"{queue} {flow.elements[queue].name}"
        output.out.print(output.table(head, ("", "mean", "95 %", ""), rows, right=(1,)))
    for warning in results.warnings:
        output.err.print(warning, style="yellow", markup=False)


def line(name: str, row: Mapping[str, Any], within_s: float) -> tuple[str, str, str, str]:
    """One figure: its name, mean, interval and unit."""
    mean, low, high, unit = (row[key] for key in ("mean", "low", "high", "unit"))
    words = tr(name.removesuffix("_s").replace("_", " "))
    if name == "service_level":
        words += f" ({within_s:g} s)"
    if unit == "share":
        return words, f"{mean:.1%}", f"{low:.1%} … {high:.1%}", ""
    digits = 1 if abs(mean) < 1000 else 0
    return words, f"{mean:,.{digits}f}", f"{low:,.{digits}f} … {high:,.{digits}f}", unit or tr("a day")
