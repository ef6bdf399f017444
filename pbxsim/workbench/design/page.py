"""The Design page: the canvas, the settings of the selected card, the problems, save and reload.

Decides what the page shows after each edit. Leaves edits and refusals to `workbench/document/draft.py`, the picture to
`workbench/diagram/graph.py`, saving to `saving.py`, the list of problems to `problems.py`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from engine.analysis import check
from engine.contract.errors import PbxError
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.canvas.component import FlowCanvas, Message
from pbxsim.workbench.canvas.words import canvas_texts
from pbxsim.workbench.design.fields import Form, refusal
from pbxsim.workbench.design.integrations import Integrations
from pbxsim.workbench.design.parts import FLOW, Parts
from pbxsim.workbench.design.pointer import Pointer
from pbxsim.workbench.design.problems import LINE, Problems
from pbxsim.workbench.design.saving import Saving
from pbxsim.workbench.design.widgets import WIDE
from pbxsim.workbench.diagram import graph, kind_styles, trace_rows
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.shell.columns import side
from pbxsim.workbench.shell.shell import CARD, Session, beside, card, hint, notice

CHECKED_AFTER_S = 0.4
"""How long nobody must have edited before the flow is checked."""


class Designer:
    """One browser's Design page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.selected: str | None = None
        self.people = False
        self._more = False
        self._form: Form | None = None
        self._checking: asyncio.Task[None] | None = None
        self._integrations = Integrations(session)
        self._looked_once = False
        self.canvas = FlowCanvas(
            kinds=kind_styles.bricks(self.texts),
            texts=canvas_texts(self.texts),
            sizing_mode="stretch_both",
            min_height=420,
        )
        for name in (
            "move",
            "connect",
            "delete",
            "add",
            "rename",
            "select",
            "undo",
            "redo",
            "arrange",
            "save",
            "people",
            "outside",
            "escape",
        ):
            self.canvas.on(name, getattr(self, f"_{name}"))
        self.notice = pmui.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self.form = pmui.Column(sizing_mode="stretch_width", margin=0)
        self._settings = card(self.texts("settings"), self.form)
        self._frame = pmui.Paper(
            self.canvas,
            css_classes=["wb-frame"],
            elevation=0,
            margin=(2, 0, 10, 10),
            sizing_mode="stretch_both",
            sx={"border": "1px solid", "borderColor": "divider", "overflow": "hidden", "display": "flex"},
        )
        self.problems = Problems(session, self._go)
        self.pointer = Pointer()
        self.saving = Saving(session, self.say, self._hide_notice, lambda form: self.refresh(form=form))
        self.parts = Parts(self, self._show_part)
        self.refresh(form=True)
        self.parts.show(session.arguments.get("part", FLOW))
        self.saving.offer_kept()

    @property
    def draft(self) -> Any:
        """The document in edit."""
        return self.session.draft

    # --- document to page --------------------------------------------------------------------------------------------

    def refresh(self, form: bool) -> None:
        """Show the document as it is now; `form` also builds the settings again."""
        draft = self.draft
        if self.selected is not None and self.selected not in draft.ids():
            self.selected = None
        words = canvas_texts(self.texts)
        self.canvas.graph = graph.picture(draft, self.texts, self.people)
        self.canvas.param.update(
            texts=words if draft.readable else {**words, "empty": self.texts("unreadable")},
            history={"undo": draft.can_undo, "redo": draft.can_redo},
            readonly=not (draft.readable and self.session.may(Right.EDIT)),
        )
        self.saving.refresh()
        if form or self._form is None or self._form.id != self.selected:
            self._show_form()
        elif self._form is not None:
            self._form.mark()
        self.problems.refresh()
        self.parts.refresh()
        self._keep()
        self.session.refresh()
        if not draft.checked and pn.state.curdoc is not None:
            pn.state.execute(self._check, schedule=True)

    def _keep(self) -> None:
        try:
            self.session.keep()
        except OSError as error:
            self.say(self.texts("not_kept", error), "warning")

    async def _check(self) -> None:
        """Look for what is unwise about the flow once nobody edits it for a moment; this returns at once."""
        if self._checking is not None:
            self._checking.cancel()
        self._checking = asyncio.create_task(self._checked())

    async def _checked(self) -> None:
        if self._looked_once:
            await asyncio.sleep(CHECKED_AFTER_S)
        draft, self._looked_once = self.draft, True
        flow, text = draft.flow, draft.text
        if flow is None:
            return
        since = trace_rows.first_of_january(flow.zone, dt.date.today())
        found = await asyncio.to_thread(check.check, flow, since)  # the server answers others meanwhile
        draft.note(text, found)
        pn.state.execute(self._show_findings, schedule=True)

    def _show_findings(self) -> None:
        self.problems.refresh()
        picture = graph.picture(self.draft, self.texts, self.people)
        if picture != self.canvas.graph:
            self.canvas.graph = picture

    def apply(self, edit: Callable[[], None], form: bool = True) -> bool:
        """Make an edit and show it, or show why it is refused."""
        if not self.session.may(Right.EDIT):
            self.say(self.session.refusal(Right.EDIT), "error")
            self.refresh(form=True)
            return False
        try:
            edit()
        except EditRefused as error:
            self._show_refusal(error)
            self.refresh(form=True)
            return False
        except (PbxError, KeyError, ValueError) as error:
            self.say(
                self.texts("refused", refusal(error, self.texts) if isinstance(error, PbxError) else error), "error"
            )
            self.refresh(form=True)
            return False
        self._hide_notice()
        self.refresh(form=form)
        return True

    def _show_form(self) -> None:
        if self.selected is None:
            self._form = None
            self.form.objects = [hint(self.texts("nothing_selected"))]
            return
        id = self.selected
        kind = self.draft.kind(id)
        self._form = Form(self.draft, id, self.texts, self._from_form, more=self._more)
        self._integrations.suggest(self._form.addresses)
        may_edit = self.session.may(Right.EDIT)
        for widget in self._form.rows:
            if "disabled" in widget.param and not may_edit:
                widget.disabled = True
        style = kind_styles.look(kind)
        color = style.color_dark if self.session.dark else style.color
        head = pmui.Row(
            pmui.Chip(
                label=self.texts.kind(kind),
                size="small",
                variant="outlined",
                margin=(0, 8, 6, 0),
                sx={"color": color, "borderColor": color},
            ),
            pmui.Typography(id.removeprefix("trunk:"), variant="body2", margin=(2, 0), sx={"color": "text.secondary"}),
            margin=0,
        )
        rows = [head, *self._form.rows]
        if self._form.rest or self._more:
            rows.append(
                pmui.Button(
                    label=self.texts("more"),
                    icon="expand_less" if self._more else "expand_more",
                    variant="text",
                    size="small",
                    margin=(2, 0),
                    on_click=lambda _: self._toggle_more(),
                )
            )
        sources = [
            reference for reference in self.draft.referrers(id) if reference.port != "members" and reference.owner
        ]
        if sources:
            rows.append(
                pmui.Typography(
                    self.texts("used_by"), variant="caption", margin=(8, 0, 0, 0), sx={"color": "text.secondary"}
                )
            )
            rows += [
                self._jump(reference.owner, f"{self.draft.title(reference.owner)}: {self._port_name(reference.port)}")
                for reference in sources
            ]
        rows.append(
            pmui.Button(
                label=self.texts("delete"),
                icon="delete_outline",
                variant="text",
                color="error",
                size="small",
                margin=(6, 0, 0, 0),
                disabled=not may_edit,
                on_click=lambda _: self._delete({"nodes": [id], "edges": []}),
            )
        )
        self.form.objects = rows

    def _from_form(self, edit: Callable[[], None]) -> None:
        self.apply(edit, form=False)
        if self._form is not None and self._form.id in self.draft.ids() and not self._form.fits():
            self._show_form()

    def _toggle_more(self) -> None:
        self._more = not self._more
        self._show_form()

    def _go(self, at: Target) -> None:
        """Show a place of the document and put the focus into its field."""
        if at.id not in self.draft.ids():
            self.pointer.point(self.parts.go(at) or "")
            return
        self.parts.show(FLOW)
        kind = self.draft.kind(at.id)
        if kind == "user" and not any(node["id"] == at.id for node in self.canvas.graph["nodes"]):
            self.people = True
            self.refresh(form=False)
        self._select({"id": at.id})
        if at.field and self._form is not None and not self._form.field_shown(at.field):
            self._more = True
            self._show_form()
        self.canvas.point_at(at.id, centre=True)
        if at.field:
            leads = kind != "trunk" and (at.field, "one") in kind_styles.outputs_of(kind)
            self.pointer.point(f"→ {self.texts.port(at.field)}" if leads else self.texts.field(at.field))

    def _jump(self, id: str, text: str) -> Any:
        return pmui.Button(
            label=text,
            icon="arrow_back",
            variant="text",
            size="small",
            sizing_mode="stretch_width",
            margin=0,
            sx=LINE,
            on_click=lambda _: self._go(Target(id)),
        )

    def _port_name(self, port: str) -> str:
        field, _, rest = port.partition(".")
        return (
            self.texts("port.key", rest)
            if field == "keys"
            else self.texts.port(field)
            if field != "members"
            else self.texts.field("members")
        )

    # --- notices -----------------------------------------------------------------------------------------------------

    def say(self, text: str, kind: str, *content: Any) -> None:
        """Show a sentence over the page, with widgets below it."""
        self.notice.objects = [notice(text, kind, margin=(0, 0, 6 if content else 0, 0)), *content]
        self.notice.visible = True

    def _hide_notice(self) -> None:
        if self.notice.visible:
            self.notice.visible = False
            self.notice.objects = []

    def _show_refusal(self, error: EditRefused) -> None:
        if not error.referrers:
            self.say(self.texts("refused", refusal(error, self.texts)), "error")
            return
        name = f"{error.subject} {self.draft.title(error.subject)}"
        jumps = []
        for reference in error.referrers:
            owner = f"{reference.owner} {self.draft.title(reference.owner)}: " if reference.owner else ""
            text = f"{owner.removeprefix('trunk:')}{self._port_name(reference.port)}"
            jumps.append(self._jump(reference.owner, text) if reference.owner else hint(text))
        self.say(self.texts("delete_refused", name), "error", *jumps, self._dismiss())

    def _dismiss(self) -> Any:
        return pmui.Button(
            label=self.texts("dismiss"),
            variant="text",
            size="small",
            margin=(2, 0, 0, 0),
            on_click=lambda _: self._hide_notice(),
        )

    # --- what a person does ------------------------------------------------------------------------------------------

    def _move(self, message: Message) -> None:
        self.apply(lambda: self.draft.move({id: (x, y) for id, (x, y) in message["places"].items()}), form=False)

    def _connect(self, message: Message) -> None:
        self.apply(lambda: self.draft.connect(message["source"], message["port"], message["target"]))

    def _delete(self, message: Message) -> None:
        edges = [graph.edge_parts(edge) for edge in message["edges"]]
        self.apply(lambda: self.draft.delete(message["nodes"], edges))

    def _add(self, message: Message) -> None:
        kind, place = message["kind"], message.get("place")
        after = (message["source"], message["port"]) if message.get("source") else None

        def add() -> None:
            self.selected = self.draft.add(kind, self.texts.kind(kind), (place[0], place[1]) if place else None, after)

        if self.apply(add):
            self.canvas.point_at(self.selected)

    def _rename(self, message: Message) -> None:
        self.apply(lambda: self.draft.rename(message["id"], message["name"]))

    def _select(self, message: Message) -> None:
        id = message["id"]
        if id == self.selected or (id is not None and id not in self.draft.ids()):
            return
        self.selected, self._more = id, False
        self._show_form()

    def _undo(self, _: Message) -> None:
        self.apply(self.draft.undo)

    def _redo(self, _: Message) -> None:
        self.apply(self.draft.redo)

    def _arrange(self, _: Message) -> None:
        self.apply(self.draft.arrange, form=False)
        self.canvas.point_at(None, fit=True)

    def _people(self, message: Message) -> None:
        self.people = bool(message["shown"])
        self.refresh(form=False)
        self.canvas.point_at(None, fit=True)

    def _outside(self, message: Message) -> None:
        number = pmui.TextInput(label=self.texts("other_number"), placeholder="89161234567", **WIDE)
        number.param.watch(
            lambda event: self._connect({**message, "target": event.new}) if event.new.strip() else None, "value"
        )
        owner = self.draft.title(message["source"])
        self.say(f"{owner}: {self._port_name(message['port'])}", "info", number, self._dismiss())

    def _escape(self, _: Message) -> None:
        self._hide_notice()

    def _save(self, _: Message) -> None:
        self.saving.save()

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.canvas.theme = theme

    # --- the page ----------------------------------------------------------------------------------------------------

    def view(self) -> Any:
        """The page's content."""
        bar = pmui.Row(
            self.saving.save_button, self.saving.reload_button, margin=(0, 0, 10, 0), sizing_mode="stretch_width"
        )
        right = side(
            bar,
            hint(self.session.refusal(Right.EDIT), margin=(0, 0, 10, 0), visible=not self.session.may(Right.EDIT)),
            pmui.Paper(self.notice, **{**CARD, "visible": self.notice.visible}),
            self._settings,
            card(self.texts("problems"), self.problems.view, self.pointer),
            width=342,
            margin=(2, 10, 0, 10),
        )
        box = right.objects[2]
        self.notice.param.watch(lambda event: setattr(box, "visible", event.new), "visible")
        return pmui.Column(
            self.parts.bar, beside(self._frame, self.parts.view, right), sizing_mode="stretch_both", margin=0
        )

    def _show_part(self, part: str) -> None:
        """Show the canvas and the settings of a card, or a panel in their place."""
        self._frame.visible = self._settings.visible = part == FLOW


def page() -> Any:
    """The Design page of a new session."""
    session = Session("design")
    designer = Designer(session)
    return session.frame(designer.view(), designer.themed)
