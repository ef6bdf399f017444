"""Any table through a map of its columns: the presets, other people's columns, and an account of every line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pbxsim import logs
from pbxsim.logs import ColumnMap, LogError
from pbxsim.logs import calls as c

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

VANAD = b"""\
date_received,queue_name,agent_number,answered,consult,transfer,hangup
2014-01-02 08:01:01,30175,11,2014-01-02 08:01:02,NULL,NULL,2014-01-02 08:03:32
2014-01-02 08:04:37,30560,12,2014-01-02 08:05:37,2014-01-02 08:06:00,2014-01-02 08:07:37,2014-01-02 08:09:49
2014-01-02 08:06:26,30172,NULL,NULL,NULL,NULL,2014-01-02 08:08:06
2014-01-02 08:06:26,30172,NULL,NULL,NULL,NULL,2014-01-02 08:08:06
2014-01-02 08:06:26,30172,NULL,NULL,NU
not a time,30172,NULL,NULL,NULL,NULL,2014-01-02 08:08:06
2014-01-02 08:06:30,30172,NULL,NULL,NULL,NULL,2014-01-02 08:06:10
"""

BANK = (
    b"vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\t"
    b"outcome\tser_start\tser_exit\tser_time\tserver\n"
    b"AA0101\t1\t77\t2\tPS\t990103\t8:00:00\t8:00:10\t10\t8:00:10\t8:00:40\t30\tAGENT\t8:00:39\t8:02:39\t120\tNO_SERVERTASHA\n"
    b"AA0101\t2\t0\t0\tNW\t990103\t8:01:00\t8:01:10\t10\t0:00:00\t0:00:00\t0\tAGENT\t8:01:09\t8:02:09\t60\tNO_SERVER\n"
    b"AA0101\t3\t0\t0\tPS\t990103\t8:01:00\t8:01:10\t10\t0:00:00\t0:00:00\t0\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n"
    b"AA0101\t4\t0\t0\t TT\t990103\t8:02:00\t8:02:10\t10\t8:02:10\t8:03:00\t50\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\n"
    b"AA0101\t5\t0\t0\tPS\t990103\t8:02:00\t8:02:10\t10\t8:02:10\t8:03:00\t28693\tPHANTOM\t0:00:00\t0:00:00\t0\tNO_SERVER\n"
    b"AA0101\t6\t0\t0 PS\t990103\t8:02:00\t8:02:10\t10\t8:02:10\t8:03:00\t50\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER\t\n"
)


def test_instants_of_answer_transfer_and_end_give_wait_and_talk() -> None:
    log = logs.read(VANAD)
    assert log.calls["wait_s"].tolist() == [1, 60, 100]
    assert log.calls["talk_s"].tolist()[:2] == [150, 120]
    assert log.calls["outcome"].tolist() == [c.ANSWERED, c.ANSWERED, c.ABANDONED]
    assert log.losses.total == 8
    assert log.losses.dropped == {
        "repeated": [5],
        "another number of columns than the header: the line was cut or torn": [6],
        "`date_received` is no time": [7],
        "the call ends before it begins": [8],
    }


def test_the_banks_defects_are_repaired_or_told() -> None:
    log = logs.read(gzip.compress(BANK))
    assert log.calls["queue"].tolist() == ["PS", "NW", "TT"]
    assert log.calls["agent"].tolist() == ["NATASHA", None, None]
    assert log.calls["priority"].tolist() == ["2", "", "0"]
    assert log.calls["caller"].tolist() == ["77", None, None]
    assert str(log.calls["arrived_at"].iloc[0]) == "1999-01-03 08:00:10+02:00"
    assert log.losses.repaired == {"NO_SERVER within a name put back to NA": [2]}
    assert log.losses.total == 7 and log.losses.dropped_count == 3


def test_a_map_of_ones_own_reads_unix_seconds() -> None:
    columns = ColumnMap(
        arrived="t", wait_s="w", outcome="o", outcomes={"ok": "answered", "lost": "abandoned"}, separator=";"
    )
    log = logs.read(
        b"t;w;o\n1400000000;5;ok\n1400000060;7;lost\n1400000090;;lost\n", columns=columns, zone="Europe/Paris"
    )
    assert log.calls["queue"].tolist() == ["all", "all"]
    assert log.losses.dropped == {"nothing tells how long the call waited": [4]}


def test_faults_of_a_map_say_what_to_do() -> None:
    columns = ColumnMap(arrived="when", wait_s="w")
    with pytest.raises(LogError, match=r"no column `when`.*it has t, w"):
        logs.read(b"t,w\n1,2\n", columns=columns, zone="UTC")
    with pytest.raises(LogError, match="never guessed"):
        logs.read(b"when,w\n1,2\n", columns=columns)
    with pytest.raises(LogError, match="neither queue_log"):
        logs.read(b"some text\n")


def test_callers_are_hidden_by_a_key_and_stay_the_same() -> None:
    calls = logs.read(BANK).calls
    hidden = logs.pseudonymised(calls, b"secret")
    again = logs.pseudonymised(calls, b"secret")
    assert hidden["caller"].tolist() == again["caller"].tolist()
    assert hidden["caller"].iloc[0] != "77" and len(hidden["caller"].iloc[0]) == 2
    with pytest.raises(ValueError, match="key"):
        logs.pseudonymised(calls, b"")


def test_several_logs_are_one_table_with_their_own_accounts() -> None:
    log = logs.read_all([VANAD, VANAD])
    assert len(log.calls) == 6 and log.losses.total == 16
    assert log.losses.report().count("8 lines: 4 kept") == 2


if DATA.is_dir():

    def test_every_line_of_a_real_month_is_accounted_for() -> None:
        path = DATA / "anonymous_bank_1999" / "september.txt.gz"
        log = logs.read(path)
        assert log.losses.total == gzip.decompress(path.read_bytes()).count(b"\n")
        assert log.losses.dropped["PHANTOM: a record of the machine, not of a call"]
        assert log.calls["outcome"].eq(c.ABANDONED).mean() == pytest.approx(0.087, abs=0.01)

    def test_real_cdr_records_read_as_calls() -> None:
        log = logs.read(DATA / "asterisk_cdr_samples" / "pseudonymised_cdr.csv", zone="Europe/Berlin")
        assert log.losses.total == 218
        assert log.calls["outcome"].eq(c.ANSWERED).sum() == 133


def test_lengths_of_a_table_are_right_across_a_clock_change() -> None:
    text = (
        "start,answer,end\n"
        "2026-03-29 01:59:50,2026-03-29 03:00:10,2026-03-29 03:02:10\n"
        "2026-10-25 02:59:50,2026-10-25 02:00:10,2026-10-25 02:02:10\n"
        "2026-10-25 02:59:50,,2026-10-25 02:00:20\n"
    )
    columns = ColumnMap(arrived="start", answered="answer", ended="end", zone="Europe/Berlin")
    calls = logs.read(text.encode(), columns=columns).calls
    assert calls["wait_s"].tolist() == [20.0, 20.0, 30.0] and calls["talk_s"].tolist()[:2] == [120.0, 120.0]
