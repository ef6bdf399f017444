"""The words of the canvas in one language; the same for both hosts."""

from __future__ import annotations

from typing import Any

from pbxsim.workbench.shell.texts import Texts


def canvas_texts(texts: Texts) -> dict[str, Any]:
    """The texts the canvas needs."""
    names = (
        "palette",
        "send_call_to",
        "search",
        "nothing_found",
        "undo",
        "redo",
        "arrange",
        "people",
        "shortcuts",
        "minimap",
        "empty",
        "hangup",
        "outside_number",
    )
    keys = [
        ["Ctrl+Z", texts("undo").lower()],
        ["Ctrl+Shift+Z", texts("redo").lower()],
        ["Ctrl+S", texts("keys.save")],
        ["/", texts("keys.find")],
        ["F", texts("keys.fit")],
        ["Delete", texts("keys.delete")],
        ["F2", texts("keys.rename")],
        ["Esc", texts("keys.close")],
        ["Space", texts("keys.pick")],
        ["Tab", texts("keys.walk")],
        ["← ↑ → ↓", texts("keys.move")],
    ]
    aria = {
        "node.a11yDescription.default": texts("aria.card_seen"),
        "node.a11yDescription.keyboardDisabled": texts("aria.card"),
        "edge.a11yDescription.default": texts("aria.line"),
        "controls.ariaLabel": texts("aria.view"),
        "controls.zoomIn.ariaLabel": texts("aria.closer"),
        "controls.zoomOut.ariaLabel": texts("aria.farther"),
        "controls.fitView.ariaLabel": texts("aria.whole"),
        "minimap.ariaLabel": texts("minimap"),
        "handle.ariaLabel": texts("aria.dot"),
    }
    return {**{name: texts(name) for name in names}, "keys": keys, "aria": aria, "moved": texts("aria.moved")}
