"""Talks, put down as they come and sorted when somebody asks, against a plain table of the last of each number (R-18)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.control.contact_memory import UNSORTED_AT_MOST, ContactMemory
from tests.harness import rule

NUMBERS = ["+79161234567", "89161234567", "9161234567", "+74951234567", "101"]
STEP = st.tuples(st.sampled_from(["note", "ask", "erase"]), st.sampled_from(NUMBERS), st.integers(100, 105))
STEPS = st.lists(STEP, max_size=60)


@rule("R-18.1")
@given(steps=STEPS)
def test_the_last_talk_of_a_number_is_told_whatever_was_asked_before(steps: list[tuple[str, str, int]]) -> None:
    talks = ContactMemory()
    last: dict[str, tuple[int, int]] = {}
    for at, (what, number, user) in enumerate(steps):
        if what == "note":
            talks.note(number, user, at)
            last[number[-10:]] = (user, at)
        elif what == "erase":
            talks.erase(number)
            last.pop(number[-10:], None)
        else:
            known = talks.last_with(number)
            assert (None if known is None else (known.user, known.at)) == last.get(number[-10:])


def test_what_nobody_asks_for_is_sorted_all_the_same_before_it_grows() -> None:
    talks = ContactMemory()
    for at in range(UNSORTED_AT_MOST + 3):
        talks.note(NUMBERS[at % len(NUMBERS)], 100, at)
    assert len(talks._unsorted) == 3
    known = talks.last_with(NUMBERS[0])
    assert known is not None and known.at > UNSORTED_AT_MOST - len(NUMBERS)
