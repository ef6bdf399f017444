"""Rehearsal: simulated callers become real SIP calls on loopback, and what a bridge makes of them is held against the simulation.

Reading order: `play.py`, `conductor.py`, `people.py`, then the telephones, `telephones.py`.
"""
