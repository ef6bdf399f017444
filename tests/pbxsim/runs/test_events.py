"""The events of a simulated day: the same names and fields as the live bridge's stream (R-19.8)."""

from __future__ import annotations

import json
from pathlib import Path

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.records.history import records
from live_bridge.api.stream import EventStream
from pbxsim.runs.events import follow, write_events
from pbxsim.runs.run import simulate
from tests.harness import rule
from tests.pbxsim.worlds import example


@rule("R-19.8")
def test_simulated_events_have_the_names_and_fields_of_live_ones(tmp_path: Path) -> None:
    """The day is the same as in the run, and the live stream would have told each of its notes with the same fields."""
    flow, scenario = example()
    heard: list[tuple[Instant, note.Note]] = []
    follow(flow, scenario, lambda at, message: heard.append((at, message)))
    file = tmp_path / "day.jsonl"
    assert write_events(flow, scenario, file) == len(heard)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line.pop("world") for line in lines} == {"simulation"}
    live = EventStream(1)
    for (at, message), line in zip(heard, lines, strict=True):
        live.take(at, message)
        told = live.since(live.seq - 1)[0][0].event
        assert told.pop("world") == "live"
        assert line == {"seq": live.seq, "at": at, **json.loads(json.dumps(told))}
    assert [at for at, _ in heard] == sorted(at for at, _ in heard)
    kinds = {line["type"] for line in lines}
    assert {
        "CallStarted",
        "ElementEntered",
        "CallQueued",
        "CallAnswered",
        "LegFinished",
        "MemberChanged",
        "CallEnded",
    } <= kinds
    assert {line["origin"] for line in lines if line["type"] == "CallStarted"} == {"trunk"}
    day = simulate(flow, scenario, 1, processes=1).calls
    ended = [line for line in lines if line["type"] == "CallEnded"]
    assert sorted(line["call"] for line in ended) == sorted(day["call"])
    assert len(records(heard)) == len(ended), "history can be made of them"
