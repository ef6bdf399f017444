"""Calls in the layouts of other programs: what each reader must give back. Whole seconds, calls answered or given up.

A writer takes tidy calls and gives the bytes of a file; it shares no code with the readers.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import urllib.parse
from collections.abc import Callable, Iterator
from typing import NamedTuple

import openpyxl
import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs import queue_log

ZONE = "Europe/Moscow"
"""A zone without clock changes in these years: a clock time there means one instant."""


class Call(NamedTuple):
    """One call as numbers and texts."""

    at: pd.Timestamp
    epoch: int
    wait: int
    talk: int
    queue: str
    agent: str
    caller: str
    served: bool
    id: str
    n: int


def each(calls: pd.DataFrame) -> Iterator[Call]:
    """The calls of a table."""
    for n, row in enumerate(calls.itertuples()):
        at = row.arrived_at.tz_convert(ZONE)
        talk = 0 if math.isnan(row.talk_s) else round(row.talk_s)
        served = row.outcome == c.ANSWERED
        yield Call(
            at, round(at.timestamp()), round(row.wait_s), talk, row.queue, row.agent or "", row.caller or "", served,
            row.call_id, n,
        )  # fmt: skip


def clock(seconds: int) -> str:
    """A length as H:MM:SS."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def table(head: list[str], rows: list[list[object]], separator: str = ",") -> bytes:
    """CSV text."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows([head, *rows])
    return out.getvalue().encode()


def freepbx(calls: pd.DataFrame) -> bytes:
    """FreePBX's 26 columns."""
    names = (
        "calldate clid src dst dcontext channel dstchannel lastapp lastdata duration billsec disposition amaflags accountcode "
        "uniqueid userfield did recordingfile cnum cnam outbound_cnum outbound_cnam dst_cnam linkedid peeraccount sequence"
    ).split()
    return table(
        names, [[*_cdr(r), "", "74950000000", "", r.caller, "", "", "", "", r.id, "", r.n] for r in each(calls)]
    )


def mysql(calls: pd.DataFrame) -> bytes:
    """The table of cdr_mysql without names."""
    text = table([], [[*_cdr(r), ""] for r in each(calls)]).decode()
    return text.removeprefix("\n").removeprefix('""\n').encode()


def _cdr(r: Call) -> list[object]:
    return [
        f"{r.at:%Y-%m-%d %H:%M:%S}", f'"x" <{r.caller}>', r.caller, r.queue, "ext-queues", f"PJSIP/trunk-{r.n:08x}",
        f"PJSIP/{r.agent.split('/')[-1]}-0000000a" if r.served else "", "Queue", f"{r.queue},t,,", r.wait + r.talk, r.talk,
        "ANSWERED" if r.served else "NO ANSWER", 3, "", r.id,
    ]  # fmt: skip


def queue_log_table(calls: pd.DataFrame) -> bytes:
    """queue_log as Asterisk's realtime backend keeps it."""
    rows: list[list[object]] = []
    for n, line in enumerate(queue_log.write(calls).splitlines(), start=1):
        epoch, *fields = line.split("|")
        at = pd.Timestamp(int(epoch), unit="s", tz="UTC").tz_convert(ZONE)
        rows.append([n, f"{at:%Y-%m-%d %H:%M:%S.%f}", *fields, *[""] * (9 - len(fields))])
    head = ["id", "time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5"]
    return table(head, rows)


def three_cx(calls: pd.DataFrame) -> bytes:
    """3CX's call report: American dates, lengths as clock times."""
    head = ["Call Time", "Caller ID", "Destination", "Queue", "Status", "Ringing", "Talking"]
    rows: list[list[object]] = [
        [
            f"{r.at:%m/%d/%Y %I:%M:%S %p}", r.caller, r.agent, r.queue, "Answered" if r.served else "Unanswered", clock(r.wait),
            clock(r.talk),
        ]
        for r in each(calls)
    ]  # fmt: skip
    return table(head, rows)


