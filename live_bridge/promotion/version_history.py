"""Versions of a running bridge and what the database remembers of them (R-25.5, R-25.6).

Decides how versions are listed and meant, and keeps who did what. Leaves what is live after a restart to `start.py`, what may be
published and promoted to `control.py` and `gate.py`, and which call takes which version to the engine. Thread-safe.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from engine.contract.ids import Instant
from engine.loading.load import load
from engine.records.gate import Elsewhere
from engine.records.history import CallRecord
from engine.state.flow import Flow
from live_bridge.calls.driver import Driver
from live_bridge.config_sections import PromotionConfig
from live_bridge.media.sounds import Sounds
from live_bridge.promotion import version_names
from live_bridge.promotion.canary_watch import CanaryWatch
from live_bridge.promotion.control import Control, Deed, Prepare, Published
from live_bridge.promotion.elsewhere import DAYS, History, elsewhere
from live_bridge.promotion.gate import Judged, PromotionGate, Word
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.promotion.start import Restored
from live_bridge.promotion.trial import Trial
from live_bridge.store.audit import Label, clean
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import Store, VersionChange, now

log = logging.getLogger(__name__)

MESSAGE_MOST = 500
"""Characters of a message."""

CALLS_MOST = 50_000
"""Calls of the history, the latest ones, of which a canary's figures are made again."""

State = Literal["draft", "validated", "simulated", "canary", "live", "retired"]
"""Where a version is on its way (R-25.5). One that was live and may be gone back to is validated or simulated again."""

ORDER: tuple[State, ...] = ("live", "canary", "simulated", "validated", "draft", "retired")
"""How versions are listed."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version for people."""

    flow: str
    number: int
    """Its running number: `v7`."""
    name: str
    """What people call it; empty when nobody named it."""
    state: State
    share: float
    """Share of new calls it takes, 0 to 1."""
    published_at: Instant | None = None
    by: str = ""
    acknowledged_by: str = ""


