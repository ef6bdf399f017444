"""Edits of a YAML text that touch nothing but what is edited: comments, order, quotes and columns stay as they are.

Decides where in the text a value begins and ends, and how a new value is written. Leaves what may be edited, and what it
means, to `draft.py`. ruamel.yaml's marks give the spans; the text itself is never printed again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ruamel.yaml import YAML, events
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
"""Keys of mappings as text, places in lists as int: `("elements", "5200", "members", 1)`."""

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str | int, "Value"]

_PLAIN = re.compile(r"[A-Za-zА-Яа-яЁё_][\w .,@/+()-]*(?<![\s,])")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_WORDS = {"null", "~", "true", "false", "yes", "no", "on", "off"}
_INDENT = 2


class Edits:
    """A batch of edits of one text, applied at once; every path is one of the text before the batch.

    Who has read the text already gives ruamel.yaml's events of it.
    """

    def __init__(self, text: str, read: Sequence[Any] = ()) -> None:
        self._text = text
        self._root = _root(iter(read or YAML(typ="safe", pure=True).parse(text)))
        self._changes: list[tuple[int, int, int, str]] = []

    # --- what to change --------------------------------------------------------------------------------------------

    def set(self, path: Path, value: Value) -> None:
        """Give `path` a value; what is missing on the way is added. Raises KeyError for a place no list has."""
        depth = len(path)
        while depth and self._find(path[:depth]) is None:
            depth -= 1
        found = self._find(path[:depth])
        rest = path[depth:]
        if not rest:
            if found is None:
                raise KeyError(path)
            self._replace(path, found, value)
            return
        for part in reversed(rest[1:]):
            value = {part: value}
        if found is None:
            self._append_line(f"{_key(rest[0])}:{_block(value, 0)}")
        elif isinstance(found, MappingNode):
            self._insert(found, rest[0], value)
        elif isinstance(found, ScalarNode) and found.value in ("", "~", "null"):
            self._replace_empty(path[:depth], found, rest[0], value)
        elif isinstance(found, SequenceNode) and rest[0] == len(found.value):
            self._add_item(found, value)
        else:
            raise KeyError(path)

    def delete(self, path: Path) -> None:
        """Take a key of a mapping or a place of a list away; raises KeyError when it is not there. Comments above it stay."""
        parent = self._find(path[:-1])
        if isinstance(parent, SequenceNode):
            items: list[tuple[Node, Node]] = [(item, item) for item in parent.value]
            at = int(path[-1])
        elif isinstance(parent, MappingNode):
            items = list(parent.value)
            at = next((i for i, (key, _) in enumerate(items) if key.value == str(path[-1])), len(items))
        else:
            items, at = [], 0
        if parent is None or not 0 <= at < len(items):
            raise KeyError(path)
        if len(items) == 1:
            self._change(parent.start_mark.index, _end(parent), "[]" if isinstance(parent, SequenceNode) else "{}")
            return
        first, last = items[at]
        if getattr(parent, "flow_style", False):
            start, end = (
                (first.start_mark.index, items[at + 1][0].start_mark.index)
                if at + 1 < len(items)
                else (_end(items[at - 1][1]), _end(last))
            )
            self._change(start, end, "")
            return
        start = self._text.rfind("\n", 0, first.start_mark.index) + 1
        end = self._line_end(max(_end(last), _end(first)))
        self._change(start, min(end + 1, len(self._text)), "")

    def swap(self, path: Path, one: int, other: int) -> None:
        """Exchange two items of a list, with what stands behind them on their lines. Raises KeyError for a place it has not."""
        found = self._find(path)
        items = found.value if isinstance(found, SequenceNode) else []
        if not (found is not None and 0 <= one < len(items) and 0 <= other < len(items)):
            raise KeyError(path)
        inline, spans = getattr(found, "flow_style", False), []
        for at in (one, other):
            start, end = items[at].start_mark.index, _end(items[at])
            spans.append((start, end if inline else self._line_end(end)))
        (a, b), (c, d) = spans
        self._change(a, b, self._text[c:d])
        self._change(c, d, self._text[a:b])

    def apply(self) -> str:
        """The text with all changes made."""
        text = self._text
        for start, _, end, new in sorted(self._changes, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    # --- how -------------------------------------------------------------------------------------------------------

    def _find(self, path: Path) -> Node | None:
        node: Node | None = self._root
        for part in path:
            if isinstance(node, MappingNode):
                node = next((value for key, value in node.value if key.value == str(part)), None)
            elif isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
                node = node.value[part]
            else:
                return None
        return node

    def _change(self, start: int, end: int, new: str) -> None:
        self._changes.append((start, len(self._changes), end, new))

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end

    def _append_line(self, line: str) -> None:
        body = self._text.rstrip("\n")
        self._change(len(body), len(self._text), f"{chr(10) * 2 if body else ''}{line}\n")

    def _replace(self, path: Path, node: Node, value: Value) -> None:
        start, end = node.start_mark.index, _end(node)
        if end == start and path:
            start = self._after_colon(path)
            self._change(start, start, " " + _flow(value))
        elif isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style:
            self._change(start, end, _lines(value, node.start_mark.column))
        else:
            self._change(start, end, _flow(value))

    def _replace_empty(self, path: Path, node: Node, key: str | int, value: Value) -> None:
        if _end(node) > node.start_mark.index or not path:
            self._change(node.start_mark.index, _end(node), _flow({key: value}))
            return
        at = self._after_colon(path)
        line = self._text.rfind("\n", 0, at) + 1
        column = len(self._text[line:]) - len(self._text[line:].lstrip(" ")) + _INDENT
        self._change(at, at, f"\n{' ' * column}{_key(key)}:{_block(value, column)}")

    def _after_colon(self, path: Path) -> int:
        """Where the value of a key that has none would begin: the mark of an empty value is that of the next token."""
        parent: Any = self._find(path[:-1])
        key = next(key for key, _ in parent.value if key.value == str(path[-1]))
        return self._text.index(":", int(key.end_mark.index)) + 1

    def _insert(self, mapping: Any, key: str | int, value: Value) -> None:
        if mapping.flow_style:
            end = mapping.end_mark.index - 1
            if mapping.value:
                end = _end(mapping.value[-1][1]) or end
            self._change(end, end, f"{', ' if mapping.value else ''}{_key(key)}: {_flow(value)}")
            return
        last = mapping.value[-1]
        at = self._line_end(max(_end(last[1]), last[0].end_mark.index))
        column = mapping.value[0][0].start_mark.column
        inline = last[1].flow_style if isinstance(last[1], MappingNode) else False
        body = f" {_flow(value)}" if inline and column and isinstance(value, Mapping) else _block(value, column)
        self._change(at, at, f"\n{' ' * column}{_key(key)}:{body}")

    def _add_item(self, sequence: Any, value: Value) -> None:
        if sequence.flow_style:
            end = _end(sequence.value[-1]) if sequence.value else sequence.end_mark.index - 1
            self._change(end, end, f"{', ' if sequence.value else ''}{_flow(value)}")
            return
        at = self._line_end(_end(sequence.value[-1]))
        self._change(at, at, f"\n{' ' * sequence.start_mark.column}- {_flow(value)}")


def _root(stream: Iterator[Any]) -> Node | None:
    """The tree of a text's events: ruamel.yaml's own composer reads the text again. None for an empty text."""
    anchors: dict[str, Node] = {}

    def node(event: Any) -> Node:
        if isinstance(event, events.AliasEvent):
            return anchors[event.anchor]
        made: Any
        if isinstance(event, events.ScalarEvent):
            made = ScalarNode(None, event.value, event.start_mark, event.end_mark)
        else:
            is_list = isinstance(event, events.SequenceStartEvent)
            made = (SequenceNode if is_list else MappingNode)(
                None, [], event.start_mark, None, flow_style=event.flow_style
            )
        if event.anchor is not None:
            anchors[event.anchor] = made
        if not isinstance(event, events.ScalarEvent):
            for inner in stream:
                if isinstance(inner, (events.SequenceEndEvent, events.MappingEndEvent)):
                    made.end_mark = inner.end_mark
                    break
                made.value.append(node(inner) if is_list else (node(inner), node(next(stream))))
        return cast(Node, made)

    for event in stream:
        if isinstance(event, events.DocumentStartEvent):
            first = next(stream)
            return None if isinstance(first, events.DocumentEndEvent) else node(first)
    return None


def _end(node: Any) -> int:
    """Where a node's last character is; the end marks of block collections run on to the next token."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return max(_end(node.value[-1][1]), int(node.value[-1][0].end_mark.index))
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)


def _key(key: str | int) -> str:
    text = str(key)
    return text if re.fullmatch(r"\d+", text) else _scalar(text)


def _scalar(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and "\n" not in text:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """A text in quotation marks, with what YAML may not hold as it is written as an escape."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _flow(value: Value) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    text = _scalar(value)
    return _quoted(value) if isinstance(value, str) and "," in text and text[0] != '"' else text


def _block(value: Value, column: int) -> str:
    """A value as it stands after `key:` in a block mapping that begins in `column`."""
    if isinstance(value, Mapping) and value:
        inner = column + _INDENT
        return "\n" + " " * inner + _lines(value, inner)
    return " " + _flow(value)


def _lines(value: Value, column: int) -> str:
    """A collection as block lines beginning in `column`. Its own collections stand on one line each, but for elements."""
    gap = "\n" + " " * column
    if isinstance(value, Mapping) and value:
        return gap.join(
            f"{_key(key)}:{_block(item, column)}"
            if isinstance(item, Mapping) and "kind" in item
            else f"{_key(key)}: {_flow(item)}"
            for key, item in value.items()
        )
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return gap.join(f"- {_flow(item)}" for item in value)
    return _flow(value)
