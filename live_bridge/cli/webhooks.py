"""`pbx webhooks`: which webhooks a running bridge has, how they stand, and a sample event to try one (R-19.6).

Decides words and exit status (1 when the sample was not taken). Leaves trying to the bridge.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from engine.translations import webhooks_ru
from live_bridge.cli.console import FINDINGS, err, out, refused
from live_bridge.cli.remote import HERE, Api, Bridge, Certificate, Json, TokenFile, told
from live_bridge.cli.translations import language, tr
from live_bridge.config import ConfigError


def webhooks(
    test: Annotated[str, typer.Option(help=tr("Send a signed sample event to this webhook."))] = "",
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """List the webhooks of a running bridge, or try one: a signed sample event goes to it, and what came of it is said.

    Example: pbx webhooks --test crm
    """
    try:
        api = Api(bridge, token_file, certificate)
        if test:
            _tried(api.ask("POST", f"/api/webhooks/{quote(test, safe='')}/test"), as_json)
            return
        found = api.ask("GET", "/api/webhooks")
    except ConfigError as error:
        raise refused(error) from None
    if as_json:
        for one in found:
            told(one, "", True)
        return
    if not found:
        out.print(tr("live.yaml has no webhooks (hooks)."), markup=False)
        return
    table = Table(tr("Webhook"), tr("Address"), tr("Events"), tr("Waiting"), tr("Given up"), box=None, pad_edge=False)
    for one in found:
        table.add_row(one["webhook"], one["url"], ", ".join(one["events"]), str(one["waiting"]), str(one["failed"]))
    out.print(table, markup=False)


def _tried(trial: dict[str, Any], as_json: bool) -> None:
    if as_json:
        told(trial, "", True)
    elif trial["ok"]:
        words = "{webhook} took the sample {event}: HTTP {status} in {took_ms} ms."
        out.print(tr(words, **{name: trial[name] for name in ("webhook", "event", "status", "took_ms")}), markup=False)
    else:
        status = "" if trial["status"] is None else f"HTTP {trial['status']}"
        why = ", ".join(part for part in (trial["problem"], status, trial["detail"]) if part)
        words = "{webhook} did not take the sample {event} after {took_ms} ms: {why}"
        err.print(
            tr(words, webhook=trial["webhook"], event=trial["event"], took_ms=trial["took_ms"], why=why), markup=False
        )
        remedy = webhooks_ru.REMEDIES.get(trial["problem"], "") if language() == "ru" else ""
        err.print(remedy or trial["remedy"], style="bold", markup=False)
        if trial["answer"]:
            err.print(tr("The server says: {answer}", answer=trial["answer"]), markup=False)
    if not trial["ok"]:
        raise typer.Exit(FINDINGS)


COMMANDS = (webhooks,)
