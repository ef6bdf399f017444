"""The event list: what will happen comes in the order (instant, birth), by either of its two stores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxsim.world import event_list as el

PUSH_OR_POP = st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=200)
"""None takes the first off; a number pushes something for that instant."""


@pytest.mark.parametrize("kind", [el.TupleList, el.NativeList])
def test_nothing_is_due_in_an_empty_list(kind: type[el.EventList]) -> None:
    assert kind().next == el.FAR


@pytest.mark.parametrize("kind", [el.TupleList, el.NativeList])
@given(steps=PUSH_OR_POP)
def test_what_was_pushed_first_happens_first_among_equals(kind: type[el.EventList], steps: list[int | None]) -> None:
    events = kind()
    waiting: list[tuple[int, int]] = []
    for born, at in enumerate(steps):
        if at is not None:
            events.push(at, el.PICKS_UP, f"thing {born}", born)
            waiting.append((at, born))
        elif waiting:
            first = min(waiting)
            waiting.remove(first)
            assert events.next == first[0]
            events.pop()
            assert (events.kind, events.thing, events.number) == (el.PICKS_UP, f"thing {first[1]}", first[1])
        assert events.next == (min(waiting)[0] if waiting else el.FAR)
