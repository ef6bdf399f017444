"""Maps of the two research data sets the calibration is judged on, and of interval-free tables like them.

Sources and quirks: the data sets' own documentation (Anonymous Bank: Guedj and Mandelbaum, Technion 2000; Brown et al. 2005.
VANAD: Thiongane, Chan and L'Ecuyer 2020). Rows of neither are part of this project.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from pbxsim.logs.cells import LINE
from pbxsim.logs.columns import ColumnMap, Rule
from pbxsim.logs.losses import Losses
from pbxsim.logs.told import Told

VANAD_2014: Final = ColumnMap(
    arrived="date_received",
    queue="queue_name",
    answered="answered",
    transferred="transfer",
    ended="hangup",
    agent="agent_number",
    zone="Europe/Amsterdam",
)
"""The agent is free when they have handed the caller over, so a talk ends at the transfer."""

ANONYMOUS_BANK_1999: Final = ColumnMap(
    arrived="vru_exit",
    arrived_date="date",
    date_format="%y%m%d",
    queue="type",
    wait_s="q_time",
    talk_s="ser_time",
    outcome="outcome",
    outcomes={"AGENT": "answered", "HANG": "abandoned"},
    agent="server",
    caller="customer_id",
    priority="priority",
    unknown_agents=("NO_SERVER",),
    unknown_callers=("0",),
    leave_out=(
        Rule(reason="PHANTOM: a record of the machine, not of a call", column="outcome", values=("PHANTOM",)),
        Rule(
            reason="gave up in the voice menu and never waited for an agent",
            column="outcome",
            values=("HANG",),
            and_column="q_start",
            and_values=("0:00:00",),
        ),
    ),
    separator="\t",
    longest_s=7200,
    zone="Asia/Jerusalem",
)
"""Calls that want an agent arrive when they leave the voice menu."""


def bank(raw: pd.DataFrame, losses: Losses) -> pd.DataFrame:
    """Lines whose cells were shifted by one are dropped; names in which a careless replacement turned NA into NO_SERVER
    are put right; a priority is known only of callers who queued."""
    shifted = ~raw["outcome"].isin(["AGENT", "HANG", "PHANTOM"])
    losses.drop(Told("cells shifted: priority and type glued together"), raw.loc[shifted, LINE].tolist())
    raw = raw[~shifted].copy()
    damaged = raw["server"].str.contains("NO_SERVER", regex=False) & (raw["server"] != "NO_SERVER")
    raw.loc[damaged, "server"] = raw.loc[damaged, "server"].str.replace("NO_SERVER", "NA", regex=False)
    losses.repair(Told("NO_SERVER within a name put back to NA"), raw.loc[damaged, LINE].tolist())
    unqueued = raw["q_start"] == "0:00:00"
    raw.loc[unqueued, "priority"] = ""
    losses.remark(Told("priority is only recorded of callers who queued; the others' is unknown"), int(unqueued.sum()))
    return raw
