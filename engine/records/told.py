"""One event as it is told outside: with the same names and fields from every world, and the world it comes from (R-19.8).

Decides its form. Leaves numbering and keeping to whoever tells, `live_bridge/api/stream.py` and `pbxsim/world/event_world.py`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.contract import notes as note

World = Literal["simulation", "preview", "live"]
"""Where an event comes from."""


def told(message: note.Note, world: World) -> dict[str, Any]:
    """An event as plain data: `type`, the fields of the note, and `world`. How a call began is always said.

    >>> told(note.CallQueued(call="c1", queue=5200, position=1), "simulation")
    {'type': 'CallQueued', 'call': 'c1', 'queue': 5200, 'position': 1, 'world': 'simulation'}
    """
    fields: dict[str, Any] = {**msgspec.to_builtins(message), "world": world}
    if isinstance(message, note.CallStarted):
        fields["origin"] = message.origin
    return fields
