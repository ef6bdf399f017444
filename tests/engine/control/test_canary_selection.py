"""A canary narrowed to numbers, trunks, callers and a time: which new calls it takes, the same in every world (R-25.6)."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from typing import Any

import msgspec
import pytest
import simpy

from engine.analysis.scripted_world import Script, ScriptedWorld
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import limits
from engine.contract import notes as note
from engine.contract.draws import seed_of
from engine.contract.errors import DriverError
from engine.contract.ids import SECOND_US, seconds
from engine.control.engine import Engine
from engine.state.call import Call, share
from pbxsim.scenario.scenario import Arrivals, Recorded, Scenario
from pbxsim.world import driver
from pbxsim.world.world import World
from tests.harness import T0, Scene, drained, flow, rule
from tests.heard import HeardWorld

OLD = "5200: {kind: queue, members: [101], timeout: 5120, max_wait: 30}\n5120: {kind: voicemail, recipients: [a@example.org]}"
NEW = OLD.replace("[101]", "[102]").replace("max_wait: 30", "max_wait: 60")
LINES = """
trunks:
  moscow: {number: "74951234567", to: 5200}
  spb: {number: "78121234567", to: 5200}
outgoing: {default: moscow}
SETTINGS
"""


def scene_with(settings: str = "", **narrow: object) -> tuple[Scene, str]:
    rest = LINES.replace("SETTINGS", settings)
    scene = Scene(OLD, rest=rest)
    new = scene.version(flow(NEW, rest=rest))
    scene.tell(0, ev.FlowPromoted(flow=new, **narrow))  # type: ignore[arg-type]
    return scene, new


def takes(scene: Scene, new: str, at: float = 1, **call: object) -> bool:
    name = f"c{len(scene.all(note.CallStarted))}"
    scene.arrives(at, name, **{"trunk": "moscow", "called": "74951234567", **call})  # type: ignore[arg-type]
    scene.hangs_up(at, name)
    return scene.one(note.CallStarted, call=name).flow == new


@rule("R-25.6")
@pytest.mark.parametrize(
    ("narrow", "call", "taken"),
    [
        ({"numbers": ("74951234567",)}, {}, True),
        ({"numbers": ("84951234567",)}, {"called": "+74951234567"}, True),
        ({"numbers": ("7812d7?",)}, {}, False),
        ({"numbers": ("7812ddddddd",)}, {"called": "78121234567", "trunk": "spb"}, True),
        ({"trunks": ("spb",)}, {}, False),
        ({"trunks": ("spb",)}, {"trunk": "spb"}, True),
        ({"trunks": ("spb",), "numbers": ("74951234567",)}, {}, True),
        ({"callers": ("7916+",)}, {"caller": "79161112233"}, True),
        ({"callers": ("7916+",)}, {"caller": "79171112233"}, False),
        ({"callers": ("89161112233",)}, {"caller": "+7 (916) 111-22-33"}, True),
        ({"callers": ("+",)}, {"caller": ""}, False),
        ({"callers": ("+",)}, {"caller": "anonymous"}, False),
        ({"callers": ("7916+",), "numbers": ("7812+",)}, {"caller": "79161112233"}, False),
        ({"until": T0 + seconds(10)}, {"at": 9.999}, True),
        ({"until": T0 + seconds(10)}, {"at": 10}, False),
        ({"since": T0 + seconds(10)}, {"at": 9.999}, False),
        ({"since": T0 + seconds(10), "until": T0 + seconds(20)}, {"at": 10}, True),
        ({"callers": ("+",), "share": 0.0}, {"caller": "79161112233"}, False),
    ],
)
def test_a_canary_takes_the_calls_it_is_narrowed_to_and_no_others(
    narrow: dict[str, object], call: dict[str, object], taken: bool
) -> None:
    scene, new = scene_with(**narrow)
    assert takes(scene, new, **call) is taken  # type: ignore[arg-type]
    assert scene.engine.versions.live is scene.flow, "a narrowed version is on trial, with a share of 1 too"
    drained(scene.engine)


@rule("R-25.6", "R-12.4")
def test_callers_are_chosen_as_number_rules_see_them() -> None:
    scene, new = scene_with("settings: {caller_form: '8'}", callers=("8916+",))
    assert takes(scene, new, caller="79161112233")
    assert not takes(scene, new, caller="79171112233")


@rule("R-25.6")
def test_a_share_of_chosen_calls_is_taken_by_each_calls_own_draw() -> None:
    scene, new = scene_with(callers=("7916+",), share=0.3)
    for n in range(200):
        expected = share(Call("", "", seed=n).draw(0, 0)) < 0.3
        assert takes(scene, new, caller="79161112233", draw_seed=n) is expected
        assert not takes(scene, new, caller="79171112233", draw_seed=n)


@rule("R-25.6")
def test_whoever_a_small_share_takes_a_larger_one_takes_too() -> None:
    taken: set[int] = set()
    for part in (0.05, 0.2, 0.5, 1.0):
        scene, new = scene_with(share=part)
        now = {n for n in range(300) if takes(scene, new, draw_seed=n)}
        assert taken <= now
        taken = now
    assert len(taken) == 300


@rule("R-25.6", "R-25.9")
def test_a_note_says_what_a_canary_is_narrowed_to_who_did_it_and_why() -> None:
    narrow = {"numbers": ("7495+",), "trunks": ("spb",), "callers": ("7916+",), "since": T0, "until": T0 + seconds(60)}
    scene, new = scene_with(share=0.2, by="olga", reason="a try", **narrow)
    told = scene.all(note.FlowChanged)[-1]
    assert told == note.FlowChanged(flow=new, state="canary", share=0.2, by="olga", reason="a try", **narrow)  # type: ignore[arg-type]


@rule("R-25.6")
@pytest.mark.parametrize(
    ("narrow", "says"),
    [
        ({"numbers": ("12(",)}, "is no mask"),
        ({"callers": ("",)}, "is no mask"),
        ({"since": T0 + 5, "until": T0 + 5}, "ends before it begins"),
        ({"trunks": ("spb",) * (limits.SELECTION_ENTRIES + 1)}, "at most 100 may be"),
        ({"callers": ("+",) * (limits.SELECTION_ENTRIES + 1)}, "at most 100 may be"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused_and_changes_nothing(narrow: dict[str, object], says: str) -> None:
    scene, new = scene_with(share=0.5)
    before = (scene.engine.versions.canary_share, len(scene.said))
    with pytest.raises(DriverError, match=says):
        scene.tell(1, ev.FlowPromoted(flow=new, share=0.1, **narrow))  # type: ignore[arg-type]
    assert (scene.engine.versions.canary_share, len(scene.said)) == before


@rule("R-25.6")
@pytest.mark.parametrize("ends", ["promoted", "rolled back", "retired"])
def test_a_selection_ends_with_its_canary(ends: str) -> None:
    scene, new = scene_with(callers=("7916+",))
    if ends == "retired":
        scene.tell(1, ev.FlowRetired(flow=new))
    else:
        scene.tell(1, ev.FlowPromoted(flow=new if ends == "promoted" else scene.flow.digest))
    assert scene.engine.versions.selection is None
    assert takes(scene, new, 2, caller="79161112233") is (ends == "promoted")
    assert takes(scene, new, 2, caller="79171112233") is (ends == "promoted")


@rule("R-25.6")
def test_events_of_journals_written_before_selections_mean_what_they_meant() -> None:
    old = b'{"type":"FlowPromoted","flow":"f","share":0.2}'
    event = msgspec.json.decode(old, type=ev.FlowPromoted)
    assert event == ev.FlowPromoted(flow="f", share=0.2)
    assert msgspec.json.encode(event) == old
    assert msgspec.json.encode(note.FlowChanged(flow="f", state="live", share=1.0)) == (
        b'{"type":"FlowChanged","flow":"f","state":"live","share":1.0}'
    )


# --- a call stays on its version -----------------------------------------------------------------------------------------


@rule("R-25.6")
def test_a_call_sent_on_stays_on_the_version_it_began_on() -> None:
    """The way through the elements after a transfer is that of the call's own version, whatever was promoted meanwhile."""
    scene = Scene(OLD)
    new = scene.version(flow(NEW))
    scene.tell(0, ev.FlowPromoted(flow=new, callers=("8916+",)))
    scene.arrives(1, "c1")
    assert scene.one(note.CallStarted, call="c1").flow == new
    scene.answers(2, "c1.1")
    scene.tell(3, ev.FlowPromoted(flow=scene.flow.digest))
    scene.tell(4, ev.MemberPaused(user=102))
    scene.tell(5, ev.TransferRequested(call="c1", to="5200", leg="c1.1"))
    scene.until(66)
    assert scene.one(note.CallLeftQueue, call="c1").wait_us == seconds(60), "the old version's queue lets wait 30 s"
    scene.hangs_up(70, "c1")
    scene.until(1000)
    drained(scene.engine)


