"""Filters of calls: what they mean and what is none (R-23.8, R-23.9, R-23.12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.account import call_rights
from engine.account.call_rights import Rights
from engine.account.refusals import AccountRefused
from tests.harness import rule

numbers = st.integers(100, 4999)
ranges = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))


@rule("R-23.8")
def test_by_default_an_employee_sees_and_hears_their_own_calls_and_no_more() -> None:
    usual = Rights()
    assert usual.listen and not usual.download and not usual.balance
    mine = call_rights.sight(usual.filter, 101)
    assert mine.sees([5200, 101]) and not mine.sees([5200, 102]) and not mine.sees([])


@rule("R-23.9", "R-23.12")
@given(own=numbers, wanted=st.lists(ranges, max_size=6), touched=st.lists(st.integers(100, 5999), max_size=4))
def test_a_filter_shows_the_calls_of_its_numbers_and_ones_own(
    own: int, wanted: list[tuple[int, int]], touched: list[int]
) -> None:
    text = " ; ".join(f"{first} - {last}" if first != last else str(first) for first, last in wanted)
    expected = {own}.union(*(range(first, last + 1) for first, last in wanted))
    seen = call_rights.sight(text, own)
    assert seen.sees(touched) == bool(expected & set(touched))
    assert seen == call_rights.sight(call_rights.checked(text), own), "as it is kept it means the same"
    assert all(before[1] + 1 < after[0] for before, after in zip(seen.ranges, seen.ranges[1:], strict=False))


@rule("R-23.12")
@pytest.mark.parametrize("text", ["*", "100;*", " * ;102-110"])
def test_a_star_is_everybody(text: str) -> None:
    assert call_rights.sight(text, 101).sees([]) and call_rights.sight(text, 101).covers(4999)


@rule("R-23.9")
@pytest.mark.parametrize(
    "text",
    ["abc", "99", "5000", "110-102", "100-", "-100", "100,101", "100-102-104", "1e3", "１００", "100;5200", "*-100"],
)
def test_what_is_no_filter_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(AccountRefused, match=r"100;102-110"):
        call_rights.checked(text)
    with pytest.raises(AccountRefused):
        call_rights.sight(text, 101)


def test_a_filter_has_a_bound() -> None:
    with pytest.raises(AccountRefused, match="at most"):
        call_rights.checked("100;" * 1000)
