"""How much of a running bridge's history is learned from. Decides nothing else."""

from __future__ import annotations

from typing import Final

WEEKS: Final = 26
"""Of a running bridge, so much is taken; older weeks would weigh next to nothing."""
