"""What is written is read back: the live bridge's own two files, written by its own code, and reports by intervals."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US
from engine.records.history import CallRecord, ElementVisit, row
from live_bridge.store.activity_export import shown
from live_bridge.store.member_activity import Activity
from pbxsim.logs import bridge, intervals
from pbxsim.logs import calls as c
from tests.pbxsim.logs.strategies import TABLES, same
from tests.pbxsim.logs.writers import table

ZONE = "Europe/Amsterdam"
QUEUES = {"sales": 5201, "support": 5202, "5200": 5200}
MEMBERS = {"SIP/101": 101, "SIP/102": 102, "Agent/7": 7}
OUTPUTS = {c.TIMED_OUT: "timeout", c.REFUSED: "full", c.LEFT: "exit"}


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in rows)


def export(calls: pd.DataFrame) -> list[bytes]:
    """Both files as the bridge writes them: calls the latest first, members' rows the earliest first."""
    zone = ZoneInfo(ZONE)
    records, acts = [], []
    for one in calls.sort_values("arrived_at", kind="stable").itertuples():
        begin = round(one.arrived_at.timestamp()) * SECOND_US
        over = begin + round(one.wait_s) * SECOND_US
        served = one.outcome == c.ANSWERED
        end = over + round(one.talk_s) * SECOND_US if served else over
        output = OUTPUTS.get(one.outcome, "")
        agent = str(MEMBERS[one.agent]) if served else ""
        visit = ElementVisit(
            element=QUEUES[one.queue], kind="queue", enter=begin, answer=over if served else None, leave=over if output else None,
            output=output, to="hangup" if output else "", rule="R-08.1", by=agent,
        )  # fmt: skip
        records.append(
            CallRecord(
                uuid=one.call_id,
                caller_id_name="",
                caller_id_number=one.caller or "",
                destination_number="74951234567",
                from_host="",
                to_host="",
                start=begin,
                end=end,
                duration_us=end - begin,
                user_talk_us=end - over if served else 0,
                hangup_cause=Cause.NORMAL_CLEARING,
                party=Party.CALLER,
                accountcode="inbound" if served else "missed",
                gateway="moscow",
                flow="digest",
                rule="R-08.1",
                events=(visit,),
            )  # fmt: skip
        )
        if served:
            here = {"member": MEMBERS[one.agent], "queue": QUEUES[one.queue], "call": one.call_id}
            ring = round(one.ring_s) * SECOND_US
            acts.append(Activity(at=over - ring, event="answered", lasted=ring, **here))
            acts.append(Activity(at=over, event="talked", lasted=end - over, **here))
    return [lines([row(one, zone) for one in records[::-1]]), lines([shown(one, zone) for one in acts])]


@given(calls=TABLES)
@settings(max_examples=12, deadline=None)
def test_calls_of_a_bridge_come_back(calls: pd.DataFrame) -> None:
    found = bridge.read(export(calls), ZONE)
    agents = [str(MEMBERS[agent]) if agent in MEMBERS else None for agent in calls["agent"]]
    written = calls.assign(
        queue=[str(QUEUES[queue]) for queue in calls["queue"]], agent=pd.Series(agents, dtype=object)
    )
    same(found.calls, written)
    assert found.losses.faulty_count() == 0
    assert found.entries is not None and set(found.entries["call_id"]) == set(calls["call_id"])


ACT = st.builds(
    Activity,
    at=st.integers(1_788_000_000_000, 1_790_000_000_000).map(lambda ms: ms * 1000),
    member=st.integers(0, 999),
    event=st.sampled_from(["in", "out", "paused", "unpaused", "offered", "missed", "talked", "worked", "registered"]),
    queue=st.none() | st.sampled_from([5200, 5201]),
    reason=st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12),
    call=st.sampled_from(["", "c1", "c2"]),
    lasted=st.none() | st.integers(0, 10**10),
)


