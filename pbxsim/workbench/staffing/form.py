"""What a plan is asked for, as widgets: targets, teams and their costs, shifts, the search.

Decides labels, units, ranges and defaults, and what an empty field means. Leaves the meaning of every value to
`pbxsim.staffing`, the page to `page.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import panel_material_ui

from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.shifts import Patterns
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import Team, teams_of
from pbxsim.workbench.design.fields import SMALL_TEXT, WIDE
from pbxsim.workbench.shell.number_texts import NoNumber, number_of
from pbxsim.workbench.shell.shell import card, hint
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.queue_targets import QueueTargets

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

INTERVALS = (15, 30, 60)
MOST_DAYS = 200


class FormFault(ValueError):
    """A field says what cannot be; the words are for people."""


class StaffingForm:
    """The settings of one browser's search."""

    def __init__(self, texts: Texts, flow: Flow | None) -> None:
        self.texts = texts
        self.teams: tuple[Team, ...] = teams_of(flow) if flow is not None else ()
        self._names = {number: e.name for number, e in flow.elements.items()} if flow is not None else {}
        self._skills = _skills(flow) if flow is not None else {}

        def number(text: str, value: float | None, end: float, step: float = 1.0, **settings: Any) -> Any:
            return pmui.FloatInput(
                label=texts(text), value=value, start=0, end=end, step=step, format="0[.]0", **{**WIDE, **settings}
            )

        def choice(text: str, options: Mapping[str, Any], value: Any) -> Any:
            return pmui.Select(label=texts(text), options=dict(options), value=value, **WIDE)

        self.asked = {
            target: pmui.TextInput(label=texts(f"staff.{target}"), value=shown, placeholder="–", **WIDE)
            for target, shown in (("level", "80"), ("abandoned", ""), ("asa", ""), ("occupancy", ""))
        }
        queues = sorted({queue for team in self.teams for queue in team.queues})
        self.of_queues = QueueTargets(
            texts, {f"{queue} {self._names.get(queue, '')}".strip(): queue for queue in queues}
        )
        self.within = number("staff.within", 20, 3600)
        self.per = choice("staff.per", {texts(f"staff.per.{per}"): per for per in ("interval", "day")}, "interval")
        self.interval = choice("staff.interval", {texts("staff.minutes", n): n for n in INTERVALS}, 30)
        self.costs = {
            team.name: pmui.FloatInput(
                label=texts("staff.cost", team.name), value=1.0, start=0.01, end=1e6, step=0.1, format="0[.]00", **WIDE
            )
            for team in self.teams
        }
        self.with_shifts = pmui.Switch(label=texts("staff.with_shifts"), value=False, size="small", sx=SMALL_TEXT)
        self.lengths = pmui.TextInput(label=texts("staff.lengths"), value="4, 8", **WIDE)
        self.every = choice("staff.every", {str(n): n for n in (15, 30, 60)}, 30)
        self.rest = number("staff.break", 30, 240, 5)
        self.rest_from = number("staff.break_from", 6, 24)
        self.paid = pmui.Switch(label=texts("staff.paid_breaks"), value=False, size="small", sx=SMALL_TEXT)
        self.shrinkage = number("staff.shrinkage", 0, 90)
        self.days = pmui.IntInput(label=texts("staff.days"), value=20, start=2, end=MOST_DAYS, step=5, **WIDE)
        self.prove = pmui.Switch(label=texts("staff.prove"), value=False, size="small", sx=SMALL_TEXT)
        self.of_day: list[Any] = [self.prove]
        """What is asked of a day alone."""
        for name, widget in (*self.asked.items(), ("per", self.per), ("interval", self.interval), ("days", self.days)):
            widget.helper_text = texts(f"staff.{name}_help")
        for widget in self.costs.values():
            widget.helper_text = texts("staff.cost_help")
        self._of_shifts = pmui.Column(
            self.lengths, self.every, self.rest, self.rest_from, self.paid, self.shrinkage,
            sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.with_shifts.param.watch(lambda event: self._of_shifts.param.update(visible=event.new), "value")

    def follow(self, scenario: Scenario) -> None:
        """Take over what the scenario says itself."""
        measure = scenario.measure
        self.within.value = measure.within_s
        self.interval.value = measure.interval_min if measure.interval_min in INTERVALS else 30

    def targets(self) -> Targets:
        """What is asked for. Raises FormFault where nothing is, or no number."""
        level, abandoned, asa, occupancy = (self._asked(field, name) for name, field in self.asked.items())
        queues, groups = self.of_queues.read(self._asked)
        asked = [level, abandoned, asa, occupancy]
        if all(value is None for value in asked) and all(one.is_empty for one in (*queues.values(), *groups)):
            raise FormFault(self.texts("staff.nothing_asked"))
        for group in groups:
            if group.is_empty:
                raise FormFault(self.texts("staff.of_queues_nothing", group.name))
        return Targets(
            service_level=level,
            abandoned_share=abandoned,
            answer_speed_s=asa,
            occupancy=occupancy,
            per=self.per.value,
            queues=queues,
            groups=groups,
        )

    def _asked(self, field: Any, target: str) -> float | None:
        """What a field says, shares 0 to 1."""
        high = 3600.0 if target == "asa" else 100.0
        try:
            value = number_of(field.value, 0, high)
        except NoNumber as error:
            raise FormFault(self.texts("staff.no_number", field.label, error, self.texts.exact(high))) from None
        return value if value is None or target == "asa" else value / 100

    def scenario(self, scenario: Scenario) -> Scenario:
        """The scenario with the time to answer within and the interval asked for. Raises ScenarioError."""
        changed = {"within_s": float(self.within.value or 0), "interval_min": int(self.interval.value)}
        return scenario.replace(measure={**scenario.measure.model_dump(), **changed})

    def prices(self) -> dict[str, float]:
        """Cost of an hour by team."""
        return {name: float(field.value or 1.0) for name, field in self.costs.items()}

    def patterns(self) -> Patterns | None:
        """The shifts there may be; None where none are asked for. Raises FormFault."""
        if not self.with_shifts.value:
            return None
        text = str(self.lengths.value)
        try:
            return Patterns(
                lengths_h=tuple(float(part) for part in text.replace(";", ",").split(",")),
                every_min=int(self.every.value),
                break_min=float(self.rest.value or 0),
                break_from_h=float(self.rest_from.value or 24),
                paid_breaks=bool(self.paid.value),
            )
        except ValueError:
            raise FormFault(self.texts("staff.lengths_wrong", text)) from None

    @property
    def lost(self) -> float:
        """Shrinkage as a share; it counts where shifts are planned."""
        return float(self.shrinkage.value or 0) / 100 if self.with_shifts.value else 0.0

    def cards(self) -> list[Any]:
        """The form."""
        texts = self.texts
        shifts = card(texts("staff.shifts"), self.with_shifts, self._of_shifts)
        self.of_day.append(shifts)
        return [
            card(
                texts("staff.targets"), self.asked["level"], self.within,
                *(self.asked[name] for name in ("abandoned", "asa", "occupancy")),
                hint(texts("staff.empty_is_none")), self.per, self.interval,
            ),
            *([self.of_queues.view()] if len(self.of_queues.queues) > 1 else []),
            card(texts("staff.teams"), hint(texts("staff.teams_hint")), *self._teams()),
            shifts,
            card(texts("staff.search"), self.days, self.prove),
        ]  # fmt: skip

    def _teams(self) -> list[Any]:
        rows: list[Any] = []
        for team in self.teams:
            queues = ", ".join(f"{queue} {self._names.get(queue, '')}".strip() for queue in team.queues)
            words = self.texts("staff.team_is", queues, len(team.members))
            skills = self._skills.get(team.members[0], "")
            if skills:
                words += "; " + self.texts("staff.skills", skills)
            rows += [self.costs[team.name], hint(words, margin=(0, 0, 6, 0))]
        return rows


def _skills(flow: Flow) -> dict[int, str]:
    """Skills with their levels, by user."""
    held: dict[int, dict[str, int]] = {}
    for number, element in flow.elements.items():
        if element.is_queue:
            for member in flow.document.elements[number].members:  # type: ignore[attr-defined]  # a queue's parameters
                held.setdefault(member.user, {}).update(member.skills)
    return {user: ", ".join(f"{skill} {level}" for skill, level in sorted(own.items())) for user, own in held.items()}
