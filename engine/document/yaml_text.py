"""YAML text to plain data, with the place of every part kept for messages.

Decides what text is accepted (YAML 1.2 without tags, one document, bounded in size, depth and aliases). Leaves the
fields to `models.py`, the way to a flow to `loading/load.py`.

Plain scalars are read so that no phone number is damaged: only `0` and whole numbers without leading zero or sign `+`
are numbers, so `+74951234567`, `0000` and `09:00` stay the text they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec
from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from engine.contract import limits
from engine.contract.errors import FlowError
from engine.document import faults
from engine.document.faults import NOWHERE, Fault, Path, Position

KEY = "[key]"
"""Last part of the path of a key itself, beside that of its value."""

Data = dict[str | int, Any]

_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PBX = re.compile(r"^pbx:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]{1,2})?")


def pbx_of(text: str) -> str:
    """The account name that a document gives itself, even one that cannot be read as a whole; empty when it gives none.

    >>> pbx_of('pbx: "example"  # of two cities'), pbx_of("users: {")
    ('example', '')
    """
    found = _PBX.search(text)
    return "" if found is None else found[1]


def parse(text: str | bytes, name: str = "pbx.yaml", is_settings: bool = False) -> tuple[Data, dict[Path, Position]]:
    """The data of a text and where each part of it stands; `is_settings` for a file of settings, which is no PBX.

    Raises FlowError: for broken YAML and hostile input with one fault, as nothing after it can be trusted, otherwise
    with every duplicate key.
    """
    data, positions, found = read_text(text, name)
    if is_settings:
        found = [_of_settings(fault) for fault in found]
    if data is None or found:
        raise FlowError(faults.in_order(found))
    return data, positions


def read_text(
    source: str | bytes, name: str, heard: list[Any] | None = None
) -> tuple[Data | None, dict[Path, Position], list[Fault]]:
    """The data, or None if the text cannot be read at all; positions; what is wrong.

    Who wants to know more of the same text gives a list for the library's events: reading them again takes longest of all.
    """
    reader = _Reader(name, heard)
    try:
        text = source if isinstance(source, str) else source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        position = Position(error.object.count(b"\n", 0, error.start) + 1, 1)
        return None, {}, [_broken("the file is not UTF-8 text", "Save it as UTF-8", name, position)]
    if len(text) > limits.DOCUMENT_BYTES:
        message = f"the document is larger than {limits.DOCUMENT_BYTES // 1024 // 1024} MiB"
        position = Position(text.count("\n", 0, limits.DOCUMENT_BYTES) + 1, 1)
        return None, {}, [_broken(message, "Split it", name, position)]
    try:
        data = reader.read(text)
    except MarkedYAMLError as error:
        return None, {}, [_yaml_fault(error, text, name)]
    except (YAMLError, UnicodeError, ValueError) as error:
        found = _UNPRINTABLE.search(text)
        position = NOWHERE if found is None else Position(text.count("\n", 0, found.start()) + 1, 1)
        words = "a character that cannot be printed" if found else " ".join(str(error).split())[:200]
        return None, {}, [_broken(f"this is not YAML: {words}", "Remove it", name, position)]
    except _Refused:
        return None, {}, reader.faults
    if not isinstance(data, dict):
        message = "a PBX document is a mapping with `pbx:`, `trunks:`, `elements:`"
        return None, {}, [_broken(message, "See the example PBX", name, Position(1, 1))]
    return data, reader.positions, reader.faults


_OF_SETTINGS = {
    "a PBX document is a mapping with `pbx:`, `trunks:`, `elements:`": "a file of settings is a mapping of `name: value`",
    "See the example PBX": "Write `name: value` in every line",
    "Keep one PBX in one file": "Keep one document in one file",
    "A PBX needs six levels at most": "Settings need six levels at most",
    "Remove it: a PBX is plain data": "Remove it: settings are plain data",
}
"""What is said of a PBX, and what is said of settings instead."""


def _of_settings(fault: Fault) -> Fault:
    """A fault of a file of settings in words that fit it: no rule of PBX documents holds there."""
    return msgspec.structs.replace(
        fault,
        rule="",
        message=_OF_SETTINGS.get(fault.message, fault.message),
        remedy=_OF_SETTINGS.get(fault.remedy, fault.remedy),
    )


class _Refused(Exception):
    """Reading stops here; the fault is in the reader's list."""


