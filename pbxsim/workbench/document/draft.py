"""A PBX document in edit: the edits a person can make, and the files they come from and go to.

Decides what an edit does to the text and what is refused (R-02.13, R-02.7), and which file a save goes to. Every edit
changes only the spans it must, so comments, order and quotes of the file survive (`yaml_edits.py`). Leaves reading the text
to `content.py`, undo and redo to `history.py`, the picture to `workbench/diagram/graph.py`. Imports no part of the web
application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path as File
from typing import Any

from engine.contract import limits
from engine.document import models
from engine.document.models import HANGUP
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits
from engine.numbers.phone_numbers import is_internal
from pbxsim.workbench.diagram import kind_styles, layout
from pbxsim.workbench.document import files
from pbxsim.workbench.document.content import Content
from pbxsim.workbench.document.history import History, State
from pbxsim.workbench.document.refusals import Conflict, EditRefused
from pbxsim.workbench.document.yaml_edits import Edits, Path, Value

KEYS = "1234567890*#"
OUTSIDE_LEAST, OUTSIDE_MOST = 5, 18
"""Digits of an outside number: 15 (E.164), and 810 before them."""

NEW_KEY = "+"
"""Port part that stands for the next free key of a greeting."""


class Draft(Content):
    """One PBX document in edit."""

    def __init__(self, text: str, path: File | None = None) -> None:
        self.path = path
        self.places: dict[str, layout.Place] = {}
        """Where cards stand in this session; those the document itself places are in it as well."""
        self.history = History()
        self._depth = 0
        self.saved = text
        """The text as it stands in the file."""
        self.kept: str | None = None
        """The text as it stands in the draft file beside it; None when this document knows of none."""
        super().__init__(text, path.name if path else "pbx.yaml")

    @classmethod
    def open(cls, path: File) -> Draft:
        """The document of a file. Raises OSError; what is wrong with the text stands in `faults`."""
        return cls(files.read(path), path)

    @property
    def dirty(self) -> bool:
        """Whether there is something that stands in no file."""
        return self.text not in (self.saved, self.kept)

    @property
    def differs(self) -> bool:
        """Whether the document says something else than its file."""
        return self.text != self.saved

    @property
    def can_save(self) -> bool:
        """Whether saving would change a file."""
        return self.dirty or (self.differs and self.flow is not None)

    def set(self, id: str, field: Path, value: Value, tag: object = None) -> None:
        """Give a setting of a card a value; None takes it out, and its default holds again.

        Edits in a row with the same `tag` are one undo step: typing in one field. Raises KeyError for an unknown card.
        """
        self.put((*self.path_of(id), *field), value, tag)

    def put(self, path: Path, value: Value, tag: object = None) -> None:
        """The same for any place of the document."""
        if value is None:
            if self._has(path):
                self._cut(path, tag)
        else:
            self._edit(lambda edits: edits.set(path, value), tag)

    def swap(self, path: Path, one: int, other: int) -> None:
        """Exchange two places of a list."""
        self._edit(lambda edits: edits.swap(path, one, other))

    def rename(self, id: str, name: str) -> None:
        """Call a card something else."""
        self.set(id, ("name",), name.strip() or None, tag=(id, "name"))

    def connect(self, source_id: str, port: str, target: str) -> None:
        """Lead an output to a card, an outside number or `hangup`; or add a member when the port is `members`.

        Raises Refused when `target` is nothing an output may name (R-02.9), KeyError for an unknown card or port.
        """
        target = target.strip()
        if port == "members":
            self._add_member(source_id, target)
            return
        if target in self.ids():
            if target.startswith("trunk:"):
                raise EditRefused("calls cannot be sent to an external number of this PBX", "R-02.9")
            value: Value = int(target)
        elif target == HANGUP:
            value = HANGUP
        elif is_internal(target):
            raise EditRefused("there is nothing with the number {0}", "R-02.13", subject=target)
        else:
            try:
                value = models._output(target)
            except ValueError:
                value = None
            if value is None or not self._may_be_outside(value):
                raise EditRefused(
                    "{0} is neither a number of this PBX nor a possible outside number", "R-02.9", subject=target or "–"
                )
        self.set(source_id, self._port_path(source_id, port), value)

    def disconnect(self, source_id: str, port: str) -> None:
        """Leave an output empty."""
        field = self._port_path(source_id, port)
        if field[-1] == "to" and len(field) > 1:
            self.set(source_id, field[:-1], None)
        else:
            self.set(source_id, field, None)

    def remove_member(self, id: str, member: str) -> None:
        """Take a member out of a queue or group."""
        for reference in self.references():
            if reference.owner == id and reference.port == "members" and reference.to == member:
                self._cut(reference.path)
                return

    def add(self, kind: str, name: str, place: layout.Place | None = None, after: tuple[str, str] | None = None) -> str:
        """Add an element, user or trunk with the next number of its block, and lead the output `after` to it.

        Gives its card's id. Raises Refused when no number is left.
        """
        fresh: dict[str | int, Value] = {}
        if kind == "trunk":
            number = next(f"line{n}" for n in range(1, 10_000) if f"line{n}" not in self.section("trunks"))
            path: Path = ("trunks", number)
            fresh["name"] = name
        elif kind == "user":
            number = str(self._free(range(limits.USER_FIRST, limits.USER_LAST + 1)))
            path = ("users", number)
            fresh["name"] = name
        else:
            number = str(self.next_number(kind))
            path = ("elements", number)
            fresh.update(kind=kind, name=name)
        id = f"trunk:{number}" if kind == "trunk" else number
        into = after if after is not None and after[1] != "members" else None
        edge = (*self.path_of(into[0]), *self._port_path(*into)) if into is not None else None
        with self.step():
            standing = {} if self.placed() or place is None or kind == "trunk" else dict(self.places)
            if place is not None:
                self.places[id] = (round(place[0]), round(place[1]))
                if kind != "trunk":
                    fresh.update(x=round(place[0]), y=round(place[1]))

            def write(edits: Edits) -> None:  # in one batch: a large document is read once
                self._put_places(edits, standing)
                if edge is not None:  # first: where both are added at one place, it belongs to what stands before
                    edits.set(edge, int(number))
                edits.set(path, fresh)

            self._edit(write)
            if after is not None and edge is None:
                self.connect(*after, id)
        return id

    def add_member(self, id: str, name: str) -> str:
        """Add a user and make them a member of a queue or group, as one step. Gives their number."""
        with self.step():
            number = self.add("user", name)
            self.connect(id, "members", number)
        return number

    def next_number(self, kind: str) -> int:
        """The next free number of a kind's block (R-02.7). Raises Refused when all are taken."""
        start = kind_styles.look(kind).block
        everything = range(limits.ELEMENT_FIRST, limits.ELEMENT_LAST + 1)
        return self._free((*range(start, min(start + 100, limits.ELEMENT_LAST + 1)), *everything))

    def delete(self, ids: Iterable[str], edges: Iterable[tuple[str, str, str]] = ()) -> None:
        """Delete cards and empty the outputs `(source, port, target)`, all or nothing.

        Raises Refused with the referrers when something else refers to one of the cards (R-02.13).
        """
        gone = [id for id in ids if id in self.ids()]
        cut = [(source_id, port, to) for source_id, port, to in edges if source_id not in gone]
        cut_ports = {(source_id, port, to) for source_id, port, to in cut}
        for id in gone:
            left = tuple(
                r for r in self.referrers(id) if r.owner not in gone and (r.owner, r.port, r.to) not in cut_ports
            )
            if left:
                raise EditRefused("{0} cannot be deleted: something refers to it", "R-02.13", left, id)
        with self.step():
            for source_id, port, to in cut:
                if port == "members":
                    self.remove_member(source_id, to)
                else:
                    self.disconnect(source_id, port)
            for id in gone:
                self._cut(self.path_of(id))
                self.places.pop(id, None)

    def move(self, places: Mapping[str, layout.Place]) -> None:
        """Put cards elsewhere. The first move by hand writes the places of all cards into the document."""
        with self.step():
            self._place_all()
            changes = {id: (round(x), round(y)) for id, (x, y) in places.items() if id in self.ids()}
            self.places.update(changes)
            self._write_places(changes)

    def arrange(self) -> None:
        """Forget all places: cards go where `workbench/diagram/layout.py` puts them, and the document holds no places
        any more."""
        with self.step():
            for id in self.ids():
                raw = self.raw(id)
                for field in ("x", "y"):
                    if field in raw and not id.startswith("trunk:"):
                        self._cut((*self.path_of(id), field))
            self.places.clear()

    def placed(self) -> bool:
        """Whether the document itself says where cards stand."""
        return any("x" in self.raw(id) for id in self.ids())

    # --- undo, redo, files -----------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self.history.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to make again."""
        return bool(self.history.future)

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        self._become(self.history.back(self._state()))

    def redo(self) -> None:
        """Make the last step taken back again, if there is one."""
        self._become(self.history.forth(self._state()))

    def save(self, overwrite: bool = False) -> File:
        """Write the text to a file, whole or not at all, and give that file.

        A document with errors never takes the place of one that may be in use: it goes into the draft file beside it.
        Raises Conflict when the file has changed since it was loaded and `overwrite` is not set, Refused without a file,
        OSError.
        """
        if self.path is None:
            raise EditRefused("this document has no file to save to")
        draft = files.draft_of(self.path)
        whole = self.flow is not None or draft == self.path
        path, known = (self.path, self.saved) if whole else (draft, self.kept)
        if not overwrite and path.exists() and files.read(path) != known:
            raise Conflict(f"{path.name} was changed by somebody else since it was loaded", subject=path.name)
        files.write(path, self.text)
        if not whole:
            self.kept = self.text
            return path
        self.saved = self.text
        self.forget_kept()
        return path

    def waiting(self) -> File | None:
        """The draft file beside the document, if somebody saved one that this document does not know."""
        draft = files.draft_of(self.path) if self.path is not None else None
        if draft is None or draft == self.path or self.kept is not None or not draft.is_file():
            return None
        return draft

    def open_kept(self) -> None:
        """Take the text of the draft file, as one step that can be undone. Raises Refused without a file, OSError."""
        if self.path is None:
            raise EditRefused("this document has no file to load")
        self.kept = files.read(files.draft_of(self.path))
        self._take(self.kept)

    def forget_kept(self) -> None:
        """Delete the draft file if it still says what this document put into it or took from it. Raises OSError."""
        if self.kept is not None and self.path is not None:
            draft = files.draft_of(self.path)
            if draft != self.path and draft.is_file() and files.read(draft) == self.kept:
                draft.unlink()
        self.kept = None

    def reload(self) -> None:
        """Read the file again, as one step that can be undone. Raises Refused without a file, OSError."""
        if self.path is None:
            raise EditRefused("this document has no file to load")
        text = files.read(self.path)
        self.saved = text
        self._take(text)

    def _take(self, text: str) -> None:
        if text != self.text:
            with self.step():
                self.places = {}
                self._read(text)

    def _edit(self, change: Callable[[Edits], None], tag: object = None) -> None:
        if not self.readable:
            raise EditRefused("{0} is not readable as YAML; correct it in a text editor first", subject=self.name)
        edits = Edits(self.text, self._events)
        change(edits)
        text = edits.apply()
        if text == self.text:
            return
        if self._depth == 0:
            self.history.remember(self._state(), tag)
        self._read(text)

    def _cut(self, path: Path, tag: object = None) -> None:
        self._edit(lambda edits: edits.delete(path), tag)

    def step(self) -> _Step:
        """Everything edited inside is one step that can be undone."""
        return _Step(self)

    def _state(self) -> State:
        return State(self.text, dict(self.places))

    def _become(self, state: State | None) -> None:
        if state is not None:
            self.places = dict(state.places)
            self._read(state.text)

    def _has(self, path: Path) -> bool:
        here: Any = self.data
        for part in path:
            if isinstance(here, dict):
                key = next((k for k in here if str(k) == str(part)), None)
                if key is None:
                    return False
                here = here[key]
            elif isinstance(here, list) and isinstance(part, int) and part < len(here):
                here = here[part]
            else:
                return False
        return True

    def _port_path(self, id: str, port: str) -> Path:
        field, _, rest = port.partition(".")
        shape = dict(kind_styles.outputs_of(self.kind(id))).get(field)
        if shape == "one" and not rest:
            return (field,)
        if shape == "map" and rest:
            if rest == NEW_KEY:
                taken = {str(key) for key in (self.raw(id).get(field) or {})}
                rest = next((key for key in KEYS if key not in taken), "")
                if not rest:
                    raise EditRefused("all twelve keys have an output already", "R-05.3")
            return (field, rest)
        if shape == "list" and is_digits(rest):
            return (field, int(rest), "to")
        raise KeyError(port)

    def _add_member(self, id: str, member: str) -> None:
        if self.kind(member) != "user":
            raise EditRefused("a member is a user; a group or queue cannot be a member", "R-07.9")
        members = self.raw(id).get("members")
        if any(r.owner == id and r.port == "members" and r.to == member for r in self.references()):
            return
        if isinstance(members, list):
            self.set(id, ("members", len(members)), int(member))
        else:
            self.set(id, ("members",), [int(member)])

    def _may_be_outside(self, number: object) -> bool:
        """Whether somebody may have this number: as long as numbers are, a service code, or an emergency number.

        A document may name any other by hand (R-14.11); typed here, it is a mistake.
        """
        text = str(number)
        digits = text.removeprefix("+")
        if text in self._emergency() or not is_digits(digits):
            return True
        return OUTSIDE_LEAST <= len(digits) <= OUTSIDE_MOST

    def _emergency(self) -> frozenset[str]:
        emergency = self.section("settings").get("emergency", ["112"])
        listed = emergency if isinstance(emergency, list) else [emergency]
        return frozenset(phone_numbers.bare(str(item)) for item in listed)

    def _free(self, numbers: Iterable[int]) -> int:
        taken = {*self.section("elements"), *self.section("users"), *self._emergency()}
        for number in numbers:
            if str(number) not in taken:
                return number
        raise EditRefused("no internal number is left", "R-02.7")

    def _place_all(self) -> None:
        """Write every known place, so that what a person moves does not stand alone among cards that float."""
        if not self.placed():
            self._write_places(self.places)

    def _write_places(self, places: Mapping[str, layout.Place]) -> None:
        self._edit(lambda edits: self._put_places(edits, places))

    def _put_places(self, edits: Edits, places: Mapping[str, layout.Place]) -> None:
        for id, (x, y) in places.items():
            if not id.startswith("trunk:") and id in self.ids():
                edits.set((*self.path_of(id), "x"), round(x))
                edits.set((*self.path_of(id), "y"), round(y))


class _Step:
    """Everything edited inside is one undo step, or nothing at all when it is refused."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def __enter__(self) -> None:
        draft = self._draft
        if draft._depth == 0:
            self._before = draft._state()
        draft._depth += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        draft = self._draft
        draft._depth -= 1
        if draft._depth > 0:
            return
        if error is not None:
            draft.places = dict(self._before.places)
            if draft.text != self._before.text:
                draft._read(self._before.text)
        elif draft.text != self._before.text or draft.places != self._before.places:
            draft.history.remember(self._before)
