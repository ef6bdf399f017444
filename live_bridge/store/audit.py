"""The audit trail: who did what to versions, and who listened to what, entry by entry, each covering the one before (R-25.5,
R-25.8, R-23.12).

Decides what an entry is, what its digest covers, and how a trail is verified: the numbers without a gap, every digest over the
entry and the digest before it (as in RFC 6962's logs, but a chain), the bridge's signature under each, and that the rows an
entry speaks of (changes of versions, evidence, documents, names) say today what they said then. Nothing in the database
prevents an edit; every edit is found, and the first entry it broke is named. Leaves writing to `state_journal.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from engine.contract.ids import Instant
from live_bridge.store import tables as t
from live_bridge.store.signatures import Signer
from live_bridge.store.store import Store, VersionChange

HEAD_FILE = "audit-head.json"
"""The last entry's number and digest, in the bridge's folder: it tells when the end of the trail was cut off."""

START = "0" * 64
"""Stands for the digest before the first entry."""


VIA = " via "
"""Between a person and the token of the program in which they did it: `anna via workbench`."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One deed. `by` is the token's name, with a person before it where a program acts for persons, or who started the bridge;
    `details` is JSON; `covers` names a row elsewhere by its digest: `change:`, `evidence:`, or `sealed:` for the changes that
    were there before there was a trail."""

    pbx: str
    n: int
    """From 1 on, within the PBX, without a gap."""
    at: Instant
    action: str
    flow: str
    by: str
    details: str = "{}"
    covers: str = ""
    before: str = START
    """Digest of the entry before this one."""
    digest: str = ""
    signature: str = ""

    def covered(self) -> bytes:
        """What the digest is over."""
        parts = (self.pbx, self.n, self.at, self.action, self.flow, self.by, self.details, self.covers, self.before)
        return canonical(list(parts))

    def closed(self, signer: Signer) -> AuditEntry:
        """The entry with its digest and signature."""
        digest = hashlib.sha256(self.covered()).hexdigest()
        return msgspec.structs.replace(self, digest=digest, signature=signer.sign(digest.encode()))


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a version showed, as it was attached: `body` is JSON."""

    pbx: str
    flow: str
    at: Instant
    by: str
    passed: bool
    body: str
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature is over."""
        return canonical([self.pbx, self.flow, self.at, self.by, self.passed, self.body])


class Label(msgspec.Struct, frozen=True):
    """What people call a version: its running number within the PBX, and perhaps a name."""

    number: int
    name: str = ""


class TrailVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found."""

    whole: bool
    entries: int
    signed: bool
    """Whether signatures were verified too: that needs the bridge's key."""
    broken: int | None = None
    """The first entry that is not as it was written."""
    problem: str = ""
    """What is wrong with it, for people."""


def canonical(value: object) -> bytes:
    """One form for one value: JSON with sorted keys and no spaces."""
    return msgspec.json.encode(value, order="sorted")


def clean(text: str, most: int) -> str:
    """A text as every database keeps it: without NUL and halves of surrogates, at most so long."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:most]


def covers_change(change: VersionChange) -> str:
    """How an entry names a change of versions."""
    standing = change.standing.decode("utf-8", "replace")
    parts = [
        change.pbx,
        change.at,
        change.action,
        change.flow,
        change.share,
        change.by,
        change.acknowledged_by,
        standing,
    ]
    return "change:" + hashlib.sha256(canonical([*parts, change.message])).hexdigest()


def covers_evidence(found: Evidence) -> str:
    """How an entry names evidence."""
    return "evidence:" + hashlib.sha256(found.signed() + found.signature.encode()).hexdigest()


def seal(changes: list[VersionChange]) -> str:
    """How the first entry names the changes before it, the oldest first: how many, and a digest over all of them."""
    digest = hashlib.sha256("".join(covers_change(one) for one in changes).encode()).hexdigest()
    return f"sealed:{len(changes)}:{digest}"


def person_of(by: str) -> str:
    """Whose deed it was, whichever program it came through.

    >>> person_of("anna via workbench"), person_of("anna")
    ('anna', 'anna')
    """
    return by.partition(VIA)[0]


def text_digest(text: str) -> str:
    """How an entry names the text of a document."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- reading ---------------------------------------------------------------------------------------------------------


def entries(store: Store, pbx: str, *, limit: int | None = None) -> list[AuditEntry]:
    """The trail, the oldest first; with a limit its latest entries."""
    query = sa.select(t.audit).where(t.audit.c.pbx == pbx).order_by(t.audit.c.n.desc())
    rows = store._all(query if limit is None else query.limit(limit))
    return [AuditEntry(**row._mapping) for row in reversed(rows)]


def shown(entry: AuditEntry, labels: Mapping[str, Label]) -> dict[str, Any]:
    """An entry for people and programs: with what its version is called now, and its details as values."""
    label = labels.get(entry.flow)
    return {
        **msgspec.structs.asdict(entry),
        "details": msgspec.json.decode(entry.details),
        "number": None if label is None else label.number,
        "name": "" if label is None else label.name,
    }


