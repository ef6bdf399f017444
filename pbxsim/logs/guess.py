"""A map of columns found by their names alone, for tables of nobody in particular.

Decides the words by which a column is known, in English, Russian and a few of other languages, and that a map is only found where
wait and outcome are told in one way. The account of a log read so tells which column was taken for what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pbxsim.logs.cells import plain
from pbxsim.logs.columns import ColumnMap
from pbxsim.logs.times import without_unit

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "arrived": (
        "arrived at", "arrived", "enqueued at", "enqueue time", "queue enter time", "queue entry", "entered queue", "queued at",
        "joined at", "arrival", "arrival time", "call time", "call start", "call start time", "start time", "started at",
        "start",
        "starttime", "start date", "call date", "calldate", "date time", "datetime", "timestamp", "created at", "date created",
        "created", "created on", "date and time", "call datetime", "initiation timestamp", "start stamp", "time", "date",
        "дата и время",
        "дата время", "время звонка",
        "начало", "время поступления", "создан", "дата создания", "поступление", "дата звонка", "дата вызова", "время вызова",
        "поступил", "дата начала",
        "начало звонка", "время начала", "дата и время звонка", "дата и время вызова", "время", "дата", "datum uhrzeit",
        "anrufzeit", "beginn", "datum", "fecha", "fecha hora",
    ),
    "queue": (
        "queue", "queue name", "call queue", "call queue name", "name of queue", "queuename", "acd queue", "skill",
        "skill name", "skill group", "split", "split skill", "team",
        "group", "call group", "department", "service", "vdn", "campaign", "line", "call type", "csq names", "csq name",
        "csq", "ring groups", "ring group", "очередь", "имя очереди", "название очереди", "служба", "очередь звонков",
        "подразделение", "группа", "отдел",
        "линия", "услуга", "скилл", "схема", "направление линии", "warteschlange", "gruppe", "cola",
    ),
    "answered": (
        "answered at", "answer time", "answered time", "answer", "time answered", "connected at", "connect time",
        "agent connected at", "pickup time", "время ответа", "ответ", "отвечен в", "angenommen um",
    ),
    "ended": (
        "ended at", "end time", "end", "endtime", "end date", "hangup time", "hangup", "disconnected at",
        "disconnect timestamp",
        "time end", "terminated at", "call end", "call end time", "конец", "время окончания", "окончание", "завершён",
        "завершен", "ende",
    ),
    "wait_s": (
        "wait", "wait s", "hold in queue", "time on hold in queue", "queue waiting time", "waiting duration", "time waited",
        "wait time", "waiting time", "waited", "waiting", "queue time", "time in queue", "queue wait",
        "queued",
        "queue wait time", "speed of answer", "time to answer", "hold time in queue", "queue duration", "total queue",
        "ringing",
        "wait seconds", "wait sec", "waittime", "queuetime", "wait time s", "wait duration", "seconds waited", "wait ms",
        "queue time ms", "ожидание", "ожидание ответа", "время ожидания ответа", "ожидание в очереди",
        "время ожидания в очереди", "ждал", "ожидание с", "ожидание сек", "время ожидания", "время в очереди",
        "время ожидания с",
        "время ожидания сек", "длительность ожидания", "ожидал", "ring duration", "время ответа", "wartezeit", "espera",
        "tiempo de espera",
    ),
    "talk_s": (
        "talk", "talk s", "talk time", "talking", "talk duration", "talktime", "total talk", "conversation",
        "conversation time",
        "conversation duration", "billsec", "handle time", "talk seconds", "talk sec", "service time", "agent talk time",
        "talk time s", "talk ms", "talk time ms", "time talked", "in call duration", "duration in call", "user talk time",
        "agent interaction duration", "разговор", "продолжительность разговора", "беседа", "время беседы", "разговор с",
        "разговор сек", "время разговора", "длительность разговора",
        "время разговора с", "время разговора сек", "gesprächsdauer", "gesprächszeit", "sprechzeit", "conversación",
        "duración conversación",
    ),
    "outcome": (
        "outcome", "disposition", "status", "result", "call status", "call result", "answered", "is answered", "end reason",
        "call outcome", "call disposition", "contact disposition", "state", "exit reason", "abandoned", "итог", "итог звонка",
        "итог вызова", "исход звонка", "исход вызова", "статус",
        "статус звонка", "статус вызова", "результат", "результат звонка", "состояние", "исход",
        "ergebnis", "estado", "resultado", "statut",
    ),
    "direction": (
        "direction", "call direction", "originating direction", "initiation method", "communication type", "направление",
        "тип звонка", "тип вызова", "тип", "type",
        "richtung",
    ),
    "agent": (
        "agent", "agent name", "agentname", "agent id", "user", "user name", "username", "operator", "answered by", "employee",
        "representative", "rep", "handled by", "agent full name", "users", "agent username", "оператор", "имя оператора",
        "фио оператора", "фио сотрудника", "принял", "сотрудник", "агент", "менеджер", "кто ответил",
        "ответил", "кому звонили", "agente", "mitarbeiter",
    ),
    "caller": (
        "caller", "caller id", "callerid", "caller number", "from", "ani", "src", "source", "calling number", "phone",
        "phone number", "customer number", "cli", "from number", "call from", "originator dn", "originator dn calling number",
        "contact phone number", "client", "звонящий", "кто звонил", "звонивший", "от кого", "клиент", "с номера",
        "номер абонента", "номер", "номер звонящего",
        "номер клиента",
        "телефон", "откуда", "абонент", "а номер", "anrufer", "origen", "remote",
    ),
    "call_id": (
        "call id", "callid", "uniqueid", "unique id", "uuid", "conversation id", "contact id", "interaction id", "sid",
        "call sid", "id", "linkedid", "номер вызова", "идентификатор", "ид",
    ),
    "priority": ("priority", "приоритет", "priorität"),
}  # fmt: skip
"""Field of a map to the names its column may have, the plainest first; compared without case, marks and a unit at the end."""

TOTALS: Final = (
    "total duration",
    "total call duration",
    "call duration",
    "total time",
    "duration",
    "длительность звонка",
    "длительность вызова",
    "общая длительность",
    "длительность",
)
"""Columns of the whole length of a call: less the talk it is the wait."""

OF_ANSWERED: Final = frozenset({"speed of answer", "time to answer", "время ответа"})
"""Waits that are told of answered calls alone."""

INSTANTS: Final = frozenset({"arrived", "answered", "ended"})
"""Fields whose columns hold moments: a name with a unit at its end tells a length."""

INVERTED: Final = frozenset({"abandoned", "is abandoned", "missed", "lost", "потерян", "пропущен", "потерянный"})
"""Columns whose yes means that nobody answered."""

SECOND_DATE: Final = (
    "date", "call date", "start date", "call start date", "date of call", "day", "дата", "дата звонка", "дата вызова",
    "дата начала", "день", "datum", "fecha",
)  # fmt: skip
TIME_OF_DAY: Final = (
    "time", "call time", "start time", "call start time", "time of call", "start", "время", "время звонка", "время вызова",
    "время начала", "начало", "uhrzeit", "beginn", "hora",
)  # fmt: skip


def columns_of(names: Sequence[str]) -> ColumnMap | None:
    """The map that the names of columns tell; None where arrival, wait and outcome are not all told."""
    found = fields_of(names)
    has_wait = "wait_s" in found or ("answered" in found and "ended" in found)
    has_outcome = "outcome" in found or "answered" in found or "talk_s" in found
    if "arrived" not in found or not has_wait or not has_outcome or not ("talk_s" in found or "ended" in found):
        return None
    return ColumnMap.model_validate(found)


def by_name(names: Sequence[str]) -> dict[str, str]:
    """Columns by how their names are compared, with and without a unit at the end; the first of a name counts."""
    there = {without_unit(name): name for name in reversed(list(names))}
    there.update({plain(name): name for name in reversed(list(names))})
    return there


def fitting(known: Mapping[str, Sequence[str]], there: Mapping[str, str]) -> dict[str, str]:
    """Field to column: the first of a field's names that is there, and that no field before has taken."""
    found: dict[str, str] = {}
    for field, ones in known.items():
        open_to = (one for one in ones if one in there and there[one] not in found.values())
        name = next((there[one] for one in open_to if field not in INSTANTS or plain(there[one]) == one), None)
        if name is not None:
            found[field] = name
    return found


