"""The stage of a rehearsal: what stands in place of time, chance and servers while a bridge is rehearsed.

Decides nothing; `rehearsal/` makes one and gives it to the bridge it starts. No setting, no request and no message can: a bridge
that takes real calls has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVarTuple

import msgspec

from live_bridge.calls.call_controller import DrawSeed
from live_bridge.calls.clock import Clock
from live_bridge.calls.command_executor import Ask, Send
from live_bridge.calls.engine_port import Journal, Said


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One rehearsal's."""

    clock: Clock
    draw_seed: DrawSeed
    """The entropy of a call that comes in."""
    ask: Ask
    """Answers for customers' web servers."""
    send: Send
    """Takes e-mails."""
    happened: Journal
    """Hears every event, before it is written down."""
    said: Said
    """Hears all that the engine says."""

    def in_place_of(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """The parts of a `Driver` for a rehearsal: the journal is kept as always, and heard before."""
        return {
            **parts,
            "journal": _both(self.happened, parts["journal"]),
            "said": _both(self.said, parts["said"]),
            "ask": self.ask,
            "send": self.send,
            "draw_seed": self.draw_seed,
        }


Heard = TypeVarTuple("Heard")


def _both(first: Callable[[*Heard], None], second: Callable[[*Heard], None]) -> Callable[[*Heard], None]:
    """Tell two."""

    def tell(*heard: *Heard) -> None:
        first(*heard)
        second(*heard)

    return tell
