"""A user's own rules: devices, forwarding, hand-over, voicemail as last resort (R-06), and the trunks forwarding needs (R-04)."""

from __future__ import annotations

import pytest

from engine.analysis.preview import preview
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.errors import FlowError
from tests.harness import T0, Scene, drained, rule

MOBILE = "89161234567"
GREETING = "5000: {kind: greeting, prompt: welcome.wav, keys: {1: 101}, dial_extension: true}"
HOURS = "5400: {kind: hours, match: 101, mismatch: 101}"


def user(settings: str = "", others: str = "102: {}\n103: {voicemail: false}", **other: object) -> Scene:
    return Scene("", f"101: {{{settings}}}\n{others}", to=101, **other)  # type: ignore[arg-type]


def over(scene: Scene, at: float) -> None:
    for call in list(scene.engine.tenant.calls):
        if call in scene.engine.tenant.calls and not scene.engine.tenant.calls[call].over:
            scene.hangs_up(at, call)
    scene.until(at + 900)
    drained(scene.engine)


def rung(scene: Scene) -> list[int | str]:
    return [m.user or m.number for m in scene.all(note.LegStarted)]  # type: ignore[misc]


def in_mailbox(scene: Scene, number: int) -> bool:
    last = scene.all(note.ElementEntered)[-1]
    return (last.element, last.kind) == (number, "voicemail")


@rule("R-06.1", "R-02.15", "R-06.10")
def test_a_users_devices_ring_together_as_one_leg_and_the_call_is_answered_only_by_them() -> None:
    scene = user(registered=False)
    for device in "12345":
        scene.tell(0, ev.DeviceRegistered(user=101, device=device))
    scene.arrives(1)
    assert scene.one(cmd.PlaceLeg).target == cmd.Devices(user=101)
    assert scene.all(cmd.Progress) and not scene.all(cmd.Answer)
    scene.answers(4, "c1.1")
    assert scene.one(cmd.Answer) and scene.one(note.CallAnswered).rule == "R-06.10"
    over(scene, 5)


@rule("R-06.9")
@pytest.mark.parametrize(("settings", "ring"), [("", 30), ("ring: 5", 5), ("ring: 120", 120)])
def test_devices_ring_thirty_seconds_or_as_set(settings: str, ring: int) -> None:
    scene = user(settings)
    scene.arrives(0)
    scene.until(ring - 0.001)
    assert scene.legs() == ["c1.1 ringing"]
    scene.until(ring)
    assert in_mailbox(scene, 101) and scene.one(cmd.CancelLeg).reason == "timeout"
    over(scene, ring + 1)


@rule("R-06.9", "R-06.8")
@pytest.mark.parametrize("settings", ["ring: 4", "ring: 121", "forwarding: [" + "{when: busy, to: 102}, " * 11 + "]"])
def test_rings_and_lists_beyond_their_limits_are_refused(settings: str) -> None:
    with pytest.raises(FlowError, match=r"R-06"):
        user(settings)


@rule("R-06.3", "R-06.4")
@pytest.mark.parametrize("way", ["dialled", "alias", "key", "extension", "time rule", "API"])
def test_the_no_answer_number_works_however_the_user_was_reached_directly(way: str) -> None:
    scene = Scene(
        f"{GREETING}\n{HOURS}",
        f'101: {{no_answer: "{MOBILE}", ring: 5}}\n102: {{}}',
        to=5400 if way == "time rule" else 5000,
        rest="settings: {direct_sip: true, aliases: {anna: 101}}",
    )
    if way == "dialled":
        scene.dials(0, 102, "101")
    elif way == "API":
        scene.tell(0, ev.CallArrived(call="c1", called="101", origin="api"))
    elif way == "alias":
        scene.tell(0, ev.CallArrived(call="c1", called="Anna", origin="api"))
    else:
        scene.arrives(0)
        if way in ("key", "extension"):
            for n, digit in enumerate("101" if way == "extension" else "1"):
                scene.presses(1 + n / 4, digit)
    scene.until(20)
    assert rung(scene) == [101, MOBILE]
    over(scene, 21)


