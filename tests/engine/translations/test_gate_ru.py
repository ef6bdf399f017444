"""Every reason that the gate can give is told in Russian."""

from __future__ import annotations

import re

import pytest

from engine.records.gate import AT_LEAST, TARGETS, Elsewhere, FigureBand, GateReport, QueueFigures, reasons
from engine.translations import gate_ru

LATIN = re.compile(r"[A-Za-z]{2,}")


def report(**figures: FigureBand) -> GateReport:
    row = QueueFigures(queue=5301, name="Продажи", figures=figures)
    return GateReport(
        flow="a" * 64, live="b" * 64, program="1", engine="1", scenario="days", scenario_digest="c" * 64, seed=1, replications=2,
        calls=10, errors=3, warnings=0, within_s=20, queues=(row, QueueFigures(queue=5302, figures={})), targets=(),
        elsewhere=Elsewhere(start=0, end=1, minutes=0),
    )  # fmt: skip


def test_every_reason_of_a_report_is_told_in_russian() -> None:
    band = FigureBand(mean=0.5, low=0.25, high=0.75)
    found = reasons(report(service_level=band, abandonment=band, wait_s=FigureBand(mean=9.0)), dict.fromkeys(TARGETS, 0.5) | {
        "service_level": 0.8
    }, "d" * 64)  # fmt: skip
    assert len(found) == 3 + 3 + 3
    for one in found:
        told = gate_ru.reason(one, "ru").replace("pbx gate", "").replace("b" * 12, "")
        assert not LATIN.search(told), (one, told)
        assert gate_ru.reason(one, "en") == one
    assert (
        "очередь 5301 Продажи: обслуживание в срок должно быть не меньше 0,8; 95-процентный интервал доходит до 0,25"
        in [gate_ru.reason(one, "ru") for one in found]
    )
    assert AT_LEAST == ("service_level",)


@pytest.mark.parametrize("sentence", sorted(gate_ru.SENTENCES))
def test_every_sentence_is_one_that_the_program_says(sentence: str) -> None:
    text = sentence.replace("{", "<").replace("}", ">")
    assert gate_ru.reason(text, "ru") != text


def test_what_the_catalogue_lacks_stays_as_it_is() -> None:
    assert gate_ru.reason("something new", "ru") == "something new"
