"""`pbx workbench`: the web application for one PBX. Leaves serving to `pbxsim.workbench.serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.contract.errors import FlowError
from engine.document import yaml_text
from engine.document.faults import errors
from pbxsim.cli import arguments, documents
from pbxsim.cli.language import tr
from pbxsim.cli.output import err

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port, on 127.0.0.1.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("workbench")(workbench)


def workbench(pbx: arguments.Pbx = "example", port: Port = 5006) -> None:
    """Open a PBX in the browser: draw it, preview a call, load-test its day. Saves to the file it was given.

    A document with errors is opened too, to be corrected there; one that is no YAML is refused.

    Example: pbx workbench my-pbx.yaml --port 5006
    """
    flow, found, name = documents.examine(pbx)
    path = documents.find(pbx)
    if flow is None:
        text, _ = documents.read(pbx)
        if not is_editable(text, name):
            documents.load(pbx)
        err.print(tr("{name} has errors; the workbench shows them: {count}.", name=name, count=len(errors(found))))
    from pbxsim.workbench import serve

    err.print(tr("The workbench is on http://localhost:{port}; Ctrl-C stops it.", port=port), markup=False)
    serve.serve(port, path)


def is_editable(text: bytes, name: str) -> bool:
    """Whether the workbench can edit the document: it is YAML, whatever else is wrong with it."""
    try:
        yaml_text.parse(text, name)
    except FlowError:
        return False
    return True
