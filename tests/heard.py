"""A simulated world that also writes everything down: for tests that compare worlds."""

from __future__ import annotations

from pbxsim.world.heard_world import HeardWorld

__all__ = ["HeardWorld"]
