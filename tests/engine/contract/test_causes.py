"""Causes and their comments, from the table of R-24.2 as it stands."""

from __future__ import annotations

from engine.contract.causes import FACTS, Cause, comment
from tests.engine.tables import rows
from tests.harness import rule

CASES = rows("causes.tsv")


def number(text: str) -> int:
    return 0 if text == "–" else int(text)


def words(text: str) -> str:
    return "" if text == "(empty)" else text


@rule("R-24.2")
def test_every_cause_has_the_numbers_and_comments_of_the_table() -> None:
    for row in CASES:
        cause = Cause(row["cause"])
        facts = FACTS[cause]
        assert (facts.q850, facts.sip) == (number(row["q850"]), number(row["sip"])), cause
        assert comment(cause, "ru") == words(row["ru"]) and comment(cause, "en") == words(row["en"]), cause


@rule("R-24.2")
def test_the_table_and_the_code_name_the_same_causes() -> None:
    assert [row["cause"] for row in CASES] == [cause.value for cause in Cause] == [cause.value for cause in FACTS]


@rule("R-24.2", "R-02.10")
def test_a_viewer_of_another_language_reads_english() -> None:
    assert comment(Cause.NO_ROUTE_DESTINATION, "de") == "No route set"
    assert comment(Cause.NO_ROUTE_DESTINATION, "ru") == "Нет заданного маршрута"
