"""Documents in edit on disk, undo and redo included, so that a server that ends loses nothing of them.

Decides where they lie and how a history becomes small: each text is kept as what it has other than its neighbour. Leaves
when a document is written to `workspace.py`. One file a document, named by the key in the address of its pages.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pbxsim.workbench.diagram import layout
from pbxsim.workbench.document import files
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.history import History, State

KEPT_MOST = 300
"""Documents in edit kept on disk for one workbench; the one untouched for longest goes first."""

_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A state as what it has other than the one before it in the list."""

    same_before: int
    same_after: int
    between: str
    places: dict[str, layout.Place] | None
    """None when cards stand where they stood."""


class Stored(msgspec.Struct, frozen=True):
    """The file of one document in edit."""

    path: str
    text: str
    saved: str
    kept: str | None
    places: dict[str, layout.Place]
    past: list[Step]
    future: list[Step]


def folder_of(file: Path) -> Path:
    """Where documents in edit lie: below the user's state folder (XDG), apart for every workbench, by the file it opens first."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    name = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    return Path(home) / "pbx-workbench" / "drafts" / name


class Store:
    """The documents in edit of one workbench."""

    def __init__(self, file: Path, folder: Path | None = None) -> None:
        self._file = file
        self._folder = folder or folder_of(file)

    def keep(self, key: str, draft: Draft) -> None:
        """Write a document in edit. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        places = dict(draft.places)
        stored = Stored(
            str(draft.path or self._file),
            draft.text,
            draft.saved,
            draft.kept,
            places,
            steps(draft.text, places, draft.history.past),
            steps(draft.text, places, draft.history.future),
        )
        files.write(self._folder / f"{key}.json", msgspec.json.encode(stored).decode(), mode=0o600)
        self._prune()

    def find(self, key: str) -> Draft | None:
        """The document in edit of a key, or None where there is none that can be read."""
        if not _KEY.fullmatch(key):
            return None
        try:
            stored = msgspec.json.decode((self._folder / f"{key}.json").read_bytes(), type=Stored)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        draft = Draft(stored.text, Path(stored.path))
        draft.saved, draft.kept, draft.places = stored.saved, stored.kept, stored.places
        draft.history = History(
            states(stored.text, stored.places, stored.past), states(stored.text, stored.places, stored.future)
        )
        return draft

    def _prune(self) -> None:
        found = list(self._folder.glob("*.json"))
        if len(found) > KEPT_MOST:
            found.sort(key=lambda path: path.stat().st_mtime)
            for path in found[:-KEPT_MOST]:
                path.unlink(missing_ok=True)


def steps(text: str, places: dict[str, layout.Place], stack: Sequence[State]) -> list[Step]:
    """A stack of states, its top first, as differences that begin at `text`."""
    found = []
    for state in reversed(stack):
        before = _same(text, state.text)
        most = min(len(text), len(state.text)) - before
        after = _same(text[::-1][:most], state.text[::-1][:most])
        between = state.text[before : len(state.text) - after]
        found.append(Step(before, after, between, None if state.places == places else state.places))
        text, places = state.text, state.places
    return found


def states(text: str, places: dict[str, layout.Place], found: Sequence[Step]) -> list[State]:
    """The reverse of `steps`."""
    stack = []
    for step in found:
        text = text[: step.same_before] + step.between + text[len(text) - step.same_after :]
        places = places if step.places is None else step.places
        stack.append(State(text, dict(places)))
    return stack[::-1]


def _same(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning."""
    least, most = 0, min(len(one), len(other))
    while least < most:  # halving compares whole slices, which is what Python does fast
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