def evidence_of(store: Store, pbx: str, flow: str | None = None) -> list[Evidence]:
    """Evidence of one version, or of all, the oldest first."""
    c = t.evidence.c
    query = sa.select(t.evidence).where(c.pbx == pbx).order_by(c.id)
    rows = store._all(query if flow is None else query.where(c.flow == flow))
    return [Evidence(**{key: value for key, value in row._mapping.items() if key != "id"}) for row in rows]


def labels(store: Store, pbx: str | None = None) -> dict[str, Label | None]:
    """Number and name of every version by digest, the oldest version first; None for one that has no number yet. Without `pbx`,
    those of all PBXs of the database."""
    c = t.flows.c
    query = sa.select(c.digest, c.number, c.name).order_by(c.stored_at, c.digest)
    query = query if pbx is None else query.where(c.pbx == pbx)
    return {str(f.digest): None if f.number is None else Label(int(f.number), str(f.name)) for f in store._all(query)}


def pbxs(store: Store) -> list[str]:
    """The PBXs that have a trail in a database."""
    return [str(row.pbx) for row in store._all(sa.select(t.audit.c.pbx).distinct().order_by(t.audit.c.pbx))]


def read_head(folder: Path) -> tuple[int, str] | None:
    """Number and digest of the last entry, as the folder of the bridge has them; None where it has none that can be read."""
    try:
        found = json.loads((folder / HEAD_FILE).read_text(encoding="ascii"))
        return int(found["n"]), str(found["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


# --- verifying -------------------------------------------------------------------------------------------------------


class _Broken(Exception):
    def __init__(self, n: int, problem: str) -> None:
        self.n, self.problem = n, problem
        super().__init__(problem)


def verify(store: Store, pbx: str, signer: Signer | None = None, head: tuple[int, str] | None = None) -> TrailVerdict:
    """Whether the trail of `pbx`, and what it covers, is as it was written. `head` is the last entry as somebody else knows it.
    Raises StoreError."""
    trail = entries(store, pbx)
    try:
        _chain(trail, signer, head)
        _rows(store, pbx, trail)
    except _Broken as broken:
        return TrailVerdict(
            whole=False, entries=len(trail), signed=signer is not None, broken=broken.n, problem=broken.problem
        )
    return TrailVerdict(whole=True, entries=len(trail), signed=signer is not None)


def _chain(trail: list[AuditEntry], signer: Signer | None, head: tuple[int, str] | None) -> None:
    before = START
    for expected, entry in enumerate(trail, 1):
        if entry.n != expected:
            raise _Broken(expected, "it is missing")
        if hashlib.sha256(entry.covered()).hexdigest() != entry.digest:
            raise _Broken(entry.n, "what it says was changed after it was written")
        if entry.before != before:
            raise _Broken(entry.n, "it does not follow the entry before it: one of the two was replaced")
        if signer is not None and not signer.verifies(entry.digest.encode(), entry.signature):
            raise _Broken(
                entry.n, "the bridge's key did not sign it: it was written by something else, or with a lost key"
            )
        before = entry.digest
    if head is not None and head[0] > len(trail):
        raise _Broken(len(trail) + 1, f"it is missing: the bridge wrote {head[0]} entries")
    if head is not None and head[0] > 0 and trail[head[0] - 1].digest != head[1]:
        raise _Broken(head[0], "the bridge wrote another entry of this number")


def _rows(store: Store, pbx: str, trail: list[AuditEntry]) -> None:
    """What the trail covers elsewhere in the database."""
    changes = store.version_changes(pbx, _MANY, starts=True)[::-1]
    attached = {covers_evidence(one) for one in evidence_of(store, pbx)}
    place = 0
    said: dict[tuple[str, str], tuple[int, Any]] = {}
    for entry in trail:
        kind, _, rest = entry.covers.partition(":")
        if kind == "sealed":
            place = int(rest.partition(":")[0])
            if seal(changes[:place]) != entry.covers:
                raise _Broken(entry.n, f"one of the {place} changes of versions before it was changed or is missing")
        elif kind == "change":
            if place >= len(changes) or covers_change(changes[place]) != entry.covers:
                raise _Broken(
                    entry.n, "the change of versions that it covers was changed or is missing in version_changes"
                )
            place += 1
        elif kind == "evidence" and entry.covers not in attached:
            raise _Broken(entry.n, "the evidence that it covers was changed or is missing")
        details = msgspec.json.decode(entry.details)
        for key in ("number", "name", "text"):
            if key in details:
                said[entry.flow, key] = (entry.n, details[key])
    if place < len(changes) and trail:
        last = changes[place]
        raise _Broken(len(trail) + 1, f"it is missing: {last.action} of version {last.flow[:12]} has no entry")
    named = labels(store, pbx)
    for (flow, key), (n, value) in sorted(said.items(), key=lambda item: item[1][0]):
        if key == "text":
            if text_digest(store.flow_text(flow) or "") != value:
                raise _Broken(n, f"the document of version {flow[:12]} was changed or is missing")
        elif getattr(named.get(flow), key, None) != value:
            raise _Broken(n, f"the {key} of version {flow[:12]} is not what it says: {value!r}")


_MANY = 1_000_000
