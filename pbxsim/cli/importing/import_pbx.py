"""`pbx import`: the configuration of another PBX as a document, with what became of every setting.

Leaves reading to `pbxsim.importers`; decides where the document goes and how the account is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pbxsim.cli import arguments, destinations, output
from pbxsim.cli.language import tr

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="queues.conf and extensions.conf of Asterisk, callcenter.conf.xml of FreeSWITCH, Kazoo's callflows as JSON, or "
        "FusionPBX's tables: a dump of its database (.sql) or CSV files.",
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        callback=destinations.file,
        help="Write the document there; to the terminal if left out.",
    ),
]
Name = Annotated[str, typer.Option("--name", help="Name of the PBX.")]
Domain = Annotated[
    str, typer.Option("--domain", metavar="NAME", help="Which PBX, where FusionPBX's database holds several.")
]
All = Annotated[bool, typer.Option("--all", help="Show also the settings that mean the same.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("import")(import_pbx)


def import_pbx(
    files: Files,
    to: To = None,
    name: Name = "imported",
    domain: Domain = "",
    show_all: All = False,
    json: arguments.Json = False,
) -> None:
    """Read the configuration of another PBX: queues, members, and the recognised part of a dialplan.

    Every setting is accounted for with its line: mapped, approximated with the difference, or left out. Status 1 tells that
    something was left out or approximated.

    Example: pbx import queues.conf extensions.conf --to pbx.yaml
    """
    from pbxsim.importers import reading
    from pbxsim.importers.draft import ImportRefused

    try:
        text, losses = reading.read(files, name, domain)
    except ImportRefused as error:
        raise output.CommandRefused(str(error)) from None
    if to is not None:
        to.write_text(text, encoding="utf-8")
    if json:
        output.print_json({"document": text, "settings": losses.as_data(), "written": str(to) if to else None})
    else:
        if to is None:
            typer.echo(text)
        output.err.print(losses.report(show_all, tr), markup=False)
        if to is not None:
            output.err.print(tr("Written: {name}.", name=str(to)), markup=False)
    exact = losses.count("mapped") == len(losses.findings)
    raise typer.Exit(output.GOOD if exact else output.FINDINGS)
