"""`pbx workbench`: the web application for one PBX. Leaves serving to `pbxsim.workbench.serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from pbxsim.cli import arguments, documents
from pbxsim.cli.language import tr
from pbxsim.cli.output import err

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port, on 127.0.0.1.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("workbench")(workbench)


def workbench(pbx: arguments.Pbx = "example", port: Port = 5006) -> None:
    """Open a PBX in the browser: draw it, preview a call, load-test its day. Saves to the file it was given.

    Example: pbx workbench my-pbx.yaml --port 5006
    """
    documents.load(pbx)
    path = documents.find(pbx)
    from pbxsim.workbench import serve

    err.print(tr("The workbench is on http://localhost:{port}; Ctrl-C stops it.", port=port), markup=False)
    serve.serve(port, path)
