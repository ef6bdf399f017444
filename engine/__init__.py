"""The one meaning of a call flow. Events in, commands and notes out; no clock, no socket, no randomness, no files.

Read `contract/events.py`, `contract/commands.py` and `contract/notes.py` first, then `control/call_flow.py`.
"""

from engine.contract import commands as commands
from engine.contract import events as events
from engine.contract import notes as notes
