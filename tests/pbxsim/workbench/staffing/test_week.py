"""A week of shifts on the Staffing page, without a browser: what is asked, what is found, and the words for both."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.loading.load import load
from pbxsim.rostering.contracts import Misfit, Workforce
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.reach import OutOfReach, OutOfReachAt
from pbxsim.staffing.targets import Targets
from pbxsim.staffing.teams import teams_of
from pbxsim.workbench.loadtest.own_scenario import LineFault
from pbxsim.workbench.shell.texts import TEXTS, Texts
from pbxsim.workbench.staffing import documents, tables, week_chart, week_tables
from pbxsim.workbench.staffing.form import FormFault
from pbxsim.workbench.staffing.people_lines import lines_of, people_of
from pbxsim.workbench.staffing.week_form import WeekForm
from pbxsim.workbench.staffing.week_work import WeekFound, WeekOrder, work
from tests.cli.test_simulate import SMALL
from tests.cli.test_staff import PEOPLE
from tests.pbxsim.staffing.test_staffing import two_skills


@pytest.fixture(scope="module")
def found(example_path: Path) -> WeekFound:
    """A week of two open days."""
    flow = load(example_path.read_text(encoding="utf-8"))
    workforce = Workforce.parse(PEOPLE.encode())
    targets = Targets(service_level=0.8, per="day")
    order = WeekOrder(flow.document, Scenario.parse(SMALL), targets, {"Sales": 2.0}, workforce, 3, 1)
    told: list[float] = []
    made = work(order, lambda share, _: told.append(share))
    assert told == sorted(told) and told[-1] == 1
    return made


def test_days_of_the_roster_run_on_the_pbx_with_its_newcomers(found: WeekFound, example_path: Path) -> None:
    text = documents.with_newcomers(example_path.read_text(encoding="utf-8"), found.newcomers)
    flow = load(text)
    assert {"thu", "fri"} <= set(found.scenarios)
    for weekday, one in found.scenarios.items():
        check(Scenario.parse(one.dump()), flow)
        at_work = set(found.roster.loc[found.roster["weekday"] == weekday, "user"])
        assert at_work <= {member for shift in one.shifts for member in shift.members}
        assert not at_work & set(one.absent)


def test_the_roster_is_told_in_both_languages(found: WeekFound) -> None:
    for texts, off, kind in ((Texts("en"), "off", "day"), (Texts("ru"), "вых.", "день")):
        table = week_tables.people(found, texts, dark=True)
        assert off in table and f"<small>{kind}</small>" in table and "New 1" in table
        assert table.count("<tr>") == 1 + len(found.hours)
        for make in (week_tables.tiles, week_tables.missing, week_tables.each_day, week_tables.binding):
            assert "wb" in make(found, texts, False) or "tiles" in make(found, texts, False)
        pictures = week_chart.pictures(found, "", texts, dark=False)
        assert pictures.count("<svg") == found.required["day"].nunique() and 'role="img"' in pictures
        assert texts("week.of_expected") in week_chart.legend(found, texts, dark=False)
        assert str(len(found.kept)) in week_tables.verdict(found, texts) or found.met
    misfit = Misfit("Anna", "full", 30.0, 20.0, "mon, tue", "day")
    told = week_tables.misfits((misfit,), Texts("ru"))
    assert "Anna: договор full требует 30 оплаченных часов" in told and "пн, вт" in told


def test_a_target_out_of_reach_names_the_day_of_the_week(example_path: Path) -> None:
    day = dt.date(2026, 11, 24)
    place = OutOfReachAt(5200, "10:00", "service_level", 0.4, 0.8, 9, "patience")
    error = OutOfReach([place], 2).on(day)
    assert "queue 5200 on 2026-11-24 from 10:00" in str(error) and "2 more places" in str(error)
    told = tables.out_of_reach(error.details, load(example_path.read_text(encoding="utf-8")), Texts("ru"))
    assert "5200 Sales, вт 24.11.2026 с 10:00: уровень сервиса" in told


def test_coverage_is_what_the_roster_says(found: WeekFound) -> None:
    days = week_chart.courses(found, "")
    planned_h = sum(float(table["planned"].sum()) for table in days.values()) * found.interval_min / 60
    assert planned_h == pytest.approx(found.required["planned"].sum() * found.interval_min / 60)
    assert sum(float(table["needed"].sum()) for table in days.values()) == found.required["members"].sum()
    one = next(iter(days.values()))
    assert (one["expected"] == one["planned"] * found.workforce.on_queue).all()
    assert isinstance(one["at"].iloc[0], pd.Timestamp)


# --- the form ----------------------------------------------------------------------------------------------------------

DAY = Scenario.parse(SMALL)


@pytest.fixture
def form() -> WeekForm:
    flow = two_skills(1, 30, [1, 1], [1, 1])[0]
    return WeekForm(Texts("ru"), flow, teams_of(flow))


def test_what_the_form_begins_with_is_everybody_on_one_contract_and_a_file_comes_back_as_it_was(form: WeekForm) -> None:
    first = form.workforce(DAY)
    assert {person.user for person in first.people} == {m for team in form.teams for m in team.members}
    assert first.load == {} and set(first.contracts) == {"full", "part"}
    data: dict[str, Any] = {
        "contracts": {
            "night": {"hours": [0, 37.5], "shifts_h": [5, 7.5], "days_off": 2, "days_off_together": True, "rest_h": 12}
        },
        "people": [
            {"user": 200, "contract": "night", "from": "18:00", "to": "08:00", "days": ["mon", "fri"], "name": "A"},
            {"user": 240, "contract": "night"},
            {"like": 240, "count": 3, "contract": "night", "name": "New"},
        ],
        "load": {"sat": 0.5, "sun": 0},
        "absence": 0.05,
        "adherence": 0.93,
        "begin_every_min": 30,
        "break_min": 45,
        "paid_breaks": True,
    }
    given = Workforce.of(data)
    assert Workforce.parse(given.dump().encode()) == given
    form.show(given)
    assert form.workforce(DAY) == given


def test_faults_are_told_at_their_fields(form: WeekForm) -> None:
    row = form.rows[0]

    def wrong(field: Any, value: str, words: str) -> None:
        before, field.value = field.value, value
        with pytest.raises(FormFault, match="отмечено: "):
            form.workforce(DAY)
        assert field.error_state and words in field.helper_text, field.helper_text
        field.value = before
        form.workforce(DAY)
        assert not field.error_state and not field.helper_text

    wrong(row.fields["hours"], "40 – 30", "Сначала меньшее")
    wrong(row.fields["hours"], "40", "Два числа")
    wrong(row.fields["hours"], "a - b", "не число")
    wrong(row.fields["shifts_h"], "8, 30", "24")
    wrong(row.fields["days_off"], "7", "Не больше 6")
    wrong(row.fields["days_off"], "1,5", "Целое")
    wrong(form.rows[1].name, "full", "уже есть")
    wrong(form.shares["absence"], "80", "Не больше 60")
    wrong(form.rhythm["begin_every_min"], "5", "Не меньше 15")
    wrong(form.load["mon"], "", "Заполните")
    wrong(form.people, "200 nobody", "Договора «nobody» нет")
    wrong(form.people, "full", "Строка 1")
    wrong(form.people, "200, 200 full", "назван дважды")
    wrong(form.people, "200-204 full", "204 не состоит")
    wrong(form.people, "200 full", "Никто из них не обслуживает очередь 5201")
    wrong(form.people, "", "Назовите")
    row.together.value = True
    wrong(row.fields["days_off"], "1", "два выходных")


def test_lines_of_people_are_read_and_written() -> None:
    assert people_of("100, 103-104 full пн-ср")[2] == {"contract": "full", "days": ["mon", "tue", "wed"], "user": 104}
    assert people_of("2 как 100 part time сб,вс 9:00-18:00 «Новый»")[0]["contract"] == "part time"
    for text in ("full", "104-100 full", "100"):
        with pytest.raises(LineFault):
            people_of(text)
    made = Workforce.of(
        {
            "contracts": {"c": {"hours": [0, 9]}},
            "people": people_of('100-102 c\n104 c fri-mon 22:00-06:00\n2 like 100 c "N"'),
        }
    )
    assert lines_of(made.people) == '100-102 c\n104 c mon,fri,sat,sun 22:00-06:00\n2 like 100 c "N"'


def test_every_text_of_a_week_has_both_languages() -> None:
    for key, (english, russian) in TEXTS.items():
        if key.startswith("week."):
            assert english and russian and english != russian, key
            assert {f"{{{n}}}" in english for n in range(6)} == {f"{{{n}}}" in russian for n in range(6)}, key
