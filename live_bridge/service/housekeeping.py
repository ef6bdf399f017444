"""What a bridge does every few seconds beside its calls: registrations, passwords, snapshots and what is too old.

Decides how often. A fault in one round is said and tried again in the next; none of it holds up a call. Leaves starting and
stopping of parts to `service.py`, what is read and written to `store/`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from engine.contract.ids import SECOND_US
from live_bridge.service.health_report import CLOCK_MOVED_US, Bridge
from live_bridge.service.registrations import keep_registrations
from live_bridge.store import webhook_outbox
from live_bridge.store.journal_store import recover
from live_bridge.store.store import StoreError

if TYPE_CHECKING:
    from live_bridge.service.mailboxes import Mailboxes
    from live_bridge.store.webhook_outbox import HookBook

log = logging.getLogger(__name__)

ROUND_S = 5.0
"""How often registrations are kept; a killed bridge forgets at most this much of them."""

SNAPSHOT_S = 600.0
"""How often the state is kept beside the journal, for a start while the database server is not there. What comes after it is in
the journal."""

TIDY_S = 6 * 3600.0
"""How often what is too old is deleted."""

DAY_US = 86400 * SECOND_US


class Household(Bridge, Protocol):
    """The parts of a bridge that are looked after, beside those that its health is told of."""

    mailboxes: Mailboxes
    book: HookBook | None

    @property
    def domain(self) -> str:
        """SIP domain of the PBX."""

    def reload_accounts(self) -> None:
        """Take the users' passwords again from the database."""


class Housekeeping:
    """The rounds of one running bridge, in a thread of their own."""

    def __init__(self, bridge: Household) -> None:
        self._bridge = bridge
        self._stopping = threading.Event()
        self._snapshot_at_s = 0.0
        """When the state is kept next."""
        self._drift_us = 0
        """How far the wall clock was from the time of calls when that was last said."""

    def start(self) -> Callable[[], None]:
        """Begin the rounds, once the bridge takes calls; the result ends them."""
        thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        thread.start()

        def stop() -> None:
            self._stopping.set()
            thread.join(10.0)

        return stop

    def keep_snapshot(self, must: bool = False) -> None:
        """Keep what a start needs while the database server is not there: now and then, and when the bridge stops."""
        if must or time.monotonic() >= self._snapshot_at_s:
            try:
                if self._bridge.records.keep_snapshot(self._bridge.driver.clock.now()):
                    self._snapshot_at_s = time.monotonic() + SNAPSHOT_S
            except (StoreError, OSError) as error:
                log.warning("the state could not be kept for a start without the database: %s", error)

    def tidy(self) -> None:
        """Delete what is too old by the clock of the calls, which no step of the wall clock moves: a clock that jumps years
        ahead must not take the history with it."""
        bridge = self._bridge
        keep = bridge.config.keep
        bridge.store.tidy(
            bridge.driver.clock.now(), bridge.media.recordings, history_us=keep.history * DAY_US,
            recordings_us=keep.recordings * DAY_US, messages_us=keep.messages * DAY_US, activity_us=keep.activity * DAY_US,
        )  # fmt: skip
        bridge.mailboxes.load()

    def _run(self) -> None:
        bridge = self._bridge
        tidy_at_s = time.monotonic()
        kept: Any = None
        while not self._stopping.wait(ROUND_S):
            try:
                self._watch_clock()
                bindings = bridge.view.registrations()
                if bindings != kept:
                    kept = bindings
                    keep_registrations(bridge.records, bridge.view)
                if bridge.records.feeder.failed:
                    continue  # the database is away: all of the rest is about it
                self._recover_late()
                bridge.reload_accounts()
                bridge.mailboxes.tidy_files(bridge.media.recordings)
                bridge.store.remember_tokens()
                bridge.store.checkpoint()
                self.keep_snapshot()
                if time.monotonic() >= tidy_at_s:
                    tidy_at_s = time.monotonic() + TIDY_S
                    self.tidy()
            except StoreError as error:
                log.warning("housekeeping is tried again: %s", error)
            except Exception:
                if not self._stopping.is_set():
                    log.exception("housekeeping failed, it is tried again")

    def _watch_clock(self) -> None:
        """Say once that the wall clock was moved or the machine slept: the time of calls goes on as it was (`calls/clock.py`)."""
        drift_us = self._bridge.driver.clock.drift_us()
        if abs(drift_us - self._drift_us) > CLOCK_MOVED_US:
            self._drift_us = drift_us
            log.warning(
                "the wall clock is %+.1f s from the time of calls: it was moved, or the machine slept. Calls and timers go on as "
                "they were, and take the new time at the next start",
                drift_us / SECOND_US,
            )

    def _recover_late(self) -> None:
        """Close what a killed bridge left open, as soon as a database has it that took nothing at the start."""
        bridge = self._bridge
        if bridge.records.is_level or not bridge.records.feeder.fed:
            return
        bridge.recovered = recover(bridge.store, bridge.pbx, bridge.domain, before=bridge.journal.run)
        bridge.records.is_level = True
        if bridge.book is not None:
            for record in bridge.recovered:
                webhook_outbox.keep(bridge.store, bridge.pbx, bridge.book.ended(record), record.end)