def fields_of(names: Sequence[str]) -> dict[str, object]:
    """Field to column, as far as names tell."""
    there = by_name(names)
    found: dict[str, object] = {**fitting(NAMES, there)}
    total = next((there[one] for one in TOTALS if one in there and there[one] not in found.values()), None)
    waits = by_name([str(found["wait_s"])]) if "wait_s" in found else {}
    if total is not None and "talk_s" in found and (not waits or OF_ANSWERED & waits.keys()):
        found["wait_s"] = f"{total} - {found['talk_s']}"
    day = next((there[one] for one in SECOND_DATE if one in there), None)
    clock = next((there[one] for one in TIME_OF_DAY if one in there), None)
    if day is not None and clock is not None and found.get("arrived") in (day, clock):
        found["arrived"], found["arrived_date"] = clock, day
    if plain(str(found.get("outcome", ""))) in INVERTED:
        lost, kept = ("yes", "true", "1", "да", "abandoned", "missed"), ("no", "false", "0", "нет", "", "answered")
        found["outcomes"] = {**dict.fromkeys(lost, "abandoned"), **dict.fromkeys(kept, "answered")}
    return found


def told(names: Sequence[str]) -> str:
    """The beginning of a map, as YAML, for a table that names tell in part."""
    found = fields_of(names)
    lines = [f"{field}: {name}" for field, name in found.items() if field != "outcomes"]
    needed = [field for field in ("arrived", "wait_s", "talk_s", "outcome") if field not in found]
    return "; ".join([*lines, *(f"{field}: ?" for field in needed)])