@rule("R-06.4", "R-06.5", "R-06.15")
@pytest.mark.parametrize(
    "element",
    [
        "5200: {kind: queue, members: [101], max_wait: 20, timeout: hangup}",
        "5300: {kind: group, members: [101], no_answer: hangup}",
    ],
)
def test_a_group_or_queue_does_not_ask_the_users_own_rules(element: str) -> None:
    scene = Scene(element, f'101: {{forwarding: [{{when: always, to: "{MOBILE}"}}]}}')
    scene.arrives(0)
    scene.until(25)
    assert MOBILE not in rung(scene) and 101 not in [n for n, _ in scene.path()]
    over(scene, 26)


# --- the list (R-06.8, R-06.11) ---------------------------------------------------------------------------------------


@rule("R-06.8")
def test_always_is_taken_without_ringing_the_devices() -> None:
    scene = user(f'forwarding: [{{when: always, to: "{MOBILE}"}}]')
    scene.arrives(0)
    assert rung(scene) == [MOBILE]
    over(scene, 1)


CONDITIONS = f"""forwarding: [{{when: busy, to: "{MOBILE}1"}}, {{when: unreachable, to: "{MOBILE}2"}},
{{when: no_answer, to: "{MOBILE}3"}}]"""


@rule("R-06.8", "R-06.11")
@pytest.mark.parametrize(
    ("state", "taken"),
    [
        ("in a call", 1),
        ("do not disturb", 1),
        ("rejects", 1),
        ("no device", 2),
        ("lost on the way", 2),
        ("no answer", 3),
        ("no response", 3),
    ],
)
def test_the_first_step_whose_condition_holds_is_taken(state: str, taken: int) -> None:
    scene = user(CONDITIONS)
    if state == "in a call":
        scene.dials(0, 101, "102", "own")
    elif state == "do not disturb":
        scene.tell(0, ev.DoNotDisturbSet(user=101, on=True))
    elif state == "no device":
        scene.tell(0, ev.DeviceUnregistered(user=101))
    scene.arrives(1)
    causes = {
        "rejects": Cause.CALL_REJECTED,
        "lost on the way": Cause.SUBSCRIBER_ABSENT,
        "no response": Cause.NO_USER_RESPONSE,
    }
    if state in causes:
        scene.fails(2, "c1.1", causes[state])
    scene.until(31.5)
    outside = [number for number in rung(scene) if isinstance(number, str)]
    assert outside == [f"{MOBILE}{taken}"]
    over(scene, 32)


@rule("R-06.8")
def test_when_a_step_fails_the_list_goes_on_below_it() -> None:
    steps = "forwarding: [{when: no_answer, to: 102, ring: 10}, {when: no_answer, to: 103, ring: 5}]"
    scene = user(f'{steps}, no_answer: "{MOBILE}"')
    scene.tell(0, ev.DoNotDisturbSet(user=103, on=True))
    scene.arrives(0)
    scene.until(40)
    assert rung(scene) == [101, 102, MOBILE], "103 is busy and is passed over"
    assert scene.times(note.LegStarted) == [0.0, 30.0, 40.0]
    scene.fails(45, "c1.3", Cause.USER_BUSY)
    assert in_mailbox(scene, 101)
    over(scene, 46)


@rule("R-06.8", "R-02.9")
def test_a_step_may_lead_to_an_element_and_the_call_leaves_for_good() -> None:
    scene = Scene("5120: {kind: voicemail, recipients: [a@example.org]}", "101: {no_answer: 5120}", to=101)
    scene.arrives(0)
    scene.until(30)
    assert scene.path() == [(101, "no_answer 1"), (5120, "")]
    over(scene, 31)


