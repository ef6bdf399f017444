"""The faults of a document: one value for each, written for people in one line or two and for programs as JSON.

Decides how a fault is written. Leaves finding them to `yaml_text.py` (text and types), `state/flow.py` (what makes a flow
impossible) and `analysis/check.py` (what makes it unwise).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from engine.contract.ids import Instant

Path = tuple[str | int, ...]
"""Where in a document: keys of mappings as text, places in lists as int: `("elements", "5200", "members", 1)`."""


class Position(msgspec.Struct, frozen=True):
    """A place in a text, both counted from 1; `Position(0, 0)` is nowhere."""

    line: int = 0
    column: int = 0


NOWHERE = Position()


class TrialCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that shows a fault happening; preview and `pbx trace` accept it as it stands."""

    number: str
    """The number dialled: a trunk's number, an internal number, an alias, an outside number."""
    caller: str = ""
    """The caller's number; empty when anonymous."""
    at: Instant | None = None
    """When; None where it makes no difference."""
    user: int | None = None
    """The user who dials, for internal and outgoing calls."""
    keys: str = ""
    """Keys pressed, in order."""
    origin: Literal["trunk", "user", "direct"] = "trunk"
    trunk: str | None = None
    """Key of the trunk it comes in on, where the number alone does not tell."""
    users: dict[int, str] = {}
    """States of users who do not answer: `no_answer`, `busy`, `unreachable`… as a script has it."""
    outside: str = "answers"
    """The state of outside numbers."""
    draw_seed: int = 0
    """The call's own draw: by it choose elements that choose by chance."""


NOT_TAKEN = "no_answer"
OUT = "out"
UNREACHABLE = "unreachable"
"""States of users in example calls: nobody picks up, nobody is signed in to a queue, no device is registered."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing unwise about an element, as the element itself finds it: it knows neither its line nor who may dial it."""

    code: str
    rule: str
    message: str
    remedy: str
    path: Path = ()
    """Where below the element; empty is the element itself."""
    example: TrialCall | None = None
    """A call to it that shows it; who dials is filled in by whoever knows the users."""
    key: bool = False
    """Whether the key is at fault and not its value."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a document."""

    severity: Literal["error", "warning"]
    """An error keeps a version from going live; a warning needs a named person's acknowledgement (R-25.5)."""
    code: str
    """Stable short name of this kind of fault: `dangling-output`."""
    rule: str
    """The rule of the specification it breaks: `R-02.13`; empty for a file that is no PBX."""
    message: str
    """The fault in one sentence without a full stop."""
    remedy: str = ""
    """The remedy, as a request."""
    place: str = ""
    """Where in the document: `elements.5200.members[1]`."""
    line: int = 0
    column: int = 0
    file: str = ""
    example: TrialCall | None = None
    """A call that shows it."""

    def __str__(self) -> str:
        return self.line_of(self.severity)

    def line_of(self, severity: str) -> str:
        """The fault on one line, with a word for its severity."""
        where = self.file or "document"
        if self.line:
            where += f":{self.line}:{self.column}"
        parts = [f"{where}: {severity} {self.rule}:" if self.rule else f"{where}: {severity}:"]
        if self.place:
            parts.append(f"{self.place}:")
        parts.append(f"{self.message}.")
        if self.remedy:
            parts.append(f"{self.remedy}.")
        return " ".join(parts)


def written(path: Path) -> str:
    """A path as people read it.

    >>> written(("elements", "5200", "members", 1))
    'elements.5200.members[1]'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults sorted by place in the file, errors before warnings on the same line, none twice."""
    unique = {str(fault): fault for fault in faults}
    return tuple(sorted(unique.values(), key=lambda f: (f.line, f.column, f.severity, f.place, f.code, f.message)))


def errors(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Those that keep a version from going live."""
    return tuple(fault for fault in faults if fault.severity == "error")


def as_text(faults: Iterable[Fault]) -> str:
    """One line a fault, for a terminal."""
    return "\n".join(str(fault) for fault in faults)


def as_json(faults: Iterable[Fault]) -> str:
    """A JSON list, for programs; the fields are those of `Fault`."""
    return msgspec.json.format(msgspec.json.encode(list(faults)), indent=2).decode()
