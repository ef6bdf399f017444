"""`pbx publish`, `versions`, `name`, `retire`, `rollback`: versions of a running bridge, by number and name (R-25.5).

Decides options and words. Leaves what is allowed, and which version a word stands for, to the bridge.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from live_bridge.cli.console import out, refused
from live_bridge.cli.remote import HERE, Api, Bridge, Certificate, Json, TokenFile, told, when
from live_bridge.cli.translations import system_said, tr
from live_bridge.config import ConfigError

SHORT = 12
"""Letters of a digest that people see."""

Version = Annotated[
    str,
    typer.Argument(
        metavar="VERSION", help=tr("v7, a name, live, canary, or the beginning of a digest (4 letters or more).")
    ),
]


def said(one: dict[str, Any], flow: str = "flow") -> str:
    """A version of an answer for people: `v7 autumn (3fa9c2d1e0ab)`."""
    digest = str(one.get(flow, ""))[:SHORT]
    if one.get("number") is None:
        return digest
    return " ".join(part for part in (f"v{one['number']}", one.get("name", ""), f"({digest})") if part)


def path_of(version: str, rest: str = "") -> str:
    """The API's path of a version, whatever people call it."""
    return f"/api/versions/{quote(version, safe='')}{rest}"


def publish(
    document: Annotated[
        str,
        typer.Argument(metavar="FILE", help=tr("Document to publish, or a draft that the bridge has: v7, its name.")),
    ],
    name: Annotated[str, typer.Option(help=tr("What people are to call the version."))] = "",
    draft: Annotated[
        bool, typer.Option("--draft", help=tr("Keep it as a draft: its warnings wait for a person."))
    ] = False,
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    acknowledge: Annotated[
        str, typer.Option(help=tr("Name of the person who takes the warnings upon themselves."))
    ] = "",
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Send a document to a running bridge as a new version; no call takes it before it is promoted.

    Example: pbx publish pbx.yaml --name autumn --token-file pbx.token --acknowledge "Anna Petrova"
    """
    file = Path(document)
    more: dict[str, Any] = {"params": {"acknowledged_by": acknowledge, "name": name, "draft": draft}}
    path = "/api/versions"
    if os.path.isfile(file) or file.suffix or len(file.parts) != 1:
        try:
            more["content"] = file.read_bytes()
        except OSError as error:
            raise refused(f"{file}: {system_said(error)}") from None
    elif draft:
        raise refused(tr("{document} is no file: a draft is made of one", document=document))
    else:
        path = path_of(document, "/publish")
    try:
        answer = Api(bridge, token_file, certificate).ask("POST", path, **more)
    except ConfigError as error:
        raise refused(error) from None
    short = f"v{answer['number']}"
    if draft:
        words = tr(
            "Kept as a draft: {version}. Publish it with: pbx publish {short}",
            version=said(answer, "digest"),
            short=short,
        )
    else:
        words = tr(
            "Published: {version}. Promote it with: pbx promote {short}", version=said(answer, "digest"), short=short
        )
    told(answer, words, as_json)


def versions(
    changes: Annotated[
        bool, typer.Option("--changes", help=tr("What was done to versions instead, the latest first."))
    ] = False,
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """List the versions a running bridge knows with number, name and state, the live one first.

    Example: pbx versions
    """
    try:
        api = Api(bridge, token_file, certificate)
        found = api.ask("GET", "/api/versions/changes") if changes else api.ask("GET", "/api/versions")["versions"]
    except ConfigError as error:
        raise refused(error) from None
    if as_json:
        for one in found:
            told(one, "", True)
    elif changes:
        _print_changes(found)
    else:
        _print_versions(found)


def _print_versions(found: list[dict[str, Any]]) -> None:
    heads = ("Version", "Name", "State", "Share", "Published", "By", "Acknowledged by", "Digest")
    table = Table(*(tr(head) for head in heads), box=None, pad_edge=False)
    for one in found:
        share = f"{one['share']:.0%}" if one["share"] else ""
        table.add_row(
            f"v{one['number']}", one["name"], tr(one["state"]), share, when(one["published_at"]), one["by"],
            one["acknowledged_by"], one["flow"][:SHORT],
        )  # fmt: skip
    out.print(table, markup=False)


def _print_changes(found: list[dict[str, Any]]) -> None:
    heads = ("When", "What", "Version", "Share", "By", "Acknowledged by", "Reason")
    table = Table(*(tr(head) for head in heads), box=None, pad_edge=False)
    for one in found:
        share = f"{one['share']:.0%}" if one["action"] == "promote" else ""
        table.add_row(
            when(one["at"]), tr(one["action"]), said(one), share, one["by"], one["acknowledged_by"], one["message"]
        )
    out.print(table, markup=False)


def name(
    version: Version,
    name: Annotated[str, typer.Argument(metavar="NAME", help=tr("What people are to call the version."))],
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Give a version of a running bridge a name that people can say; no other version has it.

    Example: pbx name v7 "autumn menu"
    """
    try:
        answer = Api(bridge, token_file, certificate).ask("POST", path_of(version, "/name"), json={"name": name})
    except ConfigError as error:
        raise refused(error) from None
    told(answer, tr("{version} has its name.", version=said(answer)), as_json)


def retire(
    version: Version,
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Let a version of a running bridge take no new calls; those on it run to their end. The live one cannot be retired.

    Example: pbx retire v3
    """
    try:
        answer = Api(bridge, token_file, certificate).ask("POST", path_of(version, "/retire"))
    except ConfigError as error:
        raise refused(error) from None
    told(answer, tr("{version} is retired.", version=said(answer)), as_json)


def rollback(
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """End a trial with a share of calls, or else go back to the version that was live before. New calls only.

    Example: pbx rollback
    """
    try:
        answer = Api(bridge, token_file, certificate).ask("POST", "/api/versions/rollback")
    except ConfigError as error:
        raise refused(error) from None
    told(answer, tr("Live now: {version}.", version=said(answer)), as_json)


COMMANDS = (publish, versions, name, retire, rollback)