class Promoted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a promotion."""

    live: str
    gate: str
    """`passed`, `skipped`, `advised` when it had no evidence, or `off`: nobody asked."""
    missing: tuple[str, ...] = ()
    """What it lacked."""


class Versions:
    """Versions of one running bridge. `about_to` is told of each new version before the engine may name it."""

    def __init__(
        self,
        state: StateJournal,
        pbx: str,
        driver: Driver,
        sounds: Sounds,
        restored: Restored,
        about_to: Callable[[str], None],
        prepare: Prepare,
        callers: Callable[[], Iterable[str]] = tuple,
        gate: PromotionGate | None = None,
    ) -> None:
        self.gate = gate or PromotionGate(PromotionConfig(), state, pbx)
        """What a version must have shown."""
        self._state = state
        self._pbx = pbx
        self._driver = driver
        self._naming = threading.Lock()
        """Held while a version gets a name, so that no other one gets the same."""
        self._control = Control(
            driver, restored.live, sounds, self._keep, prepare, restored.standing, about_to, callers
        )
        self._control.restore(restored.flows.values())

    @property
    def flow(self) -> Flow:
        """The version that takes new calls."""
        return self._control.flows[self._control.live]

    @property
    def in_force(self) -> tuple[Flow, ...]:
        """The versions that take new calls, the live one first."""
        return tuple(self._control.flows[digest] for digest in self._control.standing.in_force)

    @property
    def flows(self) -> dict[str, Flow]:
        """Every version this run may name, by digest."""
        return dict(self._control.flows)

    def standing(self) -> Standing:
        """How things stand."""
        return self._control.standing

    def text(self, digest: str) -> str:
        """The document of a version; empty when it is not known."""
        return self._state.flow_text(digest) or ""

    def changes(self, limit: int = 1000, *, starts: bool = False) -> list[VersionChange]:
        """Who did what to which version, the latest first; with `starts` also what a start of the bridge did."""
        return self._state.changes(limit, starts=starts)

    def list(self) -> list[Version]:
        """Every version this bridge knows, the live one first."""
        standing = self.standing()
        published = {c.flow: c for c in reversed(self.changes()) if c.action == "publish"}
        found = []
        for digest, label in self.labels().items():
            state = self._state_of(digest, standing)
            part = {"live": 1.0 - standing.share, "canary": standing.share}.get(state, 0.0)
            change = published.get(digest)
            found.append(
                Version(
                    flow=digest,
                    number=label.number,
                    name=label.name,
                    state=state,
                    share=part,
                    published_at=None if change is None else change.at,
                    by="" if change is None else change.by,
                    acknowledged_by="" if change is None else change.acknowledged_by,
                )
            )
        return sorted(found, key=lambda one: (ORDER.index(one.state), -one.number))

    def _state_of(self, digest: str, standing: Standing) -> State:
        if digest == standing.live[-1]:
            return "live"
        if digest == standing.canary:
            return "canary"
        if digest in standing.drafts:
            return "draft"
        if digest not in standing.published and digest not in standing.live:
            return "retired"
        evidence = self._state.evidence(digest)
        return "simulated" if evidence is not None and evidence.passed else "validated"

    # --- which one is meant ------------------------------------------------------------------------------------------

    def labels(self) -> dict[str, Label]:
        """Number and name of every version there ever was, by digest."""
        return self._state.labels()

    def resolve(self, word: str) -> str:
        """The digest of the version that people mean by `v7`, a name, `live`, `canary` or the beginning of a digest. Raises
        VersionUnknown."""
        standing = self.standing()
        places = {"live": standing.live[-1], **({"canary": standing.canary} if standing.canary else {})}
        return version_names.resolve(word, self.labels(), places)

    def said(self, digest: str) -> str:
        """A version for people, with number and name."""
        return version_names.said(digest, self.labels().get(digest))

    def name(self, digest: str, name: str, *, by: str) -> str:
        """Give a version a name, which nobody else's may be; the name as it is kept. Raises NameRefused."""
        with self._naming:
            name = version_names.check_name(name, digest, self.labels())
            self._control.name(digest, name, by=by)
        return name

    # --- deeds -------------------------------------------------------------------------------------------------------

    def publish(
        self, text: str, *, by: str = "", acknowledged_by: str = "", name: str = "", draft: bool = False
    ) -> Published:
        """See `Control.publish`; also refuses the document of another PBX, and a name that cannot be. As a `draft` it is kept
        and waits for a person."""
        flow = load(text, "pbx.yaml")
        if flow.head.pbx != self._pbx:
            raise PromotionRefused(
                f"this bridge serves {self._pbx}, the document is {flow.head.pbx}: send it to that PBX's bridge"
            )
        with self._naming:
            label = version_names.check_name(name, flow.digest, self.labels()) if name.strip() else ""
            if draft:
                return self._control.draft(text, by=by, label=label)
            return self._control.publish(text, by=by, acknowledged_by=acknowledged_by, label=label)

    def promote(
        self,
        digest: str,
        share: float = 1.0,
        *,
        by: str = "",
        message: str = "",
        trial: Trial | None = None,
        word: Word | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Promoted:
        """See `Control.promote` and `PromotionGate.permit`; `details` are for the audit trail too."""
        kept: dict[str, Any] = dict(details or {})

        def permit(standing: Standing) -> Mapping[str, Any]:
            kept.update(self.gate.permit(digest, standing, by, word or Word()))
            return kept

        live = self._control.promote(digest, share, by=by, message=message, trial=trial, permit=permit)
        return Promoted(live=live, gate=kept.get("gate", "off"), missing=tuple(kept.get("missing", ())))

    def elsewhere(self, digest: str, history: History, *, days: int = DAYS, against: str = "") -> Elsewhere:
        """Who would land elsewhere with a version than with `against`, the live one if that is empty."""
        live, flow = self.flow_of(against or self._control.live), self.flow_of(digest)
        return elsewhere(live, flow, self._driver.clock.now(), history, days)

    def flow_of(self, digest: str) -> Flow:
        """A version, also one that no call can take: a draft, or one that was retired. Raises FlowError."""
        known = self._control.flows.get(digest)
        return load(self.text(digest), self.said(digest)) if known is None else known

    def attach(self, digest: str, report: bytes, *, by: str) -> Judged:
        """See `PromotionGate.attach`."""
        return self.gate.attach(digest, report, by=by, live=self._control.live)

    def evidence(self, digest: str) -> Judged | None:
        """The latest evidence of a version, as it counts now."""
        return self.gate.judged(digest, self._control.live)

    def pause_plan(self, paused: bool, *, by: str) -> None:
        """See `Control.pause_plan`."""
        self._control.pause_plan(paused, by=by)

    def watch(self, store: Store, settle: Callable[[], object]) -> CanaryWatch:
        """What looks after a canary. After a restart its figures are made again of the history in `store`, as soon as `settle`
        has brought in there what was written down."""

        def began_since(at: Instant) -> Sequence[CallRecord]:
            settle()
            return store.history(self._pbx, since=at, limit=CALLS_MOST)

        return CanaryWatch(self._control, self._driver, began_since)

    def roll_back(self, *, by: str = "", message: str = "") -> str:
        """See `Control.roll_back`."""
        return self._control.roll_back(by=by, message=message)

    def retire(self, digest: str, *, by: str = "") -> str:
        """See `Control.retire`."""
        return self._control.retire(digest, by=by)

    def _keep(self, deed: Deed) -> None:
        """The `Record` of `Control`."""
        self._state.keep_change(
            VersionChange(
                pbx=self._pbx, at=now(), action=deed.action, flow=deed.flow, share=deed.share, by=clean(deed.by, 64),
                acknowledged_by=clean(deed.acknowledged_by, 128), standing=msgspec.json.encode(deed.standing),
                message=clean(deed.message, MESSAGE_MOST),
            ),
            deed.text, name=deed.name, details=deed.details, wait=deed.action != "undone",
        )  # fmt: skip

    def note(self, action: str, digest: str, by: str, details: Mapping[str, Any]) -> None:
        """The one door for a deed that changes no standing: an entry of the audit trail. On the disk when this returns."""
        self._state.keep_deed(action, digest, by, details)