def amazon_connect(calls: pd.DataFrame) -> bytes:
    """Contact records, a JSON value a line."""
    out = []
    for r in each(calls):
        at = r.at.tz_convert("UTC")
        agent = {"Username": r.agent, "ConnectedToAgentTimestamp": "x", "AgentInteractionDuration": r.talk // 2}
        queue = {"Name": r.queue, "EnqueueTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "Duration": r.wait}
        record = {
            "ContactId": r.id,
            "Channel": "VOICE",
            "InitiationMethod": "INBOUND",
            "Queue": queue,
            "Agent": {**agent, "CustomerHoldDuration": r.talk - r.talk // 2} if r.served else None,
            "CustomerEndpoint": {"Address": r.caller},
        }
        out.append(json.dumps(record))
    return ("\n".join(out) + "\n").encode()


def genesys_conversations(calls: pd.DataFrame) -> bytes:
    """Conversation details of Genesys Cloud's analytics API, as one answer."""
    out = []
    for r in each(calls):
        at = f"{r.at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%S.000Z}"
        waits = {"name": "tAnswered" if r.served else "tAbandon", "value": r.wait * 1000}
        queue = {"mediaType": "voice", "metrics": [{"name": "nOffered", "value": 1}, waits]}
        caller = {"purpose": "customer", "sessions": [{"mediaType": "voice", "ani": r.caller, "direction": "inbound"}]}
        acd = {
            "purpose": "acd",
            "participantName": r.queue,
            "sessions": [{**queue, "segments": [{"segmentStart": at}]}],
        }
        talk = [
            {"name": "tTalk", "value": 1000 * (r.talk - r.talk // 3)},
            {"name": "tHeld", "value": 1000 * (r.talk // 3)},
        ]
        agent = {"purpose": "agent", "participantName": r.agent, "sessions": [{"mediaType": "voice", "metrics": talk}]}
        people = [caller, acd, agent] if r.served else [caller, acd]
        out.append({"conversationId": r.id, "originatingDirection": "inbound", "participants": people})
    return json.dumps({"conversations": out, "totalHits": len(out)}).encode()


def _variables(r: Call) -> dict[str, str]:
    turned = r.epoch + r.wait
    return {
        "uuid": r.id,
        "cc_side": "member",
        "cc_queue": f"{r.queue}@default",
        "cc_queue_joined_epoch": str(r.epoch),
        "cc_queue_answered_epoch": str(turned) if r.served else "0",
        "cc_queue_terminated_epoch": str(turned + r.talk) if r.served else "",
        "cc_queue_canceled_epoch": "" if r.served else str(turned),
        "cc_cause": "answered" if r.served else "cancel",
        "cc_cancel_reason": "" if r.served else "NONE",
        "cc_agent": f"{r.agent}@default" if r.served else "",
        "caller_id_number": r.caller,
        "end_epoch": str(turned + r.talk + 2),
    }


def freeswitch_json(calls: pd.DataFrame) -> bytes:
    """mod_json_cdr, a list of records, with the leg of an agent beside each answered call."""
    out: list[dict[str, object]] = []
    for r in each(calls):
        record = {"core-uuid": "1", "channel_data": {"state": "CS_REPORTING"}, "callflow": [{"dialplan": "XML"}]}
        out.append({**record, "variables": _variables(r)})
        if r.served:
            out.append({**record, "variables": {**_variables(r), "cc_side": "agent", "uuid": r.id + "a"}})
    return json.dumps(out).encode()


def freeswitch_xml(calls: pd.DataFrame) -> bytes:
    """mod_xml_cdr: documents one after another, values percent-encoded."""
    out = []
    for r in each(calls):
        inner = "".join(f"<{key}>{urllib.parse.quote(value, safe='')}</{key}>" for key, value in _variables(r).items())
        out.append(f'<?xml version="1.0"?>\n<cdr core-uuid="1"><variables>{inner}</variables></cdr>\n')
    return "".join(out).encode()


def freeswitch_table(calls: pd.DataFrame) -> bytes:
    """The table of FusionPBX."""
    rows = [_variables(r) for r in each(calls)]
    head = ["direction", *rows[0]]
    return table(head, [["inbound", *row.values()] for row in rows])


def genesys(calls: pd.DataFrame) -> bytes:
    """The interactions view of Genesys Cloud, lengths in milliseconds, with a call that an agent made."""
    head = ["Users", "Date", "Direction", "ANI", "Queue", "Conversation ID", "Total Queue", "Total Talk", "Total Hold"]
    rows: list[list[object]] = [
        [
            r.agent, f"{r.at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%S.000Z}", "Inbound", r.caller, r.queue, r.id,
            r.wait * 1000, r.talk * 1000 if r.served else "", "",
        ]
        for r in each(calls)
    ]  # fmt: skip
    rows.append(["anna", "2026-09-07T06:00:00.000Z", "Outbound", "1", "sales", "x", 0, 90_000, ""])
    return table(head, rows)


def zendesk(calls: pd.DataFrame) -> bytes:
    """Zendesk Talk's incremental export of calls."""
    out = [
        {
            "id": r.id,
            "created_at": f"{r.at.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}",
            "direction": "inbound",
            "call_group_id": r.queue,
            "wait_time": r.wait,
            "talk_time": r.talk,
            "hold_time": 0,
            "completion_status": "completed" if r.served else "abandoned_in_queue",
            "agent_id": r.agent or None,
            "customer_id": r.caller or None,
        }
        for r in each(calls)
    ]
    out.append({**out[0], "id": "x", "direction": "outbound"})
    return json.dumps({"calls": out, "count": len(out), "next_page": None}).encode()


def aircall(calls: pd.DataFrame) -> bytes:
    """Aircall's call objects."""
    out = []
    for r in each(calls):
        turned = r.epoch + r.wait
        out.append(
            {
                "id": r.id,
                "direction": "inbound",
                "status": "done",
                "started_at": r.epoch,
                "answered_at": turned if r.served else None,
                "ended_at": turned + r.talk,
                "missed_call_reason": None if r.served else "abandoned_in_classic",
                "raw_digits": r.caller,
                "number": {"name": r.queue},
                "user": {"name": r.agent} if r.served else None,
            }
        )
    return json.dumps({"calls": out}).encode()


def aircall_history(calls: pd.DataFrame) -> bytes:
    """Aircall's export of the call history."""
    head = ["line", "datetime (UTC)", "direction", "from", "answered", "user", "duration (total)", "duration (in call)"]
    rows: list[list[object]] = [
        [
            r.queue, f"{r.at.tz_convert('UTC'):%Y-%m-%d %H:%M:%S}", "inbound", r.caller, "Yes" if r.served else "No", r.agent,
            r.wait + r.talk, r.talk,
        ]
        for r in each(calls)
    ]  # fmt: skip
    return table(head, rows)


def twilio_queue(calls: pd.DataFrame) -> bytes:
    """Results of Twilio's <Enqueue>."""
    head = ["Timestamp", "CallSid", "From", "QueueSid", "QueueTime", "QueueResult", "DialCallDuration", "Worker"]
    rows: list[list[object]] = [
        [
            f"{r.at:%a, %d %b %Y %H:%M:%S %z}", r.id, r.caller, r.queue, r.wait, "bridged" if r.served else "hangup",
            r.talk if r.served else "", r.agent,
        ]
        for r in each(calls)
    ]  # fmt: skip
    return table(head, rows)


def own_table(calls: pd.DataFrame) -> bytes:
    """A table of nobody in particular, known by its names, with a title above them."""
    head = ["Дата", "Очередь", "Оператор", "Ожидание, с", "Разговор, с", "Итог", "Номер"]
    rows: list[list[object]] = [
        [
            f"{r.at:%d.%m.%Y %H:%M:%S}", r.queue, r.agent, f"{r.wait},0", clock(r.talk), "Принят" if r.served else "Потерян",
            r.caller,
        ]
        for r in each(calls)
    ]  # fmt: skip
    return "Отчёт о звонках;;;;;;\n".encode() + table(head, rows, ";")


def workbook(calls: pd.DataFrame) -> bytes:
    """The same as an Excel workbook: dates as dates, lengths as lengths, a title, and an empty first sheet."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Звонки")
    sheet.append(["Отчёт о звонках"])
    sheet.append(["Начало", "Очередь", "Оператор", "Ожидание, с", "Разговор", "Итог", "Номер"])
    for r in each(calls):
        how = "Принят" if r.served else "Потерян"
        talk = datetime.timedelta(seconds=r.talk)
        sheet.append([r.at.tz_localize(None).to_pydatetime(), r.queue, r.agent, r.wait, talk, how, r.caller])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


Writer = Callable[[pd.DataFrame], bytes]

WRITERS: dict[str, Writer] = {
    "cdr": freepbx,
    "cdr (without names)": mysql,
    "queue_log_table": queue_log_table,
    "3cx": three_cx,
    "amazon_connect": amazon_connect,
    "genesys_conversations": genesys_conversations,
    "freeswitch_cdr": freeswitch_json,
    "freeswitch_cdr (XML)": freeswitch_xml,
    "freeswitch_table": freeswitch_table,
    "genesys_cloud": genesys,
    "zendesk_talk": zendesk,
    "aircall": aircall,
    "aircall_history": aircall_history,
    "twilio_queue": twilio_queue,
    "by_names": own_table,
    "by_names (Excel)": workbook,
}
"""The format each is known as, to its writer."""
