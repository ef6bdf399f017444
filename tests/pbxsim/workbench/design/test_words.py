"""What a person reads at a field and of a fault: from the models, in both languages, without a word of the YAML text."""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.analysis import check
from engine.document.faults import Fault
from engine.loading.json_schema import json_schema
from engine.translations import faults_ru
from pbxsim.workbench.design import forms, pickers
from pbxsim.workbench.diagram import kind_styles, messages, trace_rows
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import TEXTS, Texts
from pbxsim.workbench.shell.texts_fields import FIELDS
from pbxsim.workbench.shell.texts_help import HELP_RU, help_of
from pbxsim.workbench.shell.texts_remedies import REMEDIES

UNSEEN = {"kind", "x", "y"}


def described() -> Iterator[tuple[str, str, str]]:
    """Model, setting and description of everything the schema says a document may hold."""
    schema: dict[str, Any] = json_schema()
    for owner, part in (("PBX", schema), *schema["$defs"].items()):
        for name, field in part.get("properties", {}).items():
            if name not in UNSEEN or owner == "Entry":
                yield owner, name, field.get("description", "")


@pytest.mark.parametrize(("owner", "name", "description"), described())
def test_every_setting_says_what_it_is_for_in_both_languages(owner: str, name: str, description: str) -> None:
    assert re.match(r"\S+ \S+", description), "a description is words, and not the number of a rule alone"
    assert description in HELP_RU
    assert help_of(description, "ru") != help_of(description, "en")


def test_no_help_is_left_over_of_a_setting_that_is_gone() -> None:
    assert set(HELP_RU) == {description for _, _, description in described()}


@pytest.mark.parametrize("kind", [*kind_styles.MODELS, *kind_styles.KINDS])
def test_every_setting_has_a_name_and_an_input(kind: str) -> None:
    outputs = {name for name, _ in kind_styles.outputs_of(kind)}
    for field in forms.fields_of(kind):
        assert field.name in FIELDS or field.name in outputs, field.name
        assert field.help


def test_remedies_are_sentences_of_the_engine_with_no_gaps_of_their_own() -> None:
    assert set(REMEDIES) <= set(faults_ru.SENTENCES)
    for template, said in REMEDIES.items():
        gaps = {name for _, name, _, _ in string.Formatter().parse(template)}
        for words in said:
            assert {name for _, name, _, _ in string.Formatter().parse(words)} <= gaps, template


# --- faults ------------------------------------------------------------------------------------------------------------

WRONG = (
    ("max_wait: 300", "max_wait: 9000", "Sales, Longest wait, s", "“Longest wait, s” must be at most 7200, not 9000"),
    ("prompt: welcome.wav", "prompt: gone.wav", "Welcome, Sound", "Upload it under Sounds, or choose another sound"),
    ("members: [103, 104]", "members: [103, 999]", "Office, Members", "no user has the number 999"),
    ("operator: spb", "operator: lost", "Outgoing rule “nothing abroad”, Through", "no outside number lost"),
    ("zone: GMT+5", "zone: Moon", "Working time, Time zone", "is no time zone"),
    ("mismatch: 5001", "mismatch: 5999", "Working time, no match", "nothing has the number 5999"),
    ('output: "8$"', 'output: ""', "Outgoing rule “any form to 8”, Sent number", "the output is empty"),
)


@pytest.mark.parametrize(("right", "wrong", "place", "said"), WRONG)
def test_a_fault_is_told_by_names_and_leads_to_its_field(
    example_path: Path, right: str, wrong: str, place: str, said: str
) -> None:
    draft = Draft(example_path.read_text(encoding="utf-8").replace(right, wrong))
    (fault,) = draft.faults
    assert messages.where(fault, draft, Texts()) == place
    assert said in messages.told(fault, draft, Texts())
    at = messages.target(fault)
    assert at.field in {field.name for field in forms.fields_of(draft.kind(at.id))}


