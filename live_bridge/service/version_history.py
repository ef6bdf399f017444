"""Versions of a running bridge and what the database remembers of them (R-25.5, R-25.6).

Decides what is live after a restart, and keeps who did what. Leaves what may be published and promoted to `promotion.py`,
and which call takes which version to the engine. A version promoted over the API stays live after a restart, as long as
the document's file is the one it was promoted over; a file changed since is the newer word, and is live. Thread-safe.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from engine.contract.errors import FlowError
from engine.contract.ids import Instant
from engine.loading.load import load
from engine.state.flow import Flow
from live_bridge.config import ConfigError
from live_bridge.service.promotion import Control, Published, Refused
from live_bridge.store.store import Store, VersionChange, now

log = logging.getLogger(__name__)

State = Literal["live", "canary", "published", "retired"]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How versions stand. `live` is the way here, the last one taking calls: rolling back goes one step back."""

    file: str
    """Digest of the document's file when this came about."""
    live: tuple[str, ...]
    published: tuple[str, ...] = ()
    """Versions that may be promoted."""
    canary: str = ""
    share: float = 0.0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version for people."""

    flow: str
    state: State
    share: float
    """Share of new calls it takes, 0 to 1."""
    published_at: Instant | None = None
    by: str = ""
    acknowledged_by: str = ""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a start begins with."""

    standing: Standing
    flows: dict[str, Flow]

    @property
    def live(self) -> Flow:
        """The version that takes calls."""
        return self.flows[self.standing.live[-1]]

    @property
    def in_force(self) -> tuple[Flow, ...]:
        """The versions that take new calls, the live one first."""
        return (self.live, *((self.flows[self.standing.canary],) if self.standing.canary else ()))


def restore(store: Store, pbx: str, file: Flow) -> Restored:
    """How versions stand at a start, `file` being the document as it is now."""
    fresh = Restored(standing=Standing(file=file.digest, live=(file.digest,)), flows={file.digest: file})
    changes = store.version_changes(pbx, limit=1)
    if not changes:
        return fresh
    kept = msgspec.json.decode(changes[0].standing, type=Standing)
    if kept.file != file.digest:
        log.warning("the document changed since version %s was promoted: the document is live", kept.live[-1][:12])
        return fresh
    flows = {file.digest: file}
    for digest in {*kept.live, *kept.published, kept.canary} - {"", file.digest}:
        text = store.flow_text(digest)
        try:
            if text is None:
                raise FlowError(())
            flow = load(text, digest[:12])
        except FlowError as error:
            log.error("version %s cannot be read any more, the document is live: %s", digest[:12], error)
            return fresh
        flows[flow.digest] = flow
    if not {*kept.live, *kept.published} <= set(flows):
        log.error("versions read otherwise than when they were published, the document is live")
        return fresh
    return Restored(standing=kept, flows=flows)


Prepare = Callable[[Sequence[Flow]], Callable[[], None]]
"""Makes ready for versions that are to take calls, the live one first, and gives what puts it in force. ConfigError."""


