"""Records of JSON or XML as rows with dotted names of columns: `Queue.Name`, `variables.cc_queue`.

Decides which list in a document is the list of calls, how deep it is unfolded, and what is refused (entities of XML, nesting
without end). Leaves what columns mean to `table.py`.
"""

from __future__ import annotations

import json
import re
import urllib.parse
import xml.etree.ElementTree as ET
from typing import Any, Final

from pbxsim.logs.losses import LogError
from pbxsim.logs.told import Told

DEPTH: Final = 8
"""Levels of a record that are unfolded."""

ITEMS: Final = 40
"""Items of a list within a record that are unfolded, each under its number."""

COLUMNS_AT_MOST: Final = 4000
"""Different names of columns in one file; with more of them it holds no calls of one system."""

LISTS: Final = frozenset(
    {
        "calls", "data", "records", "items", "results", "conversations", "legs", "cdrs", "cdr", "entities", "value",
        "contacts", "rows", "interactions", "queue_results", "tasks", "reservations", "contactrecords", "response",
    }
)  # fmt: skip
"""Names under which programs put their list of calls."""

_EMPTY_LIST: Final = re.compile(r"\s*\[[^\[\]{}\"]*\][;\t|]")
"""A line of a table whose first cell is a list, such as that of a call's recordings."""

_BETWEEN: Final = re.compile(r"[\s,]*")

TORN: Final = "torn"
"""The one cell of a row that is no record."""


def rows(text: str, name: str) -> list[tuple[int, list[str]]] | None:
    """The records as rows, the first of them the names of columns (number 0); None if the text is neither JSON nor XML.

    Raises LogError if it begins like one and is none.
    """
    head = text.lstrip()[:1]
    if head == "<":
        return _table([_flat_xml(one) for one in _xml(text, name)], name)
    if head not in ("{", "[") or _EMPTY_LIST.match(text):
        return None
    found = values(text, name)
    return _table([flat(one) if isinstance(one, dict) else None for one in found], name)


def values(text: str, name: str) -> list[Any]:
    """The records of a JSON text: a list, a list under some key, one record, one a line, or one after another with nothing
    between, as Amazon's Firehose writes them. Raises LogError."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        parsed = [_line(line) for line in lines]
        if not any(isinstance(one, dict) for one in parsed):
            row = _in_a_row(text)
            if len(row) > 1:
                return row
        if sum(isinstance(one, dict) for one in parsed) * 2 < len(lines) or (
            len(lines) == 1 and not isinstance(parsed[0], dict)
        ):
            raise LogError(Told("{name} is no JSON: {reason}; export it again", name=name, reason=error)) from None
        return parsed
    return _list_in(whole)


def _in_a_row(text: str) -> list[Any]:
    """Records that stand one after another; what follows a torn one is one more that tells nothing."""
    decoder, place = json.JSONDecoder(), 0
    out: list[Any] = []
    text = text.strip()
    while place < len(text):
        try:
            one, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return [*out, None] if out else []
        out.append(one)
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]  # it fits nothing, too
    return out


def joined(texts: list[str]) -> str | None:
    """Files of one record each, as FreeSWITCH writes a file a call, as one text in their order; None if they are others.

    A file that was cut becomes a record that tells nothing.
    """
    if all(text.lstrip()[:1] == "<" for text in texts):
        bare = [re.sub(r"<\?xml.*?\?>", "", text).strip() for text in texts]
        whole = [_is_xml(text) for text in bare]
        text = "\n".join(text if good else "<torn/>" for text, good in zip(bare, whole, strict=True))
    elif all(text.lstrip()[:1] == "{" for text in texts):
        whole = [isinstance(_line(text), dict) for text in texts]
        text = "[" + ",".join(text if good else "null" for text, good in zip(texts, whole, strict=True)) + "]"
    else:
        return None
    return text if sum(whole) > len(texts) * 0.9 else None


def _is_xml(text: str) -> bool:
    try:
        ET.fromstring(text)
    except ET.ParseError:
        return False
    return "<!" not in text


def _line(line: str) -> Any:
    try:
        return json.loads(line.strip().removesuffix(","))
    except (ValueError, RecursionError):
        return None


def _list_in(whole: Any) -> list[Any]:
    """The list of records: the whole, one under a name that lists of calls have, or the one record."""
    if isinstance(whole, list):
        return whole
    if isinstance(whole, dict):
        for key, value in whole.items():
            if key.casefold() in LISTS and isinstance(value, list) and any(isinstance(one, dict) for one in value):
                return value
            if isinstance(value, dict) and key.casefold() in LISTS:
                return _list_in(value)
    return [whole]


def flat(record: dict[str, Any]) -> dict[str, str]:
    """A record with its parts under dotted names, as text; numbers keep their digits, nothing is empty."""
    out: dict[str, str] = {}
    _unfold("", record, out, 0)
    return out


def _unfold(name: str, value: Any, out: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and depth < DEPTH:
        for key, part in value.items():
            _unfold(f"{name}.{key}" if name else str(key), part, out, depth + 1)
    elif isinstance(value, list) and depth < DEPTH:
        if all(not isinstance(part, (dict, list)) for part in value):
            out[name] = ", ".join(_text(part) for part in value)
        else:
            for place, part in enumerate(value[:ITEMS]):
                _unfold(f"{name}.{place}", part, out, depth + 1)
    elif name:
        out[name] = _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        return "…"
    return str(value).strip()


def _xml(text: str, name: str) -> list[ET.Element]:
    """The records of an XML text: one document, several one after another, or the children of one."""
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise LogError(Told("{name} has a DOCTYPE or entities, which are not read; take them out", name=name))
    bare = re.sub(r"<\?xml.*?\?>", "", text)
    try:
        tops = list(ET.fromstring(f"<all>{bare}</all>"))
    except ET.ParseError as error:
        raise LogError(Told("{name} is no XML: {reason}; export it again", name=name, reason=error)) from None
    if len(tops) == 1 and tops[0].tag != "cdr" and len(tops[0]) and all(len(child) for child in tops[0]):
        return list(tops[0])
    return tops


def _flat_xml(top: ET.Element) -> dict[str, str]:
    out: dict[str, str] = {}
    _unfold_xml("", top, out, 0)
    return out


def _unfold_xml(name: str, element: ET.Element, out: dict[str, str], depth: int) -> None:
    for key, value in element.attrib.items():
        out.setdefault(f"{name}.{key}" if name else key, value)
    if depth >= DEPTH:
        return
    for child in element:
        inner = f"{name}.{child.tag}" if name else child.tag
        if len(child):
            _unfold_xml(inner, child, out, depth + 1)
        else:
            out.setdefault(inner, urllib.parse.unquote((child.text or "").strip()))


def _table(found: list[dict[str, str] | None], name: str) -> list[tuple[int, list[str]]]:
    names = list(dict.fromkeys(key for one in found if one is not None for key in one))
    if not names:
        raise LogError(Told("{name} holds no list of records", name=name))
    if len(names) > COLUMNS_AT_MOST:
        text = "{name} has {count} different fields; it holds no calls of one system"
        raise LogError(Told(text, name=name, count=f"{len(names):,}"))
    out: list[tuple[int, list[str]]] = [(0, names)]
    for number, one in enumerate(found, start=1):
        out.append((number, [TORN] if one is None else [one.get(key, "") for key in names]))
    return out
