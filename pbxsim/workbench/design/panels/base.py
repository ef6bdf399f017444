"""What panels have in common: the page around them, and a list with the settings of what is chosen in it.

Decides how a list and its settings stand together. Leaves what is listed, added and shown to each panel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import panel_material_ui as pmui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.fields import Form
from pbxsim.workbench.design.widgets import small_button
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.shell import NARROW, Session, card, hint
from pbxsim.workbench.shell.texts import Texts

LIST_WIDTH = 300
_SIDE_BY_SIDE: dict[str, Any] = {
    "alignItems": "flex-start",
    NARROW: {
        "flexDirection": "column",
        "& > .child-wrapper > *": {
            "width": "auto !important",
            "flex": "none !important",  # its width would be its height
            "alignSelf": "stretch",
            "margin": "0 !important",
        },
    },
}

MANY = 12
"""A longer list is searched, and scrolls in a box of its own: the settings beside it stay in sight."""

_IN_A_BOX = f""":host {{ max-height: max(240px, calc(100vh - 290px)); overflow-y: auto; overflow-x: hidden; }}
{NARROW} {{ :host {{ max-height: 45vh; }} }}"""

_WHOLE_WIDTH = "@media (max-width: 860px) { .column { width: 100% !important; } }"


class Host(Protocol):
    """The page that shows a panel."""

    session: Session
    texts: Texts

    @property
    def draft(self) -> Draft:
        """The document in edit."""

    def apply(self, edit: Callable[[], None], form: bool = True) -> bool:
        """Make an edit and show it, or why it is refused."""

    def say(self, text: str, kind: str, *content: Any) -> None:
        """Show a sentence over the page."""


class Panel(ABC):
    """One part of a document."""

    part: ClassVar[str]
    """Its name in addresses and texts."""

    def __init__(self, host: Host) -> None:
        self.host, self.texts = host, host.texts
        self.view = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.looking: list[Any] = []
        """Widgets that change nothing: who may only look may use them."""

    @property
    def draft(self) -> Draft:
        """The document in edit."""
        return self.host.draft

    @property
    def may_edit(self) -> bool:
        """Whether who sits there may change the document; the host refuses it anyhow."""
        return self.host.session.may(Right.EDIT)

    @abstractmethod
    def refresh(self) -> None:
        """Show the document as it is now."""

    def show(self) -> None:
        """Show the document as it is now, greyed for who may only look."""
        self.refresh()
        self.grey()

    def grey(self) -> None:
        """Grey whatever would change the document, for who may not."""
        if self.may_edit:
            return
        for widget in self.view.select(lambda part: "disabled" in part.param and part not in self.looking):
            widget.param.update(disabled=True)

    def go(self, at: Target) -> str:
        """Show a place, and give the label of the field to focus."""
        return self.texts.field(at.field, at.id.partition(":")[0]) if at.field else ""

    def from_form(self, edit: Callable[[], None]) -> None:
        """An edit of a form, which stays if its widgets still are the right ones."""
        self.host.apply(edit, form=False)


class FormKeeper:
    """One form of a panel: built again only where its widgets are no longer the right ones."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._form: Form | None = None
        self.view = pmui.Column(sizing_mode="stretch_width", margin=0)

    def show(self, id: str | None, more: bool = True) -> None:
        """The settings of a part, or nothing."""
        form, draft = self._form, self._panel.draft
        if id is None:
            self._form = None
            self.view.objects = []
            return
        if form is not None and form.id == id and form.fits() and form.shows(draft):
            form.mark()
            return
        self._form = Form(draft, id, self._panel.texts, self._panel.from_form, more=more)
        self.view.objects = self._form.rows


