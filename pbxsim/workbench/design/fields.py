"""The widgets of a card's settings.

Decides which widget an input of `forms.py` gets and how its value reaches the document. Leaves what an edit does, and
whether it is refused, to `workbench/document/draft.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from engine.contract.errors import PbxError
from engine.document.models import HANGUP
from engine.numbers import phone_numbers
from engine.translations import faults_ru
from pbxsim.workbench.design import forms
from pbxsim.workbench.design.forms import FormField
from pbxsim.workbench.diagram.graph import matters
from pbxsim.workbench.document.draft import KEYS, Draft
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.yaml_edits import Value
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_refusals import REFUSALS_RU

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (7, 0)}
SMALL_TEXT = {"& .MuiFormControlLabel-label, & .MuiTypography-root": {"fontSize": 13}}

Apply = Callable[[Callable[[], None]], None]
"""Runs an edit, shows a refusal, and refreshes the page."""


class Form:
    """The settings of one card as widgets."""

    def __init__(self, draft: Draft, id: str, texts: Texts, apply: Apply, more: bool = False) -> None:
        self.draft, self.id, self.texts, self._apply = draft, id, texts, apply
        self.kind = draft.kind(id)
        self.raw = draft.raw(id)
        self._by_field: dict[str, Any] = {}
        self.rows: list[Any] = []
        self.rest: list[FormField] = []
        self.more = more
        self.shape = self._shape()
        shown, _ = self.shape
        for field in forms.fields_of(self.kind):
            if field.name in shown:
                self.rows += self._rows(field)
            else:
                self.rest.append(field)
        self.mark()

    def fits(self) -> bool:
        """Whether these widgets still are the right ones: no output, key or forwarding step has come or gone."""
        self.raw = self.draft.raw(self.id)
        return self._shape() == self.shape

    def _shape(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        shown = [f.name for f in forms.fields_of(self.kind) if self.more or self._is_first(f) or f.name in self.raw]
        keys = self.raw.get("keys")
        steps = self.raw.get("forwarding")
        parts = [str(key) for key in keys] if isinstance(keys, dict) else []
        return tuple(shown), (*parts, *(str(i) for i, _ in enumerate(steps if isinstance(steps, list) else ())))

    def _is_first(self, field: FormField) -> bool:
        idle = field.input == "output" and field.name not in self.raw and not matters(self.kind, field.name, self.raw)
        return field.first and not idle

    def mark(self) -> None:
        """Show beside each setting what is wrong with it."""
        section, key = self.draft.path_of(self.id)
        start = f"{section}.{key}."
        wrong: dict[str, str] = {}
        for fault in self.draft.faults:
            if fault.place.startswith(start) and fault.severity == "error":
                told = faults_ru.in_language(fault, self.texts.language)
                wrong.setdefault(
                    fault.place.removeprefix(start).partition(".")[0].partition("[")[0],
                    f"{told.message}. {told.remedy}",
                )
        for name, widget in self._by_field.items():
            if "error_state" in widget.param:
                widget.error_state = name in wrong
            if "helper_text" in widget.param and name in wrong:
                widget.helper_text = wrong[name]
            elif "helper_text" in widget.param and widget.helper_text and not wrong.get(name):
                widget.helper_text = ""

    # --- one field ---------------------------------------------------------------------------------------------------

    def _rows(self, field: FormField) -> list[Any]:
        value = self.raw.get(field.name)
        label = (
            self.texts.field(field.name)
            if field.input != "output" or self.kind == "trunk"
            else f"→ {self.texts.port(field.name)}"
        )
        build = getattr(self, f"_{field.input}")
        made: list[Any] = build(field, label, value)
        return made

    def _watch(self, field: FormField, widget: Any, read: Callable[[Any], Value]) -> list[Any]:
        def changed(event: Any) -> None:
            value = read(event.new)
            if value == self.draft.raw(self.id).get(field.name) or (
                value == field.default and field.name not in self.draft.raw(self.id)
            ):
                return
            self._apply(lambda: self.draft.set(self.id, (field.name,), value, tag=(self.id, field.name)))

        widget.param.watch(changed, "value")
        self._by_field[field.name] = widget
        return [widget]

    def _text(self, field: FormField, label: str, value: Any) -> list[Any]:
        shown = "" if value is None else str(value)
        default = self.texts("default_is", field.default) if field.default else ""
        widget = pmui.TextInput(label=label, value=shown, placeholder=default, **WIDE)
        return self._watch(field, widget, lambda text: text.strip() or None)

    def _texts(self, field: FormField, label: str, value: Any) -> list[Any]:
        widget = pmui.TextInput(label=label, value=forms.texts_shown(value), **WIDE)
        return self._watch(field, widget, lambda text: forms.texts_read(text, value))

    def _entries(self, field: FormField, label: str, value: Any) -> list[Any]:
        shown = forms.entries_shown(value)
        widget = pmui.TextAreaInput(
            label=label, value=shown, rows=min(8, max(2, shown.count("\n") + 2)), placeholder="849555510", **WIDE
        )
        return self._watch(field, widget, forms.entries_read)

    def _number(self, field: FormField, label: str, value: Any) -> list[Any]:
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else field.default
        step = 5 if field.most and field.most >= 100 else 1
        widget = pmui.FloatInput(
            label=label, value=number, step=step, start=field.least, end=field.most, format="0[.]0", **WIDE
        )
        return self._watch(field, widget, forms.number_read)

    def _integer(self, field: FormField, label: str, value: Any) -> list[Any]:
        number = value if isinstance(value, int) and not isinstance(value, bool) else field.default
        widget = pmui.IntInput(label=label, value=number, start=field.least, end=field.most, **WIDE)
        return self._watch(field, widget, lambda new: new)

    def _limit(self, field: FormField, label: str, value: Any) -> list[Any]:
        without = self.texts.option(field.choices[0])
        widget = pmui.TextInput(label=label, value=str(value) if isinstance(value, int) else without, **WIDE)

        def read(text: str) -> Value:
            text = text.strip()
            return int(text) if text.isdecimal() else None if text in (without, field.choices[0]) else text or None

        return self._watch(field, widget, read)

    def _flag(self, field: FormField, label: str, value: Any) -> list[Any]:
        widget = pmui.Switch(
            label=label,
            value=bool(field.default if value is None else value),
            size="small",
            margin=(5, 0),
            sx=SMALL_TEXT,
        )
        return self._watch(field, widget, lambda on: None if on == field.default else bool(on))

    def _choice(self, field: FormField, label: str, value: Any) -> list[Any]:
        options = {self.texts.option(choice): choice for choice in field.choices}
        written = ("off", "on")[value] if isinstance(value, bool) else value
        shown = field.default if written is None else written
        if shown not in field.choices:
            options[str(shown)] = shown
        widget = pmui.Select(label=label, options=options, value=shown, **WIDE)
        return self._watch(field, widget, lambda new: str(new))

    def _sound(self, field: FormField, label: str, value: Any) -> list[Any]:
        sounds = list(self.draft.section("prompts"))
        options = {"": ""} if not field.required or value is None else {}
        options.update(
            {name: name for name in [*sounds, *([str(value)] if value is not None and value not in sounds else [])]}
        )
        widget = pmui.Select(label=label, options=options, value="" if value is None else str(value), **WIDE)
        return self._watch(field, widget, lambda new: new or None)

    def _calendar(self, field: FormField, label: str, value: Any) -> list[Any]:
        names = list(self.draft.section("calendars"))
        if not names and value is None:
            return []
        options = {
            self.texts("nowhere"): "",
            **{name: name for name in [*names, *([value] if value and value not in names else [])]},
        }
        widget = pmui.Select(label=label, options=options, value=value or "", **WIDE)
        return self._watch(field, widget, lambda new: new or None)

    def _members(self, field: FormField, label: str, value: Any) -> list[Any]:
        members = value if isinstance(value, list) else []
        by_number = {str(m.get("user", m.get("number"))) if isinstance(m, dict) else str(m): m for m in members}
        options = {self._named(number): number for number in self.draft.section("users")}
        options.update({number: number for number in by_number if number not in options.values()})
        settings = {key: value for key, value in WIDE.items() if key != "size"}  # its `size` is a number of rows
        widget = pmui.MultiChoice(label=label, options=options, value=list(by_number), visual_size="small", **settings)

        def read(numbers: list[str]) -> Value:
            chosen: list[Value] = [by_number.get(n, int(n) if n.isdecimal() else n) for n in numbers]
            return chosen

        return self._watch(field, widget, read)

    def _written(self, field: FormField, label: str, value: Any) -> list[Any]:
        if value is None:
            return []
        return [
            pmui.Typography(
                f"{label}: {self.texts('in_file', forms.written_shown(value))}",
                variant="caption",
                margin=(6, 0),
                sx={"color": "text.secondary", "overflowWrap": "anywhere"},
            )
        ]

    # --- outputs -----------------------------------------------------------------------------------------------------

    def _named(self, id: str) -> str:
        title = self.draft.title(id)
        return id if title == id else f"{id} {title}"

    def _where(self, label: str, value: Any, apply: Callable[[str], None]) -> Any:
        """An input for one output: anything of this PBX by number and name, `hangup`, or an outside number typed in."""
        hangup = self.texts("hangup")
        ids = [*self.draft.section("elements"), *self.draft.section("users")]
        options = [hangup, *(self._named(id) for id in ids)]
        text = "" if value is None else str(value)
        shown = hangup if text == HANGUP else self._named(text) if text in ids else text
        if shown and shown not in options:
            options.append(shown)
        widget = pmui.AutocompleteInput(
            label=label,
            options=options,
            value=shown,
            restrict=False,
            min_characters=0,
            search_strategy="includes",
            case_sensitive=False,
            placeholder=self.texts("nowhere"),
            **WIDE,
        )

        known = text
        quiet = False

        def settled() -> None:
            nonlocal known, quiet
            to = self._meant((widget.value or "").strip(), ids)
            if to != known:
                known = to
                apply(to)
            shown = hangup if to == HANGUP else self._named(to) if to in ids else to
            if widget.value != shown:  # what is shown is what was applied
                quiet = True
                widget.param.update(options=list(dict.fromkeys([*options, *([shown] if shown else [])])), value=shown)
                quiet = False

        def changed(_: Any) -> None:
            if not quiet:  # the widget also tells of values it gives itself on the way: the last one counts
                pn.state.execute(settled, schedule=True)

        widget.param.watch(changed, "value")
        return widget

    def _meant(self, typed: str, ids: list[str]) -> str:
        """What a typed output means: a number, a name or both as they are shown, `hangup`, or an outside number."""
        if typed.lower() in (self.texts("hangup").lower(), HANGUP):
            return HANGUP
        named = [id for id in ids if typed.lower() in (self._named(id).lower(), self.draft.title(id).lower())]
        if len(named) == 1 and typed:
            return named[0]
        return phone_numbers.bare(typed) or typed

    def _output(self, field: FormField, label: str, value: Any) -> list[Any]:
        widget = self._where(label, value, lambda to: self._lead(field.name, to))
        self._by_field[field.name] = widget
        return [widget]

    def _leader(self, port: str) -> Callable[[str], None]:
        return lambda to: self._lead(port, to)

    def _lead(self, port: str, to: str) -> None:
        self._apply(lambda: self.draft.connect(self.id, port, to) if to else self.draft.disconnect(self.id, port))

    def _outputs(self, field: FormField, label: str, value: Any) -> list[Any]:
        keys = {str(key): to for key, to in value.items()} if isinstance(value, dict) else {}
        rows: list[Any] = [
            pmui.Typography(label, variant="caption", margin=(6, 0, 0, 0), sx={"color": "text.secondary"})
        ]
        for key, to in keys.items():
            port = f"{field.name}.{key}"
            rows.append(self._where(self.texts("port.key", key), to, self._leader(port)))
        free = [key for key in KEYS if key not in keys]
        if free:
            picker = pmui.Select(
                label=self.texts("port.new_key"), options={"–": "", **{key: key for key in free}}, value="", **WIDE
            )

            def added(event: Any) -> None:
                if event.new:
                    self._apply(lambda: self.draft.set(self.id, (field.name, str(event.new)), HANGUP))

            picker.param.watch(added, "value")
            rows.append(picker)
        return rows

    def _steps(self, field: FormField, label: str, value: Any) -> list[Any]:
        steps = value if isinstance(value, list) else []
        rows: list[Any] = [
            pmui.Typography(label, variant="caption", margin=(8, 0, 0, 0), sx={"color": "text.secondary"})
        ]
        for i, step in enumerate(steps):
            step = step if isinstance(step, dict) else {}
            conditions = ("always", "no_answer", "busy", "unreachable")
            when = pmui.Select(
                options={self.texts.option(c): c for c in conditions},
                value=step.get("when", "no_answer"),
                label=self.texts.field("when"),
                size="small",
                margin=(7, 6, 7, 0),
                width=118,
            )
            when.param.watch(
                lambda event, i=i: self._apply(lambda: self.draft.set(self.id, (field.name, i, "when"), event.new)),
                "value",
            )
            to = self._where(self.texts.field("to"), step.get("to"), self._leader(f"{field.name}.{i}"))
            gone = pmui.IconButton(
                icon="close",
                size="small",
                margin=(10, 0),
                width=32,
                description=self.texts("delete"),
                on_click=lambda _, i=i: self._apply(lambda: self.draft.set(self.id, (field.name, i), None)),
            )
            rows.append(pmui.Row(when, to, gone, sizing_mode="stretch_width", margin=0))
        rows.append(
            pmui.Button(
                label=self.texts("add_row"),
                icon="add",
                variant="text",
                size="small",
                margin=(0, 0, 4, 0),
                on_click=lambda _: self._add_step(field.name, len(steps)),
            )
        )
        return rows

    def _add_step(self, name: str, at: int) -> None:
        step: Value = {"when": "no_answer", "to": HANGUP}
        if at:
            self._apply(lambda: self.draft.set(self.id, (name, at), step))
        else:
            self._apply(lambda: self.draft.set(self.id, (name,), [step]))


def refusal(error: PbxError, texts: Texts) -> str:
    """A refused edit in one line, in the page's language."""
    told = str(error)
    if texts.language == "ru" and isinstance(error, EditRefused) and error.message in REFUSALS_RU:
        told = REFUSALS_RU[error.message].format(error.subject)
    rule = getattr(error, "rule", "")
    return f"{told} ({rule})" if rule else told
