"""Settings of the whole PBX: time zone, emergency numbers, recording, codes, aliases.

Decides how they stand together. Leaves each setting to the form of its model.
"""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui

from engine.numbers.digits import is_digits
from pbxsim.workbench.design.outputs import Outputs
from pbxsim.workbench.design.panels.base import FormKeeper, Host, Panel
from pbxsim.workbench.design.widgets import WIDE, icon_button, row, small_button
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.document import lists
from pbxsim.workbench.shell.shell import STACKED_CARDS, card, hint
from pbxsim.workbench.shell.texts_help import help_of

FORMS = ("head", "settings", "codes")


class SettingsPanel(Panel):
    """The panel of one Design page."""

    part = "settings"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.forms = {id: FormKeeper(self) for id in FORMS}
        self._aliases: dict[str, str] | None = None
        self.rows = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.name = pmui.TextInput(label=self.texts("aliases.name"), placeholder="info", **WIDE)
        about = help_of("Names that direct SIP calls may dial, and where they lead (R-10.2).", self.texts.language)
        left = pmui.Column(
            card(self.texts("settings.head"), self.forms["head"].view),
            card(self.texts("part.settings"), self.forms["settings"].view),
            sizing_mode="stretch_width",
            margin=(0, 10, 0, 0),
        )
        right = pmui.Column(
            card(
                self.texts("part.aliases"),
                hint(about, margin=(0, 0, 4, 0)),
                self.rows,
                self.name,
                small_button(self.texts("aliases.add"), "add", self._add),
            ),
            card(self.texts("part.codes"), self.forms["codes"].view),
            sizing_mode="stretch_width",
            margin=0,
        )
        self.view.objects = [pmui.Row(left, right, sizing_mode="stretch_width", margin=0, sx=STACKED_CARDS)]

    def refresh(self) -> None:
        """Show the settings as they are now."""
        for id, form in self.forms.items():
            form.show(id)
        aliases = lists.aliases(self.draft)
        if aliases != self._aliases:
            self._aliases = aliases
            self.rows.objects = [self._alias(name, to) for name, to in aliases.items()]

    def go(self, at: Target) -> str:
        """A field of one of the forms, or an alias."""
        return at.item if at.id == "aliases" else super().go(at)

    def _alias(self, name: str, to: str) -> Any:
        outputs = Outputs(self.draft, "settings", self.texts, lambda edit: edit())

        def lead(to: str) -> None:
            value: int | str = int(to) if is_digits(to) else to
            self.host.apply(lambda: self.draft.put((*lists.ALIASES, name), value or None))

        gone = icon_button(
            "close", self.texts("delete"), lambda: self.host.apply(lambda: lists.remove_alias(self.draft, name))
        )
        return row(outputs.where(name, to, lead), gone)

    def _add(self) -> None:
        name = (self.name.value_input or self.name.value or "").strip().lower()
        first = next(iter((*self.draft.section("elements"), *self.draft.section("users"))), "hangup")
        if name and self.host.apply(lambda: lists.add_alias(self.draft, name, first)):
            self.name.value = ""
