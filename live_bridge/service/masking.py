"""What is masked before it is written where people read it: logs and exports of journals.

Decides that the last digits of a caller's number and every name are hidden. Leaves history and journal in the database
whole: they are the operator's own records, guarded by the database.
"""

from __future__ import annotations

import re

import msgspec

from engine.contract import events as ev

_NUMBER = re.compile(r"(?<![\w.])(\+?\d{3,})(\d{4})(?![\w.])")


def masked(number: str) -> str:
    """A number with its last four digits hidden; internal numbers stay, they are nobody's secret.

    >>> masked("89161234567"), masked("101"), masked("")
    ('8916123****', '101', '')
    """
    return number if len(number) <= 4 else number[:-4] + "****"


def masked_text(text: str) -> str:
    """A line of a log with every number of seven digits or more hidden likewise.

    >>> masked_text("call from 89161234567 to 5000")
    'call from 8916123**** to 5000'
    """
    return _NUMBER.sub(r"\1****", text)


def masked_event(event: ev.Event) -> ev.Event:
    """An event as it may leave the house: callers' numbers and names hidden, everything that routes a call kept.

    A number rule may then decide otherwise; a journal to be replayed exactly is exported whole.
    """
    if isinstance(event, ev.CallArrived):
        return msgspec.structs.replace(event, caller=masked(event.caller), caller_name="")
    return event
