"""What a document has in lists, and its sounds: order, names, what refers to them; comments and the rest of the text stay."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest

from pbxsim.workbench.document import lists, sounds
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused


@pytest.fixture
def draft(example_path: Path, tmp_path: Path) -> Draft:
    file = tmp_path / "pbx.yaml"
    file.write_bytes(example_path.read_bytes())
    return Draft.open(file)


def masks(draft: Draft) -> list[str]:
    return [rule["mask"] for rule in lists.rules(draft)]


def test_rules_change_places_and_nothing_else_changes(draft: Draft) -> None:
    """R-14.6."""
    before = draft.text.splitlines()
    assert lists.move_rule(draft, 1, -1) == 0
    assert masks(draft) == ["{p|}810+", "{p7|7|8|}(dddddddddd)"]
    assert sorted(draft.text.splitlines()) == sorted(before)
    assert lists.move_rule(draft, 0, -1) == 0 and lists.move_rule(draft, 1, 1) == 1
    draft.undo()
    assert draft.text.splitlines() == before


def test_rules_written_over_several_lines_change_places_with_their_comments() -> None:
    text = (
        "pbx: acme\noutgoing:\n  rules:\n    - mask: a  # one\n      output: $\n    - {mask: b}  # two\n    - mask: c\n"
    )
    draft = Draft(text)
    draft.swap(lists.RULES, 0, 1)
    assert draft.text == (
        "pbx: acme\noutgoing:\n  rules:\n    - {mask: b}  # two\n    - mask: a  # one\n      output: $\n    - mask: c\n"
    )


def test_a_new_rule_changes_nothing_until_somebody_writes_its_mask(draft: Draft) -> None:
    before = draft.flow
    assert before is not None
    assert lists.add_rule(draft, "mine") == 2
    assert draft.flow is not None
    for number in ("84951234567", "+4420794600"):
        old, new = before.outgoing.route(number, 100), draft.flow.outgoing.route(number, 100)
        assert (old.trunk, old.number) == (new.trunk, new.number)
    empty = Draft("pbx: acme\ntrunks:\n  main: {number: '74951234567'}\n")
    assert lists.add_rule(empty, "first") == 0 and empty.faults == () and empty.raw("rule:0")["operator"] == "main"


def test_a_calendar_is_renamed_with_the_rules_that_use_it_and_kept_while_they_do(draft: Draft) -> None:
    """R-02.13, R-11.4."""
    name = lists.add_calendar(draft, "RU")
    draft.set("5400", ("calendar",), name)
    lists.rename_calendar(draft, name, "public")
    assert draft.raw("5400")["calendar"] == "public" and list(draft.section("calendars")) == ["public"]
    assert draft.faults == ()
    with pytest.raises(EditRefused):
        lists.remove_calendar(draft, "public")
    draft.set("5400", ("calendar",), None)
    lists.remove_calendar(draft, "public")
    assert not draft.section("calendars")


def test_aliases_come_and_go(draft: Draft) -> None:
    """R-10.2."""
    lists.add_alias(draft, "info", "5000")
    assert draft.faults == () and lists.aliases(draft) == {"info": "5000"}
    with pytest.raises(EditRefused):
        lists.add_alias(draft, "info", "5001")
    lists.add_alias(draft, "not good!", "5000")
    assert [fault.rule for fault in draft.faults] == ["R-10.2"]
    lists.remove_alias(draft, "not good!")
    lists.remove_alias(draft, "info")
    assert lists.aliases(draft) == {} and draft.faults == ()


# --- sounds ------------------------------------------------------------------------------------------------------------


def wav(seconds: float, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * round(seconds * rate)))
    return out.getvalue()


def test_an_uploaded_sound_has_its_length_and_lies_where_a_bridge_finds_all_of_them(draft: Draft) -> None:
    """R-05.2."""
    assert draft.path is not None
    assert sounds.take_in(draft, "hello.wav", wav(2.5)) == 2.5
    assert draft.section("prompts")["hello.wav"] == 2.5 and draft.faults == ()
    folder = sounds.folder_of(draft.path)
    assert (folder / "hello.wav").read_bytes() == wav(2.5) and (folder / "welcome.wav").is_file()
    assert sounds.file_of(draft, "hello.wav") == folder / "hello.wav"
    assert sounds.file_of(draft, "../pbx.yaml") is None and sounds.file_of(draft, "gone.wav") is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.wav", b"nonsense"), ("a.mp3", b"nonsense"), ("a.wav", wav(0.5)), ("a.wav", wav(301, 1000)), ("a.ogg", wav(2)),
        ("../a.wav", wav(2)), ("привет.wav", wav(2)), ("a.wav", b"RIFF" + bytes(sounds.LARGEST_BYTES)),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_is_no_sound_of_the_rule_is_refused_and_nothing_changes(draft: Draft, name: str, data: bytes) -> None:
    """R-05.2."""
    before = draft.text
    with pytest.raises(EditRefused, match=""):
        sounds.take_in(draft, name, data)
    assert draft.text == before and draft.path is not None and not sounds.folder_of(draft.path).exists()


def test_a_shipped_sound_is_chosen_with_its_length_in_one_step() -> None:
    text = "pbx: acme\nelements:\n  5000: {kind: greeting, next: hangup}\n"
    draft = Draft(text)
    assert [fault.place for fault in draft.faults] == ["elements.5000.prompt"]
    sounds.use(draft, "5000", "prompt", "welcome.wav")
    assert draft.faults == () and draft.section("prompts") == {"welcome.wav": 6.2}
    draft.undo()
    assert draft.text == text
    english, russian = list(sounds.table(draft, "en")), list(sounds.table(draft, "ru"))
    assert (english[0], english[5:7], english[7]) == ("box-full.wav", ["beep.wav", "music.wav"], "box-full-ru.wav")
    assert (russian[0], russian[5:7], russian[7]) == ("box-full-ru.wav", ["beep.wav", "music.wav"], "box-full.wav")
