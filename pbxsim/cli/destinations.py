"""Where results are to be written: looked at before the work begins, so that no long run ends in a file that cannot be.

Decides what a destination needs. Leaves the writing, and what happens to the disk meanwhile, to the command.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pbxsim.cli.language import system_said, tr
from pbxsim.cli.output import CommandRefused


def file(path: Path | None) -> Path | None:
    """A file that can be written, new or in place of one that is there. Raises CommandRefused."""
    if path is not None:
        folder = path.parent
        if os.path.isdir(path):
            raise _refused(path, tr("it is a folder"))
        if not os.path.isdir(folder):
            raise _refused(path, tr("there is no folder {folder}", folder=folder))
        if not os.access(path if os.path.exists(path) else folder, os.W_OK):
            raise _refused(path, tr("you may not write there"))
        _fits(path)
    return path


def folder(path: Path | None) -> Path | None:
    """A folder that is there and can be written, or one that can be made. Raises CommandRefused."""
    if path is not None:
        _fits(path)
        above = path
        while not os.path.lexists(above) and above != above.parent:
            above = above.parent
        if not os.path.isdir(above):
            raise _refused(path, tr("{place} is no folder", place=above))
        if not os.access(above, os.W_OK):
            raise _refused(path, tr("you may not write there"))
    return path


def folder_named(word: str) -> str:
    """As `folder`, for an option that is empty when left out."""
    folder(Path(word) if word else None)
    return word


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the disk says while results are written there. Raises CommandRefused."""
    try:
        yield
    except OSError as error:
        raise _refused(path, system_said(error)) from None


def keep(path: Path, data: bytes) -> None:
    """Write a file of results. Raises CommandRefused."""
    with writing(path):
        path.write_bytes(data)


def _fits(path: Path) -> None:
    """What the system says to a name: too long, or one that it does not know how to write."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise _refused(path, getattr(error, "strerror", None) or str(error)) from None


def _refused(path: Path, reason: str) -> CommandRefused:
    return CommandRefused(tr("{name} cannot be written: {reason}.", name=path, reason=reason))
