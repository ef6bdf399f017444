"""What a canary is: which new calls it may take, since when which share of them, and how it is to widen (R-25.6, R-25.9).

Decides nothing while calls run; these are facts, kept with how versions stand, so that a restart goes on with them. Leaves the
figures to `canary_figures.py`, and what follows from them to `canary_watch.py`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.contract import events as ev
from engine.contract.ids import Instant
from engine.numbers.phone_numbers import Form
from engine.state.selection import Selection

TARGETS: Final = ("service_level", "abandonment", "failed")
"""Figures that may have a fixed target: the least service level, the most abandoned and failed calls, as shares."""


class Widening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plan that a person started: the shares to come, one after another."""

    shares: tuple[float, ...]
    """Still to come, rising; 1 makes the version the live one."""
    each_s: float = 1800.0
    """A share lasts at least so long."""
    least_calls: int = 200
    """And until the canary took so many calls at it."""
    paused: bool = False


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A canary from its beginning on."""

    begun_at: Instant
    by: str = ""
    shares: tuple[tuple[Instant, float], ...] = ()
    """Its share of new calls, each since an instant; rising instants."""
    numbers: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    since: Instant | None = None
    until: Instant | None = None
    """The calls that it is narrowed to, as in `FlowPromoted`."""
    automatic: bool = True
    """Whether it is rolled back by itself."""
    within_s: float = 20.0
    """A call counts as served when a person answers within so many seconds after it came."""
    targets: dict[str, float] = {}
    """Fixed targets by figure, see `TARGETS`."""
    plan: Widening | None = None

    @property
    def share(self) -> float:
        """The share now."""
        return self.shares[-1][1] if self.shares else 0.0

    @property
    def narrows(self) -> bool:
        """Whether some calls are left out."""
        return bool(self.numbers or self.trunks or self.callers) or self.since is not None or self.until is not None

    def share_at(self, at: Instant) -> float:
        """The share at an instant; 0 before it began."""
        return next((share for since, share in reversed(self.shares) if since <= at), 0.0)

    def begun_by(self, now: Instant) -> Trial:
        """The same for a bridge that starts at `now`. What began later than that began by a clock that was wrong and was put
        right since: it begins now, for calls come from now on and none would count before."""
        if self.begun_at <= now and all(since <= now for since, _ in self.shares):
            return self
        before = tuple(share for share in self.shares if share[0] <= now)
        return msgspec.structs.replace(self, begun_at=min(self.begun_at, now), shares=(*before, (now, self.share)))

    def alike(self, other: Trial) -> bool:
        """Whether both choose among the same calls, so that figures of one go on in the other."""
        return (self.numbers, self.trunks, self.callers, self.since, self.until) == (
            other.numbers, other.trunks, other.callers, other.since, other.until,
        )  # fmt: skip

    def selection(self, form: Form) -> Selection:
        """The calls it may take; `form` as in the live version's settings (R-12.4). Raises SelectionError."""
        return Selection(self.numbers, self.trunks, self.callers, self.since, self.until, form)

    def promoted(self, flow: str) -> ev.FlowPromoted:
        """The event that tells the engine."""
        return ev.FlowPromoted(
            flow=flow, share=self.share, numbers=self.numbers, trunks=self.trunks, callers=self.callers,
            since=self.since, until=self.until, by=self.by,
        )  # fmt: skip
