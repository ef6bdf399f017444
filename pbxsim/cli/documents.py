"""From the word a person typed to a flow, or to a refusal that says what to do.

Decides how a document is read from disk and named in messages. Leaves its meaning to `engine.document.yaml_text`.
"""

from __future__ import annotations

from pathlib import Path

from engine.document.faults import Fault, errors
from engine.loading import load as loading
from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.cli.language import tr
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
        raise CommandRefused(
            tr("{name} cannot be read: {reason}.", name=name, reason=error.strerror or str(error))
        ) from None


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


def counted(count: int, name: str) -> str:
    """How many errors, and that nothing was started."""
    if count == 1:
        return tr("{name}: 1 error; nothing was started.", name=name)
    return tr("{name}: {count} errors; nothing was started.", name=name, count=count)
