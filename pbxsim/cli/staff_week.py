"""`pbx staff --week`: who works when in a week, under their contracts, so that the days keep the targets.

Leaves days to `pbxsim.staffing.plan` and the roster to `pbxsim.rostering.week`; decides how a week is told.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pbxsim.cli import destinations, documents, model, output
from pbxsim.cli.language import system_said, tr
from pbxsim.cli.output import CommandRefused

if TYPE_CHECKING:
    import pandas as pd

    from engine.state.flow import Flow
    from pbxsim.rostering.contracts import ContractsDoNotFit
    from pbxsim.rostering.week import WeekPlan
    from pbxsim.scenario.scenario import Scenario
    from pbxsim.staffing.handover import Planned
    from pbxsim.staffing.targets import Targets
    from pbxsim.staffing.teams import Team


@dataclasses.dataclass(frozen=True)
class Files:
    """Where a plan of a day or a week is to be written."""

    table: Path | None
    """Its requirement or roster, as CSV."""
    scenario: Path | None
    pbx: Path | None

    def write(self, table: pd.DataFrame, plan: Planned, flow: Flow, source: str) -> tuple[Path, ...]:
        """Write what was asked for; `source` is the document as typed. What was written. Raises CommandRefused."""
        from pbxsim.staffing import handover

        if self.table is not None:
            destinations.keep(self.table, table.to_csv(index=False).encode())
        new = handover.newcomers(plan, flow)
        if self.scenario is not None:
            made = handover.scenario_for(plan, flow)
            named = made.replace(scenario=f"{made.scenario} staffed".strip())
            destinations.keep(self.scenario, named.dump().encode())
            if new and self.pbx is None:
                words = "The scenario has members that the PBX lacks ({numbers}); --pbx-out writes the PBX with them."
                text = tr(words, numbers=", ".join(str(one.number) for one in new))
                output.err.print(text, style="yellow", markup=False)
        if self.pbx is not None:
            from pbxsim.workbench.staffing.documents import with_newcomers

            document, name = documents.read(source)
            text = with_newcomers(document.decode("utf-8-sig"), new, name)
            destinations.keep(self.pbx, text.encode())
        return tuple(path for path in (self.table, self.scenario, self.pbx) if path is not None)


def tell_files(written: tuple[Path, ...]) -> None:
    """What was written."""
    for path in written:
        output.err.print(tr("Written: {name}.", name=path), markup=False)


def plan_week(
    flow: Flow,
    scenario: Scenario,
    people: Path,
    targets: Targets,
    teams: tuple[Team, ...],
    *,
    reps: int,
    processes: int | None,
    files: Files,
    pbx: str,
    json: bool,
) -> None:
    """Find a week's roster and tell it. Raises CommandRefused, and typer.Exit with the status."""
    from pbxsim.rostering.contracts import ContractsDoNotFit, Workforce
    from pbxsim.rostering.week import week
    from pbxsim.scenario.scenario import ScenarioError

    try:
        workforce = Workforce.load_file(people)
        with output.progress(tr("Searching for a week of shifts"), 1.0, json) as bar:
            plan = week(
                flow,
                scenario,
                workforce,
                targets,
                teams=teams,
                reps=reps,
                processes=processes,
                progress=lambda done, whole: bar.reached(done / whole),
            )
    except ContractsDoNotFit as error:
        raise CommandRefused(_misfits(error), rule="R-25.3") from None
    except OSError as error:
        words = "{file} cannot be read: {why}"
        raise CommandRefused(tr(words, file=people, why=system_said(error))) from None
    except (ScenarioError, ValueError) as error:
        raise CommandRefused(str(error), rule="R-25.3") from None
    written = files.write(plan.roster, plan, flow, pbx)
    if json:
        output.print_json(as_data(plan))
    else:
        print_week(plan)
        tell_files(written)
    raise typer.Exit(output.GOOD if plan.met else output.FINDINGS)


