"""Other programs' layouts of the shipped sample: what is written in them reads as the same calls, or is refused with a reason."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pbxsim import logs
from pbxsim.logs import ColumnMap, LogError
from pbxsim.logs import calls as c

ROOT = Path(__file__).resolve().parents[3]
ZONE = "Europe/Moscow"


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """Two hundred whole calls of the sample."""
    calls = logs.read(ROOT / "datasets" / "sample_logs" / "synthetic_queue_log.gz", zone=ZONE).calls
    return calls[calls["outcome"].isin([c.ANSWERED, c.ABANDONED])].head(200).reset_index(drop=True)


def rows(calls: pd.DataFrame) -> list[dict[str, object]]:
    """Calls with times as texts and lengths as whole seconds."""
    return [
        {
            "start": f"{row.arrived_at:%Y-%m-%d %H:%M:%S}",
            "at": row.arrived_at,
            "wait": round(row.wait_s),
            "talk": 0 if math.isnan(row.talk_s) else round(row.talk_s),
            "queue": row.queue,
            "agent": row.agent or "",
            "caller": row.caller or "",
            "answered": row.outcome == c.ANSWERED,
            "id": row.call_id,
            "n": n,
        }
        for n, row in enumerate(calls.itertuples())
    ]


def freepbx(calls: pd.DataFrame) -> str:
    """FreePBX's 26 columns."""
    names = (
        "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,accountcode,"
        "uniqueid,userfield,did,recordingfile,cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,peeraccount,sequence"
    )
    lines = [names]
    for r in rows(calls):
        lines.append(
            f'{r["start"]},"""x"" <{r["caller"]}>",{r["caller"]},{r["queue"]},ext-queues,PJSIP/trunk-0000000{r["n"]},'
            f'{"PJSIP/" + str(r["agent"]) + "-0000000a" if r["answered"] else ""},Queue,"{r["queue"]},t,,",'
            f"{int(str(r['wait'])) + int(str(r['talk']))},{r['talk']},{'ANSWERED' if r['answered'] else 'NO ANSWER'},3,,"
            f"{r['id']},,74950000000,,{r['caller']},,,,,{r['id']},,{r['n']}"
        )
    return "\n".join(lines) + "\n"


def mysql(calls: pd.DataFrame) -> str:
    """The table of cdr_mysql without names."""
    return "\n".join(",".join(line.split(",")[:-10]) for line in freepbx(calls).splitlines()[1:]) + "\n"


def queue_log_table(calls: pd.DataFrame) -> str:
    """queue_log as Asterisk's realtime backend keeps it."""
    lines = ["id,time,callid,queuename,agent,event,data1,data2,data3,data4,data5"]
    text = logs.queue_log.write(calls)
    for n, line in enumerate(text.splitlines(), start=1):
        epoch, *fields = line.split("|")
        at = pd.Timestamp(int(epoch), unit="s", tz="UTC").tz_convert(ZONE)
        lines.append(",".join([str(n), f"{at:%Y-%m-%d %H:%M:%S.%f}", *fields, *[""] * (9 - len(fields))]))
    return "\n".join(lines) + "\n"


def amazon_connect(calls: pd.DataFrame) -> str:
    """Contact records, a JSON value a line."""
    out = []
    for r in rows(calls):
        at = pd.Timestamp(str(r["at"])).tz_convert("UTC")
        agent = {"Username": r["agent"], "ConnectedToAgentTimestamp": "x", "AgentInteractionDuration": r["talk"]}
        out.append(
            json.dumps(
                {
                    "ContactId": r["id"],
                    "Channel": "VOICE",
                    "InitiationMethod": "INBOUND",
                    "Queue": {
                        "Name": r["queue"],
                        "EnqueueTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                        "Duration": r["wait"],
                    },
                    "Agent": agent if r["answered"] else None,
                    "CustomerEndpoint": {"Address": r["caller"]},
                }
            )
        )
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("write", [freepbx, mysql, queue_log_table, amazon_connect], ids=lambda write: write.__name__)
def test_a_layout_is_known_by_itself_and_gives_the_calls_it_was_made_from(
    write: Callable[[pd.DataFrame], str], sample: pd.DataFrame
) -> None:
    read = logs.read(write(sample).encode(), zone=ZONE).calls
    for name in ("arrived_at", "wait_s", "talk_s", "queue", "outcome"):
        pd.testing.assert_series_equal(read[name], sample[name], check_dtype=False)
    assert [agent and agent.removeprefix("PJSIP/") for agent in read["agent"]] == sample["agent"].tolist()


