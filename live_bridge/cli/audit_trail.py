"""`pbx audit`: the trail of everything done to versions, of a running bridge or of a bridge's folder, and its verification.

Decides options, words and exit status (1 for a trail that is not as it was written). Leaves verifying to `store/audit.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from engine.contract.errors import PbxError
from live_bridge.cli.console import FINDINGS, err, open_store, out, refused
from live_bridge.cli.remote import HERE, Api, Bridge, Certificate, Json, TokenFile, told, when
from live_bridge.cli.translations import tr
from live_bridge.cli.versions import said
from live_bridge.config import ConfigError


def audit(
    verify: Annotated[bool, typer.Option("--verify", help=tr("Verify the whole trail and what it covers."))] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=tr("At most so many entries, the latest."))] = 50,
    database: Annotated[
        str,
        typer.Option("--database", help=tr("The folder of a bridge instead of a running one: its key verifies too.")),
    ] = "",
    pbx: Annotated[str, typer.Option("--pbx", help=tr("Name of the PBX, where a database has several."))] = "",
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Show who did what to versions, each entry signed over the one before. With --verify, status 1 for a changed trail.

    Example: pbx audit --verify
    """
    try:
        if database:
            found = _of_folder(database, pbx, verify, limit)
        else:
            asked = {"limit": limit, "verify": verify}
            found = Api(bridge, token_file, certificate).ask("GET", "/api/versions/audit", params=asked)
    except (ConfigError, PbxError) as error:
        raise refused(error) from None
    verdict = found["verdict"]
    if as_json:
        for one in found["entries"]:
            told(one, "", True)
        if verdict is not None:
            told({"verdict": verdict, "head": found["head"]}, "", True)
    else:
        _show(found["entries"])
        if verdict is not None:
            _judge(verdict)
    if verdict is not None and not verdict["whole"]:
        raise typer.Exit(FINDINGS)


def _of_folder(database: str, pbx: str, verify: bool, limit: int) -> dict[str, Any]:
    """The same of a database at rest. The key and the last entry's number lie in the bridge's folder; without them, the chain
    alone is verified."""
    from live_bridge.store import audit as trail
    from live_bridge.store.signatures import signer_of

    store = open_store(database)
    try:
        known = trail.pbxs(store)
        if not pbx and len(known) == 1:
            pbx = known[0]
        if pbx not in known:
            words = "{database} has trails of: {known}; name one with --pbx"
            raise ConfigError(tr(words, database=database, known=", ".join(known) or "–"))
        folder = Path(database)
        head = trail.read_head(folder)
        verdict = trail.verify(store, pbx, signer_of(folder), head) if verify else None
        labels = {digest: label for digest, label in trail.labels(store, pbx).items() if label is not None}
        entries = [trail.shown(one, labels) for one in trail.entries(store, pbx, limit=limit)[::-1]]
    finally:
        store.close()
    n, digest = head or (0, "")
    return {
        "entries": entries,
        "head": {"n": n, "digest": digest},
        "verdict": None if verdict is None else msgspec.to_builtins(verdict),
    }


def _show(entries: list[dict[str, Any]]) -> None:
    heads = ("Entry", "When", "What", "Version", "By", "Details")
    table = Table(*(tr(head) for head in heads), box=None, pad_edge=False)
    for one in entries:
        table.add_row(str(one["n"]), when(one["at"]), tr(one["action"]), said(one), one["by"], _words(one["details"]))
    out.print(table, markup=False)


def _words(details: dict[str, Any]) -> str:
    """What an entry says beside who and what, but for what the table shows and what programs compare."""
    shown = {
        key: value for key, value in details.items() if key not in ("number", "name", "text", "figures", "evidence")
    }
    return ", ".join(f"{key}: {_plain(value)}" for key, value in shown.items() if value not in ("", None, {}, []))


def _plain(value: object) -> str:
    """A value of an entry as people write it.

    >>> _plain({"calls": 0, "moved": [1, 2]}), _plain(["slow", "late"])
    ('(calls 0, moved 1; 2)', 'slow; late')
    """
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, dict):
        return f"({', '.join(f'{key} {_plain(part)}' for key, part in value.items())})"
    if isinstance(value, list | tuple):
        return "; ".join(_plain(part) for part in value)
    return str(value)


def _judge(verdict: dict[str, Any]) -> None:
    if verdict["whole"]:
        words = (
            "{entries} entries, each as it was written." if verdict["entries"] != 1 else "One entry, as it was written."
        )
        out.print(tr(words, entries=verdict["entries"]), markup=False)
    else:
        words = "Entry {broken} of {entries} is not as it was written: {problem}."
        err.print(
            tr(words, broken=verdict["broken"], entries=verdict["entries"], problem=verdict["problem"]),
            style="bold red", markup=False,
        )  # fmt: skip
    if not verdict["signed"]:
        err.print(
            tr("Signatures were not verified: the bridge's key is in its folder, and can be read by its owner only."),
            style="yellow", markup=False,
        )  # fmt: skip


COMMANDS = (audit,)
