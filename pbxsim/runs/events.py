"""The events of one simulated day, as the live bridge's stream has them (R-19.8).

Decides their order and numbering. Leaves the world to `world/event_world.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.records.told import told
from engine.state.flow import Flow
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from pbxsim.world import driver
from pbxsim.world.event_world import EventWorld, Tell


def follow(flow: Flow, scenario: Scenario, tell: Tell, replication: int = 0) -> None:
    """Run one day and give each note to `tell` when it holds. Raises ScenarioError where the scenario names what the flow does
    not have."""
    check(scenario, flow)
    driver.run(EventWorld(flow, scenario, replication, tell))


def write_events(flow: Flow, scenario: Scenario, path: Path, replication: int = 0) -> int:
    """The same as JSON lines in a file: `seq` from 1, `at` in microseconds, the event's own fields, `world` is `simulation`.
    How many. Raises OSError."""
    count = 0
    with path.open("wb") as file:

        def write(at: Instant, message: note.Note) -> None:
            nonlocal count
            count += 1
            line: dict[str, Any] = {"seq": count, "at": at, **told(message, "simulation")}
            file.write(msgspec.json.encode(line) + b"\n")

        follow(flow, scenario, write, replication)
    return count
