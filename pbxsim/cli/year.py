"""`pbx map`: where calls land over a year, by caller class: minutes per destination, a picture of the week, every boundary.

Leaves the exact answer to `engine.analysis.reach`; decides how a year is drawn on a terminal.
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.analysis import reach
from engine.analysis.reach import Boundary, Map, Place, Timeline
from engine.contract.ids import Instant
from engine.state.flow import Flow
from pbxsim.cli import arguments, documents, output, trace
from pbxsim.cli.language import tr

Number = Annotated[
    str, typer.Option("--number", "-n", help="A trunk's number or an internal number; every trunk if left out.")
]
Boundaries = Annotated[int, typer.Option("--boundaries", min=0, help="How many changes to list.")]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("map")(show)


def show(
    pbx: arguments.Pbx,
    number: Number = "",
    since: arguments.Since = "",
    boundaries: Boundaries = 8,
    json: arguments.Json = False,
) -> None:
    """Show where calls land over a year, for every kind of caller: exact to the second, clock changes included.

    Example: pbx map example --number 74951234567 --from 2026-01-01
    """
    flow = documents.load(pbx)
    start, end = reach.year(flow, arguments.first_day(since, flow.zone))
    maps = wanted(flow, number, start, end)
    if json:
        output.print_json([as_data(one, flow) for one in maps])
        return
    for one in maps:
        print_map(one, flow, boundaries)


def wanted(flow: Flow, number: str, start: Instant, end: Instant) -> tuple[Map, ...]:
    """Maps of what was asked for. Raises Refused for a number nobody is reached by."""
    if not number:
        return reach.reach(flow, start, end)
    key = trace.trunk_called(flow, number)
    if key is not None:
        return tuple(one for one in reach.reach(flow, start, end) if one.entry == f"trunk:{key}")
    element = flow.find(number)
    assert element is not None, number
    return (reach.reach_element(flow, element.number, start, end),)


def as_data(one: Map, flow: Flow) -> dict[str, object]:
    """A map for programs: minutes per destination and every boundary."""
    return {
        "entry": one.entry,
        "number": one.number,
        "start": arguments.local(one.start, flow.zone).isoformat(),
        "end": arguments.local(one.end, flow.zone).isoformat(),
        "callers": [
            {
                "caller": line.caller.name,
                "number": line.caller.number,
                "minutes": [{"place": place.text, "minutes": minutes} for place, minutes in line.minutes().items()],
            }
            for line in one.timelines
        ],
        "boundaries": [
            {
                "at": arguments.local(change.at, flow.zone).isoformat(),
                "caller": change.caller.name,
                "before": change.before.text,
                "after": change.after.text,
            }
            for change in one.boundaries()
        ],
    }


def print_map(one: Map, flow: Flow, boundaries: int) -> None:
    """A map for people."""
    first, last = arguments.local(one.start, flow.zone), arguments.local(one.end, flow.zone)
    title = f"{one.number} ({one.entry}) · {first:%Y-%m-%d} … {last:%Y-%m-%d} · {flow.zone.name}"
    output.out.print(title, style="bold", markup=False)
    for line in one.timelines:
        output.out.print(f"\n{line.caller.name}", style="underline", markup=False)
        letters = {place: LETTERS[n % len(LETTERS)] for n, place in enumerate(line.minutes())}
        whole = int(one.end - one.start)
        rows = [
            (letters[place], place.text, f"{minutes:,.0f}", f"{minutes * reach.MINUTE_US / whole:.1%}")
            for place, minutes in line.minutes().items()
        ]
        output.out.print(output.table("", ("", "lands at", "minutes a year", "share"), rows, right=(2, 3)))
        if len(letters) > 1:
            output.out.print(week(line, letters, flow), markup=False)
    changes = one.boundaries()
    if changes and boundaries:
        output.out.print("\n" + tr("{count} changes; the first of them:", count=len(changes)), markup=False)
        output.out.print(output.table("", ("", "", "", ""), [row(change, flow) for change in changes[:boundaries]]))


def week(line: Timeline, letters: dict[Place, str], flow: Flow) -> str:
    """The week as seven rows of 48 half hours, each with the letter of where most of its minutes go."""
    head = "     " + "".join(f"{hour:<6}" for hour in range(0, 24, 3))
    rows = [head.rstrip()]
    for day, cells in zip(DAYS, line.calendar(flow.zone), strict=True):
        picture = "".join(letters[max(cell, key=lambda place: cell[place])] if cell else " " for cell in cells)
        rows.append(f"{tr(day):4} {picture}")
    return "\n".join(rows)


def row(change: Boundary, flow: Flow) -> tuple[str, str, str, str]:
    """One change of the landing."""
    when = arguments.local(change.at, flow.zone)
    return (
        f"{tr(DAYS[when.weekday()])} {when:%Y-%m-%d %H:%M:%S}",
        change.caller.name,
        change.before.text,
        f"→ {change.after.text}",
    )
