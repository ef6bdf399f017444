"""The field for an own log, and what is doubted of it.

Decides how large a log may be, and that a doubt is waved through by name with a button that is there only then. Leaves reading to
`uploaded_logs.py`, what a log is for to the card that has the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui

from pbxsim.workbench.loadtest.tasks import TaskFailed
from pbxsim.workbench.shell.texts import Texts

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

MOST_BYTES = 20 * 1024 * 1024


class DroppedLog:
    """One browser's log. `begin` starts the work of its card, with the doubts that are waved through."""

    def __init__(self, texts: Texts, begin: Callable[[tuple[str, ...]], None]) -> None:
        self._begin = begin
        self._doubts: tuple[str, ...] = ()
        self.file = pmui.FileInput(
            label=texts("learn.choose"), max_file_size=MOST_BYTES, size="small", uploaded_label="{filename}",
            variant="outlined", margin=(8, 0, 0, 0),
        )  # fmt: skip
        self.anyway = pmui.Button(
            label=texts("learn.anyway"), variant="outlined", visible=False, on_click=self._waved, margin=(8, 0, 0, 0)
        )

    @property
    def name(self) -> str:
        """Its file's name, by which readers know a format as well."""
        return str(self.file.filename or "log")

    def begin(self) -> None:
        """Begin the card's work with nothing waved through."""
        self._doubts = ()
        self._begin(())

    async def _waved(self, _: Any = None) -> None:
        """Go on although the log is doubted."""
        self._begin(self._doubts)

    def doubt(self, error: TaskFailed, later: Callable[[Callable[[], None]], None]) -> None:
        """Offer to go on all the same where the work failed by a doubt."""
        if error.kind == "LogError" and error.data:
            self._doubts = (*self._doubts, str(error.data))
            later(lambda: self.anyway.param.update(visible=True))
