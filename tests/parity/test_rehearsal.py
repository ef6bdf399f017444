"""Rehearsals with real SIP on loopback: what was simulated happens, to the microsecond, and what does not is found and named.

The plans come from the simulator, the play from the bridge; neither imports the other.
"""

from __future__ import annotations

import msgspec
import pytest

from engine.records.rehearsal import Act, Plan, PlannedDay, Report
from live_bridge.rehearsal.play import rehearse
from tests.harness import rule
from tests.parity import rehearsals

replace = msgspec.structs.replace


def agreed(report: Report) -> None:
    """Nothing at all differs."""
    assert not report.differences, [msgspec.to_builtins(one) for one in report.differences[:5]]
    assert report.equal == report.calls and report.members_equal == report.members


@rule("R-25.1", "R-25.2")
def test_twenty_callers_of_the_example_do_on_sip_what_they_did_in_the_simulation() -> None:
    done: list[tuple[int, int]] = []
    report = rehearse(rehearsals.example("example", 20), progress=lambda *reached: done.append(reached))
    agreed(report)
    assert report.callers == 20 <= report.calls and report.requests > 10 * report.calls and report.notes > 300
    assert done[-1] == (report.calls, report.calls)
    assert report.real_s < report.simulated_us / 1e6 / 10, "idle time takes none"


@rule("R-25.1", "R-25.2", "R-24.4")
def test_recorded_talks_servers_and_calls_out_are_rehearsed_too() -> None:
    plan = rehearsals.rich(25)
    kinds = {type(note).__name__ for _, note in plan.days[0].expected}
    assert {"TalkRecorded", "WebServerUsed", "MessageLeft", "OfferMissed"} <= kinds
    agreed(rehearse(plan))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["example", "evening"])
def test_two_hundred_callers_of_each_example_are_all_equal(name: str, seed: int) -> None:
    report = rehearse(rehearsals.example(name, 200, seed))
    agreed(report)
    assert report.callers == 200


@pytest.mark.nightly
def test_two_hundred_callers_of_a_pbx_with_nearly_everything_are_all_equal() -> None:
    agreed(rehearse(rehearsals.rich(200)))


@pytest.mark.nightly
def test_callers_of_two_days_meet_a_bridge_for_each_day() -> None:
    plan = rehearsals.example("example", 400, 3)
    assert len(plan.days) == 2 and sum(day.sampled for day in plan.days) == 400
    agreed(rehearse(plan))


# --- what is not as simulated is found ------------------------------------------------------------------------------


def changed(plan: Plan, **changes: object) -> Plan:
    """The plan with its one day changed; what is expected stays."""
    (day,) = plan.days
    return replace(plan, days=(replace(day, **changes),))


def without(day: PlannedDay, user: int) -> tuple[Act, ...]:
    """The acts of a day in which a user's phone is never plugged in."""
    return tuple(act for act in day.acts if not (act.user == user and act.what == "registers"))


@rule("R-25.7")
def test_a_phone_that_is_not_there_is_a_difference_and_later_ones_follow_from_it() -> None:
    plan = rehearsals.example("example", 20)
    report = rehearse(changed(plan, acts=without(plan.days[0], 100)))
    assert report.equal < report.calls and report.unexplained
    first, *later = report.differences
    assert first.cause == "unexplained" and first.expected != first.seen
    assert later and all(one.at >= first.at for one in later)
    assert any(one.cause == "follow-on" and "differs from an earlier instant" in one.detail for one in later)
    assert any(one.rules for one in report.differences)


def test_another_version_on_the_bridge_is_named_as_the_cause() -> None:
    plan = rehearsals.example("example", 5, at=None)
    other = plan.document.replace("welcome.wav: 6.20", "welcome.wav: 6.18").replace("wrap_up: 20", "wrap_up: 45")
    report = rehearse(replace(plan, document=other))
    assert report.differences and {one.cause for one in report.differences} == {"another version"}
    assert not report.unexplained


def test_a_call_the_bridge_refuses_is_told_with_its_status() -> None:
    plan = rehearsals.example("example", 3)
    wrong, *rest = plan.days[0].calls
    report = rehearse(changed(plan, calls=(replace(wrong, called="5550000"), *rest)))
    (refused,) = [one for one in report.differences if one.call == wrong.id]
    assert refused.cause == "refused" and refused.detail == "SIP 404" and refused.step == 1


def test_a_key_pressed_later_is_told_with_its_step_and_both_notes() -> None:
    plan = rehearsals.example("example", 3)
    calls = list(plan.days[0].calls)
    place = next(place for place, call in enumerate(calls) if call.keys and call.keys[0].keys.isdigit())
    keys = calls[place].keys
    calls[place] = replace(calls[place], keys=(replace(keys[0], after_us=keys[0].after_us + 400_000), *keys[1:]))
    report = rehearse(changed(plan, calls=tuple(calls)))
    (late,) = [one for one in report.differences if one.call == calls[place].id]
    assert late.expected.startswith("KeyPressed") and late.seen.startswith("KeyPressed")
    assert "0.4" in late.detail and late.cause == "unexplained"