@rule("R-06.11")
@pytest.mark.parametrize(("waiting", "devices", "rings"), [(False, "1", False), (True, "1", True), (False, "12", True)])
def test_busy_is_every_device_in_a_call_with_call_waiting_off(waiting: bool, devices: str, rings: bool) -> None:
    scene = user(f"call_waiting: {str(waiting).lower()}, voicemail: false")
    for device in devices:
        scene.tell(0, ev.DeviceRegistered(user=101, device=device))
    scene.arrives(0, "first")
    scene.answers(1, "first.1")
    scene.arrives(2)
    if rings:
        assert scene.one(cmd.PlaceLeg, call="c1").target == cmd.Devices(user=101)
    else:
        assert scene.end().cause is Cause.USER_BUSY
    over(scene, 3)


# --- last resort (R-06.6, R-06.12 to) -------------------------------------------------------------------------


@rule("R-06.12")
@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("busy", Cause.USER_BUSY),
        ("absent", Cause.SUBSCRIBER_ABSENT),
        ("silent", Cause.NO_ANSWER),
        ("rejects", Cause.CALL_REJECTED),
    ],
)
def test_without_voicemail_the_call_ends_with_the_last_legs_cause(state: str, cause: Cause) -> None:
    scene = user("voicemail: false")
    if state == "busy":
        scene.tell(0, ev.DoNotDisturbSet(user=101, on=True))
    elif state == "absent":
        scene.tell(0, ev.DeviceUnregistered(user=101))
    scene.arrives(0)
    if state == "rejects":
        scene.fails(1, "c1.1")
    scene.until(31)
    end = scene.end()
    assert (end.cause, end.rule, end.party) == (cause, "R-06.12", Party.NETWORK)
    assert scene.one(cmd.EndCall).cause is cause and end.answered_at is None
    over(scene, 32)


@rule("R-06.12", "R-09.2")
def test_a_users_mailbox_sends_to_the_users_own_address() -> None:
    scene = user("email: anna@example.org")
    scene.arrives(0)
    scene.until(30)
    scene.hangs_up(45)
    sent = scene.one(cmd.SendMessage)
    assert (sent.recipients, sent.box, sent.length_us) == (("anna@example.org",), 101, 15_000_000)
    over(scene, 46)


@rule("R-06.6", "R-06.14")
def test_after_a_hand_over_the_other_users_rules_apply_and_history_names_them() -> None:
    scene = user("no_answer: 102, voicemail: false", f'102: {{no_answer: "{MOBILE}"}}')
    scene.arrives(0)
    scene.until(60)
    assert rung(scene) == [101, 102, MOBILE] and [n for n, _ in scene.path()] == [101, 102]
    assert [m.rule for m in scene.all(note.DecisionMade, output="no_answer 1")][:1] == ["R-06.6"]
    scene.answers(62, "c1.3")
    assert scene.one(note.CallAnswered).element == 102
    over(scene, 63)


@rule("R-06.13")
def test_with_voicemail_on_only_the_other_users_devices_ring_for_the_steps_time() -> None:
    scene = user("forwarding: [{when: no_answer, to: 102, ring: 12}]", f'102: {{no_answer: "{MOBILE}"}}')
    scene.arrives(0)
    scene.until(42)
    assert rung(scene) == [101, 102] and in_mailbox(scene, 101) and scene.times(cmd.CancelLeg) == [30.0, 42.0]
    over(scene, 43)


FAILURES = [
    # what the phones of 101 do, and whether they ring at all
    (Cause.USER_BUSY, True), (Cause.CALL_REJECTED, True), (Cause.SUBSCRIBER_ABSENT, True), (Cause.NO_USER_RESPONSE, True),
    (Cause.NORMAL_CIRCUIT_CONGESTION, True), (Cause.UNALLOCATED_NUMBER, True), ("unregistered", False), ("disturb", False),
]  # fmt: skip