@given(acts=st.lists(ACT, min_size=1, max_size=20, unique_by=lambda one: (one.at, one.member)))
@settings(max_examples=25, deadline=None)
def test_what_members_did_comes_back(acts: list[Activity]) -> None:
    acts = sorted(acts, key=lambda one: one.at)
    one_call = pd.DataFrame(
        {"arrived_at": [pd.Timestamp("2026-09-07 10:00", tz=ZONE)], "queue": ["5200"], "wait_s": [5.0], "outcome": [c.ABANDONED],
         "talk_s": [math.nan], "agent": [None], "caller": [None], "ring_s": [math.nan], "call_id": ["a"]}
    )  # fmt: skip
    history, _ = export(one_call)
    found = bridge.read([history, lines([shown(one, ZoneInfo(ZONE)) for one in acts])], ZONE).activity
    assert found is not None
    assert [round(at.timestamp() * 1e6) for at in found["at"]] == [one.at for one in acts]
    told = [
        (str(one.member), one.event, None if one.queue is None else str(one.queue), one.reason, one.call)
        for one in acts
    ]
    assert list(found[["agent", "event", "queue", "reason", "call"]].itertuples(index=False, name=None)) == told
    assert found["lasted_s"].isna().tolist() == [one.lasted is None for one in acts]
    known = [one.lasted / SECOND_US for one in acts if one.lasted is not None]
    assert found["lasted_s"].dropna().tolist() == pytest.approx(known)


FIGURES = st.fixed_dictionaries(
    {
        "answered": st.integers(0, 200), "abandoned": st.integers(0, 50), "asa_s": st.integers(0, 900),
        "aht_s": st.integers(30, 900), "staffed": st.integers(0, 40),
    }
)  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> pd.DataFrame:
    """A report of one to three days: half hours in a row from nine o'clock, one or two queues."""
    days, slots = draw(st.integers(1, 3)), draw(st.integers(6, 9))
    queues = draw(st.sampled_from([["sales"], ["sales", "support"]]))
    first = dt.datetime(2026, 11, 16, 9)
    starts = [first + dt.timedelta(days=day, minutes=30 * slot) for day in range(days) for slot in range(slots)]
    rows = [{"start": start, "queue": queue, **draw(FIGURES)} for start in starts for queue in queues]
    made = pd.DataFrame(rows)
    made.insert(2, "offered", made["answered"] + made["abandoned"])
    return made


HEADS = [
    "Interval Start,Queue,Calls Offered,Calls Answered,Calls Abandoned,ASA,AHT,Staffed",
    "Дата и время,Очередь,Поступило,Принято,Потеряно,Среднее ожидание,Среднее время обработки,Операторов",
]
NUMBERS = ["offered", "answered", "abandoned", "asa_s", "aht_s", "staffed"]


def as_read(report: pd.DataFrame) -> pd.DataFrame:
    whole = report.assign(start=report["start"].dt.tz_localize("Europe/Moscow")).astype(dict.fromkeys(NUMBERS, float))
    return whole.sort_values(["start", "queue"], kind="stable").reset_index(drop=True)


@pytest.mark.parametrize(("head", "separator"), [(HEADS[0], ","), (HEADS[1], ";")])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p"])
@given(report=reports())
@settings(max_examples=5, deadline=None)
def test_a_report_of_a_row_an_interval_comes_back(head: str, separator: str, form: str, report: pd.DataFrame) -> None:
    rows = [
        [f"{one.start:{form}}", one.queue, *(getattr(one, name) for name in NUMBERS)] for one in report.itertuples()
    ]
    found = intervals.read(table(head.split(","), rows, separator), "Europe/Moscow")
    assert found.interval_min == 30 and found.losses.faulty_count() == 0
    told = found.table[["start", "queue", *NUMBERS]]
    pd.testing.assert_frame_equal(told, as_read(report)[told.columns], check_dtype=False)


@given(report=reports())
@settings(max_examples=8, deadline=None)
def test_a_report_of_a_row_a_day_comes_back_with_its_calls(report: pd.DataFrame) -> None:
    times = sorted({f"{start:%H:%M}" for start in report["start"]})
    held = {(one.start.date(), one.queue, f"{one.start:%H:%M}"): one.offered for one in report.itertuples()}
    rows = [[day, queue, *(held[day, queue, at] for at in times)] for day, queue in {key[:2]: None for key in held}]
    found = intervals.read(table(["Date", "Queue", *times], rows), "Europe/Moscow")
    assert found.losses.faulty_count() == 0
    told = found.table[["start", "queue", "offered"]]
    pd.testing.assert_frame_equal(told, as_read(report)[told.columns], check_dtype=False)
