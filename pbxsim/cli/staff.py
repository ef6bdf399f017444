"""`pbx staff`: the fewest members, half hour by half hour, whose simulated day meets the targets.

Leaves the search to `pbxsim.staffing.plan`; decides how targets are typed and the plan is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pbxsim.cli import arguments, destinations, documents, model, output, staff_week
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused

if TYPE_CHECKING:
    import pandas as pd

    from engine.state.flow import Flow
    from pbxsim.staffing.plan import Plan
    from pbxsim.staffing.shifts import Patterns
    from pbxsim.staffing.teams import Team

Level = Annotated[float, typer.Option("--service-level", min=0, max=1, help="Share answered within T to be met.")]
Abandoned = Annotated[
    float | None, typer.Option("--abandoned", min=0, max=1, help="Share of callers lost that is borne at most.")
]
Speed = Annotated[
    float | None, typer.Option("--answer-speed", min=0, help="Mean wait of those answered, in seconds, at most.")
]
Occupancy = Annotated[
    float | None, typer.Option("--occupancy", min=0, max=1, help="Share of the members' time that is work, at most.")
]
Of = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="QUEUES:TARGET=VALUE",
        help="What single queues keep instead, such as 5201:service_level=0.5, or several together, such as "
        "5200+5201:answer_speed_s=30,abandoned_share=0.05.",
    ),
]
PerDay = Annotated[bool, typer.Option("--per-day", help="Meet the targets over the day, not in every interval.")]
Shifts = Annotated[
    str, typer.Option("--shifts", metavar="HOURS", help="Also plan shifts of these lengths, such as 4,8.")
]
Every = Annotated[
    int | None,
    typer.Option(
        "--shift-every", min=5, max=240, help="With --shifts: they may begin every so many minutes; 30 if not told."
    ),
]
Break = Annotated[
    float | None,
    typer.Option(
        "--break", min=0, help="With --shifts: minutes of the break of long shifts, 0 for none; 30 if not told."
    ),
]
BreakFrom = Annotated[
    float | None,
    typer.Option("--break-from", min=0.25, help="With --shifts: shifts of so many hours have a break; 6 if not told."),
]
PaidBreaks = Annotated[bool, typer.Option("--paid-breaks", help="With --shifts: breaks are paid.")]
ShiftsCsv = Annotated[
    Path | None,
    typer.Option(
        "--shifts-csv", metavar="FILE", callback=destinations.file, help="With --shifts: write the shifts, as CSV."
    ),
]
ScenarioOut = Annotated[
    Path | None,
    typer.Option(
        "--scenario-out", metavar="FILE", callback=destinations.file, help="Write the scenario with the plan's shifts."
    ),
]
PbxOut = Annotated[
    Path | None,
    typer.Option(
        "--pbx-out",
        metavar="FILE",
        callback=destinations.file,
        help="Write the PBX with the members that the plan needs and it lacks.",
    ),
]
Shrinkage = Annotated[
    float, typer.Option("--shrinkage", min=0, max=0.9, help="Share of paid time that is not on the queue.")
]
Cost = Annotated[
    list[str] | None,
    typer.Option("--cost", metavar="TEAM=COST", help="Cost of an hour of a team, by its name; 1 if not told."),
]
Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FILE", callback=destinations.file, help="Write the requirement, or the week's shifts, as CSV."
    ),
]
Week = Annotated[
    Path | None,
    typer.Option("--week", metavar="FILE", help="Give these people a week of shifts under their contracts (YAML)."),
]

BINDING_SHOWN = 8
"""Targets in the table of what binds; `--json` has all."""

TARGETS = {
    "service_level": "service level", "abandoned_share": "callers lost", "answer_speed_s": "speed of answer, s",
    "occupancy": "occupancy",
}  # fmt: skip
"""Targets in words."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("staff")(staff)


