"""One version of the flow in use, with what every call on it looks up. Leaves which call takes it to `control/versions.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.state.element import Exit
    from engine.state.flow import Flow
    from engine.state.queue_state import QueueState
    from engine.state.trunk import TrunkState


class Version:
    """One version in use, with what every call on it looks up."""

    __slots__ = ("flow", "calls", "queues", "entries", "records")

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.calls = 0
        """Calls in progress on it."""
        self.queues: list[QueueState | None] = []
        """By the place of their elements."""
        self.entries: list[Exit | None] = []
        """Where calls from each trunk of the tenant begin, by the trunk's place; None for a trunk that it lacks."""
        self.records = flow.records

    def entry_for(self, trunk: TrunkState) -> Exit | None:
        """Where calls from a trunk begin; None when the version lacks it."""
        place = trunk.place
        return self.entries[place] if place < len(self.entries) else None

    def carry_on(self, before: Version) -> None:
        """Let its queues go on where those of the version before stand, by internal number."""
        known = {queue.number: queue for queue in before.queues if queue is not None}
        for queue in self.queues:
            if queue is not None and queue.number in known:
                queue.carry_on(known[queue.number])
