"""What people and phones change, by way of the journal: versions, passwords, registrations.

Decides that a change people ask for is on the disk before it has any effect, and how it is read while it is not yet in the
database, or while the database is away. Leaves effects to `service/`. From any thread but the one that owns the calls.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from engine.contract.ids import Instant
from live_bridge.store import audit
from live_bridge.store.audit import AuditEntry, Evidence, Label
from live_bridge.store.credentials.key_pairs import KeyPair
from live_bridge.store.credentials.phone_book import FOR_PHONES, PhoneBook, PhoneProfile
from live_bridge.store.entries import COLUMNS, Write, encode, marked
from live_bridge.store.feeder import Feeder
from live_bridge.store.journal_file import InDoubt, JournalFile
from live_bridge.store.journal_segments import Position
from live_bridge.store.signatures import Signer
from live_bridge.store.snapshot import Snapshot
from live_bridge.store.store import ManualAct, SipAccount, Store, StoreError, VersionChange, now
from live_bridge.store.tables import AT_A_START, PASSING_ACTS

log = logging.getLogger(__name__)

T = TypeVar("T")

CHANGES_MOST = 1000
"""Changes of versions remembered, the latest ones."""


class StateJournal:
    """The state of one PBX, as the journal and the database together have it."""

    def __init__(self, store: Store, file: JournalFile, feeder: Feeder, pbx: str, signer: Signer, folder: Path) -> None:
        """`folder` is the bridge's: the head of the audit trail is kept there too."""
        self._store = store
        self._file = file
        self._feeder = feeder
        self.pbx = pbx
        self._signer = signer
        self._folder = folder
        self._lock = threading.Lock()
        self._chain = threading.Lock()
        """Held while an entry of the audit trail is written: the next one needs its digest."""
        self._head: tuple[int, str] = (0, audit.START)
        """Number and digest of the last entry of the audit trail."""
        self._labels: dict[str, Label] = {}
        """Number and name of every version there ever was."""
        self._evidence: dict[str, Evidence] = {}
        """The latest of each version."""
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
        self.phone_book = PhoneBook(file)
        self._left: dict[tuple[int, str], tuple[bytes, Instant]] = {}
        """Registrations at the start."""

    def begin(self, left: Iterable[Write] = (), kept: Snapshot | None = None) -> None:
        """Read what an earlier process left: from the database, or from a snapshot while that is not there, and what came after
        as it stands in the journal."""
        if kept is None:
            self._changes = self._store.version_changes(self.pbx, CHANGES_MOST, starts=True)
            unnumbered = self._begin_trail()
            self._read = self._store.accounts(self.pbx)
            self.phone_book.begin(self._store.phones(self.pbx))
            registrations = self._store.registrations(self.pbx)
        else:
            self._changes, self._acts, self._texts = list(kept.changes), list(kept.acts), dict(kept.texts)
            self._read = {account.user: account for account in kept.accounts}
            self._pairs, self._kept = {pair.key_id: pair for pair in kept.pairs}, True
            self._labels, unnumbered = dict(kept.labels), []
            self._evidence = {one.flow: one for one in kept.evidence}
            self.phone_book.begin(kept.phones)
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
                if named.get("number") is None and named["digest"] not in self._labels:
                    unnumbered.append(named["digest"])
                elif named["digest"] not in self._labels:
                    self._labels[named["digest"]] = Label(named["number"], named["name"])
            elif kind == "flow_label":
                self._labels[named["digest"]] = Label(named["number"], named["name"])
            elif kind == "audit" and named["n"] > self._head[0]:
                self._head = (named["n"], named["digest"])
            elif kind == "evidence":
                self._evidence[named["flow"]] = Evidence(**named)
            elif kind == "accounts":
                fields = {name: named[name] for name in ("user", "realm", "ha1_sha256", "ha1_md5", "made_at")}
                # Holds until the first entry of this process is in the database, which is after all of these.
                self._made[named["user"]] = (1, SipAccount(**fields))
            elif kind in FOR_PHONES:
                self.phone_book.take(kind, named)
            elif kind == "registration_over":
                self._left.pop((named["user"], named["device"]), None)
            elif kind == "registrations":
                self._left[named["user"], named["device"]] = (named["binding"], named["expires_at"])
        self._number(unnumbered)
        self._open_trail(kept is None)

    def _begin_trail(self) -> list[str]:
        """Labels, evidence and the end of the audit trail as the database has them; versions that have no number yet."""
        found = audit.labels(self._store, self.pbx)
        self._labels = {digest: label for digest, label in found.items() if label is not None}
        self._evidence = {one.flow: one for one in audit.evidence_of(self._store, self.pbx)}
        last = audit.entries(self._store, self.pbx, limit=1)
        if last:
            self._head = (last[0].n, last[0].digest)
        return [digest for digest, label in found.items() if label is None]

    def _number(self, digests: Iterable[str]) -> None:
        """Give numbers to versions that an older bridge kept, in the order in which it did."""
        given = {digest: Label(number) for number, digest in enumerate(dict.fromkeys(digests), self._next_number())}
        if given:
            self._file.append(encode([("flow_label", (one.number, one.name, digest)) for digest, one in given.items()]))
            self._labels |= given

    def _next_number(self) -> int:
        return max((label.number for label in self._labels.values()), default=0) + 1

    def _open_trail(self, database_is_there: bool) -> None:
        """Begin the trail with a seal on the changes before there was one, and see that its end was not cut off."""
        kept = audit.read_head(self._folder)
        if kept is not None and kept[0] > self._head[0]:
            if database_is_there:
                log.critical(
                    "the audit trail ends at entry %s, and %s were written: the database was put back or cut, see pbx audit",
                    self._head[0], kept[0],
                )  # fmt: skip
            self._head = kept
        if self._changes and not self._head[0]:
            if not database_is_there and len(self._changes) >= CHANGES_MOST:
                raise StoreError("the audit trail begins with this version: its first start needs the database")
            changes = self._store.version_changes(self.pbx, 1_000_000, starts=True)[::-1] if database_is_there else []
            if len(changes) < len(self._changes):  # the database lags: what is left in the journal counts too
                changes = self._changes[::-1]
            with self._chain:
                entry = self._entry("begun", "", "", {"changes_before": len(changes)}, audit.seal(changes))
                self._file.append(encode([("audit", msgspec.structs.astuple(entry))]))
                self._follow(entry)

    def keep_document(self, digest: str, text: str) -> None:
        """The document of a version that is about to be named, if it is new. It gets the next number."""
        known = None
        with contextlib.suppress(StoreError):  # the database is not there: it takes the same document twice
            known = self.flow_text(digest)
        if known is None:
            with self._chain:
                label = self._labels.get(digest) or Label(self._next_number())
                self._file.append(encode([self._document(digest, text, label)]))
                with self._lock:
                    self._texts[digest] = text
                    self._labels[digest] = label

    def _document(self, digest: str, text: str, label: Label) -> Write:
        return "flows", (digest, self.pbx, now(), text, label.number, label.name)

    def snapshot(self, journal: str, position: Position, last_instant: Instant) -> Snapshot:
        """The state as database and this process have it. StoreError."""
        self._store.remember_tokens()
        with self._lock:
            texts = dict(self._texts)
        return Snapshot(
            pbx=self.pbx, journal=journal, position=position, last_instant=last_instant,
            changes=self._store.version_changes(self.pbx, CHANGES_MOST, starts=True),
            acts=self._store.manual_acts(self.pbx, lasting=True),
            texts=texts, accounts=list(self._store.accounts(self.pbx).values()),
            registrations=self._store.registrations(self.pbx), tokens=self._store.tokens_known(),
            pairs=self._store.key_pairs(), labels=self.labels(), evidence=audit.evidence_of(self._store, self.pbx),
            phones=self.phone_book.all(),
        )  # fmt: skip

    # --- versions ----------------------------------------------------------------------------------------------------

    def keep_change(
        self,
        change: VersionChange,
        text: str | None = None,
        *,
        name: str = "",
        details: Mapping[str, Any] | None = None,
        wait: bool = True,
    ) -> None:
        """One more deed done to a version, with its document if it is new and the name it is given, and the entry of the audit
        trail about it, which `details` go into: all or nothing, and on the disk when this returns. JournalUnavailable. Without
        `wait` it comes to the disk as soon as that takes something, whatever comes after it."""
        with self._chain:
            known = self._labels.get(change.flow)
            writes, told = [("version_changes", msgspec.structs.astuple(change))], dict(details or {})
            if change.share not in (0.0, 1.0):
                told["share"] = change.share
            for key, said in (("acknowledged_by", change.acknowledged_by), ("message", change.message)):
                if said:
                    told[key] = said
            label = known
            if known is None and text is not None:
                label = Label(self._next_number(), name)
            elif known is not None and name:
                label = Label(known.number, name)
            is_new = text is not None and known is None
            if label is not None:
                told |= {"number": label.number, "name": label.name}
                if is_new and text is not None:
                    writes.insert(0, self._document(change.flow, text, label))
                    told["text"] = audit.text_digest(text)
                elif label != known:
                    writes.append(("flow_label", (label.number, label.name, change.flow)))
            entry = self._entry(change.action, change.flow, change.by, told, audit.covers_change(change))
            writes.append(("audit", msgspec.structs.astuple(entry)))

            def done() -> None:
                self._changes.insert(0, change)
                del self._changes[CHANGES_MOST:]
                if is_new and text is not None:
                    self._texts[change.flow] = text
                if label is not None:
                    self._labels[change.flow] = label

            self._keep(writes, entry, done, wait)

    def keep_deed(
        self, action: str, flow: str, by: str, details: Mapping[str, Any], evidence: Evidence | None = None
    ) -> Evidence | None:
        """One more entry of the audit trail about a deed that does not change how versions stand, with its evidence, which
        comes back signed. On the disk when this returns. JournalUnavailable."""
        with self._chain:
            writes: list[Write] = []
            covers = ""
            if evidence is not None:
                evidence = msgspec.structs.replace(evidence, signature=self._signer.sign(evidence.signed()))
                writes.append(("evidence", msgspec.structs.astuple(evidence)))
                covers = audit.covers_evidence(evidence)
            entry = self._entry(action, flow, by, details, covers)
            writes.append(("audit", msgspec.structs.astuple(entry)))

            def done() -> None:
                if evidence is not None:
                    self._evidence[evidence.flow] = evidence

            self._keep(writes, entry, done)
        return evidence

    def _entry(self, action: str, flow: str, by: str, details: Mapping[str, Any], covers: str) -> AuditEntry:
        n, before = self._head
        told = audit.canonical({key: value for key, value in details.items() if value is not None}).decode()
        return AuditEntry(
            pbx=self.pbx, n=n + 1, at=now(), action=action, flow=flow, by=audit.clean(by, 64), details=told, covers=covers,
            before=before,
        ).closed(self._signer)  # fmt: skip

    def _keep(self, writes: list[Write], entry: AuditEntry, done: Callable[[], None], wait: bool = True) -> None:
        """Write an entry and all that belongs to it; what the disk does not confirm is in the journal all the same."""
        doubt: InDoubt | None = None
        if wait:
            try:
                self._file.append_now(encode(writes))
            except InDoubt as unconfirmed:
                doubt = unconfirmed
        else:
            self._file.append(encode(writes))
        self._follow(entry, on_disk=wait and doubt is None)
        with self._lock:
            done()
        if doubt is not None:
            raise doubt

    def _follow(self, entry: AuditEntry, on_disk: bool = True) -> None:
        """The trail ends with this entry. The folder is told of one that the disk has: were it told of another and the bridge
        killed, the trail would seem to be cut."""
        self._head = (entry.n, entry.digest)
        if not on_disk:
            return
        path = self._folder / audit.HEAD_FILE
        try:
            new = path.with_suffix(".new")
            new.write_bytes(audit.canonical({"n": entry.n, "digest": entry.digest}))
            new.chmod(0o600)
            new.replace(path)
        except OSError as error:
            log.warning("%s: %s: a cut end of the audit trail would not be noticed", path, error.strerror or error)

    @property
    def trail_head(self) -> tuple[int, str]:
        """Number and digest of the last entry of the audit trail."""
        return self._head

    @property
    def signer(self) -> Signer:
        """What signs for this bridge."""
        return self._signer

    def changes(self, limit: int = CHANGES_MOST, *, starts: bool = False) -> list[VersionChange]:
        """What was done to versions, the latest first; with `starts` also what a start brought about. This process reads it once
        and does all that comes after."""
        with self._lock:
            return [one for one in self._changes if starts or one.action not in AT_A_START][:limit]

    def labels(self) -> dict[str, Label]:
        """Number and name of every version there ever was, by digest."""
        with self._lock:
            return dict(self._labels)

    def label(self, flow: str) -> Label | None:
        """Number and name of a version, if it has them."""
        with self._lock:
            return self._labels.get(flow)

    def evidence(self, flow: str) -> Evidence | None:
        """The latest evidence of a version."""
        with self._lock:
            return self._evidence.get(flow)

    # --- acts by hand --------------------------------------------------------------------------------------------------

    def keep_act(self, act: ManualAct) -> None:
        """One more act by hand. On the disk when this returns. JournalUnavailable."""
        self._file.append_now(encode([("manual_acts", msgspec.structs.astuple(act))]))
        with self._lock:
            self._acts.insert(0, act)
            alike = [one for one in self._acts if _is_lasting(one) == _is_lasting(act)]
            if len(alike) > CHANGES_MOST:
                self._acts.remove(alike[-1])

    def acts(self, limit: int = 1000, *, lasting: bool = False) -> list[ManualAct]:
        """What was done by hand, the latest first; without the database, what this process knows of. With `lasting`, without
        what was done to calls and members."""
        with self._lock:
            made = [one for one in self._acts if _is_lasting(one) or not lasting]
        known = bool(made) or self._kept
        try:
            found = [] if self._store.is_away() and known else self._store.manual_acts(self.pbx, limit, lasting=lasting)
        except StoreError:
            if not known:
                raise
            found = []
        every = [*(one for one in made if one not in found), *found]
        return sorted(every, key=lambda one: one.at, reverse=True)[:limit]

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
        values = (self.pbx, account.user, account.realm, account.ha1_sha256, account.ha1_md5, account.made_at)
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

    def phones(self, pbx: str) -> Sequence[PhoneProfile]:
        """Phones' profiles, fetched and not."""
        return self.phone_book.all()

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

    def mark_message(self, recording: str, state: Literal["heard", "new", "deleted"]) -> None:
        """Somebody listened to a voice message, or did the same as by phone."""
        self._file.append(encode([marked(recording, state)]))

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


def _is_lasting(act: ManualAct) -> bool:
    return act.act not in PASSING_ACTS


def _first(known: list[T], one: T) -> None:
    """Put one in front, unless it is there: a snapshot may hold what the journal after it says again."""
    if one not in known:
        known.insert(0, one)
