"""A PBX document in edit: what edits do, what is refused, undo and redo, files."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.analysis import check
from engine.calendar import zones
from engine.contract.ids import SECOND_US
from engine.document.faults import TrialCall
from engine.loading.load import load
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import Conflict, EditRefused


@pytest.fixture
def draft(example_path: Path, tmp_path: Path) -> Draft:
    copy = tmp_path / "pbx.yaml"
    copy.write_bytes(example_path.read_bytes())
    return Draft.open(copy)


def raw(draft: Draft, id: str) -> dict[str, object]:
    return dict(draft.raw(id))


def test_a_draft_has_a_card_for_every_trunk_element_and_user(draft: Draft) -> None:
    assert {"trunk:moscow", "trunk:spb", "5000", "5120", "100", "106"} <= set(draft.ids())
    assert draft.kind("trunk:spb") == "trunk" and draft.kind("5200") == "queue" and draft.kind("100") == "user"
    assert draft.version == load(draft.text).digest


def test_an_edit_changes_one_line_and_keeps_every_comment(draft: Draft) -> None:
    before = draft.text
    draft.set("5200", ("max_wait",), 120)
    old, new = before.splitlines(), draft.text.splitlines()
    assert [(a, b) for a, b in zip(old, new, strict=True) if a != b] == [("    max_wait: 300", "    max_wait: 120")]


def test_saving_writes_the_text_and_keeps_comments_and_order(draft: Draft) -> None:
    comments = [line for line in draft.text.splitlines() if "#" in line]
    draft.rename("5200", "Продажи")
    assert draft.dirty
    draft.save()
    assert not draft.dirty and draft.path is not None
    written = draft.path.read_text(encoding="utf-8")
    assert written == draft.text and "name: Продажи" in written
    assert [line for line in written.splitlines() if "#" in line] == comments


def test_saving_over_somebody_elses_change_is_refused_until_it_is_wanted(draft: Draft) -> None:
    assert draft.path is not None
    draft.rename("5200", "Mine")
    draft.path.write_text(draft.saved + "# theirs\n", encoding="utf-8")
    with pytest.raises(Conflict):
        draft.save()
    assert draft.path.read_text(encoding="utf-8").endswith("# theirs\n")
    draft.save(overwrite=True)
    assert "name: Mine" in draft.path.read_text(encoding="utf-8")


def test_reloading_takes_their_text_and_can_be_undone(draft: Draft) -> None:
    assert draft.path is not None
    draft.rename("5200", "Mine")
    draft.path.write_text(draft.saved.replace("name: Sales", "name: Theirs"), encoding="utf-8")
    draft.reload()
    assert draft.title("5200") == "Theirs" and not draft.dirty
    draft.undo()
    assert draft.title("5200") == "Mine" and draft.dirty


# --- R-02.13 ---------------------------------------------------------------------------------------------------------


def test_an_element_something_refers_to_cannot_be_deleted_and_its_referrers_are_listed(draft: Draft) -> None:
    """R-02.13."""
    before = draft.text
    with pytest.raises(EditRefused) as refused:
        draft.delete(["5120"])
    assert refused.value.rule == "R-02.13" and refused.value.subject == "5120"
    found = {(r.owner, r.port) for r in refused.value.referrers}
    assert found == {
        ("5500", "match"),
        ("5001", "next"),
        ("5200", "timeout"),
        ("5200", "join_empty"),
        ("5300", "no_answer"),
    }
    assert draft.text == before and not draft.can_undo


def test_a_member_of_a_queue_cannot_be_deleted(draft: Draft) -> None:
    """R-02.13: a member refers to its user."""
    with pytest.raises(EditRefused) as refused:
        draft.delete(["100"])
    assert [(r.owner, r.port) for r in refused.value.referrers] == [("5200", "members")]


def test_an_element_can_be_deleted_together_with_what_refers_to_it(draft: Draft) -> None:
    """R-02.13: nothing is left that refers to it."""
    draft.delete(["5301"], [("5000", "keys.2", "5301")])
    assert "5301" not in draft.ids() and draft.raw("5000")["keys"] == {1: 5200}
    draft.undo()
    assert "5301" in draft.ids() and draft.raw("5000")["keys"] == {1: 5200, 2: 5301}
    assert not draft.can_undo


def test_an_element_nothing_refers_to_is_deleted(draft: Draft) -> None:
    id = draft.add("voicemail", "Second box")
    draft.delete([id])
    assert id not in draft.ids()


def test_a_refused_step_of_several_edits_changes_nothing(draft: Draft) -> None:
    before = draft.text
    with pytest.raises(EditRefused):
        draft.delete(["5300", "5120"])
    assert draft.text == before


# --- R-02.9 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("greeting", "5002"),
        ("voicemail", "5100"),
        ("queue", "5201"),
        ("group", "5302"),
        ("hours", "5401"),
        ("number_rule", "5501"),
        ("user", "107"),
    ],
)
def test_new_elements_take_the_next_number_of_their_block(draft: Draft, kind: str, number: str) -> None:
    """R-02.7 for elements, R-02.4 for users."""
    assert draft.add(kind, "new") == number


def test_a_full_block_gives_another_free_number(draft: Draft) -> None:
    """R-02.7: blocks are suggestions only."""
    start = len(draft.section("elements"))
    for _ in range(100):
        draft.add("queue", "q")
    numbers = set(draft.section("elements"))
    assert len(numbers) == start + 100 and "5299" in numbers and all(5000 <= int(n) <= 5999 for n in numbers)


def test_elements_added_one_after_another_to_an_empty_document_are_led_to_by_what_was_last() -> None:
    """The output that leads to a new element belongs to the element before it, also where that one stands last in the text."""
    draft = Draft("pbx: acme\nzone: UTC\n")
    trunk = draft.add("trunk", "Main")
    draft.set(trunk, ("number",), "74951234567")
    greeting = draft.add("greeting", "Welcome", (200.0, 100.0), (trunk, "to"))
    queue = draft.add("queue", "Sales", (400.0, 100.0), (greeting, "keys.+"))
    box = draft.add("voicemail", "Mailbox", (600.0, 100.0), (queue, "timeout"))
    draft.add("voicemail", "Other", (600.0, 300.0), (greeting, "keys.+"))
    assert draft.raw(trunk)["to"] == 5000
    assert draft.raw(greeting)["keys"] == {1: 5200, 2: 5101} and "keys" not in draft.raw(queue)
    assert draft.raw(queue)["timeout"] == int(box)
    assert [fault.place for fault in draft.faults] == ["elements.5000.prompt", "elements.5200.members"]


def test_emergency_numbers_are_never_given(draft: Draft) -> None:
    """R-02.8."""
    numbers = [draft.add("user", "u") for _ in range(7)]
    assert "111" in numbers and "112" not in numbers and "113" in numbers


def test_outputs_lead_to_elements_outside_numbers_and_hangup_and_nothing_else(draft: Draft) -> None:
    """R-02.9."""
    draft.connect("5001", "next", "hangup")
    assert raw(draft, "5001")["next"] == "hangup"
    draft.connect("5001", "next", "8 (916) 123-45-67")
    assert raw(draft, "5001")["next"] == "89161234567"
    draft.connect("5001", "next", "5200")
    assert raw(draft, "5001")["next"] == 5200 and draft.flow is not None
    for wrong in ("5999", "trunk:spb", "nonsense", ""):
        with pytest.raises(EditRefused):
            draft.connect("5001", "next", wrong)


def test_a_new_key_is_the_next_free_one(draft: Draft) -> None:
    """R-05.3."""
    draft.connect("5000", "keys.+", "5120")
    assert draft.raw("5000")["keys"] == {1: 5200, 2: 5301, 3: 5120}
    for _ in range(9):
        draft.connect("5000", "keys.+", "5120")
    with pytest.raises(EditRefused, match="twelve"):
        draft.connect("5000", "keys.+", "5120")


def test_members_are_users_and_are_added_once(draft: Draft) -> None:
    """R-07.9."""
    draft.connect("5200", "members", "103")
    draft.connect("5200", "members", "103")
    assert draft.raw("5200")["members"] == [100, 101, 102, 103]
    with pytest.raises(EditRefused):
        draft.connect("5200", "members", "5301")
    draft.delete([], [("5200", "members", "101")])
    assert draft.raw("5200")["members"] == [100, 102, 103]


def test_forwarding_steps_are_outputs_of_a_user(draft: Draft) -> None:
    """R-06.8."""
    draft.set("101", ("forwarding",), [{"when": "busy", "to": "hangup"}])
    draft.connect("101", "forwarding.0", "102")
    assert draft.raw("101")["forwarding"] == [{"when": "busy", "to": 102}]
    assert ("101", "forwarding.0") in {(r.owner, r.port) for r in draft.referrers("102")}


# --- undo, redo ------------------------------------------------------------------------------------------------------


def test_undo_and_redo_walk_through_every_text(draft: Draft) -> None:
    texts = [draft.text]
    draft.rename("5200", "A")
    texts.append(draft.text)
    draft.connect("5001", "next", "hangup")
    texts.append(draft.text)
    draft.add("queue", "B", place=(10, 20), after=("5001", "next"))
    texts.append(draft.text)
    for text in reversed(texts[:-1]):
        draft.undo()
        assert draft.text == text
    assert not draft.can_undo
    for text in texts[1:]:
        draft.redo()
        assert draft.text == text
    assert not draft.can_redo


def test_typing_in_one_field_is_one_step(draft: Draft) -> None:
    before = draft.text
    for name in ("S", "Sa", "Sal"):
        draft.set("5200", ("name",), name, tag=("5200", "name"))
    draft.undo()
    assert draft.text == before


def test_a_new_edit_forgets_what_was_undone(draft: Draft) -> None:
    draft.rename("5200", "A")
    draft.undo()
    draft.rename("5200", "B")
    assert not draft.can_redo


# --- places ----------------------------------------------------------------------------------------------------------


def test_the_first_move_by_hand_writes_all_places_and_arranging_takes_them_out(draft: Draft) -> None:
    from pbxsim.workbench.diagram.graph import picture
    from pbxsim.workbench.shell.texts import Texts

    before, version = draft.text, draft.version
    picture(draft, Texts())
    draft.move({"5200": (700, 40)})
    assert all({"x", "y"} <= set(draft.raw(id)) for id in draft.section("elements"))
    assert (draft.raw("5200")["x"], draft.raw("5200")["y"]) == (700, 40)
    assert draft.version == version, "places mean nothing for calls"
    draft.arrange()
    assert draft.text == before
    draft.undo()
    assert draft.raw("5200")["x"] == 700


# --- documents with faults -------------------------------------------------------------------------------------------


def test_a_document_with_errors_can_be_edited_until_it_is_right() -> None:
    draft = Draft("pbx: example\ntrunks:\n  a: {number: '74951234567', to: 5000}\nprompts: {hello.wav: 2}\n")
    assert draft.flow is None and draft.faults
    id = draft.add("greeting", "Hello")
    assert id == "5000"
    draft.set(id, ("prompt",), "hello.wav")
    draft.set(id, ("next",), "hangup")
    assert draft.flow is not None
    assert "elements:\n  5000:\n    kind: greeting\n" in draft.text


def test_a_file_that_is_no_yaml_is_shown_and_not_edited() -> None:
    draft = Draft("pbx: [unclosed\n")
    assert not draft.readable and draft.faults and draft.ids() == ()
    with pytest.raises(EditRefused, match="YAML"):
        draft.add("queue", "x")


def test_a_draft_without_a_file_cannot_be_saved() -> None:
    with pytest.raises(EditRefused):
        Draft("pbx: example\n").save()


def test_what_a_check_finds_joins_the_faults_of_the_text_it_was_made_of(draft: Draft) -> None:
    """R-14.25; a finding that comes too late changes nothing, and an error leaves only what is wrong with the text."""
    text, flow = draft.text, draft.flow
    assert flow is not None and draft.faults == () and not draft.checked
    found = check.check(flow)
    draft.note(text, found)
    assert draft.checked and draft.faults == found and found[0].rule == "R-14.25"
    draft.rename("5200", "Other")
    assert not draft.checked and draft.faults == found
    draft.note(text, ())
    assert not draft.checked and draft.faults == found
    draft.set("5120", ("recipients",), ["nonsense"])
    assert draft.checked and {fault.severity for fault in draft.faults} == {"error"}


def test_a_trial_call_travels_as_arguments_of_an_address() -> None:
    zone = zones.parse("Asia/Yekaterinburg")
    call = TrialCall(number="5200", user=100, at=1_798_761_600 * SECOND_US, keys="1", users={102: "busy", 101: "out"})
    assert trace_rows.link_of(call, zone) == {
        "number": "5200",
        "caller": "100",
        "keys": "1",
        "at": "2027-01-01T05:00:00",
        "states": "101:out,102:busy",
    }
    assert trace_rows.link_of(TrialCall(number="5200", origin="direct", outside="busy"), zone) == {
        "number": "5200",
        "caller": "",
        "origin": "direct",
        "outside": "busy",
    }
    assert trace_rows.states_of("101:out,102:busy") == {"101": "out", "102": "busy"}


# --- saving with errors ----------------------------------------------------------------------------------------------


def test_a_document_with_errors_is_saved_beside_its_file_and_opened_again(draft: Draft) -> None:
    assert draft.path is not None
    before = draft.path.read_text(encoding="utf-8")
    draft.set("5200", ("max_wait",), 9000)
    kept = draft.save()
    assert kept.name == "pbx.draft.yaml" and draft.path.read_text(encoding="utf-8") == before
    assert not draft.dirty and draft.differs and not draft.can_save
    other = Draft.open(draft.path)
    assert other.waiting() == kept and not other.differs
    other.open_kept()
    assert other.flow is None and [fault.severity for fault in other.faults] == ["error"]
    other.undo()
    assert not other.differs, "opening the draft is one step"
    other.redo()
    other.set("5200", ("max_wait",), 90)
    assert other.save() == draft.path and not kept.exists()
    assert "max_wait: 90\n" in draft.path.read_text(encoding="utf-8")


def test_a_draft_that_somebody_else_saved_is_not_overwritten_unasked(draft: Draft) -> None:
    assert draft.path is not None
    other = Draft.open(draft.path)
    draft.set("5200", ("max_wait",), 9000)
    other.set("5200", ("max_wait",), 9999)
    kept = other.save()
    with pytest.raises(Conflict, match="pbx.draft.yaml was changed by somebody else"):
        draft.save()
    assert "max_wait: 9999" in kept.read_text(encoding="utf-8")
    draft.save(overwrite=True)
    assert "max_wait: 9000" in kept.read_text(encoding="utf-8")
