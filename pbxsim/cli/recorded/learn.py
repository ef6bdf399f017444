"""`pbx learn`: the daily job beside a bridge: fetch what is new, calibrate, keep the scenario, tell what moved since last week.

Decides what is asked of the bridge, where things lie in the folder and how long, and what is printed. Leaves fetching to
`bridge_exports.py`, learning to `pbxsim.calibrate`. The folder holds callers' numbers: nobody else can read it.

FOLDER/pbx.yaml             the bridge's document, whose zone counts
FOLDER/records/*.jsonl      history and activity, a file for each time something was fetched
FOLDER/2026-11-29/          what was learned that day: scenario, report, staffing, what moved
"""

from __future__ import annotations

import datetime
import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from engine.contract.ids import SECOND_US, Instant
from pbxsim.cli import arguments, bridge_requests, calibrate, destinations, documents, output
from pbxsim.cli.language import tr
from pbxsim.cli.recorded import bridge_exports
from pbxsim.forecast import history_span

if TYPE_CHECKING:
    from pbxsim.calibrate import Calibration
    from pbxsim.calibrate.moved import Moved

Address = Annotated[str, typer.Argument(metavar="URL", help="Address of the bridge's API.")]
Folder = Annotated[Path, typer.Option("--folder", help="Where everything is kept from day to day; made if need be.")]
Weeks = Annotated[int, typer.Option("--weeks", min=2, help="Weeks of records that are kept and learned from.")]

OVERLAP = datetime.timedelta(days=1)
"""Fetched again each time: a call that lasted over midnight was not in the history then."""

LABEL = re.compile(r"-(\d{4}-\d\d-\d\d)\.jsonl$")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("learn")(learn)


def learn(
    address: Address,
    folder: Folder = Path("learned"),
    token_file: bridge_exports.TokenFile = Path("pbx.token"),
    certificate: bridge_requests.Certificate = None,
    weeks: Weeks = history_span.WEEKS,
    country: calibrate.Country = "",
    unseen: calibrate.Unseen = 4,
    reps: calibrate.Reps = 5,
    processes: calibrate.Processes = 1,
    json: arguments.Json = False,
) -> None:
    """Learn from a running bridge every day: fetch what is new, calibrate, keep the scenario, tell what moved since last week.

    Days that are over are fetched once. What was learned lies in a folder of the day, with the scenario of the next working day.
    A change is told with its 95 % interval, each weekday held against the same one a week before. Ends with status 1 while there
    are too few days to learn from.

    Example: pbx learn https://pbx.example:5080 --folder /var/lib/pbx-learn/example --token-file learn.token
    """
    from pbxsim import logs
    from pbxsim.calibrate import CalibrationError
    from pbxsim.calibrate import calibrate as learn_from
    from pbxsim.calibrate.moved import moved

    with output.progress(tr("Learning"), 1.0, json) as bar:
        today, fetched = fetch_new(address, token_file, certificate, folder, weeks)
        bar.reached(0.1)
        head = documents.load(str(folder / bridge_exports.DOCUMENT)).head
        with calibrate.refusing(country):
            try:
                log = logs.bridge.read(logs.bridge.files_in(folder / "records"), head.zone)
                found = learn_from(
                    log, name=head.pbx, country=country or None, unseen_weeks=unseen, reps=reps, processes=processes,
                    progress=lambda _, share: bar.reached(0.1 + 0.9 * share),
                )  # fmt: skip
            except CalibrationError as error:
                _too_early(error, fetched, json)
    changes = moved(found.table, found.known)
    place = folder / today.isoformat()
    written = _keep(found, changes, place)
    if json:
        output.print_json(as_data(found, changes, today, fetched, written))
    else:
        print_report(found, changes, place)


def _too_early(error: Exception, fetched: list[str], json: bool) -> None:
    """Say that nothing can be learned yet, and end with status 1."""
    if json:
        output.print_json({"too_early": str(error), "fetched": fetched})
    else:
        output.err.print(tr("Too early to learn: {reason}.", reason=str(error)), style="yellow", markup=False)
    raise typer.Exit(output.FINDINGS)


# --- the folder --------------------------------------------------------------------------------------------------------


