"""Documents in edit on disk: what comes back after the server has ended, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pbxsim.workbench.document import store
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.history import State
from pbxsim.workbench.document.workspace import Workspace


@pytest.fixture
def file(example_path: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "pbx.yaml"
    copy.write_bytes(example_path.read_bytes())
    return copy


def edited(workspace: Workspace) -> tuple[str, Draft]:
    opened = workspace.open(None)
    draft = opened.draft
    draft.rename("5200", "Продажи")
    draft.add("voicemail", "Mailbox", (400.0, 300.0))
    draft.move({"5000": (10.0, 20.0)})
    draft.undo()
    workspace.keep(opened.key)
    return opened.key, draft


def test_a_new_server_finds_text_places_undo_and_redo_by_the_key(file: Path, tmp_path: Path) -> None:
    key, draft = edited(Workspace(file, tmp_path / "state"))
    opened = Workspace(file, tmp_path / "state").open(key)
    found = opened.draft
    assert opened.stored and opened.key == key and found is not draft
    assert (found.text, found.places, found.saved) == (draft.text, draft.places, draft.saved)
    assert found.history.past == draft.history.past and found.history.future == draft.history.future
    found.redo()
    assert found.places["5000"] == (10.0, 20.0)
    for _ in range(3):
        found.undo()
    assert found.text == found.saved and not found.can_undo


def test_a_document_nobody_edited_is_not_written_and_its_key_gives_a_new_one(file: Path, tmp_path: Path) -> None:
    workspace = Workspace(file, tmp_path / "state")
    opened = workspace.open(None)
    workspace.keep(opened.key)
    assert not (tmp_path / "state").exists()
    assert Workspace(file, tmp_path / "state").open(opened.key).key != opened.key


@pytest.mark.parametrize("key", ["../../pbx", "", "a" * 41, "nobody-knows-me", "x/../../../etc/passwd"])
def test_a_key_that_names_no_document_reads_nothing_and_gives_a_new_one(file: Path, tmp_path: Path, key: str) -> None:
    opened = Workspace(file, tmp_path / "state").open(key)
    assert not opened.stored and opened.key != key


def test_a_damaged_file_gives_a_new_document(file: Path, tmp_path: Path) -> None:
    key, _ = edited(Workspace(file, tmp_path / "state"))
    (tmp_path / "state" / f"{key}.json").write_text('{"text": 3', encoding="utf-8")
    assert not Workspace(file, tmp_path / "state").open(key).stored


def test_only_the_newest_are_kept_and_nobody_else_may_read_them(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "KEPT_MOST", 2)
    workspace = Workspace(file, tmp_path / "state")
    keys = [edited(workspace)[0] for _ in range(3)]
    left = {path.stem for path in (tmp_path / "state").iterdir()}
    assert left == set(keys[1:])
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "state").iterdir())


def test_a_history_of_a_large_document_is_small_and_comes_back_whole() -> None:
    texts = ["a: 1\n" * 5000 + f"name: {n}\n" + "b: 2\n" * 5000 for n in range(50)]
    stack = [State(text, {"5000": (float(n % 2), 0.0)}) for n, text in enumerate(texts)]
    found = store.steps(texts[-1], {"5000": (0.0, 0.0)}, stack)
    assert store.states(texts[-1], {"5000": (0.0, 0.0)}, found) == stack
    assert sum(len(step.between) for step in found) < 200