def staff(
    pbx: arguments.Pbx,
    scenario: model.ScenarioOption = None,
    service_level: Level = 0.8,
    abandoned: Abandoned = None,
    answer_speed: Speed = None,
    occupancy: Occupancy = None,
    target: Of = None,
    per_day: PerDay = False,
    shifts: Shifts = "",
    shift_every: Every = None,
    break_min: Break = None,
    break_from: BreakFrom = None,
    paid_breaks: PaidBreaks = False,
    shrinkage: Shrinkage = 0.0,
    cost: Cost = None,
    week: Week = None,
    reps: model.Reps = 20,
    processes: model.Processes = None,
    csv: Csv = None,
    shifts_csv: ShiftsCsv = None,
    scenario_out: ScenarioOut = None,
    pbx_out: PbxOut = None,
    json: arguments.Json = False,
) -> None:
    """Find the fewest members for each interval of a day, by simulating the real flow and not by a formula alone.

    The plan is checked with callers the search has not seen; status 1 tells that the check fell short.

    Example: pbx staff example --service-level 0.8 --per-day
    """
    flow = documents.load(pbx)
    day = model.read_scenario(pbx, scenario)
    from pbxsim import ScenarioError, staffing
    from pbxsim.staffing import price

    targets = staffing.Targets(
        service_level=service_level,
        abandoned_share=abandoned,
        answer_speed_s=answer_speed,
        occupancy=occupancy,
        per="day" if per_day else "interval",
        **targets_of_queues(target or []),
    )
    patterns = _patterns(shifts, shift_every, break_min, break_from, paid_breaks)
    if not (shifts or week) and (paid_breaks or {shift_every, break_min, break_from, shifts_csv} != {None}):
        words = (
            "--shift-every, --break, --break-from, --paid-breaks and --shifts-csv are of shifts: say with --shifts how long "
            "these are."
        )
        raise CommandRefused(tr(words), rule="R-25.3")
    teams = _teams(flow, cost or [])
    files = staff_week.Files(csv, scenario_out, pbx_out)
    if week is not None:
        if (
            patterns is not None
            or shrinkage
            or paid_breaks
            or {shift_every, break_min, break_from, shifts_csv} != {None}
        ):
            words = "--week takes lengths of shifts, absence and adherence from its file, not from --shifts and --shrinkage."
            raise CommandRefused(tr(words), rule="R-25.3")
        staff_week.plan_week(
            flow, day, week, targets, teams, reps=reps, processes=processes, files=files, pbx=pbx, json=json
        )
    try:
        with output.progress(tr("Searching for a plan"), 1.0, json) as bar:
            plan = staffing.staff(
                flow,
                day,
                targets,
                teams=teams,
                patterns=patterns,
                shrinkage=shrinkage,
                reps=reps,
                processes=processes,
                progress=lambda done, whole: bar.reached(done / whole),
            )
        binding = price.prices(plan, processes=processes or 1)
    except (ScenarioError, ValueError) as error:
        raise CommandRefused(str(error), rule="R-25.3") from None
    written = files.write(plan.required, plan, flow, pbx)
    if shifts_csv is not None and plan.shifts is not None:
        destinations.keep(shifts_csv, plan.shifts.table(plan.scenario, plan.teams).to_csv(index=False).encode())
        written = (*written, shifts_csv)
    if json:
        output.print_json(as_data(plan) | {"binding": _rows(binding)})
    else:
        print_plan(plan)
        print_binding(binding, plan)
        staff_week.tell_files(written)
    raise typer.Exit(output.GOOD if plan.met else output.FINDINGS)


def targets_of_queues(told: list[str]) -> dict[str, Any]:
    """Targets of single queues and groups as typed. Raises CommandRefused."""
    from pbxsim.staffing.targets import OF_CALLS, Goals, GroupGoals

    singles: dict[int, Goals] = {}
    groups: list[GroupGoals] = []
    for text in told:
        who, _, goals = text.partition(":")
        try:
            queues = tuple(int(number) for number in who.split("+"))
            values = {name.strip(): float(value) for name, value in (goal.split("=") for goal in goals.split(","))}
            if len(queues) > 1:
                groups.append(GroupGoals.model_validate({"name": who, "queues": queues, **values}))
            else:
                singles[queues[0]] = Goals.model_validate(values)
        except ValueError:  # pydantic's is one
            words = "“{text}” is no target of queues, such as 5201:service_level=0.5; targets are {known}."
            raise CommandRefused(tr(words, text=text, known=", ".join(OF_CALLS)), rule="R-25.3") from None
    return {"queues": singles, "groups": tuple(groups)}


def _patterns(
    hours: str, every: int | None, break_min: float | None, break_from: float | None, paid_breaks: bool
) -> Patterns | None:
    """Shifts as typed: lengths, and what differs from the usual ones. Raises CommandRefused."""
    from pbxsim.staffing.shifts import Patterns

    if not hours:
        return None
    told = {"every_min": every, "break_min": break_min, "break_from_h": break_from, "paid_breaks": paid_breaks or None}
    try:
        lengths = tuple(float(length) for length in hours.split(","))
        return Patterns.model_validate(
            {"lengths_h": lengths, **{name: value for name, value in told.items() if value is not None}}
        )
    except ValueError:
        raise CommandRefused(
            tr("“{text}” are no lengths of shifts in hours, such as 4,8.", text=hours), rule="R-25.3"
        ) from None


