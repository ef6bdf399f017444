"""Other programs' layouts of the shipped sample: each is known by itself and reads as the calls it was made from."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings

from pbxsim import logs
from pbxsim.cli.russian.texts import TEXTS
from pbxsim.logs import ColumnMap, LogError
from pbxsim.logs import calls as c
from tests.pbxsim.logs.strategies import PLAIN_TABLES
from tests.pbxsim.logs.writers import WRITERS, ZONE, each, freepbx, mysql, own_table, workbook

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """Two hundred whole calls of the sample."""
    calls = logs.read(ROOT / "datasets" / "sample_logs" / "synthetic_queue_log.gz", zone=ZONE).calls
    return calls[calls["outcome"].isin([c.ANSWERED, c.ABANDONED])].head(200).reset_index(drop=True)


def same(read: pd.DataFrame, calls: pd.DataFrame, agents: bool = True) -> None:
    """Raise AssertionError unless both hold the same calls."""
    keys = ["arrived_at", "caller", "queue", "wait_s"]
    a, b = (one.sort_values(keys, kind="stable").reset_index(drop=True) for one in (read, calls))
    for name in ("arrived_at", "wait_s", "talk_s", "queue", "outcome"):
        pd.testing.assert_series_equal(a[name], b[name], check_dtype=False, check_index_type=False)
    if agents:
        bare = [agent and agent.split("/")[-1] for agent in a["agent"]]
        assert bare == [agent and agent.split("/")[-1] for agent in b["agent"]]


@pytest.mark.parametrize("name", WRITERS)
def test_a_layout_is_known_by_itself_and_gives_the_calls_it_was_made_from(name: str, sample: pd.DataFrame) -> None:
    text = WRITERS[name](sample)
    assert logs.format_of(text) == name.split(" ")[0]
    log = logs.read(text, zone=ZONE)
    same(log.calls, sample, agents=name != "twilio_queue")
    assert log.losses.faulty_count() == 0


@pytest.mark.parametrize("name", WRITERS)
@given(calls=PLAIN_TABLES)
@settings(max_examples=6, deadline=None)
def test_what_is_written_in_a_layout_is_read_back(name: str, calls: pd.DataFrame) -> None:
    if name == "genesys_cloud":
        calls = calls.assign(talk_s=calls["talk_s"] + 30)
    found = logs.read(
        WRITERS[name](calls), format=name.split(" ")[0], zone=ZONE, anyway=("days", "wait", "units", "agents")
    )
    same(found.calls, calls, agents=name != "twilio_queue")


def test_every_text_about_logs_is_there_in_russian() -> None:
    missing = []
    for path in sorted([*(ROOT / "pbxsim" / "logs").glob("*.py"), *(ROOT / "pbxsim" / "calibrate").glob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_told = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Told" and node.args
            is_text = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "text"
            value = node.args[0] if is_told else node.value if is_text else None  # type: ignore[attr-defined]  # as tested
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value not in TEXTS:
                missing.append(f"{path.name}:{value.lineno}: {value.value}")
    assert not missing, "\n".join(missing)


def test_lengths_may_be_clock_times_milliseconds_or_have_a_comma_in_any_encoding(sample: pd.DataFrame) -> None:
    text = own_table(sample).decode()
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8-r", "cp866"):
        same(logs.read(text.encode(encoding), zone=ZONE).calls, sample)
    same(logs.read(text.encode("mac-cyrillic"), zone=ZONE, encoding="mac-cyrillic").calls, sample)
    with pytest.raises(LogError, match="no encoding"):
        logs.read(text.encode(), zone=ZONE, encoding="utf-99")
    with pytest.raises(LogError, match="is not ascii"):
        logs.read(text.encode(), zone=ZONE, encoding="ascii")
    lengths = "t,w\n2026-09-07 09:00:00,1500 ms\n2026-09-07 09:00:01,2.5 s\n2026-09-07 09:00:02,1:02,\n"
    read = logs.read(lengths.encode(), zone=ZONE, columns=ColumnMap(arrived="t", wait_s="w")).calls
    assert read["wait_s"].tolist() == [1.5, 2.5]


def test_a_map_may_say_units_directions_agents_within_cells_and_values() -> None:
    text = (
        "Moment;Way;Who;Waited;Spoke;Result;Line\n"
        "13.07.2026 09:00:00;in;PJSIP/anna-0000a1b2;1500;2,5;done;one\n"
        "13.07.2026 09:01:00;out;PJSIP/anna-0000a1b3;0;3;done;one\n"
        "13.07.2026 09:02:00;in;;20000;;gone;one\n"
        "13.07.2026 09:03:00;in;;100;;test;one\n"
    )
    columns = ColumnMap.model_validate(
        {
            "arrived": "moment", "direction": "Way", "incoming": "in", "agent": "Who", "agent_pattern": r"PJSIP/(\w+)-",
            "wait_s": "Waited", "talk_s": "Spoke", "units": {"Waited": "ms", "Spoke": "min"},
            "outcome": "Result",
            "queue": "Line", "outcomes": {"done": "answered", "gone": "abandoned", "test": "drop"},
            "renamed": {"Line": {"one": "sales"}},
        }
    )  # fmt: skip
    log = logs.read(text.encode(), zone=ZONE, columns=columns)
    assert log.calls["wait_s"].tolist() == [1.5, 20.0] and log.calls["talk_s"].tolist()[0] == 150.0
    assert log.calls["agent"].tolist() == ["anna", None] and set(log.calls["queue"]) == {"sales"}
    assert log.losses.dropped == {"`Way`: not an incoming call": [3], "`Result`: no call that waited": [5]}
    assert log.losses.faulty_count() == 0


def test_a_wait_may_be_a_difference_and_one_that_holds_the_talk_is_refused(sample: pd.DataFrame) -> None:
    text = freepbx(sample)
    fields = dict(
        arrived="calldate", queue="dst", talk_s="billsec", outcome="disposition", agent="dstchannel", caller="src"
    )
    right = ColumnMap.model_validate({**fields, "wait_s": "duration - billsec"})
    same(logs.read(text, zone=ZONE, columns=right).calls, sample)
    wrong = ColumnMap.model_validate({**fields, "wait_s": "duration"})
    with pytest.raises(LogError, match="wait_s: duration - billsec") as refused:
        logs.read(text, zone=ZONE, columns=wrong)
    assert refused.value.doubt == "wait" and "201 lines" in str(refused.value) and "calldate,clid" in str(refused.value)
    assert len(logs.read(text, zone=ZONE, columns=wrong, anyway=("wait",)).calls) == 200


def test_day_or_month_first_is_found_where_it_is_told_and_refused_where_not() -> None:
    def read(*dates: str, **more: str) -> list[str]:
        text = "start,wait,talk,status\n" + "".join(f'"{date}",5,60,answered\n' for date in dates)
        calls = logs.read(
            text.encode(), zone=ZONE, columns=ColumnMap(arrived="start", wait_s="wait", talk_s="talk", **more)
        )
        return [f"{at:%Y-%m-%d %H:%M}" for at in calls.calls["arrived_at"]]

    assert read("13/09/2026 09:00", "01/09/2026 09:00") == ["2026-09-01 09:00", "2026-09-13 09:00"]
    assert read("09/13/2026 1:00:00 PM", "09/01/2026 09:00:00 AM") == ["2026-09-01 09:00", "2026-09-13 13:00"]
    assert read("01.09.2026 09:00") == read("2026-09-01T06:00:00Z") == ["2026-09-01 09:00"]
    assert read("Sep 1, 2026, 9:00:00 AM") == read("1788242400") == ["2026-09-01 09:00"]
    with pytest.raises(LogError, match="day or the month stands first"):
        read("01/09/2026 09:00")
    assert read("01/09/2026 09:00", date_format="%d/%m/%Y %H:%M") == ["2026-09-01 09:00"]


def test_sheets_that_are_not_there_and_damaged_books_are_refused(sample: pd.DataFrame) -> None:
    book = workbook(sample.head(3))
    columns = ColumnMap(arrived="Начало", wait_s="Ожидание, с", talk_s="Разговор", sheet="Лист")
    with pytest.raises(LogError, match="no sheet `Лист`; it has `Sheet`, `Звонки`"):
        logs.read(book, zone=ZONE, columns=columns)
    for bad in (
        book[: len(book) // 2],
        book[:200],
        b"PK\x03\x04nothing",
        b"\xd0\xcf\x11\xe0 old",
        b"<a",
        b"{",
        b"[1",
        b"\0\xff" * 99,
    ):
        with pytest.raises(LogError):
            logs.read(bad, zone=ZONE)
    with pytest.raises(LogError, match="DOCTYPE"):
        logs.read(b'<!DOCTYPE a [<!ENTITY b "c">]><cdr><variables><x>&b;</x></variables></cdr>', zone=ZONE)


def test_a_table_that_tells_too_little_is_refused_with_a_map_to_complete() -> None:
    with pytest.raises(LogError, match="arrived: Call Date; agent: Operator; wait_s: "):
        logs.read(b"Call Date,Operator,Length\n2026-09-07 09:00,anna,5\n", zone=ZONE)
    with pytest.raises(LogError, match="Twilio's calls does not tell"):
        logs.read(
            b"Sid,Start Time,Duration,Direction,Status,Price\nCA1,2026-09-07 09:00:00,5,inbound,completed,1\n",
            zone=ZONE,
        )


def test_calls_that_phones_of_the_pbx_made_are_no_demand(sample: pd.DataFrame) -> None:
    out = (
        '2026-09-07 09:00:00,"""{who}"" <{who}>",{who},89161234567,from-internal,PJSIP/{who}-0000000b,PJSIP/trunk-0000000c,Dial,'
        '"PJSIP/89161234567@trunk,60",70,60,ANSWERED,3,,1788760800.{n},\n'
    )
    agent = sample["agent"].dropna().iloc[0]
    text = out.format(who="201", n=1) + out.format(who=agent, n=2) + mysql(sample).decode()
    log = logs.read(text.encode(), zone=ZONE)
    assert len(log.calls) == len(sample)
    assert log.losses.dropped == {"outgoing: a phone of the PBX called a number outside": [1, 2]}


