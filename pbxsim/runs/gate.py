"""The gate: a version simulated beside the live one on the same callers, and who would land elsewhere, in one report (R-25.8).

Decides which figures are in the report and their names. Leaves the form, and what is evidence, to `engine/records/gate.py`;
runs to `precision.py`, landings to `engine/analysis/compare.py`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Final

from engine import compiled
from engine.analysis import check, compare
from engine.analysis.compare import LoggedCall
from engine.analysis.elsewhere import in_short
from engine.contract.ids import Instant
from engine.document.faults import errors
from engine.records import gate
from engine.records.gate import FigureBand, GateReport, QueueFigures, TargetFound
from engine.state.flow import Flow
from pbxsim.results.estimate import Estimate
from pbxsim.results.results import ALL_QUEUES, Results
from pbxsim.runs.job import Progress
from pbxsim.runs.precision import Comparison
from pbxsim.runs.precision import compare as simulate_both
from pbxsim.runs.run import simulate
from pbxsim.scenario.check import check as fits
from pbxsim.scenario.scenario import Scenario, ScenarioError

FIGURES: Final = {"service_level": "service_level", "abandonment": "abandoned_share", "wait_s": "answer_speed_s"}
"""Figures of a report, and what the simulation calls them."""


def examine(
    flow: Flow,
    live: Flow,
    scenario: Scenario,
    replications: int,
    targets: Mapping[str, float],
    year: tuple[Instant, Instant],
    log: Iterable[LoggedCall] | None = None,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
) -> GateReport:
    """What the gate finds of `flow` beside `live`. Where the scenario does not fit the live version, as when the new one has a
    queue more, that one is not simulated. Raises ScenarioError when it does not fit `flow`."""
    found = check.check(flow, year[0])
    try:
        fits(scenario, live)
    except ScenarioError:
        new, beside = (
            simulate(flow, scenario, replications, processes=processes, progress=progress, keep_records=False),
            None,
        )
    else:
        beside = simulate_both((live, scenario), (flow, scenario), replications, processes=processes, progress=progress)
        new = beside.second
    queues = tuple(_queue(queue, flow, new, beside) for queue in (ALL_QUEUES, *new.queues))
    serious = len(errors(found))
    return GateReport(
        flow=flow.digest,
        live=live.digest,
        program=version("pbx-workbench"),
        engine="compiled" if compiled.running.is_compiled else "interpreted",
        scenario=scenario.scenario,
        scenario_digest=hashlib.sha256(scenario.model_dump_json().encode()).hexdigest(),
        seed=scenario.seed,
        replications=new.replications,
        calls=new.simulated_calls,
        errors=serious,
        warnings=len(found) - serious,
        within_s=scenario.measure.within_s,
        queues=queues,
        targets=tuple(_targets(queues, targets)),
        elsewhere=in_short(compare.compare(live, flow, *year, log)),
    )


def _queue(queue: int, flow: Flow, new: Results, beside: Comparison | None) -> QueueFigures:
    figures = {name: _band(new.figure(figure, queue)) for name, figure in FIGURES.items()}
    name = flow.elements[queue].name if queue else ""
    if beside is None or (queue and queue not in beside.first.queues):
        return QueueFigures(queue=queue, name=name, figures=figures)
    return QueueFigures(
        queue=queue,
        name=name,
        figures=figures,
        live={name: _band(beside.first.figure(figure, queue)) for name, figure in FIGURES.items()},
        difference={name: _band(beside.figure(figure, queue)) for name, figure in FIGURES.items()},
    )


def _targets(queues: Iterable[QueueFigures], targets: Mapping[str, float]) -> Iterable[TargetFound]:
    for row in queues:
        for figure, target in targets.items() if row.queue else ():
            band = row.figures[figure]
            met = gate.is_met(figure, target, band)
            yield TargetFound(figure=figure, queue=row.queue, target=target, found=band, met=met)


def _band(found: Estimate) -> FigureBand:
    return FigureBand(mean=_plain(found.mean), low=_plain(found.low), high=_plain(found.high))


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
