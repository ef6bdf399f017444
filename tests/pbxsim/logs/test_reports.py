"""Tables as reports have them: units in names, dates apart from times, sums, headers of two lines or none; days by hours."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pbxsim import logs
from pbxsim.cli.language import speak, tr
from pbxsim.logs import ColumnMap, LogError, intervals
from tests.pbxsim.logs import test_formats
from tests.pbxsim.logs.writers import ZONE, clock, each, table

sample, same = test_formats.sample, test_formats.same


def rows_of(calls: pd.DataFrame, date: str, time: str, divisor: float = 1) -> list[list[object]]:
    """Rows of a report: date, time of day, queue, agent, wait, talk, outcome."""
    return [
        [f"{r.at:{date}}", f"{r.at:{time}}", r.queue, r.agent if r.served else "", f"{r.wait / divisor:.5g}",
         f"{r.talk / divisor:.5g}", "Transferred" if r.served and n % 9 == 0 else "Answered" if r.served else "Abandoned"]
        for n, r in enumerate(each(calls))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "date", "time", "divisor"),
    [
        ("Date,Start Time,Queue,Agent,Wait time (sec),Talk time (in seconds),Call status", "%d.%m.%Y", "%H:%M:%S", 1),
        (
            "Start Date,Start Time,Skill,Agent Name,Queue Time (min),Talk Time [min],Disposition",
            "%m/%d/%Y",
            "%I:%M:%S %p",
            60,
        ),
        ("Call Date,Call Time,Queue,Agent,Wait_ms,Talk_ms,Result", "%a %d/%m/%Y", "%H:%M:%S", 0.001),
        (
            'Дата звонка,Время звонка,Очередь,Оператор,"Ожидание, с",Разговор (в секундах),Результат',
            "%Y-%m-%d",
            "%H:%M:%S",
            1,
        ),
    ],
)
def test_units_in_names_and_dates_apart_from_times_are_understood(
    sample: pd.DataFrame, head: str, date: str, time: str, divisor: float
) -> None:
    names = next(iter(pd.read_csv(io.StringIO(head), header=None).to_numpy())).tolist()
    calls = sample.assign(arrived_at=sample["arrived_at"] + pd.to_timedelta((sample.index // 40) * 24 * 6, unit="h"))
    text = table(names, [*rows_of(calls, date, time, divisor), ["Totals", "", "", "", "1", "2", ""]])
    log = logs.read(text, zone=ZONE)
    read = log.calls.assign(wait_s=log.calls["wait_s"].round(), talk_s=log.calls["talk_s"].round(), caller="")
    same(read, calls.assign(caller="").sort_values("arrived_at", kind="stable"))
    assert log.losses.dropped == {"a sum of other rows": [len(calls) + 2]} and not log.losses.faulty_count()


def test_a_time_of_day_without_a_date_is_told_and_a_date_beside_whole_times_only_repeats(sample: pd.DataFrame) -> None:
    rows = rows_of(sample, "%Y-%m-%d", "%H:%M:%S")
    head = ["x", "Time", "Queue", "Agent", "Wait", "Talk", "Status"]
    with pytest.raises(LogError, match="`Time` holds a time of day without a date; name the column of the date"):
        logs.read(table(head, rows), zone=ZONE)
    whole = [[row[0], f"{row[0]} {row[1]}", *row[2:]] for row in rows]
    read = logs.read(table(["Date", *head[1:]], whole), zone=ZONE).calls
    assert read["arrived_at"].tolist() == sample.sort_values("arrived_at", kind="stable")["arrived_at"].tolist()


def test_a_header_of_two_lines_with_merged_cells_is_one(sample: pd.DataFrame) -> None:
    rows = rows_of(sample, "%Y-%m-%d", "%H:%M:%S")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Calls of September"])
    sheet.append(["Date", "Time", "Queue", "Agent", "Length", None, "Result"])
    sheet.append([None, None, None, None, "Wait", "Talk", None])
    for row in rows:
        sheet.append([*row[:4], float(str(row[4])), float(str(row[5])), row[6]])
    sheet.append(["Total", None, None, None, 1, 1, None])
    for cells in ("A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:F2", "G2:G3", "A1:G1"):
        sheet.merge_cells(cells)
    raw = io.BytesIO()
    book.save(raw)
    log = logs.read(raw.getvalue(), zone=ZONE)
    same(log.calls.assign(caller=""), sample.assign(caller=""))
    assert log.losses.faulty_count() == 0 and log.losses.total == len(sample) + 4


def test_a_table_without_names_is_read_by_a_map_that_gives_them(sample: pd.DataFrame, tmp_path: Path) -> None:
    rows = [
        [
            "",
            r.caller,
            "5000",
            f"{r.at:%Y-%m-%d %H:%M:%S}",
            r.wait,
            r.talk,
            "NORMAL" if r.served else "CANCEL",
            r.queue,
            r.agent,
        ]
        for r in each(sample)
    ]
    body = table(["x"], rows).split(b"\n", 1)[1]
    path = tmp_path / "map.yaml"
    path.write_text(
        "header: [name, number, to, start, wait, talk, cause, queue, agent]\narrived: start\nwait_s: wait\ntalk_s: talk\n"
        "outcome: cause\noutcomes: {NORMAL: answered, CANCEL: abandoned}\nqueue: queue\nagent: agent\ncaller: number\n"
    )
    log = logs.read(body, zone=ZONE, columns=ColumnMap.load(path))
    same(log.calls, sample)
    assert log.losses.total == len(sample) and log.losses.unit == "line"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("arrived: Time\nwiat_s: Wait\n", "map.yaml: `wiat_s` is no field of a map; there are arrived, arrived_date"),
        ("wait_s: Wait\n", "map.yaml: a map needs `arrived`"),
        ("arrived: T\noutcomes: {Done: anwsered}\n", "`outcomes.Done` is answered, abandoned, timed_out, left, refused, drop"),
        ("- arrived\n", "is no map of columns: lines such as"),
        ("a: [\n", "is no YAML"),
        ("arrived: T\nagent_pattern: '('\n", "`agent_pattern` cannot be used: `\\(` is no regular expression"),
    ],
)  # fmt: skip
def test_a_map_that_is_none_says_what_is_wrong_with_it(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(LogError, match=told) as refused:
        ColumnMap.load(path)
    assert "pydantic" not in str(refused.value)


def test_outgoing_calls_without_a_direction_are_found_by_where_they_go() -> None:
    head = ["Time", "From", "Queue", "Agent", "Wait", "Talk", "Result"]
    came = [
        [f"2026-09-07 09:{n % 60:02}:{n // 60:02}", f"7495{n:07}", "sales", "anna", 5, 60, "Answered"]
        for n in range(300)
    ]
    went = [[f"2026-09-07 10:{n % 60:02}:00", "101", f"7916{n:07}", "anna", 5, 60, "Answered"] for n in range(30)]
    assert len(logs.read(table(head, came), zone=ZONE).calls) == 300
    with pytest.raises(LogError, match="30 of 330 calls go from a number of the PBX, such as 101, to one outside"):
        logs.read(table(head, came + went), zone=ZONE)


WIDE_HEADS = (
    [f"{hour:02}:00" for hour in range(24)],
    [str(hour) for hour in range(24)],
    [str(hour) for hour in range(1, 25)],
    [f"{hour:02}:00-{hour + 1:02}:00" for hour in range(24)],
    [f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" for hour in range(24)],
)


@pytest.mark.parametrize("hours", WIDE_HEADS, ids=lambda hours: hours[0])
def test_a_report_of_days_by_hours_is_read(hours: list[str]) -> None:
    rows = [
        [f"{day:02}.09.2026", *(f"1{mark}2{hour:02}" for hour in range(24))] for day in range(7, 10) for mark in [","]
    ]
    text = table(["Дата", *hours], [*rows, ["Итого", *["9"] * 24]], ";")
    report = intervals.read(b"Report\n" + text, ZONE)
    assert report.interval_min == 60 and len(report.table) == 72
    assert report.table["offered"].tolist() == [1200.0 + hour for hour in range(24)] * 3
    assert report.table["start"].dt.hour.tolist() == list(range(24)) * 3
    assert report.losses.dropped_count == 2 and report.losses.faulty_count() == 0
    with pytest.raises(LogError, match="is a report by intervals"):
        logs.read(text, zone=ZONE)


def test_numbers_of_calls_may_have_marks_between_thousands_and_lengths_their_unit_in_the_name() -> None:
    head = ["Date", "Interval", "Calls Offered", "Calls Answered", "Abandoned", "Abandon %", "ASA (min)", "AHT (min)"]
    for mark in (",", ".", " ", "\u00a0", "'"):
        rows: list[list[object]] = [
            [
                "07.09.2026",
                f"{9 + n // 4:02}:{n % 4 * 15:02}",
                f"1{mark}23{n}",
                f"1{mark}00{n}",
                "230",
                "18,7%",
                "0,5",
                "3,25",
            ]
            for n in range(8)
        ]
        report = intervals.read(table(head, [*rows, ["Total", "", "9", "9", "9", "", "", ""]], ";"), ZONE).table
        assert report["offered"].tolist() == [1230.0 + n for n in range(8)]
        assert set(report["aht_s"]) == {195.0} and set(report["asa_s"]) == {30.0}


def test_lengths_of_genesys_clouds_report_are_milliseconds_and_counts_alone_are_enough() -> None:
    rows: list[list[object]] = [
        [f"9/7/26 {9 + n // 4}:{n % 4 * 15:02} AM", "sales", 20, 18, 2, 12_000, 183_000] for n in range(8)
    ]
    head = ["Interval Start", "Queue Name", "Offer", "Answer", "Abandon", "Avg Wait", "Avg Handle"]
    report = intervals.read(table(head, rows), ZONE)
    assert set(report.table["aht_s"]) == {183.0} and set(report.table["asa_s"]) == {12.0} and report.losses.remarks
    bare = intervals.read(table(["Date", "Time", "Calls"], [["2026-09-07", f"{9 + n}:00", n] for n in range(5)]), ZONE)
    assert bare.table["offered"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0] and bare.interval_min == 60
    with pytest.raises(LogError, match="or a column of days and one for each hour") as refused:
        intervals.read(b"a,b\n1,2\n", ZONE)
    speak("ru")
    try:
        assert "по колонке на каждый час" in refused.value.told(tr)
    finally:
        speak("en")


def test_an_account_shows_itself() -> None:
    log = logs.read(table(["Time", "Wait", "Talk", "Status"], [["2026-09-07 09:00:00", 1, 2, "Answered"]]), zone=ZONE)
    assert repr(log.losses).startswith("log: 2 lines: 2 kept, 0 repaired, 0 dropped") and clock(61) in "00:01:01"
