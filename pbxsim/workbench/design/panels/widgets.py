"""Callback widgets of websites: settings, how the button and its window look, and the line that goes into the site (R-17).

Decides how a widget is drawn beside its settings. What it does on a site is the bridge's (`live_bridge/callback`), whose script
this picture follows in colours, sizes and words.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Final

import panel as pn
import panel_material_ui as pmui

from pbxsim.workbench.design.panels.base import Host, ListPanel
from pbxsim.workbench.design.widgets import WIDE, caption
from pbxsim.workbench.document import lists

SIDES_PX: Final = {"small": 44, "medium": 56, "large": 68}
"""Height of the button by its size."""

STYLE = """
:host { font: 14px/1.45 system-ui, sans-serif; }
.site { position: relative; height: 330px; border: 1px solid #94a3b8; border-radius: 8px; background: #f8fafc; overflow: hidden; }
.button { position: absolute; display: flex; align-items: center; padding: 0 18px; font-weight: 600; white-space: nowrap; }
.window { position: absolute; width: min(300px, calc(100% - 24px)); box-sizing: border-box; padding: 14px; border-radius: 12px; }
.window { background: #fff; color: #1a1a1a; box-shadow: 0 4px 20px rgba(0, 0, 0, .3); }
.window b { display: block; font-size: 16px; margin-bottom: 4px; }
.field { border: 1px solid #767676; border-radius: 8px; padding: 7px 10px; margin: 8px 0; color: #555; }
.go { border-radius: 8px; padding: 8px; text-align: center; font-weight: 600; }
code { display: block; padding: 8px 10px; border-radius: 6px; background: #e2e8f0; color: #0f172a; overflow-wrap: anywhere; }
"""


class WidgetsPanel(ListPanel):
    """The panel of one Design page."""

    part = "widgets"
    item_icon = "phone_callback"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.picture = pn.pane.HTML(sizing_mode="stretch_width", margin=(6, 0), stylesheets=[STYLE])

    def items(self) -> list[tuple[str, str, str]]:
        """Widgets by key, with their sites."""
        found = []
        for key in self.draft.section("widgets"):
            raw = self.draft.raw(f"widget:{key}")
            origins = raw.get("origins")
            sites = ", ".join(str(one) for one in origins) if isinstance(origins, list) else str(origins or "")
            found.append((f"widget:{key}", str(raw.get("name") or key), sites))
        return found

    def create(self) -> str:
        """A widget that rings the first user, to begin with."""
        return f"widget:{lists.add_widget(self.draft)}"

    def remove(self, id: str) -> None:
        """Take a widget away; its site shows no button any more."""
        self.draft.put(("widgets", id.partition(":")[2]), None)

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """Above what it looks like, what stands on the site, and its key; below its pages."""
        key, raw = id.partition(":")[2], self.draft.raw(id)
        name = pmui.TextInput(label=self.texts("widgets.key"), value=key, **WIDE)
        name.param.watch(lambda event: self._rename(key, event.new), "value")
        self.picture.object = picture(raw, key, self.texts.language, self.texts("widgets.tag"))
        pages = pmui.TextAreaInput(
            label=self.texts.field("pages"),
            value=pages_shown(raw.get("pages")),
            placeholder="/wholesale/* 101, 102",
            helper_text=self.texts("widgets.pages"),
            auto_grow=True,
            rows=1,
            max_rows=8,
            **WIDE,
        )
        logic = raw.get("mode") == "logic"
        pages.param.watch(
            lambda event: self.host.apply(lambda: self.draft.set(id, ("pages",), pages_read(event.new, logic))), "value"
        )
        look = [caption(self.texts("widgets.preview"), margin=(4, 0, 0, 0)), self.picture]
        return [*look, name], [pages]

    def _rename(self, old: str, new: str) -> None:
        def edit() -> None:
            lists.rename_widget(self.draft, old, new)
            self.chosen = f"widget:{new.strip()}"

        self.host.apply(edit)


def pages_shown(value: Any) -> str:
    """Pages of their own, one a line: path, then managers or the element.

    >>> pages_shown([{"path": "/b2b/*", "managers": [101, "5300"]}, {"path": "/help", "element": 5200}])
    '/b2b/* 101, 5300\\n/help 5200'
    """
    lines = []
    for page in value if isinstance(value, list) else ():
        if isinstance(page, Mapping):
            managers = page.get("managers") or ()
            rung = managers if isinstance(managers, list) else [managers] if managers else [page.get("element") or ""]
            lines.append(f"{page.get('path', '')} {', '.join(str(one) for one in rung)}".strip())
    return "\n".join(lines)


def pages_read(text: str, logic: bool) -> Any:
    """The reverse of `pages_shown`; in the mode logic what follows a path is its element. None for no pages."""
    pages = []
    for line in text.splitlines():
        path, _, rest = line.strip().partition(" ")
        rung = [one.strip() for one in rest.split(",") if one.strip()]
        if path:
            pages.append(
                {"path": path, "element": rung[0] if rung else None} if logic else {"path": path, "managers": rung}
            )
    return pages or None


def ink(color: str) -> str:
    """Black or white, whichever is read better on a colour (WCAG 2.2, relative luminance).

    >>> ink("#2563eb"), ink("#ffee00")
    ('#fff', '#000')
    """
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return "#000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#fff"


WORDS: Final = {
    "en": ("Call me back", "Leave your number: we call you right away.", "Call me"),
    "ru": ("Перезвоните мне", "Оставьте номер — мы сразу перезвоним.", "Жду звонка"),
}
"""Button, text and what sends the number, where the document says nothing."""


def picture(raw: Mapping[str, Any], key: str, language: str, tag: str) -> str:
    """A site with the button and its open window, and the line for the site below; `tag` is the sentence before it."""
    spoken = str(raw.get("language") or "auto")
    button, text, go = WORDS["ru" if (language if spoken == "auto" else spoken) == "ru" else "en"]
    button, text = str(raw.get("button") or button), str(raw.get("text") or text)
    color = str(raw.get("color") or "#2563eb").lower()
    if len(color) != 7 or color.strip("#0123456789abcdef"):
        color = "#2563eb"
    side = SIDES_PX.get(str(raw.get("size")), SIDES_PX["medium"])
    place = str(raw.get("place") or "bottom_right")
    up = "top" if place.startswith("top") else "bottom"
    aside = "left" if place.endswith("left") else "right"
    painted = f"background:{color};color:{ink(color)}"
    script = html.escape(f'<script src="https://BRIDGE/widget/{key}.js" async></script>')
    return (
        f'<div class="site"><div class="window" style="{up}:{side + 24}px;{aside}:12px"><b>{html.escape(button)}</b>'
        f'{html.escape(text)}<div class="field">+7 916 123-45-67</div>'
        f'<div class="go" style="{painted}">{html.escape(go)}</div></div>'
        f'<div class="button" style="{painted};{up}:12px;{aside}:12px;height:{side}px;border-radius:{side // 2}px">'
        f"{html.escape(button)}</div></div><p>{html.escape(tag)}</p><code>{script}</code>"
    )
