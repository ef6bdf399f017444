"""The one meaning of a call flow. Events in, commands and notes out; no clock, no socket, no randomness, no files.

Read `contract/events.py`, `contract/commands.py` and `contract/notes.py` first, then `control/call_flow.py`.
"""
