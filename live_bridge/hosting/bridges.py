"""Every account has a PBX: its folder is made and its bridge is kept running, each by itself (R-01.2).

Decides which account's bridge should run, when one that ended is started again, and what is told of it. Whatever happens to one,
the others are looked at all the same. Leaves what is in a folder to `pbx_folder.py`, processes to `runners.py`.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from engine.contract.ids import SECOND_US, Instant
from live_bridge.hosting import pbx_folder, telling
from live_bridge.hosting import tables as t
from live_bridge.hosting.config import HostingConfig
from live_bridge.hosting.database import Database
from live_bridge.hosting.pbx_folder import PbxPlace
from live_bridge.hosting.runners import Runner

log = logging.getLogger(__name__)

PAUSES_US: Final = tuple(seconds * SECOND_US for seconds in (1, 2, 4, 8, 15, 30, 60))
"""Between an end and the next start, longer each time."""
GOOD_US: Final = 120 * SECOND_US
"""A bridge that ran so long begins with the first pause again."""
CLOSING_US: Final = 60 * SECOND_US
"""A closed account's bridge that cannot be told is stopped after this time."""
ANSWERS_S: Final = 0.5
"""How long a bridge's port may take to be connected to, on this machine."""


class PbxSeen(msgspec.Struct, kw_only=True):
    """What the keeper remembers of a bridge."""

    started_at: Instant | None = None
    answers: bool = False
    """Whether its API was there since that start."""
    tries: int = 0
    next_at: Instant = 0