class Versions:
    """Versions of one running bridge. `about_to` is told of each new version before the engine may name it."""

    def __init__(
        self,
        store: Store,
        pbx: str,
        control: Control,
        restored: Restored,
        about_to: Callable[[str], None],
        prepare: Prepare = lambda _: lambda: None,
    ) -> None:
        self._store = store
        self._pbx = pbx
        self._control = control
        self._file = restored.standing.file
        self._published = list(restored.standing.published)
        self._about_to = about_to
        self._prepare = prepare
        self._lock = threading.Lock()

    @property
    def flow(self) -> Flow:
        """The version that takes new calls."""
        return self._control.flows[self._control.live]

    @property
    def in_force(self) -> tuple[Flow, ...]:
        """The versions that take new calls, the live one first."""
        trial = self._control.canary
        return (self.flow, *((self._control.flows[trial[0]],) if trial is not None else ()))

    @property
    def flows(self) -> dict[str, Flow]:
        """Every version this run may name, by digest."""
        return dict(self._control.flows)

    def standing(self) -> Standing:
        """How things stand."""
        canary, share = self._control.canary or ("", 0.0)
        return Standing(
            file=self._file, live=self._control.way, published=tuple(self._published), canary=canary, share=share
        )

    def list(self) -> list[Version]:
        """Every version this bridge knows, the live one first."""
        standing = self.standing()
        published = {c.flow: c for c in reversed(self._store.version_changes(self._pbx)) if c.action == "publish"}
        live, found = standing.live[-1], []
        for digest in self._control.flows:
            state: State = "live" if digest == live else "canary" if digest == standing.canary else "published"
            if state == "published" and digest not in standing.published and digest not in standing.live:
                state = "retired"
            part = {"live": 1.0 - standing.share, "canary": standing.share}.get(state, 0.0)
            change = published.get(digest)
            found.append(
                Version(
                    flow=digest,
                    state=state,
                    share=part,
                    published_at=None if change is None else change.at,
                    by="" if change is None else change.by,
                    acknowledged_by="" if change is None else change.acknowledged_by,
                )
            )
        return sorted(found, key=lambda one: (one.state != "live", one.state != "canary", one.published_at or 0))

    def publish(self, text: str, *, by: str = "", acknowledged_by: str = "") -> Published:
        """See `Control.publish`; also refuses the document of another PBX."""
        name = load(text, "pbx.yaml").head.pbx
        if name != self._pbx:
            raise Refused(f"this bridge serves {self._pbx}, the document is {name}: send it to that PBX's bridge")
        with self._lock:
            published = self._control.publish(text, acknowledged_by=acknowledged_by)
            if published.digest not in self._published:
                self._published.append(published.digest)
            self._keep("publish", published.digest, by=by, acknowledged_by=acknowledged_by)
        return published

    def keep(self, digest: str, text: str) -> None:
        """Make a version durable before its digest is named: the `Keep` of `Control`."""
        self._store.keep_flow(self._pbx, digest, text)
        self._about_to(digest)

    def promote(self, digest: str, share: float = 1.0, *, by: str = "") -> None:
        """See `Control.promote`. Trunks and users that come with the version are in force before its first call."""
        with self._lock:
            coming = self._control.flows.get(digest)
            if coming is not None:
                try:
                    put = self._prepare((self.flow, coming))
                except ConfigError as fault:
                    raise Refused(str(fault)) from None
                put()
            try:
                self._control.promote(digest, share)
            finally:
                self._settle()
            self._keep("promote", digest, share=share, by=by)

    def roll_back(self, *, by: str = "") -> str:
        """See `Control.roll_back`."""
        with self._lock:
            digest = self._control.roll_back()
            self._settle()
            self._keep("roll_back", digest, by=by)
            return digest

    def retire(self, digest: str, *, by: str = "") -> None:
        """See `Control.retire`."""
        with self._lock:
            self._control.retire(digest)
            self._settle()
            self._published = [one for one in self._published if one != digest]
            self._keep("retire", digest, by=by)

    def _settle(self) -> None:
        """Trunks and users as the versions in force have them. What cannot be read then leaves things as they are."""
        try:
            self._prepare(self.in_force)()
        except ConfigError as fault:
            log.error("trunks stay as they are: %s", fault)

    def _keep(self, action: str, flow: str, *, share: float = 1.0, by: str = "", acknowledged_by: str = "") -> None:
        self._store.keep_version_change(
            VersionChange(
                pbx=self._pbx, at=now(), action=action, flow=flow, share=share, by=by[:64],
                acknowledged_by=acknowledged_by[:128], standing=msgspec.json.encode(self.standing()),
            )
        )  # fmt: skip
        log.info("version %s: %s by %s", flow[:12], action, by or "somebody")
