"""The Preview page: one call at any date, time and number; its path on the canvas, every step with its rule (R-25.4).

Decides what is asked and how a trace is shown. The engine decides the call (`engine/analysis/preview.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import panel as pn
import panel_material_ui as pmui

from engine.analysis import preview
from engine.analysis.scripted_world import ANSWERS, BUSY, NO_ANSWER, OUT, PAUSED, REJECTS, UNREACHABLE, Script
from engine.calendar import zones
from engine.contract.ids import SECOND_US, Instant
from engine.numbers.digits import is_digits
from engine.numbers.phone_numbers import is_internal
from engine.state.flow import Flow
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.canvas.component import FlowCanvas
from pbxsim.workbench.canvas.words import canvas_texts
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.diagram import graph, kind_styles, trace_rows
from pbxsim.workbench.phone import link
from pbxsim.workbench.preview.circumstances import Circumstances
from pbxsim.workbench.shell.columns import side
from pbxsim.workbench.shell.shell import CARD, STACKED, Session, beside, card, hint, notice

STATES = (ANSWERS, NO_ANSWER, BUSY, REJECTS, UNREACHABLE, OUT, PAUSED)


class Previewer:
    """One browser's Preview page."""

    def __init__(self, session: Session) -> None:
        self.session, self.texts, self.draft = session, session.texts, session.draft
        self.canvas = FlowCanvas(
            texts={**canvas_texts(self.texts), "empty": self.texts("nothing_to_show")},
            kinds=kind_styles.bricks(self.texts),
            readonly=True,
            sizing_mode="stretch_both",
            min_height=300,
        )
        self.people = False
        self.canvas.on("people", lambda message: self._show_people(bool(message["shown"])))
        zone = self._zone()
        now = zones.parse(zone).local(_now())
        asked = session.arguments
        trunks = {
            f"{self.draft.title(f'trunk:{key}')} {trunk.get('number', '')}": str(trunk.get("number", ""))
            for key, trunk in self.draft.section("trunks").items()
            if isinstance(trunk, dict)
        }
        users = {f"{number} {self.draft.title(number)}": number for number in self.draft.section("users")}
        elements = {f"{number} {self.draft.title(number)}": number for number in self.draft.section("elements")}
        self._numbers = {**trunks, **elements, **users}
        first = asked.get("number") or next(iter(trunks.values()), "")
        shown = next((label for label, number in self._numbers.items() if number == first), first)
        self._numbers.setdefault(shown, first)  # the widget forgets an initial value that is none of its options
        self.called = pmui.AutocompleteInput(
            label=self.texts("called"),
            options=list(self._numbers),
            value=shown,
            restrict=False,
            min_characters=0,
            search_strategy="includes",
            case_sensitive=False,
            **WIDE,
        )
        self.caller = pmui.TextInput(
            label=self.texts("caller"),
            value=asked.get("caller", "84951112233"),
            placeholder=self.texts("caller_hint"),
            **WIDE,
        )
        date, time = _asked_time(asked.get("at", "")) or (now.date(), now.strftime("%H:%M"))
        self.day = pmui.DatePicker(
            label=self.texts("date"),
            value=date,
            format=self.texts.date_format,
            size="small",
            margin=(7, 8, 7, 0),
            sizing_mode="stretch_width",
        )
        self.time = pmui.TextInput(label=self.texts("time"), value=time, size="small", width=104, margin=(7, 0))
        self.now = pmui.Button(
            label=self.texts("now"),
            variant="text",
            size="small",
            icon="schedule",
            margin=(0, 0),
            on_click=lambda _: self._go_now(),
        )
        self.keys = pmui.TextInput(
            label=self.texts("keys"), value=asked.get("keys", ""), placeholder=self.texts("keys_hint"), **WIDE
        )
        for field in ("called", "caller", "keys"):
            getattr(self, field).helper_text = self.texts(f"preview.{field}_help")
        states = {self.texts(f"state.{state}"): state for state in STATES}
        asked_states = {
            number: state for number, state in trace_rows.states_of(asked.get("states", "")).items() if state in STATES
        }
        self.states = {
            number: pmui.Select(
                label=f"{number} {self.draft.title(number)}",
                options=states,
                value=asked_states.get(number, ANSWERS),
                size="small",
                margin=(5, 0),
                sizing_mode="stretch_width",
            )
            for number in self.draft.section("users")
        }
        self.circumstances = Circumstances(self.draft, self.texts, lambda _: self.follow(), asked)
        self.error = notice(margin=(0, 0, 8, 0))
        self.phone = pn.pane.HTML(sizing_mode="stretch_width", margin=(8, 0, 0, 0), stylesheets=[link.STYLE])
        self.steps = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[trace_rows.STYLE])
        self._asked = asked if first == asked.get("number") else {}
        self._quiet = False
        for widget in (self.called, self.caller, self.day, self.time, self.keys, *self.states.values()):
            widget.param.watch(lambda _: self.follow(), "value")
        self.canvas.graph = graph.picture(self.draft, self.texts, self.people, editable=False)
        self.follow()

    def _zone(self) -> str:
        return self.draft.flow.head.zone if self.draft.flow is not None else "Europe/Moscow"

    def _show_people(self, shown: bool) -> None:
        self.people = shown
        self.canvas.graph = graph.picture(self.draft, self.texts, shown, editable=False)
        self.canvas.point_at(None, fit=True)
        self.follow()

    def _go_now(self) -> None:
        now = zones.parse(self._zone()).local(_now())
        self._quiet = True
        self.day.value, self.time.value = now.date(), now.strftime("%H:%M:%S")
        self._quiet = False
        self.follow()

    def _set_all(self, state: str) -> None:
        self._quiet = True
        for select in self.states.values():
            select.value = state
        self._quiet = False
        self.follow()

    def follow(self) -> None:
        """Follow the call that is asked for and show it."""
        if self._quiet:
            return
        self._offer_phone()
        flow = self.draft.flow
        if flow is None:
            self._fail(self.texts("has_errors"))
            return
        try:
            at = trace_rows.instant(self.day.value, self.time.value, self._zone())
        except (ValueError, TypeError):
            self._fail(self.texts("bad_time"))
            return
        try:
            trace = self._trace(flow, at)
        except preview.NoTrunkNumber as error:
            self._fail(self.texts("no_trunk_number", error.called or "–", ", ".join(error.known) or "–"))
            return
        except (ValueError, KeyError) as error:  # what only an address can name: a trunk, a state of outside numbers
            self._fail(str(error.args[0] if error.args else error))
            return
        self.error.visible = False
        lines = trace_rows.lines_of(trace, self.draft, self.texts)
        self.canvas.overlay = trace_rows.overlay_of(trace, lines, self.draft, self.canvas.graph)
        self.steps.object = trace_rows.steps_html(lines, trace, self.draft, self.texts, self.session.dark)

    def _offer_phone(self) -> None:
        """The same call, really placed: by the phone of a page, through the running bridge."""
        if not self.session.may(Right.CALL):
            return
        typed, caller = (self.called.value or "").strip(), self.caller.value.strip()
        asked = {
            "to": self._numbers.get(typed, typed),
            **({"as": caller} if is_internal(caller) else {"caller": caller}),
        }
        offer = self.session.phone_link(self.texts("phone.call_flow"), "call", **asked)
        self.phone.object = f"{offer}<small>{self.texts('phone.call_flow_help')}</small>"

    def _trace(self, flow: Flow, at: Instant) -> preview.Trace:
        typed = (self.called.value or "").strip()
        called, caller = self._numbers.get(typed, typed), self.caller.value.strip()
        users = {int(number): select.value for number, select in self.states.items() if select.value != ANSWERS}
        link = self._asked if called == self._asked.get("number") else {}  # what only an address can say
        script = Script(
            keys=self.keys.value.strip(),
            users=users,
            outside=link.get("outside") or ANSWERS,
            **self.circumstances.script(),
        )
        user = int(caller) if is_internal(caller) and int(caller) in flow.head.users else None
        return preview.preview(
            flow,
            at,
            called=called,
            trunk=link.get("trunk") or None,
            caller=caller if user is None else "",
            user=user,
            origin="direct" if link.get("origin") == "direct" else "",
            script=script,
            draw_seed=int(draw) if is_digits(draw := link.get("draw", "")) else 0,
        )

    def _fail(self, text: str) -> None:
        self.error.object, self.error.visible = text, True
        self.canvas.overlay = {}
        self.steps.object = ""

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.canvas.theme = theme
        self.follow()

    def view(self) -> Any:
        """The page's content."""
        when = pmui.Row(self.day, self.time, margin=0, sizing_mode="stretch_width")
        zone = pmui.Row(
            hint(self.texts("in_zone", self._zone()), sizing_mode="stretch_width"),
            self.now,
            margin=0,
            sizing_mode="stretch_width",
            sx={"alignItems": "center"},
        )
        everybody = pmui.Row(
            pmui.Button(
                label=self.texts("all_answer"),
                variant="outlined",
                size="small",
                margin=(0, 8, 6, 0),
                on_click=lambda _: self._set_all(ANSWERS),
            ),
            pmui.Button(
                label=self.texts("none_answer"),
                variant="outlined",
                size="small",
                margin=(0, 0, 6, 0),
                on_click=lambda _: self._set_all(NO_ANSWER),
            ),
            margin=0,
        )
        left = side(
            self.error,
            card(self.texts("call"), self.called, self.caller, when, zone, self.keys, self.phone),
            card(self.texts("members"), everybody, *self.states.values()),
            *self.circumstances.cards(),
        )
        frame = pmui.Paper(
            self.canvas,
            css_classes=["wb-frame"],
            elevation=0,
            margin=(2, 10, 10, 10),
            sizing_mode="stretch_both",
            sx={"border": "1px solid", "borderColor": "divider", "overflow": "hidden", "display": "flex"},
        )
        table = pmui.Paper(
            pmui.Typography(self.texts("steps"), variant="subtitle2", margin=(0, 0, 6, 0)),
            self.steps,
            **{**CARD, "margin": (0, 10, 10, 10), "height": 352, "sx": {**CARD["sx"], "overflowY": "auto"}},
        )
        return beside(left, pmui.Column(frame, table, sizing_mode="stretch_both", margin=0, sx=STACKED))


def _now() -> Instant:
    return round(dt.datetime.now(dt.UTC).timestamp()) * SECOND_US


def _asked_time(text: str) -> tuple[dt.date, str] | None:
    try:
        asked = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return asked.date(), asked.strftime("%H:%M:%S")


def page() -> Any:
    """The Preview page of a new session."""
    session = Session("preview")
    previewer = Previewer(session)
    return session.frame(previewer.view(), previewer.themed)
