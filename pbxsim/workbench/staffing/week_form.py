"""What a week of shifts is asked for, as widgets: contracts, people, calls of each weekday, absence.

Decides labels, and at which field a fault is told. Leaves what may be said to `pbxsim.rostering.contracts`, lines of people to
`people_lines.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import panel_material_ui
import pydantic

from engine.calendar.schedule import WEEKDAYS
from engine.state.flow import Flow
from pbxsim.rostering.contracts import Contract, PeopleFault, Workforce, strangers, unserved
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.teams import Team
from pbxsim.workbench.design.fields import SMALL_TEXT, WIDE
from pbxsim.workbench.design.widgets import row, small_button
from pbxsim.workbench.loadtest.own_scenario import LineFault
from pbxsim.workbench.shell.number_texts import NoNumber, number_of
from pbxsim.workbench.shell.shell import card, hint, notice
from pbxsim.workbench.shell.texts import TEXTS, Texts
from pbxsim.workbench.staffing.form import FormFault
from pbxsim.workbench.staffing.people_lines import lines_of, people_of
from pbxsim.workbench.staffing.plan_parts import drop_button

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

BIGGEST_FILE = 200_000
"""Bytes; three hundred people take a tenth of it."""
WEEK_H = 168
FIRST = {
    "full": {"hours": (30, 40)},
    "part": {"hours": (10, 20), "shifts_h": (4, 5), "days_off": 3},
}
"""Contracts that the form begins with."""

BESIDE: dict[str, Any] = {**WIDE, "margin": (7, 6, 7, 0)}
"""Fields that stand beside one another."""

NUMBERS = ("days_off", "days_in_a_row", "rest_h")
SHARES = ("absence", "adherence")
RHYTHM = ("begin_every_min", "break_min", "break_from_h")
AT = {"hours_order": "hours", "shift_too_long": "shifts_h", "two_days_off": "days_off"}
"""Fields of the contract at which its own faults are told."""


class ContractRow:
    """One contract's widgets."""

    def __init__(self, texts: Texts, name: str, contract: Contract) -> None:
        def text(label: str, value: str) -> Any:
            return pmui.TextInput(label=texts(f"week.{label}"), value=value, **BESIDE)

        low, high = contract.hours
        self.name = text("contract", name)
        self.fields = {
            "hours": text("hours", f"{texts.exact(low)} – {texts.exact(high)}"),
            "shifts_h": text("shifts_h", ", ".join(f"{length:g}" for length in contract.shifts_h)),
            **{field: text(field, texts.exact(getattr(contract, field))) for field in NUMBERS},
        }
        self.together = pmui.Switch(
            label=texts("week.days_off_together"), value=contract.days_off_together, size="small", sx=SMALL_TEXT
        )
        self.drop = drop_button(texts)
        self.view = pmui.Column(
            row(self.name, self.fields["hours"]), row(self.fields["shifts_h"], self.fields["rest_h"]),
            row(self.fields["days_off"], self.fields["days_in_a_row"]), self.together, self.drop,
            sizing_mode="stretch_width", margin=(0, 0, 8, 0),
        )  # fmt: skip


