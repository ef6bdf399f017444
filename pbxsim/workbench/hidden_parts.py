"""Parts of a page that are hidden when it opens are made and sent once they are shown.

Decides which parts wait: those in a list of Material's that are hidden, or in a dialog that is closed, unless a chart is among
them, as Bokeh's charts have to be there when a page opens. What changes in a part that waits changes no model and is sent with
it. A part that was shown once stays. Leaves when something is shown to the pages.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Final

from panel.pane import Bokeh
from panel_material_ui import Dialog
from panel_material_ui.layout.base import MaterialListLike

_waiting: Final[weakref.WeakKeyDictionary[Any, weakref.WeakSet[Any]]] = weakref.WeakKeyDictionary()
"""What has to be shown (a part, or the dialog around it): the lists to be made again then."""

_soon: Final[weakref.WeakSet[Any]] = weakref.WeakSet()


def is_shown_soon(part: Any) -> None:
    """Have a hidden part made when the page opens, beside the browser's reading of its scripts: it is shown at once then."""
    _soon.add(part)


def make_when_shown() -> None:
    """Have Panel ask us which parts of a list are made."""
    place: Any = MaterialListLike
    place._get_child_model = _made(place._get_child_model)


def _made(given: Callable[..., Any]) -> Callable[..., Any]:
    def get_child_model(self: Any, child: Any, doc: Any, root: Any, parent: Any, comm: Any) -> Any:
        """Models of the parts of a list, without those that wait, and those that were there before."""
        if isinstance(child, list) and (
            self.sizing_mode or isinstance(self, Dialog)
        ):  # else parts say how it is laid out
            child = [one for one in child if _is_due(self, one, root.ref["id"])]
        return given(self, child, doc, root, parent, comm)

    return get_child_model


def _is_due(holder: Any, part: Any, ref: str) -> bool:
    """Whether a part is made now; if not, its list is made again when it is."""
    if ref in part._models or part in _soon or _holds_chart(part):
        return True
    if isinstance(holder, Dialog) and not holder.open:
        _wait(holder, holder, "open")
        return False
    if not part.visible:
        _wait(part, holder, "visible")
        return False
    return True


def _holds_chart(part: Any) -> bool:
    return isinstance(part, Bokeh) or any(map(_holds_chart, getattr(part, "objects", None) or ()))


def _wait(what: Any, holder: Any, name: str) -> None:
    if what in _waiting:
        _waiting[what].add(holder)
        return
    _waiting[what] = weakref.WeakSet([holder])

    def shown(event: Any) -> None:
        if event.new:
            what.param.unwatch(watcher)
            for one in _waiting.pop(what, ()):
                one.param.trigger("objects")

    watcher = what.param.watch(shown, name)
