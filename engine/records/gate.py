"""What the gate found of a version: a simulation beside the live one, who would land elsewhere, and the targets (R-25.8).

    GateReport    written by a simulator (`pbx gate`), kept and signed by a bridge; neither knows the other

Decides the JSON form and what a report must show to be evidence. Who may promote without it is the bridge's own setting. Shares
and figures are plain numbers, lengths in seconds, instants integer microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from engine.contract.ids import Instant

FORMAT: Final = "pbx gate 1"
"""First words of a report; a form that older programs cannot read gets another number."""

REPLICATIONS_LEAST: Final = 10
"""Days that a version is simulated at least (R-25.8)."""

AT_LEAST: Final = ("service_level",)
"""Figures that are to be reached; the others must not be passed."""

TARGETS: Final = ("service_level", "abandonment", "wait_s")
"""Figures that may have a target: share answered within T, share of callers lost, mean wait of those answered."""


class GateError(ValueError):
    """A report cannot be read; the message says why."""


class ReportPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every part."""


class FigureBand(ReportPart, frozen=True, kw_only=True):
    """A figure with its 95 % interval; null where nobody could count it."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None


class QueueFigures(ReportPart, frozen=True, kw_only=True):
    """Figures of one queue, or of all with number 0: of the version, of the live one on the same callers, and how much more."""

    queue: int
    name: str = ""
    figures: dict[str, FigureBand]
    live: dict[str, FigureBand] = {}
    difference: dict[str, FigureBand] = {}


class TargetFound(ReportPart, frozen=True, kw_only=True):
    """One target at one queue: met when the end of the interval that is worse meets it. Null where no call came."""

    figure: str
    queue: int
    target: float
    found: FigureBand
    met: bool | None


class Elsewhere(ReportPart, frozen=True, kw_only=True):
    """Who would land elsewhere than with the live version, in short: over a year, and of the calls of a log."""

    start: Instant
    end: Instant
    minutes: float
    """Minutes of the year in which calls of some caller class land elsewhere, over numbers and classes."""
    numbers: dict[str, dict[str, float]] = {}
    """The same by number and caller class."""
    landings: tuple[tuple[str, str, str, str, float], ...] = ()
    """Number, callers, from, to, and minutes of the year, most first."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Elements, users, trunks and settings that differ."""
    logged: int = 0
    moved: int = 0
    unknown: int = 0
    by_change: tuple[tuple[str, str, int], ...] = ()
    """From, to, and how many calls of the log, most first."""


class GateReport(ReportPart, frozen=True, kw_only=True):
    """What the gate found."""

    format: str = FORMAT
    flow: str
    """Digest of the version."""
    live: str
    """Digest of the version that was live, and that it was held against."""
    program: str
    """Version of the program that simulated."""
    engine: str
    scenario: str
    scenario_digest: str
    seed: int
    replications: int
    calls: int
    errors: int
    warnings: int
    within_s: float
    """T of the service level."""
    queues: tuple[QueueFigures, ...]
    targets: tuple[TargetFound, ...]
    elsewhere: Elsewhere


def is_met(figure: str, target: float, found: FigureBand) -> bool | None:
    """Whether a target is met with the worse end of the 95 % interval; None where nothing was counted.

    >>> is_met("service_level", 0.8, FigureBand(mean=0.85, low=0.79, high=0.9))
    False
    >>> is_met("wait_s", 20, FigureBand(mean=9, low=8, high=10))
    True
    """
    end = found.low if figure in AT_LEAST else found.high
    if found.mean is None:
        return None
    if end is None:
        return False
    return end >= target if figure in AT_LEAST else end <= target


def reasons(report: GateReport, wanted: Mapping[str, float], live: str) -> tuple[str, ...]:
    """Why a report is no evidence for a promotion under the targets `wanted` while `live` is live; empty when it is."""
    found = []
    if report.errors:
        found.append(f"{report.errors} errors were found in it")
    if report.replications < REPLICATIONS_LEAST:
        found.append(f"it was simulated for {report.replications} days, and {REPLICATIONS_LEAST} are needed")
    if report.live != live:
        found.append(f"it was held against version {report.live[:12]}, which is not live now: run pbx gate again")
    asked = dict(wanted)
    for one in report.targets:  # of the account's target and the one a person asked for, the stricter
        stricter = max if one.figure in AT_LEAST else min
        asked[one.figure] = stricter(asked.get(one.figure, one.target), one.target)
    for row in (row for row in report.queues if row.queue):
        for figure, target in asked.items():
            band = row.figures.get(figure)
            if band is None:
                found.append(f"{figure} of {place(row)} was not measured")
            elif is_met(figure, target, band) is False:
                end, word = (band.low, "at least") if figure in AT_LEAST else (band.high, "at most")
                reaches = "has no end" if end is None else f"reaches {end:.4g}"
                found.append(f"{figure} of {place(row)} is to be {word} {target:g}; its 95 % interval {reaches}")
    return tuple(found)


def place(row: QueueFigures) -> str:
    """A queue for people."""
    return f"queue {row.queue}{' ' if row.name else ''}{row.name}" if row.queue else "all queues"


def decode(data: bytes) -> GateReport:
    """A report of its JSON. Raises GateError."""
    try:
        found = msgspec.json.decode(data, type=GateReport)
    except msgspec.DecodeError as error:
        raise GateError(f"this is no report of the gate: {error}") from None
    if found.format != FORMAT:
        raise GateError(f"the report is written as {found.format!r}; this program reads {FORMAT!r}")
    return found
