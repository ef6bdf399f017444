"""People of a week as lines of text, such as `100-104 full mon-fri 09:00-18:00` and `3 like 100 part "New"`, and back.

Decides how a line is read and written. Leaves what people and contracts may be to `pbxsim.rostering.contracts`. Imports no
part of Panel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.calendar.schedule import WEEKDAYS
from engine.translations import faults_ru
from pbxsim.rostering.contracts import DAY_S, PEOPLE_AT_MOST, RosteredPerson
from pbxsim.scenario.callers import written
from pbxsim.workbench.loadtest.own_scenario import LineFault

_DAYS_RU = {russian: english for english, russian in faults_ru.SMALL_WEEKDAYS.items()}
_DAY = "|".join((*WEEKDAYS, *_DAYS_RU))
_NAME = re.compile(r'["«“]([^"«»“”]*)["»”]')
_SPAN = re.compile(r"\s(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})\s*$")
_DAYS = re.compile(rf"\s((?:{_DAY})(?:\s*[-–—,]\s*(?:{_DAY}))*)\s*$", re.IGNORECASE)
_LIKE = re.compile(r"\s*(\d+)\s+(?:like|как)\s+(\d+)\s+(\S.*)$", re.IGNORECASE)
_USERS = re.compile(r"\s*(\d+(?:\s*[-–—]\s*\d+)?(?:\s*,\s*\d+(?:\s*[-–—]\s*\d+)?)*)\s+(\S.*)$")
_MOST_OF_A_RANGE = 1000


def people_of(text: str) -> list[dict[str, Any]]:
    """People as a file of them says it: data of `RosteredPerson`. Raises LineFault with the line.

    >>> people_of("100 full mon-wed, fri")
    [{'contract': 'full', 'days': ['mon', 'tue', 'wed', 'fri'], 'user': 100}]
    >>> people_of('2 like 100 part 18:00-08:00 "New"')
    [{'contract': 'part', 'name': 'New', 'from': '18:00', 'to': '08:00', 'like': 100, 'count': 2}]
    """
    made: list[dict[str, Any]] = []
    for n, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        rest, told = _details(line)
        like, users = _LIKE.fullmatch(rest), _USERS.fullmatch(rest)
        if like is not None:
            made.append({"contract": like[3].strip(), **told, "like": int(like[2]), "count": int(like[1])})
        elif users is not None:
            for user in _numbers(users[1], n, line):
                made.append({"contract": users[2].strip(), **told, "user": user})
            if len(made) > PEOPLE_AT_MOST:
                raise LineFault("week.too_many_people", PEOPLE_AT_MOST)
        else:
            raise LineFault("week.line", n, line.strip())
    return made


def lines_of(people: Iterable[RosteredPerson]) -> str:
    """The lines of people; users one after another with the same terms share a line."""
    lines: list[tuple[list[int], str]] = []
    for person in people:
        if person.like is not None:
            lines.append(([], f"{person.count} like {person.like} {_terms(person)}"))
            continue
        assert person.user is not None  # a person has a user, or is like one
        terms = _terms(person)
        if lines and lines[-1][1] == terms and not person.name and lines[-1][0][-1:] == [person.user - 1]:
            lines[-1][0].append(person.user)
        else:
            lines.append(([person.user], terms))
    return "\n".join(f"{_run(users)} {terms}".strip() for users, terms in lines)


def _details(line: str) -> tuple[str, dict[str, Any]]:
    """A line without name, hours and days, and these."""
    told: dict[str, Any] = {}
    name = _NAME.search(line)
    if name is not None:
        told["name"] = name[1].strip()
        line = line[: name.start()] + line[name.end() :]
    span = _SPAN.search(line)
    if span is not None:
        told["from"], told["to"] = (clock.rjust(5, "0") for clock in span.groups())
        line = line[: span.start()]
    days = _DAYS.search(line)
    if days is not None:
        told["days"] = _weekdays(days[1])
        line = line[: days.start()]
    order = ("name", "days", "from", "to")
    return line, {key: told[key] for key in order if key in told}


def _weekdays(text: str) -> list[str]:
    found: set[int] = set()
    for part in text.lower().split(","):
        first, *last = (WEEKDAYS.index(_DAYS_RU.get(day.strip(), day.strip())) for day in re.split("[-–—]", part))
        span = (last[-1] - first) % len(WEEKDAYS) if last else 0
        found |= {(first + k) % len(WEEKDAYS) for k in range(span + 1)}
    return [WEEKDAYS[day] for day in sorted(found)]


def _numbers(text: str, n: int, line: str) -> list[int]:
    numbers: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[-–—]\s*(\d+))?", text):
        if int(last or first) - int(first) not in range(_MOST_OF_A_RANGE):
            raise LineFault("week.line", n, line.strip())
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def _terms(person: RosteredPerson) -> str:
    parts = [person.contract]
    if person.days != WEEKDAYS:
        parts.append(",".join(person.days))
    if (person.from_, person.to) != (0, DAY_S):
        parts.append(f"{written(person.from_)}-{written(person.to)}")
    if person.name:
        parts.append(f'"{person.name}"')
    return " ".join(parts)


def _run(users: list[int]) -> str:
    return "" if not users else str(users[0]) if len(users) == 1 else f"{users[0]}-{users[-1]}"
