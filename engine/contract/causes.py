"""Why a call or leg ended, and which party ended it (R-24.2). Codes are stored; texts are derived in the viewer's language.

Leaves to the bridge how a cause becomes a SIP answer; the numbers for it stand here, beside the names.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """Machine code for how a call or leg ended. Source: R-24.2, names as in FreeSWITCH."""

    NO_ROUTE_DESTINATION = "NO_ROUTE_DESTINATION"
    UNALLOCATED_NUMBER = "UNALLOCATED_NUMBER"
    USER_BUSY = "USER_BUSY"
    NO_USER_RESPONSE = "NO_USER_RESPONSE"
    NO_ANSWER = "NO_ANSWER"
    SUBSCRIBER_ABSENT = "SUBSCRIBER_ABSENT"
    CALL_REJECTED = "CALL_REJECTED"
    EXCHANGE_ROUTING_ERROR = "EXCHANGE_ROUTING_ERROR"
    INVALID_NUMBER_FORMAT = "INVALID_NUMBER_FORMAT"
    NORMAL_CIRCUIT_CONGESTION = "NORMAL_CIRCUIT_CONGESTION"
    REQUESTED_CHAN_UNAVAIL = "REQUESTED_CHAN_UNAVAIL"
    OUTGOING_CALL_BARRED = "OUTGOING_CALL_BARRED"
    INCOMING_CALL_BARRED = "INCOMING_CALL_BARRED"
    ORIGINATOR_CANCEL = "ORIGINATOR_CANCEL"
    ALLOTTED_TIMEOUT = "ALLOTTED_TIMEOUT"
    NORMAL_CLEARING = "NORMAL_CLEARING"


class BridgeCause(StrEnum):
    """What ends calls outside every flow, and so stands in history only."""

    CUT_OFF = "CUT_OFF"
    """The bridge itself went down while the call was in progress."""


class Party(StrEnum):
    """The party that ended a call."""

    CALLER = "caller"
    MEMBER = "member"
    FLOW = "flow"
    OPERATOR = "operator"
    NETWORK = "network"
    US = "us"


class CauseFacts(msgspec.Struct, frozen=True):
    """Numbers and texts of one cause; `q850` and `sip` are 0 where R-24.2 has a dash."""

    q850: int
    sip: int
    comment_ru: str
    comment_en: str


FACTS: dict[Cause, CauseFacts] = {
    Cause.NO_ROUTE_DESTINATION: CauseFacts(3, 404, "Нет заданного маршрута", "No route set"),
    Cause.UNALLOCATED_NUMBER: CauseFacts(1, 404, "Несуществующий номер", "Number does not exist"),
    Cause.USER_BUSY: CauseFacts(17, 486, "Абонент занят", "Busy"),
    Cause.NO_USER_RESPONSE: CauseFacts(18, 408, "Абонент не ответил", "Did not respond"),
    Cause.NO_ANSWER: CauseFacts(19, 480, "Нет ответа", "No answer"),
    Cause.SUBSCRIBER_ABSENT: CauseFacts(20, 480, "Абонент не в сети", "Not registered"),
    Cause.CALL_REJECTED: CauseFacts(21, 603, "Вызов отклонен", "Rejected"),
    Cause.EXCHANGE_ROUTING_ERROR: CauseFacts(25, 483, "Ошибка оператора", "Routing loop or carrier error"),
    Cause.INVALID_NUMBER_FORMAT: CauseFacts(28, 484, "Ошибка в номере", "Malformed number"),
    Cause.NORMAL_CIRCUIT_CONGESTION: CauseFacts(34, 503, "Нет канала связи", "All lines busy"),
    Cause.REQUESTED_CHAN_UNAVAIL: CauseFacts(44, 503, "Канал связи недоступен", "Line unavailable"),
    Cause.OUTGOING_CALL_BARRED: CauseFacts(52, 403, "Исходящий вызов запрещен", "Outgoing barred"),
    Cause.INCOMING_CALL_BARRED: CauseFacts(54, 403, "Входящий вызов запрещен", "Incoming barred"),
    Cause.ORIGINATOR_CANCEL: CauseFacts(0, 487, "Вызов отменен", "Cancelled by caller"),
    Cause.ALLOTTED_TIMEOUT: CauseFacts(0, 0, "Выделенный таймаут", "Longest call reached"),
    Cause.NORMAL_CLEARING: CauseFacts(16, 0, "", ""),
}


CANCELLED: dict[str, Cause] = {
    "timeout": Cause.NO_ANSWER,
    "answered_elsewhere": Cause.NORMAL_CLEARING,
    "caller_left": Cause.ORIGINATOR_CANCEL,
    "left_queue": Cause.NO_ANSWER,
}
"""The cause of a leg that we cancelled, by the reason of `CancelLeg`: the same in every world."""


_COMMENTS = {BridgeCause.CUT_OFF: ("Связь прервана", "Cut off")}


def comment(cause: Cause | BridgeCause, language: str = "en") -> str:
    """The text a person reads for `cause`; Russian for `ru`, English for everything else (R-24.2).

    >>> comment(Cause.USER_BUSY, "ru")
    'Абонент занят'
    """
    if isinstance(cause, BridgeCause):
        return _COMMENTS[cause][0 if language == "ru" else 1]
    facts = FACTS[cause]
    return facts.comment_ru if language == "ru" else facts.comment_en
