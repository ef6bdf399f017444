"""`pbx check`: everything wrong with a PBX, each finding with its place, rule, remedy and a call that shows it.

Leaves finding to `engine.source` (what cannot be a flow) and `engine.check` (what is unwise).
"""

from __future__ import annotations

import typer

from engine.faults import Fault, errors
from pbxsim.cli import arguments, documents, output
from pbxsim.cli.language import tr


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check")(check)


def check(pbx: arguments.Pbx, json: arguments.Json = False) -> None:
    """Find what is wrong with a PBX: dangling outputs, dead keys, loops, uncovered minutes, bars that can be walked
    around.

    Each finding names its line, its rule and what to do, and shows a call that makes it happen.

    Example: pbx check example
    """
    flow, found, name = documents.examine(pbx)
    if flow is None:
        raise output.Refused(documents.counted(len(errors(found)), name), errors(found))
    findings = found
    if json:
        output.print_json({"name": name, "version": flow.digest, "findings": findings})
    else:
        told(findings, pbx, name)
    raise typer.Exit(output.FINDINGS if findings else output.GOOD)


def told(findings: tuple[Fault, ...], word: str, name: str) -> None:
    """The findings for people, then how many there are."""
    for fault in findings:
        output.print_fault(fault, output.out)
        if fault.example is not None:
            output.out.print("    " + output.trace_command(word, fault.example), style="dim", markup=False)
    serious = len(errors(findings))
    if findings:
        text = tr(
            "{name}: {errors} errors, {warnings} warnings.", name=name, errors=serious, warnings=len(findings) - serious
        )
    else:
        text = tr("{name}: nothing found.", name=name)
    output.out.print(text, style="bold", markup=False)
