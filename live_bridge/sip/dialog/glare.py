"""Two re-INVITEs that meet: when ours is sent again (RFC 3261 section 14.1). Decides how long and how often; knows no dialog."""

from __future__ import annotations

import secrets
from typing import Final

AT_MOST: Final = 5
"""Offers of ours in a row that may meet one of the far end."""


class Glare:
    """Offers of one leg that met one of the far end, since the last that was answered."""

    def __init__(self) -> None:
        self.count = 0

    def wait_s(self, incoming: bool) -> float | None:
        """One more did: how long to wait before the next, by chance, so that two do not meet for ever. Who began the dialog waits
        longer. None when it was tried often enough."""
        self.count += 1
        if self.count > AT_MOST:
            return None
        first_s, last_s = (0.0, 2.0) if incoming else (2.1, 4.0)
        return first_s + (last_s - first_s) * secrets.randbelow(101) / 100
