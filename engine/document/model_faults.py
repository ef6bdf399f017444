"""The refusals of the model library in words for people: the fault, the rule that says so, and the remedy.

Decides the sentences. Leaves what is refused to `models.py` and the parameters of each kind.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.document.faults import NOWHERE, Fault, Path, Position, written
from engine.document.models import Problem

RULE = re.compile(r"R-\d\d(?:\.\d+)?")
"""A rule number of the specification within a text."""

_SECTIONS = {
    "pbx": "R-01.6",
    "zone": "R-11.6",
    "trunks": "R-04.1",
    "users": "R-06.8",
    "elements": "R-02.1",
    "outgoing": "R-14.4",
    "calendars": "R-11.4",
    "widgets": "R-17.2",
    "prompts": "R-05.2",
    "settings": "R-02.1",
}
"""The rule of a whole section, for what no field's own rule covers."""

_UNSPOKEN = ("kind", "x", "y", "outside_legs_for_direct_sip")
"""Fields that need no suggesting."""

_WHOLE = "Write a whole number"
_NUMBER = "Write a number"


def explain(
    path: Path, problem: Problem, data: Mapping[Any, Any], positions: Mapping[Path, Position], file: str
) -> Fault:
    """A problem found below `path` as a fault with its place in the text."""
    full = _existing((*path, *problem.path), data, problem.kind)
    field = str(full[-1]) if full else ""
    code, message, remedy = _words(problem, full, field)
    found = RULE.search(message) or RULE.search(problem.message) or RULE.search(problem.description)
    rule = found.group() if found else _SECTIONS.get(str(full[0]) if full else "", "R-02.1")
    position = place_of(full, positions, key=code in ("unknown-field", "number-out-of-range", "wrong-key"))
    return Fault(
        severity="error",
        code=code,
        rule=rule,
        message=RULE.sub("", message).replace(" ()", "").strip() if found else message,
        remedy=remedy,
        place=written(tuple(part for part in full if part != "[key]")),
        line=position.line,
        column=position.column,
        file=file,
    )


def place_of(path: Path, positions: Mapping[Path, Position], key: bool = False) -> Position:
    """Where `path` stands in the text, or the nearest thing around it; with `key` where its key stands."""
    quoted = tuple(str(part) if not isinstance(part, int) else part for part in path)
    while quoted:
        for candidate in ((*quoted, "[key]"), quoted) if key else (quoted, (*quoted, "[key]")):
            if candidate in positions:
                return positions[candidate]
        quoted = quoted[:-1]
    return positions.get((), NOWHERE)


def closest(name: str, names: Iterable[str]) -> str:
    """The one of `names` a person may have meant, or empty.

    >>> closest("greting", ["greeting", "queue"])
    'greeting'
    """
    alike = [one for one in names if abs(len(one) - len(name)) <= 2 and (one[:1] == name[:1] or one[-1:] == name[-1:])]
    found = difflib.get_close_matches(name[:40], alike[:200], n=1, cutoff=0.6)
    return found[0] if found else ""


def _existing(path: Path, data: Any, kind: str) -> Path:
    """`path` in the document's own terms: without the names of alternatives that the library adds to it."""
    kept: list[str | int] = []
    here = data
    for index, part in enumerate(path):
        last = index == len(path) - 1
        if part == "[key]":
            kept.append("[key]")
        elif isinstance(here, dict):
            key = part if part in here else next((k for k in here if str(k) == str(part)), None)
            if key is not None:
                kept.append(str(part))
                here = here[key]
            elif last and kind == "missing":
                kept.append(str(part))
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            kept.append(part)
            here = here[part]
    return tuple(kept)


