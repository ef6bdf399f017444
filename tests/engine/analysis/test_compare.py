"""Two versions as calls that would land elsewhere: over a year, and over a log."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis import compare, reach
from engine.analysis.compare import LoggedCall
from engine.contract.ids import SECOND_US, Instant
from engine.loading.load import load
from engine.state.flow import Flow
from tests.harness import rule

TEXT = """
pbx: example
zone: GMT+5
trunks: {moscow: {number: "74951234567", to: 5500}, spb: {number: "78121234567", to: 5400}}
users: {100: {}, 101: {}}
prompts: {a.wav: 3}
elements:
  5500: {kind: number_rule, entries: ["7812"], match: 101, mismatch: 5400}
  5400: {kind: hours, days: mon-fri, open: "09:00-21:00", match: 5200, mismatch: 101}
  5200: {kind: queue, members: [100], timeout: hangup, join_empty: hangup, x: 3}
"""


def utc(text: str) -> Instant:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


START, END = utc("2026-01-01 00:00:00"), utc("2027-01-01 00:00:00")
OLD = load(TEXT)


def edited(*changes: tuple[str, str]) -> Flow:
    text = TEXT
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return load(text)


def test_the_same_version_has_no_difference() -> None:
    same = compare.compare(OLD, edited(("x: 3", "x: 300")), START, END)
    assert same.old == same.new
    assert [number.change for number in same.numbers] == ["same", "same"]
    assert same.elements == ()


@rule("R-11.4")
def test_closing_an_hour_earlier_moves_an_hour_a_working_day() -> None:
    """R-11.4: 261 working days in 2026, 60 minutes each, for the callers that come this way."""
    new = edited(("09:00-21:00", "09:00-20:00"))
    moscow, spb = compare.compare(OLD, new, START, END).numbers
    assert moscow.minutes() == {"all other callers": 261 * 60}
    assert spb.minutes() == {"all callers": 261 * 60}
    first = moscow.moved[0]
    assert (first.start, first.end) == (utc("2026-01-01 15:00:00"), utc("2026-01-01 16:00:00"))
    assert (first.old.node, first.new.node) == (5200, 101)
    assert compare.compare(OLD, new, START, END).elements == (
        compare.ElementChange("elements.5400", "changed", ("open",)),
    )


@rule("R-12.1")
def test_a_changed_number_rule_moves_its_callers_only() -> None:
    """R-12.1: callers are told apart by the rules of both versions."""
    new = edited(('["7812"]', '["78123"]'))
    [moscow, spb] = compare.compare(OLD, new, START, END).numbers
    assert len(moscow.minutes()) == 1
    assert not moscow.moved[0].caller.number.startswith("78123")
    assert moscow.moved[0].caller.number.startswith("7812")
    assert sum(moscow.minutes().values()) == 261 * 720
    assert spb.change == "same"


def test_an_element_that_stays_but_changed_inside_is_told_apart() -> None:
    [moscow, _] = compare.compare(OLD, edited(("members: [100]", "members: [100, 101]")), START, END).numbers
    assert moscow.change == "same"
    [(caller, place, minutes)] = moscow.reworked
    assert (caller.name, place.node, minutes) == ("all other callers", 5200, 261 * 720)


def test_numbers_that_come_and_go() -> None:
    new = edited(('spb: {number: "78121234567"', 'kazan: {number: "78431234567"'))
    assert {(one.number, one.change) for one in compare.compare(OLD, new, START, END).numbers} == {
        ("74951234567", "same"),
        ("78121234567", "removed"),
        ("78431234567", "added"),
    }


def test_a_trunk_may_change_its_key_and_its_way_of_writing() -> None:
    new = edited(('spb: {number: "78121234567"', 'neva: {number: "+7 812 123-45-67"'))
    assert {one.change for one in compare.compare(OLD, new, START, END).numbers} == {"same"}


def test_a_log_says_how_many_calls_would_land_elsewhere() -> None:
    new = edited(("09:00-21:00", "09:00-20:00"))
    log = [
        LoggedCall(utc("2026-11-23 15:30:00"), "84951234567", "79161234567"),  # 20:30 local
        LoggedCall(utc("2026-11-23 15:30:00"), "84951234567", "78121234567"),  # told apart by its number
        LoggedCall(utc("2026-11-23 14:59:59"), "+74951234567"),
        LoggedCall(utc("2026-11-28 15:30:00"), "78121234567"),
        LoggedCall(utc("2026-11-23 15:00:00"), "78121234567"),
        LoggedCall(utc("2026-11-23 15:00:00"), "73431234567"),
    ]
    found = compare.compare(OLD, new, START, END, log).log
    assert found is not None
    assert (found.calls, found.unknown, found.moved, found.share) == (5, 1, 2, 0.4)
    assert [(a.node, b.node, n) for a, b, n in found.by_change] == [(5200, 101, 2)]
    assert [one.call for one in found.examples] == [log[0], log[4]]


def test_a_comparison_reads_as_text() -> None:
    new = edited(("09:00-21:00", "09:00-20:00"))
    log = [LoggedCall(utc("2026-11-23 15:30:00"), "84951234567", "79161234567")]
    text = compare.as_text(compare.compare(OLD, new, START, END, log), OLD)
    assert "74951234567: lands elsewhere" in text
    assert "all other callers: 15,660 minutes" in text
    assert "Thu 2026-01-01 20:00:00 to Thu 2026-01-01 21:00:00  all other callers: queue 5200 → user 101" in text
    assert "elements.5400: changed (open)" in text
    assert "1 of 1 logged calls (100.0%) would land elsewhere" in text


@settings(max_examples=40, deadline=None)
@given(
    hours=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    days=st.sampled_from(["mon-fri", "mon-sat", "sun", "all"]),
    entry=st.sampled_from(["7812", "78", "7495"]),
    at=st.integers(START, END - 1),
)
def test_an_instant_is_moved_exactly_when_a_call_then_lands_elsewhere(
    hours: tuple[int, int], days: str, entry: str, at: Instant
) -> None:
    new = edited(("09:00-21:00", f"{hours[0]:02}:00-{hours[1]:02}:30"), ("mon-fri", days), ('["7812"]', f'["{entry}"]'))
    result = compare.compare(OLD, new, START, END)
    for number, key in zip(result.numbers, ("moscow", "spb"), strict=True):
        for caller in {moved.caller for moved in number.moved}:
            one = reach.land(OLD, OLD.entry_of(key), caller.number, at).node
            other = reach.land(new, new.entry_of(key), caller.number, at).node
            inside = any(moved.start <= at < moved.end for moved in number.moved if moved.caller == caller)
            assert inside is (one != other)