class ListPanel(Panel):
    """A list, and beside it the settings of what is chosen."""

    add_icon: ClassVar[str] = "add"
    item_icon: ClassVar[str] = "label"
    has_form: ClassVar[bool] = True
    """Whether what is chosen has settings of a model."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.chosen: str | None = None
        self.form = FormKeeper(self)
        self._listed: list[dict[str, str]] = []
        self.menu = pmui.MenuList(items=[], dense=True, sizing_mode="stretch_width", margin=0)
        self.menu.on_click(self._clicked)
        self.find = pmui.TextInput(
            label=self.texts("find_listed"),
            size="small",
            sizing_mode="stretch_width",
            margin=(10, 0, 6, 0),
            visible=False,
        )
        self.find.param.watch(lambda _: self._list(), "value_input")
        self._box = pmui.Column(self.menu, sizing_mode="stretch_width", margin=0)
        self.head = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.foot = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.none = hint(self.texts(f"{self.part}.none"))
        self.detail = card("", self.head, self.form.view, self.foot, margin=0)
        add = small_button(self.texts(f"{self.part}.add"), self.add_icon, self.add, variant="outlined")
        self.looking += [self.menu, self.find]
        self.above = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.list = card(self.texts(f"part.{self.part}"), add, self.none, self.find, self._box)
        beside = pmui.Column(self.list, width=LIST_WIDTH, margin=(0, 10, 0, 0), stylesheets=[_WHOLE_WIDTH])
        self.view.objects = [
            self.above,
            pmui.Row(beside, self.detail, sizing_mode="stretch_width", margin=0, sx=_SIDE_BY_SIDE),
        ]

    def _clicked(self, item: Any) -> None:
        self.choose(str(item["id"]))

    @abstractmethod
    def items(self) -> list[tuple[str, str, str]]:
        """What is listed: id, title, a line below it."""

    @abstractmethod
    def create(self) -> str:
        """Add one to the document; gives its id."""

    @abstractmethod
    def remove(self, id: str) -> None:
        """Take one out of the document."""

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """What stands above and below the settings of one."""
        return [], []

    def add(self) -> None:
        """Add one and show it."""

        def edit() -> None:
            self.chosen = self.create()

        self.host.apply(edit)

    def choose(self, id: str) -> None:
        """Show the settings of one."""
        self.chosen = id
        self.show()

    def go(self, at: Target) -> str:
        """Choose what a place belongs to."""
        self.choose(at.id)
        return super().go(at)

    def refresh(self) -> None:
        """Show the list and the chosen one as they are now."""
        items = self.items()
        ids = [id for id, _, _ in items]
        if self.chosen not in ids:
            self.chosen = ids[0] if ids else None
        self._list(items)
        is_long = len(items) > MANY
        if self.find.visible is not is_long:
            self.find.visible = is_long
            self._box.stylesheets = [_IN_A_BOX] if is_long else []
        self.none.visible, self.menu.visible = not items, bool(items)
        self.detail.visible = self.chosen is not None
        self.form.show(self.chosen if self.has_form else None)
        if self.chosen is None:
            return
        above, below = self.around(self.chosen)
        gone = small_button(
            self.texts("delete"),
            "delete_outline",
            lambda: self._delete(self.chosen),
            color="error",
            margin=(6, 0, 0, 0),
        )
        self.head.objects, self.foot.objects = above, [*below, gone]

    def _list(self, items: list[tuple[str, str, str]] | None = None) -> None:
        """List what is there, as far as it fits what is searched for."""
        words = str(self.find.value_input or "").casefold().split()
        listed = [
            {"id": id, "label": title, "secondary": below, "icon": self.item_icon}
            for id, title, below in (self.items() if items is None else items)
            if all(word in f"{title} {below}".casefold() for word in words)
        ]
        if listed != self._listed:
            self._listed = listed
            self.menu.items = listed
        active = next((at for at, item in enumerate(listed) if item["id"] == self.chosen), None)
        if self.menu.active != active:
            self.menu.active = active

    def _delete(self, id: str | None) -> None:
        if id is not None:
            self.host.apply(lambda: self.remove(id))
