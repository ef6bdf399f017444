"""The one meaning of a call flow. Events in, commands and notes out; no clock, no socket, no randomness, no files.

    contract      events, commands, notes: what passes between the engine and any world
    numbers       telephone numbers and dial masks
    document      what `pbx.yaml` may say, and its faults
    calendar      zones, holidays, schedules of hours
    state         what a tenant holds while calls run
    elements      the kinds of elements, one file a kind
    loading       from a text to a flow
    control       the engine itself: who moves calls and members
    records       journal and history
    translations  Russian texts
    analysis      proofs about a flow without a call

A room imports only from those above it. Read `contract/events.py`, `contract/commands.py` and `contract/notes.py` first, then
`control/call_flow.py`; docs/architecture.md draws the rooms and walks through them.
"""

from engine import compiled as compiled  # first: it settles whether what is compiled runs
from engine.contract import commands as commands
from engine.contract import events as events
from engine.contract import notes as notes
