"""A page's long work: the buttons that start and stop it, how far it is, and its end, however it ends.

Decides that a page does one such work at a time, that whatever is raised is told on the page and written to the log, and that
widgets change under the document's lock only. Leaves what is done, and in which process, to the page.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import panel as pn
import panel_material_ui

from pbxsim.workbench.shell.shell import Session, hint

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them
log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]


class NotDone(Exception):
    """The work could not be done, for a reason that people can mend; says it in their words."""


class PageTask:
    """The long work of one browser's page. `start` is called by the button, `tell` shows what went wrong."""

    def __init__(
        self, session: Session, label: str, start: Callable[[Any], Any], tell: Callable[[str], None], ready: str = ""
    ) -> None:
        self.session, self._tell = session, tell
        wide = {"sizing_mode": "stretch_width", "margin": (8, 8, 0, 0)}
        self.go = pmui.Button(
            label=label, icon="play_arrow", variant="contained", disable_elevation=True, on_click=start, **wide
        )
        self.stop = pmui.Button(
            label=session.texts("cancel"), icon="stop", variant="outlined", color="error", disabled=True,
            on_click=self.cancel, **{**wide, "margin": (8, 0, 0, 0)},
        )  # fmt: skip
        self.bar = pmui.LinearProgress(
            value=0, variant="determinate", sizing_mode="stretch_width", margin=(14, 0, 0, 0)
        )
        self.status = hint(ready, margin=(6, 0, 0, 0))
        self._allowed = True
        self._task: asyncio.Task[None] | None = None
        self._gives_way = self._was_asked = False
        self._said = (ready, 0)
        """What the status line and the bar are to show."""
        session.at_end(self.cancel)

    def buttons(self, **settings: Any) -> Any:
        """Both buttons in a row."""
        return pmui.Row(self.go, self.stop, margin=0, sizing_mode="stretch_width", **settings)

    @property
    def runs(self) -> bool:
        """Whether work is being done now that was asked for here."""
        return self._task is not None and not self._task.done() and not self._gives_way

    def allow(self, allowed: bool) -> None:
        """Whether the work may be begun at all."""
        self._allowed = allowed
        self.go.disabled = not allowed

    def begin(self, work: Work, cancelled: Callable[[], str], *, gives_way: bool = False) -> bool:
        """Start `work`, which goes on after this returns; False where other work runs already.

        `cancelled` says what is shown when it was stopped. Work that gives way was not asked for by anybody: it leaves the button
        free, ends without a word when something is asked for, and cannot begin while anything runs or after anything was asked
        for: a page that is drawn late would show it in place of what its person wanted.
        """
        if gives_way and self._was_asked:
            return False
        if self._task is not None and not self._task.done():
            if gives_way or not self._gives_way:
                return False
            self._task.cancel()
        self._gives_way, self._was_asked = gives_way, self._was_asked or not gives_way
        self._task = asyncio.create_task(self._run(work, cancelled, gives_way))
        return True

    def cancel(self, _: Any = None) -> None:
        """Stop the work; what it has shown stays shown."""
        task = self._task
        if task is not None and not task.done():  # callbacks may run in another thread than the task's loop
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def _run(self, work: Work, cancelled: Callable[[], str], gives_way: bool) -> None:
        if not gives_way:
            self._running(True)
        try:
            await work()
        except asyncio.CancelledError:
            if not gives_way:
                self.say(cancelled(), 0)
        except NotDone as error:
            self._failed(str(error))
        except Exception as error:  # what is raised in a task shows nowhere unless it is shown here
            self._unforeseen(error)
        finally:
            if not gives_way:
                self._running(False)

    def say(self, text: str, percent: int | None = None) -> None:
        """Show how far it is. Changes may reach the browser in another order than they were made in, so each one shows what was
        said last."""
        self._said = (text, self._said[1] if percent is None else percent)

        def show() -> None:
            self.status.object, self.bar.value = self._said

        self.later(show)

    def later(self, show: Callable[[], None]) -> None:
        """Change what is shown, under the document's lock."""

        def guarded() -> None:
            try:
                show()
            except Exception as error:  # as above: nobody else would hear of it
                self._unforeseen(error)

        pn.state.execute(guarded, schedule=True)

    def _running(self, runs: bool) -> None:
        def show() -> None:
            self.go.disabled, self.stop.disabled = runs or not self._allowed, not runs

        self.later(show)

    def _unforeseen(self, error: Exception) -> None:
        log.error("work of page %s failed", self.session.page, exc_info=error)
        self._failed(self.session.texts("work_failed", f"{type(error).__name__}: {error}"))

    def _failed(self, words: str) -> None:
        self.say("", 0)
        pn.state.execute(lambda: self._tell(words), schedule=True)
