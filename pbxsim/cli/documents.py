"""From the word a person typed to a flow, or to a refusal that says what to do.

Decides how a document, and a log of its calls, is read from disk and named in messages. Leaves the document's meaning to
`engine.loading.load`, the log's to `pbxsim.logs.call_log`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.analysis.compare import LoggedCall
from engine.document.faults import Fault, errors
from engine.loading import load as loading
from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.cli.language import system_said, tr
from pbxsim.cli.output import CommandRefused

LARGEST_BYTES = 64 * 1024 * 1024
"""A file larger than this is not read at all; the engine has its own, smaller bound."""


def find(word: str) -> Path:
    """The file that `word` means. Raises Refused when there is none."""
    try:
        return datasets.find(word)
    except FileNotFoundError:
        text = tr(
            "There is no PBX “{word}”: it is neither a file nor one that comes with the project ({known}).",
            word=word,
            known=", ".join(datasets.known()),
        )
        raise CommandRefused(text) from None


def name_of(path: Path) -> str:
    """A path as a person would type it here."""
    here = Path.cwd()
    whole = path.resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(path)


def read(word: str) -> tuple[bytes, str]:
    """The text of the document that `word` means, and its name in messages. Raises Refused."""
    path = find(word)
    name = name_of(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise CommandRefused(tr("{name} is not a PBX document: it is larger than 64 MiB.", name=name))
        return path.read_bytes(), name
    except OSError as error:
        raise CommandRefused(tr("{name} cannot be read: {reason}.", name=name, reason=system_said(error))) from None


def examine(word: str) -> tuple[Flow | None, tuple[Fault, ...], str]:
    """The flow or None, every fault found either way, and the document's name. Raises Refused if it cannot be read."""
    text, name = read(word)
    flow, found = loading.examine(text, name)
    return flow, found, name


def load(word: str) -> Flow:
    """The flow that `word` means. Raises Refused with every fault when the document cannot be a flow."""
    flow, found, name = examine(word)
    if flow is None:
        count = len(errors(found))
        raise CommandRefused(counted(count, name), errors(found))
    return flow


def compiled(text: str, name: str) -> Flow:
    """The flow of a text that lies in no file; `name` stands in messages. Raises Refused with every fault."""
    flow, found = loading.examine(text.encode(), name)
    if flow is None:
        raise CommandRefused(counted(len(errors(found)), name), errors(found))
    return flow


def counted(count: int, name: str) -> str:
    """How many errors, and that nothing was started."""
    if count == 1:
        return tr("{name}: 1 error; nothing was started.", name=name)
    return tr("{name}: {count} errors; nothing was started.", name=name, count=count)


CallLog = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Calls that came: CSV with the columns at, number and caller."),
]


def logged(path: Path, flow: Flow) -> tuple[list[LoggedCall], list[int]]:
    """The calls of a log, and the lines that cannot be read. Raises CommandRefused for a file that is no such log."""
    from pbxsim.logs import call_log

    name = name_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            return call_log.read(text, flow.zone)
    except call_log.NoCallLog as error:
        if error.columns is None:
            raise CommandRefused(tr("{name} cannot be read: {reason}.", name=name, reason=error)) from None
        columns = ", ".join(error.columns) or "–"
        raise CommandRefused(
            tr("{name} has no columns at and number; it has {columns}.", name=name, columns=columns), rule="R-25.4"
        ) from None
    except OSError as error:
        raise CommandRefused(tr("{name} cannot be read: {reason}.", name=name, reason=system_said(error))) from None
