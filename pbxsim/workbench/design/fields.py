"""The widgets of a card's settings, or of another part of the document.

Decides which widget an input of `forms.py` gets, what is said about it, and how its value reaches the document. Leaves pickers of
times to `pickers.py`, outputs to `outputs.py`, what an edit does, and whether it is refused, to `workbench/document/draft.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from engine.contract.errors import PbxError
from engine.document.carrier_presets import PRESETS
from engine.document.faults import written
from engine.numbers.digits import is_digits
from pbxsim.workbench.design import forms, pickers
from pbxsim.workbench.design.forms import FormField
from pbxsim.workbench.design.outputs import Outputs
from pbxsim.workbench.design.widgets import SMALL_TEXT as SMALL_TEXT
from pbxsim.workbench.design.widgets import WIDE as WIDE
from pbxsim.workbench.design.widgets import Write, caption, small_button
from pbxsim.workbench.diagram import messages
from pbxsim.workbench.diagram.graph import matters
from pbxsim.workbench.document import sounds
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.yaml_edits import Value
from pbxsim.workbench.shell.accessibility import DESCRIBES
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_help import help_of
from pbxsim.workbench.shell.texts_refusals import REFUSALS_RU

Apply = Callable[[Callable[[], None]], None]
"""Runs an edit, shows a refusal, and refreshes the page."""

_COUNTED = ("open", "dates")
"""Lists with a line of widgets for each item."""


class Form:
    """The settings of one card, or of another part of the document, as widgets."""

    def __init__(self, draft: Draft, id: str, texts: Texts, apply: Apply, more: bool = False) -> None:
        self.draft, self.id, self.texts, self._apply = draft, id, texts, apply
        self.kind = draft.kind(id)
        self.raw = draft.raw(id)
        self._built, self._offered = self.raw, _offered(draft)
        """What the widgets show and offer; edits of their own are taken in."""
        self.outputs = Outputs(draft, id, texts, self._own)
        self._by_field: dict[str, Any] = {}
        self.addresses: list[Any] = []
        """Widgets that ask for the address of a web server."""
        self._help: dict[str, str] = {}
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
        parts += [str(i) for i, _ in enumerate(steps if isinstance(steps, list) else ())]
        return tuple(shown), (*parts, *(f"{name} {len(pickers.listed(self.raw.get(name)))}" for name in _COUNTED))

    def shows(self, draft: Draft) -> bool:
        """Whether the widgets stand for what the document says, as far as it is one value for each of them, and offer what there
        is."""
        return draft.raw(self.id) == self._built and _offered(draft) == self._offered

    def field_shown(self, name: str) -> bool:
        """Whether a setting has a widget here."""
        return name in self.shape[0]

    def _is_first(self, field: FormField) -> bool:
        idle = field.input == "output" and field.name not in self.raw and not matters(self.kind, field.name, self.raw)
        return field.first and not idle

    def mark(self) -> None:
        """Show beside each setting what is wrong with it, or else what it is for."""
        where = written(self.draft.path_of(self.id))
        start = f"{where}." if where else ""
        wrong: dict[str, str] = {}
        for fault in self.draft.faults:
            if fault.place.startswith(start) and fault.severity == "error":
                name = fault.place.removeprefix(start).partition(".")[0].partition("[")[0]
                wrong.setdefault(name, messages.told(fault, self.draft, self.texts))
        for name, widget in {**self._by_field, **self.outputs.by_field}.items():
            if "error_state" in widget.param:
                widget.error_state = name in wrong
            if "helper_text" in widget.param:
                told = wrong.get(name, self._help.get(name, ""))
                if widget.helper_text != told:
                    widget.helper_text = told

    # --- one field ---------------------------------------------------------------------------------------------------

    def _rows(self, field: FormField) -> list[Any]:
        value = self.raw.get(field.name)
        label = (
            self.texts.field(field.name, self.kind)
            if field.input != "output" or self.kind == "trunk"
            else f"→ {self.texts.port(field.name)}"
        )
        self._help[field.name] = self._about(field)
        leads = field.input in ("output", "outputs", "steps")
        build = getattr(self.outputs, field.input) if leads else getattr(self, f"_{field.input}")
        made: list[Any] = build(field, label, value)
        return made

    def _about(self, field: FormField) -> str:
        """What a setting is for, and what holds while nothing is written where no widget shows that."""
        about = help_of(field.help, self.texts.language)
        default = forms.texts_shown(list(field.default) if isinstance(field.default, (list, tuple)) else field.default)
        return (
            f"{about} · {self.texts('default_is', default)}" if field.input in ("text", "texts") and default else about
        )

    def _write(self, field: FormField) -> Write:
        def write(value: Value) -> None:
            raw = self.draft.raw(self.id)
            if value == raw.get(field.name) or (value == field.default and field.name not in raw):
                return
            self._own(lambda: self.draft.set(self.id, (field.name,), value, tag=(self.id, field.name)))

        return write

    def _own(self, edit: Callable[[], None]) -> None:
        """An edit by one of these widgets, which shows it already."""

        def made() -> None:
            edit()
            self._built, self._offered = self.draft.raw(self.id), _offered(self.draft)

        self._apply(made)

    def _watch(self, field: FormField, widget: Any, read: Callable[[Any], Value]) -> list[Any]:
        write = self._write(field)
        widget.param.watch(lambda event: write(read(event.new)), "value")
        self._by_field[field.name] = widget
        return [widget, *self._said(field, widget)]

    def _said(self, field: FormField, widget: Any = None) -> list[Any]:
        """The help of a setting as a line, where its widget has none."""
        if widget is not None and "helper_text" in widget.param:
            return []
        return [caption(self._help[field.name], css_classes=[DESCRIBES])]

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
            return int(text) if is_digits(text) else None if text in (without, field.choices[0]) else text or None

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
        as_is = "as_is" if "+7" in field.choices else "off"  # a form of numbers that is off leaves them as they are
        options = {self.texts.option(as_is if choice == "off" else choice): choice for choice in field.choices}
        if field.default is None and not field.required:
            options = {self.texts("nowhere"): "", **options}
        known = ("off", "on")[value] if isinstance(value, bool) else value
        shown = field.default if known is None else known
        if shown is not None and shown not in field.choices:
            options[str(shown)] = str(shown)
        widget = pmui.Select(label=label, options=options, value="" if shown is None else str(shown), **WIDE)
        return self._watch(field, widget, lambda new: str(new) or None)

    def _sound(self, field: FormField, label: str, value: Any) -> list[Any]:
        known = sounds.table(self.draft, self.texts.language)
        if value is not None:
            known.setdefault(str(value), None)
        nothing = self.texts("default_is", field.default) if field.default else self.texts("nowhere")
        options = {nothing: ""} if not field.required or value is None else {}
        options.update({self._sound_named(name, length_s): name for name, length_s in known.items()})
        widget = pmui.Select(label=label, options=options, value="" if value is None else str(value), **WIDE)

        def write(name: str) -> None:
            self._own(lambda: sounds.use(self.draft, self.id, field.name, name or None))

        widget.param.watch(lambda event: write(event.new), "value")
        self._by_field[field.name] = widget
        return [widget]

    def _sound_named(self, name: str, length_s: float | None) -> str:
        return name if length_s is None else f"{name} · {self.texts('seconds', self.texts.number(length_s))}"

    def _days(self, field: FormField, label: str, value: Any) -> list[Any]:
        head = caption(label, margin=(6, 0, 2, 0))
        return [head, *pickers.days(value, field.default, self.texts, self._write(field)), *self._said(field)]

    def _hours(self, field: FormField, label: str, value: Any) -> list[Any]:
        made = pickers.hours(label, value, field.default, self.texts, self._write(field))
        return [*made[:1], *self._said(field), *made[1:]]

    def _dates(self, field: FormField, label: str, value: Any) -> list[Any]:
        made = pickers.dates(label, value, self.texts, self._write(field))
        return [*made[:1], *self._said(field), *made[1:]]

    def _zone(self, field: FormField, label: str, value: Any) -> list[Any]:
        default = str(field.default or self.draft.data.get("zone") or "Europe/Moscow")
        made = pickers.zone(label, value, default, self._write(field))
        self._by_field[field.name] = made[0]
        return made

    def _trunk(self, field: FormField, label: str, value: Any) -> list[Any]:
        options = {self.draft.title(f"trunk:{key}"): key for key in self.draft.section("trunks")}
        if not field.required or value is None:
            options = {self.texts("nowhere"): "", **options}
        shown = "" if value is None else str(value)
        if shown not in options.values():
            options[shown] = shown
        widget = pmui.Select(label=label, options=options, value=shown, **WIDE)
        return self._watch(field, widget, lambda new: new or None)

    def _preset(self, field: FormField, label: str, value: Any) -> list[Any]:
        names = {self.texts.option(preset.operator): preset.operator for preset in PRESETS}
        shown = self.texts.option(str(field.default if value is None else value))
        widget = pmui.AutocompleteInput(
            label=label,
            options=list(dict.fromkeys([*names, shown])),
            value=shown,
            restrict=False,
            min_characters=0,
            case_sensitive=False,
            **WIDE,
        )

        def read(new: str) -> Value:
            written = (new or "").strip()
            return names.get(written, written) or None

        return self._watch(field, widget, read)

    def _address(self, field: FormField, label: str, value: Any) -> list[Any]:
        shown = "" if value is None else str(value)
        widget = pmui.AutocompleteInput(
            label=label, options=[shown] if shown else [], value=shown, restrict=False, min_characters=0, **WIDE
        )
        self.addresses.append(widget)
        return self._watch(field, widget, lambda text: (text or "").strip() or None)

    def _users(self, field: FormField, label: str, value: Any) -> list[Any]:
        chosen = [item.strip() for item in str(value or "").split(";") if item.strip()]
        return self._watch(field, self._people(label, chosen), lambda numbers: ";".join(numbers) or None)

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

    def _people(self, label: str, chosen: list[str]) -> Any:
        options = {self.outputs.named(number): number for number in self.draft.section("users")}
        options.update({number: number for number in chosen if number not in options.values()})
        settings = {key: value for key, value in WIDE.items() if key != "size"}  # its `size` is a number of rows
        return pmui.MultiChoice(label=label, options=options, value=chosen, visual_size="small", **settings)

    def _members(self, field: FormField, label: str, value: Any) -> list[Any]:
        members = value if isinstance(value, list) else []
        by_number = {str(m.get("user", m.get("number"))) if isinstance(m, dict) else str(m): m for m in members}

        def read(numbers: list[str]) -> Value:
            chosen: list[Value] = [by_number.get(n, int(n) if is_digits(n) else n) for n in numbers]
            return chosen

        picker = self._people(label, list(by_number))

        def member() -> None:
            self.draft.add_member(self.id, self.texts("new_user", len(self.draft.section("users")) + 1))

        def add() -> None:
            self._apply(member)

        return [*self._watch(field, picker, read), small_button(self.texts("members.add"), "person_add", add)]

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


def _offered(draft: Draft) -> tuple[str, ...]:
    """All that lists of a form offer."""
    return (*draft.ids(), *(str(name) for part in ("calendars", "prompts") for name in draft.section(part)))


def refusal(error: PbxError, texts: Texts) -> str:
    """A refused edit in one line, in the page's language."""
    told = str(error)
    if texts.language == "ru" and isinstance(error, EditRefused) and error.message in REFUSALS_RU:
        told = REFUSALS_RU[error.message].format(error.subject)
    rule = getattr(error, "rule", "")
    return f"{told} ({rule})" if rule else told