def test_lengths_may_be_clock_times_milliseconds_or_have_a_comma_in_any_encoding(sample: pd.DataFrame) -> None:
    head = "Дата;Очередь;Оператор;Ожидание;Разговор;Итог\n"
    body = "".join(
        f"{r['at']:%d.%m.%Y %H:%M:%S};{r['queue']};{r['agent']};{r['wait']},0;"
        f"{int(str(r['talk'])) // 3600}:{int(str(r['talk'])) // 60 % 60:02}:{int(str(r['talk'])) % 60:02};"
        f"{'Принят' if r['answered'] else 'Потерян'}\n"
        for r in rows(sample)
    )
    columns = ColumnMap(
        arrived="Дата", date_format="%d.%m.%Y %H:%M:%S", queue="Очередь", agent="Оператор", wait_s="Ожидание",
        talk_s="Разговор", outcome="Итог", outcomes={"Принят": "answered", "Потерян": "abandoned"}, separator=";",
    )  # fmt: skip
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1251"):
        read = logs.read((head + body).encode(encoding), zone=ZONE, columns=columns).calls
        for name in ("arrived_at", "wait_s", "talk_s", "queue", "outcome", "agent"):
            pd.testing.assert_series_equal(read[name], sample[name], check_dtype=False, obj=f"{encoding} {name}")
    text = "t,w\n2026-09-07 09:00:00,1500 ms\n2026-09-07 09:00:01,2.5 s\n2026-09-07 09:00:02,1:02,\n"
    read = logs.read(text.encode(), zone=ZONE, columns=ColumnMap(arrived="t", wait_s="w")).calls
    assert read["wait_s"].tolist() == [1.5, 2.5]


def test_a_wait_may_be_a_difference_and_one_that_holds_the_talk_is_refused(sample: pd.DataFrame) -> None:
    text = freepbx(sample).encode()
    fields = dict(arrived="calldate", queue="dst", talk_s="billsec", outcome="disposition")
    outcomes = {"ANSWERED": "answered", "NO ANSWER": "abandoned"}
    right = ColumnMap.model_validate({**fields, "wait_s": "duration - billsec", "outcomes": outcomes})
    assert logs.read(text, zone=ZONE, columns=right).calls["wait_s"].tolist() == sample["wait_s"].tolist()
    wrong = ColumnMap.model_validate({**fields, "wait_s": "duration", "outcomes": outcomes})
    with pytest.raises(LogError, match="wait_s: duration - billsec"):
        logs.read(text, zone=ZONE, columns=wrong)


def test_talks_in_milliseconds_taken_for_seconds_are_refused(sample: pd.DataFrame) -> None:
    text = "t,w,s\n" + "".join(f"{r['start']},{r['wait']},{int(str(r['talk'])) * 1000}\n" for r in rows(sample))
    columns = ColumnMap(arrived="t", answered="t", wait_s="w", talk_s="s", longest_s=1e9)
    with pytest.raises(LogError, match="milliseconds"):
        logs.read(text.encode(), zone=ZONE, columns=columns)


def test_calls_that_phones_of_the_pbx_made_are_no_demand(sample: pd.DataFrame) -> None:
    out = (
        '2026-09-07 09:00:00,"""201"" <201>",201,89161234567,from-internal,PJSIP/201-0000000b,PJSIP/trunk-0000000c,Dial,'
        '"PJSIP/89161234567@trunk,60",70,60,ANSWERED,3,,1788760800.1,\n'
    )
    log = logs.read((out + mysql(sample)).encode(), zone=ZONE)
    assert len(log.calls) == len(sample)
    assert log.losses.dropped == {"outgoing: a phone of the PBX called a number outside": [1]}


def test_a_call_is_refused_only_if_all_its_records_are() -> None:
    line = (
        "2026-09-07 09:00:0{n},x,79161234567,sales,ext-queues,PJSIP/t-0000000{n},,Queue,"
        '"sales,t",{d},0,{how},3,,1788760800.1,\n'
    )
    busy, waited = line.format(n=0, d=1, how="BUSY"), line.format(n=1, d=30, how="NO ANSWER")
    assert logs.read(busy.encode(), zone=ZONE).calls["outcome"].tolist() == [c.REFUSED]
    both = logs.read((busy + waited).encode(), zone=ZONE).calls
    assert both["outcome"].tolist() == [c.ABANDONED] and both["wait_s"].tolist() == [31.0]
