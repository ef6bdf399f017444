"""`pbx workbench`: the web application for one PBX. Leaves serving to `pbxsim.workbench.serve`, which also decides whether it may
be served to other machines: with persons who sign in, and TLS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.contract.errors import FlowError
from engine.document import yaml_text
from engine.document.faults import errors
from pbxsim.cli import arguments, documents
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused, err
from pbxsim.cli.persons.user import File

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port.")]
Address = Annotated[str, typer.Option("--address", help="Address to listen on; other machines need persons and TLS.")]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--origin", metavar="HOST:PORT", help="A name browsers reach it under, as behind a proxy; may be repeated."
    ),
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", metavar="FILE", help="Speak TLS with this chain of certificates (PEM).")
]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="The key of the certificate (PEM).")]
Proxy = Annotated[bool, typer.Option("--proxy", help="A proxy in front speaks TLS and tells who asks.")]
Prefix = Annotated[str, typer.Option("--prefix", metavar="PATH", help="Path below which a proxy serves it.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("workbench")(workbench)


def workbench(
    pbx: arguments.Pbx = "example",
    port: Port = 5006,
    address: Address = "127.0.0.1",
    origin: Origins = None,
    certificate: Certificate = None,
    key: Key = None,
    proxy: Proxy = False,
    prefix: Prefix = "",
    persons: File = None,
) -> None:
    """Open a PBX in the browser: draw it, preview a call, load-test its day. Saves to the file it was given.

    A document with errors is opened too, to be corrected there; one that is no YAML is refused. As soon as there are
    persons (pbx user add) everybody signs in.

    Example: pbx workbench my-pbx.yaml --address 192.0.2.10 --certificate chain.pem --key key.pem
    """
    for file in (certificate, key):
        if file is not None and not os.path.isfile(file):
            raise CommandRefused(tr("There is no file {file}.", file=file))
    if key is not None and certificate is None:
        raise CommandRefused(tr("Say --certificate as well as --key."))
    flow, found, name = documents.examine(pbx)
    path = documents.find(pbx)
    if flow is None:
        text, _ = documents.read(pbx)
        if not is_editable(text, name):
            documents.load(pbx)
        err.print(tr("{name} has errors; the workbench shows them: {count}.", name=name, count=len(errors(found))))
    from pbxsim.workbench import serve
    from pbxsim.workbench.access.gate import ServeRefused

    def ready() -> None:
        host = "localhost" if address in ("127.0.0.1", "::1") else address
        where = f"{'http' if certificate is None else 'https'}://{host}:{port}"
        err.print(tr("The workbench is on {address}; Ctrl-C stops it.", address=where), markup=False)

    try:
        serve.serve(
            port, path, address, origin or (), prefix,
            certificate=certificate, key=key, proxy=proxy, people=persons, ready=ready,
        )  # fmt: skip
    except ServeRefused as error:
        raise CommandRefused(tr(error.template, where=error.where)) from None


def is_editable(text: bytes, name: str) -> bool:
    """Whether the workbench can edit the document: it is YAML, whatever else is wrong with it."""
    try:
        yaml_text.parse(text, name)
    except FlowError:
        return False
    return True
