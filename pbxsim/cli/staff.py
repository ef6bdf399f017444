"""`pbx staff`: the fewest members, half hour by half hour, whose simulated day meets the targets.

Leaves the search to `pbxsim.staffing`; decides how targets are typed and the plan is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbxsim.cli import arguments, documents, model, output
from pbxsim.cli.language import tr
from pbxsim.cli.output import Refused

if TYPE_CHECKING:
    from pbxsim.staffing import Plan

Level = Annotated[float, typer.Option("--service-level", min=0, max=1, help="Share answered within T to be met.")]
Abandoned = Annotated[
    float | None, typer.Option("--abandoned", min=0, max=1, help="Share of callers lost that is borne at most.")
]
PerDay = Annotated[bool, typer.Option("--per-day", help="Meet the targets over the day, not in every interval.")]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the requirement as CSV.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("staff")(staff)


def staff(
    pbx: arguments.Pbx,
    scenario: model.ScenarioOption = None,
    service_level: Level = 0.8,
    abandoned: Abandoned = None,
    per_day: PerDay = False,
    reps: model.Reps = 10,
    processes: model.Processes = None,
    csv: Csv = None,
    json: arguments.Json = False,
) -> None:
    """Find the fewest members for each interval of a day, by simulating the real flow and not by a formula alone.

    The plan is checked with callers the search has not seen; status 1 tells that the check fell short.

    Example: pbx staff example --service-level 0.8 --per-day
    """
    flow = documents.load(pbx)
    day = model.read_scenario(pbx, scenario)
    from pbxsim import ScenarioError, staffing

    targets = staffing.Targets(
        service_level=service_level, abandoned_share=abandoned, per="day" if per_day else "interval"
    )
    try:
        with output.progress(tr("Searching for a plan"), 1.0, json) as bar:
            plan = staffing.staff(
                flow,
                day,
                targets,
                reps=reps,
                processes=processes,
                progress=lambda done, whole: bar.reached(done / whole),
            )
    except (ScenarioError, ValueError) as error:
        raise Refused(str(error)) from None
    if csv is not None:
        plan.required.to_csv(csv, index=False)
    if json:
        output.print_json(as_data(plan))
    else:
        told(plan)
    raise typer.Exit(output.GOOD if plan.met else output.FINDINGS)


def as_data(plan: Plan) -> dict[str, object]:
    """A plan for programs."""
    required = plan.required.assign(interval=plan.required["interval"].map(lambda at: at.isoformat()))
    return {
        "met": plan.met,
        "member_hours": plan.member_hours,
        "service_level": model.finite(plan.check.figure("service_level").mean),
        "simulated_calls": plan.simulated_calls,
        "elapsed_s": round(plan.elapsed_s, 3),
        "notes": plan.notes,
        "required": [
            {str(key): model.finite(value) for key, value in row.items()} for row in required.to_dict("records")
        ],
    }


def told(plan: Plan) -> None:
    """A plan for people: members by interval, then how good it is."""
    columns = [str(name) for name in plan.required.columns if name != "hours"]
    rows = [
        [f"{value:%H:%M}" if name == "interval" else value for name, value in zip(columns, row, strict=True)]
        for row in plan.required[columns].itertuples(index=False)
    ]
    output.out.print(output.table("", columns, rows, right=range(1, len(columns))))
    level = plan.check.figure("service_level")
    words = "{hours} member hours; checked with unseen callers: service level {level} (95 %: {low} to {high})"
    text = tr(
        words,
        hours=f"{plan.member_hours:g}",
        level=f"{level.mean:.1%}",
        low=f"{level.low:.1%}",
        high=f"{level.high:.1%}",
    )
    output.out.print(text, style="bold" if plan.met else "bold yellow", markup=False)
    for note in plan.notes:
        output.err.print(note, style="yellow", markup=False)