@rule("R-06.3", "R-06.8")
@pytest.mark.parametrize("steps", ["", "forwarding: [{when: no_answer, to: 102}, {when: busy, to: 102}], "])
@pytest.mark.parametrize(("failure", "rings"), FAILURES)
def test_the_no_answer_number_holds_under_every_failure(failure: Cause | str, rings: bool, steps: str) -> None:
    scene = user(f'{steps}no_answer: "{MOBILE}"', registered=False)
    if failure != "unregistered":
        scene.tell(0, ev.DeviceRegistered(user=101))
    if failure == "disturb":
        scene.tell(0, ev.DoNotDisturbSet(user=101, on=True))
    scene.arrives(0)
    if rings:
        scene.tell(1, ev.LegFailed(leg="c1.1", cause=Cause(failure)))
    assert rung(scene) == ([101] if rings else []) + [MOBILE], "102 has no phone, so the list goes on below"
    over(scene, 2)


@rule("R-06.14")
def test_a_second_visit_to_a_user_ends_with_no_answer() -> None:
    settings = "voicemail: false, ring: 5"
    others = f"102: {{no_answer: 103, {settings}}}\n103: {{no_answer: 101, {settings}}}"
    scene = user(f"no_answer: 102, {settings}", others)
    scene.arrives(0)
    scene.until(20)
    assert [n for n, _ in scene.path()] == [101, 102, 103, 101]
    assert (scene.end().cause, scene.end().rule) == (Cause.NO_ANSWER, "R-06.14")
    over(scene, 21)


# --- trunks (R-04.5 to) ---------------------------------------------------------------------------------------

TRUNKS = """
trunks:
  moscow: {number: "74951234567", lines: 2, to: 101, same_number_for_forwarding: SAME}
  spb: {number: "78121234567"}
outgoing:
  default: spb
  rules: [{mask: "8(d+)", output: "7$", operator: RULE}]
"""


def forwarded(same: bool = False, rule_trunk: str = "spb") -> Scene:
    rest = TRUNKS.replace("SAME", str(same).lower()).replace("RULE", rule_trunk)
    return user(f'forwarding: [{{when: always, to: "{MOBILE}"}}], voicemail: false', rest=rest)


@rule("R-04.5", "R-04.6", "R-04.7")
@pytest.mark.parametrize(
    ("same", "rule_trunk", "trunk", "sent"),
    [
        (False, "moscow", "moscow", "7" + MOBILE[1:]),
        (False, "spb", "spb", "7" + MOBILE[1:]),
        (True, "spb", "moscow", MOBILE),
        (True, "moscow", "moscow", "7" + MOBILE[1:]),
    ],
)
def test_a_forwarded_call_leaves_by_the_rules_or_by_the_number_it_came_in_on(
    same: bool, rule_trunk: str, trunk: str, sent: str
) -> None:
    scene = forwarded(same, rule_trunk)
    scene.arrives(0)
    assert scene.one(cmd.PlaceLeg).target == cmd.Outside(number=sent, trunk=trunk)
    over(scene, 1)


@rule("R-04.8")
def test_a_full_trunk_refuses_calls_in_and_out_with_congestion() -> None:
    scene = forwarded(rule_trunk="moscow")
    scene.arrives(0, "c1")
    assert scene.engine.tenant.trunks["moscow"].in_use == 2
    scene.arrives(1, "c2")
    assert (scene.end("c2").cause, scene.end("c2").rule) == (Cause.NORMAL_CIRCUIT_CONGESTION, "R-04.8")
    scene.hangs_up(2, "c1")
    scene.arrives(3, "c3")
    scene.tell(4, ev.CallArrived(call="c4", called=MOBILE, user=102, origin="user"))
    assert scene.end("c4").cause is Cause.NORMAL_CIRCUIT_CONGESTION
    assert scene.one(note.TrunkRefused).trunk == "moscow"
    over(scene, 5)