def test_a_call_is_refused_only_if_all_its_records_are() -> None:
    line = (
        "2026-09-07 09:00:0{n},x,79161234567,sales,ext-queues,PJSIP/t-0000000{n},,Queue,"
        '"sales,t",{d},0,{how},3,,1788760800.1,\n'
    )
    busy, waited = line.format(n=0, d=1, how="BUSY"), line.format(n=1, d=30, how="NO ANSWER")
    assert logs.read(busy.encode(), zone=ZONE).calls["outcome"].tolist() == [c.REFUSED]
    both = logs.read((busy + waited).encode(), zone=ZONE).calls
    assert both["outcome"].tolist() == [c.ABANDONED] and both["wait_s"].tolist() == [31.0]


def test_quoted_cells_may_run_over_lines_and_a_torn_quote_eats_none() -> None:
    text = (
        'start,queue,wait,talk,status,note\n2026-09-07 09:00:00,a,5,60,answered,"one\ntwo"\n'
        '2026-09-07 09:01:00,a,5,60,answered,"torn\n2026-09-07 09:02:00,a,5,60,answered,"three"\n'
    )
    log = logs.read(text.encode(), zone=ZONE)
    assert [f"{at:%H:%M}" for at in log.calls["arrived_at"]] == ["09:00", "09:02"]
    assert log.losses.total == 5 and log.losses.dropped_count == 1
    assert not math.isnan(log.calls["talk_s"].sum()) and len(list(each(log.calls))) == 2
