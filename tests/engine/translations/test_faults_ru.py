"""Faults and findings in Russian: every sentence the checks can say is in the catalogue, with its arguments."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest

from engine.analysis import check
from engine.contract.errors import FlowError
from engine.document.faults import Fault
from engine.loading.load import load
from engine.translations import faults_ru
from tests.engine.analysis import test_check
from tests.engine.loading import test_load
from tests.engine.numbers.test_masks import M_CASES


def refused(text: str) -> tuple[Fault, ...]:
    """Everything that keeps a text from being a flow."""
    try:
        load(text)
    except FlowError as error:
        return tuple(fault for fault in error.faults if isinstance(fault, Fault))
    return ()


def everything() -> Iterator[Fault]:
    """The faults and findings that the tests of the checks and of reading are about."""
    yield from check.check(test_check.outgoing(test_check.hostile_rules()))
    for case in test_check.CASES:
        yield from check.check(case[3])
    for rules, _, _ in test_check.LEAKS:
        yield from check.check(test_check.outgoing(rules))
    for line, *_ in test_load.ELEMENT_FAULTS:
        yield from refused(f"pbx: example\nelements:\n  {line}\n")
    for line, *_ in test_load.HEAD_FAULTS:
        yield from refused(f"pbx: example\n{line}\n")
    for _, mask, output, _ in M_CASES:
        rule = f"{{mask: '{mask}', output: '{output}', operator: m}}"
        yield from refused(f"pbx: example\ntrunks: {{m: {{number: '17'}}}}\noutgoing: {{rules: [{rule}]}}\n")
    broken = (
        "a: [",
        "a: 'b",
        "\tpbx: x",
        "pbx: a: b",
        "pbx: x\n y: z",
        "- a\nb",
        "pbx: *x",
        "7",
        "pbx: x\npbx: x",
        "pbx:\n- {",
    )
    for text in broken:
        yield from refused(text)
    for calendar in ("{}", "{dates: soon}", "{dates: 2026-02-30}", "{ics: x}", "{country: XX}", "{subdivision: MOW}",
                     "{dates: 2027-01-08..2027-01-01}", "{country: RU, subdivision: XX}", "{dates: 1500-01-01}"):  # fmt: skip
        yield from refused(f"pbx: example\ncalendars: {{c: {calendar}}}\n")


def test_every_sentence_is_in_the_catalogue() -> None:
    said = {text for fault in everything() for text in (fault.message, fault.remedy) if text}
    assert len(said) > 120
    assert sorted(text for text in said if faults_ru.pattern(text) is None) == []


ANY_NUMBER = """
pbx: example
settings: {direct_sip: true, voicemail_recipients: a@b.ru}
trunks: {m: {number: "74951234567", lines: 5, to: 5600}}
users: {100: {}}
elements: {5600: {kind: http_request, address: "https://x.ru/", outside: true, outside_legs_for_direct_sip: true, default: 100}}
outgoing: {default: m}
"""


def test_no_words_of_ours_stay_english_inside_a_russian_sentence() -> None:
    ours = [words for words in faults_ru.WORDS if " " in words]
    found = (*everything(), *check.check(load(ANY_NUMBER)))
    assert any("любой номер" in faults_ru.in_language(fault, "ru").message for fault in found)
    told = [faults_ru.in_language(fault, "ru") for fault in found]
    assert [
        text for fault in told for text in (fault.message, fault.remedy) if any(words in text for words in ours)
    ] == []


def test_translations_have_the_arguments_of_their_pattern_and_no_others() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [english for english, spoken in faults_ru.SENTENCES.items() if names(spoken) - names(english)] == []


@pytest.mark.parametrize(
    ("english", "spoken"),
    [
        ("ring must be at most 120, not 500", "ring не больше 120, а не 500"),
        ("entries must have at least 1 entries, not a list of 0", "в entries не меньше 1 записей, а не список из 0"),
        ("greting is no kind of element; did you mean greeting", "greting — не вид элемента; возможно, greeting"),
        (
            "rule 2 fits 09161234567 too, which rule 1 takes first",
            "№ 2 тоже подходит к 09161234567, но раньше его берёт № 1",
        ),
        (
            "calls of all callers to 7495 end with no route set for 60 minutes a year, first Sat 2027-01-02 00:00",
            "звонки на 7495 (все звонящие) кончаются: «Нет заданного маршрута», 60 минут в году, впервые сб 2027-01-02 00:00",
        ),
        ("a sentence nobody wrote", "a sentence nobody wrote"),
    ],
)
def test_words_of_the_document_stay_and_words_of_ours_are_translated(english: str, spoken: str) -> None:
    assert faults_ru.translated(english) == spoken


def test_fault_keeps_code_rule_place_and_example_in_every_language() -> None:
    (fault, *_) = refused("pbx: example\nusers: {100: {ring: 500}}\n")
    told = faults_ru.in_language(fault, "ru")
    assert told != fault and faults_ru.in_language(fault, "en") is fault
    assert (told.code, told.rule, told.place, told.line) == (fault.code, fault.rule, fault.place, fault.line)
    assert told.line_of(faults_ru.severity(told.severity, "ru")) == (
        "pbx.yaml:2:21: ошибка R-06.9: users.100.ring: ring не больше 120, а не 500. Исправьте значение."
    )
