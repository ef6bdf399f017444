"""A trace in Russian: every sentence that calls of the examples make is in the catalogue."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from engine.analysis import preview, scripted_world
from engine.contract.ids import SECOND_US
from engine.loading.load import load
from engine.translations import trace_ru

DATASETS = Path(__file__).resolve().parents[3] / "datasets" / "pbx"
MONDAY = 1_795_406_400 * SECOND_US
"""2026-11-23 00:00 in Yekaterinburg, five hours before this instant in UTC."""


def test_every_sentence_of_the_examples_calls_is_in_the_catalogue() -> None:
    said = set()
    for name in ("example", "evening"):
        flow = load((DATASETS / name / "pbx.yaml").read_text(encoding="utf-8"), name)
        people = {user: state for user, state in zip(flow.head.users, scripted_world.STATES * 9, strict=False)}
        worlds = [{}, dict.fromkeys(flow.head.users, scripted_world.NO_ANSWER), people]
        entries = [{"trunk": key} for key in flow.trunks] + [
            {"user": user, "called": "5300"} for user in flow.head.users
        ]
        entries += [
            {"user": user, "called": number} for user in (100, 103) for number in ("89161234567", "8104420794600")
        ]
        for entry, users, keys, caller, hour in product(
            entries, worlds, ("", "1", "2", "9"), ("84955551000", ""), (10, 23, 24 * 5 + 12)
        ):
            script = scripted_world.Script(keys=keys, users=users)
            heard = caller if "user" not in entry else ""
            made = preview.preview(flow, MONDAY + hour * 3600 * SECOND_US, caller=heard, script=script, **entry)
            said |= {re.sub(r" \(R-[\d.]+\)$", "", why) for step in made.steps for why in step.why}
            assert "lands at" not in preview.as_text(made, "ru")
    assert len(said) > 20
    assert sorted(text for text in said if trace_ru.translated(text) is None) == []


@pytest.mark.parametrize(
    ("english", "spoken"),
    [
        (
            "Sat 12:00 GMT+5 is on none of its weekdays (R-11.1)",
            "сб 12:00 GMT+5: ни один из дней недели не подходит (R-11.1)",
        ),
        ("101 did not take it: NO_ANSWER after 20 s (R-08.9)", "101 не принял звонок: NO_ANSWER через 20 с (R-08.9)"),
        ("left by timeout after 300 s (R-08.10)", "ушёл через 300 с: долгое ожидание (R-08.10)"),
        ("no answer: only the devices of 101 ring", "нет ответа: звонят только устройства 101"),
        (
            "forwarded by the phone: only the devices of 101 ring",
            "телефон сам переадресовал: звонят только устройства 101",
        ),
        ("the phone forwards to 89161234567 (R-06.16)", "телефон сам переадресует на 89161234567 (R-06.16)"),
        ("the talk is recorded: queue 5200 says on (R-24.4)", "разговор записывается: включено, очередь 5200 (R-24.4)"),
        ("a sentence nobody wrote (R-02.2)", "a sentence nobody wrote (R-02.2)"),
    ],
)
def test_a_reason_is_told_in_russian_and_its_rule_stays(english: str, spoken: str) -> None:
    assert trace_ru.in_language(english, "ru") == spoken
    assert trace_ru.in_language(english, "en") == english


def test_a_russian_sentence_has_no_argument_its_english_lacks() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    assert [english for english, told in trace_ru.REASONS.items() if names(told) != names(english)] == []
