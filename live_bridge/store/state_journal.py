"""What people and phones change, by way of the journal: versions, passwords, registrations.

Decides that a change people ask for is on the disk before it has any effect, and how it is read while it is not yet in the
database, or while the database is away. Leaves effects to `service/`. From any thread but the one that owns the calls.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping

import msgspec

from engine.contract.ids import Instant
from live_bridge.store.entries import COLUMNS, Write, encode
from live_bridge.store.feeder import Feeder
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.store import ManualAct, SipAccount, Store, StoreError, VersionChange, now

log = logging.getLogger(__name__)

CHANGES_MOST = 1000
"""Changes of versions remembered, the latest ones."""


class StateJournal:
    """The state of one PBX, as the journal and the database together have it."""

    def __init__(self, store: Store, file: JournalFile, feeder: Feeder, pbx: str) -> None:
        self._store = store
        self._file = file
        self._feeder = feeder
        self.pbx = pbx
        self._lock = threading.Lock()
        self._acts: list[ManualAct] = []
        """Done in this process, the latest first."""
        self._changes: list[VersionChange] = []
        """The latest first: those the database had at the start, and those of this process."""
        self._texts: dict[str, str] = {}
        """Documents published by this process, and those it began with."""
        self._read: dict[int, SipAccount] = {}
        """Accounts when the database was last there."""
        self._made: dict[int, tuple[int, SipAccount]] = {}
        """Accounts made by this process and perhaps not yet in the database, with the number of their entry."""
        self._registered: dict[tuple[int, str], bytes] = {}
        self._left: dict[tuple[int, str], tuple[bytes, Instant]] = {}
        """Registrations at the start."""

    def begin(self, left: Iterable[Write] = ()) -> None:
        """Read what an earlier process left: from the database, and what that has not taken yet as it stands in the journal."""
        self._changes = self._store.version_changes(self.pbx, CHANGES_MOST)
        self._read = self._store.accounts(self.pbx)
        self._left = {
            (user, device): (binding, at) for user, device, binding, at in self._store.registrations(self.pbx)
        }
        for kind, values in left:
            named = dict(zip(COLUMNS.get(kind, ()), values, strict=False))
            if kind == "version_changes":
                self._changes.insert(0, VersionChange(**named))
            elif kind == "manual_acts":
                self._acts.insert(0, ManualAct(**named))
            elif kind == "flows":
                self._texts[named["digest"]] = named["text"]
            elif kind == "accounts":
                kept = {name: named[name] for name in ("user", "realm", "ha1_sha256", "ha1_md5")}
                # Holds until the first entry of this process is in the database, which is after all of these.
                self._made[named["user"]] = (1, SipAccount(**kept))
            elif kind == "registration_over":
                self._left.pop((named["user"], named["device"]), None)
            elif kind == "registrations":
                self._left[named["user"], named["device"]] = (named["binding"], named["expires_at"])

    def keep_document(self, digest: str, text: str) -> None:
        """The document of a version that is about to be named, if it is new."""
        if self.flow_text(digest) is None:
            self._file.append(encode([("flows", (digest, self.pbx, now(), text))]))
            with self._lock:
                self._texts[digest] = text

    # --- versions ----------------------------------------------------------------------------------------------------

    def keep_change(self, change: VersionChange, text: str | None = None) -> None:
        """One more deed done to a version, with its document if it is new. On the disk when this returns.
        JournalUnavailable."""
        writes: list[Write] = [("version_changes", msgspec.structs.astuple(change))]
        if text is not None:
            writes.insert(0, ("flows", (change.flow, self.pbx, now(), text)))
        self._file.append_now(encode(writes))
        with self._lock:
            self._changes.insert(0, change)
            del self._changes[CHANGES_MOST:]
            if text is not None:
                self._texts[change.flow] = text

    def changes(self, limit: int = CHANGES_MOST) -> list[VersionChange]:
        """What was done to versions, the latest first: this process reads it once and does all that comes after."""
        with self._lock:
            return self._changes[:limit]

    # --- acts by hand --------------------------------------------------------------------------------------------------

    def keep_act(self, act: ManualAct) -> None:
        """One more act by hand. On the disk when this returns. JournalUnavailable."""
        self._file.append_now(encode([("manual_acts", msgspec.structs.astuple(act))]))
        with self._lock:
            self._acts.insert(0, act)
            del self._acts[CHANGES_MOST:]

    def acts(self, limit: int = 1000) -> list[ManualAct]:
        """What was done by hand, the latest first; without the database, what this process knows of."""
        with self._lock:
            made = list(self._acts)
        try:
            found = [] if self._store.is_away() and made else self._store.manual_acts(self.pbx, limit)
        except StoreError:
            if not made:
                raise
            found = []
        return [*(one for one in made if one not in found), *found][:limit]

    # --- documents -----------------------------------------------------------------------------------------------------

    def remember_texts(self, digests: Iterable[str]) -> None:
        """Read documents now, for a time without the database."""
        read = {digest: text for digest in digests if (text := self._store.flow_text(digest)) is not None}
        with self._lock:
            self._texts |= read

    def flow_text(self, digest: str) -> str | None:
        """The document of a version, or None."""
        with self._lock:
            text = self._texts.get(digest)
        return self._store.flow_text(digest) if text is None else text

    # --- passwords ---------------------------------------------------------------------------------------------------

    def keep_account(self, account: SipAccount) -> None:
        """A user's new password. On the disk when this returns. JournalUnavailable."""
        values = (self.pbx, account.user, account.realm, account.ha1_sha256, account.ha1_md5, now())
        number = self._file.append_now(encode([("accounts", values)]))
        with self._lock:
            self._made[account.user] = (number, account)

    def accounts(self, pbx: str) -> Mapping[int, SipAccount]:
        """Every user who has a password; while the database is away, as it was last there."""
        fed = self._feeder.fed
        if not self._store.is_away():
            try:
                read = self._store.accounts(pbx)
            except StoreError as error:
                log.warning("passwords stay as they were last read: %s", error)
            else:
                with self._lock:
                    self._read = read
                    self._made = {user: one for user, one in self._made.items() if one[0] > fed}
        with self._lock:
            return {**self._read, **{user: account for user, (_, account) in self._made.items()}}

    # --- registrations -----------------------------------------------------------------------------------------------

    def keep_registrations(self, bindings: list[tuple[int, str, bytes, Instant]]) -> None:
        """All registrations as they stand now: (user, device, binding, expires_at). What changed is written."""
        here = {(user, device): binding for user, device, binding, _ in bindings}
        writes: list[Write] = [("registration_over", (self.pbx, *key)) for key in self._registered if key not in here]
        for user, device, binding, at in bindings:
            if self._registered.get((user, device)) != binding:
                writes.append(("registrations", (self.pbx, user, device, binding, at)))
        if writes:
            self._file.append(encode(writes))
        self._registered = here

    def begin_registrations(self) -> list[tuple[int, str, bytes, Instant]]:
        """Registrations as an earlier process left them."""
        self._registered = {key: binding for key, (binding, _) in self._left.items()}
        return [(user, device, binding, at) for (user, device), (binding, at) in self._left.items()]
