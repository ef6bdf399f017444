"""Files of a bridge are its owner's alone: calls, voices and keys of other people are in them (R-24.4).

Decides that folders are made with mode 0700 and files with 0600, whichever command or library makes them first, rtp.io's
recordings among them; and that what an older version or somebody else left open is closed at the start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import stat
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

SECRET_BYTES: Final = 32

OTHERS: Final = 0o077
"""What nobody but the owner may."""


def begin() -> None:
    """From now on this process makes nothing that others can read, C libraries included."""
    os.umask(OTHERS)


def make_folder(folder: Path) -> None:
    """Make a folder of a bridge, and those above it that are missing, for its owner alone; one that is there stays as it is."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            one.mkdir(mode=0o700)


def make_file(path: Path) -> None:
    """Make an empty file for its owner alone, unless it is there."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def replace(path: Path, data: bytes) -> None:
    """Put other bytes in place of a file, whole and on the disk, for its owner alone. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(path)


def own_secret(folder: Path, name: str) -> bytes:
    """One of the bridge's own secrets, made once, readable by its owner only. It is there whole or not at all, whenever a
    process is killed."""
    path = folder / name
    if not path.exists():
        make_folder(folder)
        made = folder / f".{name}-{secrets.token_hex(4)}"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as opened:
            opened.write(secrets.token_hex(SECRET_BYTES) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_text(encoding="ascii").strip().encode()


def close_to_others(folder: Path) -> int:
    """Take from a folder and everything in it what others may do there; how many files and folders that were. Links are not
    followed, and what belongs to somebody else is left and logged."""
    found = [folder]
    for place, folders, files in os.walk(folder):
        found += [Path(place) / name for name in (*folders, *files)]
    changed = 0
    for path in found:
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) or not stat.S_IMODE(mode) & OTHERS:
                continue
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
            changed += 1
        except FileNotFoundError:
            continue  # another process has taken it away
        except OSError as fault:
            log.warning("%s: others can read it and that cannot be changed: %s", path, fault.strerror)
    if changed:
        log.warning("%s: others could read %d files and folders in it; now they cannot", folder, changed)
    return changed
