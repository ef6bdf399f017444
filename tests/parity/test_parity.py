"""The main promise: a call is decided by the same code in preview, in simulation and on real SIP, so all tell the same story.

Each test runs one scripted call in the three worlds and compares every note of it, in order; then the live journal is replayed
through a new engine, which must say, byte for byte, what the live one said (R-25.1, R-25.2, R-25.4).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.account.states import State
from engine.analysis import preview
from engine.analysis.scripted_world import Script
from engine.contract import events as ev
from engine.control.engine import Engine
from engine.loading.load import load
from engine.records import journal
from live_bridge.config_sections import WebConfig
from live_bridge.outbound.http_client import WebClient
from tests.harness import rule
from tests.live_bridge.live import Live
from tests.live_bridge.outbound.test_http_client import Server
from tests.live_bridge.sip.phone import Phone
from tests.parity.preview_world import previewed
from tests.parity.worlds import Play, live, simulated

PBX = """
pbx: example
zone: UTC
trunks: {spb: {number: "78121234567", to: 5000}}
elements:
  5000:
    kind: greeting
    name: Welcome
    prompt: welcome.wav
    keys: {1: 5200, 2: 5300, 3: 5400, 4: "89161112233"}
    no_input: 5120
    invalid: 5120
  5200: {kind: queue, name: Sales, members: [100, 101], ring: 5, retry: 30, wrap_up: 1, max_wait: 9, timeout: 5120}
  5300: {kind: group, name: Support, members: [102, 103], ring: 5, no_answer: 5120}
  5400: {kind: hours, name: Never, match: 5200}
  5120: {kind: voicemail, name: Mailbox, recipients: [office@example.org]}
users:
  100: {name: Anna}
  101: {name: Boris}
  102: {name: Vera}
  103: {name: Gleb}
