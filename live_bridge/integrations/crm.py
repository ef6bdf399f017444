"""What a CRM is to the bridge: who a number is, who looks after them, and a place to tell of calls (R-16.1, R-16.5, R-18.2).

Promises and plain values. An adapter writes requests and reads answers, and opens no connection. Kept by `retailcrm.py` and
`generic.py`; asked by `asking.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from engine.numbers.digits import is_digits


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a CRM. `headers` may hold its key: it is never logged."""

    method: str = "GET"
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True):
    """What it answered."""

    status: int
    body: bytes


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What a CRM knows of a number: *name for number* and *responsible user for number* (R-16.5), empty where it does not."""

    name: str = ""
    user: str = ""
    """Internal number of the employee who looks after them."""


class Crm(Protocol):
    """One CRM of one company."""

    def questions(self, number: str) -> Sequence[Request]:
        """What is asked, all at once, of a number as `phone_numbers.subscriber` writes it."""

    def read(self, answers: Sequence[Answer | None]) -> Person:
        """What came of it, in the order of the questions; None where no answer came in time. Never raises."""

    def told(self, facts: Mapping[str, Any]) -> Sequence[Request]:
        """How it is told what happened to a call, by the facts of a webhook (R-19.6); nothing where it is not to know."""


def found_in(data: object, path: str) -> str:
    """The text or whole number at a path of names and places in JSON; empty where there is none.

    >>> found_in({"data": [{"name": "Anna", "ext": 101}]}, "data.0.ext"), found_in({"data": []}, "data.0.ext")
    ('101', '')
    """
    for part in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and is_digits(part) and int(part) < len(data):
            data = data[int(part)]
        else:
            return ""
    return str(data) if isinstance(data, str | int) and not isinstance(data, bool) else ""


def read_json(answer: Answer | None) -> Any:
    """The JSON of an answer that came in time and was good; None of any other."""
    if answer is None or answer.status != 200:
        return None
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return None
