"""Intelligent contact manager: a caller who calls again reaches the user they last talked with (R-18)."""

from __future__ import annotations

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from tests.harness import Scene, drained, rule

PBX = """
5700: {kind: contact_manager, default: 103, SOURCES}
"""
HISTORY = PBX.replace("SOURCES", "sources: [history]")
BOTH = PBX.replace("SOURCES", 'crm_address: "https://crm.example.org/who"')
CALLER = "+79161234567"
SAME = "89161234567"
DAY = 86_400.0


def talked(scene: Scene, at: float, call: str, leg: str, length: float = 10.0, caller: str = CALLER) -> None:
    """A call that is talked on for `length` seconds."""
    scene.arrives(at, call, caller)
    scene.answers(at + 1, leg)
    scene.hangs_up(at + 1 + length, call)


@rule("R-18.1", "R-18.3", "R-18.6")
def test_a_known_number_goes_to_whom_it_last_talked_with_and_a_new_one_to_the_default() -> None:
    scene = Scene(HISTORY)
    talked(scene, 0, "c1", "c1.1")
    assert scene.path("c1") == [(5700, "default"), (103, "")]
    scene.arrives(100, "c2", SAME)
    assert scene.path("c2") == [(5700, "")], "numbers are compared by their last ten digits"
    assert scene.all(cmd.PlaceLeg, call="c2")[0].target == cmd.Devices(user=103)
    scene.answers(102, "c2.1")
    assert scene.one(note.CallAnswered, call="c2").rule == "R-18.1"
    scene.hangs_up(110, "c2")
    scene.until(200)
    drained(scene.engine)


@rule("R-18.4")
def test_less_than_five_seconds_of_talk_is_not_remembered() -> None:
    scene = Scene(HISTORY)
    talked(scene, 0, "c1", "c1.1", length=4.9)
    scene.arrives(100, "c2", CALLER)
    assert scene.path("c2") == [(5700, "default"), (103, "")]


@rule("R-18.4")
def test_a_talk_is_remembered_for_the_look_back_in_either_direction() -> None:
    scene = Scene(HISTORY.replace("default: 103", "default: 103, look_back: 2"))
    scene.dials(0, 101, SAME)
    scene.answers(1, "c1.1")
    scene.ends(20, "c1.1")
    scene.arrives(DAY, "c2", CALLER)
    assert scene.all(cmd.PlaceLeg, call="c2")[0].target == cmd.Devices(user=101), "101 had called the number"
    scene.hangs_up(DAY + 1, "c2")
    scene.arrives(3 * DAY, "c3", CALLER)
    assert scene.path("c3")[0] == (5700, "default"), "two days and more ago"


@rule("R-18.5")
def test_the_user_found_rings_for_twenty_seconds_and_their_own_forwarding_is_not_asked() -> None:
    users = f'101: {{no_answer: "{SAME}"}}\n102: {{}}\n103: {{}}'
    scene = Scene(HISTORY, users=users)
    scene.dials(0, 101, SAME)
    scene.answers(1, "c1.1")
    scene.ends(20, "c1.1")
    scene.arrives(100, "c2", CALLER)
    scene.until(121)
    assert scene.path("c2") == [(5700, "default"), (103, "")]
    scene.hangs_up(122, "c2")
    scene.until(300)
    drained(scene.engine)


@rule("R-18.5")
def test_a_user_who_is_busy_absent_or_paused_is_passed_over() -> None:
    queue = HISTORY + "5200: {kind: queue, members: [101], timeout: hangup}"
    for event in (
        ev.DeviceUnregistered(user=101),
        ev.DoNotDisturbSet(user=101, on=True),
        ev.MemberPaused(user=101, reason="lunch"),
    ):
        scene = Scene(queue)
        scene.dials(0, 101, SAME)
        scene.answers(1, "c1.1")
        scene.ends(20, "c1.1")
        scene.tell(50, event)
        scene.arrives(100, "c2", CALLER)
        assert scene.path("c2") == [(5700, "default"), (103, "")], event


