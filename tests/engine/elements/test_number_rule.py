"""Number rules: R-12 and the table N; numbers as text: R-14.11, R-18.6."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.analysis.preview import preview
from engine.contract.ids import SECOND_US
from engine.elements.number_rule import NumberRule
from engine.loading.load import examine, load
from engine.numbers import phone_numbers
from tests.engine import tables
from tests.harness import rule

N_CASES = tables.rows("number_cases.tsv")


def number_rule(entries: str, more: str = "") -> NumberRule:
    text = f"pbx: example\n{more}\nelements:\n  5500: {{kind: number_rule, entries: {entries}, match: hangup}}\n"
    element = load(text).elements[5500]
    assert isinstance(element, NumberRule)
    return element


@rule("R-12.1", "R-12.2", "R-12.5")
@pytest.mark.parametrize("case", N_CASES, ids=lambda case: case["case"])
def test_table_n_of_the_specification(case: dict[str, str], example_path: Path) -> None:
    """R-12.1, R-12.2, R-12.5, cases N1 to N7, through a whole call to the example PBX."""
    flow = load(example_path.read_bytes().replace(b"mismatch: 5400", b"mismatch: 5000"))
    caller = "" if case["caller"] == "anonymous" else case["caller"]
    at = int(datetime(2026, 11, 23, 4, tzinfo=UTC).timestamp()) * SECOND_US
    trace = preview(flow, at, trunk="moscow", caller=caller)
    assert trace.steps[0].to == case["result"]


@rule("R-12.2")
def test_the_number_rule_is_r_12_2() -> None:
    """R-12.2, N7 with the word instead of silence."""
    rule = number_rule('["849555510"]')
    assert rule.decide("anonymous").name == "mismatch"


@rule("R-12.3", "R-12.4")
@pytest.mark.parametrize(
    ("entry", "caller", "fits"),
    [
        ("7495", "74951234567", True),
        ("{number: '7495', kind: exact}", "74951234567", False),
        ("{number: '74951234567', kind: exact}", "7 (495) 123-45-67", True),
        ("{number: '{p7|8}495+', kind: mask}", "+74951234567", True),
        ("{number: '{p7|8}495+', kind: mask}", "74951234567", False),
        ("'+7'", "+74951234567", True),
        ("'+7'", "74951234567", False),
    ],
)
def test_entries_are_prefixes_whole_numbers_or_masks(entry: str, caller: str, fits: bool) -> None:
    """R-12.3, R-12.4."""
    assert (number_rule(f"[{entry}]").entry_for(caller) is not None) is fits


@rule("R-12.3")
def test_any_entry_that_fits_is_a_match() -> None:
    """R-12.3."""
    rule = number_rule("['1', '22', {number: '333', kind: exact}]")
    assert [rule.decide(caller).name for caller in ("19", "229", "333", "3334", "29")] == [
        "match", "match", "match", "mismatch", "mismatch",
    ]  # fmt: skip


@rule("R-12.3")
def test_one_to_a_thousand_entries() -> None:
    """R-12.3."""

    def rules(count: int) -> list[str]:
        entries = ", ".join(f'"{n}"' for n in range(count))
        text = f"pbx: example\nelements: {{5500: {{kind: number_rule, match: hangup, entries: [{entries}]}}}}\n"
        return [fault.rule for fault in examine(text)[1]]

    assert (rules(1), rules(1000)) == ([], [])
    assert (rules(0), rules(1001)) == (["R-12.3"], ["R-12.3"])


@rule("R-12.4")
@pytest.mark.parametrize(("form", "fits"), [("off", False), ("8", True)])
def test_presented_numbers_may_be_rewritten_first(form: str, fits: bool) -> None:
    """R-12.4: an account setting, off by default."""
    rule = number_rule('["849555510"]', f"settings: {{caller_form: '{form}'}}")
    assert (rule.entry_for("+74955551000") is not None) is fits


@rule("R-25.4")
def test_decisions_say_why() -> None:
    """R-25.4."""
    rule = number_rule('["849555510"]')
    assert rule.why("84955551000") == "84955551000 fits 849555510"
    assert rule.why("74955551000") == "74955551000 fits no entry"
    assert rule.why("") == "the caller is anonymous"


@rule("R-14.11")
@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("8 (916) 123-45-67", "89161234567"),
        ("+7.495.123.45.67", "+74951234567"),
        ("*43#", "*43#"),
        ("1" * 32, "1" * 32),
        ("+" + "1" * 32, "+" + "1" * 32),
        ("1" * 33, None),
        ("", None),
        ("+", None),
        ("7+7", None),
        ("alice", None),
        ("７", None),
        ("7\n", None),
    ],
)
def test_cleaning(written: str, cleaned: str | None) -> None:
    """R-14.11."""
    assert phone_numbers.cleaned(written) == cleaned


@rule("R-18.6")
def test_numbers_are_compared_by_their_last_ten_digits() -> None:
    """R-18.6."""
    assert (
        len({phone_numbers.last_digits(n) for n in ("+74951234567", "84951234567", "4951234567", "8 495 123 45 67")})
        == 1
    )
