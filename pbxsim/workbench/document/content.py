"""What stands in a PBX document, whatever is wrong with it: cards, settings, references, faults.

Decides how a text that may have errors is read as cards. Leaves what a document means and what is wrong with it to the
engine, edits to `draft.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.document import yaml_text
from engine.document.faults import Fault, in_order
from engine.loading.load import judge
from engine.loading.model_check import check_models
from engine.state import flow as flows
from pbxsim.workbench.diagram import kind_styles
from pbxsim.workbench.document.references import Reference, outputs
from pbxsim.workbench.document.yaml_edits import Path

PARTS: dict[str, Path] = {
    "head": (),
    "settings": ("settings",),
    "codes": ("settings", "codes"),
    "outgoing": ("outgoing",),
}
"""What a document has once and the canvas does not show, by id, and where it stands."""

KEYED: dict[str, tuple[Path, Path]] = {
    "rule": (("outgoing", "rules"), ()),
    "calendar": (("calendars",), ()),
    "widget": (("widgets",), ()),
    "sip": (("trunks",), ("sip",)),
}
"""What it has several of, by the beginning of an id such as `rule:0`, `calendar:ru` or `sip:moscow`: where it stands, before its
key and after it."""


class Content:
    """A document's text, read. Card ids are internal numbers as text, or `trunk:<key>`; those of other parts stand in `PARTS`
    and `KEYED`."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._found: tuple[Fault, ...] = ()
        self._checked = ""
        self._read(text)

    def _read(self, text: str) -> None:
        self.text = text
        self.data: Mapping[Any, Any] = {}
        """The text as plain data, unchecked."""
        self.document: flows.Document | None = None
        """What of the document is right; None without a usable head."""
        self.readable = True
        """Whether the text is YAML at all; if not, nothing can be edited here."""
        self._events: list[Any] = []
        """What edits of the text begin from."""
        self._parsed = yaml_text.read_text(text, self.name, self._events)  # once for a text: it takes longest of all
        data, _, found = self._parsed
        if data is None or found:
            self.readable = False
        else:
            self.data = data
            self.document, _ = check_models(data)
        self._sections: dict[str, Mapping[str, Any]] = {}
        self._examined: tuple[flows.Flow | None, tuple[Fault, ...]] | None = None

    @property
    def flow(self) -> flows.Flow | None:
        """The flow, or None while the document has errors."""
        return self._examine()[0]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything wrong with the document, in the order of the text.

        What is unwise about the flow is among them once `note` has brought it; until then what was found in the text
        before stays, so that nothing flickers while somebody types.
        """
        flow, found = self._examine()
        return found if flow is None else in_order((*found, *self._found))

    @property
    def checked(self) -> bool:
        """Whether `faults` is all there is to say about the text as it is now."""
        return self.flow is None or self._checked == self.text

    def note(self, text: str, found: tuple[Fault, ...]) -> None:
        """Take in what `engine.analysis.check` found in a text, if the document still is that text."""
        if text == self.text:
            known = self._examine()[1]
            self._found, self._checked = tuple(fault for fault in found if fault not in known), text

    def _examine(self) -> tuple[flows.Flow | None, tuple[Fault, ...]]:
        if self._examined is None:  # not at every edit: a step of many edits is looked at once
            data, positions, found = self._parsed
            self._examined = judge(data, positions, list(found), self.name)
        return self._examined

    @property
    def version(self) -> str:
        """The digest of the flow, or empty while it has errors (R-25.1)."""
        return self.flow.digest if self.flow is not None else ""

    def section(self, name: str) -> Mapping[str, Any]:
        """A section as a mapping by text keys; empty when it is missing or something else."""
        found = self._sections.get(name)
        if found is None:
            part = self.data.get(name)
            found = {str(key): value for key, value in part.items()} if isinstance(part, dict) else {}
            self._sections[name] = found
        return found

    def ids(self) -> tuple[str, ...]:
        """All cards: trunks, elements and users, in the order of the text."""
        trunks = (f"trunk:{key}" for key in self.section("trunks"))
        return (*trunks, *self.section("elements"), *self.section("users"))

    def path_of(self, id: str) -> Path:
        """Where a card or another part stands in the document. Raises KeyError."""
        if id.startswith("trunk:") and id[6:] in self.section("trunks"):
            return ("trunks", id[6:])
        if id in PARTS:
            return PARTS[id]
        sort, _, key = id.partition(":")
        if sort in KEYED and key:
            before, after = KEYED[sort]
            return (*before, int(key) if sort == "rule" else key, *after)
        for name in ("elements", "users"):
            if id in self.section(name):
                return (name, id)
        raise KeyError(id)

    def raw(self, id: str) -> Mapping[str, Any]:
        """A card's or another part's settings as they stand in the text. Raises KeyError."""
        path = self.path_of(id)
        card = len(path) == 2 and path[0] in ("trunks", "elements", "users")
        found = self.section(str(path[0]))[str(path[1])] if card else self.at(path)
        return {str(k): v for k, v in found.items()} if isinstance(found, dict) else {}

    def at(self, path: Path) -> Any:
        """What stands at a path of the document, unchecked; None for nothing."""
        here: Any = self.data
        for part in path:
            if isinstance(here, dict):
                here = here[part] if part in here else next((v for k, v in here.items() if str(k) == str(part)), None)
            elif isinstance(here, list) and isinstance(part, int) and part < len(here):
                here = here[part]
            else:
                return None
        return here

    def kind(self, id: str) -> str:
        """A card's kind; `trunk` and `user` included; that of another part is the beginning of its id. Raises KeyError."""
        sort = id.partition(":")[0]
        if sort in PARTS or sort in KEYED:
            return sort
        section = self.path_of(id)[0]
        return {"trunks": "trunk", "users": "user"}.get(str(section)) or str(self.raw(id).get("kind", ""))

    def title(self, id: str) -> str:
        """What people call a card: its name, or its number or key."""
        try:
            name = self.raw(id).get("name")
        except KeyError:
            return id
        return str(name) if name else id.removeprefix("trunk:")

    def members(self, id: str) -> list[str]:
        """Numbers of a queue's or group's members, in order; empty text for one that cannot be read."""
        members = self.raw(id).get("members")
        if not isinstance(members, list):
            return []
        numbers = (m.get("user", m.get("number")) if isinstance(m, dict) else m for m in members)
        return ["" if number is None else str(number) for number in numbers]

    def references(self) -> Iterator[Reference]:
        """Every output and member of the document, in its order."""
        for id in self.ids():
            raw, path = self.raw(id), self.path_of(id)
            for field, shape in kind_styles.outputs_of(self.kind(id)):
                yield from outputs(id, path, field, shape, raw.get(field))
            for i, number in enumerate(self.members(id)):
                if number:
                    yield Reference(id, "members", (*path, "members", i), number)
        aliases = self.section("settings").get("aliases")
        if isinstance(aliases, dict):
            for name, to in aliases.items():
                if to is not None:
                    yield Reference("", f"alias {name}", ("settings", "aliases", str(name)), str(to))

    def referrers(self, id: str) -> tuple[Reference, ...]:
        """What refers to an element or user, itself left out (R-02.13)."""
        return tuple(reference for reference in self.references() if reference.to == id and reference.owner != id)
