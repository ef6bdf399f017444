"""Calls of earlier days, which the bridge is asked for once a day: six months of them are long under way.

Decides how long they are true: what began before yesterday is over, so it stays as it is for this bridge, day and visitor. It is
forgotten with the page, and when a number is erased. Leaves asking the bridge to who uses it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Hashable, Mapping
from pathlib import Path
from typing import IO

Fetch = Callable[[Path, Mapping[str, int]], Awaitable[None]]
"""Writes the bridge's calls of a span into a file, the latest first."""


class EarlierCalls:
    """What one page was told of earlier days, in a folder that goes with it."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._of: Hashable = None

    def forget(self) -> None:
        """Keep nothing."""
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = self._of = None

    async def write(self, file: Path, fetch: Fetch, since: int, settled: int, of: Hashable) -> None:
        """Calls from `since` on into `file`, the latest first. Those before `settled` are asked for only where none are kept
        under `of`: bridge, day and whatever else makes them others. Raises what `fetch` does, and keeps nothing then."""
        if self._of != of:
            self.forget()
            folder = tempfile.TemporaryDirectory(prefix="pbx-earlier-")
            try:
                await fetch(Path(folder.name) / file.name, {"since": since, "until": settled})
            except BaseException:
                folder.cleanup()
                raise
            self._folder, self._of = folder, of
        assert self._folder is not None
        with (Path(self._folder.name) / file.name).open("rb") as earlier:  # open, though forgotten on the way
            await fetch(file, {"since": settled})
            await asyncio.to_thread(_append, file, earlier)


def _append(file: Path, more: IO[bytes]) -> None:
    with file.open("ab") as out:
        shutil.copyfileobj(more, out)
