"""Targets of some queues as rows of widgets: which queues, whether each or all together, and what they keep.

Decides what a row asks and what an unfinished one means. Leaves the meaning of targets to `pbxsim.staffing.targets`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import panel_material_ui

from pbxsim.staffing.targets import Goals, GroupGoals
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.shell.shell import card, hint
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.plan_parts import drop_button

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

FIGURES = {"level": "service_level", "abandoned": "abandoned_share", "asa": "answer_speed_s"}
"""Fields of a row and the goals they are."""

Read = Callable[[Any, str], float | None]
"""The share or seconds that a field says; None for nothing. Raises what the form raises for no number."""


@dataclass
class TargetRow:
    """One row's widgets."""

    queues: Any
    together: Any
    fields: dict[str, Any]
    view: Any


class QueueTargets:
    """The rows of one browser's form. `queues` are names with their numbers."""

    def __init__(self, texts: Texts, queues: Mapping[str, int]) -> None:
        self.texts, self.queues = texts, dict(queues)
        self.rows: list[TargetRow] = []
        self._shown = pmui.Column(sizing_mode="stretch_width", margin=0)
        self._add = pmui.Button(
            label=texts("staff.of_queues_add"), icon="add", variant="text", size="small", on_click=self.add,
            margin=(6, 0, 0, 0),
        )  # fmt: skip

    def add(self, _: Any = None) -> TargetRow:
        """A further row, empty."""
        texts = self.texts
        wide = {**{name: value for name, value in WIDE.items() if name != "size"}, "visual_size": "small"}
        queues = pmui.MultiChoice(label=texts("staff.of_queues_which"), options=self.queues, value=[], **wide)
        options = {texts("staff.of_queues_each"): False, texts("staff.of_queues_together"): True}
        together = pmui.Select(label=texts("staff.of_queues_kept"), options=options, value=False, **WIDE)
        fields = {
            name: pmui.TextInput(label=texts(f"staff.{name}"), value="", placeholder="–", **WIDE) for name in FIGURES
        }
        drop = drop_button(texts)
        view = pmui.Column(queues, together, *fields.values(), drop, sizing_mode="stretch_width", margin=(0, 0, 6, 0))
        row = TargetRow(queues, together, fields, view)
        drop.on_click(lambda _: self._drop(row))
        self.rows.append(row)
        self._show()
        return row

    def _drop(self, row: TargetRow) -> None:
        self.rows.remove(row)
        self._show()

    def _show(self) -> None:
        self._shown.objects = [row.view for row in self.rows]

    def read(self, asked: Read) -> tuple[dict[int, Goals], tuple[GroupGoals, ...]]:
        """What single queues and groups are to keep; rows without a queue ask for nothing. Raises what `asked` raises."""
        singles: dict[int, Goals] = {}
        groups: list[GroupGoals] = []
        names = {number: name for name, number in self.queues.items()}
        for row in self.rows:
            chosen = tuple(sorted(row.queues.value))
            goals = {goal: asked(row.fields[field], field) for field, goal in FIGURES.items()}
            if row.together.value and len(chosen) > 1:
                name = " + ".join(names[queue] for queue in chosen)
                twice = sum(group.queues == chosen for group in groups)
                groups.append(GroupGoals(name=f"{name} ({twice + 1})" if twice else name, queues=chosen, **goals))
            else:
                singles |= {queue: Goals(**goals) for queue in chosen}
        return singles, tuple(groups)

    def view(self) -> Any:
        """The card."""
        return card(self.texts("staff.of_queues"), hint(self.texts("staff.of_queues_hint")), self._shown, self._add)
