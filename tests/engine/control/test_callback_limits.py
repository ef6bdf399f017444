"""How often visitors may ask to be called (R-17.5), held against a naive judge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.contract import limits
from engine.contract.ids import SECOND_US
from engine.control.callback_limits import CallbackLimits
from tests.harness import T0, rule

NUMBERS = ("+79160000001", "89160000001", "79160000002", "79160000003", "79160000004", "79160000005")
STEP = st.tuples(
    st.integers(0, 1200), st.sampled_from(NUMBERS), st.sampled_from(("198.51.100.1", "198.51.100.2")), st.booleans()
)


@rule("R-17.5")
@given(st.lists(STEP, max_size=60))
def test_no_run_of_requests_gets_more_than_the_rule_allows(steps: list[tuple[int, str, str, bool]]) -> None:
    guard = CallbackLimits()
    at = T0
    taken: list[tuple[int, str, str]] = []
    pending: dict[str, str] = {}
    for n, (wait_s, number, address, ends) in enumerate(steps):
        at += wait_s * SECOND_US
        key = number[-10:]
        within = [(a, b) for when, a, b in taken if when > at - limits.CALLBACKS_WITHIN_US]
        may = (
            key not in pending
            and sum(a == key for a, _ in within) < limits.CALLBACKS_PER_NUMBER
            and sum(b == address for _, b in within) < limits.CALLBACKS_PER_ADDRESS
        )
        refused = guard.take(at, number, address, f"c{n}")
        assert (refused is None) == may
        if may:
            taken.append((at, key, address))
            pending[key] = f"c{n}"
            if ends:
                guard.over(pending.pop(key))
        elif refused != "pending":
            wait_us = guard.retry_after_us(at, number, address)
            assert 0 < wait_us <= limits.CALLBACKS_WITHIN_US


@rule("R-17.5")
def test_a_bot_of_one_address_gets_ten_calls_an_hour_and_forgets_nothing_else() -> None:
    guard = CallbackLimits()
    taken = 0
    for n in range(1000):
        if guard.take(T0 + n, f"7916{n:07d}", "203.0.113.9", f"c{n}") is None:
            taken += 1
            guard.over(f"c{n}")
    assert taken == limits.CALLBACKS_PER_ADDRESS
    assert guard.take(T0 + limits.CALLBACKS_WITHIN_US + 1000, "79160000001", "203.0.113.9", "late") is None


@rule("R-17.5")
def test_a_program_with_a_token_is_held_to_the_limit_of_numbers_alone() -> None:
    guard = CallbackLimits()
    taken = [guard.take(T0 + n, f"7916{n:07d}", "", f"c{n}") for n in range(3 * limits.CALLBACKS_PER_ADDRESS)]
    assert taken == [None] * len(taken)
    assert guard.take(T0 + 99, "79160000000", "", "again") == "pending"


@rule("R-17.5")
@given(st.lists(STEP, max_size=60), st.integers(0, 60))
def test_a_guard_that_was_made_again_decides_as_the_first_one(
    steps: list[tuple[int, str, str, bool]], until: int
) -> None:
    """All calls are over by then: none outlives the bridge."""
    first = CallbackLimits()
    at = T0
    kept: list[tuple[str, str, int]] = []
    for n, (wait_s, number, address, _) in enumerate(steps[:until]):
        at += wait_s * SECOND_US
        if first.take(at, number, address, f"c{n}") is None:
            kept.append((*first.keys(number, address), at))
            first.over(f"c{n}")
    again = CallbackLimits()
    again.remember([(number, when) for number, _, when in kept], [(address, when) for _, address, when in kept])
    for wait_s, number, address, _ in steps[until:]:
        at += wait_s * SECOND_US
        assert first.refusal(at, number, address) == again.refusal(at, number, address)
