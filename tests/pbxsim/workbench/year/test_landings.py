"""Where calls land and what moves, as rows and pictures: every minute of the year is in exactly one of them."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from engine.analysis import compare, reach
from engine.analysis.reach import Place
from engine.calendar import zones
from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.workbench.compare import page
from pbxsim.workbench.diagram import trace_rows
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.year import landings, week

YEAR_MIN = 365 * 24 * 60


@pytest.fixture(scope="module")
def flow(example_path: Path) -> Flow:
    return load(example_path.read_text())


@pytest.fixture(scope="module")
def evening(root: Path) -> Flow:
    return load((root / "datasets" / "pbx" / "evening" / "pbx.yaml").read_text())


def the_year(flow: Flow) -> tuple[int, int]:
    return reach.year(flow, trace_rows.first_of_january(flow.zone, dt.date(2026, 11, 23)))


def test_rows_put_ranges_of_the_same_hours_together_and_lose_no_minute(flow: Flow) -> None:
    """R-11.1: the example is open from Monday to Friday, 09:00 to 21:00."""
    line = reach.reach(flow, *the_year(flow))[0].timelines[-1]
    rows = landings.rows(((one.place, one.start, one.end) for one in line.stretches), flow.zone)
    assert sum(row.minutes for row in rows) == YEAR_MIN and sum(row.times for row in rows) == len(line.stretches)
    first = rows[0]
    assert (first.what.node, first.begins, first.ends, first.weekdays) == (5000, "09:00", "21:00", (0, 1, 2, 3, 4))
    assert first.times == 261 and first.minutes == 261 * 12 * 60
    assert landings.weekdays_text(first.weekdays, Texts("ru")) == "пн–пт"
    over = {landings.hours_text(row, Texts()) for row in rows[1:3]}
    assert over == {"21:00 – 09:00 next day", "21:00 – 09:00, 3 days later"}, "over the night and over the weekend"


def test_the_picture_of_a_week_fills_every_cell_exactly(flow: Flow) -> None:
    line = reach.reach(flow, *the_year(flow))[0].timelines[-1]
    calendar = line.calendar(flow.zone)
    picture = week.Week(Texts("en"))
    places = list(line.minutes())
    picture.show(
        [(p.text, week.color(n), week.cells_of(calendar, p)) for n, p in enumerate(places)], week.cells_of(calendar)
    )
    data = picture.source.data
    assert sum(data["minutes"]) == YEAR_MIN
    height = sum(bottom - top for top, bottom in zip(data["top"], data["bottom"]))
    assert abs(height) == pytest.approx(7 * week.SLOTS * 0.88)
    opening = [n for n, when in enumerate(data["when"]) if when == "Mon 09:00–09:30"]
    assert [data["label"][n] for n in opening] == ["greeting 5000 «Welcome»"]


def test_destinations_and_callers_are_told_in_both_languages(flow: Flow) -> None:
    russian, english = Texts("ru"), Texts("en")
    assert landings.place_text(Place(5120, "voicemail", "Mailbox"), russian) == "Голосовая почта 5120 «Mailbox»"
    assert landings.place_text(Place("outside:89161234567", "outside"), english) == "Outside number 89161234567"
    for node in ("hangup", "no_route", "loop"):
        assert landings.place_text(Place(node, node), russian) != landings.place_text(Place(node, node), english)
    debtors, rest = reach.reach(flow, *the_year(flow))[0].timelines
    assert landings.caller_text(debtors.caller, english) == f"callers that fit 5500, such as {debtors.caller.number}"
    assert landings.caller_text(rest.caller, russian) == "все остальные звонящие"


def test_two_versions_are_told_by_number_and_caller_class(flow: Flow, evening: Flow) -> None:
    """R-25.3: one hour more on weekdays moves 261 hours a year, and nothing for debtors."""
    found = compare.compare(flow, evening, *the_year(flow))
    rows = [row for change in found.numbers for row in page.summary_rows(change, Texts("en"))]
    assert rows == [
        ("74951234567", "all other callers", "15\xa0660"),
        ("78121234567", "all callers", "15\xa0660"),
    ]
    same = compare.compare(flow, flow, *the_year(flow))
    assert [row[1:] for n in same.numbers for row in page.summary_rows(n, Texts("ru"))] == [("как прежде", "0")] * 2


def test_a_file_can_be_compared_with_documents_beside_it_and_those_that_are_shipped(
    tmp_path: Path, example_path: Path
) -> None:
    shutil.copyfile(example_path, tmp_path / "pbx.yaml")
    shutil.copyfile(example_path, tmp_path / "old.yaml")
    (tmp_path / "scenario.yaml").write_text("scenario: x\n")
    assert list(page.others(tmp_path / "pbx.yaml")) == ["old.yaml", "evening", "example"]
    assert "example" not in page.others(example_path)


def test_a_range_over_a_clock_change_keeps_its_local_times() -> None:
    """A day of 23 hours is 60 minutes shorter and begins and ends at the same local times."""
    zone = zones.parse("Europe/Berlin")
    begin, end = (trace_rows.instant(dt.date(2026, 3, day), "00:00", "Europe/Berlin") for day in (29, 30))
    [row] = landings.rows([("x", begin, end)], zone)
    assert (row.begins, row.ends, row.minutes) == ("00:00", "24:00", 23 * 60)