@rule("R-04.10")
@pytest.mark.parametrize("state", ["unregistered", "failed", "barred"])
def test_a_trunk_that_is_not_registered_takes_no_call_and_no_other_is_used_silently(state: str) -> None:
    scene = forwarded()
    scene.tell(0, ev.TrunkStateChanged(trunk="spb", state=state))  # type: ignore[arg-type]
    scene.arrives(1)
    assert (scene.end().cause, scene.end().rule) == (Cause.REQUESTED_CHAN_UNAVAIL, "R-06.12")
    assert scene.one(note.TrunkRefused).rule == "R-04.10" and not scene.all(cmd.PlaceLeg)
    scene.tell(2, ev.TrunkStateChanged(trunk="moscow", state=state))  # type: ignore[arg-type]
    scene.arrives(3, "c2")
    assert (scene.end("c2").cause, scene.end("c2").rule) == (Cause.REQUESTED_CHAN_UNAVAIL, "R-04.10")
    over(scene, 4)


@rule("R-04.10")
def test_calls_in_progress_go_on_when_their_trunk_is_lost() -> None:
    scene = forwarded()
    scene.arrives(0)
    scene.answers(3, "c1.1")
    scene.tell(4, ev.TrunkStateChanged(trunk="spb", state="failed"))
    scene.hangs_up(60)
    assert scene.end().talk_us == 57_000_000
    over(scene, 61)


@rule("R-04.9", "R-02.11")
def test_a_trunk_without_a_first_element_ends_the_call_with_no_route() -> None:
    scene = Scene("", "101: {}", rest='trunks: {moscow: {number: "74951234567"}}\noutgoing: {default: moscow}')
    scene.arrives(0)
    assert (scene.end().cause, scene.end().rule) == (Cause.NO_ROUTE_DESTINATION, "R-02.11")
    over(scene, 1)


# --- direct SIP -------------------------------------------------------------------------------------------------------

DIRECT = "settings: {direct_sip: true, aliases: {anna: 101}}"


@rule("R-10.3")
@pytest.mark.parametrize("called", ["101", "anna", "nobody"])
def test_direct_sip_is_off_until_the_account_switches_it_on(called: str) -> None:
    scene = user(rest=DIRECT.replace("true", "false"))
    scene.tell(0, ev.CallArrived(call="c1", called=called, origin="direct"))
    assert (scene.end().cause, scene.end().rule) == (Cause.INCOMING_CALL_BARRED, "R-10.3")
    assert preview(scene.flow, T0, called=called, origin="direct").landing.rule == "R-10.3"
    over(scene, 1)


@rule("R-10.4")
def test_a_direct_sip_call_causes_no_chargeable_leg() -> None:
    scene = user(f'forwarding: [{{when: always, to: "{MOBILE}"}}], voicemail: false', rest=DIRECT)
    scene.tell(0, ev.CallArrived(call="c1", called="101", origin="direct"))
    assert scene.end().cause is Cause.OUTGOING_CALL_BARRED and not scene.all(cmd.PlaceLeg)
    over(scene, 1)


@rule("R-10.2", "R-02.12")
@pytest.mark.parametrize("called", ["nobody", "4999", "000"])
def test_a_direct_sip_call_to_nobody_ends_with_404(called: str) -> None:
    scene = user(rest=DIRECT)
    scene.tell(0, ev.CallArrived(call="c1", called=called, origin="direct"))
    assert (scene.end().cause, scene.end().rule) == (Cause.UNALLOCATED_NUMBER, "R-10.2")
    over(scene, 1)


# --- a phone that forwards by itself (R-06.16) ------------------------------------------------------------------------


def redirected(scene: Scene, *contacts: str) -> None:
    scene.arrives(0)
    scene.tell(1, ev.LegFailed(leg="c1.1", cause=Cause.CALL_REJECTED, contacts=contacts))


