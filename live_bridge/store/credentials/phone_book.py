"""Phones' profiles as database, journal and memory have them (R-15.8): of tokens a digest, of passwords HA1.

Decides nothing. Leaves tokens, passwords and who may to `service/phone_profiles.py`. From any thread but the one that owns the
calls.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from engine.contract.ids import Instant
from live_bridge.store import tables as t
from live_bridge.store.entries import encode
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.rows import Rows

FOR_PHONES: Final = frozenset({"phone_profiles", "profile_fetched", "profile_over"})
"""Kinds of the journal's entries that `PhoneBook.take` understands."""

ID_LETTERS: Final = 12


class PhoneProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One profile, in the order of its table: what it is made from, and once it was fetched, what its phone registers by."""

    digest: str
    """Of the token in its address."""
    pbx: str
    user: int
    realm: str
    """Domain of the PBX when it was made."""
    model: str
    host: str
    port: int
    transport: str
    mac: str
    language: str
    by: str
    """Who had it made."""
    made_at: Instant
    expires_at: Instant
    fetched_at: Instant | None = None
    fetched_from: str = ""
    ha1_sha256: str = ""
    ha1_md5: str = ""

    @property
    def id(self) -> str:
        """What people and the audit trail know it by; it leads to no token."""
        return self.digest[:ID_LETTERS]


class PhoneRows(Rows):
    """The rows of profiles."""

    def phones(self, pbx: str) -> list[PhoneProfile]:
        """All profiles of a PBX, the oldest first."""
        query = sa.select(t.phone_profiles).where(t.phone_profiles.c.pbx == pbx).order_by(t.phone_profiles.c.made_at)
        return [PhoneProfile(**found._mapping) for found in self._all(query)]


class PhoneBook:
    """All profiles of one PBX in memory; what changes is on the disk first."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, PhoneProfile] = {}

    def begin(self, known: Iterable[PhoneProfile]) -> None:
        """What the database or a snapshot has."""
        self._known = {profile.digest: profile for profile in known}

    def take(self, kind: str, named: Mapping[str, Any]) -> None:
        """An entry of the journal that is perhaps not in there yet."""
        if kind == "phone_profiles":
            self._known.setdefault(named["digest"], PhoneProfile(**named))
        elif kind == "profile_over":
            self._known.pop(named["digest"], None)
        elif (profile := self._known.get(named["digest"])) is not None:
            self._known[profile.digest] = msgspec.structs.replace(profile, **named)

    def all(self) -> list[PhoneProfile]:
        """Every profile, the oldest first."""
        with self._lock:
            return list(self._known.values())

    def get(self, digest: str) -> PhoneProfile | None:
        """The profile of a token."""
        with self._lock:
            return self._known.get(digest)

    def keep(self, profile: PhoneProfile) -> None:
        """A new profile. On the disk when this returns. JournalUnavailable."""
        self._file.append_now(encode([("phone_profiles", msgspec.structs.astuple(profile))]))
        with self._lock:
            self._known[profile.digest] = profile

    def fetched(self, profile: PhoneProfile) -> None:
        """It was fetched, as it says itself. On the disk when this returns. JournalUnavailable."""
        p = profile
        values = (p.fetched_at, p.fetched_from, p.ha1_sha256, p.ha1_md5, p.digest)
        self._file.append_now(encode([("profile_fetched", values)]))
        with self._lock:
            self._known[p.digest] = p

    def drop(self, digests: Iterable[str]) -> None:
        """These are over. On the disk when this returns. JournalUnavailable."""
        over = list(digests)
        if over:
            self._file.append_now(encode([("profile_over", (digest,)) for digest in over]))
            with self._lock:
                for digest in over:
                    self._known.pop(digest, None)
