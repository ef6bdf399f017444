"""The settings of a queue in a document (R-08.4 to R-08.20).

Apart from `queue.py`, which decides what a queue does, because that file is compiled and models are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from engine.contract import limits
from engine.document.models import (
    RECORD,
    BeforeValidator,
    Field,
    Key,
    Model,
    Output,
    Parameters,
    Switch,
    UserNumber,
    field_validator,
    model_validator,
)


class Member(Model):
    """One member of a queue (R-08.4). Written as a number when nothing but the number is said."""

    user: UserNumber = Field(description="The user's internal number (R-08.4).")
    position: int | None = Field(default=None, ge=1, description="Place; the order of writing when not given.")
    tier: int = Field(default=1, ge=1, le=100, description="Lower tiers are asked first.")
    weight: float = Field(default=1, gt=0, description="Share under weighted_random.")
    skills: dict[str, int] = Field(default_factory=dict, description="Level of each skill held (R-08.16).")
    static: bool = Field(default=False, description="Always signed in; pausing stays possible (R-08.4).")


def _member(value: object) -> object:
    return {"user": value} if isinstance(value, (int, str)) and not isinstance(value, bool) else value


class Relaxation(Model):
    """A required skill that is given up after a wait (R-08.16)."""

    after: float = Field(ge=0, le=7200, description="Seconds in the queue.")
    drop: str = Field(description="The skill no longer required.")


class QueueParameters(Parameters):
    """Parameters of a queue; times in seconds (R-08.4 to R-08.20)."""

    kind: Literal["queue"]
    strategy: Literal[
        "ring_all",
        "linear",
        "round_robin",
        "longest_idle",
        "fewest_calls",
        "least_talk",
        "random",
        "weighted_random",
        "progressive",
    ] = Field(default="longest_idle", description="Who is offered a call (R-08.8).")
    dialect: Literal["own", "asterisk", "freeswitch"] = Field(
        default="own", description="Whose timing holds between offers, for a queue of another PBX (R-08.9)."
    )
    members: tuple[Annotated[Member, BeforeValidator(_member)], ...] = Field(
        default=(), description="Users who answer its calls (R-08.4)."
    )
    ring: float = Field(default=15, ge=5, le=120, description="Agent ring, seconds (R-08.9).")
    retry: float = Field(default=5, ge=0, le=600, description="Retry wait after an unanswered offer, seconds (R-08.9).")
    wrap_up: float = Field(default=0, ge=0, le=3600, description="Work after a call, seconds (R-08.9).")
    max_wait: float = Field(default=600, ge=0, le=7200, description="Longest wait, seconds; 0 is none (R-08.9).")
    auto_pause: int = Field(
        default=0, ge=0, le=100, description="Pause after so many unanswered offers; 0 is off (R-08.12)."
    )
    waiting: int | Literal["unlimited"] = Field(default="unlimited", description="Most waiting calls, 1-500 (R-08.13).")
    join_when_empty: Literal["signed_in", "always", "unpaused", "idle"] = Field(
        default="signed_in", description="Refuse unless somebody is signed in, unpaused or idle (R-08.13)."
    )
    leave_when_empty: bool = Field(default=False, description="Callers leave when nobody serves any more (R-08.13).")
    tier_wait: float = Field(default=0, ge=0, le=3600, description="Seconds before a higher tier opens (R-08.15).")
    step: float = Field(default=10, ge=1, le=120, description="Seconds between members under progressive (R-08.8).")
    queue_weight: int = Field(default=0, ge=0, le=100, description="Larger goes first for shared members (R-08.20).")
    priority: int = Field(default=0, ge=0, le=10, description="Priority of calls that have none of their own (R-08.6).")
    start_bonus: float = Field(default=0, ge=0, le=7200, description="Seconds by which entry is moved back (R-08.6).")
    skills: dict[str, int] = Field(default_factory=dict, description="Skills a call requires (R-08.16).")
    relax: tuple[Relaxation, ...] = Field(default=(), description="Skills given up after a wait, in order (R-08.16).")
    announce_position: bool = Field(default=False, description="Say position and expected wait (R-08.17).")
    announce_every: float = Field(default=60, ge=15, le=3600, description="Seconds between announcements (R-08.17).")
    announce_prompt: str | None = Field(default=None, description="Message played with each announcement (R-08.17).")
    music: str | None = Field(default=None, description="Music while waiting; the account's when not given.")
    exit_key: Key | None = Field(default=None, description="Key that leaves by `exit` (R-08.14).")
    callback_key: Key | None = Field(
        default=None, description="Key that ends the caller's leg and keeps the place; off when not given (R-08.19)."
    )
    record: Switch = Field(default="default", description=RECORD)
    timeout: Output = Field(default=None, description="Output of callers who waited too long (R-08.14).")
    full: Output = Field(default=None, description="Output when there is no room to wait (R-08.14).")
    join_empty: Output = Field(default=None, description="Output of callers who are not let in (R-08.14).")
    leave_empty: Output = Field(default=None, description="Output when nobody serves any more (R-08.14).")
    exit: Output = Field(default=None, description="Output of callers who press the exit key (R-08.14).")
    callback_done: Output = Field(default=None, description="Output of a callback nobody answered (R-08.14).")

    @classmethod
    def idle_outputs(cls, settings: Mapping[str, Any]) -> dict[str, str]:
        idle: dict[str, str] = {}
        if settings.get("waiting", "unlimited") == "unlimited":
            idle["full"] = "its waiting calls are unlimited"
        if settings.get("join_when_empty") == "always":
            idle["join_empty"] = "it takes calls also when empty"
        if not settings.get("leave_when_empty"):
            idle["leave_empty"] = "leave_when_empty is off"
        if settings.get("max_wait", 600) == 0:
            idle["timeout"] = "max_wait is 0"
        if settings.get("exit_key") is None:
            idle["exit"] = "it has no exit_key"
        if settings.get("callback_key") is None:
            idle["callback_done"] = "it has no callback_key"
        return idle

    @field_validator("waiting")
    @classmethod
    def _waiting_range(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= limits.WAITING_CALLS:
            raise ValueError("waiting is 1 to 500 or unlimited (R-08.13)")
        return value

    @model_validator(mode="after")
    def _keys_differ(self) -> QueueParameters:
        if self.exit_key is not None and self.exit_key == self.callback_key:
            raise ValueError(f"key {self.exit_key} cannot both leave the queue and ask for a callback (R-08.19)")
        return self

    @property
    def waiting_limit(self) -> int:
        """Most waiting calls as a number."""
        return (1 << 30) if self.waiting == "unlimited" else self.waiting
