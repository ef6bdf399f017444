"""A scenario as people write it in a form: tables of text and figures, and the scenario they make.

Decides how a pasted table of arrivals, a line of shifts and choices of keys are read, and what each figure of the form becomes.
Leaves what a scenario may say to its own reader, `pbxsim/scenario/scenario.py`, and what it may say
of a PBX to `scenario/check.py`.
Imports no part of the web application.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.numbers.digits import has_digit
from engine.state.flow import Flow
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.loadtest import profiles

_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})")
_BREAK = re.compile(r"(\d{1,2}:\d{2})\s*/\s*(\d+)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


class LineFault(ValueError):
    """A line of text that is not understood: `key` names the words for it, `values` fill them."""

    def __init__(self, key: str, *values: object) -> None:
        self.key, self.values = key, values
        super().__init__(f"{key} {values}")


@dataclass(frozen=True)
class FormAnswers:
    """What the form says. Lengths are seconds, shares 0 to 1."""

    name: str
    date: dt.date
    rates: tuple[float, ...]
    """Expected calls in each half hour of the day, all trunks together."""
    shares: Mapping[str, float]
    """Weight of each trunk; those of 0 bring no calls."""
    busyness: float = 0.0
    """Coefficient of variation of whole days, beyond chance."""
    keys: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    patience: Any = None
    """A distribution as the scenario writes it."""
    talk: Any = None
    talk_queues: Mapping[int, Any] = field(default_factory=dict)
    wrap_up: Mapping[int, Any] = field(default_factory=dict)
    answer_s: float = 5.0
    no_answer: float = 0.0
    shifts: tuple[Mapping[str, Any], ...] = ()
    redial: float = 0.0
    """Share of callers who gave up and call again, after ten minutes on average."""
    within_s: float = 20.0
    seed: int = 1


def scenario_of(answers: FormAnswers, flow: Flow) -> Scenario:
    """The scenario, read and held against the flow by the scenario's own reader. Raises ScenarioError, LineFault."""
    whole = sum(share for share in answers.shares.values() if share > 0)
    if whole <= 0 or sum(answers.rates) <= 0:
        raise LineFault("own.no_calls")
    arrivals: dict[str, Any] = {}
    for trunk, share in answers.shares.items():
        if share > 0:
            calls = [round(rate * share / whole, 4) for rate in answers.rates]
            arrivals[trunk] = {"trunk": trunk, "every_min": 30, "calls": calls}
            if answers.busyness > 0:
                arrivals[trunk]["busyness"] = {"cv": answers.busyness}
    data: dict[str, Any] = {
        "scenario": answers.name,
        "date": answers.date,
        "seed": answers.seed,
        "arrivals": arrivals,
        "callers": {"anyone": {"numbers": ["8912#######"], "population": 4000}},
        "patience": {"default": answers.patience},
        "keys": {number: {"choices": dict(choices)} for number, choices in answers.keys.items() if choices},
        "talk": {"default": answers.talk, "queues": dict(answers.talk_queues)},
        "wrap_up": dict(answers.wrap_up),
        "answering": {
            "default": {
                "delay": {"kind": "lognormal", "mean": answers.answer_s, "scv": 0.3}
                if answers.answer_s > 0
                else {"kind": "constant", "seconds": 0},
                "no_answer": answers.no_answer,
            }
        },
        "shifts": [dict(shift) for shift in answers.shifts],
        "measure": {"within_s": answers.within_s, "interval_min": 30},
    }
    if answers.redial > 0:
        data["redial"] = {"after_abandon": {"share": answers.redial, "delay": {"kind": "exponential", "mean": 600}}}
    if answers.patience is None:
        data["patience"] = {"default": {"kind": "never"}}
    made = Scenario.of(data, answers.name)
    check(made, flow)
    return made


# --- texts of the form ---------------------------------------------------------------------------------------------------


def table_of(text: str) -> tuple[float, ...]:
    """Calls in each half hour of the day from a pasted table.

    A line is a time and a number (`09:00  12`, `9:30;7,5`, `10:00-10:30 8`), or a number alone, one a half hour, hour or quarter
    from midnight on. Half hours that are not named bring no calls. Raises LineFault with the line.

    >>> table_of("09:00 12\\n9:30;7,5")[18:20]
    (12.0, 7.5)
    """
    rates = [0.0] * profiles.HALF_HOURS
    alone: list[float] = []
    timed = 0
    lines = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > 1 and not has_digit(lines[0][1]):
        del lines[0]  # a heading
    for n, line in lines:
        clocks = _CLOCK.findall(line)
        numbers = _NUMBER.findall(_CLOCK.sub(" ", line))
        if len(numbers) != 1 or (alone and clocks) or (timed and not clocks):
            raise LineFault("own.table_line", n, line.strip())
        calls = float(numbers[0].replace(",", "."))
        if not clocks:
            alone.append(calls)
            continue
        hour, minute = (int(part) for part in clocks[0].split(":")[:2])
        if hour > 23 or minute > 59:
            raise LineFault("own.table_line", n, line.strip())
        rates[hour * 2 + minute // 30] += calls
        timed += 1
    if not alone:
        return tuple(rates)
    try:
        return profiles.smooth(alone)
    except ValueError:
        raise LineFault("own.table_count", len(alone)) from None


def table_text(rates: tuple[float, ...]) -> str:
    """The table of a day, half hours without calls left out.

    >>> table_text((0.0,) * 18 + (12.0, 7.5) + (0.0,) * 28)
    '09:00 12\\n09:30 7.5'
    """
    return "\n".join(f"{i // 2:02d}:{i % 2 * 30:02d} {round(rate, 2):g}" for i, rate in enumerate(rates) if rate > 0)


def shifts_of(text: str) -> tuple[dict[str, Any], ...]:
    """Shifts from lines such as `100, 101 09:00-18:00 13:00/45`: members, from and to, and breaks with their minutes.

    >>> shifts_of("100-102 9:00-18:00 13:00/45")[0]["members"]
    [100, 101, 102]
    """
    made = []
    for n, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        span = _SPAN.search(line)
        if span is None:
            raise LineFault("own.shift_line", n, line.strip())
        members: list[int] = []
        for first, last in re.findall(r"(\d+)(?:\s*[-–—]\s*(\d+))?", line[: span.start()]):
            members += range(int(first), int(last or first) + 1)
        if not members or len(members) > 1000:
            raise LineFault("own.shift_line", n, line.strip())
        breaks = [{"at": _padded(at), "minutes": int(minutes)} for at, minutes in _BREAK.findall(line[span.end() :])]
        made.append({"members": members, "from": _padded(span[1]), "to": _padded(span[2]), "breaks": breaks})
    return tuple(made)


def keys_of(text: str) -> dict[str, float]:
    """What callers press, from `1: 60, 2: 30, none: 10`: keys with their weights.

    >>> keys_of("1: 60, none: 10")
    {'1': 60.0, 'none': 10.0}
    """
    made: dict[str, float] = {}
    for part in re.split(r"[,;\n]", text):
        if not part.strip():
            continue
        key, _, weight = part.partition(":")
        try:
            made[key.strip()] = float(weight)
        except ValueError:
            raise LineFault("own.keys", part.strip()) from None
    return made


def _padded(clock: str) -> str:
    return clock.rjust(5, "0")