class _Anchor(msgspec.Struct):
    value: Any
    nodes: int
    complete: bool = False


class _Reader:
    """Builds plain data from YAML events, so that no bound is passed before it is looked at."""

    def __init__(self, name: str, heard: list[Any] | None = None) -> None:
        self.name = name
        self.heard = heard
        self.faults: list[Fault] = []
        self.positions: dict[Path, Position] = {}
        self.nodes = 0
        self.anchors: dict[str, _Anchor] = {}
        self.stream: Iterator[Any] = iter(())

    def read(self, text: str) -> Any:
        """The one document of a text, or None if it is empty. Raises _Refused."""
        stream = YAML(typ="safe", pure=True).parse(text)
        self.stream = stream if self.heard is None else self.hear(stream, self.heard)
        value: Any = None
        documents = 0
        for event in self.stream:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse("a second document begins", "Keep one PBX in one file", event)
                value = self.value(next(self.stream), (), 0)
        return value

    def hear(self, stream: Iterator[Any], heard: list[Any]) -> Iterator[Any]:
        """The events, each of them kept."""
        for event in stream:
            heard.append(event)
            yield event

    def value(self, event: Any, path: Path, depth: int) -> Any:
        """The value of an event and of those that belong to it."""
        self.nodes += 1
        if self.nodes > limits.DOCUMENT_NODES:
            self.refuse(f"more than {limits.DOCUMENT_NODES} values", "Remove aliases that multiply", event)
        if depth > limits.DOCUMENT_DEPTH:
            self.refuse(f"nested deeper than {limits.DOCUMENT_DEPTH}", "A PBX needs six levels at most", event)
        self.positions[path] = _position(event)
        if isinstance(event, events.AliasEvent):
            return self.alias(event)
        if event.tag is not None:
            self.refuse(f"the tag {event.tag} is not allowed", "Remove it: a PBX is plain data", event)
        anchor = None
        if event.anchor is not None:
            anchor = self.anchors[event.anchor] = _Anchor(None, self.nodes)
        if isinstance(event, events.ScalarEvent):
            value: Any = self.scalar(event)
        elif isinstance(event, events.SequenceStartEvent):
            value = self.sequence(path, depth)
        else:
            value = self.mapping(path, depth)
        if anchor is not None:
            anchor.value, anchor.nodes, anchor.complete = value, self.nodes - anchor.nodes + 1, True
        return value

    def alias(self, event: Any) -> Any:
        """The value an alias repeats; it counts as many values as it stands for."""
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            self.refuse(
                f"*{event.anchor} repeats something that has no &{event.anchor}", 'Write a star key as "*"', event
            )
        if not anchor.complete:
            self.refuse(f"*{event.anchor} contains itself", "Remove the alias", event)
        self.nodes += anchor.nodes
        if self.nodes > limits.DOCUMENT_NODES:
            self.refuse(f"aliases make more than {limits.DOCUMENT_NODES} values", "Remove the aliases", event)
        return anchor.value

    def sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self.stream:
            if isinstance(event, events.SequenceEndEvent):
                break
            items.append(self.value(event, (*path, len(items)), depth + 1))
        return items

    def mapping(self, path: Path, depth: int) -> dict[str | int, Any]:
        found: dict[str | int, Any] = {}
        for event in self.stream:
            if isinstance(event, events.MappingEndEvent):
                break
            if not isinstance(event, events.ScalarEvent):
                self.refuse(
                    "a key is a word or a number",
                    'Quote it: "*"' if isinstance(event, events.AliasEvent) else "Write `key: value`",
                    event,
                )
            key = self.scalar(event)
            if not isinstance(key, (str, int)) or isinstance(key, bool):
                key = event.value
            here = (*path, str(key))
            first = self.positions.get((*here, KEY))
            if first is not None:
                self.faults.append(_duplicate(here, first, _position(event), self.name))
            self.positions[(*here, KEY)] = _position(event)
            value = self.value(next(self.stream), here, depth + 1)
            if first is None:
                found[key] = value
        return found

    def scalar(self, event: Any) -> str | int | float | bool | None:
        """A scalar's value. Half a surrogate pair, which an escape may bring in, is no text that could be written again."""
        if not event.value.isascii() and _SURROGATE.search(event.value):
            self.refuse("this is not YAML: a character that cannot be printed", "Remove it", event)
        return _scalar(event)

    def refuse(self, message: str, remedy: str, event: Any) -> NoReturn:
        """Stop reading."""
        self.faults.append(_broken(message, remedy, self.name, _position(event)))
        raise _Refused