def _words(problem: Problem, path: Path, field: str) -> tuple[str, str, str]:
    """Code, message and remedy of a problem."""
    context, kind = problem.context, problem.kind
    value = quoted(problem.value)
    if path[-1:] == ("[key]",):
        return _key_words(path, problem)
    if kind == "missing":
        return "missing-field", f"{field} is missing", f"Add {field}:"
    if kind in ("extra_forbidden", "invalid_key"):
        meant = closest(field, problem.fields)
        remedy = (
            f"Did you mean {meant}"
            if meant
            else f"Remove it; possible are {', '.join(f for f in problem.fields if f not in _UNSPOKEN)}"
        )
        return "unknown-field", f"{field or 'an empty key'} is not known here", remedy
    if kind.startswith(("int_", "float_")) or kind == "finite_number":
        whole = kind.startswith("int_")
        return (
            "wrong-type",
            f"{field} must be a {'whole ' if whole else ''}number, not {value}",
            _WHOLE if whole else _NUMBER,
        )
    if kind.startswith("bool_"):
        return "wrong-type", f"{field} must be yes or no, not {value}", "Write true or false"
    if kind.startswith("string_") and kind in ("string_type", "string_sub_type"):
        return "wrong-type", f"{field} must be text, not {value}", "Put it in quotation marks"
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        return "wrong-type", f"{field} must be a mapping, not {value}", "Write `name: value` lines below it"
    if kind in ("tuple_type", "list_type"):
        return "wrong-type", f"{field} must be a list, not {value}", f"Write [{value}]"
    if kind == "string_pattern_mismatch" and field == "pbx":
        return (
            "wrong-value",
            f"{value} is no account name",
            "Write 3 to 32 Latin letters and digits, the first one a letter",
        )
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        meant = closest(str(problem.value), expected)
        remedy = f"Did you mean {meant}" if meant else f"Write one of {', '.join(expected)}"
        return "wrong-value", f"{field} cannot be {value}", remedy
    if kind in ("less_than_equal", "greater_than_equal") and len(path) > 2 and path[-2] == "members":
        message = f"{value} is no user's number, and members of a queue are users (R-08.4)"
        return "wrong-member", message, "Write numbers from 100 to 4999"
    bound = _bound(kind, context, field)
    if bound:
        return "out-of-range", f"{bound}, not {value}", "Correct the value"
    if kind == "value_error":
        return "wrong-value", problem.message.removeprefix("Value error, "), "Correct the value"
    return "wrong-value", f"{field}: {problem.message}", "Correct the value"


def _key_words(path: Path, problem: Problem) -> tuple[str, str, str]:
    section, key = str(path[0]), str(path[-2])
    if section == "users":
        return (
            "number-out-of-range",
            f"{key} is no internal number of a user (R-02.4)",
            "Give the user a number from 100 to 4999",
        )
    if problem.kind == "string_type":
        return "wrong-key", f"the key {key} must be text", "Put it in quotation marks"
    return "wrong-key", problem.message.removeprefix("Value error, "), "Correct the key"


def _bound(kind: str, context: Mapping[str, object], field: str) -> str:
    """The demand of a bound, or empty if `kind` is no bound."""
    sentences = {
        "greater_than_equal": f"{field} must be at least {_figure(context.get('ge'))}",
        "greater_than": f"{field} must be more than {_figure(context.get('gt'))}",
        "less_than_equal": f"{field} must be at most {_figure(context.get('le'))}",
        "less_than": f"{field} must be less than {_figure(context.get('lt'))}",
        "too_long": f"{field} may have at most {context.get('max_length')} entries",
        "too_short": f"{field} must have at least {context.get('min_length')} entries",
        "string_too_long": f"{field} may have at most {context.get('max_length')} characters",
        "string_too_short": f"{field} must have at least {context.get('min_length')} characters",
    }
    return sentences.get(kind, "")


def _figure(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def quoted(value: object) -> str:
    """A value as a message shows it, never longer than a line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple)):
        return f"{'a mapping' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = str(value)
    if text.strip() != text or not text:
        text = f'"{text}"'
    return text if len(text) <= 40 else f"{text[:37]}…"
