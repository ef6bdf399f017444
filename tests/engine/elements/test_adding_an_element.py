"""The page about adding a kind of element is followed word for word: its file, its line, and nothing else.

What the page adds is then looked at through everything that knows flows; a live call over SIP is in
`tests/live_bridge/calls/test_added_kind.py`.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.analysis import check, check_examples, compare, diagrams, reach
from engine.analysis.caller_classes import classes
from engine.analysis.preview import preview
from engine.contract import limits
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from engine.loading.json_schema import json_schema
from engine.loading.load import load
from engine.translations import faults_ru
from pbxsim.runs.run import simulate
from pbxsim.workbench.design import forms
from pbxsim.workbench.diagram import graph, kind_styles
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.year import landings
from tests.added_kind import follow_the_page
from tests.harness import T0
from tests.pbxsim.worlds import steady

PBX = """
pbx: splitting
trunks: {moscow: {number: "74951234567", lines: 100, to: 5800}}
elements:
  5800: {kind: split, share: SHARE, some: 101, rest: 102}
users: {101: {}, 102: {}}
prompts: {music.wav: 10}
"""

YEAR = 365 * 1440


@pytest.fixture
def split(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """The file of the page as a module, and the line of the page in the registry."""
    yield follow_the_page(root, monkeypatch)


def pbx(share: str = "0.25", **replaced: str) -> str:
    """The PBX with a share, and other texts replaced."""
    text = PBX.replace("SHARE", share)
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_kind_added_by_one_file_and_one_line_loads_and_decides(split: types.ModuleType) -> None:
    flow = load(pbx())
    landings = [preview(flow, T0, trunk="moscow", draw_seed=seed).landing.user for seed in range(400)]
    assert set(landings) == {101, 102}
    assert 60 <= landings.count(101) <= 140, "a quarter of 400 calls, within four and a half standard deviations"
    assert landings[:50] == [preview(flow, T0, trunk="moscow", draw_seed=seed).landing.user for seed in range(50)]


def test_its_reasons_and_the_output_not_taken_stand_in_the_trace(split: types.ModuleType) -> None:
    step = preview(load(pbx("0.999999")), T0, trunk="moscow").steps[0]
    assert (step.kind, step.output, step.to, step.others) == ("split", "some", "101", ("rest",))
    assert "of 0.999999" in step.why[0]


def test_its_parameters_are_checked_like_everybody_elses(split: types.ModuleType) -> None:
    with pytest.raises(FlowError) as error:
        load(pbx("1.5"))
    assert "5800" in str(error.value) and "share" in str(error.value)


def test_it_is_unknown_again_without_its_line() -> None:
    with pytest.raises(FlowError) as error:
        load(pbx())
    assert "split" in str(error.value)


# --- map, comparison -------------------------------------------------------------------------------------------------


def minutes(text: str) -> dict[str, float]:
    """Minutes of a year by destination."""
    flow = load(text)
    [one] = reach.reach(flow, *reach.year(flow, check.SINCE))
    return {place.text: round(spent, 3) for place, spent in one.timelines[-1].minutes().items()}


def test_the_map_of_a_year_gives_every_way_its_share(split: types.ModuleType) -> None:
    assert minutes(pbx()) == {"user 102": 0.75 * YEAR, "user 101": 0.25 * YEAR}
    flow = load(pbx())
    [one] = reach.reach(flow, *reach.year(flow, check.SINCE))
    [stretch] = one.timelines[0].stretches
    assert stretch.place.text == "75 % user 102, 25 % user 101" and not one.boundaries()
    assert landings.place_text(stretch.place, Texts("ru")).startswith("75 % ")
    calendar = one.timelines[0].calendar(flow.zone)
    assert all(sum(cell.values()) == pytest.approx(52 * 30, abs=31) for row in calendar for cell in row)
    assert reach.land(flow, flow.entry_of("moscow"), "", T0) == stretch.place


def test_shares_of_ways_that_meet_again_add_up(split: types.ModuleType) -> None:
    """Two ways of one instant come to the same time rule, at the same time or a sound later; a chain of splits multiplies."""
    more = """
  5801: {kind: split, share: 0.5, some: 5400, rest: 5000}
  5000: {kind: greeting, prompt: music.wav, next: 5400}
  5400: {kind: hours, open: "09:00-10:00", match: 101, mismatch: hangup}