def _position(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def _scalar(event: Any) -> str | int | float | bool | None:
    """A scalar's value; quoted ones are text."""
    text: str = event.value
    if event.style is not None:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _duplicate(path: Path, first: Position, second: Position, name: str) -> Fault:
    section, key = (path[-2] if len(path) > 1 else ""), path[-1]
    rule = {"elements": "R-02.7", "users": "R-02.4"}.get(str(section), "R-02.1")
    what = (
        {"elements": "element", "users": "user", "trunks": "trunk"}.get(str(section), "key")
        if len(path) == 2
        else "key"
    )
    return Fault(
        severity="error",
        code="duplicate-key",
        rule=rule,
        message=f"{what} {key} stands here a second time; the first is in line {first.line}",
        remedy="Remove one of them or give it another number" if what in ("element", "user") else "Remove one of them",
        place=faults.written(path),
        line=second.line,
        column=second.column,
        file=name,
    )


def _broken(message: str, remedy: str, name: str, position: Position) -> Fault:
    return Fault(
        severity="error",
        code="broken-yaml",
        rule="R-02.1",
        message=message,
        remedy=remedy,
        line=position.line,
        column=position.column,
        file=name,
    )


def _yaml_fault(error: MarkedYAMLError, text: str, name: str) -> Fault:
    """A scanner's or parser's complaint in people's words."""
    mark = error.problem_mark or error.context_mark
    position = Position(mark.line + 1, mark.column + 1) if mark is not None else NOWHERE
    problem = " ".join(str(error.problem or error.context or "cannot be read").split())
    lines = text.splitlines()
    line = lines[position.line - 1] if 0 < position.line <= len(lines) else ""
    context = " ".join(str(error.context or "").split())
    since = f" (it began in line {error.context_mark.line + 1})" if error.context_mark is not None else ""
    if "\\t" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return _broken("a tab stands in the indentation", "Use spaces: YAML allows no tabs there", name, position)
    if "flow mapping" in context or "flow sequence" in context:
        bracket = "}" if "mapping" in context else "]"
        return _broken(
            f"a comma or {bracket} is missing{since}", f"Add it, or close the line with {bracket}", name, position
        )
    if "quoted scalar" in context:
        return _broken(f"a quotation mark is not closed{since}", "Close it", name, position)
    if "mapping values are not allowed" in problem:
        return _broken(
            "a colon stands where none may be",
            "Quote a text that holds a colon, and check the indentation",
            name,
            position,
        )
    if "block mapping" in context or "block collection" in context:
        return _broken(f"the indentation does not fit{since}", "Align it with the lines it belongs to", name, position)
    if "could not find expected ':'" in problem:
        return _broken("a colon is missing after a key", "Write `key: value`", name, position)
    if "alias" in problem or "alias" in context:
        return _broken("a star begins an alias", 'Quote the key of a star: "*"', name, position)
    return _broken(f"this is not YAML: {problem}", "Correct the line", name, position)
