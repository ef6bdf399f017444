"""Edits asked for in the words of the reference service's API, as changes of the document (R-19.3).

Decides which fields mean what here. What the document cannot hold is refused by name and never dropped; numbers are given
from the blocks of R-02.7 when none is asked for. Leaves making a version to `api/document_edits.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from engine.contract import limits
from engine.numbers.digits import is_digits
from live_bridge.api.call_requests import RequestRefused
from live_bridge.api.document_edits import entry, section

Fields = Mapping[str, Any]

PLAIN = ("num", "acknowledged_by")
"""Fields every edit takes."""

FLAGS = {"1": True, "true": True, "0": False, "false": False}


def _text(value: Any) -> str:
    return str(value).strip()


def _seconds(value: Any) -> float | int:
    try:
        found = float(_text(value))
    except ValueError:
        raise RequestRefused(f"{value!r} is no number of seconds", 422) from None
    return int(found) if found.is_integer() else found


def _flag(value: Any) -> bool:
    found = FLAGS.get(_text(value).lower())
    if found is None:
        raise RequestRefused(f"{value!r} is neither 1 nor 0", 422)
    return found


def _output(value: Any) -> Any:
    text = _text(value)
    return int(text) if is_digits(text) and len(text) == 4 else text or None


def _texts(value: Any) -> list[str]:
    return [part.strip() for part in _text(value).replace(",", ";").split(";") if part.strip()]


def _keys(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise RequestRefused("keys is a mapping of key to number", 422)
    return {str(key): _output(to) for key, to in value.items()}


Reader = Callable[[Any], Any]

USER: dict[str, tuple[str, Reader]] = {
    "name": ("name", _text), "email": ("email", _texts), "ring": ("ring", _seconds), "no_answer": ("no_answer", _output),
    "voicemail": ("voicemail", _flag),
}  # fmt: skip
GROUP: dict[str, tuple[str, Reader]] = {
    "name": ("name", _text), "users": ("members", _texts), "timeout": ("ring", _seconds), "no_answer": ("no_answer", _output),
}  # fmt: skip
QUEUE: dict[str, tuple[str, Reader]] = {
    "name": ("name", _text), "users": ("members", _texts), "timeout": ("ring", _seconds), "strategy": ("strategy", _text),
    "max_wait": ("max_wait", _seconds),
}  # fmt: skip
GREETING: dict[str, tuple[str, Reader]] = {
    "name": ("name", _text), "prompt": ("prompt", _text), "keys": ("keys", _keys), "next": ("next", _output),
    "no_input": ("no_input", _output), "invalid": ("invalid", _output),
}  # fmt: skip

KINDS: dict[str, tuple[str, dict[str, tuple[str, Reader]], int]] = {
    "user": ("", USER, limits.USER_FIRST),
    "group": ("group", GROUP, 5300),
    "fifo": ("queue", QUEUE, 5200),
    "ivr": ("greeting", GREETING, 5000),
}
"""What each family of methods edits: kind of element, fields, and where its numbers begin (R-02.7)."""


def number_of(fields: Fields) -> int:
    """The number an edit or a removal names."""
    text = _text(fields.get("num", ""))
    if not is_digits(text):
        raise RequestRefused("say which one: num is its internal number", 422)
    return int(text)


def check_fields(family: str, fields: Fields) -> None:
    """Raise Unable for a field this PBX has nothing for."""
    known = KINDS[family][1]
    unknown = [name for name in fields if name not in known and name not in PLAIN]
    if unknown:
        raise RequestRefused(
            f"{', '.join(unknown)} cannot be mapped to this PBX; possible are num, {', '.join(known)}", 422
        )


def add(family: str, fields: Fields) -> tuple[Callable[[CommentedMap], None], list[int]]:
    """The change that adds one thing; its number is in the list once the change was made."""
    check_fields(family, fields)
    kind, _, first = KINDS[family]
    made: list[int] = []

    def change(data: CommentedMap) -> None:
        made.clear()
        part = section(data, "elements" if kind else "users")
        taken = {str(key) for name in ("elements", "users") for key in (data.get(name) or {})}
        number = (
            number_of(fields)
            if fields.get("num")
            else next(n for n in range(first, first + 4000) if str(n) not in taken)
        )
        if str(number) in taken:
            raise RequestRefused(f"the number {number} is taken")
        one = CommentedMap({"kind": kind} if kind else {})
        _put(family, one, fields)
        part[number] = one
        made.append(number)

    return change, made


def edit(family: str, fields: Fields) -> Callable[[CommentedMap], None]:
    """The change that edits one thing; fields not given stay as they are."""
    check_fields(family, fields)

    def change(data: CommentedMap) -> None:
        _put(family, _one(family, data, number_of(fields))[1], fields)

    return change


def remove(family: str, fields: Fields) -> Callable[[CommentedMap], None]:
    """The change that removes one thing."""

    def change(data: CommentedMap) -> None:
        key, _ = _one(family, data, number_of(fields))
        del data["elements" if KINDS[family][0] else "users"][key]

    return change


def block(rule: int, numbers: list[str], wanted: bool) -> Callable[[CommentedMap], None]:
    """The change that adds callers to a number rule that hangs up, or takes them from it."""

    def change(data: CommentedMap) -> None:
        part = section(data, "elements")
        one = part[entry(part, rule)]
        entries = one.get("entries")
        if not isinstance(entries, CommentedSeq):
            entries = one["entries"] = CommentedSeq([] if entries is None else [entries])
        there = [str(item["number"] if isinstance(item, Mapping) else item) for item in entries]
        for number in numbers:
            if wanted and number not in there:
                entries.append(CommentedMap({"number": number, "kind": "exact"}))
            elif not wanted and number not in there:
                raise RequestRefused(f"{number} is not on the list", 404)
            elif not wanted:
                place = there.index(number)
                del entries[place], there[place]
        if not entries:
            raise RequestRefused(
                "a number rule has at least one entry (R-12.3); remove the rule itself in the document"
            )

    return change


def _one(family: str, data: CommentedMap, number: int) -> tuple[Any, CommentedMap]:
    kind = KINDS[family][0]
    part = section(data, "elements" if kind else "users")
    key = entry(part, number)
    if key is None or (kind and part[key].get("kind") != kind):
        raise RequestRefused(f"there is no {kind or 'user'} {number}", 404)
    if part[key] is None:
        part[key] = CommentedMap()
    return key, part[key]


def _put(family: str, one: CommentedMap, fields: Fields) -> None:
    for name, (setting, read) in KINDS[family][1].items():
        if name not in fields:
            continue
        value = read(fields[name])
        if setting == "members":
            value = _members(family, one.get("members"), value)
        if value is None or value == []:
            one.pop(setting, None)
        else:
            one[setting] = value


def _members(family: str, before: Any, numbers: list[str]) -> CommentedSeq:
    """Members by number, each as it was written before if it was there: tiers, skills and comments stay."""
    was: dict[str, Any] = {}
    for member in before if isinstance(before, list) else [] if before is None else [before]:
        name = str(member.get("user", member.get("number"))) if isinstance(member, Mapping) else str(member)
        was[name] = member
    found = CommentedSeq()
    for text in numbers:
        number = text.partition(":")[0] if family == "fifo" else text
        found.append(was.get(number, int(number) if is_digits(number) and len(number) <= 4 else number))
    found.fa.set_flow_style()
    return found
