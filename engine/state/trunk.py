"""Lines and registration of one trunk, shared by all versions. Leaves its settings to the document, its calls to
`control/tenant.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.contract.causes import Cause

if TYPE_CHECKING:
    from engine.state.element import Exit
    from engine.state.version import Version

UNLIMITED: Final = 1 << 30
"""Lines of a trunk without a limit (R-04.8)."""


def line_count(lines: int | str) -> int:
    """Simultaneous calls of a trunk as a number (R-04.8)."""
    return lines if isinstance(lines, int) else UNLIMITED


class TrunkState:
    """Lines and registration of one trunk, shared by all versions."""

    __slots__ = ("key", "state", "lines", "in_use", "version", "entry")

    def __init__(self, key: str, lines: int) -> None:
        self.key = key
        self.state = "registered"
        self.lines = lines
        self.in_use = 0
        self.version: Version | None = None
        self.entry: Exit | None = None
        """Where the last call of this trunk began, and on which version it was."""

    def entry_on(self, version: Version) -> Exit | None:
        """Where its calls begin on a version; None when the version lacks it."""
        if version is not self.version:
            self.version = version
            self.entry = version.entries.get(self.key)
        return self.entry

    def refusal(self) -> tuple[Cause, str] | None:
        """Why the trunk can take no further call, with the rule; None when it can."""
        if self.state != "registered":
            return Cause.REQUESTED_CHAN_UNAVAIL, "R-04.10"
        if self.in_use >= self.lines:
            return Cause.NORMAL_CIRCUIT_CONGESTION, "R-04.8"
        return None
