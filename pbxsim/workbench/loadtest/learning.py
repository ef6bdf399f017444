"""Learning from a log as it travels to a process of its own and back: the log that was given, and what the page shows.

Decides what of a learned day fits a PBX that is not the log's: its arrivals, patience and talk, and nothing of its people. Leaves
learning to `pbxsim.calibrate`, reading to `pbxsim.logs`. Imports no part of the web application.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbxsim import russian_logs
from pbxsim.calibrate import Calibration, CalibrationError, calibrate, judge
from pbxsim.calibrate.model import to_yaml
from pbxsim.scenario.distributions import Distribution
from pbxsim.scenario.scenario import Scenario
from pbxsim.workbench.loadtest import profiles, uploaded_logs
from pbxsim.workbench.loadtest.tasks import Tell


@dataclass(frozen=True)
class GivenLog:
    """A log as it was dropped."""

    name: str
    content: bytes
    zone: str
    anyway: tuple[str, ...]
    """Doubts that are waved through."""
    reps: int = 3
    """Replications of each unseen day."""
    language: str = "en"
    """In which a refusal is told."""


@dataclass(frozen=True)
class Learned:
    """What a log gave, as the page shows it."""

    name: str
    calls: int
    days: int
    lost: float
    """Share of callers who gave up."""
    talk_s: float
    patience_s: float
    scenario: Scenario
    """The next working day of the log's own PBX."""
    document: str
    """That PBX, as YAML."""
    report: str
    unseen: pd.DataFrame | None
    """One row an unseen day: real, simulated and by Erlang A; None where the log is too short."""
    errors: tuple[tuple[str, int, float, float, float], ...]
    """By model: days, and medians of callers lost (points), mean wait (share), service level (points)."""
    rates: tuple[float, ...]
    """Expected calls in each half hour of that day, all sources together."""
    cv: float
    patience: Distribution
    talk: Distribution

    @property
    def date(self) -> dt.date:
        """The day learned for."""
        return self.scenario.date


def work(given: GivenLog, tell: Tell) -> Learned:
    """Learn here. Raises pbxsim.logs.LogError, CalibrationError, in the language asked for."""
    log = uploaded_logs.read(
        given.name, given.content, zone=given.zone or None, anyway=given.anyway, language=given.language
    )
    try:
        found = calibrate(
            log, name=_plain(given.name), reps=given.reps, progress=lambda words, share: tell(share, words)
        )
    except CalibrationError as error:
        if given.language != "ru":
            raise
        raise CalibrationError(error.told(russian_logs.translate)) from error
    return told(found, given.name, given.language)


def told(found: Calibration, name: str, language: str = "en") -> Learned:
    """What the page shows of a calibration; its report is in the language asked for."""
    table, scenario = found.table, found.scenario
    busiest = str(table["kind"].value_counts().index[0])
    errors = found.errors("load") or {}
    unseen = found.unseen.get("load")
    return Learned(
        name=name,
        calls=len(table),
        days=int(table["day"].nunique()),
        lost=float(table["abandoned"].mean()),
        talk_s=found.model.talk.mean_s,
        patience_s=found.model.patience.mean_s,
        scenario=scenario,
        document=to_yaml(found.document),
        report=found.report(russian_logs.translate if language == "ru" else str),
        unseen=None if unseen is None or unseen.empty else unseen,
        errors=tuple(
            (who, error.days, error.abandonment_points, error.wait_share, error.service_points)
            for who, error in errors.items()
        ),
        rates=rates_of(scenario),
        cv=max([0.0, *(source.busyness.cv for source in scenario.arrivals.values() if source.busyness is not None)]),
        patience=found.model.patience.of(busiest),
        talk=found.model.talk.of(busiest),
    )


def rates_of(scenario: Scenario) -> tuple[float, ...]:
    """Expected calls in each half hour of the scenario's first day, all sources together."""
    total = np.zeros(profiles.HALF_HOURS)
    for source in scenario.arrivals.values():
        if source.every_min is not None:
            total += np.asarray(profiles.smooth(source.calls[: 24 * 60 // source.every_min]))
    return tuple(round(float(value), 3) for value in total)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.split(".")[0] if letter.isalnum()) or "log"


WHO = judge.WHO
"""Models that are judged, by key."""
