"""A run as a notebook that does it again: document, scenario, seed and days stand in it, and it needs the program alone.

Decides cells and words. Figures come out as on the page, as a day depends on document, scenario, seed and its number alone.
Imports no part of the web application.
"""

from __future__ import annotations

import json
import math
import pprint
from typing import Any

from pbxsim.results.results import ALL_QUEUES
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.shell.texts import Texts

WIDTH = 110
"""Characters of a line of the document."""


def notebook(run: ShownRun, queue: int, texts: Texts) -> str:
    """The notebook as JSON (nbformat 4.5), in the language of the page; its pictures are of `queue`, or of all queues."""
    results, scenario = run.results, run.results.scenario
    factor = texts("notebook.factor", texts.exact(run.factor)) if run.factor != 1 else ""
    told = texts(
        "notebook.about", run.flow.name, scenario.scenario, results.replications, scenario.seed,
        texts.exact(scenario.measure.within_s), factor,
    )  # fmt: skip
    page = texts("notebook.page", *_figures(run, queue, texts))
    cells = [
        ("markdown", f"# {run.flow.name}: {scenario.scenario}\n\n{told}\n\n{page}"),
        ("code", "import json\n\nimport pbxsim\nfrom engine.loading.load import load"),
        ("markdown", texts("notebook.document", run.flow.digest[:10])),
        ("code", _document(run)),
        ("markdown", texts("notebook.scenario")),
        ("code", f"SCENARIO = {_literal(scenario.dump())}\nscenario = pbxsim.Scenario.parse(SCENARIO)"),
        ("markdown", texts("notebook.run")),
        ("code", _simulated(results.numbers)),
        ("code", "results.summary"),
        ("markdown", texts("notebook.pictures")),
        ("code", f'results.plot.day("service_level", {queue}, target=0.8)'),
        ("code", f"results.plot.waits({queue})"),
        ("code", f"results.plot.queue({queue})"),
        ("markdown", texts("notebook.compare", len(results.numbers))),
    ]
    made = {
        "cells": [_cell(place, kind, source) for place, (kind, source) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(made, ensure_ascii=False, indent=1)


def _cell(place: int, kind: str, source: str) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": f"cell-{place:02d}", "metadata": {}}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return {**made, "source": source.splitlines(keepends=True)}


def _document(run: ShownRun) -> str:
    data = pprint.pformat(run.flow.document.as_data(), width=WIDTH, sort_dicts=False)
    return f"DOCUMENT = {data}\nflow = load(json.dumps(DOCUMENT), {run.flow.name!r})"


def _literal(text: str) -> str:
    """A text of lines as people read it in a program; with signs that mean something there, as one that is safe."""
    return repr(text) if "\\" in text or '"""' in text else f'"""\\\n{text}"""'


def _simulated(numbers: tuple[int, ...]) -> str:
    """Days by their numbers: a run that was stopped may lack some."""
    last = max(numbers, default=0) + 1
    made = f"results = pbxsim.simulate(flow, scenario, reps={last}, keep_records=False)"
    if len(numbers) < last:
        made += f"\nresults = results.of({numbers!r})"
    return f"{made}\nresults"


def _figures(run: ShownRun, queue: int, texts: Texts) -> tuple[str, ...]:
    results = run.results
    name = texts("all_queues") if queue == ALL_QUEUES else f"{queue} {results.queue_names.get(queue, '')}".strip()
    level, speed = results.figure("service_level", queue).mean, results.figure("answer_speed_s", queue).mean
    return (
        name,
        texts.number(results.figure("offered", queue).mean),
        "–" if math.isnan(level) else texts("percent", texts.number(100 * level)),
        "–" if math.isnan(speed) else texts("seconds", texts.number(speed)),
    )