"""
    text = pbx("0.2", **{"some: 101, rest: 102}\n": f"some: 5400, rest: 5801}}{more}"})
    assert minutes(text) == {"user 101": 365 * 60, "hang up": YEAR - 365 * 60}
    flow = load(text)
    [one] = reach.reach(flow, *reach.year(flow, check.SINCE))
    shares = {stretch.place.text for stretch in one.timelines[0].stretches}
    assert shares == {"user 101", "hang up", "60 % hang up, 40 % user 101", "60 % user 101, 40 % hang up"}
    for boundary in one.boundaries()[:4]:
        place = one.timelines[0].at(boundary.at)
        landed = [preview(flow, boundary.at, trunk="moscow", draw_seed=seed).landing.user for seed in range(300)]
        assert landed.count(101) / 300 == pytest.approx(place.share_at(101), abs=0.12)


def test_many_choices_in_a_row_take_no_time(split: types.ModuleType) -> None:
    """Ways that meet again are one way with the sum of their shares, so the work does not double with every choice."""
    numbers = range(5801, 5801 + limits.ENTRIES_WITHOUT_WAIT - 3)
    chain = "".join(f"  {n}: {{kind: split, share: 0.5, some: {n + 1}, rest: {n + 1}}}\n" for n in numbers)
    last = f"  {numbers[-1] + 1}: {{kind: split, share: 0.1, some: 101, rest: 102}}\n"
    text = pbx("0.5", **{"some: 101, rest: 102}\n": f"some: 5801, rest: 5801}}\n{chain}{last}"})
    assert minutes(text) == {"user 102": round(0.9 * YEAR, 3), "user 101": round(0.1 * YEAR, 3)}


@pytest.mark.parametrize(("share", "lands"), [("0", "user 102"), ("1", "user 101")])
def test_what_is_never_or_always_chosen_is_no_choice(split: types.ModuleType, share: str, lands: str) -> None:
    assert minutes(pbx(share)) == {lands: float(YEAR)}
    assert preview(load(pbx(share)), T0, trunk="moscow").landing.text == lands


def test_another_share_is_another_landing(split: types.ModuleType) -> None:
    old, new = load(pbx()), load(pbx("0.5"))
    start, end = reach.year(old, check.SINCE)
    [number] = compare.compare(old, new, start, end).numbers
    [moved] = number.moved
    assert (moved.old.text, moved.new.text) == ("75 % user 102, 25 % user 101", "50 % user 101, 50 % user 102")
    assert compare.compare(old, old, start, end).numbers[0].change == "same"
    log = compare.compare_log(old, new, [compare.LoggedCall(T0, "74951234567")])
    assert (log.calls, log.moved) == (1, 1)


# --- check, drawing --------------------------------------------------------------------------------------------------


def test_check_says_which_share_of_calls_an_empty_output_loses(split: types.ModuleType) -> None:
    flow = load(pbx(**{", rest: 102": ""}))
    [fault] = [fault for fault in check.check(flow) if fault.code == "uncovered"]
    assert (fault.rule, fault.place) == ("R-02.11", "elements.5800.rest")
    assert fault.message == "75 % of the calls of all callers to 74951234567 end with no route set at any time"
    assert faults_ru.in_language(fault, "ru").message.startswith("75 %")
    assert fault.example is not None
    assert check_examples.run(flow, fault.example, T0).landing.cause is Cause.NO_ROUTE_DESTINATION


def test_check_finds_an_empty_output_that_no_trunk_leads_to(split: types.ModuleType) -> None:
    text = pbx(**{", to: 5800": ", to: 5000", ", rest: 102": ""})
    flow = load(
        text.replace("elements:\n", "elements:\n  5000: {kind: greeting, prompt: music.wav, keys: {1: 5800}}\n")
    )
    [fault] = [fault for fault in check.check(flow) if fault.place == "elements.5800.rest"]
    assert fault.message == "75 % of the calls of all callers that come to 5800 end with no route set"
    assert faults_ru.in_language(fault, "ru").message.startswith("75 %")
    assert fault.example is not None
    assert check_examples.run(flow, fault.example, T0).landing.cause is Cause.NO_ROUTE_DESTINATION


def test_a_flow_whose_outputs_are_all_filled_in_has_nothing_to_find(split: types.ModuleType) -> None:
    assert [fault for fault in check.check(load(pbx())) if "5800" in fault.place] == []
    assert len(classes(load(pbx()))) == 1, "chance does not tell callers apart"


def test_drawings_show_it_with_its_outputs(split: types.ModuleType) -> None:
    flow = load(pbx())
    drawn = diagrams.mermaid(flow)
    assert 'n5800{"5800 split"}' in drawn and 'n5800 -->|"some"| n101' in drawn
    assert "n5800 -> n102" in diagrams.dot(flow) and "diamond" in diagrams.dot(flow)


def test_the_schema_completes_it(split: types.ModuleType) -> None:
    schema = json_schema()
    assert {"$ref": "#/$defs/SplitParameters"} in schema["properties"]["elements"]["additionalProperties"]["oneOf"]
    assert schema["$defs"]["SplitParameters"]["properties"]["kind"]["const"] == "split"
    json.dumps(schema)


# --- workbench -------------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(split: types.ModuleType, tmp_path: Path) -> Draft:
    path = tmp_path / "pbx.yaml"
    path.write_text(pbx(), encoding="utf-8")
    return Draft.open(path)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_canvas_palette_and_form_know_it(draft: Draft, language: str) -> None:
    texts = Texts(language)
    assert (
        "split" in kind_styles.palette()
        and {brick["id"]: brick for brick in kind_styles.bricks(texts)}["split"]["icon"]
    )
    drawn = graph.picture(draft, texts, people=True)
    [card] = [node for node in drawn["nodes"] if node["id"] == "5800"]
    assert [(port["id"], port["empty"]) for port in card["ports"]] == [("some", False), ("rest", False)]
    fields = {field.name: field for field in forms.fields_of("split")}
    assert [name for name, field in fields.items() if field.first] == ["name", "share", "some", "rest"]
    assert (fields["share"].input, fields["share"].required) == ("number", True)
    assert (fields["share"].least, fields["share"].most) == (0, 1)
    assert fields["some"].input == fields["rest"].input == "output" and fields["share"].help


def test_it_is_added_connected_and_edited_on_the_canvas(draft: Draft) -> None:
    id = draft.add("split", "Trial", (10, 20), after=("5800", "rest"))
    assert 5900 <= int(id) <= 5999
    draft.set(id, ("share",), 0.1)
    draft.connect(id, "some", "101")
    draft.connect(id, "rest", "102")
    assert draft.flow is not None and not [f for f in draft.faults if f.severity == "error"]
    assert minutes(draft.text) == {"user 102": round(0.675 * YEAR, 3), "user 101": round(0.325 * YEAR, 3)}
    draft.set(id, ("share",), 7)
    assert any(f.place == f"elements.{id}.share" for f in draft.faults)
    draft.undo()
    draft.disconnect(id, "some")
    assert any(
        port["empty"] for node in graph.picture(draft, Texts("en"), people=True)["nodes"] for port in node["ports"]
    )


# --- simulation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("records", [True, False])
def test_a_simulated_day_splits_its_calls(split: types.ModuleType, records: bool) -> None:
    """Each simulated call draws for itself: of n calls a quarter leaves by `some`, within five standard deviations."""
    people = "users: {" + ", ".join(f"{number}: {{call_waiting: true}}" for number in (101, 102)) + "}"
    flow = load(pbx(**{"{moscow: ": "{main: ", "users: {101: {}, 102: {}}": people}))
    second = {"kind": "constant", "seconds": 1}
    results = simulate(flow, steady(600, 3, second, 600), reps=2, processes=1, keep_records=records)
    assert results.simulated_calls > 3000
    if records:
        rows = results.table("elements")
        outputs = rows[rows["element"] == 5800]["output"].value_counts()
        total = int(outputs.sum())
        assert total > 3000 and abs(outputs["some"] - total / 4) < 5 * (total * 3 / 16) ** 0.5
        assert set(results.calls["member"]) == {101, 102}