@rule("R-25.6", "R-08.19")
def test_a_caller_who_is_called_back_stays_on_the_version_they_called_on() -> None:
    old = '5200: {kind: queue, members: [101], callback_key: "1", ring: 15, timeout: hangup}'
    scene = Scene(old)
    new = scene.version(flow(old.replace("[101]", "[102]")))
    scene.tell(0, ev.FlowPromoted(flow=new, share=1.0, callers=("8916+",)))
    scene.tell(0, ev.MemberPaused(user=102))
    scene.arrives(1)
    scene.presses(5, "1")
    assert scene.one(cmd.ReleaseCaller)
    scene.tell(6, ev.FlowPromoted(flow=scene.flow.digest))
    scene.tell(9, ev.MemberUnpaused(user=102))
    scene.answers(11, "c1.1")
    scene.answers(15, "c1.2")
    assert scene.one(cmd.Bridge) == cmd.Bridge(call="c1", leg="c1.1", other="c1.2")
    assert scene.engine.call_of("c1").flow.digest == new
    scene.ends(20, "c1.1")
    scene.until(21)
    drained(scene.engine)


# --- every world agrees --------------------------------------------------------------------------------------------------


@rule("R-25.1", "R-25.2", "R-25.6")
def test_preview_simulation_and_live_send_every_call_to_the_same_version() -> None:
    """One promotion and 300 calls, in the contract that a live bridge speaks, in a preview's world, in a simulated one and in
    a replay: each call is on the same version in all four."""
    rest = LINES.replace("SETTINGS", "")
    old, new = flow(OLD, rest=rest), flow(NEW, rest=rest)
    promotion = ev.FlowPromoted(
        flow=new.digest, share=0.4, trunks=("spb",), numbers=("7495+",), callers=("7916+",), until=T0 + seconds(250)
    )
    calls = [
        ev.CallArrived(
            call=f"c{n}", draw_seed=seed_of(f"c{n}"), trunk=("moscow", "spb")[n % 2],
            called=("74951234567", "78120000000")[n // 2 % 2], caller=("79161112233", "79171112233", "+7 916 5", "")[n // 4 % 4],
        )
        for n in range(300)
    ]  # fmt: skip

    def pinned(said: list[tuple[int, object]]) -> dict[str, str]:
        return {m.call: m.flow for _, m in said if isinstance(m, note.CallStarted)}

    told: list[tuple[int, ev.Event]] = [(T0, promotion)]
    for n, call in enumerate(calls):
        told += [(T0 + seconds(n), call), (T0 + seconds(n) + 1, ev.CallerHungUp(call=call.call))]

    def engine_told() -> dict[str, str]:
        engine = Engine(old)
        engine.know(new)
        return pinned([line for at, event in told for line in engine.handle(at, event)])

    live = engine_told()
    assert engine_told() == live, "a replay"
    taken = sum(digest == new.digest for digest in live.values())
    assert 0 < taken < 100

    world = ScriptedWorld(old, Script(), T0)
    world.engine.know(new)
    for at, event in told:
        world.tell(at, event)
    assert pinned(list(world.lines)) == live

    def people(world: World) -> Generator[simpy.Event, Any, None]:
        world.engine.know(new)
        for at, event in told:
            world.run_on(at)
            yield world.env.timeout(max(0.0, (at - world.begin) / SECOND_US - world.env.now))
            world.send(event)

    scenario = Scenario(
        date=date(2026, 11, 23), start="08:30", zone="UTC", hours=1,
        arrivals={"nobody": Arrivals(trunk="moscow", recorded=Recorded(at_s=(3599.0,), callers=("1",)))},
    )  # fmt: skip
    simulated = driver.simulate_once(old, scenario, processes=[people], make=HeardWorld)
    assert isinstance(simulated, HeardWorld)
    assert {call: pin for call, pin in pinned(list(simulated.ear.lines)).items() if call in live} == live
