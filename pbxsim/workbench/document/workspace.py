"""What the pages share: the PBXs that are served, and the documents in edit that one browser takes from page to page.

Decides which files of a folder are PBXs, where new ones go, and how long a document in edit is kept, in memory and on disk
(`store.py`), where it outlives the server. Knows nothing of Panel; lives once per server process.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from engine.document import yaml_text
from pbxsim import datasets
from pbxsim.workbench.document import files
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.store import Store
from pbxsim.workbench.document.templates import New

DRAFTS_KEPT = 100
"""Documents in edit kept in memory; the one untouched for longest goes first, and is read from disk when it is asked for."""


PBXS_MOST = 200
"""Documents of a folder that are looked into."""


class Pbx(NamedTuple):
    """One PBX of a workbench."""

    key: str
    """The name of its file, by which addresses know it."""
    account: str
    """Its account name, as its document has it."""
    file: Path


class Opened(NamedTuple):
    """A document in edit, and whether it was read from disk."""

    key: str
    draft: Draft
    stored: bool


class Workspace:
    """The served files and their documents in edit by key. The key stands in the address of each page.

    `file` is the PBX that is opened first; the others lie beside it, where new ones go as well. Beside those that come with the
    project nothing new is put: there it goes into the folder the workbench was started in.
    """

    def __init__(self, file: Path, folder: Path | None = None) -> None:
        self.file = file
        shipped = file.resolve().is_relative_to(datasets.folder().resolve())
        self.home = Path.cwd() if shipped else file.parent
        self._accounts: dict[tuple[Path, int, int], str] = {}
        self._store = Store(file, folder)
        self._drafts: OrderedDict[str, Draft] = OrderedDict()
        self._kept: dict[str, tuple[str, int, int, object]] = {}

    def pbxs(self) -> tuple[Pbx, ...]:
        """All PBXs, the one that is opened first at the beginning."""
        beside = sorted(path for path in self.home.glob("*.y*ml") if path.suffix in (".yaml", ".yml"))[:PBXS_MOST]
        found: dict[str, Pbx] = {}
        for path in (self.file, *beside):
            if path.stem.endswith(".draft") or (path != self.file and not self._account(path)):
                continue
            found.setdefault(path.name, Pbx(path.name, self._account(path) or path.stem, path))
        return tuple(found.values())

    def file_of(self, key: str | None) -> Path:
        """The file of a PBX by its key; the first one's where there is no such PBX."""
        return next((pbx.file for pbx in self.pbxs() if pbx.key == key), self.file)

    def create(self, new: New) -> Pbx:
        """Give a new document a file. Raises EditRefused where there is one of that name, OSError."""
        path = self.home / f"{new.name}.yaml"
        if path.exists() or any(pbx.account.lower() == new.name for pbx in self.pbxs()):
            raise EditRefused("there is a PBX {0} already", "R-01.6", subject=new.name)
        files.write(path, new.text)
        if new.scenario and not (beside := path.with_name(f"{new.name}.scenario.yaml")).exists():
            files.write(beside, new.scenario)
        return Pbx(path.name, new.name, path)

    def _account(self, path: Path) -> str:
        """The account name of a document; empty for a file that is no PBX."""
        try:
            about = path.stat()
            known = (path, about.st_mtime_ns, about.st_size)
            if known not in self._accounts:
                self._accounts[known] = yaml_text.pbx_of(files.read(path))
        except OSError:
            return ""
        return self._accounts[known]

    def open(self, key: str | None, file: Path | None = None) -> Opened:
        """The document in edit of a key, or a new one from a file, the first if not named, under a new key. Raises OSError."""
        draft, stored = self._drafts.get(key or ""), False
        if draft is None and key is not None:
            draft = self._store.find(key)
            stored = draft is not None
        if draft is None:
            draft, key = Draft.open(file or self.file), secrets.token_urlsafe(9)
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