def _teams(flow: Flow, costs: list[str]) -> tuple[Team, ...]:
    """The teams of a flow at their costs. Raises CommandRefused."""
    import dataclasses

    from pbxsim.staffing.teams import teams_of

    teams = {team.name: team for team in teams_of(flow)}
    for text in costs:
        name, _, amount = text.rpartition("=")
        known = ", ".join(f"“{team}”" for team in teams)
        try:
            price = float(amount)
        except ValueError:
            price = -1.0
        if name not in teams or not 0 < price < float("inf"):
            raise CommandRefused(
                tr("“{text}” is no team and its cost; the teams are {known}.", text=text, known=known), rule="R-25.3"
            )
        teams[name] = dataclasses.replace(teams[name], cost=price)
    return tuple(teams.values())


def as_data(plan: Plan) -> dict[str, object]:
    """A plan for programs."""
    shifts = None
    if plan.shifts is not None:
        shifts = {
            "paid_hours": plan.shifts.paid_h,
            "cost": plan.shifts.cost,
            "bound": plan.shifts.bound,
            "gap": plan.shifts.gap,
            "shifts": plan.shifts.table(plan.scenario, plan.teams).to_dict("records"),
        }
    return {
        "met": plan.met,
        "targets": plan.targets.model_dump(),
        "member_hours": plan.member_hours,
        "cost": plan.cost,
        "bound": plan.bound,
        "pool_cost": plan.pool_cost,
        "gap": plan.gap,
        "service_level": model.finite(plan.check.figure("service_level").mean),
        "occupancy": model.finite(plan.check.figure("occupancy").mean),
        "simulated_calls": plan.simulated_calls,
        "elapsed_s": round(plan.elapsed_s, 3),
        "notes": plan.notes,
        "teams": [{"name": team.name, "queues": team.queues, "cost": team.cost} for team in plan.teams],
        "required": _rows(plan.required),
        "kept": _rows(plan.kept),
        "shifts": shifts,
    }


def print_binding(binding: pd.DataFrame, plan: Plan) -> None:
    """The targets that bind most, and what one point more of each costs."""
    names = plan.check.queue_names
    rows = [
        [
            tr("the day") if row["interval"] != row["interval"] else f"{row['interval']:%H:%M}",
            row["group"] or names.get(row["queue"]) or (str(row["queue"]) if row["queue"] else tr("all")),
            tr(TARGETS[str(row["target"])]),
            f"{row['value']:.3g}",
            f"{row['asked']:.3g}",
            f"{row['margin']:.1%}",
            "–" if row["price"] != row["price"] else f"{row['price']:.2f}",
            row["team"],
        ]
        for row in binding.head(BINDING_SHOWN).to_dict("records")
    ]
    heads = ("begins", "queue", "target", "reached", "asked", "to spare", "price of one point more", "by")
    title = tr("What binds; a point is one per cent, or one second of the speed of answer")
    output.out.print(output.table(title, tuple(tr(head) for head in heads), rows, right=(3, 4, 5, 6)))


def _rows(table: object) -> list[dict[str, object]]:
    """A table with an `interval` as plain rows."""
    import pandas as pd

    assert isinstance(table, pd.DataFrame)
    told = table.assign(interval=[None if pd.isna(at) else at.isoformat() for at in table["interval"]])
    return [{str(key): model.finite(value) for key, value in row.items()} for row in told.to_dict("records")]


def print_plan(plan: Plan) -> None:
    """A plan for people: members by interval, shifts, then how good it is."""
    columns = [str(name) for name in plan.required.columns if name != "hours"]
    rows = [
        [f"{value:%H:%M}" if name == "interval" else value for name, value in zip(columns, row, strict=True)]
        for row in plan.required[columns].itertuples(index=False)
    ]
    output.out.print(output.table("", columns, rows, right=range(1, len(columns))))
    if plan.shifts is not None:
        shifts = plan.shifts.table(plan.scenario, plan.teams)
        names = [str(name) for name in shifts.columns]
        cells = [[f"{value:g}" if isinstance(value, float) else value for value in row] for row in shifts.to_numpy()]
        output.out.print(output.table(tr("Shifts"), names, cells, right=range(4, len(names))))
        words = "{hours} paid hours in shifts; no plan of these shifts costs less than {bound} (gap {gap})"
        text = tr(words, hours=f"{plan.shifts.paid_h:g}", bound=f"{plan.shifts.bound:g}", gap=f"{plan.shifts.gap:.1%}")
        output.out.print(text, markup=False)
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
    words = (
        "cost {cost}; no plan costs less than {bound} (gap {gap}); one pool of all members would cost {pool} by theory"
    )
    text = tr(words, cost=f"{plan.cost:g}", bound=f"{plan.bound:g}", gap=f"{plan.gap:.1%}", pool=f"{plan.pool_cost:g}")
    output.out.print(text, markup=False)
    for note in plan.notes:
        output.err.print(note, style="yellow", markup=False)
