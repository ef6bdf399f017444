"""The mask language: R-14.12 to R-14.23, the table M, and linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.numbers import masks
from engine.numbers.masks import MaskError
from tests.engine import tables
from tests.harness import rule

M_CASES = [tuple("" if cell == "<empty>" else cell for cell in row) for row in tables.columns("masks.txt")]


@rule("R-14.23")
@pytest.mark.parametrize(("case", "mask", "output", "verdict"), M_CASES)
def test_table_m_of_the_specification(case: str, mask: str, output: str, verdict: str) -> None:
    """R-14.23, cases M1 to M16."""

    def judge() -> str:
        try:
            read = masks.parse(mask)
            if output != "-":
                masks.parse_output(output, read)
        except MaskError as refusal:
            return refusal.code
        return "ok"

    assert judge() == verdict, case


@rule("R-14.23")
def test_table_m_is_whole() -> None:
    """R-14.23: all sixteen cases stand in the data file."""
    assert {row[0] for row in M_CASES} == {f"M{n}" for n in range(1, 17)}


@rule("R-14.23")
@pytest.mark.parametrize(
    ("mask", "code", "position"),
    [
        ("", "E1", 1),
        ("1" * 129, "E2", 129),
        ("12(34", "E3", 3),
        ("12)", "E3", 3),
        ("({7|8)})", "E3", 6),
        ("1|2", "E4", 2),
        ("12 3", "E4", 3),
        ("1$", "E4", 2),
        ("1p?", "E5", 3),
        ("{7|?}", "E5", 4),
        ("{7|{8|9}}", "E6", 4),
        ("{7|(8)}", "E6", 4),
        ("12{7}", "E7", 3),
        ("1{||}", "E8", 2),
        ("1()", "E9", 2),
    ],
)
def test_refusals_name_the_character_at_fault(mask: str, code: str, position: int) -> None:
    """R-14.23: reported with the position."""
    with pytest.raises(MaskError) as refusal:
        masks.parse(mask)
    assert (refusal.value.code, refusal.value.position) == (code, position)
    assert "R-14.23" in str(refusal.value)


@rule("R-14.17", "R-14.18", "R-14.23")
@pytest.mark.parametrize(
    ("output", "code", "position"),
    [("", "E10", 1), ("8p", "E11", 2), ("8+1", "E11", 2), ("+", "E11", 1), ("8 1", "E11", 2), ("8d", "E11", 2)],
)
def test_refusals_of_outputs_name_the_character_at_fault(output: str, code: str, position: int) -> None:
    """R-14.17, R-14.18, R-14.23."""
    with pytest.raises(MaskError) as refusal:
        masks.parse_output(output, masks.parse("(d)"))
    assert (refusal.value.code, refusal.value.position) == (code, position)


@rule("R-14.18")
def test_dollar_without_capture_is_refused_where_it_stands() -> None:
    """R-14.18: E12."""
    with pytest.raises(MaskError) as refusal:
        masks.parse_output("81$", masks.parse("d"))
    assert (refusal.value.code, refusal.value.position) == ("E12", 3)


@rule("R-14.13")
def test_a_mask_may_have_128_characters() -> None:
    """R-14.13."""
    assert masks.parse("1" * 128).fits("1" * 128)


@rule("R-14.14", "R-14.15", "R-14.16", "R-14.17")
@pytest.mark.parametrize(
    ("mask", "number", "captured"),
    [
        ("{p7|7|}(+)", "74951234567", "4951234567"),  # array values in written order
        ("{|7|p7}(+)", "74951234567", "74951234567"),
        ("(+)(d)", "123", "123"),  # + as long as possible
        ("(7?)(+)", "7123", "7123"),  # ? present before absent
        ("(dd)0(dd)", "12034", "1234"),  # captures joined in order
        ("({p|}+)", "+7495", "+7495"),
        ("8?(d?)", "8", ""),  # an unmatched optional contributes nothing
        ("*dd#", "*21#", ""),
        ("+", "+7", None),  # + in a mask never matches the plus sign
        ("d", "12", None),  # the whole number must match
        ("1d", "1", None),
    ],
)
def test_captures_are_those_of_leftmost_choice(mask: str, number: str, captured: str | None) -> None:
    """R-14.14 to R-14.17."""
    assert masks.parse(mask).captured(number) == captured


UNITS = st.sampled_from(["7", "8", "4", "d", "p", "+", "*", "#", "7?", "8?", "d?"])
VALUES = st.lists(UNITS, max_size=3).map("".join)
ARRAYS = st.lists(VALUES, min_size=2, max_size=3).filter(any).map(lambda values: "{" + "|".join(values) + "}")
PIECES = st.one_of(UNITS, ARRAYS)
CAPTURES = st.lists(PIECES, min_size=1, max_size=3).map(lambda pieces: "(" + "".join(pieces) + ")")
MASKS = st.lists(st.one_of(PIECES, CAPTURES), min_size=1, max_size=5).map("".join)
NUMBERS = st.text(alphabet="784+*#", max_size=7)


def as_regex(text: str) -> str:
    """The mask as a regular expression over the cleaned number (R-14.14): an independent opinion."""
    pattern: list[str] = []
    for char in text:
        if char in "(){}|?":
            pattern.append({"{": "(?:", "}": ")"}.get(char, char))
        elif char == "d":
            pattern.append("[0-9]")
        elif char == "+":
            pattern.append("[0-9]*")
        elif char in "p*":
            pattern.append(r"\+" if char == "p" else r"\*")
        else:
            pattern.append(char)
    return "".join(pattern)


@rule("R-14.14", "R-14.15", "R-14.16")
@settings(max_examples=400, deadline=None)
@given(mask=MASKS, number=NUMBERS)
def test_masks_mean_their_regular_expression(mask: str, number: str) -> None:
    """R-14.14, R-14.15, R-14.16: the same verdict and the same captured text as `re` on small masks."""
    read = masks.parse(mask)
    found = re.fullmatch(as_regex(read.text), number)
    expected = None if found is None else "".join(group or "" for group in found.groups())
    assert read.captured(number) == expected
    assert read.walk(number)[0] == expected


HOSTILE = [
    "+" * 120 + "#",
    "{+|+}" * 25 + "#",
    "({+|d|}+)" * 14 + "#",
    "d?" * 60 + "#",
    "{d|dd|ddd|+}" * 10 + "*",
]


@rule("R-14.22")
@pytest.mark.parametrize("mask", HOSTILE)
def test_steps_grow_no_faster_than_the_number(mask: str) -> None:
    """R-14.22: counted, not timed. Twice the number is at most about twice the steps, and each place of the mask is
    visited at most once for each character."""
    read = masks.parse(mask)
    steps = {length: read.walk("7" * length)[1] for length in (4, 8, 16, 32, 64, 128)}
    for length, count in steps.items():
        assert count <= len(read.places) * (length + 1)
    for length in (16, 32, 64):
        assert steps[2 * length] <= 2.2 * steps[length] + len(read.places)
