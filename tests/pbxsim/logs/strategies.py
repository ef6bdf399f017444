"""Tables of calls for round trips: whole seconds, unique ids, every outcome."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import strategies as st

from pbxsim.logs import calls as c

WORD = st.text("abcdefgh0123456789-", min_size=1, max_size=8)

STAY = st.fixed_dictionaries(
    {
        "at": st.integers(1_400_000_000, 1_400_500_000),
        "queue": st.sampled_from(["sales", "support", "5200"]),
        "wait_s": st.integers(0, 4000),
        "outcome": st.sampled_from(c.OUTCOMES),
        "talk_s": st.integers(0, 4000),
        "agent": st.sampled_from(["SIP/101", "SIP/102", "Agent/7"]),
        "caller": st.none() | st.from_regex(r"\+?[1-9][0-9]{5,11}", fullmatch=True),
        "ring_s": st.integers(0, 30),
    }
)


def table(stays: list[dict[str, object]], zone: str = "Europe/Amsterdam") -> pd.DataFrame:
    """Tidy calls of drawn stays."""
    rows = []
    for n, stay in enumerate(stays):
        answered = stay["outcome"] == c.ANSWERED
        rows.append(
            {
                **stay,
                "call_id": f"{stay['at']}.{n}",
                "wait_s": 0 if stay["outcome"] == c.REFUSED else stay["wait_s"],
                "talk_s": stay["talk_s"] if answered else math.nan,
                "agent": stay["agent"] if answered else None,
                "caller": None if stay["outcome"] == c.REFUSED else stay["caller"],
                "ring_s": stay["ring_s"] if answered else math.nan,
            }
        )
    columns = ["at", "queue", "wait_s", "outcome", "talk_s", "agent", "caller", "ring_s", "call_id"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["arrived_at"] = pd.to_datetime(frame.pop("at").astype("float64"), unit="s", utc=True)
    return c.tidy(frame, zone)


TABLES = st.lists(STAY, min_size=1, max_size=30).map(table)

PLAIN = st.fixed_dictionaries(
    {
        "at": st.integers(1_788_000_000, 1_790_000_000),
        "queue": st.sampled_from(["sales", "support", "5200"]),
        "wait_s": st.integers(0, 4000),
        "outcome": st.sampled_from([c.ANSWERED, c.ABANDONED]),
        "talk_s": st.integers(1, 4000),
        "agent": st.sampled_from(["SIP/anna", "SIP/boris", "SIP/vera"]),
        "caller": st.from_regex(r"7[1-9][0-9]{9}", fullmatch=True),
        "ring_s": st.integers(0, 30),
    }
)
"""Calls that every layout can tell: answered or given up, by a caller whose number is known."""

PLAIN_TABLES = st.lists(PLAIN, min_size=1, max_size=12, unique_by=lambda stay: stay["caller"]).map(
    lambda stays: table(stays, "Europe/Moscow")
)


def same(a: pd.DataFrame, b: pd.DataFrame, without: tuple[str, ...] = ("line", "priority")) -> None:
    """Raise AssertionError unless both hold the same calls."""
    pd.testing.assert_frame_equal(
        a.drop(columns=list(without)).sort_values(["arrived_at", "call_id"]).reset_index(drop=True),
        b.drop(columns=list(without)).sort_values(["arrived_at", "call_id"]).reset_index(drop=True),
        check_dtype=False,
    )