def fetch_new(
    address: str, token_file: Path, certificate: Path | None, folder: Path, weeks: int
) -> tuple[datetime.date, list[str]]:
    """Bring what the folder lacks of days that are over; gives today's date in the bridge's zone and the names of new files.

    Records of days before the last `weeks` are deleted. Raises CommandRefused.
    """
    records = folder / "records"
    destinations.folder(folder)
    text = bridge_exports.document(address, token_file, certificate)
    with destinations.writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        records.mkdir(mode=0o700, exist_ok=True)
    zone = ZoneInfo(documents.compiled(text, address).head.zone)
    (folder / bridge_exports.DOCUMENT).write_text(text, encoding="utf-8")
    today = datetime.datetime.fromtimestamp(time.time(), zone).date()
    first = today - datetime.timedelta(weeks=weeks)
    last = today - datetime.timedelta(days=1)
    there = labels(records)
    new: list[str] = []
    if last not in there:
        since = max([first, *(day + datetime.timedelta(days=1) - OVERLAP for day in there)])
        bridge_exports.fetch(
            address, token_file, certificate, records, f"-{last}", midnight(since, zone), midnight(today, zone)
        )
        new = [f"{name}-{last}.jsonl" for name in bridge_exports.FILES]
    for day in there:
        if day < first:
            for name in bridge_exports.FILES:
                (records / f"{name}-{day}.jsonl").unlink(missing_ok=True)
    return today, new


def labels(records: Path) -> list[datetime.date]:
    """Last days of the spans of which both files are there, in order."""
    found = [
        {match.group(1) for path in records.glob(f"{name}-*.jsonl") if (match := LABEL.search(path.name))}
        for name in bridge_exports.FILES
    ]
    return sorted(datetime.date.fromisoformat(label) for label in set.intersection(*found))


def midnight(day: datetime.date, zone: ZoneInfo) -> Instant:
    """The instant at which a day begins."""
    return round(datetime.datetime.combine(day, datetime.time(), zone).timestamp()) * SECOND_US


def _keep(found: Calibration, changes: list[Moved], place: Path) -> list[str]:
    """Write what was learned into the folder of the day. Raises CommandRefused."""
    import msgspec

    with destinations.writing(place):
        written = [str(path) for path in found.write(place)]
        file = place / "moved.json"
        file.write_bytes(msgspec.json.format(msgspec.json.encode([_change(one) for one in changes]), indent=1) + b"\n")
    return [*written, str(file)]


# --- what is told ------------------------------------------------------------------------------------------------------


def as_data(
    found: Calibration, changes: list[Moved], today: datetime.date, fetched: list[str], written: list[str]
) -> dict[str, Any]:
    """Everything for programs."""
    return {
        **calibrate.as_data(found),
        "learned": today.isoformat(),
        "scenario_of": found.date.isoformat(),
        "fetched": fetched,
        "written": written,
        "moved": [_change(one) for one in changes],
    }


def _change(one: Moved) -> dict[str, Any]:
    interval = (one.low, one.high)
    return {
        "queue": one.queue or None,
        "figure": one.figure,
        "before": one.before,
        "after": one.after,
        "change": one.change,
        "interval": None if math.isnan(one.low) else list(interval),
        "sure": one.is_sure,
        "pairs_of_days": one.pairs,
    }


def print_report(found: Calibration, changes: list[Moved], place: Path) -> None:
    """What moved, for people; the sure changes first."""
    from pbxsim.calibrate.moved import FIGURES

    days = found.table["day"]
    output.out.print(
        tr("Learned from {calls} calls of {days} days, {first} to {last}; scenario of {date}.", calls=f"{len(days):,}",
           days=days.nunique(), first=f"{days.min():%Y-%m-%d}", last=f"{days.max():%Y-%m-%d}", date=found.date),
        markup=False,
    )  # fmt: skip
    if not changes:
        output.out.print(tr("No weekday has a working day in both of the last two weeks: nothing can be compared."))
    else:
        rows = [
            (
                one.queue or tr("all queues"), tr(FIGURES[one.figure]), shown(one.figure, one.before),
                shown(one.figure, one.after), shown(one.figure, one.change, signed=True), interval(one),
                tr("moved") if one.is_sure else "",
            )
            for one in sorted(changes, key=lambda one: not one.is_sure)
        ]  # fmt: skip
        heads = ("Queue", "Figure", "week before", "last week", "change", "95 %", "")
        output.out.print(output.table(tr("Since last week"), heads, rows, right=(2, 3, 4)))
        chance = len(changes) * 0.05
        output.out.print(
            tr("Of {count} figures about {chance} would seem to move by chance alone.", count=len(changes),
               chance=f"{chance:.0f}" if chance >= 1 else "1"),
            style="dim", markup=False,
        )  # fmt: skip
    output.out.print(tr("Kept in {folder}.", folder=str(place)), markup=False)


def shown(figure: str, value: float, signed: bool = False) -> str:
    """A value with its unit: shares in per cent (changes of them in points)."""
    sign = "+" if signed else ""
    if figure.endswith("_share"):
        return f"{100 * value:{sign}.1f} %"
    unit = {"_s": " s", "_h": " h"}.get(figure[-2:], "")
    return f"{value:{sign}.1f}{unit}"


def interval(one: Moved) -> str:
    """The interval of a change; a dash where two weeks have one day in common."""
    if math.isnan(one.low):
        return "–"
    return f"{shown(one.figure, one.low, signed=True)} … {shown(one.figure, one.high, signed=True)}"
