"""The ways to look at the results of a load test, of which one is shown at a time.

Decides that a view is made when it is first looked at, and that only the one that is shown is drawn. Another view is a class
with the three methods of `View`, a line in `VIEWS` and its name `view.NAME` among the texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import panel_material_ui

from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.loadtest.views.day import DayView
from pbxsim.workbench.loadtest.views.files import FilesView
from pbxsim.workbench.loadtest.views.heat import HeatView
from pbxsim.workbench.loadtest.views.waits import WaitsView
from pbxsim.workbench.shell.shell import Session

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class View(Protocol):
    """One way to look at results."""

    def content(self) -> list[Any]:
        """What stands on the page, from top to bottom; asked for once."""

    def draw(self, run: ShownRun, queue: int) -> None:
        """Show the figures of one queue, or of all."""

    def themed(self, theme: str) -> None:
        """Follow the page's theme, `light` or `dark`."""


VIEWS: Final[dict[str, Callable[[Session], View]]] = {
    "day": DayView,
    "waits": WaitsView,
    "heat": HeatView,
    "files": FilesView,
}
"""By name, in the order they are offered in; the first is shown first."""


_SWITCH: Final = {
    "& .MuiToggleButton-root": {"whiteSpace": "nowrap", "padding": "5px 14px"},
    "& .MuiToggleButton-root:not(.Mui-selected)": {"bgcolor": "background.paper"},
}
_NAME_UNSEEN: Final = ".MuiFormLabel-root { position: absolute !important; clip-path: inset(50%); }"
"""The name of the choice is for those who listen; who looks sees what is chosen among."""


class Views:
    """One browser's views."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.made: dict[str, View] = {}
        self.places: dict[str, Any] = {
            name: pmui.Column(sizing_mode="stretch_width", margin=0, visible=False) for name in VIEWS
        }
        first = next(iter(VIEWS))
        self.choice = pmui.RadioButtonGroup(
            label=session.texts("views"), options={session.texts(f"view.{name}"): name for name in VIEWS}, value=first,
            size="small", color="primary", margin=(0, 0, 10, 0), sx=_SWITCH, stylesheets=[_NAME_UNSEEN],
        )  # fmt: skip
        self._last: tuple[ShownRun, int] | None = None
        self.choice.param.watch(lambda _: self._turn(), "value")
        self._turn()

    def _turn(self) -> None:
        """Show the view that is chosen, and make it if need be. It comes to the page with its figures: a browser that hears of
        figures before it has the chart they are for shows neither."""
        name = self.choice.value
        is_new = name not in self.made
        if is_new:
            self.made[name] = VIEWS[name](self.session)
            self.made[name].themed("dark" if self.session.dark else "light")
        if self._last is not None:
            self.made[name].draw(*self._last)
        if is_new:
            self.places[name].objects = self.made[name].content()
        for other, place in self.places.items():
            place.visible = other == name

    def draw(self, run: ShownRun, queue: int) -> None:
        """Show other figures in the view that is looked at."""
        self._last = run, queue
        self.made[self.choice.value].draw(run, queue)

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        for view in self.made.values():
            view.themed(theme)

    def content(self) -> Any:
        """The choice, and the views under it."""
        return pmui.Column(self.choice, *self.places.values(), sizing_mode="stretch_width", margin=0, visible=False)