class WeekForm:
    """The settings of one browser's week."""

    def __init__(self, texts: Texts, flow: Flow, teams: tuple[Team, ...]) -> None:
        self.texts, self.flow, self.teams = texts, flow, teams
        self.rows: list[ContractRow] = []
        self._wrong: list[Any] = []
        """Fields that are marked."""
        self._of_rows = pmui.Column(sizing_mode="stretch_width", margin=0)
        self._add = small_button(texts("week.contract_add"), "add", self.add)
        self.people = pmui.TextAreaInput(label=texts("week.people"), rows=5, max_rows=14, **WIDE)
        self.load = {
            day: pmui.TextInput(label=name, value="100", **{**WIDE, "sizing_mode": "fixed", "width": 66, "margin": (7, 6, 4, 0)})
            for day, name in zip(WEEKDAYS, texts.weekdays(), strict=True)
        }  # fmt: skip
        self.load_hint = hint("")
        self._of_load = pmui.FlexBox(*self.load.values(), margin=0, sizing_mode="stretch_width")
        self.shares = {name: self._text(name) for name in SHARES}
        self.rhythm = {name: self._text(name) for name in RHYTHM}
        self.paid = pmui.Switch(label=texts("staff.paid_breaks"), value=False, size="small", sx=SMALL_TEXT)
        self.file = pmui.FileInput(
            label=texts("week.file"), accept=".yaml,.yml", variant="outlined", size="small", margin=(6, 0, 0, 0),
            max_file_size=BIGGEST_FILE,
        )  # fmt: skip
        self.file_said = notice(margin=(6, 0, 0, 0))
        self.file.param.watch(self._dropped, "value")
        everybody = [{"user": user, "contract": "full"} for team in teams for user in team.members]
        self.show(Workforce.of({"contracts": FIRST, "people": everybody}))

    def _text(self, name: str) -> Any:
        return pmui.TextInput(label=self.texts(f"week.{name}"), **(BESIDE if name in RHYTHM[1:] else WIDE))

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show(self, workforce: Workforce) -> None:
        """Take over people and contracts."""
        self.rows = [self._row(name, contract) for name, contract in workforce.contracts.items()]
        self._shown()
        self.people.value = lines_of(workforce.people)
        for day, field in self.load.items():
            field.value = self.texts.exact(100 * workforce.load.get(day, 1.0))
        for name, field in self.shares.items():
            field.value = self.texts.exact(100 * getattr(workforce, name))
        for name, field in self.rhythm.items():
            field.value = self.texts.exact(getattr(workforce, name))
        self.paid.value = workforce.paid_breaks
        self._unmark()

    def follow(self, scenario: Scenario) -> None:
        """A scenario of a week has calls of its own for each weekday."""
        own = scenario.hours == WEEK_H
        self._of_load.visible = not own
        self.load_hint.object = self.texts("week.load_own" if own else "week.load_hint")

    def add(self) -> ContractRow:
        """A further contract, of the usual terms."""
        made = self._row("", Contract(hours=(0, 40)))
        self.rows.append(made)
        self._shown()
        return made

    def _row(self, name: str, contract: Contract) -> ContractRow:
        made = ContractRow(self.texts, name, contract)
        made.drop.on_click(lambda _: self._dropped_row(made))
        return made

    def _dropped_row(self, made: ContractRow) -> None:
        self.rows.remove(made)
        self._shown()

    def _shown(self) -> None:
        self._of_rows.objects = [one.view for one in self.rows]

    def _dropped(self, _: Any = None) -> None:
        """Take a file of people as the command reads it."""
        content = self.file.value
        if not content:
            return
        try:
            self.show(Workforce.parse(bytes(content), str(self.file.filename or "people.yaml")))
        except ValueError as error:
            self.file_said.param.update(object=self.texts("week.file_wrong", error), severity="error", visible=True)
        else:
            self.file_said.param.update(object=self.texts("week.file_taken"), severity="success", visible=True)

    # --- what is asked for -------------------------------------------------------------------------------------------

    def workforce(self, scenario: Scenario) -> Workforce:
        """People and contracts. Raises FormFault where a field says what cannot be; the field is marked and says why."""
        self._unmark()
        self._wrong = []
        data = self._data(scenario)
        if not self._wrong:
            try:
                made = Workforce.model_validate(data)
            except pydantic.ValidationError as error:
                places = self._by_place()
                for fault in error.errors(include_url=False):
                    field = places.get(_place(fault), self.people)
                    self._mark(field, self._words(fault, field))
            else:
                words = self._of_people(made)
                if not words:
                    return made
                self._mark(self.people, words)
        raise FormFault(self.texts("week.marked", ", ".join(dict.fromkeys(str(field.label) for field in self._wrong))))

    def _data(self, scenario: Scenario) -> dict[str, Any]:
        """What the fields say, as a file of people says it; those that say nothing at all are marked."""
        contracts: dict[str, Any] = {}
        for line in self.rows:
            name = str(line.name.value).strip()
            if not name:
                self._mark(line.name, self.texts("week.empty"))
            elif name in contracts:
                self._mark(line.name, self.texts("week.contract_twice"))
            hours = self._numbers(line.fields["hours"], "-–—")
            if hours and len(hours) != 2:
                self._mark(line.fields["hours"], self.texts("week.hours_two"))
            contracts[name] = {
                "hours": hours,
                "shifts_h": self._numbers(line.fields["shifts_h"], ",;"),
                "days_off_together": bool(line.together.value),
                **{field: self._number(line.fields[field]) for field in NUMBERS},
            }
        load = {} if scenario.hours == WEEK_H else {day: self._number(field, 100) for day, field in self.load.items()}
        data: dict[str, Any] = {
            "contracts": contracts,
            "load": {day: factor for day, factor in load.items() if factor != 1},
            "paid_breaks": bool(self.paid.value),
            **{name: self._number(field, 100) for name, field in self.shares.items()},
            **{name: self._number(field) for name, field in self.rhythm.items()},
        }
        try:
            data["people"] = people_of(str(self.people.value or ""))
        except LineFault as fault:
            self._mark(self.people, self.texts(fault.key, *fault.values))
        return data

    def _numbers(self, field: Any, between: str) -> list[float]:
        """Numbers with one of the signs `between` them; none where the field is marked."""
        parts = re.split(f"[{between}]", str(field.value)) if between else [str(field.value)]
        try:
            found = [number_of(part, 0, 1e6) for part in parts]
        except NoNumber as error:
            self._mark(field, self.texts("week.no_number", error))
            return []
        if None in found:
            self._mark(field, self.texts("week.empty"))
        return [number for number in found if number is not None]

    def _number(self, field: Any, parts: float = 1) -> float | None:
        found = self._numbers(field, "")
        return found[0] / parts if found else None

    def _mark(self, field: Any, words: str) -> None:
        if field not in self._wrong:
            self._wrong.append(field)
            field.param.update(error_state=True, helper_text=words)

    def _of_people(self, workforce: Workforce) -> str:
        """What is wrong with people of this PBX; empty where nothing is."""
        for number in strangers(workforce, self.teams, self.flow):
            return self.texts("week.stranger", number)
        for queue in unserved(workforce, self.teams):
            return self.texts("week.unserved", f"{queue} {self.flow.elements[queue].name}".strip())
        return ""

    def _words(self, error: Mapping[str, Any], field: Any) -> str:
        """What is wrong, in the page's language and the field's unit."""
        context = error.get("ctx", {})
        fault = context.get("error")
        if isinstance(fault, PeopleFault):
            return self.texts(f"week.{fault.kind}", *fault.values)
        limits = [context[name] for name in ("ge", "gt", "le") if name in context]
        if limits:
            is_share = field in (*self.shares.values(), *self.load.values())
            return self.texts(f"week.{error['type']}", self.texts.exact(limits[0] * (100 if is_share else 1)))
        key = f"week.{error['type']}"
        return self.texts(key) if key in TEXTS else str(error["msg"])

    def _by_place(self) -> dict[tuple[str, ...], Any]:
        """Fields by their place in a file of people."""
        made: dict[tuple[str, ...], Any] = {}
        for line in self.rows:
            name = str(line.name.value).strip()
            made[("contracts", name, "")] = line.name
            made |= {("contracts", name, field): widget for field, widget in line.fields.items()}
        made |= {("load", day): field for day, field in self.load.items()}
        return made | {(name,): field for name, field in (*self.shares.items(), *self.rhythm.items())}

    def _unmark(self) -> None:
        fields = [self.people, *self.load.values(), *self.shares.values(), *self.rhythm.values()]
        for line in self.rows:
            fields += [line.name, *line.fields.values()]
        for field in fields:
            if field.error_state:
                field.param.update(error_state=False, helper_text="")

    # --- the form ----------------------------------------------------------------------------------------------------

    def cards(self) -> list[Any]:
        """The form."""
        texts, users = self.texts, self.flow.head.users
        names = ", ".join(
            f"{number} {users[number].name}".strip()
            for number in sorted({member for team in self.teams for member in team.members})
            if number in users
        )
        return [
            card(texts("week.contracts"), self._of_rows, self._add),
            card(
                texts("week.who"), hint(texts("week.people_hint"), margin=(0, 0, 4, 0)), self.people,
                hint(texts("week.members", names), margin=(0, 0, 6, 0)), self.file, self.file_said,
            ),
            card(texts("week.load"), self.load_hint, self._of_load),
            card(
                texts("week.presence"), *self.shares.values(), self.rhythm["begin_every_min"],
                row(self.rhythm["break_min"], self.rhythm["break_from_h"]), self.paid,
            ),
        ]  # fmt: skip


def _place(fault: Mapping[str, Any]) -> tuple[str, ...]:
    """The field of a fault, as a file of people names it."""
    loc = tuple(str(part) for part in fault["loc"])
    if loc[:1] != ("contracts",) or len(loc) < 2:
        return loc[: 2 if loc[:1] == ("load",) else 1]
    kind = getattr(fault.get("ctx", {}).get("error"), "kind", "")
    return ("contracts", loc[1], AT.get(kind) or (loc[2] if len(loc) > 2 else ""))