@rule("R-06.16")
@pytest.mark.parametrize(
    ("contacts", "rings"),
    [
        (("102",), [101, 102]), ((MOBILE,), [101, MOBILE]), (("+7 916 123-45-67",), [101, "+79161234567"]),
        (("nobody", "102"), [101, 102]), (("101", "102"), [101, 102]), (("sip:a@example.net", "102"), [101, 102]),
    ],
)  # fmt: skip
def test_first_contact_of_a_phone_that_can_be_used_is_dialled(contacts: tuple[str, ...], rings: list[object]) -> None:
    scene = user("voicemail: false, no_answer: 103")
    redirected(scene, *contacts)
    assert rung(scene) == rings
    told = [decided.text for decided in scene.all(note.DecisionMade) if decided.output == "phone"]
    inside = rings[-1] == 102
    assert told == [
        "forwarded by the phone: only the devices of 102 ring" if inside else f"the phone forwards to {contacts[0]}"
    ]
    scene.answers(3, "c1.2")
    assert scene.one(note.CallAnswered).rule == "R-06.16"
    over(scene, 5)


@rule("R-06.16")
def test_colleague_a_phone_forwards_to_is_handed_the_call_when_nothing_else_is_left() -> None:
    scene = user("voicemail: false", "102: {no_answer: 103, voicemail: false}\n103: {voicemail: false}")
    redirected(scene, "102")
    scene.fails(3, "c1.2", Cause.NO_ANSWER)
    assert rung(scene) == [101, 102, 103], "102's own rules apply (R-06.6)"
    over(scene, 5)


@rule("R-06.16")
def test_when_the_phones_own_forwarding_fails_the_list_goes_on_and_no_phone_is_followed_twice() -> None:
    scene = user("no_answer: 103")
    redirected(scene, "102")
    scene.tell(3, ev.LegFailed(leg="c1.2", cause=Cause.CALL_REJECTED, contacts=("103", "102")))
    assert rung(scene) == [101, 102, 103]
    scene.fails(4, "c1.3", Cause.USER_BUSY)
    assert in_mailbox(scene, 101)
    over(scene, 5)


@rule("R-06.16")
@pytest.mark.parametrize("settings", ["phone_forwarding: false, ", ""])
def test_phone_that_may_not_forward_or_names_nothing_usable_has_rejected(settings: str) -> None:
    scene = user(settings + "voicemail: false")
    redirected(scene, *(("102",) if settings else ("sip:a@example.net", "nobody")))
    assert rung(scene) == [101] and scene.end().cause == Cause.CALL_REJECTED
    over(scene, 5)


@rule("R-06.16", "R-06.7")
def test_phone_forwards_to_the_internet_only_where_the_user_may_call_it() -> None:
    scene = user("voicemail: false, direct_sip: true")
    redirected(scene, "sip:friend@example.net")
    assert rung(scene) == [101, "sip:friend@example.net"]
    over(scene, 5)


@rule("R-06.16", "R-06.5")
@pytest.mark.parametrize(
    "element", ["{kind: group, members: [101, 103]}", "{kind: queue, members: [101], timeout: hangup}"]
)
def test_phone_rung_for_a_group_or_queue_is_not_followed(element: str) -> None:
    scene = Scene(f"5300: {element}", "101: {}\n102: {}\n103: {}")
    redirected(scene, "102")
    assert 102 not in rung(scene)
    over(scene, 2)


@rule("R-06.16", "R-14.5")
def test_outside_number_a_phone_forwards_to_goes_by_the_users_own_outgoing_rules() -> None:
    rest = """
        outgoing: {default: moscow, rules: [{mask: "+", output: "0000", operator: moscow, mode: only, users: "101"}]}
    """
    scene = user("voicemail: false", rest=rest)
    redirected(scene, MOBILE)
    assert rung(scene) == [101] and scene.end().cause == Cause.OUTGOING_CALL_BARRED
    over(scene, 5)
