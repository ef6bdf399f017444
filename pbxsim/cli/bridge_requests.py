"""How a command asks a running bridge: over its API, like any other program.

Decides how a bridge is reached and how its refusals are told. Leaves what is asked to the commands, talking HTTP to
`pbxsim/workbench/live/bridge_client.py`, which is loaded only when a bridge is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import quote

import typer

from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused

if TYPE_CHECKING:
    from pbxsim.workbench.live.bridge_client import Bridge

Answer = TypeVar("Answer")

TokenFile = Annotated[
    Path, typer.Option("--token-file", help="File with a token for that bridge, readable by you only.")
]
Certificate = Annotated[
    Path | None, typer.Option("--certificate", help="Authority the bridge's certificate is trusted by.")
]


def connected(address: str, token_file: Path, certificate: Path | None) -> Bridge:
    """A bridge to be entered with `async with`. Raises BridgeError for a token that cannot be read."""
    from pbxsim.workbench.live.bridge_client import Bridge, token_in

    return Bridge(address, token_in(token_file), None if certificate is None else str(certificate))


def ask(
    address: str,
    token_file: Path,
    certificate: Path | None,
    question: Callable[[Bridge], Awaitable[Answer]],
    words: str = "{bridge}: {reason}",
    rule: str = "",
) -> Answer:
    """What `question` brings from a bridge. Raises CommandRefused with the bridge's own words as `{reason}` of `words`."""
    from pbxsim.workbench.live.bridge_client import BridgeError

    async def work() -> Answer:
        async with connected(address, token_file, certificate) as running:
            return await question(running)

    try:
        return asyncio.run(work())
    except BridgeError as error:
        text = tr(words, bridge=address, reason=error.detail or error.text)
        raise CommandRefused(text, rule=rule) from None


async def document_of(running: Bridge, version: str) -> str:
    """The document of a version, by what people call it."""
    return str(await running.ask("GET", f"/api/versions/{quote(version, safe='')}/document"))
