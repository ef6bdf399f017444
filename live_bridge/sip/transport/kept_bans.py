"""Bans over a restart: which addresses were not listened to when the bridge stopped (R-15.9).

Decides that an address lies in the folder as a keyed hash, as tries that count do (`store/tries.py`), with why it is banned and
from which ports the evidence came. Who it is, is known again with its first message; until then it is only counted. Leaves who
is banned to `rate_limits.py`. Not thread-safe, as that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from engine.contract.ids import SECOND_US, Duration, Instant
from engine.numbers.digits import is_digits
from live_bridge.store.store import now
from live_bridge.store.tries import Tries

FILE: Final = "sip_bans"


class KeptBan(NamedTuple):
    """A ban as it was kept."""

    at: Instant
    reason: str
    ports: frozenset[int]


class KeptBans:
    """Those of one bridge, each for `ban_us`; `clock` is UTC."""

    def __init__(self, folder: Path, ban_us: Duration, clock: Callable[[], Instant]) -> None:
        self._clock, self._ban_us = clock, ban_us
        self._tries = Tries(folder, FILE, ban_us, clock)
        self._unheard: dict[str, KeptBan] = {}
        """By the hash of an address that has sent nothing since the start."""
        for table, digest, at in self._tries.at_start:
            self._unheard[digest] = KeptBan(at, *_read(table))

    def unheard(self) -> int:
        """How many addresses are banned that have sent nothing since the start."""
        if self._unheard:
            after = self._clock() - self._ban_us
            self._unheard = {digest: ban for digest, ban in self._unheard.items() if ban.at > after}
        return len(self._unheard)

    def recognise(self, host: str) -> tuple[KeptBan, float] | None:
        """The ban from before the start of an address that sends now, and the seconds it has left; told once."""
        if not self._unheard:
            return None
        ban = self._unheard.pop(self._tries.digest(host), None)
        left_us = 0 if ban is None else ban.at + self._ban_us - self._clock()
        return None if ban is None or left_us <= 0 else (ban, left_us / SECOND_US)

    def holds(self, host: str) -> bool:
        """Whether an address that has sent nothing since the start is banned. From any thread."""
        ban = self._unheard.get(self._tries.digest(host)) if self._unheard else None
        return ban is not None and ban.at + self._ban_us > self._clock()

    def add(self, host: str, reason: str, ports: frozenset[int]) -> None:
        """An address is banned from now on."""
        self._tries.add(_written(reason, ports), self._tries.digest(host), self._clock())

    def drop(self, host: str, reason: str, ports: frozenset[int]) -> None:
        """A ban is taken back."""
        self._tries.drop(_written(reason, ports), self._tries.digest(host))


def in_folder(folder: Path | None, ban_s: float) -> KeptBans | None:
    """Bans kept in a folder; None without one."""
    return None if folder is None else KeptBans(folder, int(ban_s * SECOND_US), now)


def _written(reason: str, ports: frozenset[int]) -> str:
    """Reason and ports in one word.

    >>> _written("wrong passwords", frozenset({5070, 5060})), _read("wrong_passwords:5060,5070")[0]
    ('wrong_passwords:5060,5070', 'wrong passwords')
    """
    return f"{reason.replace(' ', '_')}:{','.join(map(str, sorted(ports)))}"


def _read(table: str) -> tuple[str, frozenset[int]]:
    reason, _, ports = table.partition(":")
    return reason.replace("_", " "), frozenset(int(port) for port in ports.split(",") if is_digits(port))
