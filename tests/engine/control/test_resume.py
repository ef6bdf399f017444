"""An engine made from the present of another one goes on as that one does: same offers, same deadlines, same words."""

from __future__ import annotations

import msgspec
import pytest

from engine.contract import commands as cmd
from engine.contract import notes as note
from engine.contract.errors import DriverError
from engine.control import resume as resuming
from engine.control.present import Present, PresentCall
from engine.state.call import Call
from engine.state.sink import Message
from tests.harness import T0, Scene, drained, rule

USERS = "101 102 103 104"
QUEUE = (
    "5200: {kind: queue, name: Sales, strategy: STRATEGY, members: [101, 102, 103, 104], ring: 15, retry: 5, wrap_up: 20, "
    "max_wait: 200, step: 5, timeout: hangup}"
)
STRATEGIES = (
    "ring_all", "linear", "round_robin", "longest_idle", "fewest_calls", "least_talk", "random", "weighted_random", "progressive",
)  # fmt: skip


def at(scene: Scene, at_s: float) -> Present:
    """The present of a scene's engine."""
    scene.until(at_s)
    return scene.engine.present(T0 + round(at_s * 1_000_000))


def twin(scene: Scene, present: Present) -> Scene:
    """A scene whose engine goes on from `present`."""
    made = Scene(scene.flow, registered=False)

    def call(told: PresentCall) -> Call:
        known = scene.engine.tenant.calls[told.id]
        return Call(told.id, known.called, known.caller, known.trunk, known.user, known.origin, known.seed)

    resumed = resuming.resume(made.engine, present, call)
    resuming.go_on(made.engine, present.at, resumed)
    made._say(made.engine.out.take())  # type: ignore[attr-defined]  # what a scene hears is a sink of messages
    return made


def busy(strategy: str) -> Scene:
    """Second 60: three members talk, one works on after a call, one call rings or waits, two wait."""
    scene = Scene(QUEUE.replace("STRATEGY", strategy), USERS)
    for n in range(1, 8):
        scene.arrives(n * 4, f"c{n}")
        for leg in [leg.id for call in scene.engine.tenant.calls.values() for leg in call.live_legs]:
            if n < 5 and scene.engine.leg_of(leg).state == 0:
                scene.answers(n * 4 + 1, leg)
                break
    first = scene.engine.tenant.calls["c1"].talking
    assert first is not None
    scene.ends(50, first.id)
    return scene


def goes_on(scene: Scene) -> list[tuple[float, Message]]:
    """What people do from second 60 on, and what the engine says to it."""
    before = len(scene.said)
    scene.arrives(61, "late", draw_seed=7)
    for at_s in (65, 72, 90, 110, 140, 180, 230, 300, 500):
        scene.until(at_s)
        legs = [leg for call in scene.engine.tenant.calls.values() for leg in call.live_legs]
        ringing = sorted(leg.id for leg in legs if leg.state == 0)
        talking = sorted(leg.id for leg in legs if leg.state == 2)
        if ringing and at_s != 72:
            scene.answers(at_s, ringing[0])
        if talking:
            scene.ends(at_s + 1, talking[0])
    for call in sorted(scene.engine.tenant.calls):
        if not scene.engine.tenant.calls[call].over:
            scene.hangs_up(600, call)
    scene.until(9000)
    drained(scene.engine)
    kept = (cmd.PlaceLeg, cmd.CancelLeg, cmd.EndLeg, cmd.EndCall, cmd.Bridge, note.Note)
    return [(when, message) for when, message in scene.said[before:] if isinstance(message, kept)]


@rule("R-25.1", "R-08.8")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_engine_resumed_from_the_present_of_another_says_the_same_from_then_on(strategy: str) -> None:
    scene = busy(strategy)
    copy = twin(scene, at(scene, 60))
    assert copy.engine.present(T0 + 60_000_000) == at(scene, 60)
    assert goes_on(copy) == goes_on(scene)


@rule("R-08.10", "R-08.9", "R-08.15", "R-08.16")
def test_waits_skills_tiers_and_priorities_keep_their_place_and_their_deadlines() -> None:
    text = """
        5201: {kind: queue, strategy: linear, priority: 3, members: [101], timeout: hangup, max_wait: 100}
        5200: {kind: queue, strategy: linear, tier_wait: 30, max_wait: 120, timeout: hangup, skills: {german: 2},
               members: [{user: 101, tier: 1, skills: {german: 3}}, {user: 102, tier: 2, skills: {german: 2}}],
               relax: [{after: 90, drop: german}]}
        """
    scene = Scene(text, "101 102", to=5200)
    scene.arrives(0, "c1")
    scene.answers(2, "c1.1")
    scene.arrives(10, "c2")
    scene.arrives(12, "c3", called="5201", trunk=None, origin="api")
    present = at(scene, 20)
    copy = twin(scene, present)
    assert copy.engine.present(present.at) == present
    for one in (scene, copy):
        del one.said[:]
        one.until(40)
        one.ends(45, "c1.1")
        one.until(400)
    assert copy.said == scene.said
    assert copy.offers()[0][1:] == ("c2", 102)  # the second tier opens 30 s after the first became empty


@rule("R-25.1")
def test_calls_elsewhere_come_to_their_element_again_and_users_who_dial_are_away() -> None:
    text = """
        5000: {kind: greeting, prompt: welcome.wav, keys: {1: 5200}, no_input: 5200, invalid: hangup}
        5200: {kind: queue, strategy: linear, members: [101, 102], timeout: hangup}
        """
    scene = Scene(text, "101 102 103")
    scene.arrives(0, "c1")
    scene.dials(1, 101, "103", "own")
    scene.answers(3, "own.1")
    present = at(scene, 4)
    assert [(call.id, call.kind, call.called) for call in present.calls] == [
        ("c1", "greeting", "74951234567"),
        ("own", "user", ""),
    ]
    copy = twin(scene, present)
    assert copy.engine.present(present.at).members == present.members
    assert copy.presses(6, "1", "c1")
    assert copy.offered("c1") == [102]  # 101 is away, in the call they dialled
    copy.ends(10, "own.1")
    assert copy.engine.present(T0 + 10_000_000).members[0].state == "idle"
    copy.hangs_up(20, "c1")
    copy.until(9000)
    drained(copy.engine)


@rule("R-16.4")
def test_the_present_names_no_caller_and_no_number_that_a_user_dialled() -> None:
    scene = Scene("5200: {kind: queue, members: [101], timeout: hangup}", "101 102")
    scene.arrives(0, "c1", caller="89165550011")
    scene.dials(1, 102, "89165550022", "own")
    told = msgspec.json.encode(at(scene, 5)).decode()
    assert "5550011" not in told and "5550022" not in told


def test_a_present_of_another_form_is_refused() -> None:
    scene = Scene("5200: {kind: queue, members: [101], timeout: hangup}", "101")
    present = msgspec.structs.replace(at(scene, 0), format=99)
    with pytest.raises(DriverError, match="form 99"):
        resuming.resume(Scene(scene.flow, registered=False).engine, present, lambda told: Call(told.id, ""))


def test_what_the_version_no_longer_has_is_left_out() -> None:
    scene = busy("linear")
    smaller = Scene("5201: {kind: queue, members: [102], timeout: hangup}", "102", registered=False)
    resumed = resuming.resume(smaller.engine, at(scene, 60), lambda told: Call(told.id, told.called, trunk=told.trunk))
    assert not resumed.waiting and not resumed.ringing
    assert sorted(resumed.left_out) == ["c5", "c6", "c7"]
    assert len(resumed.talking) == 3
