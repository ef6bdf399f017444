"""Who would land elsewhere, in short: what a promotion and the gate tell of two versions (R-25.8).

Decides what is left out of a whole comparison, and the lines for people. Leaves the comparison itself to `compare.py`.
"""

from __future__ import annotations

from typing import Final

from engine.analysis.compare import Comparison
from engine.records.gate import Elsewhere

CHANGES_MOST: Final = 50
"""Kinds of changed landings that are listed."""


def in_short(found: Comparison) -> Elsewhere:
    """Minutes by number and caller class, calls of the log by what becomes of them, and what was edited."""
    minutes = {one.number: one.minutes() for one in found.numbers if one.moved}
    log = found.log
    return Elsewhere(
        start=found.start,
        end=found.end,
        minutes=sum(sum(spent.values()) for spent in minutes.values()),
        numbers=minutes,
        landings=_landings(found),
        added=tuple(one.number for one in found.numbers if one.change == "added"),
        removed=tuple(one.number for one in found.numbers if one.change == "removed"),
        changed=tuple(one.what for one in found.elements),
        logged=0 if log is None else log.calls,
        moved=0 if log is None else log.moved,
        unknown=0 if log is None else log.unknown,
        by_change=() if log is None else tuple((a.text, b.text, n) for a, b, n in log.by_change[:CHANGES_MOST]),
    )


def _landings(found: Comparison) -> tuple[tuple[str, str, str, str, float], ...]:
    spent: dict[tuple[str, str, str, str], float] = {}
    for number in found.numbers:
        for one in number.moved:
            key = (number.number, one.caller.name, one.old.text, one.new.text)
            spent[key] = spent.get(key, 0.0) + one.minutes
    most_first = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
    return tuple((*key, minutes) for key, minutes in most_first[:CHANGES_MOST])