class Keeper:
    """Keeps the bridges of all accounts of this machine. `look` is called by one thread."""

    def __init__(self, database: Database, config: HostingConfig, runner: Runner, clock: Callable[[], Instant]) -> None:
        assert config.pbxs is not None
        self._database = database
        self._config = config
        self._pbxs = config.pbxs
        self._runner = runner
        self._clock = clock
        self._seen: dict[int, PbxSeen] = {}

    def close(self) -> None:
        """The hosting process ends."""
        self._runner.close()

    def look(self) -> int:
        """Make what is missing, start what should run, stop what should not; how many bridges run."""
        running = 0
        for row in self._wanted():
            seen = self._seen.setdefault(row.id, PbxSeen())
            if self._clock() < seen.next_at and seen.started_at is None:
                continue
            try:
                running += self._keep(row, seen)
            except Exception as error:  # one account's fault is its own
                self._later(row, seen, f"{type(error).__name__}: {error}")
        return running

    def _wanted(self) -> list[Any]:
        """Accounts of this machine with their PBX, the oldest first."""
        a, p, b = t.accounts.c, t.pbxs.c, t.bridges.c
        columns = (a.id, a.name, a.email, a.language, a.state, a.since, p.slot, p.made_at, b.told, b.sip)
        query = sa.select(*columns).outerjoin(t.pbxs, p.account == a.id).outerjoin(t.bridges, b.account == a.id)
        if self._pbxs.servers:
            query = query.where(a.server.in_(self._pbxs.servers))
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(a.id)).all())

    def _keep(self, row: Any, seen: PbxSeen) -> bool:
        """Bring one account's PBX to where it should be. Raises whatever goes wrong."""
        if row.made_at is None:
            if row.state == "closed" or (row.slot is None and row.told is not None):
                return False  # too late, or an administrator attached a bridge of their own
            self._make(row)
        place = pbx_folder.place_of(self._pbxs, row.name, row.slot if row.slot is not None else self._slot(row.id))
        if row.made_at is not None and row.sip != place.sip:
            telling.moved(self._database, row.id, place.sip)
        is_running = self._runner.is_running(place)
        at = self._clock()
        if row.state == "closed":
            told = row.told is not None and msgspec.json.decode(row.told, type=telling.BridgeTold).state == "closed"
            if is_running and (told or at >= row.since + CLOSING_US):
                self._runner.stop(place)
            elif not is_running and seen.started_at is not None:
                seen.started_at = None
                self._note(row.id, "closed", at)
            return is_running
        if is_running:
            if seen.started_at is None:
                seen.started_at = at
            if not seen.answers and _answers(place):
                seen.answers = True
                self._note(row.id, "running", at)
            elif at >= seen.started_at + GOOD_US:
                seen.tries = 0
            return True
        if seen.started_at is not None:
            seen.started_at = None
            self._later(row, seen, self._runner.end_of(place))
            return False
        pbx_folder.configure(place, self._config, row.language)
        self._runner.start(place)
        seen.started_at, seen.answers = at, False
        self._note(row.id, "starting", at)
        return True

    def _make(self, row: Any) -> None:
        place = pbx_folder.place_of(self._pbxs, row.name, self._slot(row.id))
        token = pbx_folder.make(place, self._config, row.email, row.language)
        telling.attach(self._database, row.name, place.url, token, place.sip)
        with self._database.writing() as connection:
            p = t.pbxs.c
            connection.execute(t.pbxs.update().where(p.account == row.id).values(made_at=self._clock()))
        log.info("the PBX of account %s is made: %s, SIP port %s", row.name, place.folder, place.sip_port)

    def _slot(self, account: int) -> int:
        """The account's place among the ports, taken for ever at the first question."""
        p = t.pbxs.c

        def act(connection: sa.Connection) -> int:
            mine = connection.execute(sa.select(p.slot).where(p.account == account)).scalar()
            if mine is not None:
                return int(mine)
            last = connection.execute(sa.select(sa.func.max(p.slot))).scalar()
            slot = 0 if last is None else int(last) + 1
            pbx_folder.place_of(self._pbxs, "", slot)  # where there is no more room, nothing is taken
            values = {"account": account, "slot": slot, "state": "making", "changed_at": self._clock(), "why": ""}
            connection.execute(t.pbxs.insert().values(**values))
            return slot

        return self._database.attempt(act)

    def _later(self, row: Any, seen: PbxSeen, why: str) -> None:
        """It ended, or could not be made: tell it, and try again after a pause."""
        at = self._clock()
        pause_us = PAUSES_US[min(seen.tries, len(PAUSES_US) - 1)]
        seen.tries += 1
        seen.next_at = at + pause_us
        words = "the bridge of account %s does not run (%s times in a row), next try in %s s: %s"
        log.error(words, row.name, seen.tries, pause_us // SECOND_US, why)
        self._note(row.id, "ended", at, why)

    def _note(self, account: int, state: str, at: Instant, why: str = "") -> None:
        """For `pbx hosting-bridges` and the account's page."""
        values = {"state": state, "changed_at": at, "why": why[:2000]}
        try:
            with self._database.writing() as connection:
                connection.execute(t.pbxs.update().where(t.pbxs.c.account == account).values(**values))
        except Exception:  # the next change is noted again
            log.exception("the state of the bridge of account %s was not noted", account)


class PbxState(msgspec.Struct, frozen=True, kw_only=True):
    """A hosted PBX as it was seen last."""

    name: str
    state: str
    """making, starting, running, ended, closed; empty before it is made, and for one that is attached by hand."""
    changed_at: Instant
    why: str
    sip_port: int


def _answers(place: PbxPlace) -> bool:
    """Whether a bridge's API listens."""
    try:
        with socket.create_connection(("127.0.0.1", place.api_port), ANSWERS_S):
            return True
    except OSError:
        return False


def states(connection: sa.Connection, config: HostingConfig) -> list[PbxState]:
    """Every PBX that this process keeps, the oldest account first."""
    return [_seen(row, config) for row in connection.execute(_query().order_by(t.accounts.c.id))]


def state_of(connection: sa.Connection, account: int, config: HostingConfig) -> PbxState | None:
    """The PBX of one account."""
    row = connection.execute(_query().where(t.accounts.c.id == account)).first()
    return None if row is None else _seen(row, config)


def _query() -> sa.Select[Any]:
    a, p = t.accounts.c, t.pbxs.c
    return sa.select(a.name, p.slot, p.state, p.changed_at, p.why).join(t.pbxs, p.account == a.id)


def _seen(row: Any, config: HostingConfig) -> PbxState:
    port = config.pbxs.sip_port(row.slot) if config.pbxs is not None else 0
    return PbxState(name=row.name, state=row.state, changed_at=row.changed_at, why=row.why, sip_port=port)
