"""Where calls go next, as widgets: one output, an output for each key, steps of forwarding in order.

Decides what may be picked and what typed words mean. Leaves whether an output may lead there to
`workbench/document/draft.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from engine.document.models import HANGUP
from engine.numbers import phone_numbers
from pbxsim.workbench.design.forms import FormField
from pbxsim.workbench.design.widgets import WIDE, caption, icon_button, small_button
from pbxsim.workbench.document.draft import KEYS, Draft
from pbxsim.workbench.document.yaml_edits import Value
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_help import help_of


class Outputs:
    """The outputs of one card."""

    def __init__(self, draft: Draft, id: str, texts: Texts, apply: Callable[[Callable[[], None]], None]) -> None:
        self.draft, self.id, self.texts, self._apply = draft, id, texts, apply
        self.by_field: dict[str, Any] = {}

    def named(self, id: str) -> str:
        """An element or user by number and name."""
        title = self.draft.title(id)
        return id if title == id else f"{id} {title}"

    def where(self, label: str, value: Any, apply: Callable[[str], None]) -> Any:
        """An input for one output: anything of this PBX by number and name, `hangup`, or an outside number typed in."""
        hangup = self.texts("hangup")
        ids = [*self.draft.section("elements"), *self.draft.section("users")]
        options = [hangup, *(self.named(id) for id in ids)]
        text = "" if value is None else str(value)
        shown = hangup if text == HANGUP else self.named(text) if text in ids else text
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
            shown = hangup if to == HANGUP else self.named(to) if to in ids else to
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
        named = [id for id in ids if typed.lower() in (self.named(id).lower(), self.draft.title(id).lower())]
        if len(named) == 1 and typed:
            return named[0]
        return phone_numbers.bare(typed) or typed

    def output(self, field: FormField, label: str, value: Any) -> list[Any]:
        """One output."""
        widget = self.where(label, value, lambda to: self._lead(field.name, to))
        self.by_field[field.name] = widget
        return [widget]

    def _leader(self, port: str) -> Callable[[str], None]:
        return lambda to: self._lead(port, to)

    def _lead(self, port: str, to: str) -> None:
        self._apply(lambda: self.draft.connect(self.id, port, to) if to else self.draft.disconnect(self.id, port))

    def outputs(self, field: FormField, label: str, value: Any) -> list[Any]:
        """An output for each key, and a picker of the next key."""
        keys = {str(key): to for key, to in value.items()} if isinstance(value, dict) else {}
        rows: list[Any] = [caption(label, margin=(6, 0, 0, 0)), caption(help_of(field.help, self.texts.language))]
        for key, to in keys.items():
            port = f"{field.name}.{key}"
            rows.append(self.where(self.texts("port.key", key), to, self._leader(port)))
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

    def steps(self, field: FormField, label: str, value: Any) -> list[Any]:
        """A line a step of forwarding."""
        steps = value if isinstance(value, list) else []
        rows: list[Any] = [caption(label, margin=(8, 0, 0, 0)), caption(help_of(field.help, self.texts.language))]
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
            to = self.where(self.texts.field("to"), step.get("to"), self._leader(f"{field.name}.{i}"))
            gone = icon_button(
                "close",
                self.texts("delete"),
                self._remover(field.name, i),
            )
            rows.append(pmui.Row(when, to, gone, sizing_mode="stretch_width", margin=0))
        rows.append(small_button(self.texts("add_row"), "add", lambda: self._add_step(field.name, len(steps))))
        return rows

    def _remover(self, name: str, at: int) -> Callable[[], None]:
        return lambda: self._apply(lambda: self.draft.set(self.id, (name, at), None))

    def _add_step(self, name: str, at: int) -> None:
        step: Value = {"when": "no_answer", "to": HANGUP}
        if at:
            self._apply(lambda: self.draft.set(self.id, (name, at), step))
        else:
            self._apply(lambda: self.draft.set(self.id, (name,), [step]))
