"""Previews: one call at any instant, from any number, with every decision, its rule and the outputs not taken (R-25.4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.analysis.preview import as_text, preview
from engine.analysis.scripted_world import STATES, Script
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.ids import Instant, seconds
from engine.control.engine import Engine
from engine.loading.load import load
from engine.records.journal import encode_said
from engine.state.flow import Flow
from tests.harness import rule


def instant(text: str) -> Instant:
    """`2026-11-23 04:30` UTC."""
    return seconds(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


OPEN = instant("2026-11-23 04:30")
CLOSED = instant("2026-11-23 16:00")


@pytest.fixture(scope="module")
def example(example_path: Path) -> Flow:
    """The example PBX."""
    return load(example_path.read_text(encoding="utf-8"))


@rule("R-25.4", "R-11.2", "R-12.2")
@pytest.mark.parametrize(
    ("at", "caller", "keys", "landing", "elements"),
    [
        (OPEN, "84951112233", "1", "user 100", [5500, 5400, 5000, 5200]),
        (OPEN, "84951112233", "2", "user 105", [5500, 5400, 5000, 5301]),
        (OPEN, "84955551000", "", "voicemail 5120", [5500, 5120]),
        (CLOSED, "84951112233", "", "voicemail 5120", [5500, 5400, 5001, 5120]),
    ],
)
def test_a_preview_takes_any_instant_caller_and_keys(
    example: Flow, at: Instant, caller: str, keys: str, landing: str, elements: list[int]
) -> None:
    trace = preview(example, at, called="84951234567", caller=caller, script=Script(keys=keys))
    assert trace.landing.text == landing and [step.element for step in trace.steps] == elements


@rule("R-25.4", "R-25.7")
def test_a_preview_shows_every_output_not_taken_and_the_rule_of_every_step(example: Flow) -> None:
    trace = preview(example, OPEN, called="84951234567", caller="84951112233", script=Script(keys="1"))
    by_element = {step.element: step for step in trace.steps}
    assert by_element[5400].others == ("mismatch",) and by_element[5400].output == "match"
    assert by_element[5000].others == ("key 2", "no_input", "invalid")
    assert all(step.rule.startswith("R-") for step in trace.steps if step.output)
    text = as_text(trace)
    assert "not taken: mismatch" in text and "[R-11.1]" in text and "lands at user 100" in text


@rule("R-25.4", "R-04.10")
def test_a_preview_takes_states_of_members_and_trunks(example: Flow) -> None:
    silent = Script(keys="1", users={100: "no_answer", 101: "busy", 102: "unreachable"})
    assert preview(example, OPEN, called="84951234567", script=silent).landing.text == "voicemail 5120"
    away = Script(keys="1", users={100: "out", 101: "paused", 102: "do_not_disturb"}, patience_s=90)
    assert preview(example, OPEN, called="84951234567", script=away).landing.cause is Cause.NORMAL_CLEARING
    down = Script(trunks={"moscow": "failed"})
    assert preview(example, OPEN, called="84951234567", script=down).landing.cause is Cause.REQUESTED_CHAN_UNAVAIL


@rule("R-25.4")
@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_user_can_be_previewed(example: Flow, state: str) -> None:
    trace = preview(example, OPEN, called="101", user=103, script=Script(users={101: state}))
    assert trace.landing.cause in Cause and trace.steps[0].element == 101


@rule("R-25.4")
def test_who_calls_from_nowhere_is_told_so(example: Flow) -> None:
    with pytest.raises(ValueError, match="no trunk has the number 5"):
        preview(example, OPEN, called="5")
    with pytest.raises(KeyError, match="no trunk nowhere"):
        preview(example, OPEN, trunk="nowhere")
    with pytest.raises(KeyError, match="no user 199"):
        preview(example, OPEN, called="101", user=199)


@rule("R-25.2", "R-25.1")
def test_the_same_inputs_give_the_same_trace_and_its_events_replay_it(example: Flow) -> None:
    script = Script(keys="1", users={100: "no_answer"})
    first, second = (preview(example, OPEN, called="84951234567", script=script, draw_seed=5) for _ in range(2))
    assert encode_said(first.lines) == encode_said(second.lines) and first.flow == example.digest
    engine = Engine(example)
    said = [line for at, event in first.events for line in engine.handle(at, event)]
    said += engine.handle(first.lines[-1][0], ev.Advance())
    started = next(i for i, (_, m) in enumerate(said) if isinstance(m, note.CallStarted))
    assert encode_said(said[started:]) == encode_said(first.lines)


@rule("R-25.4")
def test_a_trace_is_json_for_programs(example: Flow) -> None:
    data = json.loads(preview(example, CLOSED, called="84951234567").as_json())
    assert data["landing"]["text"] == "voicemail 5120" and data["steps"][0]["element"] == 5500
    assert data["messages"][0]["message"]["type"] == "CallStarted"


@rule("R-25.3", "R-13.11")
def test_a_preview_ends_and_leaves_nothing_open_whatever_people_do(example: Flow) -> None:
    for keys in ("", "1", "2", "9", "999", " 1"):
        for patience in (None, 0.0, 3.0, 40.0):
            trace = preview(example, OPEN, called="84951234567", script=Script(keys=keys, patience_s=patience))
            assert len([m for _, m in trace.lines if isinstance(m, note.CallEnded)]) == 1


SERVERS = """pbx: example
trunks: {m: {number: "74951234567", lines: 3, to: 5700}, free: {number: "78001234567", lines: 3, to: 101}}
users: {101: {}, 102: {}, 103: {}}
elements:
  5600: {kind: http_request, address: "https://crm.example.org/x", default: 103}
  5700: {kind: contact_manager, crm_address: "https://crm.example.org/who", default: 5600}
