"""What `--history` means: files or folders of a bridge's export, or the address of a running bridge, whose export is fetched.

Decides what is asked of the bridge, where it lies for a while, and whose zone counts. Leaves asking it to
`pbxsim/cli/bridge_requests.py`, reading to `pbxsim.logs.bridge`.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.contract.ids import SECOND_US, Instant
from pbxsim.cli import bridge_requests, destinations, documents
from pbxsim.forecast import history_span

if TYPE_CHECKING:
    from pbxsim.logs import Log
    from pbxsim.workbench.live.bridge_client import Bridge

DOCUMENT = "pbx.yaml"
"""The document that lies beside an export tells its zone."""

FILES = ("history", "activity")

NO_HISTORY = "{bridge} does not give its history: {reason}."

History = Annotated[
    list[str] | None,
    typer.Option(
        "--history",
        metavar="URL|FOLDER|FILE",
        help="Export of a live bridge: history.jsonl and activity.jsonl, their folder, or the bridge itself. May be repeated.",
    ),
]
TokenFile = Annotated[
    Path, typer.Option("--token-file", help="File with a token of scope learn for that bridge, readable by you only.")
]


def is_address(word: str) -> bool:
    """Whether a word is the address of a bridge and no path."""
    return word.startswith(("http://", "https://"))


def read(words: Sequence[str], zone: str, token_file: Path, certificate: Path | None) -> tuple[Log, str]:
    """The log of an export, and the document it belongs to, empty where none lies beside it. Raises CommandRefused where a bridge
    does not give it, pbxsim.logs.LogError where it cannot be read."""
    from pbxsim import logs

    document = ""
    with tempfile.TemporaryDirectory(prefix="pbx-history-") as name:
        sources: list[Path] = []
        for i, word in enumerate(words):
            if is_address(word):
                folder = Path(name) / str(i)
                folder.mkdir(mode=0o700)
                since = time.time_ns() // 1000 - history_span.WEEKS * 7 * 86_400 * SECOND_US
                document = fetch(word, token_file, certificate, folder, "", since, None)
                zone = zone or documents.compiled(document, word).head.zone
                sources += logs.bridge.files_in(folder)
            elif os.path.isdir(word):
                if (Path(word) / DOCUMENT).is_file():
                    data, told = documents.read(str(Path(word) / DOCUMENT))
                    document = data.decode("utf-8-sig", "replace")
                    zone = zone or documents.compiled(document, told).head.zone
                sources += logs.bridge.files_in(Path(word))
            else:
                sources.append(Path(word))
        return logs.read_all(sources, "bridge", zone or None), document


def fetch(
    address: str,
    token_file: Path,
    certificate: Path | None,
    folder: Path,
    label: str,
    since: Instant | None,
    until: Instant | None,
) -> str:
    """Bring history and activity of [since, until) into `folder` as `history<label>.jsonl` and `activity<label>.jsonl`; gives the
    live version's document. A file is there whole or not at all. Raises CommandRefused."""
    span = {name: at for name, at in (("since", since), ("until", until)) if at is not None}

    async def work(running: Bridge) -> str:
        for name in FILES:
            fresh = folder / f"{name}{label}.part"
            await running.download(f"/api/{name}.jsonl", fresh, span)
            fresh.replace(folder / f"{name}{label}.jsonl")
        return await _live_document(running)

    with destinations.writing(folder):
        return bridge_requests.ask(address, token_file, certificate, work, NO_HISTORY)


def document(address: str, token_file: Path, certificate: Path | None) -> str:
    """The text of the version that takes new calls. Raises CommandRefused."""
    return bridge_requests.ask(address, token_file, certificate, _live_document, NO_HISTORY)


def version(word: str, address: str, token_file: Path, certificate: Path | None = None) -> bytes:
    """The document of a version that a running bridge knows, by what people call it. Raises CommandRefused."""
    words = "{bridge} does not give the version: {reason}."
    text = bridge_requests.ask(
        address, token_file, certificate, lambda running: bridge_requests.document_of(running, word), words
    )
    return text.encode()


async def _live_document(running: Bridge) -> str:
    """The text of the version that takes new calls."""
    known = (await running.ask("GET", "/api/versions"))["versions"]
    return await bridge_requests.document_of(running, known[0]["flow"])
