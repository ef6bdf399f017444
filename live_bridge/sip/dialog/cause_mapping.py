"""Causes as SIP says them, both ways (R-24.2, R-02.12).

Decides which status refuses a call, which Reason header ends one, and which cause a peer's status or Reason means. The numbers
themselves stand in `engine/contract/causes.py`. Sources: RFC 3326 (Reason), RFC 3398 section 7.2.4 and 8.2.6.1 (ISUP mapping).
"""

from __future__ import annotations

import re
from typing import Final

from engine.contract.causes import FACTS, Cause

REASONS: Final = {
    400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
    484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
    491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable",
    603: "Decline",
}  # fmt: skip

CLEARED_BEFORE_ANSWER: Final = 480
"""Status where R-24.2 has a dash: the flow hung up on a call nobody had picked up, or the longest call was reached."""

_NOT_OF_PHONES: Final = frozenset((405, 503))
"""Statuses that mean something of routing or of lines only when an operator says them. A phone of ours that says so, or
anything not listed, or a failure of its own (5xx), cannot be used now; one that sends the call elsewhere (3xx) does not take
it (R-06.16)."""

_BY_Q850: Final = {facts.q850: cause for cause, facts in FACTS.items() if facts.q850}
_BY_Q850.update({
    2: Cause.NO_ROUTE_DESTINATION,
    22: Cause.UNALLOCATED_NUMBER,
    27: Cause.SUBSCRIBER_ABSENT,
    31: Cause.NORMAL_CLEARING,
    38: Cause.EXCHANGE_ROUTING_ERROR,
    41: Cause.EXCHANGE_ROUTING_ERROR,
    42: Cause.NORMAL_CIRCUIT_CONGESTION,
    47: Cause.NORMAL_CIRCUIT_CONGESTION,
    102: Cause.NO_USER_RESPONSE,
})  # fmt: skip

_BY_STATUS: Final = {
    401: Cause.CALL_REJECTED,
    402: Cause.OUTGOING_CALL_BARRED,
    403: Cause.CALL_REJECTED,
    404: Cause.UNALLOCATED_NUMBER,
    405: Cause.EXCHANGE_ROUTING_ERROR,
    407: Cause.CALL_REJECTED,
    408: Cause.NO_USER_RESPONSE,
    410: Cause.UNALLOCATED_NUMBER,
    414: Cause.INVALID_NUMBER_FORMAT,
    415: Cause.REQUESTED_CHAN_UNAVAIL,
    416: Cause.INVALID_NUMBER_FORMAT,
    480: Cause.NO_ANSWER,
    481: Cause.NO_USER_RESPONSE,
    482: Cause.EXCHANGE_ROUTING_ERROR,
    483: Cause.EXCHANGE_ROUTING_ERROR,
    484: Cause.INVALID_NUMBER_FORMAT,
    485: Cause.NO_ROUTE_DESTINATION,
    486: Cause.USER_BUSY,
    487: Cause.ORIGINATOR_CANCEL,
    488: Cause.REQUESTED_CHAN_UNAVAIL,
    503: Cause.NORMAL_CIRCUIT_CONGESTION,
    504: Cause.NO_USER_RESPONSE,
    600: Cause.USER_BUSY,
    603: Cause.CALL_REJECTED,
    604: Cause.UNALLOCATED_NUMBER,
    606: Cause.REQUESTED_CHAN_UNAVAIL,
}

_Q850: Final = re.compile(r"\s*Q\.850\s*;(?:[^,]*;)?\s*cause\s*=\s*(\d{1,3})", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(r"\s*SIP\s*;(?:[^,]*;)?\s*cause\s*=\s*200\b", re.IGNORECASE)


def refusal(cause: Cause, trunk_full: bool = False) -> tuple[int, str]:
    """Status and phrase that refuse a call before its answer. `trunk_full`: its own trunk has no line free (R-04.8: 486).

    >>> refusal(Cause.NO_ROUTE_DESTINATION)
    (404, 'Not Found')
    """
    code = 486 if trunk_full else FACTS[cause].sip or CLEARED_BEFORE_ANSWER
    return code, REASONS[code]


def reason_header(cause: Cause) -> str | None:
    """The value of a Reason header for `cause`, None where there is no Q.850 number.

    >>> reason_header(Cause.NO_ROUTE_DESTINATION)
    'Q.850;cause=3;text="No route set"'
    """
    facts = FACTS[cause]
    if facts.q850 == 0:
        return None
    return f'Q.850;cause={facts.q850};text="{facts.comment_en}"' if facts.comment_en else f"Q.850;cause={facts.q850}"


ANSWERED_ELSEWHERE: Final = 'SIP;cause=200;text="Call completed elsewhere"'
"""Reason of the CANCEL to phones that lost (R-06.10, R-07.5; RFC 3326)."""


def cause_of(status: int, reason: str | None = None, *, trunk: bool = False) -> Cause:
    """What a refusal with `status` and perhaps a Reason header means. `trunk`: it came from an operator, not from a phone.

    A Q.850 number says more than a status and goes first.

    >>> [str(cause_of(480, "Q.850;cause=20")), str(cause_of(486)), str(cause_of(599, trunk=True))]
    ['SUBSCRIBER_ABSENT', 'USER_BUSY', 'EXCHANGE_ROUTING_ERROR']
    >>> [str(cause_of(302)), str(cause_of(500)), str(cause_of(415))]
    ['CALL_REJECTED', 'REQUESTED_CHAN_UNAVAIL', 'REQUESTED_CHAN_UNAVAIL']
    """
    number = q850_of(reason)
    if number is not None and number in _BY_Q850 and _BY_Q850[number] is not Cause.NORMAL_CLEARING:
        return _BY_Q850[number]
    if trunk and status == 403:
        return Cause.OUTGOING_CALL_BARRED
    found = None if not trunk and status in _NOT_OF_PHONES else _BY_STATUS.get(status)
    if found is not None:
        return found
    if status >= 600 or (status < 400 and not trunk):
        return Cause.CALL_REJECTED
    return Cause.EXCHANGE_ROUTING_ERROR if trunk else Cause.REQUESTED_CHAN_UNAVAIL


def cause_of_bye(reason: str | None) -> Cause:
    """What a hang-up means: NORMAL_CLEARING unless its Reason says otherwise.

    >>> cause_of_bye("Q.850;cause=41")
    <Cause.EXCHANGE_ROUTING_ERROR: 'EXCHANGE_ROUTING_ERROR'>
    """
    number = q850_of(reason)
    return Cause.NORMAL_CLEARING if number is None else _BY_Q850.get(number, Cause.NORMAL_CLEARING)


def q850_of(reason: str | None) -> int | None:
    """The Q.850 number in a Reason header, if any."""
    match = _Q850.search(reason) if reason else None
    return int(match.group(1)) if match else None


def best_of(failures: list[tuple[int, str | None]]) -> tuple[int, str | None]:
    """Of several devices that failed, the answer that tells most: 6xx, busy, then the lowest class (RFC 3261 section 16.7).

    >>> best_of([(480, None), (486, None), (408, None)])
    (486, None)
    """

    def rank(failure: tuple[int, str | None]) -> tuple[int, int]:
        status = failure[0]
        if status >= 600:
            return (0, status)
        if status == 486:
            return (1, status)
        if status in (401, 407, 408, 481, 487):
            return (4, status)
        return (2 if status < 500 else 3, status)

    return min(failures, key=rank)
