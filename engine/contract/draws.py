"""The entropy of a call, from its id: chance that anybody can make again (R-25.6).

Decides how an id becomes a draw seed. Leaves what is drawn by it to `state/call.py`, and which calls have such a seed to the
world: a live call has, and a preview of one; callers of a simulation have streams of their own (R-25.3).
"""

from __future__ import annotations

import hashlib

from engine.contract.ids import CallId

_BYTES = 8


def seed_of(call: CallId) -> int:
    """The draw seed of a call, 1 to 2**63 - 1: SHA-256 of its id (FIPS 180-4), the first 63 bits. The version that a canary's
    share gives a call follows from its id alone: after a restart, in a replay and in a preview too.

    >>> seed_of("65a1b2c3d4e5f-1a2b3c4d")
    7609361778222090107
    """
    digest = hashlib.sha256(call.encode()).digest()
    return (int.from_bytes(digest[:_BYTES], "big") >> 1) or 1
