"""What the pages share: the file that is served, and the documents in edit that one browser takes from page to page.

Decides how long a document in edit is kept. Knows nothing of Panel; lives once per server process.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from pathlib import Path

from pbxsim.workbench.document import files
from pbxsim.workbench.document.draft import Draft

DRAFTS_KEPT = 100
"""Documents in edit kept per server; the one untouched for longest goes first."""


class Workspace:
    """The served file and its documents in edit by key. The key stands in the address of each page."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._drafts: OrderedDict[str, Draft] = OrderedDict()

    def open(self, key: str | None) -> tuple[str, Draft]:
        """The document in edit of a key, or a new one from the file under a new key. Raises OSError."""
        if key is not None and key in self._drafts:
            draft = self._drafts[key]
            self._drafts.move_to_end(key)
            if not draft.differs and draft.path is not None and _newer(draft):
                draft.reload()
            return key, draft
        draft = Draft.open(self.file)
        key = secrets.token_urlsafe(9)
        self._drafts[key] = draft
        while len(self._drafts) > DRAFTS_KEPT:
            self._drafts.popitem(last=False)
        return key, draft

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
