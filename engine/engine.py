"""The engine, at the address that programs outside this project import. Decides nothing: see `control/engine.py`."""

from engine.control.engine import Engine

__all__ = ["Engine"]
