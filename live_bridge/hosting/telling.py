"""Bridges are told the state of their account and which bought trunks are not paid for (R-01.10, R-03.6).

Decides what a bridge should know and whether it was told: it is told again until it has heard. What was told stands in the
database, so a restart of either side loses nothing. Leaves what follows to the bridge.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import msgspec
import sqlalchemy as sa

from engine.account.states import State
from engine.contract.ids import SECOND_US, Instant
from live_bridge.hosting import accounts, billing, numbers
from live_bridge.hosting import tables as t
from live_bridge.hosting.database import Database

log = logging.getLogger(__name__)

WAIT_S: Final = 10.0
AT_ONCE: Final = 8
PAUSES_US: Final = tuple(seconds * SECOND_US for seconds in (2, 5, 10, 30, 60))
"""Until a bridge that was not reached is tried again."""


class BridgeTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a bridge was told last."""

    state: State = "active"
    since: Instant = 0
    unpaid: tuple[str, ...] = ()
    balance: str = ""
    """RUB; employees with that right see it (R-23.2)."""


class Teller:
    """Tells every bridge what it does not know yet."""

    def __init__(self, database: Database, clock: Callable[[], Instant], zone: str) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._client = httpx.Client(timeout=WAIT_S, trust_env=False)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="telling")
        self._away: dict[int, tuple[int, Instant]] = {}

    def close(self) -> None:
        """Let go of connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def tell_all(self) -> int:
        """How many were told something. Several at once, so that one that does not answer keeps none waiting; those that cannot
        be reached are tried again after a pause."""
        with self._database.reading() as connection:
            stopped = sa.select(t.pbxs.c.account).where(t.pbxs.c.state == "closed")
            known = connection.execute(sa.select(t.bridges).where(t.bridges.c.account.not_in(stopped))).all()
        return sum(self._pool.map(self._try, known))

    def _try(self, row: Any) -> bool:
        failures, next_at = self._away.get(row.account, (0, 0))
        if self._clock() < next_at:
            return False
        try:
            told = self._tell(row.account, row.url.rstrip("/"), row.token, row.told)
        except Exception as error:  # one account's fault is its own
            pause_us = PAUSES_US[min(failures, len(PAUSES_US) - 1)]
            self._away[row.account] = (failures + 1, self._clock() + pause_us)
            log.warning("the bridge of account %s was not told: %s: %s", row.account, type(error).__name__, error)
            return False
        self._away.pop(row.account, None)
        return told

    def _tell(self, account: int, url: str, token: str, written: str) -> bool:
        """Raises whatever goes wrong."""
        told = msgspec.json.decode(written, type=BridgeTold)
        with self._database.writing() as connection:
            now = self._clock()
            standing = billing.settle(connection, account, now, self._zone).standing
            unpaid = tuple(sorted(numbers.unpaid_trunks(connection, account, now)))
        wanted = BridgeTold(
            state=standing.state, since=standing.since, unpaid=unpaid, balance=f"{standing.balance:.2f}"
        )
        if wanted == told:
            return False
        head = {"Authorization": f"Bearer {token}"}
        if (wanted.state, wanted.since) != (told.state, told.since):
            body = {"state": wanted.state, "since": wanted.since}
            self._client.put(f"{url}/api/account", json=body, headers=head).raise_for_status()
        if wanted.balance != told.balance:
            found = self._client.put(f"{url}/api/account/balance", json={"balance": wanted.balance}, headers=head)
            if found.status_code not in (404, 405):  # a bridge of an older version shows none
                found.raise_for_status()
        for trunk in sorted({*wanted.unpaid} ^ {*told.unpaid}):
            paid = {"paid": trunk not in wanted.unpaid}
            found = self._client.put(f"{url}/api/account/trunks/{trunk}", json=paid, headers=head)
            if found.status_code != 404:  # a number that is not yet attached has no trunk there
                found.raise_for_status()
        with self._database.writing() as connection:
            _keep_told(connection, account, wanted)
        return True


def tell_trunk_again(connection: sa.Connection, account: int, trunk: str) -> None:
    """Whether a trunk is paid was told before it was there: it is told again."""
    written = connection.execute(sa.select(t.bridges.c.told).where(t.bridges.c.account == account)).scalar()
    if written is not None:
        told = msgspec.json.decode(written, type=BridgeTold)
        left = tuple(key for key in told.unpaid if key != trunk)
        _keep_told(connection, account, msgspec.structs.replace(told, unpaid=left))


def _keep_told(connection: sa.Connection, account: int, told: BridgeTold) -> None:
    values = {"told": msgspec.json.encode(told).decode()}
    connection.execute(t.bridges.update().where(t.bridges.c.account == account).values(**values))


def attach(database: Database, name: str, url: str, token: str, sip: str = "") -> None:
    """Say where an account's bridge listens, the token of the scope `account:write` that it gave, and host and port of its SIP.
    Raises NoSuchAccount."""
    with database.writing() as connection:
        id = accounts.find(connection, name).id
        connection.execute(t.bridges.delete().where(t.bridges.c.account == id))
        told = msgspec.json.encode(BridgeTold()).decode()
        connection.execute(t.bridges.insert().values(account=id, url=url, token=token, told=told, sip=sip))


def moved(database: Database, account: int, sip: str) -> None:
    """The SIP of an account's bridge listens elsewhere."""
    with database.writing() as connection:
        b = t.bridges.c
        connection.execute(t.bridges.update().where(b.account == account).values(sip=sip))
