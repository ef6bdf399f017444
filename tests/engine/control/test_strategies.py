"""The nine strategies, tiers and skills: who of those who could take a call is offered it (R-08.8, R-08.15, R-08.16)."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.elements.parameters.queue import QueueParameters
from tests.harness import Scene, drained, rule

USERS = "101 102 103 104"

ALL = get_args(QueueParameters.model_fields["strategy"].annotation)
"""The strategies a document may name."""


def queue(strategy: str, members: str = "[101, 102, 103]", more: str = "") -> Scene:
    return Scene(f"5200: {{kind: queue, strategy: {strategy}, members: {members}, timeout: hangup, {more}}}", USERS)


def answered(scene: Scene, at: float, call: str, talk_s: float = 10) -> int:
    """One call, answered at once by whoever is offered it first; who that was."""
    scene.arrives(at, call)
    member = scene.offered(call)[0]
    scene.answers(at, f"{call}.1")
    scene.hangs_up(at + talk_s, call)
    return member


def over(scene: Scene, at: float) -> None:
    for call in list(scene.engine.tenant.calls):
        if call in scene.engine.tenant.calls and not scene.engine.tenant.calls[call].over:
            scene.hangs_up(at, call)
    scene.until(at + 8000)
    drained(scene.engine)


@rule("R-08.2", "R-08.8")
def test_there_are_nine_strategies() -> None:
    assert sorted(ALL) == sorted(
        "ring_all linear round_robin longest_idle fewest_calls least_talk random weighted_random progressive".split()
    )


@rule("R-08.8")
def test_the_default_strategy_is_longest_idle() -> None:
    scene = Scene("5200: {kind: queue, members: [101, 102]}")
    assert [answered(scene, at, f"c{at}") for at in (0, 20, 40)] == [101, 102, 101]
    over(scene, 60)


@rule("R-08.8")
@pytest.mark.parametrize("strategy", [s for s in ALL if s not in ("random", "weighted_random")])
def test_ties_go_by_position_then_by_internal_number(strategy: str) -> None:
    scene = queue(strategy, "[{user: 103, position: 2}, {user: 102, position: 2}, {user: 101, position: 7}]")
    scene.arrives(0)
    assert scene.offered()[0] == 102
    over(scene, 1)


@rule("R-08.8")
def test_linear_moves_on_past_those_it_tried_and_wraps() -> None:
    scene = queue("linear", more="ring: 10, retry: 0")
    scene.arrives(0)
    scene.until(45)
    assert scene.offered() == [101, 102, 103, 101, 102]
    over(scene, 46)


@rule("R-08.8")
def test_linear_is_a_state_of_the_call_and_round_robin_of_the_queue() -> None:
    for strategy, expected in (("linear", [101, 101, 101]), ("round_robin", [101, 102, 103])):
        scene = queue(strategy)
        assert [answered(scene, at, f"c{at}") for at in (0, 20, 40)] == expected
        over(scene, 60)


@rule("R-08.8")
def test_round_robin_goes_by_the_last_one_offered_answered_or_not() -> None:
    scene = queue("round_robin")
    scene.arrives(0, "c1")
    scene.fails(1, "c1.1")
    scene.answers(2, "c1.2")
    scene.hangs_up(3, "c1")
    scene.arrives(20, "c2")
    assert scene.offered() == [101, 102, 103]
    over(scene, 21)


@rule("R-08.8", "R-08.11")
def test_longest_idle_counts_answered_calls_of_all_queues() -> None:
    scene = Scene(
        """
        5200: {kind: queue, members: [101, 102]}
        5201: {kind: queue, members: [101]}
        """
    )
    scene.tell(0, ev.CallArrived(call="other", called="5201", origin="api"))
    scene.answers(1, "other.1")
    scene.hangs_up(5, "other")
    scene.arrives(10)
    assert scene.offered("c1") == [102], "101 was called in the other queue, 102 never"
    over(scene, 11)


@rule("R-08.8")
def test_fewest_calls_counts_since_sign_in() -> None:
    scene = queue("fewest_calls", "[101, 102]")
    assert [answered(scene, at, f"c{at}") for at in (0, 20, 40, 60)] == [101, 102, 101, 102]
    scene.tell(80, ev.MemberSignedOut(user=102))
    scene.tell(81, ev.MemberSignedIn(user=102))
    assert [answered(scene, at, f"d{at}") for at in (90, 110, 130)] == [102, 102, 101]
    over(scene, 150)


@rule("R-08.8")
def test_least_talk_counts_seconds_since_sign_in() -> None:
    scene = queue("least_talk", "[101, 102]")
    assert answered(scene, 0, "c1", talk_s=100) == 101
    assert [answered(scene, at, f"c{at}", talk_s=30) for at in (110, 150, 190, 230)] == [102] * 4
    assert answered(scene, 270, "last") == 101
    over(scene, 300)


@rule("R-08.8")
def test_random_is_uniform_and_moves_with_the_calls_own_seed_only() -> None:
    def offered(seed: int) -> int:
        scene = queue("random")
        scene.arrives(0, draw_seed=seed)
        return scene.offered()[0]

    counts = Counter(offered(seed) for seed in range(300))
    assert all(70 <= counts[n] <= 130 for n in (101, 102, 103)), counts  # 100 each; 3.5 standard deviations are 28
    assert [offered(seed) for seed in range(20)] == [offered(seed) for seed in range(20)]


@rule("R-08.8", "R-08.4")
def test_weighted_random_draws_in_proportion_to_weight() -> None:
    def offered(seed: int) -> int:
        scene = queue("weighted_random", "[{user: 101, weight: 3}, 102]")
        scene.arrives(0, draw_seed=seed)
        return scene.offered()[0]

    counts = Counter(offered(seed) for seed in range(400))
    assert 270 <= counts[101] <= 330, counts  # 300 expected; 3.4 standard deviations are 30


@rule("R-08.8")
def test_progressive_rings_one_more_member_every_step() -> None:
    scene = queue("progressive", more="ring: 60, step: 10")
    scene.arrives(0)
    scene.until(25)
    assert scene.offers() == [(0.0, "c1", 101), (10.0, "c1", 102), (20.0, "c1", 103)]
    assert len(scene.legs()) == 3
    scene.answers(26, "c1.2")
    assert [m.reason for m in scene.all(note.OfferWithdrawn)] == ["answered_elsewhere"] * 2
    over(scene, 27)


@rule("R-08.8")
def test_progressive_goes_on_when_one_of_those_ringing_refuses() -> None:
    scene = queue("progressive", more="ring: 60, step: 10")
    scene.arrives(0)
    scene.until(10)
    scene.fails(11, "c1.1")
    scene.until(20)
    assert scene.offered() == [101, 102, 103] and len(scene.legs()) == 2
    over(scene, 21)


@rule("R-08.8")
def test_ring_all_rings_everybody_of_the_lowest_open_tier() -> None:
    scene = queue("ring_all", "[101, 102, {user: 103, tier: 2}]")
    scene.arrives(0)
    assert scene.offered() == [101, 102]
    over(scene, 1)


# --- tiers (R-08.15) --------------------------------------------------------------------------------------------------

TIERS = "[101, {user: 102, tier: 2}, {user: 103, tier: 3}]"


@rule("R-08.15")
@pytest.mark.parametrize("strategy", ALL)
def test_a_lower_tier_is_asked_first(strategy: str) -> None:
    scene = queue(strategy, "[{user: 103, tier: 2}, 102]")
    scene.arrives(0)
    assert scene.offered() == [102]
    over(scene, 1)


@rule("R-08.15")
def test_without_a_tier_wait_the_next_tier_is_open_when_nobody_lower_is_free() -> None:
    scene = queue("linear", TIERS)
    for n in range(3):
        scene.arrives(n, f"c{n}")
    assert scene.offers() == [(0.0, "c0", 101), (1.0, "c1", 102), (2.0, "c2", 103)]
    over(scene, 4)


@rule("R-08.15")
def test_a_tier_opens_when_all_lower_tiers_had_nobody_for_the_tier_wait() -> None:
    scene = queue("linear", TIERS, "tier_wait: 20, ring: 120")
    scene.arrives(0, "c1")
    scene.arrives(5, "c2")
    scene.arrives(6, "c3")
    scene.until(60)
    assert scene.offers() == [(0.0, "c1", 101), (20.0, "c2", 102), (40.0, "c3", 103)]
    over(scene, 61)


@rule("R-08.15")
def test_a_tier_opens_at_once_when_nobody_lower_is_signed_in() -> None:
    scene = queue("linear", TIERS, "tier_wait: 20, ring: 120")
    scene.arrives(0, "c1")
    scene.arrives(5, "c2")
    scene.tell(8, ev.MemberSignedOut(user=101))
    assert scene.offers() == [(0.0, "c1", 101), (8.0, "c2", 102)]
    over(scene, 9)


@rule("R-08.15")
def test_somebody_of_a_lower_tier_who_becomes_free_shuts_the_higher_one_again() -> None:
    scene = queue("linear", TIERS, "tier_wait: 20, ring: 120")
    scene.arrives(0, "c1")
    scene.answers(1, "c1.1")
    scene.arrives(5, "c2")
    scene.hangs_up(15, "c1")
    scene.arrives(16, "c3")
    scene.until(40)
    assert scene.offers() == [(0.0, "c1", 101), (15.0, "c2", 101), (35.0, "c3", 102)]
    over(scene, 41)


@rule("R-08.15", "R-08.16")
@pytest.mark.parametrize("strategy", ALL)
def test_members_who_lack_a_skill_keep_no_tier_shut_to_the_call_that_requires_it(strategy: str) -> None:
    scene = queue(
        strategy, "[101, {user: 102, tier: 2, skills: {english: 1}}]", "tier_wait: 20, skills: {english: 1}, ring: 60"
    )
    scene.arrives(3)
    assert scene.offers() == [(3.0, "c1", 102)], "101 is free but not eligible for this call"
    over(scene, 4)


@rule("R-08.15", "R-08.16")
def test_a_tier_waits_for_those_of_the_lower_one_who_have_the_skill() -> None:
    staff = "[101, {user: 102, skills: {english: 1}}, {user: 103, tier: 2, skills: {english: 1}}]"
    scene = queue("linear", staff, "tier_wait: 20, skills: {english: 1}, ring: 120")
    scene.dials(0, 102, "104", "own")
    scene.answers(1, "own.1")
    scene.arrives(5, "c1")
    scene.until(60)
    assert scene.offers() == [(20.0, "c1", 103)], "102 could take it until 0; 101, who is free, never could"
    over(scene, 61)


@rule("R-08.15", "R-08.16")
def test_calls_whose_skills_were_relaxed_and_others_open_tiers_apart() -> None:
    """The first call does not require English any more: 101, free until 10, keeps tier 2 shut to it until 30. The second
    requires it still, and nobody of tier 1 has it.
    """
    staff = "[101, {user: 102, tier: 2, skills: {english: 1}}, {user: 103, tier: 2, skills: {english: 1}}]"
    scene = queue(
        "linear", staff, "tier_wait: 20, skills: {english: 1}, relax: [{after: 10, drop: english}], ring: 120"
    )
    scene.tell(0, ev.MemberPaused(user=102, reason="lunch"))
    scene.tell(0, ev.MemberPaused(user=103, reason="lunch"))
    scene.arrives(0, "c0")
    scene.arrives(1, "c1")
    scene.arrives(12, "c2")
    scene.tell(15, ev.MemberUnpaused(user=103))
    assert scene.offers() == [(10.0, "c0", 101), (15.0, "c2", 103)]
    scene.tell(16, ev.MemberUnpaused(user=102))
    scene.until(40)
    assert scene.offers()[2:] == [(30.0, "c1", 102)]
    over(scene, 41)


@rule("R-08.15", "R-25.6")
def test_a_promotion_opens_no_tier_early() -> None:
    scene = queue("linear", TIERS, "tier_wait: 20, ring: 120")
    scene.arrives(0, "c1")
    new = scene.version(queue("random", TIERS, "tier_wait: 20, ring: 120").flow)
    scene.tell(2, ev.FlowPromoted(flow=new))
    scene.arrives(5, "c2")
    scene.until(30)
    assert scene.offers() == [(0.0, "c1", 101), (20.0, "c2", 102)]
    over(scene, 31)


# --- skills (R-08.16) -------------------------------------------------------------------------------------------------

SKILLED = "[101, {user: 102, skills: {english: 1}}, {user: 103, skills: {english: 3, sales: 1}}]"


@rule("R-08.16")
@pytest.mark.parametrize("strategy", ALL)
@pytest.mark.parametrize(
    ("required", "first"),
    [("{english: 1}", 102), ("{english: 2}", 103), ("{english: 1, sales: 1}", 103)],
)
def test_members_who_lack_a_skill_or_its_level_are_not_eligible(strategy: str, required: str, first: int) -> None:
    scene = queue(strategy, SKILLED, f"skills: {required}")
    scene.arrives(0, draw_seed=3)
    allowed = {102: {102, 103}, 103: {103}}[first]
    assert set(scene.offered()) <= allowed
    if "random" not in strategy:
        assert scene.offered()[0] == first
    over(scene, 1)


@rule("R-08.16")
def test_relaxation_steps_give_up_skills_in_order() -> None:
    scene = queue(
        "linear",
        "[101, {user: 102, skills: {sales: 1}}]",
        "skills: {english: 2, sales: 1}, relax: [{after: 10, drop: english}, {after: 25, drop: sales}], ring: 60",
    )
    scene.arrives(0, "c1")
    scene.arrives(1, "c2")
    scene.until(30)
    assert scene.offers() == [(10.0, "c1", 102), (26.0, "c2", 101)]
    assert [m.rule for m in scene.all(note.DecisionMade)] == ["R-08.16"] * 4
    over(scene, 31)


@rule("R-08.16", "R-08.6")
def test_a_member_takes_the_first_call_they_have_the_skills_for() -> None:
    scene = Scene(
        """
        5200: {kind: queue, strategy: linear, members: [101, {user: 102, skills: {english: 1}}], skills: {english: 1}}
        5201: {kind: queue, members: [101]}
        """
    )
    scene.dials(0, 102, "103", "own")
    scene.arrives(1, "english")
    scene.tell(2, ev.CallArrived(call="any", called="5201", origin="api"))
    assert scene.offers() == [(2.0, "any", 101)]
    scene.hangs_up(3, "own")
    assert scene.offers()[1:] == [(3.0, "english", 102)]
    over(scene, 4)
