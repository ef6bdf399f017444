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
