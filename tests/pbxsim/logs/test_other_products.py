"""Exports of other products, small and made: the calls they were made from come back, or they are refused with the reason."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from pbxsim import logs
from pbxsim.cli.russian.texts import TEXTS
from pbxsim.logs import LogError, intervals, products

ZONE = "Europe/Moscow"


class Made(NamedTuple):
    """A call: when, how long it waited and was talked in (0: given up), by whom."""

    at: dt.datetime
    wait: int
    talk: int
    agent: str
    queue: str
    caller: str

    @property
    def end(self) -> dt.datetime:
        return self.at + dt.timedelta(seconds=self.wait + self.talk)


CALLS = [
    Made(
        dt.datetime(2026, 9, 17, 9) + dt.timedelta(seconds=97 * n), 5 + 7 * n % 60, talk := (40 + 31 * n % 300) * (n % 5 > 0),
        ("Anna", "Boris", "Vera")[n % 3] if talk else "", ("sales", "support")[n % 2], f"7916{1000000 + n}",
    )
    for n in range(40)
]  # fmt: skip


def hms(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def table(
    head: str,
    row: Callable[[Made], Sequence[object]],
    mark: str = ",",
    encoding: str = "utf-8",
    calls: Sequence[Made] = CALLS,
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow(next(csv.reader([head], delimiter=mark)))
    writer.writerows(row(one) for one in calls)
    return out.getvalue().encode(encoding)


def us(at: dt.datetime) -> str:
    return f"{at:%m/%d/%Y %I:%M:%S %p}"


def ru(at: dt.datetime) -> str:
    return f"{at:%d.%m.%Y %H:%M:%S}"


EXPORTS: dict[str, bytes] = {
    "five9": table(
        "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,AGENT NAME,DISPOSITION,ANI,CALL TIME,IVR TIME,QUEUE WAIT TIME,RING TIME,"
        "TALK TIME,HOLD TIME,AFTER CALL WORK TIME,ABANDONED",
        lambda one: [
            one.caller, f"{one.at:%a, %d %b %Y %H:%M:%S}", "Main", "Inbound", one.queue, one.agent or "[None]", "Sale",
            one.caller, hms(one.wait + one.talk + 12), hms(9), hms(one.wait), hms(3), hms(one.talk), hms(0),
            hms(20), int(not one.talk),
        ],
    ),
    "talkdesk": table(
        "Interaction ID,Call Type,Start Time,End Time,Talkdesk Phone Number,Contact Phone Number,User Name,Total Time,Talk Time,"
        "Wait Time,Hold Time,Abandon Time,Ring Groups",
        lambda one: [
            one.caller, "inbound" if one.talk else "abandoned", f"{one.at:%Y-%m-%d %H:%M:%S}", f"{one.end:%Y-%m-%d %H:%M:%S}",
            "+7495", one.caller, one.agent, one.wait + one.talk, one.talk, one.wait, 0, "" if one.talk else one.wait, one.queue,
        ],
    ),
    "megafon": table(
        "uid,type,client,account,via,start,wait,duration,record",
        lambda one: [
            one.caller, "in" if one.talk else "missed", one.caller, one.agent, "74951234567",
            f"{one.at - dt.timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}", one.wait, one.talk, "",
        ],
    ),
    "onlinepbx_table": table(
        "uuid;caller_id_number;destination_number;start_stamp;end_stamp;duration;user_talk_time;hangup_cause;accountcode;gateway",
        lambda one: [
            one.caller, one.caller, one.queue, int(one.at.replace(tzinfo=dt.UTC).timestamp()) - 10800, 0,
            one.wait + one.talk, one.talk, "NORMAL_CLEARING", "inbound" if one.talk else "missed", "74951234567",
        ],
        ";",
    ),
    "uccx": table(
        "Node ID - Session ID - Sequence No.,Call Start Time,Call End Time,Contact Disposition,Originator DN (Calling Number),"
        "Called Number,CSQ Names,Queue Time,Agent Name,Ring Time,Talk Time,Work Time",
        lambda one: [
            f"1-{one.caller}-0", us(one.at), us(one.end), "Handled" if one.talk else "Abandoned", one.caller, "4000", one.queue,
            hms(one.wait), one.agent, hms(3), hms(one.talk), hms(10),
        ],
    ),
    "mango": table(
        "Дата;Время;Направление;С номера;Кому звонили;На номер;Группа;Ожидание;Длительность разговора;Результат",
        lambda one: [
            f"{one.at:%d.%m.%Y}", f"{one.at:%H:%M:%S}", "Входящий", one.caller, one.agent, "74951234567", one.queue,
            hms(one.wait), hms(one.talk), "Успешный" if one.talk else "Пропущенный",
        ],
        ";", "cp1251",
    ),
    "sipuni": table(
        "Тип;Статус;Время;Схема;Откуда;Куда;Кто ответил;Длительность звонка, сек;Длительность разговора, сек;Время ответа, сек",
        lambda one: [
            "Входящий", "Отвечен" if one.talk else "Не отвечен", ru(one.at), one.queue, one.caller, "74951234567", one.agent,
            one.wait + one.talk, one.talk, one.wait if one.talk else "",
        ],
        ";",
    ),
    "uis": table(
        "Дата и время звонка;Направление;Номер абонента;Группа;Длительность ожидания;Длительность разговора;Статус звонка;"
        "Сотрудник",
        lambda one: [
            ru(one.at), "Входящий", one.caller, one.queue, hms(one.wait), hms(one.talk), "Успешный" if one.talk else "Потерянный",
            one.agent,
        ],
        ";", "cp1251",
    ),
    "yeastar p": table(
        "ID,Time,Call From,Agent,Call Duration(s),Ring Duration(s),Talk Duration(s),Call Disposition,Communication Type,Queue",
        lambda one: [
            one.caller, f"{one.at:%Y-%m-%d %H:%M:%S}", one.caller, one.agent, one.wait + one.talk, one.wait, one.talk,
            "ANSWERED" if one.talk else "NO ANSWER", "Inbound", one.queue,
        ],
    ),
    "yeastar s": table(
        "Time,Call From,Agent,Call Duration,Talk Duration,Status,Communication Type,Queue",
        lambda one: [
            f"{one.at:%Y-%m-%d %H:%M:%S}", one.caller, one.agent, hms(one.wait + one.talk), hms(one.talk),
            "ANSWERED" if one.talk else "NO ANSWER", "Inbound", one.queue,
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_gives_the_calls_it_was_made_from(name: str) -> None:
    log = logs.read(EXPORTS[name], zone=ZONE)
    read = log.calls.sort_values("arrived_at", kind="stable")
    assert logs.format_of(EXPORTS[name]) == (name if name in products.PRODUCTS else "by_names")
    assert [at.strftime("%H:%M:%S") for at in read["arrived_at"]] == [f"{one.at:%H:%M:%S}" for one in CALLS]
    assert read["wait_s"].tolist() == [one.wait for one in CALLS]
    assert read["talk_s"].fillna(0).tolist() == [one.talk for one in CALLS]
    assert (read["outcome"] == "answered").tolist() == [one.talk > 0 for one in CALLS]
    if name != "onlinepbx_table":
        assert [agent or "" for agent in read["agent"]] == [one.agent for one in CALLS]
    assert read["caller"].tolist() == [one.caller for one in CALLS]
    if name != "megafon":
        assert read["queue"].tolist() == [one.queue for one in CALLS]
    assert log.losses.faulty_count() == 0


CEL = "eventtype,eventtime,cid_name,cid_num,exten,context,channame,appname,uniqueid,linkedid\n"
EVENTS = "".join(
    f"{kind},2026-09-17 09:00:00.1,,7916,6500,ext-queues,SIP/a-1,,1.1,1.1\n" for kind in ("CHAN_START", "HANGUP")
)


@pytest.mark.parametrize(
    "text, words",
    [
        (CEL + EVENTS, "events of channels"), (EVENTS * 3, "events of channels"),
        ("Direction,From,To,Extension,Name,Date,Time,Action,Action Result,Duration\n"
         "Incoming,7916,7495,101,,09/17/2026,09:01 AM,Phone Call,Missed,0:00:10\n", "RingCentral"),
        ("ID,calldate,duration,connect_duration,caller,called,whohanged\n1,2026-09-17 09:00:00,20,10,7916,6500,caller\n",
         "VoIPmonitor"),
        ("Agent Name,Calls Handled,Avg Handle Time\nAnna,200,0:04:00\n", "sums of each agent"),
        ("CSQ Name,Interval Start Time,Calls Presented,Calls Handled,Avg Handle Time\nsales,9/17/2026 8:00,22,20,0:03:50\n",
         "pbx intervals"),
        ("[];1788771680;1788772008;1788771733;;79162115938;101;74951234567;1110\n" * 5, "a map of columns"),
    ],
)  # fmt: skip
def test_what_tells_of_no_caller_who_waited_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(LogError, match=words) as refusal:
        logs.read(text.encode(), zone=ZONE)
    assert refusal.value.first_lines and str(getattr(refusal.value.reason, "template", refusal.value.reason)) in TEXTS


def test_an_interval_report_of_avaya_has_its_seconds_and_after_call_work() -> None:
    """`:12` is twelve seconds; handling is the mean talk and the mean work after it; offered are both counts together."""
    text = "Split/Skill\tDate\tTime\tACD Calls\tAvg Speed Ans\tAban Calls\tAvg ACD Time\tAvg ACW Time\n" + "".join(
        f"sales\t9/17/2026\t{8 + n}:{half} AM\t{20 + n}\t:12\t2\t3:20\t:30\n" for n in range(3) for half in ("00", "30")
    )
    report = intervals.read(text.encode(), ZONE)
    first = report.table.iloc[0]
    assert (first["offered"], first["answered"], first["abandoned"], first["asa_s"], first["aht_s"]) == (
        22,
        20,
        2,
        12,
        230,
    )
    assert report.interval_min == 30 and report.queues() == ["sales"] and len(report.table) == 6


def test_a_type_is_a_direction_or_a_queue_by_its_values() -> None:
    head = "Start,Type,Agent,Wait,Talk,Status,From\n"
    served, lost = "Anna,{wait},60,Answered", ",{wait},0,Abandoned"
    rows = "".join(
        f"2026-09-17 09:{n:02}:00,{{}},{(served if n % 3 else lost).format(wait=5 + n)},{n}\n" for n in range(12)
    )
    queues = logs.read((head + rows.format(*["loans", "cards"] * 6)).encode(), zone=ZONE).calls
    assert set(queues["queue"]) == {"loans", "cards"} and len(queues) == 12
    ways = logs.read((head + rows.format(*["inbound", "outbound", "missed"] * 4)).encode(), zone=ZONE)
    assert set(ways.calls["queue"]) == {"all"} and len(ways.calls) == 8
