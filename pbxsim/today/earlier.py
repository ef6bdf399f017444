"""A morning of one system after the earlier days of another: a log of the system before, and today's calls of the bridge.

Decides which queue of the PBX a queue of the log is: the one of its number or name. Calls of others are left out and counted.
"""

from __future__ import annotations

import dataclasses

import pandas as pd

from engine.state.flow import Flow
from pbxsim.logs.calls import Log
from pbxsim.scenario.names import queues_of


class NoSuchQueue(ValueError):
    """No queue of the log is one of the PBX. `details` are the names in both."""

    def __init__(self, of_log: tuple[str, ...], of_pbx: tuple[str, ...]) -> None:
        super().__init__(
            f"no queue of the log is one of the PBX: the log has {', '.join(of_log) or 'none'}, the PBX "
            f"{', '.join(of_pbx) or 'none'}; a queue of the log is found by its number or its name"
        )
        self.details = (of_log, of_pbx)


def followed(earlier: Log, today: Log | None, flow: Flow, date: pd.Timestamp) -> tuple[Log, int]:
    """The calls of `earlier` before `date`, by queues of the PBX, then those of `today` from then on, which may be none; and how
    many calls of the log belong to no queue of the PBX. Both logs are in one zone. Raises NoSuchQueue."""
    known = queues_of(flow)
    number_of = {name.strip().casefold(): str(number) for number, name in known.items() if name.strip()}
    number_of |= {str(number): str(number) for number in known}
    calls = earlier.calls[earlier.calls["arrived_at"].dt.tz_localize(None) < date]
    queues = calls["queue"].astype(str).str.strip().str.casefold().map(number_of)
    if len(calls) and queues.isna().all():
        of_log = tuple(sorted(calls["queue"].astype(str).unique()))[:8]
        raise NoSuchQueue(of_log, tuple(f"{number} {name}".strip() for number, name in known.items()))
    mine = calls[queues.notna()].assign(queue=queues.dropna(), priority="")
    parts = [mine]
    if today is not None:
        parts.append(today.calls[today.calls["arrived_at"].dt.tz_localize(None) >= date])
    together = pd.concat([part for part in parts if len(part)] or [mine], ignore_index=True)
    return dataclasses.replace(earlier, calls=together), len(calls) - len(mine)
