"""Plain data to a checked document: fields and types, by the models of the head and of each kind.

Decides what of a faulty document can still be looked at. Leaves fields to `document/models.py` and the kinds, the words for what
they refuse to `document/model_faults.py`, faults between parts to `validation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.contract import limits
from engine.document.faults import Path
from engine.document.model_faults import closest, quoted
from engine.document.models import Head, Parameters, Problem, checked
from engine.elements import KINDS
from engine.numbers.digits import is_digits
from engine.state.flow import Broken, Document


def check_models(data: Mapping[Any, Any]) -> tuple[Document | None, list[tuple[Path, Problem]]]:
    """Plain data as a document, and all problems with where they stand.

    What has problems is left out of the document, so that the rest can still be looked at; None if there is no head.
    """
    problems: list[tuple[Path, Problem]] = []
    elements: dict[int, Parameters] = {}
    broken = Broken()
    raw_elements = data.get("elements")
    if raw_elements is not None and not isinstance(raw_elements, dict):
        problems.append((("elements",), Problem((), "dict_type", {}, raw_elements, "")))
        broken.add("elements")
        raw_elements = None
    for key, raw in (raw_elements or {}).items():
        number = _element_number(key)
        if number is None:
            broken.add("elements", str(key).strip())
            message = f"{key} is no number of an element: 5000 to 5999 (R-02.7)"
            problems.append((("elements", str(key)), Problem(("[key]",), "value_error", {}, key, message)))
            continue
        parameters, refused = _element(raw)
        problems += [(("elements", str(key)), problem) for problem in refused]
        if parameters is None:
            broken.add("elements", str(number))
        else:
            elements[number] = parameters
    head_data = {key: value for key, value in data.items() if key != "elements"}
    head, found = _head(head_data)
    problems += [((), problem) for problem in found]
    if head is None:
        return None, problems
    for section, kept in (
        ("users", {str(number) for number in head.users}),
        ("trunks", set(head.trunks)),
        ("prompts", set(head.prompts)),
        ("calendars", set(head.calendars)),
        ("widgets", set(head.widgets)),
    ):
        raw = data.get(section)
        if isinstance(raw, dict):
            for key in raw:
                if str(key) not in kept:
                    broken.add(section, str(key).strip())
        elif raw is not None:
            broken.add(section)
    return Document(head, elements, broken), problems


def _element_number(key: object) -> int | None:
    text = str(key)
    number = int(text) if is_digits(text) and len(text) == 4 else 0
    return number if limits.ELEMENT_FIRST <= number <= limits.ELEMENT_LAST else None


def _element(raw: Any) -> tuple[Parameters | None, tuple[Problem, ...]]:
    """One element's parameters, by its kind."""
    if not isinstance(raw, dict):
        return None, (Problem((), "dict_type", {}, raw, ""),)
    kind = raw.get("kind")
    if kind is None:
        return None, (Problem(("kind",), "missing", {}, None, f"write one of {', '.join(KINDS)} (R-02.2)"),)
    if not isinstance(kind, str) or kind not in KINDS:
        meant = closest(str(kind), KINDS)
        advice = f"did you mean {meant}" if meant else f"possible are {', '.join(KINDS)}"
        message = f"{quoted(kind)} is no kind of element; {advice} (R-02.2)"
        return None, (Problem(("kind",), "value_error", {}, kind, message),)
    parameters, problems = checked(KINDS[kind].Parameters, raw)
    assert parameters is None or isinstance(parameters, Parameters), kind
    section = KINDS[kind].rule
    return parameters, tuple(p if "R-" in p.message + p.description else _of_section(p, section) for p in problems)


def _of_section(problem: Problem, section: str) -> Problem:
    return Problem(problem.path, problem.kind, problem.context, problem.value, problem.message, problem.fields, section)


def _head(data: dict[Any, Any]) -> tuple[Head | None, list[Problem]]:
    """The head, and its problems. Parts with problems are taken out and the rest is tried again."""
    problems: dict[tuple[Path, str], Problem] = {}
    head, found = checked(Head, data)
    while head is None:
        problems |= {(problem.path, problem.kind): problem for problem in found}
        less = _without(data, found)
        if less == data:
            break
        data = less
        head, found = checked(Head, data)
    return head, list(problems.values())


def _without(data: dict[Any, Any], problems: tuple[Problem, ...]) -> dict[Any, Any]:
    """`data` less every trunk, user or whole section that has a problem; a wrong account name becomes a right one."""
    sections: set[str] = set()
    entries: set[tuple[str, str]] = set()
    for problem in problems:
        top = str(problem.path[0]) if problem.path else ""
        part = data.get(top)
        if (
            isinstance(part, dict)
            and len(problem.path) > 1
            and top in ("trunks", "users", "calendars", "prompts", "widgets")
        ):
            entries.add((top, str(problem.path[1])))
        elif top != "pbx":
            sections.add(top)
    kept: dict[Any, Any] = {}
    for key, value in data.items():
        if str(key) in sections:
            continue
        mended = (
            {k: v for k, v in value.items() if (str(key), str(k)) not in entries} if isinstance(value, dict) else value
        )
        kept[key] = mended
    if any(problem.path[:1] == ("pbx",) for problem in problems):
        kept["pbx"] = "nameless"
    return kept
