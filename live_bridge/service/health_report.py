"""How a bridge goes, for load balancers and for people: each part that calls need, and what is wrong with it.

Decides which parts are vital and from when the disk or the clock needs a person. Leaves the parts to their own files.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, Protocol

from engine.contract.ids import SECOND_US
from engine.records.history import CallRecord
from engine.state.flow import Flow
from live_bridge.calls.media_watch import MediaWatch
from live_bridge.config import LiveConfig
from live_bridge.media.session import Media
from live_bridge.outbound.mail import Mailer
from live_bridge.outbound.webhooks import Hooks
from live_bridge.service.runtime_versions import engine_version
from live_bridge.store import webhook_outbox
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.journal_store import JournalWriter
from live_bridge.store.store import Store, first_line

if TYPE_CHECKING:
    from live_bridge.calls.bridge_view import BridgeView
    from live_bridge.calls.driver import Driver

CLOCK_MOVED_US = 2 * SECOND_US
"""A wall clock further than this from the time of calls was moved, or the machine slept."""

DISK_LEAST = 200_000_000
"""Bytes below which the disk needs a person: journal and recordings must find room."""

VITAL = ("journal", "database", "calls", "media", "disk")
"""Parts without which calls suffer; what is wrong with others is told and does not count."""

LAG_MOST_S = 60.0
"""A database that is further behind needs a person."""


class Bridge(Protocol):
    """The parts of a bridge that are looked at."""

    config: LiveConfig
    pbx: str
    recovered: list[CallRecord]
    started_at: float
    ready: bool
    store: Store
    records: BridgeJournal
    journal: JournalWriter
    media: Media
    driver: Driver
    view: BridgeView
    talks: MediaWatch
    mailer: Mailer | None
    hooks: Hooks | None
    held_back: str

    @property
    def flow(self) -> Flow:
        """The version that takes new calls."""


class HealthReport:
    """Looks at a bridge, and remembers what the database said last while it is away."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._waiting: dict[str, int] = {}
        self._given_up = 0

    def report(self) -> dict[str, Any]:
        """How it goes: `ok` is false when something calls need is not well, `parts` says what."""
        failed, parts = self._bridge.journal.failed, self.parts()
        wrong = {name for name in VITAL if parts[name] != "ok"}
        if self._bridge.records.feeder.lag_s < LAG_MOST_S:
            wrong.discard("database")  # nobody is needed: calls do not wait for it, and it catches up by itself
        return {
            "ok": not wrong,
            "parts": parts,
            "pbx": self._bridge.pbx,
            "flow": self._bridge.flow.digest,
            "engine": engine_version(),
            "up_s": round(time.monotonic() - self._bridge.started_at, 1),
            "journal": failed or "ok",
            "media": "ok" if self._bridge.ready and self._bridge.media.alive else "gone",
            "recovered": len(self._bridge.recovered),
            **self._bridge.records.figures(),
            **(
                {}
                if not self._bridge.ready
                else {"lost_media": self._bridge.talks.lost, "recorded": self._bridge.talks.recorded}
            ),
            **({} if not self._bridge.ready else {"banned": self._banned(), **self._bridge.driver.sizes()}),
        }

    def _banned(self) -> int:
        """Addresses that are not listened to."""
        return len(self._bridge.view.bans()) + self._bridge.view.bans_unheard()

    def parts(self) -> dict[str, str]:
        """Each part that calls need: `ok`, or what is wrong with it."""
        records = self._bridge.records
        said = {
            "journal": records.said(),
            "database": records.said_of_database(),
            "calls": "ok",
            "media": "ok",
            "disk": "ok",
        }
        try:
            if not self._bridge.records.feeder.failed:
                self._waiting = (
                    webhook_outbox.counts(self._bridge.store, self._bridge.pbx)
                    if self._bridge.hooks is not None
                    else {}
                )
                self._given_up = len(self._bridge.store.emails_failed(self._bridge.pbx))
        except Exception as error:
            said["database"] = first_line(error)
        waiting, letters = self._waiting, self._given_up
        free = shutil.disk_usage(self._bridge.config.folder).free
        if free < DISK_LEAST:
            said["disk"] = f"{free // 1_000_000} MB are free in {self._bridge.config.folder}"
        if not self._bridge.ready:
            said["calls"] = "none are taken: the bridge starts or stops"
        elif not self._bridge.media.alive:
            said["media"] = "rtp.io is gone: restart the bridge"
        if self._bridge.ready and (problem := self._bridge.media.recordings_problem()):
            said["recordings"] = problem
        if self._bridge.ready and abs(drift_us := self._bridge.driver.clock.drift_us()) > CLOCK_MOVED_US:
            said["clock"] = (
                f"the wall clock is {drift_us / SECOND_US:+.1f} s from the time of calls: restart the bridge"
            )
        elif self._bridge.ready and (ahead_us := self._bridge.driver.clock.ahead_us()) > CLOCK_MOVED_US:
            said["clock"] = (
                f"the time of calls is {ahead_us / SECOND_US:.1f} s ahead, where the last run ended: it becomes level by itself"
            )
        if self._bridge.ready and (orphans := self._bridge.view.orphans()):
            said["orphans"] = f"{orphans} were closed since the start, see the log"
        if self._bridge.ready and (banned := self._banned()):
            said["bans"] = f"{banned} addresses are not listened to: see pbx bans (R-15.9)"
        if self._bridge.held_back:
            said["document"] = f"the changed file is held back: {self._bridge.held_back}"
        if self._bridge.mailer is not None:
            said["mail"] = f"{letters} e-mails were given up (R-09.4)" if letters else "ok"
        if self._bridge.hooks is not None:
            given_up, wait = waiting.get("failed", 0), waiting.get("waiting", 0)
            said["webhooks"] = f"{given_up} messages were given up, {wait} wait" if given_up else "ok"
        return said
