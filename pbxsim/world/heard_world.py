"""A simulated world that also writes down, word for word, what the engine says: to be held against another world's words.

Decides nothing; `planning_world.py` and the tests of parity use it. Slower than a bare world, as every note is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.contract.ids import SECOND_US
from engine.state.flow import Flow
from engine.state.sink import MessageSink, Sink
from pbxsim.scenario.scenario import Scenario
from pbxsim.world.world import World


class HeardWorld(World):
    """A simulated world whose `ear` has every command and note, in order."""

    def __init__(self, flow: Flow, scenario: Scenario, seed: int, replication: int) -> None:
        self.ear = MessageSink()
        super().__init__(flow, scenario, seed, replication)
        self.wants_notes = self.wants_moves = True  # of the object: compiled code does not look at an interpreted class

    def run_out(self) -> None:
        """Let what is still under way after the last call come to its end: a run stops before it."""
        self.run_on(self.at + 3600 * SECOND_US)


def _heard(name: str) -> Callable[..., None]:
    def method(self: HeardWorld, *facts: Any) -> None:
        self.ear.at = self.at
        getattr(self.ear, name)(*facts)
        getattr(World, name)(self, *facts)

    return method


for _name in [name for name in vars(Sink) if not name.startswith("_") and callable(getattr(Sink, name))]:
    setattr(HeardWorld, _name, _heard(_name))