def _misfits(error: ContractsDoNotFit) -> str:
    from pbxsim.rostering.helps import HELPS

    words = (
        "{who}: contract {contract} asks for {least} paid hours a week, at most {most} fit on {days}; "
        "what would help: {helps}"
    )
    return "\n".join(
        tr(
            words,
            who=one.who,
            contract=one.contract,
            least=f"{one.least_h:g}",
            most=f"{one.most_h:g}",
            days=", ".join(tr(day) for day in one.days.split(", ")),
            helps=tr(HELPS[one.helps]),
        )
        for one in error.misfits
    )


def as_data(plan: WeekPlan) -> dict[str, object]:
    """A week for programs."""
    return {
        "met": plan.met,
        "paid_hours": plan.paid_h,
        "cost": plan.cost,
        "gap": plan.gap,
        "required_hours": plan.first_stage_h,
        "roster": _rows(plan.roster),
        "hours": _rows(plan.hours),
        "missing": _rows(plan.missing),
        "kept": _rows(plan.kept),
        "binding": _rows(plan.binding),
        "required": _rows(plan.required),
        "targets": plan.targets.model_dump(),
        "teams": [dataclasses.asdict(team) for team in plan.teams],
    }


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    rows = table.to_dict("records")
    return [
        {str(key): value.isoformat() if key == "day" else model.finite(value) for key, value in row.items()}
        for row in rows
    ]


def print_week(plan: WeekPlan) -> None:
    """A week for people: who works when, what is missing, what each day keeps."""
    from engine.calendar.schedule import WEEKDAYS
    from pbxsim.rostering.helps import FILLS
    from pbxsim.rostering.week_tables import grid

    table = grid(plan.roster, plan.hours, plan.scenario.date)
    days = [str(column) for column in table.columns if column in WEEKDAYS]
    rows = [[row["name"], *(row[day] for day in days), f"{row['paid_h']:g}"] for row in table.to_dict("records")]
    heads = [tr("name"), *(tr(day) for day in days), tr("paid hours")]
    output.out.print(output.table("", heads, rows, right=[len(heads) - 1]))
    if len(plan.missing):
        rows = [
            [
                tr(row.weekday),
                f"{row.begins}–{row.to}",
                row.team,
                f"{row.members:.1f}",
                _helps(tr(FILLS[row.helps]), row.names),
            ]
            for row in _renamed(plan.missing)
        ]
        heads = [tr(head) for head in ("day", "time", "team", "members", "what would help")]
        output.out.print(output.table(tr("Members missing on the queue"), heads, rows, right=[3]))
    rows = [
        [
            tr(row.weekday),
            row.group or str(row.queue),
            f"{row.calls:.0f}",
            f"{row.service_level:.1%}",
            "–" if row.worst_interval != row.worst_interval else f"{row.worst_interval:.1%}",
            tr("yes") if row.met else tr("no"),
        ]
        for row in plan.kept.itertuples(index=False)
    ]
    heads = [tr(head) for head in ("day", "queue", "calls", "service level", "its worst interval", "kept")]
    output.out.print(output.table(tr("Weeks nobody has planned for"), heads, rows, right=[2, 3, 4]))
    words = "{paid} paid hours, cost {cost}; the days need {hours} hours on the queue"
    text = tr(words, paid=f"{plan.paid_h:g}", cost=f"{plan.cost:g}", hours=f"{plan.first_stage_h:g}")
    output.out.print(text, style="bold" if plan.met else "bold yellow", markup=False)
    words = "within {gap} of the best roster of the shifts chosen among, which is no bound for all rosters"
    output.out.print(tr(words, gap=f"{plan.gap:.1%}"), markup=False)


def _renamed(table: pd.DataFrame) -> list[Any]:
    """Rows by name; `from` is no name of Python's."""
    return list(table.rename(columns={"from": "begins"}).itertuples(index=False))


def _helps(text: str, names: str) -> str:
    return f"{text} ({names})" if names else text
