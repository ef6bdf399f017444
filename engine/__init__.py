"""The one meaning of a call flow. Events in, commands and notes out; no clock, no socket, no randomness, no files.

Read `events.py`, `commands.py` and `notes.py` first, then `engine.py`.
"""