def test_a_place_that_the_canvas_does_not_show_is_found_too() -> None:
    def place(text: str) -> tuple[str, str, str]:
        at = messages.target(Fault(severity="error", code="x", rule="R-02.1", message="m", place=text))
        return at.id, at.field, at.item

    assert place("trunks.moscow.sip.host") == ("sip:moscow", "host", "")
    assert place("settings.codes.park") == ("codes", "park", "")
    assert place("settings.aliases.info") == ("aliases", "", "info")
    assert place("prompts.welcome.wav") == ("sounds", "", "welcome.wav")
    assert place("calendars.ru.dates[0]") == ("calendar:ru", "dates", "ru")
    assert place("zone") == ("head", "zone", "")
    assert place("") == ("", "", "")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_findings_of_the_check_name_cards_and_no_keys_of_the_text(example_path: Path, language: str) -> None:
    text = example_path.read_text(encoding="utf-8")
    text = text.replace(", lines: 30", "").replace("    recipients: [office@example.org]\n", "")
    draft = Draft(text.replace("no_answer: 5120", "no_answer: 106"))
    assert draft.flow is not None
    found = check.check(draft.flow, trace_rows.first_of_january(draft.flow.zone, dt.date(2026, 1, 1)))
    assert len(found) >= 3
    for fault in found:
        told = messages.told(fault, draft, Texts(language))
        assert not re.search(r"\w_\w|<|\{(?!p\|)|\b(lines|to|members|record|dates|settings|outgoing): ", told), told
    first = next(fault for fault in found if fault.place.startswith("trunks.moscow"))
    assert Texts(language).quotes("«Moscow»") in messages.told(first, draft, Texts(language))


# --- pickers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["mon-fri", "mon, sat", "all", "none", "mon-wed, fri-sun"])
def test_weekdays_are_written_as_they_are_read(text: str) -> None:
    """R-11.4."""
    days = pickers.days_read(text)
    assert days is not None and pickers.days_written(days) == text


def test_hours_of_one_line_stay_text_and_more_become_a_list() -> None:
    """R-11.5."""
    written: list[Any] = []
    rows = pickers.hours("Hours", "09:00-21:00", (), Texts(), written.append)
    begin, end = rows[1].objects
    end.value = "18"
    assert written == ["09:00-18:00"]
    rows[-1].clicks += 1
    assert written[-1] == ["09:00-18:00", pickers.OFFICE_HOURS]
    begin.value = "8:30"
    assert written[-1] == "08:30-18:00"


def test_dates_are_picked_as_days_ranges_and_days_of_every_year() -> None:
    """R-11.4."""
    written: list[Any] = []
    rows = pickers.dates("Dates", ["12-31", "2027-01-01..2027-01-08"], Texts(), written.append, dt.date(2026, 3, 1))
    (first, last), yearly = rows[1].objects, rows[2].objects[0]
    assert (first.value, last.value, yearly.value) == (dt.date(2026, 12, 31), dt.date(2026, 12, 31), True)
    yearly.value = False
    assert written == [["2026-12-31", "2027-01-01..2027-01-08"]]
    rows[3].objects[1].value = dt.date(2027, 1, 10)
    assert written[-1] == ["12-31", "2027-01-01..2027-01-10"]
    rows[-1].clicks += 1
    assert written[-1] == ["12-31", "2027-01-01..2027-01-08", "2026-03-01"]


def test_every_word_of_the_pages_is_there() -> None:
    for kind in ("rule", "calendar", "settings", "codes", "outgoing"):
        assert f"part.{kind}" in TEXTS or kind == "rule"


def test_a_new_member_is_a_user_and_a_member_in_one_step(example_path: Path) -> None:
    """R-08.4."""
    draft = Draft.open(example_path)
    before = draft.text
    number = draft.add_member("5200", "User 8")
    assert draft.members("5200")[-1] == number and draft.title(number) == "User 8"
    draft.undo()
    assert draft.text == before
