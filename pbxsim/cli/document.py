"""`pbx fmt`, `pbx schema`, `pbx export`: the document as text, as a schema for editors, as a picture for reviews."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from engine.analysis import diagrams
from engine.loading import json_schema
from pbxsim.cli import arguments, documents, formatting, output
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused

Form = Annotated[Literal["mermaid", "dot"], typer.Option("--format", "-f", help="The language of the drawing.")]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; status 1 if the file would change.")]
ToStdout = Annotated[bool, typer.Option("--stdout", help="Print the text instead of writing the file.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("fmt")(fmt)
    app.command("schema")(print_schema)
    app.command("export")(draw)


def fmt(pbx: arguments.Pbx, check: Check = False, to_stdout: ToStdout = False, json: arguments.Json = False) -> None:
    """Bring a PBX document into its one form: indentation and spacing. Comments, order and every value stay.

    Example: pbx fmt my-pbx.yaml --check
    """
    text, name = documents.read(pbx)
    try:
        before = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandRefused(tr("{name} is not UTF-8 text; save it as UTF-8.", name=name)) from None
    try:
        after = formatting.formatted(before, name)
    except formatting.Changed:
        raise CommandRefused(
            tr("{name} is written in a way that formatting would change; nothing was written.", name=name)
        ) from None
    changes = after != text.decode("utf-8")
    if to_stdout:
        typer.echo(after, nl=False)
        return
    if changes and not check:
        documents.find(pbx).write_text(after, encoding="utf-8")
    if json:
        output.print_json({"name": name, "changed": changes, "written": changes and not check})
    elif changes:
        told = tr("{name} would change.", name=name) if check else tr("{name} was formatted.", name=name)
        output.out.print(told, markup=False)
    raise typer.Exit(output.FINDINGS if changes and check else output.GOOD)


def print_schema() -> None:
    """Print the JSON Schema of a PBX document: editors complete and check by it while one types.

    Example: pbx schema > pbx.schema.json
    """
    typer.echo(json_schema.json_schema_text(), nl=False)


def draw(pbx: arguments.Pbx, form: Form = "mermaid") -> None:
    """Draw a PBX as text for reviews and tickets: Mermaid, or DOT for Graphviz. The same flow gives the same text.

    Example: pbx export example --format dot
    """
    flow = documents.load(pbx)
    typer.echo(diagrams.mermaid(flow) if form == "mermaid" else diagrams.dot(flow), nl=False)
