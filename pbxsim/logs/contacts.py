"""Records of cloud contact centres as JSON, read into calls by a function of the product: the account of every record.

Decides which records are left out although nothing is wrong with them, and when a file holds no call. Leaves what a record says
to `connect.py` and `genesys.py`, JSON to `records.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd

from pbxsim.logs import calls as c
from pbxsim.logs.lines import Source, name_of, text_of
from pbxsim.logs.losses import LogError, Losses
from pbxsim.logs.records import values
from pbxsim.logs.told import Told

NO_CALL: Final = "not a telephone call"
OUTGOING: Final = "outgoing: the contact centre called"
NEVER_WAITED: Final = "it never waited in a queue"
MEANT: Final = (NO_CALL, OUTGOING, NEVER_WAITED)
"""Why a record is left out although nothing is wrong with it."""

NAMES: Final = ("call_id", "arrived_at", "queue", "wait_s", "outcome", "talk_s", "agent", "caller", "line")

Row = tuple[object, ...]
"""A stay in a queue: `NAMES` in order."""

Stays = Callable[[Any, int], tuple[Sequence[Row], str]]
"""The stays of a record, counted from 1, or why it has none."""


def read(source: Source, zone: str, stays: Stays) -> c.Log:
    """Calls and the account of every record (counted from 1). Times are UTC or have an offset; `zone` is whose days to count in.

    Raises LogError if nothing is a stay in a queue.
    """
    c.zone_named(zone)
    losses = Losses(name_of(source), unit="record")
    rows: list[Row] = []
    total = 0
    for number, record in enumerate(values(text_of(source), losses.source), start=1):
        total = number
        found, problem = stays(record, number)
        if found:
            rows += found
            losses.keep([number])
        else:
            losses.drop(Told(problem), [number], meant=problem in MEANT)
    if total and not rows:
        raise LogError(Told("{source} holds no call of a queue", source=losses.source), losses)
    losses.check(total)
    table = pd.DataFrame(rows, columns=list(NAMES))
    table["arrived_at"] = pd.to_datetime(table["arrived_at"], utc=True)
    return c.Log(c.tidy(table, zone), c.no_staff(), losses)
