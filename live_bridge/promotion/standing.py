"""How the versions of a bridge stand: which is live, which is tried, which may be, and that something was refused (R-25.5).

Facts only, kept with every change as JSON. Leaves what may change them to `control.py`.
"""

from __future__ import annotations

import msgspec

from engine.contract.errors import PbxError
from engine.document.faults import Fault
from live_bridge.promotion.trial import Trial


class PromotionRefused(PbxError):
    """A version cannot be published or promoted; the message says why and what to do. `warnings` wait for a person."""

    def __init__(self, message: str, warnings: tuple[Fault, ...] = ()) -> None:
        self.warnings = warnings
        super().__init__(message)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How versions stand. `live` is the way here, the last one taking calls: rolling back goes one step back."""

    file: str
    """Digest of the document's file when this came about."""
    live: tuple[str, ...]
    published: tuple[str, ...] = ()
    """Versions that may be promoted."""
    drafts: tuple[str, ...] = ()
    """Versions that wait for a person: their warnings are nobody's yet."""
    held: str = ""
    """The document's file while it is held back at starts (`start.py`); empty as soon as a person made any version live."""
    canary: str = ""
    share: float = 0.0
    trial: Trial | None = None
    """How `canary` is tried; none of canaries begun by earlier versions of this program."""

    @property
    def in_force(self) -> tuple[str, ...]:
        """The versions that take new calls, the live one first."""
        return (self.live[-1], *((self.canary,) if self.canary else ()))

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """The same with their shares of new calls."""
        live = self.live[-1]
        return ((live, 1.0 - self.share), (self.canary, self.share)) if self.canary else ((live, 1.0),)
