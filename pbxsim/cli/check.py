"""`pbx check`: everything wrong with a PBX, each finding with its place, rule, remedy and a call that shows it.

Leaves finding to `engine.document.yaml_text` (what cannot be a flow) and `engine.analysis.check` (what is unwise).
"""

from __future__ import annotations

import shlex

import typer

from engine.analysis import check as engine_check
from engine.analysis import scripted_world
from engine.document.faults import Fault, TrialCall, errors
from engine.state.flow import Flow
from pbxsim.cli import arguments, documents, output
from pbxsim.cli.language import tr


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check")(check)


def check(
    pbx: arguments.Pbx, since: arguments.Since = "", log: documents.CallLog = None, json: arguments.Json = False
) -> None:
    """Find what is wrong with a PBX: dangling outputs, dead keys, loops, uncovered minutes, bars that can be walked
    around.

    Each finding names its line, its rule and what to do, and shows a call that makes it happen.

    A log of calls shows number rules that miss callers, as carriers present their numbers in another form (R-12.4).

    Example: pbx check example
    """
    flow, found, name = documents.examine(pbx)
    if flow is None:
        raise output.CommandRefused(documents.counted(len(errors(found)), name), errors(found))
    callers = [] if log is None else [call.caller for call in documents.logged(log, flow)[0]]
    findings = engine_check.check(flow, arguments.first_day(since, flow.zone), callers)
    if json:
        output.print_json({"name": name, "version": flow.digest, "findings": findings})
    else:
        print_findings(flow, findings, pbx, name)
    raise typer.Exit(output.FINDINGS if findings else output.GOOD)


def print_findings(flow: Flow, findings: tuple[Fault, ...], word: str, name: str) -> None:
    """The findings for people, then how many there are."""
    for fault in findings:
        output.print_fault(fault, output.out)
        if fault.example is not None:
            output.out.print(f"    {command_of(fault.example, word, flow)}", style="dim", markup=False)
    serious = len(errors(findings))
    if findings:
        text = tr(
            "{name}: errors {errors}, warnings {warnings}.", name=name, errors=serious, warnings=len(findings) - serious
        )
    else:
        text = tr("{name}: nothing found.", name=name)
    output.out.print(text, style="bold", markup=False)


def command_of(call: TrialCall, word: str, flow: Flow) -> str:
    """The command line that makes a finding happen, as a person may paste it."""
    words = ["pbx", "trace", word, "--number", call.number]
    if call.trunk is not None:
        words += ["--via", call.trunk]
    if call.at is not None:
        here = arguments.local(call.at, flow.zone)
        plain = f"{here:%Y-%m-%d %H:%M:%S}"
        # An hour that clocks show twice needs its offset, and a part of a second its digits.
        words += ["--at", plain if arguments.instant(plain, flow.zone) == call.at else here.isoformat(sep=" ")]
    if call.caller:
        words += ["--caller", call.caller]
    if call.user is not None:
        words += ["--user", str(call.user)]
    if call.keys:
        words += ["--keys", call.keys]
    if call.origin == "direct":
        words += ["--direct"]
    for user, state in sorted(call.users.items()):
        words += ["--state", f"{user}={state}"]
    if call.outside != scripted_world.ANSWERS:
        words += ["--outside", call.outside]
    if call.draw_seed:
        words += ["--draw", str(call.draw_seed)]
    return shlex.join(words)
