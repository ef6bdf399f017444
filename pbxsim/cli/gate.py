"""`pbx gate`: a version simulated and held against the live one before it goes live, and the evidence attached to it (R-25.8).

Decides which version, which live one, and how the verdict is told. Leaves the simulation to `pbxsim.runs.gate`, what is
evidence to `engine.records.gate`, signing and keeping to the bridge: it is asked over its API, nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from engine.analysis import reach
from engine.document.faults import errors
from engine.loading import load as loading
from engine.records import gate as form
from engine.state.flow import Flow
from engine.translations import gate_ru
from pbxsim import datasets
from pbxsim.cli import arguments, bridge_requests, destinations, documents, model, output
from pbxsim.cli.bridge_requests import Answer
from pbxsim.cli.language import spoken, tr
from pbxsim.cli.output import CommandRefused

if TYPE_CHECKING:
    from engine.records.gate import FigureBand, GateReport, QueueFigures
    from pbxsim.scenario.scenario import Scenario
    from pbxsim.workbench.live.bridge_client import Bridge

HERE = "http://127.0.0.1:5080"
SHORT = 12
"""Letters of a digest that people see."""

DEFAULT_TARGETS = {"service_level": 0.8}
"""Where no bridge says its own."""

LANDINGS_SHOWN = 10

Version = Annotated[
    str,
    typer.Argument(
        metavar="VERSION", help="A file or a PBX that comes with the project, or a version of the bridge: v7, its name."
    ),
]
Against = Annotated[
    str, typer.Option("--against", metavar="PBX", help="A file as the live version, and no bridge is asked.")
]
BridgeOption = Annotated[str, typer.Option("--bridge", metavar="URL", help="Address of the bridge's API.")]
Target = Annotated[
    list[str] | None,
    typer.Option("--target", help="service_level=0.8, abandonment=0.05 or wait_s=20; the bridge's own when left out."),
]
Reps = Annotated[int, typer.Option("--reps", "-r", min=1, max=100_000, help="Days simulated; evidence has 10 or more.")]
NotAttached = Annotated[bool, typer.Option("--dry-run", help="Attach nothing at the bridge.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("gate")(gate)


def gate(
    version: Version,
    scenario: model.ScenarioOption = None,
    log: documents.CallLog = None,
    against: Against = "",
    bridge: BridgeOption = HERE,
    token_file: bridge_requests.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    target: Target = None,
    reps: Reps = 20,
    seed: model.Seed = None,
    since: arguments.Since = "",
    processes: model.Processes = None,
    dry_run: NotAttached = False,
    report: arguments.ReportFile = None,
    json: arguments.Json = False,
) -> None:
    """Run the gate on a version: check it, simulate it beside the live one on the same callers, tell who would land elsewhere.

    The bridge that has the version gets the report, judges it by its own targets, signs it and keeps it as evidence: with it the
    version may be promoted. Ends with status 1 when a target is missed.

    Example: pbx gate v7 --scenario weekday.yaml
    """
    asked = _targets(target or [])
    asking = None if against else _GateBridge(bridge, token_file, certificate)
    candidate, live, wanted, known = _versions(version, against, asking, asked)
    plan = model.read_scenario(version, scenario) if scenario or _is_ours(version) else _no_scenario()
    if seed is not None:
        plan = plan.replace(seed=seed)
    calls, unread = (None, []) if log is None else documents.logged(log, live)
    year = reach.year(candidate, arguments.first_day(since, candidate.zone))
    found = _examined(candidate, live, plan, reps, wanted, year, calls, processes, json)
    missing = form.reasons(found, wanted, live.digest)
    if report is not None:
        destinations.keep(report, msgspec.json.encode(found))
    attached = None
    if asking is not None and known and not dry_run:
        attached = asking.attach(candidate.digest, found)
        missing = tuple(attached["reasons"])
    if json:
        output.print_json(
            {"passed": not missing, "reasons": missing, "report": found, "attached": attached, "unread_lines": unread}
        )
    else:
        _show(found, candidate, wanted)
        _judge(missing, attached, asking is not None and not known)
    raise typer.Exit(output.FINDINGS if missing else output.GOOD)


# --- the versions ----------------------------------------------------------------------------------------------------


class _GateBridge:
    """The bridge, as far as the gate asks it. Raises CommandRefused with its words."""

    def __init__(self, address: str, token_file: Path, certificate: Path | None) -> None:
        self._address, self._token_file, self._certificate = address, token_file, certificate

    def rules(self) -> dict[str, Any]:
        """Its targets, and which version is live."""
        found: dict[str, Any] = self._ask(lambda running: running.ask("GET", "/api/versions/gate"))
        return found

    def document(self, word: str) -> bytes:
        """The document of a version."""
        return self._ask(lambda running: bridge_requests.document_of(running, word)).encode()

    def knows(self, digest: str) -> bool:
        """Whether it has a version."""
        found = self._ask(lambda running: running.ask("GET", "/api/versions"))
        return any(one["flow"] == digest for one in found["versions"])

    def attach(self, digest: str, report: GateReport) -> dict[str, Any]:
        """Give it a report of a version; what it says of it."""
        body = msgspec.json.encode(report)
        found: dict[str, Any] = self._ask(
            lambda running: running.ask("POST", f"/api/versions/{digest}/evidence", content=body)
        )
        return found

    def _ask(self, question: Callable[[Bridge], Awaitable[Answer]]) -> Answer:
        return bridge_requests.ask(self._address, self._token_file, self._certificate, question, rule="R-25.8")


def _is_ours(word: str) -> bool:
    """Whether a word is a file or a PBX that comes with the project, and not a version of the bridge."""
    try:
        datasets.find(word)
    except FileNotFoundError:
        return False
    return True


def _versions(
    word: str, against: str, asking: _GateBridge | None, asked: Mapping[str, float]
) -> tuple[Flow, Flow, dict[str, float], bool]:
    """The version, the live one, the targets, and whether the bridge has the version."""
    if asking is None:
        return documents.load(word), documents.load(against), {**(asked or DEFAULT_TARGETS)}, False
    rules = asking.rules()
    candidate = documents.load(word) if _is_ours(word) else _flow(asking.document(word), word)
    live = _flow(asking.document(rules["live"]["flow"]), "live")
    return candidate, live, {**rules["targets"], **asked}, asking.knows(candidate.digest)


def _flow(text: bytes, name: str) -> Flow:
    flow, found = loading.examine(text, name)
    if flow is None:
        raise CommandRefused(documents.counted(len(errors(found)), name), errors(found))
    return flow


def _no_scenario() -> Scenario:
    raise CommandRefused(
        tr("A version of a bridge has no scenario beside it; name one with --scenario."), rule="R-25.8"
    )


def _targets(words: list[str]) -> dict[str, float]:
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            if name.strip() not in form.TARGETS:
                raise ValueError
            found[name.strip()] = float(value)
        except ValueError:
            text = tr("“{word}” is no target: write service_level=0.8, abandonment=0.05 or wait_s=20.", word=word)
            raise CommandRefused(text, rule="R-25.8") from None
    return found


def _examined(
    flow: Flow,
    live: Flow,
    plan: Scenario,
    reps: int,
    targets: Mapping[str, float],
    year: tuple[int, int],
    calls: Any,
    processes: int | None,
    quiet: bool,
) -> GateReport:
    from pbxsim.runs import gate as runs
    from pbxsim.scenario.scenario import ScenarioError

    try:
        with output.progress(tr("Simulating both versions"), 2 * reps, quiet) as bar:
            return runs.examine(
                flow, live, plan, reps, targets, year, calls, processes=processes,
                progress=lambda done, _: bar.reached(done),
            )  # fmt: skip
    except ScenarioError as error:
        raise CommandRefused(str(error), rule="R-25.3") from None


# --- what people see -------------------------------------------------------------------------------------------------


def _show(found: GateReport, flow: Flow, wanted: Mapping[str, float]) -> None:
    title = tr(
        "{scenario}, seed {seed}: {count} days of version {version} beside {live}",
        scenario=found.scenario, seed=found.seed, count=found.replications, version=found.flow[:SHORT], live=found.live[:SHORT],
    )  # fmt: skip
    output.out.print(title, style="bold", markup=False)
    rows = [row for queue in found.queues for row in _rows(queue, {**wanted, **_asked(found)})]
    output.out.print(output.table("", ("Queue", "Figure", "Version", "Live", "Difference", "Target", ""), rows))
    _show_elsewhere(found, flow)
    if found.errors or found.warnings:
        words = "The check found errors {errors}, warnings {warnings}; pbx check tells them."
        text = tr(words, errors=found.errors, warnings=found.warnings)
        output.out.print(text, style="yellow", markup=False)


def _asked(found: GateReport) -> dict[str, float]:
    return {one.figure: one.target for one in found.targets}


def _rows(row: QueueFigures, targets: Mapping[str, float]) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []
    for figure, band in row.figures.items():
        target = targets.get(figure) if row.queue else None
        met = None if target is None else form.is_met(figure, target, band)
        sign = "" if target is None else ("≥ " if figure in form.AT_LEAST else "≤ ") + _number(figure, target)
        verdict = "" if met is None else tr("met") if met else tr("missed")
        cells = (
            _band(figure, band),
            _band(figure, row.live.get(figure)),
            _band(figure, row.difference.get(figure), "+"),
        )
        name = f"{row.queue} {row.name}".strip() if row.queue else tr("all")
        made.append((name, tr(TITLES[figure]), *cells, sign, verdict))
    return made


TITLES = {
    "service_level": "service level, %",
    "abandonment": "callers lost, %",
    "wait_s": "wait, s",
}


def _number(figure: str, value: float, sign: str = "") -> str:
    return f"{value * (1.0 if figure == 'wait_s' else 100.0):{sign}.1f}"


def _band(figure: str, band: FigureBand | None, sign: str = "") -> str:
    if band is None or band.mean is None:
        return "–"
    if band.low is None or band.high is None:
        return _number(figure, band.mean, sign)
    ends = f"{_number(figure, band.low, sign)} … {_number(figure, band.high, sign)}"
    return f"{_number(figure, band.mean, sign)} ({ends})"


def _show_elsewhere(found: GateReport, flow: Flow) -> None:
    there = found.elsewhere
    if not there.landings and not there.added and not there.removed:
        output.out.print(tr("Over a year, every call lands as with the live version."), markup=False)
    for number, caller, old, new, minutes in there.landings[:LANDINGS_SHOWN]:
        text = tr(
            "{number}, {callers}: {minutes} minutes of the year land at {new} and not at {old}.",
            number=number, callers=caller, minutes=f"{minutes:,.0f}", new=new, old=old,
        )  # fmt: skip
        output.out.print(text, markup=False)
    if len(there.landings) > LANDINGS_SHOWN:
        output.out.print(
            tr("{count} more are told by --json.", count=len(there.landings) - LANDINGS_SHOWN), style="dim"
        )
    for words, numbers in (
        (tr("Numbers that are new: {numbers}."), there.added),
        (tr("Numbers that are gone: {numbers}."), there.removed),
    ):
        if numbers:
            output.out.print(words.format(numbers=", ".join(numbers)), markup=False)
    if there.changed:
        output.out.print(tr("Changed: {parts}.", parts=", ".join(there.changed)), style="dim", markup=False)
    if there.logged:
        share = f"{there.moved / there.logged:.1%}"
        words = "{moved} of {calls} logged calls ({share}) would land elsewhere."
        text = tr(words, moved=there.moved, calls=there.logged, share=share)
        output.out.print(text, markup=False)


def _judge(missing: tuple[str, ...], attached: dict[str, Any] | None, unknown: bool) -> None:
    for one in missing:
        output.out.print(gate_ru.reason(one, spoken()), style="yellow", markup=False)
    style = "bold red" if missing else "bold green"
    output.out.print(tr("The gate is not passed.") if missing else tr("The gate is passed."), style=style)
    if attached is not None:
        name = " ".join(part for part in (f"v{attached['number']}", attached["name"]) if part)
        output.out.print(tr("The bridge signed it and keeps it as evidence of {version}.", version=name), markup=False)
    elif unknown:
        output.out.print(
            tr("The bridge does not have this version: publish it, then run the gate again."), style="yellow"
        )