outgoing: {default: m, rules: [{mask: "8(+)", output: "7$", operator: m, failover: free}]}
"""


@rule("R-13.11", "R-25.4", "R-18.5")
@pytest.mark.parametrize(
    ("answers", "user"),
    [
        ({}, 103),
        ({5700: "to:101"}, 101),
        ({5700: '{"user": 102}'}, 102),
        ({5700: "timeout", 5600: "to:102"}, 102),
        ({5700: "status:404", 5600: '{"commands":[{"command":"transfer","to":"101"}]}'}, 101),
        ({5700: "to:999", 5600: "status:500"}, 103),
        ({5700: "no json", 5600: 'set_name: "Anna"'}, 103),
    ],
)
def test_a_preview_takes_what_each_server_answers(answers: dict[int, str], user: int) -> None:
    trace = preview(load(SERVERS), OPEN, trunk="m", caller="89160000000", script=Script(answers=answers))
    assert trace.landing.user == user


@rule("R-25.7", "R-14.2", "R-14.9", "R-14.20", "R-03.7", "R-03.16", "R-14.11")
@pytest.mark.parametrize(
    ("dialled", "trunks", "rule_number", "words"),
    [
        ("84951112233", {}, "R-14.7", "rule 1 sends 74951112233"),
        ("74951112233", {}, "R-14.2", "no outgoing rule fits"),
        ("112", {}, "R-14.9", "an emergency number passes by all rules"),
        ("84951112233", {"m": "failed"}, "R-14.20", "rule 1 sends"),
        ("74951112233", {"m": "failed"}, "R-04.10", ""),
        ("74951112233", {"m": "unpaid"}, "R-03.7", ""),
        ("8x", {}, "R-14.11", "is no number that could be dialled"),
    ],
)
def test_whoever_decides_an_outgoing_call_is_named(
    dialled: str, trunks: dict[str, str], rule_number: str, words: str
) -> None:
    """The rule of the default number where none fired, of emergency calls, of the failover trunk, of the trunk's state."""
    flow = load(SERVERS)
    trace = preview(flow, OPEN, called=dialled, user=101, script=Script(trunks=trunks))
    assert trace.landing.rule == rule_number, as_text(trace)
    assert words in as_text(trace)
    shut = load(SERVERS.replace("default: m,", "default: free,"))
    barred = preview(shut, OPEN, called="74951112233", user=101)
    assert (barred.landing.rule, barred.landing.cause) == ("R-03.16", Cause.OUTGOING_CALL_BARRED)


@rule("R-03.7", "R-04.10")
def test_an_unpaid_trunk_bars_calls_in_and_out_and_nothing_else() -> None:
    flow, script = load(SERVERS), Script(trunks={"m": "unpaid"})
    assert preview(flow, OPEN, trunk="m", script=script).landing.cause == Cause.INCOMING_CALL_BARRED
    assert preview(flow, OPEN, trunk="free", script=script).landing.user == 101
    assert preview(flow, OPEN, called="102", user=101, script=script).landing.user == 102


@rule("R-25.7")
def test_every_landing_names_a_rule(example: Flow) -> None:
    for called in ("74951234567", "78121234567"):
        for state in STATES:
            trace = preview(example, OPEN, called=called, script=Script(users=dict.fromkeys(example.head.users, state)))
            assert trace.landing.rule.startswith("R-"), as_text(trace)


@rule("R-19.8")
def test_events_of_a_preview_say_which_world_they_come_from(example: Flow) -> None:
    told = json.loads(preview(example, OPEN, called="74951234567").as_json())
    assert told["world"] == "preview" and {one["world"] for one in told["messages"]} == {"preview"}
