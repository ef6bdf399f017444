"""A call of the history takes the same way on the canvas as the preview of the same call, and its ladder speaks two languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from engine.analysis import preview
from engine.analysis.scripted_world import Script
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import Party
from engine.records import history
from pbxsim.workbench.diagram import graph, trace_rows
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.history import call_path, ladder
from pbxsim.workbench.shell.texts import TEXTS, Texts
from tests.harness import rule

EXAMPLE = Path(__file__).parents[4] / "datasets" / "pbx" / "example" / "pbx.yaml"
EN, RU = Texts(), Texts("ru")


@pytest.fixture(scope="module")
def draft() -> Draft:
    return Draft.open(EXAMPLE)


def call_of(trace: preview.Trace, language: str = "en") -> dict[str, Any]:
    """A previewed call as the bridge gives one of its history."""
    (record,) = history.records(trace.lines)
    row = history.row(record, language=language)
    return {**row, "rule": record.rule, "party": str(record.party), "recordings": [], "messages": []}


def traced(draft: Draft, clock: str, **script: Any) -> preview.Trace:
    assert draft.flow is not None
    day, _, time = clock.partition(" ")
    at = trace_rows.instant(dt.date.fromisoformat(day), time, draft.flow.head.zone)
    return preview.preview(draft.flow, at, called="74951234567", caller="84951112233", script=Script(**script))


@rule("R-25.2", "R-25.6")
@pytest.mark.parametrize(
    ("clock", "script"),
    [
        ("2026-11-23 12:00", {"keys": "1"}),
        ("2026-11-23 12:00", {"keys": "2"}),
        ("2026-11-23 12:00", {"keys": "1", "users": {100: "no_answer", 101: "busy"}}),
        ("2026-11-23 12:00", {"keys": "7"}),
        ("2026-11-28 10:00", {}),
    ],
)
def test_the_way_of_a_call_is_that_of_its_preview(draft: Draft, clock: str, script: dict[str, Any]) -> None:
    trace = traced(draft, clock, **script)
    picture = graph.picture(draft, EN, editable=False)
    previewed = trace_rows.lines_of(trace, draft, EN)
    expected = trace_rows.overlay_of(trace, previewed, draft, picture)
    call = call_of(trace)
    lines = call_path.lines_of(call, draft, EN)
    found = call_path.overlay_of(call, lines, draft, picture)
    assert found == expected and found["path"]
    assert [(one.card, one.output, one.to) for one in lines] == [(one.card, one.output, one.to) for one in previewed]
    assert all(set(one.rules) <= set(other.rules) and one.rules for one, other in zip(lines, previewed, strict=True))


def test_a_call_is_told_in_the_viewers_language(draft: Draft) -> None:
    call = call_of(traced(draft, "2026-11-23 12:00", keys="1", users={100: "no_answer"}), "ru")
    ending = call_path.ending_of(call, draft, RU)
    shown = trace_rows.table_html(call_path.lines_of(call, draft, RU), ending, RU, dark=True)
    assert "клавиша 1" in shown and "ответил через" in shown and "Звонок завершён" in shown


def test_a_call_of_a_version_that_nobody_gives_has_its_rows_without_a_canvas(draft: Draft) -> None:
    call = call_of(traced(draft, "2026-11-23 12:00", keys="1"))
    nothing = Draft("")
    lines = call_path.lines_of(call, nothing, EN)
    assert [one.title for one in lines] == [str(visit["element"]) for visit in call["events"]]
    empty = {"nodes": [], "edges": [], "people": False}
    assert call_path.overlay_of(call, lines, nothing, empty)["path"] == []
    assert call_path.ending_of(call, None, EN).where.startswith("1")


def test_every_message_of_a_ladder_and_every_party_has_its_words_in_two_languages() -> None:
    """What has no call or leg stands in no ladder."""
    concerned = {"call", "leg", "play", "recording"}
    names = [
        kind.__name__
        for kind in (*ev.Event.__subclasses__(), *cmd.Command.__subclasses__())
        if concerned & set(kind.__struct_fields__) and kind is not ev.NumberErased
    ]
    assert [name for name in names if f"rung.{name}" not in TEXTS] == []
    assert all(f"history.party.{party}" in TEXTS for party in Party)


def test_a_ladder_has_a_column_for_each_party_and_says_what_was_said() -> None:
    rungs = [
        {"after": 0.0, "source": "caller", "target": "PBX", "name": "CallArrived", "text": "CallArrived caller=<b>"},
        {"after": 0.25, "source": "PBX", "target": "PBX", "name": "ElementEntered", "text": "queue 5200"},
        {"after": 1.5, "source": "PBX", "target": "101", "name": "PlaceLeg", "text": "PlaceLeg c1.1"},
    ]
    shown = ladder.drawn(rungs, RU, dark=False)
    assert shown.count('class="party"') == 3 and "вызвать<" in shown and "0,250" in shown
    assert "<b>" not in shown and "&lt;b&gt;" in shown
    assert "больше не хранится" in ladder.drawn([], RU, dark=True)
