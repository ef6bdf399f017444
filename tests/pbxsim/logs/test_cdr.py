"""Asterisk CDR: 16 to 21 columns are told apart, records of one call are joined, writing reads back the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from pbxsim.logs import LogError, cdr
from pbxsim.logs import calls as c
from tests.pbxsim.logs.strategies import TABLES, same

ROW = (
    '"","79161234567","5200","sales","""Anna"" <79161234567>","SIP/t-00000001","SIP/101-00000002","Queue","sales,t",'
    '"2024-03-01 10:00:00","2024-03-01 10:00:20","2024-03-01 10:01:20",80,60,"ANSWERED","DOCUMENTATION"'
)


@pytest.mark.parametrize(
    ("tail", "call"),
    [
        ("", "79161234567/2024-03-01 10:00:00"),
        (',"1709280000.1"', "1709280000.1"),
        (',"a note"', "79161234567/2024-03-01 10:00:00"),
        (',"1709280000.1","note"', "1709280000.1"),
        (',"","1709280000.7","4"', "1709280000.7"),
        (',"1709280000.1","","1709280000.7","4"', "1709280000.7"),
        (',"1709280000.1","note","","1709280000.7","4"', "1709280000.7"),
    ],
)
def test_the_number_of_columns_tells_which_they_are(tail: str, call: str) -> None:
    log = cdr.read((ROW + tail + "\n").encode(), "Europe/Moscow")
    only = log.calls.iloc[0]
    assert (only["call_id"], only["queue"], only["wait_s"], only["talk_s"]) == (call, "sales", 20, 60)
    assert (only["agent"], only["caller"]) == ("SIP/101", "79161234567")


def test_records_of_a_ring_group_are_one_call() -> None:
    missed = ROW.replace("SIP/101-00000002", "SIP/102-00000003").replace('"2024-03-01 10:00:20"', '""')
    missed = missed.replace("80,60", "20,0").replace('"ANSWERED"', '"NO ANSWER"').replace("10:01:20", "10:00:20")
    log = cdr.read("\n".join(line + ',"1709280000.1"' for line in (missed, ROW)).encode(), "Europe/Moscow")
    assert len(log.calls) == 1 and log.calls.iloc[0]["outcome"] == c.ANSWERED
    assert log.losses.kept_count == 2


def test_torn_and_foreign_lines_are_dropped_with_their_numbers() -> None:
    text = "\n".join(
        [ROW, "", ROW[:70], ROW, ROW.replace("ANSWERED", "SOMETHING"), ROW.replace("2024-03-01 10:01:20", "x")]
    )
    log = cdr.read(text.encode(), "Europe/Moscow")
    assert log.losses.total == 6 and log.losses.kept_count == 1
    assert sorted(line for lines in log.losses.dropped.values() for line in lines) == [2, 3, 4, 5, 6]
    assert log.losses.dropped["repeated"] == [4]


def test_a_table_of_other_columns_is_refused() -> None:
    with pytest.raises(LogError, match="16 to 21"):
        cdr.read(b"a,b,c\n1,2,3\n", "UTC")


def test_cells_that_a_spreadsheet_would_run_are_defused() -> None:
    assert cdr.safe("=1+1") == "'=1+1"


@pytest.mark.parametrize("columns", [17, 18, 19, 20, 21])
@settings(max_examples=20, deadline=None)
@given(calls=TABLES)
def test_what_is_written_reads_back_the_same(columns: int, calls) -> None:
    calls = calls[calls["outcome"].isin([c.ANSWERED, c.ABANDONED])]
    log = cdr.read(cdr.write(calls, columns=columns).encode(), "Europe/Amsterdam")
    same(log.calls, calls, without=("line", "priority", "ring_s"))


def test_lengths_across_a_clock_change_are_the_recorded_ones() -> None:
    """Nights of 29 March and 25 October 2026 in Berlin: the clock jumps while a caller waits, and while two talk."""
    rows = [
        ("2026-03-29 01:59:50", "2026-03-29 03:00:10", "2026-03-29 03:02:10", 140, 120, "1774745990.1"),
        ("2026-10-25 02:59:50", "2026-10-25 02:00:10", "2026-10-25 02:02:10", 140, 120, "1792889990.5"),
        ("2026-10-25 02:10:00", "2026-10-25 02:10:20", "2026-10-25 02:11:20", 80, 60, "1792890600.7"),
        ("2026-10-25 02:59:00", "2026-10-25 02:59:10", "2026-10-25 02:29:10", 1810, 1800, "1792889940.9"),
    ]
    text = "".join(
        f'"","7916000000{n}","700","q","","PJSIP/line-0000000{n}","PJSIP/201-0000000a","Queue","700,t",'
        f'"{start}","{answer}","{end}","{length}","{talk}","ANSWERED","DOCUMENTATION","{unique}",""\n'
        for n, (start, answer, end, length, talk, unique) in enumerate(rows)
    )
    calls = cdr.read(text.encode(), "Europe/Berlin").calls
    assert sorted(zip(calls["wait_s"], calls["talk_s"], strict=True)) == [(10, 1800), (20, 60), (20, 120), (20, 120)]
    epochs = sorted(int(at.timestamp()) for at in calls["arrived_at"])
    assert epochs == [1774745990, 1792889940, 1792889990, 1792890600]
