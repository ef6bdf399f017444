"""The Design page: the canvas, the settings of the selected card, the problems, save and reload.

Decides what the page shows after each edit. Leaves edits and refusals to `workbench/document/draft.py`, the picture to
`workbench/diagram/graph.py`, saving to `saving.py`.
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
from engine.document.faults import Fault, TrialCall
from engine.translations import faults_ru
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.canvas.component import FlowCanvas, Message
from pbxsim.workbench.canvas.words import canvas_texts
from pbxsim.workbench.design.fields import WIDE, Form, refusal
from pbxsim.workbench.design.saving import Saving
from pbxsim.workbench.diagram import graph, kind_styles, trace_rows
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.shell.shell import CARD, Session, beside, card, hint, notice, side

PROBLEMS_SHOWN = 12
CHECKED_AFTER_S = 0.4
"""How long nobody must have edited before the flow is checked."""
_LINE = {"justifyContent": "flex-start", "textAlign": "left", "fontWeight": 400, "lineHeight": 1.35, "py": 0.5}


class Designer:
    """One browser's Design page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts = session, session.texts
        self.selected: str | None = None
        self.people = False
        self._more = False
        self._form: Form | None = None
        self._checking: asyncio.Task[None] | None = None
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
        self.problems = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.saving = Saving(session, self._say, self._hide_notice, lambda form: self.refresh(form=form))
        self.refresh(form=True)
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
        self.canvas.param.update(
            texts=words if draft.readable else {**words, "empty": self.texts("unreadable")},
            graph=graph.picture(draft, self.texts, self.people),
            history={"undo": draft.can_undo, "redo": draft.can_redo},
            readonly=not (draft.readable and self.session.may(Right.EDIT)),
        )
        self.saving.refresh()
        if form or self._form is None or self._form.id != self.selected:
            self._show_form()
        elif self._form is not None:
            self._form.mark()
        self._show_problems()
        self._keep()
        self.session.refresh()
        if not draft.checked and pn.state.curdoc is not None:
            pn.state.execute(self._check, schedule=True)

    def _keep(self) -> None:
        try:
            self.session.keep()
        except OSError as error:
            self._say(self.texts("not_kept", error), "warning")

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
        self._show_problems()
        picture = graph.picture(self.draft, self.texts, self.people)
        if picture != self.canvas.graph:
            self.canvas.graph = picture

    def apply(self, edit: Callable[[], None], form: bool = True) -> bool:
        """Make an edit and show it, or show why it is refused."""
        if not self.session.may(Right.EDIT):
            self._say(self.session.refusal(Right.EDIT), "error")
            self.refresh(form=True)
            return False
        try:
            edit()
        except EditRefused as error:
            self._show_refusal(error)
            self.refresh(form=True)
            return False
        except (PbxError, KeyError, ValueError) as error:
            self._say(
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

    def _show_problems(self) -> None:
        faults = self.draft.faults
        errors = sum(1 for fault in faults if fault.severity == "error")
        if not faults and not self.draft.checked:
            self.problems.objects = [hint(self.texts("problems_sought"))]
            return
        if not faults:
            self.problems.objects = [
                pmui.Chip(
                    label=self.texts("problems_none"),
                    icon="check_circle",
                    color="success",
                    variant="outlined",
                    size="small",
                    margin=0,
                )
            ]
            return
        chips = []
        if errors:
            chips.append(
                pmui.Chip(label=self.texts("errors", errors), color="error", size="small", margin=(0, 6, 4, 0))
            )
        if len(faults) > errors:
            chips.append(
                pmui.Chip(
                    label=self.texts("warnings", len(faults) - errors),
                    color="warning",
                    size="small",
                    margin=(0, 6, 4, 0),
                )
            )
        rows: list[Any] = [pmui.Row(*chips, margin=0)]
        ordered = sorted(faults, key=lambda fault: fault.severity)
        for fault in ordered[:PROBLEMS_SHOWN]:
            rows.append(self._problem(fault))
            if fault.example is not None and self.draft.checked and self.draft.flow is not None:
                rows.append(self._try(fault.example))
        if len(faults) > PROBLEMS_SHOWN:
            rows.append(hint(f"+{len(faults) - PROBLEMS_SHOWN}"))
        self.problems.objects = rows

    def _problem(self, fault: Fault) -> Any:
        id = graph.card_of(fault)
        fault = faults_ru.in_language(fault, self.texts.language)
        where = self.draft.title(id) if id in self.draft.ids() else fault.place
        line = f" · {self.texts('line', fault.line)}" if fault.line else ""
        text = f"{where + ': ' if where else ''}{fault.message}. {fault.remedy + '.' if fault.remedy else ''} {fault.rule}{line}"
        bad = fault.severity == "error"
        return pmui.Button(
            label=text,
            icon="error_outline" if bad else "warning_amber",
            variant="text",
            size="small",
            color="error" if bad else "warning",
            sizing_mode="stretch_width",
            margin=0,
            sx=_LINE,
            on_click=lambda _: self._go(id),
        )

    def _try(self, call: TrialCall) -> Any:
        """A link to the call that shows a problem."""
        asked = trace_rows.link_of(call, self.draft.flow.zone)
        return pmui.Button(
            label=self.texts("try_call"),
            icon="play_arrow",
            href=self.session.address("preview", **asked),
            target="_self",
            variant="text",
            size="small",
            margin=(0, 0, 4, 22),
        )

    def _go(self, id: str) -> None:
        if id in self.draft.ids():
            if self.draft.kind(id) == "user" and not any(node["id"] == id for node in self.canvas.graph["nodes"]):
                self.people = True
                self.refresh(form=False)
            self._select({"id": id})
            self.canvas.point_at(id, centre=True)

    def _jump(self, id: str, text: str) -> Any:
        return pmui.Button(
            label=text,
            icon="arrow_back",
            variant="text",
            size="small",
            sizing_mode="stretch_width",
            margin=0,
            sx=_LINE,
            on_click=lambda _: self._go(id),
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

    def _say(self, text: str, kind: str, *content: Any) -> None:
        self.notice.objects = [notice(text, kind, margin=(0, 0, 6 if content else 0, 0)), *content]
        self.notice.visible = True

    def _hide_notice(self) -> None:
        if self.notice.visible:
            self.notice.visible = False
            self.notice.objects = []

    def _show_refusal(self, error: EditRefused) -> None:
        if not error.referrers:
            self._say(self.texts("refused", refusal(error, self.texts)), "error")
            return
        name = f"{error.subject} {self.draft.title(error.subject)}"
        jumps = []
        for reference in error.referrers:
            owner = f"{reference.owner} {self.draft.title(reference.owner)}: " if reference.owner else ""
            text = f"{owner.removeprefix('trunk:')}{self._port_name(reference.port)}"
            jumps.append(self._jump(reference.owner, text) if reference.owner else hint(text))
        self._say(self.texts("delete_refused", name), "error", *jumps, self._dismiss())

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
        self._say(f"{owner}: {self._port_name(message['port'])}", "info", number, self._dismiss())

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
        frame = pmui.Paper(
            self.canvas,
            css_classes=["wb-frame"],
            elevation=0,
            margin=(2, 0, 10, 10),
            sizing_mode="stretch_both",
            sx={"border": "1px solid", "borderColor": "divider", "overflow": "hidden", "display": "flex"},
        )
        bar = pmui.Row(
            self.saving.save_button, self.saving.reload_button, margin=(0, 0, 10, 0), sizing_mode="stretch_width"
        )
        right = side(
            bar,
            hint(self.session.refusal(Right.EDIT), margin=(0, 0, 10, 0), visible=not self.session.may(Right.EDIT)),
            pmui.Paper(self.notice, **{**CARD, "visible": self.notice.visible}),
            card(self.texts("settings"), self.form),
            card(self.texts("problems"), self.problems),
            width=342,
            margin=(2, 10, 0, 10),
        )
        box = right.objects[2]
        self.notice.param.watch(lambda event: setattr(box, "visible", event.new), "visible")
        return beside(frame, right)


def page() -> Any:
    """The Design page of a new session."""
    session = Session("design")
    designer = Designer(session)
    return session.frame(designer.view(), designer.themed)
