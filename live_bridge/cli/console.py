"""What every command of the bridge shares: its output, exit status, refusals, and how a database is opened.

Decides nothing about what a command does.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console

from engine.contract.errors import PbxError
from live_bridge.cli import russian_refusals
from live_bridge.cli.translations import language, tr

if TYPE_CHECKING:
    from live_bridge.store.store import Store

GOOD, FINDINGS, BAD_INPUT, BROKEN = 0, 1, 2, 3
"""Exit status. `BROKEN`: a part of a running bridge failed and only a new process helps."""

LAG_WAIT_S = 1.0
"""How long a command waits for a database that is a little behind."""

WIDE = 200
"""Columns of a table that goes to a file or a program."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Where = Annotated[str, typer.Option("--database", help=tr("Database: a URL, or the folder of a bridge."))]

PbxOption = Annotated[
    str, typer.Option("--pbx", help=tr("Document: a file, a folder, or the name of a PBX that comes with us."))
]


@contextmanager
def refusals() -> Iterator[None]:
    """Faults of the input end the command with status 2 and their own words."""
    try:
        yield
    except PbxError as error:
        raise refused(error) from None


def refused(why: PbxError | str) -> typer.Exit:
    """Tell why a command cannot be done, in the language in use; raise the result, it ends the command with status 2."""
    err.print(russian_refusals.told(why, language()), style="bold red", markup=False)
    return typer.Exit(BAD_INPUT)


def json_line(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def open_store(database: str) -> Store:
    """The database a person named: a URL, a file, or the folder of a bridge. StoreError when there is none."""
    from live_bridge.store.store import Store, StoreError

    if "://" in database:
        return Store(database)
    folder = Path(database)
    file = folder / "live.sqlite" if os.path.isdir(folder) else folder
    if not os.path.isfile(file):
        raise StoreError(f"{file}: no such database; name the folder of a bridge, or its URL, with --database")
    store = Store(f"sqlite:///{file}")
    if folder.is_dir():
        _tell_lag(store, folder / "journal")
    return store


def _tell_lag(store: Store, journal: Path) -> None:
    """Say when calls are in the journal of a folder that are not yet in its database; what comes in just now is waited for."""
    from live_bridge.store.feeder import waiting

    end_s = time.monotonic() + LAG_WAIT_S
    size = 0
    with contextlib.suppress(OSError):  # a file of it went just now: then it is in the database
        while (size := waiting(store, journal)[0]) and time.monotonic() < end_s:
            time.sleep(0.05)
    if size:
        words = "The database is behind: {size} kB of {journal} are not in it yet, the latest calls are missing here."
        err.print(tr(words, size=-(-size // 1000), journal=journal), style="yellow", markup=False)
