"""The picture of a document: cards, ports, lines, places; and the words around a previewed call."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis import preview
from engine.analysis.scripted_world import Script
from engine.contract.ids import Instant
from engine.loading.load import examine
from pbxsim.workbench.design import forms
from pbxsim.workbench.diagram import kind_styles, routing, trace_rows
from pbxsim.workbench.diagram.graph import card_of, edge_parts, picture
from pbxsim.workbench.diagram.layout import BAND_MOST, Box, Link, arrange
from pbxsim.workbench.diagram.routing import Wire, route
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.workspace import DRAFTS_KEPT, Workspace
from pbxsim.workbench.shell.texts import TEXTS, Texts
from pbxsim.workbench.shell.texts_fields import FIELDS, OPTIONS, WIDGETS


@pytest.fixture
def draft(example_path: Path) -> Draft:
    return Draft.open(example_path)


def nodes(draft: Draft, people: bool = False) -> dict[str, dict]:  # type: ignore[type-arg]
    return {node["id"]: node for node in picture(draft, Texts(), people)["nodes"]}


def ports(draft: Draft, id: str) -> list[str]:
    return [port["id"] for port in nodes(draft)[id]["ports"]]


# --- ports -----------------------------------------------------------------------------------------------------------


def test_ports_stand_in_the_order_of_the_outputs_keys_first(draft: Draft) -> None:
    assert ports(draft, "5000") == ["keys.1", "keys.2", "keys.+", "no_input", "invalid"]
    assert ports(draft, "5400") == ["match", "mismatch"]
    assert ports(draft, "5120") == []


def test_a_queue_shows_the_outputs_calls_could_take(draft: Draft) -> None:
    """R-08.13, R-08.14: `full` without a limit and `exit` without a key cannot happen."""
    assert ports(draft, "5200") == ["timeout", "join_empty"]
    draft.set("5200", ("waiting",), 10)
    draft.set("5200", ("leave_when_empty",), True)
    draft.set("5200", ("exit_key",), "0")
    assert ports(draft, "5200") == ["timeout", "full", "join_empty", "leave_empty", "exit"]


def test_a_greeting_without_keys_leaves_by_next(draft: Draft) -> None:
    """R-05.7."""
    assert ports(draft, "5001") == ["keys.+", "next"] or ports(draft, "5001") == ["next"]
    assert "no_input" not in ports(draft, "5001")


def test_ends_of_a_call_are_shown_at_the_port(draft: Draft) -> None:
    draft.connect("5001", "next", "hangup")
    draft.connect("5300", "no_answer", "89161234567")
    shown = nodes(draft)
    assert (shown["5001"]["ports"][-1]["end"], shown["5001"]["ports"][-1]["end_text"]) == ("hangup", "Hang up")
    assert (shown["5300"]["ports"][-1]["end"], shown["5300"]["ports"][-1]["end_text"]) == ("outside", "89161234567")


def test_a_dangling_output_is_shown_at_its_port_and_on_its_card() -> None:
    """R-02.13: can come only from outside, and is an error."""
    text = "pbx: example\nelements:\n  5000: {kind: greeting, prompt: a.wav, next: 5999}\nprompts: {a.wav: 2}\n"
    node = nodes(Draft(text))["5000"]
    assert node["ports"][-1]["end"] == "nowhere" and node["ports"][-1]["level"] == "error"
    assert node["faults"] and node["faults"][0]["level"] == "error"


def test_an_element_with_wrong_settings_still_has_its_card_and_outputs() -> None:
    text = (
        "pbx: example\nelements:\n  5400: {kind: hours, open: nonsense, match: 5000, mismatch: hangup}\n"
        "  5000: {kind: greeting, prompt: a.wav}\n  5001: {kind: unheard}\n"
    )
    shown = nodes(Draft(text))
    assert [port["id"] for port in shown["5400"]["ports"]] == ["match", "mismatch"]
    assert shown["5001"]["kind"] == "unheard" and shown["5001"]["faults"]


def test_users_are_chips_and_become_cards_on_request(draft: Draft) -> None:
    assert "100" not in nodes(draft)
    assert [chip["text"] for chip in nodes(draft)["5200"]["members"]["chips"]] == ["Anna", "Boris", "Vera"]
    shown = nodes(draft, people=True)
    assert {"100", "106"} <= set(shown)
    edges = [edge for edge in picture(draft, Texts(), people=True)["edges"] if edge["member"]]
    assert ("5200", "100") in {(edge["source"], edge["target"]) for edge in edges}


def test_chips_that_do_not_fit_are_counted(draft: Draft) -> None:
    for number in ("103", "104", "105", "106"):
        draft.connect("5200", "members", number)
    members = nodes(draft)["5200"]["members"]
    assert len(members["chips"]) + members["more"] == 7 and members["more"] > 0


def test_edges_tell_what_they_join(draft: Draft) -> None:
    made = {edge["id"]: edge for edge in picture(draft, Texts())["edges"]}
    assert edge_parts("5400|match|5000") == ("5400", "match", "5000")
    assert made["5400|match|5000"]["points"][0][0] < made["5400|match|5000"]["points"][-1][0]


def test_faults_belong_to_their_cards() -> None:
    _, faults = examine("pbx: example\ntrunks:\n  moscow: {number: '74951234567', to: 5999}\n")
    assert "trunk:moscow" in {card_of(fault) for fault in faults}


# --- places and lines ------------------------------------------------------------------------------------------------


def overlap(a: dict, b: dict) -> bool:  # type: ignore[type-arg]
    return (
        a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
    )


@pytest.mark.parametrize("people", [False, True])
def test_cards_of_the_example_do_not_overlap_and_calls_run_to_the_right(draft: Draft, people: bool) -> None:
    shown = nodes(draft, people)
    assert [(a["id"], b["id"]) for a, b in combinations(shown.values(), 2) if overlap(a, b)] == []
    for edge in picture(draft, Texts(), people)["edges"]:
        assert shown[edge["source"]]["x"] < shown[edge["target"]]["x"]


def test_lines_of_the_example_pass_beside_cards(draft: Draft) -> None:
    made = picture(draft, Texts())
    for edge in made["edges"]:
        for (ax, ay), (bx, by) in zip(edge["points"], edge["points"][1:]):
            assert ax == bx or ay == by, "right angles only"
            for node in made["nodes"]:
                if node["id"] not in (edge["source"], edge["target"]):
                    inside = min(ax, bx) < node["x"] + node["w"] and max(ax, bx) > node["x"]
                    assert not (inside and min(ay, by) < node["y"] + node["h"] and max(ay, by) > node["y"]), (
                        edge["id"],
                        node["id"],
                    )


def test_a_new_card_is_placed_where_no_other_is(draft: Draft) -> None:
    nodes(draft)
    draft.move({"5200": (960, -300)})
    draft.add("queue", "Second", after=("5001", "next"))
    shown = nodes(draft)
    assert [(a["id"], b["id"]) for a, b in combinations(shown.values(), 2) if overlap(a, b)] == []


@settings(deadline=None)  # a loaded machine may take any time
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25), st.integers(0, 2))
def test_any_graph_with_loops_too_is_laid_out_without_overlaps_and_the_same_way_twice(
    pairs: list[tuple[int, int]], entries: int
) -> None:
    boxes = [
        Box(str(n), 190, 60 + 23 * (n % 4), {f"p{i}": 60 + 23.0 * i for i in range(10)}, entry=n < entries)
        for n in range(10)
    ]
    links = [Link(str(a), f"p{i % 10}", str(b)) for i, (a, b) in enumerate(pairs) if b >= entries]
    places = arrange(boxes, links)
    assert places == arrange(boxes, links) and set(places) == {box.id for box in boxes}
    for a, b in combinations(boxes, 2):
        (ax, ay), (bx, by) = places[a.id], places[b.id]
        assert ax + a.width <= bx or bx + b.width <= ax or ay + a.height <= by or by + b.height <= ay
    assert all(places[box.id][0] == 0 for box in boxes if box.entry)
    wires = [Wire(f"{i}", link.source, link.port, link.target) for i, link in enumerate(links)]
    for points in route(wires, {box.id: box for box in boxes}, places).values():
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in zip(points, points[1:]))


def test_a_card_that_nothing_leads_to_stands_near_the_others() -> None:
    """What hangs together moves until its lines are straight; a number that leads nowhere yet is not left behind."""
    ports = {f"p{i}": 60 + 23.0 * i for i in range(6)}
    boxes = [Box("alone", 190, 80, ports, entry=True), *(Box(str(n), 190, 200, ports) for n in range(7))]
    links = [Link("0", "p5", "1"), Link("1", "p5", "2"), Link("2", "p5", "3"), Link("3", "p5", "4"), Link("4", "p5", "5"),
             Link("5", "p5", "6")]  # fmt: skip
    places = arrange(boxes, links)
    below = min(y for id, (_, y) in places.items() if id != "alone")
    assert min(y for _, y in places.values()) == 0 and below <= 80 + BAND_MOST


# --- a previewed call ------------------------------------------------------------------------------------------------


def at(text: str) -> Instant:
    day, clock = text.split(" ")
    import datetime as dt

    return trace_rows.instant(dt.date.fromisoformat(day), clock, "GMT+5")


@pytest.mark.parametrize(
    ("local", "element"),
    [
        ("2026-11-23 08:59:59", "5001"),
        ("2026-11-23 09:00:00", "5000"),
        ("2026-11-23 20:59:59", "5000"),
        ("2026-11-23 21:00", "5001"),
        ("2026-11-28 10:00", "5001"),
    ],
)
def test_the_way_of_a_call_is_highlighted(draft: Draft, local: str, element: str) -> None:
    """R-11.2, cases T1 to T4 and T7."""
    assert draft.flow is not None
    trace = preview.preview(draft.flow, at(local), called="74951234567", caller="84951112233", script=Script(keys="1"))
    lines = trace_rows.lines_of(trace, draft, Texts())
    overlay = trace_rows.overlay_of(trace, lines, draft, picture(draft, Texts()))
    port = "match" if element == "5000" else "mismatch"
    assert overlay["steps"]["trunk:moscow"] == [1] and overlay["steps"][element] == [4]
    assert f"5400|{port}|{element}" in overlay["path"] and f"5400.{port}" in overlay["ports"]
    assert lines[2].rules == ("R-11.1",) and lines[2].others == (("no match",) if port == "match" else ("match",))


def test_a_trace_is_told_in_the_viewers_language(draft: Draft) -> None:
    assert draft.flow is not None
    users = {int(number): "no_answer" for number in draft.section("users")}
    trace = preview.preview(
        draft.flow, at("2026-11-23 12:00"), called="74951234567", caller="<b>", script=Script(keys="2", users=users)
    )
    shown = trace_rows.steps_html(trace_rows.lines_of(trace, draft, Texts("ru")), trace, draft, Texts("ru"), dark=True)
    assert "клавиша 2" in shown and "нет ответа" in shown and "5120 Mailbox" in shown
    assert "<b>" not in shown.replace("<b>1</b>", "").split("74951234567")[0].split("<td>")[-1], (
        "what callers send is escaped"
    )


@pytest.mark.parametrize("wrong", ["", "9", "24:00", "12:60", "noon", "12:00:61"])
def test_a_time_no_clock_shows_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        at(f"2026-11-23 {wrong}")


# --- forms, texts, workspace -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", kind_styles.palette())
def test_every_setting_of_every_kind_has_an_input_and_every_output_is_one(kind: str) -> None:
    fields = {field.name: field for field in forms.fields_of(kind)}
    model = kind_styles.model_of(kind)
    assert model is not None
    names = {info.alias or name for name, info in model.model_fields.items()} - forms.HIDDEN
    names -= forms.ELSEWHERE.get(kind, set())
    assert set(fields) == names
    for name, shape in kind_styles.outputs_of(kind):
        assert fields[name].input == {"one": "output", "map": "outputs", "list": "steps"}[shape]


def test_entries_of_a_number_rule_are_written_and_read_back() -> None:
    """R-12.3."""
    entries = ["849555510", {"number": "84951112233", "kind": "exact"}, {"number": "{p7|8}d+", "kind": "mask"}]
    assert forms.entries_read(forms.entries_shown(entries)) == entries


@pytest.mark.parametrize("catalogue", [TEXTS, FIELDS, OPTIONS, WIDGETS])
def test_every_text_is_there_in_both_languages_with_the_same_gaps(catalogue: dict[str, tuple[str, str]]) -> None:
    for key, (english, russian) in catalogue.items():
        assert english and russian, key
        assert {part for part in ("{0}", "{1}", "{2}") if part in english} == {
            part for part in ("{0}", "{1}", "{2}") if part in russian
        }, key


def test_a_workspace_keeps_drafts_by_key_and_not_for_ever(example_path: Path) -> None:
    workspace = Workspace(example_path)
    key, draft, _ = workspace.open(None)
    assert workspace.open(key) == (key, draft, False)
    for _ in range(DRAFTS_KEPT + 5):
        workspace.open(None)
    assert len(workspace) == DRAFTS_KEPT
    assert workspace.open(key)[0] != key, "a key that was forgotten gives a new draft under a new key"


@pytest.mark.parametrize("kind", kind_styles.palette())
def test_every_kind_setting_output_and_choice_has_a_name_in_the_catalogue(kind: str) -> None:
    assert f"kind.{kind}" in TEXTS and f"help.{kind}" in TEXTS
    for field in forms.fields_of(kind):
        named = f"port.{field.name}" in TEXTS if field.input == "output" else field.name in FIELDS
        assert named, (kind, field.name)
        assert all(choice in OPTIONS for choice in field.choices), (kind, field.name, field.choices)


def test_lines_remembered_from_the_last_edit_are_those_that_would_be_chosen_anew() -> None:
    boxes = {f"{n}": Box(f"{n}", 180, 90, {"next": 40.0, "other": 60.0}) for n in range(24)}
    wires = [
        Wire(f"{n}|{port}", f"{n}", port, f"{(n * step + 1) % 24}")
        for n in range(24)
        for port, step in (("next", 1), ("other", 5))
    ]
    places = {f"{n}": (240.0 * (n % 6), 150.0 * (n // 6)) for n in range(24)}
    route(wires, boxes, places)
    moved = {**places, "7": (places["7"][0] + 30, places["7"][1] + 70)}
    remembered = route(wires, boxes, moved)
    for cache in (routing._CHOSEN.clear, routing._routed.cache_clear, routing._tries.cache_clear):
        cache()
    assert route(wires, boxes, moved) == remembered
