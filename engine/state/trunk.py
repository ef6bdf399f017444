"""Lines and registration of one trunk, shared by all versions. Leaves its settings to the document, its calls to
`control/tenant.py`."""

from __future__ import annotations

from typing import Final

from engine.contract.causes import Cause

UNLIMITED: Final = 1 << 30
"""Lines of a trunk without a limit (R-04.8)."""


def line_count(lines: int | str) -> int:
    """Simultaneous calls of a trunk as a number (R-04.8)."""
    return lines if isinstance(lines, int) else UNLIMITED


class TrunkState:
    """Lines and registration of one trunk, shared by all versions."""

    __slots__ = ("key", "place", "state", "paid", "lines", "in_use")

    def __init__(self, key: str, place: int, lines: int) -> None:
        self.key = key
        self.place = place
        """Index among the trunks of its tenant, so that a version finds by it where its calls begin."""
        self.state = "registered"
        self.paid = True
        """Whether what a bought trunk costs is paid (R-03.6); apart from the registration, which goes on."""
        self.lines = lines
        self.in_use = 0

    def refusal(self, incoming: bool) -> tuple[Cause, str] | None:
        """Why the trunk can take no further call, with the rule; None when it can."""
        if not self.paid or self.state == "unpaid":
            return (Cause.INCOMING_CALL_BARRED if incoming else Cause.OUTGOING_CALL_BARRED), "R-03.7"
        if self.state != "registered":
            return Cause.REQUESTED_CHAN_UNAVAIL, "R-04.10"
        if self.in_use >= self.lines:
            return Cause.NORMAL_CIRCUIT_CONGESTION, "R-04.8"
        return None