@rule("R-18.2", "R-18.5")
def test_the_crm_is_asked_first_for_two_seconds_and_then_the_history() -> None:
    scene = Scene(BOTH)
    scene.arrives(0)
    request = scene.one(cmd.AskWebServer)
    assert request.timeout_us == 2_000_000 and '"89160000001"' in request.body
    scene.tell(1, ev.WebServerAnswered(request="c1.q1", status=200, body='{"user": "102"}', latency_us=900_000))
    assert scene.one(cmd.PlaceLeg).target == cmd.Devices(user=102)
    scene.hangs_up(2)
    scene.dials(10, 101, SAME, "c2")
    scene.answers(11, "c2.1")
    scene.ends(30, "c2.1")
    for n, body in enumerate(('{"user": null}', "nonsense", '{"user": "4711"}'), start=3):
        scene.arrives(100 * n, f"c{n}", CALLER)
        scene.tell(100 * n + 1, ev.WebServerAnswered(request=f"c{n}.q1", status=200, body=body, latency_us=900_000))
        assert scene.all(cmd.PlaceLeg, call=f"c{n}")[0].target == cmd.Devices(user=101), body
        scene.hangs_up(100 * n + 2, f"c{n}")
    scene.arrives(900, "c9", CALLER)
    scene.until(902.5)
    assert scene.all(cmd.PlaceLeg, call="c9")[0].target == cmd.Devices(user=101), "a silent CRM costs two seconds"
    scene.hangs_up(903, "c9")


@rule("R-18.6")
def test_a_number_can_be_erased_without_its_event_naming_it_and_a_replay_is_the_same() -> None:
    """The journal says which talk was the number's last."""
    scene = Scene(HISTORY)
    talked(scene, 0, "c1", "c1.1")
    found = scene.engine.last_talk("8 (916) " + SAME[-7:])
    assert found == scene.engine.last_talk(CALLER) is not None
    user, at = found
    scene.tell(60, ev.NumberErased(user=user, talked_at=at, by="anna"))
    assert scene.engine.last_talk(CALLER) is None
    scene.tell(61, ev.NumberErased(user=user, talked_at=at, by="anna"))
    scene.tell(62, ev.NumberErased(by="anna"))
    assert [one.known for one in scene.all(note.NumberForgotten)] == [True, False, False]
    scene.arrives(100, "c3", CALLER)
    assert scene.path("c3")[0] == (5700, "default")
    scene.hangs_up(101, "c3")


@rule("R-18.6")
def test_anonymous_callers_go_to_the_default_and_a_number_can_be_erased() -> None:
    scene = Scene(HISTORY)
    talked(scene, 0, "c1", "c1.1")
    scene.arrives(50, "c2", "")
    assert scene.path("c2") == [(5700, "default"), (103, "")]
    scene.hangs_up(51, "c2")
    scene.tell(60, ev.NumberErased(number=SAME))
    scene.arrives(100, "c3", CALLER)
    assert scene.path("c3")[0] == (5700, "default")


@rule("R-16.1", "R-16.5", "R-18.2")
def test_the_name_that_a_crm_gives_is_on_the_display_of_whoever_rings_next() -> None:
    for answer, rung in ('{"user": "102", "name": "Иван Петров"}', 102), ('{"user": null, "name": "Иван Петров"}', 103):
        scene = Scene(PBX.replace("SOURCES", "crm_address: crm:sales"))
        scene.arrives(0, "c1", CALLER)
        asked = scene.one(cmd.AskWebServer)
        assert asked.url == "crm:sales" and '"responsible_user"' in asked.body
        scene.tell(1, ev.WebServerAnswered(request=asked.request, status=200, body=answer, latency_us=1_000_000))
        leg = scene.one(cmd.PlaceLeg)
        assert leg.caller_name == "Иван Петров" and leg.target == cmd.Devices(user=rung)
