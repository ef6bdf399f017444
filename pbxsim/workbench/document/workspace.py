"""What the pages share: the file that is served, and the documents in edit that one browser takes from page to page.

Decides how long a document in edit is kept, in memory and on disk (`store.py`), where it outlives the server. Knows nothing
of Panel; lives once per server process.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from pbxsim.workbench.document import files
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.store import Store

DRAFTS_KEPT = 100
"""Documents in edit kept in memory; the one untouched for longest goes first, and is read from disk when it is asked for."""


class Opened(NamedTuple):
    """A document in edit, and whether it was read from disk."""

    key: str
    draft: Draft
    stored: bool


class Workspace:
    """The served file and its documents in edit by key. The key stands in the address of each page."""

    def __init__(self, file: Path, folder: Path | None = None) -> None:
        self.file = file
        self._store = Store(file, folder)
        self._drafts: OrderedDict[str, Draft] = OrderedDict()
        self._kept: dict[str, tuple[str, int, int, object]] = {}

    def open(self, key: str | None) -> Opened:
        """The document in edit of a key, or a new one from the file under a new key. Raises OSError."""
        draft, stored = self._drafts.get(key or ""), False
        if draft is None and key is not None:
            draft = self._store.find(key)
            stored = draft is not None
        if draft is None:
            draft, key = Draft.open(self.file), secrets.token_urlsafe(9)
        elif not draft.differs and draft.path is not None and _newer(draft):
            draft.reload()
        assert key is not None
        self._drafts[key] = draft
        self._drafts.move_to_end(key)
        while len(self._drafts) > DRAFTS_KEPT:
            gone, _ = self._drafts.popitem(last=False)
            self._kept.pop(gone, None)
        return Opened(key, draft, stored)

    def keep(self, key: str) -> None:
        """Write a document in edit to disk, if it has changed since it was written. Raises OSError."""
        draft = self._drafts.get(key)
        if draft is None or not (draft.can_undo or draft.can_redo):
            return
        now = (draft.text, len(draft.history.past), len(draft.history.future), (draft.saved, draft.kept, draft.places))
        if self._kept.get(key) != now:
            self._store.keep(key, draft)
            self._kept[key] = (*now[:3], (draft.saved, draft.kept, dict(draft.places)))

    def __len__(self) -> int:
        return len(self._drafts)


def _newer(draft: Draft) -> bool:
    """Whether the file says something else than the document in edit, which has nothing to save."""
    try:
        return draft.path is not None and files.read(draft.path) != draft.saved
    except OSError:
        return False


_current: Workspace | None = None


def use(workspace: Workspace) -> None:
    """Serve this workspace from now on."""
    global _current
    _current = workspace


def current() -> Workspace:
    """The workspace that is served. Raises RuntimeError before `use`."""
    if _current is None:
        raise RuntimeError("no flow file is served: start the workbench with `python -m pbxsim.workbench FILE`")
    return _current
