"""The last change of several reaches the browser, also where it was made while earlier ones were on their way.

Panel writes changes that wait in a task of its own. Where others come to wait while that task sends, it gives up their turn at
its end, and theirs finds nothing to do: they stay unsent until something else changes. Decides that whoever ends a turn begins
another when changes wait. Leaves everything else to Panel.
"""

from __future__ import annotations

from typing import Any, Final

from bokeh.document import Document
from panel.io import document as panel_document

_NAME: Final = "_dispatch_msgs"
_panels: Any = vars(panel_document)
_send = _panels[_NAME]


def use_last_changes() -> None:
    """Let Panel's tasks be followed by another where changes wait."""
    _panels[_NAME] = sent


async def sent(document: Document) -> None:
    """Panel's turn, and the next one where changes wait and nobody has the turn."""
    await _send(document)
    if document in _panels["_WRITE_MSGS"] and document not in _panels["_WRITE_BLOCK"]:
        _panels["_WRITE_BLOCK"][document] = True
        _panels["_dispatch_write_task"](document, sent, document)
