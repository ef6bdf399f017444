"""All PBXs of the workbench: open another one, begin a new one, take a file in, give the document out.

Decides what is asked and what is said of a file that is refused. Leaves what a new document says to `document/templates.py`,
where it lies to `document/workspace.py`.
"""

from __future__ import annotations

import io
from typing import Any

import panel_material_ui as pmui

from engine.document.faults import Fault
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design import pickers
from pbxsim.workbench.design.fields import refusal
from pbxsim.workbench.design.panels.base import Host, Panel
from pbxsim.workbench.design.widgets import WIDE, caption
from pbxsim.workbench.diagram import messages
from pbxsim.workbench.document import templates, workspace
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.templates import New, Unreadable
from pbxsim.workbench.document.yaml_edits import Value
from pbxsim.workbench.shell.shell import card, hint, notice
from pbxsim.workbench.shell.texts_help import help_of


class PbxsPanel(Panel):
    """The panel of one Design page."""

    part = "pbxs"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        texts = self.texts
        self.name = pmui.TextInput(
            label=texts.field("pbx"),
            placeholder="acme",
            helper_text=texts("pbxs.name_help"),
            max_length=32,
            **WIDE,
        )
        self._zone = str(self.draft.data.get("zone") or "Europe/Moscow")
        (zone,) = pickers.zone(texts.field("zone"), self._zone, "Europe/Moscow", self._zone_is)
        zone.helper_text = help_of("Time zone of the account (R-11.6).", texts.language)
        options = {texts(f"template.{name}"): name for name in templates.TEMPLATES}
        self.template = pmui.RadioBoxGroup(options=options, value=templates.TEMPLATES[0], margin=(4, 0))
        create = pmui.Button(
            label=texts("pbxs.create"),
            icon="add",
            variant="contained",
            disable_elevation=True,
            size="small",
            margin=(8, 0, 0, 0),
            on_click=lambda _: self.create(),
        )
        self.file = pmui.FileInput(
            label=texts("pbxs.upload"),
            accept=".yaml,.yml",
            variant="outlined",
            size="small",
            margin=(4, 0),
            max_file_size=templates.LARGEST_BYTES,
        )
        self.file.param.watch(self._uploaded, "value")
        self.told = pmui.Column(sizing_mode="stretch_width", margin=0)
        export = pmui.FileDownload(
            label=texts("pbxs.export"),
            callback=lambda: io.BytesIO(self.draft.text.encode()),
            filename=self.host.session.file.name,
            variant="outlined",
            size="small",
            margin=(4, 0),
        )
        self.looking.append(export)
        self.all = pmui.MenuList(items=[], dense=True, sizing_mode="stretch_width", margin=0)
        self.looking.append(self.all)
        self.view.objects = [
            card(
                texts("pbxs.new"),
                self.name,
                zone,
                caption(texts("pbxs.template"), margin=(6, 0, 0, 0)),
                self.template,
                create,
            ),
            card(texts("pbxs.import"), hint(texts("pbxs.import_help"), margin=(0, 0, 6, 0)), self.file, self.told),
            card(texts("pbxs.export_title"), hint(texts("pbxs.export_help"), margin=(0, 0, 6, 0)), export),
            card(texts("part.pbxs"), self.all),
        ]

    def refresh(self) -> None:
        """Show which PBXs there are."""
        session = self.host.session
        items = [
            {
                "label": pbx.account,
                "secondary": pbx.key,
                "icon": "check" if pbx.file == session.file else "phone",
                "href": session.address_of(pbx.key),
                "target": "_self",
            }
            for pbx in workspace.current().pbxs()
        ]
        if items != self.all.items:
            self.all.items = items

    def create(self) -> None:
        """Make the PBX that is asked for and open it."""
        try:
            name = self.name.value_input or self.name.value or ""
            new = templates.made(name, self._zone, self.template.value, self.texts.language)
        except EditRefused as error:
            self.name.error_state = True
            self.host.say(self.texts("refused", refusal(error, self.texts)), "error")
            return
        self.name.error_state = False
        self._open(new)

    def _zone_is(self, value: Value) -> None:
        self._zone = str(value or "Europe/Moscow")

    def _open(self, new: New) -> bool:
        session = self.host.session
        if not session.may(Right.SAVE):
            self.host.say(session.refusal(Right.SAVE), "error")
            return False
        try:
            pbx = workspace.current().create(new)
        except EditRefused as error:
            self.host.say(self.texts("refused", refusal(error, self.texts)), "error")
            return False
        except OSError as error:
            self.host.say(self.texts("refused", error), "error")
            return False
        session.go(session.address_of(pbx.key))
        return True

    def _uploaded(self, event: Any) -> None:
        data = event.new
        if not data:
            return
        try:
            new = templates.read(data)
        except Unreadable as error:
            self._tell(self.texts("pbxs.unreadable"), error.faults)
            return
        except EditRefused as error:
            self._tell(refusal(error, self.texts), ())
            return
        if self._open(new) or new.faults:
            self._tell(self.texts("pbxs.read"), new.faults)

    def _tell(self, text: str, faults: tuple[Fault, ...]) -> None:
        self.told.objects = [
            notice(text, "error" if faults else "warning", margin=(6, 0)),
            *map(hint, messages.by_line(faults, self.texts)),
        ]
