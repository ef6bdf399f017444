"""Edits of YAML text: what is not edited stays as it was, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.document import yaml_text
from pbxsim.workbench.document.yaml_edits import Edits

TEXT = """\
# the head comment
pbx: example        # the domain
elements:
  5000:
    kind: greeting    # plays
    prompt: 'welcome.wav'
    keys: {1: 5200, 2: 5301}     # sales, support

  # the queue of the sales people
  5200:
    kind: queue
    members: [100, 101]
    max_wait: 300     # seconds
    timeout: 5120

users:
  100: {name: Anna, no_answer: "89161234567"}
  101: {name: Boris}
outgoing:
  rules:
    - {name: one, mask: "+", output: "0000", operator: a}
    - {name: two, mask: "8+", output: "0000", operator: a}
"""


def edited(*changes: tuple[str, tuple[str | int, ...], object]) -> str:
    edits = Edits(TEXT)
    for how, path, value in changes:
        edits.set(path, value) if how == "set" else edits.delete(path)  # type: ignore[arg-type]
    return edits.apply()


def lines_changed(new: str) -> tuple[list[str], list[str]]:
    old_lines, new_lines = TEXT.splitlines(), new.splitlines()
    return [line for line in old_lines if line not in new_lines], [line for line in new_lines if line not in old_lines]


def test_a_new_value_changes_its_own_span_only() -> None:
    assert edited(("set", ("elements", "5200", "max_wait"), 120)) == TEXT.replace("max_wait: 300 ", "max_wait: 120 ")


def test_a_key_is_added_to_a_mapping_on_one_line_before_its_comment() -> None:
    new = edited(("set", ("elements", "5000", "keys", "3"), 5200))
    assert new == TEXT.replace("2: 5301}", "2: 5301, 3: 5200}")


def test_a_key_is_added_to_a_block_before_the_empty_line_that_follows_it() -> None:
    new = edited(("set", ("elements", "5200", "x"), 10), ("set", ("elements", "5200", "y"), 20))
    assert new == TEXT.replace("    timeout: 5120\n", "    timeout: 5120\n    x: 10\n    y: 20\n")


def test_a_new_element_stands_after_the_last_one_and_before_the_next_section() -> None:
    new = edited(("set", ("elements", "5120"), {"kind": "voicemail", "name": "Ящик"}))
    assert new == TEXT.replace("timeout: 5120\n", "timeout: 5120\n  5120:\n    kind: voicemail\n    name: Ящик\n")


def test_a_new_user_is_written_like_the_users_before() -> None:
    new = edited(("set", ("users", "102"), {"name": "Vera"}))
    assert lines_changed(new) == ([], ["  102: {name: Vera}"])


def test_a_section_that_is_missing_is_added_at_the_end() -> None:
    new = edited(("set", ("prompts", "welcome.wav"), 6.0))
    assert new.startswith(TEXT)
    assert yaml_text.parse(new)[0]["prompts"] == {"welcome.wav": 6}


def test_deleting_an_element_keeps_the_comments_around_it() -> None:
    new = edited(("delete", ("elements", "5000"), None))
    assert "# the queue of the sales people" in new
    assert yaml_text.parse(new)[0]["elements"].keys() == {5200}


def test_deleting_from_a_line_takes_its_comma_along() -> None:
    assert "keys: {2: 5301}     # sales" in edited(("delete", ("elements", "5000", "keys", "1"), None))
    assert "keys: {1: 5200}     # sales" in edited(("delete", ("elements", "5000", "keys", "2"), None))
    assert "members: [101]" in edited(("delete", ("elements", "5200", "members", 0), None))


def test_deleting_the_last_thing_leaves_an_empty_mapping_or_list() -> None:
    edits = Edits("users:\n  100: {name: Anna}\nlist: [1]\n")
    edits.delete(("users", "100"))
    edits.delete(("list", 0))
    assert edits.apply() == "users:\n  {}\nlist: []\n"


def test_an_item_of_a_block_list_goes_with_its_line() -> None:
    new = edited(("delete", ("outgoing", "rules", 0), None))
    assert lines_changed(new)[0] == ['    - {name: one, mask: "+", output: "0000", operator: a}']


def test_a_value_is_given_to_a_key_that_has_none() -> None:
    edits = Edits("users:\nzone: Europe/Moscow\n")
    edits.set(("users", "100"), {"name": "Anna"})
    assert yaml_text.parse(edits.apply())[0] == {"users": {100: {"name": "Anna"}}, "zone": "Europe/Moscow"}


def test_an_empty_text_takes_its_first_key() -> None:
    edits = Edits("")
    edits.set(("pbx",), "example")
    assert edits.apply() == "pbx: example\n"


@pytest.mark.parametrize("path", [("elements", "9"), ("users", "100", "email"), ("outgoing", "rules", 2), ("nothing",)])
def test_what_is_not_there_cannot_be_deleted(path: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        Edits(TEXT).delete(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef_", min_size=1), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)  # a loaded machine may take any time
@given(
    VALUES,
    st.sampled_from(
        [("elements", "5200", "max_wait"), ("users", "101", "name"), ("elements", "5000", "new"), ("top",)]
    ),
)
def test_whatever_is_written_is_read_back_and_nothing_else_changes(value: object, path: tuple[str, ...]) -> None:
    new = Edits(TEXT)
    new.set(path, value)  # type: ignore[arg-type]
    read = YAML(typ="safe", pure=True).load(new.apply())
    wanted = YAML(typ="safe", pure=True).load(TEXT)
    place = wanted
    for part in path[:-1]:
        place = place[int(part) if part.isdigit() else part]
    place[path[-1]] = value
    assert read == wanted
