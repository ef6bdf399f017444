"""What people and phones change, by way of the journal: versions, passwords, registrations.

Decides that a change people ask for is on the disk before it has any effect, and how it is read while it is not yet in the
database, or while the database is away. Leaves effects to `service/`. From any thread but the one that owns the calls.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from engine.contract.ids import Instant
from live_bridge.store.entries import COLUMNS, Write, encode
from live_bridge.store.feeder import Feeder
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.journal_segments import Position
from live_bridge.store.key_pairs import KeyPair
from live_bridge.store.snapshot import Snapshot
from live_bridge.store.store import ManualAct, SipAccount, Store, StoreError, VersionChange, now

log = logging.getLogger(__name__)

T = TypeVar("T")

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
        self._kept = False
        """Whether it began with a snapshot."""
        self._pairs: dict[str, KeyPair] = {}
        """Pairs made or used by this process."""
        self._registered: dict[tuple[int, str], bytes] = {}
        self._left: dict[tuple[int, str], tuple[bytes, Instant]] = {}
        """Registrations at the start."""

    def begin(self, left: Iterable[Write] = (), kept: Snapshot | None = None) -> None:
        """Read what an earlier process left: from the database, or from a snapshot while that is not there, and what came after
        as it stands in the journal."""
        if kept is None:
            self._changes = self._store.version_changes(self.pbx, CHANGES_MOST)
            self._read = self._store.accounts(self.pbx)
            registrations = self._store.registrations(self.pbx)
        else:
            self._changes, self._acts, self._texts = list(kept.changes), list(kept.acts), dict(kept.texts)
            self._read = {account.user: account for account in kept.accounts}
            self._pairs, self._kept = {pair.key_id: pair for pair in kept.pairs}, True
            self._store.take_tokens(kept.tokens)
            registrations = kept.registrations
        self._left = {(user, device): (binding, at) for user, device, binding, at in registrations}
        for kind, values in left:
            named = dict(zip(COLUMNS.get(kind, ()), values, strict=False))
            if kind == "version_changes":
                _first(self._changes, VersionChange(**named))
            elif kind == "manual_acts":
                _first(self._acts, ManualAct(**named))
            elif kind == "key_pairs":
                self._pairs[named["key_id"]] = KeyPair(**named)
            elif kind == "pair_used" and (pair := self._pairs.get(named["key_id"])) is not None:
                self._pairs[pair.key_id] = msgspec.structs.replace(pair, used_at=named["used_at"])
            elif kind == "pair_over":
                self._pairs.pop(named["key_id"], None)
            elif kind == "flows":
                self._texts[named["digest"]] = named["text"]
            elif kind == "accounts":
                fields = {name: named[name] for name in ("user", "realm", "ha1_sha256", "ha1_md5")}
                # Holds until the first entry of this process is in the database, which is after all of these.
                self._made[named["user"]] = (1, SipAccount(**fields))
            elif kind == "registration_over":
                self._left.pop((named["user"], named["device"]), None)
            elif kind == "registrations":
                self._left[named["user"], named["device"]] = (named["binding"], named["expires_at"])

    def keep_document(self, digest: str, text: str) -> None:
        """The document of a version that is about to be named, if it is new."""
        known = None
        with contextlib.suppress(StoreError):  # the database is not there: it takes the same document twice
            known = self.flow_text(digest)
        if known is None:
            self._file.append(encode([("flows", (digest, self.pbx, now(), text))]))
            with self._lock:
                self._texts[digest] = text

    def snapshot(self, journal: str, position: Position, last_instant: Instant) -> Snapshot:
        """The state as database and this process have it. StoreError."""
        self._store.remember_tokens()
        with self._lock:
            texts = dict(self._texts)
        return Snapshot(
            pbx=self.pbx, journal=journal, position=position, last_instant=last_instant,
            changes=self._store.version_changes(self.pbx, CHANGES_MOST), acts=self._store.manual_acts(self.pbx),
            texts=texts, accounts=list(self._store.accounts(self.pbx).values()),
            registrations=self._store.registrations(self.pbx), tokens=self._store.tokens_known(),
            pairs=self._store.key_pairs(),
        )  # fmt: skip

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
        known = bool(made) or self._kept
        try:
            found = [] if self._store.is_away() and known else self._store.manual_acts(self.pbx, limit)
        except StoreError:
            if not known:
                raise
            found = []
        return [*(one for one in made if one not in found), *found][:limit]

    # --- documents -----------------------------------------------------------------------------------------------------

    def remember_texts(self, digests: Iterable[str]) -> None:
        """Read documents now, for a time without the database."""
        unread = [digest for digest in digests if digest not in self._texts]
        read = {digest: text for digest in unread if (text := self._store.flow_text(digest)) is not None}
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

    # --- voice messages and key pairs ----------------------------------------------------------------------------------

    def mark_heard(self, recording: str) -> None:
        """Somebody listened to a voice message."""
        self._file.append(encode([("heard", (True, recording))]))

    def keep_pair(self, pair: KeyPair, instead_of: Iterable[str] = ()) -> None:
        """A new key pair, and the ids of those that go for it. On the disk when this returns. JournalUnavailable."""
        over = list(instead_of)
        writes: list[Write] = [("pair_over", (key_id,)) for key_id in over]
        self._file.append_now(encode([*writes, ("key_pairs", msgspec.structs.astuple(pair))]))
        with self._lock:
            for key_id in over:
                self._pairs.pop(key_id, None)
            self._pairs[pair.key_id] = pair

    def pair(self, key_id: str) -> KeyPair | None:
        """The pair of this id, or None. StoreError when only the database could say it."""
        with self._lock:
            known = self._pairs.get(key_id)
        if known is not None and self._store.is_away():
            return known
        try:
            return self._store.key_pair(key_id) or known
        except StoreError:
            if known is None:
                raise
            return known

    def pairs_of(self, token: str) -> list[KeyPair]:
        """Pairs of a token, the one used last first; without the database, those this process knows."""
        with self._lock:
            known = {pair.key_id: pair for pair in self._pairs.values() if pair.token == token}
        if not self._store.is_away():
            with contextlib.suppress(StoreError):
                known = {pair.key_id: pair for pair in self._store.key_pairs((token,))} | known
        return sorted(known.values(), key=lambda pair: -pair.used_at)

    def pair_used(self, pair: KeyPair, at: Instant) -> None:
        """It was used: it lives on from there."""
        self._file.append(encode([("pair_used", (at, pair.key_id))]))
        with self._lock:
            self._pairs[pair.key_id] = msgspec.structs.replace(pair, used_at=at)


def _first(known: list[T], one: T) -> None:
    """Put one in front, unless it is there: a snapshot may hold what the journal after it says again."""
    if one not in known:
        known.insert(0, one)