outgoing: {default: spb}
prompts: {welcome.wav: 6.0, music.wav: 20.0}
"""


def agree(play: Play, start_live: Callable[..., Live], phones: Callable[..., Phone], **parts: object) -> list[str]:
    """Run the play in the three worlds; they must tell the same. Gives what they told."""
    told = simulated(play)
    seen, trace = previewed(play)
    assert seen == told
    entered = [line for line in seen if line.startswith("ElementEntered") and f"'c{1 + len(play.codes)}'" in line]
    for step, line in zip(trace.steps, entered, strict=True):
        assert f"('element', {step.element})" in line and f"('kind', '{step.kind}')" in line
    heard, bridge = live(play, start_live, phones, **parts)
    assert heard == told
    flow = load(play.pbx)
    engine = Engine(flow)
    again = [line for at, event in bridge.journal for line in engine.handle(at, event)]
    # a live driver also wakes the engine between events; what was due last may still be to come in the replay
    deadline = engine.next_deadline()
    while deadline is not None and len(again) < len(bridge.said):
        again += engine.handle(deadline, ev.Advance())
        deadline = engine.next_deadline()
    assert journal.encode_said(again) == journal.encode_said(bridge.said), "the journal replays word for word (R-25.2)"
    return told


@rule("R-25.1", "R-25.2")
def test_first_member_lets_it_ring_second_answers_caller_hangs_up(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    told = agree(Play(pbx=PBX, keys="1", answers_s={100: None, 101: 0.5}), start_live, phones)
    assert sum("OfferMissed" in line for line in told) == 1
    assert sum("CallAnswered" in line for line in told) == 1
    assert "'cause', 'NORMAL_CLEARING'" in next(line for line in told if "CallEnded" in line)


def test_group_rings_both_and_the_first_answer_wins(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    told = agree(Play(pbx=PBX, keys="2", answers_s={102: None, 103: 0.7}), start_live, phones)
    assert any("CallAnswered" in line and "('user', 103)" in line for line in told)


def test_queue_overflows_into_the_mailbox_where_a_message_is_left(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    told = agree(Play(pbx=PBX, keys="1", answers_s={100: None}), start_live, phones)
    assert any("CallLeftQueue" in line for line in told)
    assert any("MessageLeft" in line for line in told)


def test_caller_gives_up_while_a_phone_rings(start_live: Callable[..., Live], phones: Callable[..., Phone]) -> None:
    told = agree(Play(pbx=PBX, keys="1", answers_s={100: None}, patience_s=2.0), start_live, phones)
    assert any("CallAbandoned" in line for line in told)


def test_a_closed_time_rule_without_output_has_no_route(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    shut = ev.OverrideSet(element=5400, mode="mismatch")
    told = agree(Play(pbx=PBX, keys="3", set_up=(shut,)), start_live, phones)
    assert "NO_ROUTE_DESTINATION" in next(line for line in told if "CallEnded" in line)


@rule("R-01.10", "R-03.7", "R-25.1", "R-25.4")
@pytest.mark.parametrize(
    ("account", "trunk", "said"),
    [
        ("blocked_debt", "unpaid", "R-01.10"),
        ("closed", "registered", "R-01.10"),
        ("active", "unpaid", "R-03.7"),
        ("extended_24h", "registered", None),
    ],
)
def test_a_blocked_account_and_an_unpaid_trunk_let_nobody_in(
    account: State, trunk: str, said: str | None, start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    """Preview, simulation and the bridge alike. A debt of the account stands before everything else, so its rule is named."""
    seen = preview.preview(load(PBX), 0, trunk="spb", script=Script(account=account, trunks={"spb": trunk}))
    changes = [ev.TrunkUnpaid(trunk="spb")] * (trunk == "unpaid") + [ev.AccountChanged(state=account)]
    play = Play(pbx=PBX, set_up=tuple(changes))
    if said is None:
        play = Play(pbx=PBX, set_up=tuple(changes), keys="2", answers_s={102: None, 103: 0.7})
    told = agree(play, start_live, phones)
    end = next(line for line in told if "CallEnded" in line)
    if said is None:
        assert "NORMAL_CLEARING" in end and any("CallAnswered" in line for line in told)
        assert seen.landing.text != "INCOMING_CALL_BARRED"
    else:
        assert "INCOMING_CALL_BARRED" in end and f"'{said}'" in end
        assert not any("ElementEntered" in line for line in told)
        assert (seen.landing.text, seen.landing.rule) == ("INCOMING_CALL_BARRED", said)


def test_a_member_who_rejects_is_passed_over_and_the_next_one_hangs_up_first(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    told = agree(Play(pbx=PBX, keys="1", answers_s={101: 0.5}, refuses=(100,), caller_ends=False), start_live, phones)
    assert any("OfferMissed" in line and "CALL_REJECTED" in line for line in told)
    assert "'party', 'member'" in next(line for line in told if "CallEnded" in line)


def test_a_call_out_through_a_trunk_whose_only_line_the_caller_has_is_congested(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    told = agree(Play(pbx=PBX.replace("to: 5000", "lines: 1, to: 5000"), keys="4"), start_live, phones)
    assert any("TrunkRefused" in line for line in told)
    assert "NORMAL_CIRCUIT_CONGESTION" in next(line for line in told if "CallEnded" in line)


def test_a_call_out_through_a_free_trunk_is_answered_outside(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    told = agree(Play(pbx=PBX, keys="4", outside_s=0.5), start_live, phones)
    assert any("CallAnswered" in line and "89161112233" in line for line in told)


def test_a_member_holds_the_caller_and_sends_them_on(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    people = (
        (0.5, ev.PartyHeld(call="c1", leg="c1.1")),
        (1.0, ev.PartyResumed(call="c1", leg="c1.1")),
        (1.5, ev.TransferRequested(call="c1", to="103", leg="c1.1")),
        (4.0, ev.CallerHungUp(call="c1")),
    )
    told = agree(Play(pbx=PBX, keys="1", answers_s={100: 0.5, 103: 0.5}, in_talk=people), start_live, phones)
    kinds = [line.split()[0] for line in told]
    assert [k for k in kinds if k in ("CallHeld", "CallResumed", "CallTransferred")] == [
        "CallHeld",
        "CallResumed",
        "CallTransferred",
    ]
    assert kinds.count("CallAnswered") == 2


@rule("R-13.5", "R-13.11")
def test_a_web_server_sends_the_caller_to_one_member(
    start_live: Callable[..., Live], phones: Callable[..., Phone], server: Server
) -> None:
    """The live world asks a real server; the simulated one has a stub that gives the same answer."""
    answer = '{"commands": [{"command": "set_priority", "value": 3}, {"command": "transfer", "to": "102"}]}'
    server.answer = answer.encode()
    pbx = PBX.replace("3: 5400", "3: 5600").replace(
        "  5120:", f"  5600: {{kind: http_request, name: Ask, address: '{server.url}', default: 5120}}\n  5120:"
    )
    client = WebClient(WebConfig(), b"key of the test")
    try:
        play = Play(pbx=pbx, keys="3", answers_s={102: 0.5}, web=(200, answer))
        told = agree(play, start_live, phones, ask=client.ask)
    finally:
        client.close()
    assert any("WebServerUsed" in line and "'ok'" in line for line in told)
    assert any("CallAnswered" in line and "('user', 102)" in line for line in told)
    ((_, body),) = server.asked
    assert b'"caller_number":"84955551000"' in body


@rule("R-08.19")
def test_a_caller_hangs_up_keeps_the_place_and_is_called_back(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    pbx = PBX.replace("max_wait: 9, timeout: 5120", 'max_wait: 60, callback_key: "1", timeout: 5120')
    told = agree(
        Play(
            pbx=pbx,
            keys="1",
            answers_s={100: 0.5},
            outside_s=0.5,
            set_up=(ev.MemberPaused(user=100, reason="lunch"),),
            queue_key="1",
            after_callback=(ev.MemberUnpaused(user=100),),
        ),
        start_live,
        phones,
    )
    assert any("CallbackAsked" in line for line in told)
    assert any("CallAnswered" in line and "R-08.19" in line for line in told)
    assert "'party', 'caller'" in next(line for line in told if "CallEnded" in line)


@rule("R-24.4", "R-25.2")
def test_talk_is_recorded_until_a_transfer_and_the_next_one_is_not(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    pbx = PBX.replace("max_wait: 9, timeout: 5120", "max_wait: 9, record: on, timeout: 5120")
    pbx = pbx.replace("102: {name: Vera}", "102: {name: Vera, record: off}")
    told = agree(
        Play(
            pbx=pbx,
            keys="1",
            answers_s={100: 0.5, 102: 0.5},
            in_talk=((1.0, ev.TransferRequested(call="c1", to="102", leg="c1.1")), (3.5, ev.CallerHungUp(call="c1"))),
        ),
        start_live,
        phones,
    )
    (started,) = [line for line in told if "RecordingStarted" in line]
    (over,) = [line for line in told if "TalkRecorded" in line]
    assert "queue 5200 says on" in started and "'stopped'" in over


TOLD = "prompts: {welcome.wav: 6.0, music.wav: 20.0, wrong-key.wav: 1.78}\nsettings: {record: true, record_prompt: wrong-key.wav}"


@rule("R-24.4", "R-25.2")
def test_both_are_told_that_the_talk_is_recorded_before_they_are_joined(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    pbx = PBX.replace("prompts: {welcome.wav: 6.0, music.wav: 20.0}", TOLD)
    told = agree(Play(pbx=pbx, keys="1", answers_s={100: 0.5}, talk_s=4.0), start_live, phones)
    names = [line.split()[0] for line in told]
    assert names.index("CallAnswered") < names.index("RecordingStarted") < names.index("TalkRecorded")


@rule("R-24.4", "R-25.2")
def test_caller_who_leaves_while_it_is_announced_is_not_recorded(
    start_live: Callable[..., Live], phones: Callable[..., Phone]
) -> None:
    pbx = PBX.replace("prompts: {welcome.wav: 6.0, music.wav: 20.0}", TOLD)
    play = Play(pbx=pbx, keys="1", answers_s={100: 0.5}, in_talk=((0.5, ev.CallerHungUp(call="c1")),))
    told = agree(play, start_live, phones)
    assert any("CallAnswered" in line for line in told) and not any("Record" in line for line in told)


@rule("R-24.4", "R-08.19", "R-25.2")
def test_who_is_called_back_is_told_too(start_live: Callable[..., Live], phones: Callable[..., Phone]) -> None:
    pbx = PBX.replace("prompts: {welcome.wav: 6.0, music.wav: 20.0}", TOLD)
    pbx = pbx.replace("max_wait: 9, timeout: 5120", "max_wait: 60, callback_key: '1', timeout: 5120")
    play = Play(
        pbx=pbx,
        keys="1",
        answers_s={100: 0.5},
        outside_s=0.5,
        talk_s=4.0,
        set_up=(ev.MemberPaused(user=100, reason="break"), ev.MemberPaused(user=101, reason="break")),
        queue_key="1",
        after_callback=(ev.MemberUnpaused(user=100),),
    )
    told = agree(play, start_live, phones)
    assert any("TalkRecorded" in line for line in told)


WIDGETS = """
widgets:
  logic: {origins: https://shop.example, mode: logic, element: 5000}
  direct: {origins: https://shop.example, managers: [100, 5300, "89161112233"], lead: lead@example.org}
"""
"""The greeting says nothing to nobody: by `no_input` the call would end in the mailbox, so it leads to the queue here."""


@rule("R-17.4", "R-25.1", "R-25.2")
@pytest.mark.parametrize(
    ("widget", "answers_s", "outside_s", "caller_ends", "lands"),
    [
        ("logic", {100: None, 101: 0.5}, 0.5, True, 101),
        ("logic", {100: 0.5}, None, True, None),
        ("direct", {100: 0.5}, 0.5, False, 100),
        ("direct", {102: 0.5}, 0.5, True, 102),
        ("direct", {}, None, True, None),
    ],
)
def test_a_visitor_who_asks_to_be_called_is_decided_alike_in_preview_simulation_and_live(
    widget: str,
    answers_s: dict[int, float | None],
    outside_s: float | None,
    caller_ends: bool,
    lands: int | None,
    start_live: Callable[..., Live],
    phones: Callable[..., Phone],
) -> None:
    pbx = PBX.replace("no_input: 5120", "no_input: 5200").replace(', "89161112233"]', "]") + WIDGETS
    play = Play(pbx=pbx, widget=widget, answers_s=answers_s, outside_s=outside_s, caller_ends=caller_ends)
    told = agree(play, start_live, phones)
    assert any("'origin', 'callback'" in line for line in told)
    assert previewed(play)[1].landing.user == lands
