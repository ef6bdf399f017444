"""How commands speak to a running bridge over its API, and those about its work by hand: `pbx override`, `erase`, `bans`…

Decides options, words and exit status (0 good, 1 warnings wait for a person, 2 refused or bad input). Leaves versions to
`versions.py` and `canary.py`, and everything else to the bridge. A token
comes from a file, never from the command line, where others could read it.
"""

from __future__ import annotations

import os
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer
from rich.table import Table

from engine.contract.ids import SECOND_US
from engine.translations.faults_ru import translated
from live_bridge.cli.console import BAD_INPUT, FINDINGS, err, json_line, out, refused
from live_bridge.cli.translations import language, tr
from live_bridge.config import ConfigError

WAIT_S = 60.0
Bridge = Annotated[str, typer.Option(help=tr("Address of the bridge's API."))]
TokenFile = Annotated[Path, typer.Option(help=tr("File with a token, readable by you only."))]
Certificate = Annotated[Path | None, typer.Option(help=tr("Authority the bridge's certificate is trusted by."))]
Json = Annotated[bool, typer.Option("--json", help=tr("One JSON value per line, for programs."))]

HERE = "http://127.0.0.1:5080"


class Api:
    """The API of one bridge. Ends the command with the bridge's own words when it refuses."""

    def __init__(self, bridge: str, token_file: Path, certificate: Path | None) -> None:
        url = httpx.URL(bridge)
        if url.scheme != "https" and url.host not in ("127.0.0.1", "::1", "localhost"):
            raise ConfigError(tr("{bridge}: a token goes to other machines over https:// only (R-19.7)", bridge=bridge))
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {_token(token_file)}"},
            verify=ssl.create_default_context(cafile=None if certificate is None else str(certificate)),
            trust_env=False,
            timeout=WAIT_S,
        )

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """The bridge's answer. ConfigError with its words when it refuses."""
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise ConfigError(tr("{bridge}: {error}", bridge=self._client.base_url, error=error)) from None
        if answer.is_success:
            return answer.json()
        try:
            detail = answer.json()["detail"]
        except (ValueError, KeyError):
            detail = f"HTTP {answer.status_code}"
        if isinstance(detail, dict):
            warnings = detail.get("warnings") or []
            err.print(detail["message"], style="bold red", markup=False)
            for one in warnings:
                told = translated(one["message"]) if language() == "ru" else one["message"]
                err.print(f"{one['rule']} {one.get('place', '')}: {told}", markup=False)
            if warnings:
                err.print(tr("Whoever takes them upon themselves says so: --acknowledge NAME."))
            raise typer.Exit(FINDINGS if warnings else BAD_INPUT)
        if isinstance(detail, list):  # fields that the bridge refuses, as its own schema says
            detail = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in detail)
        raise ConfigError(str(detail))


def _token(file: Path) -> str:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise ConfigError(tr("{file}: others can read it: run chmod 600 {file}", file=file))
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(tr("{file}: no token can be read there; make one with pbx token", file=file)) from None


def told(answer: dict[str, Any], words: str, as_json: bool) -> None:
    """An answer for programs, or `words` for people."""
    if as_json:
        json_line(answer)
    else:
        out.print(words, markup=False)


def bans(
    lift: Annotated[str, typer.Option(help=tr("Address to listen to again."))] = "",
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """List the addresses a running bridge does not listen to (R-15.9), or take a ban back.

    Example: pbx bans --lift 203.0.113.9
    """
    try:
        api = Api(bridge, token_file, certificate)
        if lift:
            answer = api.ask("DELETE", f"/api/bans/{quote(lift.strip('[]'), safe='')}")
            told(answer, tr("{address} is listened to again.", address=lift), as_json)
            return
        answer = api.ask("GET", "/api/bans")
        found, unheard = answer["bans"], answer.get("unheard", 0)
    except ConfigError as error:
        raise refused(error) from None
    if as_json:
        for one in found:
            told(one, "", True)
        return
    if unheard:
        out.print(
            tr("{count} more were banned before the start and have sent nothing since: --lift works.", count=unheard),
            markup=False,
        )
    if not found:
        if not unheard:
            out.print(tr("Nobody is banned."))
        return
    table = Table(tr("Address"), tr("Minutes left"), tr("Why"), box=None, pad_edge=False)
    for one in found:
        table.add_row(one["address"], str(-(-one["left_s"] // 60)), tr(one["reason"]))
    out.print(table, markup=False)


def override(
    rule: Annotated[int, typer.Argument(help=tr("Internal number of the time rule."))],
    mode: Annotated[str, typer.Argument(help=tr("match, mismatch, or auto for the rule's own times."))],
    until: Annotated[str, typer.Option(help=tr("Until when, with an offset: 2026-11-23T18:00:00+03:00."))] = "",
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Hold a time rule of a running bridge by hand, or let it go by its own times again (R-11.8). Who and when is kept.

    Example: pbx override 5400 mismatch --until 2026-11-23T18:00:00+03:00
    """
    if mode not in ("auto", "match", "mismatch"):
        raise refused(tr("{mode} is none of: auto, match, mismatch (R-11.8)", mode=mode))
    wanted = {"mode": mode, **({"until": until} if until else {})}
    try:
        answer = Api(bridge, token_file, certificate).ask("POST", f"/api/overrides/{rule}", json=wanted)
    except ConfigError as error:
        raise refused(error) from None
    told(answer, tr("Time rule {rule}: {mode}.", rule=rule, mode=mode), as_json)


def overrides(
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """List the time rules of a running bridge, how each is held, until when and by whom.

    Example: pbx overrides
    """
    try:
        found = Api(bridge, token_file, certificate).ask("GET", "/api/overrides")
    except ConfigError as error:
        raise refused(error) from None
    if as_json:
        for one in found:
            told(one, "", True)
        return
    table = Table(tr("Time rule"), tr("State"), tr("Until"), tr("By"), box=None, pad_edge=False)
    for one in found:
        table.add_row(f"{one['element']} {one['name']}".strip(), one["mode"], when(one["until"]), one["by"])
    out.print(table, markup=False)


def erase(
    number: Annotated[str, typer.Argument(help=tr("The person's number."))],
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Let a running bridge forget which user a number talked with, on that person's request (R-18.6). Who and when is kept.

    Example: pbx erase "+7 916 123-45-67"
    """
    try:
        answer = Api(bridge, token_file, certificate).ask("POST", "/api/numbers/erase", json={"number": number})
    except ConfigError as error:
        raise refused(error) from None
    told(answer, tr("The number is forgotten."), as_json)


def when(at: int | None) -> str:
    """An instant as people read it, UTC."""
    return "" if at is None else datetime.fromtimestamp(at / SECOND_US, UTC).isoformat(" ", "seconds")


COMMANDS = (override, overrides, erase, bans)
